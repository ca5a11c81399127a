# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The samples in the modules' RETURN are what the modules really returned, in one of the runs below.

A sample may leave something out: rows of a list, or in a text what stands for "...".
"""

from __future__ import annotations

import importlib
import pathlib
import re

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import backup
from ansible_collections.openve.pacemaker.plugins.module_utils._module import (
    cluster_nudge,
    cluster_settings,
    ve_host,
    ve_info,
    ve_resources,
)

from declarations import create
from happenings import OK, PENDING, happened, with_dc

PACKAGE = 'ansible_collections.openve.pacemaker.plugins.modules.'
OPTIONS = {
    'policy': None,
    'purge': False,
    'new': 'started',
    'allow_restart': False,
    'backup_keep': 10,
    'wait': False,
    'wait_timeout': '10min',
}
DB = {'id': 101, 'name': 'db', 'start_order': 10}
WEB = {'id': 102, 'name': 'web1', 'after': ['db']}
FOR_EVER = {'failure_timeout': '0s'}  # the time stands still here, and not for crm_mon
DATA = pathlib.Path(__file__).resolve().parents[2] / 'data'
IP = '<primitive id="cluster-ip" class="ocf" provider="pacemaker" type="Dummy"/>'


def outcome(work, *arguments):
    """The result, or what a failed module returns."""
    try:
        return work(*arguments)
    except Error as error:
        return error.details


@pytest.fixture
def on_n1(cluster, node):
    """A runner on node n1 of the cluster, whose controller started a while ago."""
    node.version(3000, None)
    node.version(2000, '2')
    node.process(ago=1000)

    def run(argv, stdin=None, environment=None):
        if argv[0] == 'crm_node':
            return 0, 'n1\n', ''
        node.version(1500, '2')  # as if the CIB on the disk were this one
        return cluster.run(argv, stdin)

    return run


def of_ve_resources(cluster, on_n1, run_module, tmp_path, monkeypatch):
    (tmp_path / 'var/lib').mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(backup, 'DIRECTORY', str(tmp_path / 'var/lib/openve/cib'))
    create(cluster, IP)
    before = dict(
        OPTIONS,
        policy=FOR_EVER,
        ves=[dict(DB, stop_grace='2min'), dict(WEB, name='web2'), {'id': 103, 'state': 'stopped'}],
    )
    yield ve_resources.run(on_n1, before)
    cluster.settle()
    change = dict(before, ves=[dict(DB, id=111, stop_grace='5min'), WEB], purge=True, allow_restart=True)
    yield ve_resources.run(on_n1, change)

    def waiting(argv, stdin=None, environment=None):
        if argv[0] == 'crm_resource':
            return 124, '', 'Pending actions:\n\tAction 12: web1_start_0 on n1\n'
        return on_n1(argv, stdin)

    with_dc(cluster)
    happened(cluster, 'n2', 'web1', ('start', (5, 0), 'there is no such container on this host'), ('stop', OK))
    yield outcome(ve_resources.run, waiting, dict(change, wait=True, wait_timeout='10s'))
    yield outcome(ve_resources.run, on_n1, dict(OPTIONS, ves=[DB, dict(WEB, after=['dbs'])]))
    yield run_module('ve_resources', cluster.env, ves=[{'id': 201}])[0]


def of_cluster_settings(cluster, on_n1, run_module, tmp_path, monkeypatch):
    device = {'id': 'ipmi-n1', 'agent': 'fence_ipmilan', 'hosts': ['n1'], 'options': {}, 'secrets': {}}
    arguments = {'fencing': [device], 'policy': None, 'properties': {}, 'seed': False}
    yield cluster_settings.run(on_n1, arguments)
    yield outcome(cluster_settings.run, on_n1, dict(arguments, fencing=[dict(device, hosts=[])]))
    yield run_module('cluster_settings', cluster.env, fencing=[dict(device, hosts=['n1', 'n2'])])[0]


def of_ve_host(cluster, on_n1, run_module, tmp_path, monkeypatch):
    conf = tmp_path / 'etc/vz/conf'
    conf.mkdir(parents=True)
    (conf / '101.conf').write_text('ONBOOT="yes"\n')
    monkeypatch.setattr(ve_host, 'PLACES', ve_host.Places(str(tmp_path)))
    yield ve_host.run(on_n1, {'ves': [{'id': 100 + number} for number in range(1, 17)], 'policy': None})


def of_cluster_nudge(cluster, on_n1, run_module, tmp_path, monkeypatch):
    cluster.tool('crm_attribute', '--name', 'load-threshold', '--update', '80%')
    ve_resources.run(on_n1, dict(OPTIONS, ves=[DB], backup_keep=0))
    monkeypatch.setattr(cluster_nudge.signal, 'signal', lambda number, handler: None)
    yield cluster_nudge.run(on_n1, {})


def of_ve_info(cluster, on_n1, run_module, tmp_path, monkeypatch):
    ves = [{'id': 101}, {'id': 102}, {'id': 103}]
    ve_resources.run(on_n1, dict(OPTIONS, ves=ves, policy=FOR_EVER, backup_keep=0))
    with_dc(cluster)
    happened(cluster, 'n1', 've-101', ('start', OK), ('monitor', OK))
    happened(
        cluster,
        'n2',
        've-102',
        ('start', (5, 0), 'there is no such container on this host'),
        ('stop', OK),
    )

    def run(argv, stdin=None, environment=None):
        return (0, 'S_IDLE', '') if argv[0] == 'timeout' else on_n1(argv, stdin)

    yield ve_info.run(run, {'names': None})
    happened(cluster, 'n1', 've-103', ('start', PENDING))
    yield ve_info.run(on_n1, {'names': None})
    cluster.path.write_text((DATA / 'started.xml').read_text())
    yield ve_info.run(on_n1, {'names': None})


RUNS = {
    've_resources': of_ve_resources,
    'cluster_settings': of_cluster_settings,
    've_host': of_ve_host,
    'cluster_nudge': of_cluster_nudge,
    've_info': of_ve_info,
}


def steady(value):
    """Without what differs from run to run: where this test lies, the time, and a file's number."""
    if isinstance(value, dict):
        return {key: steady(part) for key, part in value.items()}
    if isinstance(value, list):
        return [steady(part) for part in value]
    if isinstance(value, float):
        return 'SECONDS'
    if isinstance(value, str):
        value = re.sub(r'/tmp/\S*?(?=/(var|etc)/)', '', value)
        value = re.sub(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', 'TIME', value)
        value = re.sub(r'\d+:\d+:\d{19}', 'INODE:SIZE:TIME', value)
        return re.sub(r'\d{8}T\d{6}Z-\d+\.\d+', 'TIME', value)
    return value


def shown(sample, returned):
    """Whether the sample is what was returned, or a part of it."""
    if isinstance(sample, list) and isinstance(returned, list):
        return all(any(shown(row, one) for one in returned) for row in sample)
    if isinstance(sample, str) and isinstance(returned, str) and '...' in sample:
        pattern = '.*'.join(re.escape(part) for part in sample.split('...'))
        return re.fullmatch(pattern, returned, re.S) is not None
    return steady(sample) == steady(returned)


@pytest.mark.parametrize('module', sorted(RUNS))
def test_samples(module, cluster, on_n1, run_module, tmp_path, monkeypatch):
    results = list(RUNS[module](cluster, on_n1, run_module, tmp_path, monkeypatch))
    returned = yaml.safe_load(importlib.import_module(PACKAGE + module).RETURN)
    wrong = {}
    for name, documented in returned.items():
        values = [result[name] for result in results if name in result]
        if not any(shown(documented['sample'], value) for value in values):
            wrong[name] = documented['sample'], values
    lines = ['%s\n  sample:   %s\n  returned: %.2000s' % (name, *pair) for name, pair in wrong.items()]
    assert not wrong, '\n'.join(lines)


def test_a_sample_that_was_not_returned_is_seen():
    assert not shown([{'name': 'db'}], [{'name': 'web'}]) and not shown('<a>...</b>', '<a></c>')
    assert not shown({'name': 'db'}, {'name': 'db', 'node': 'n1'}) and not shown(2, 3) and not shown([], None)

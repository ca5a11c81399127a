# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_info on CIBs that a real cluster had (data/*.xml: the lab's three nodes, Pacemaker 2.1.5, node-action-limit 2), and as Ansible
runs it. States and failures: test_status.py."""

from __future__ import annotations

import calendar
import importlib
import pathlib
import re
import time
import xml.etree.ElementTree as ET

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info

from declarations import declare
from happenings import FAILED, OK, PENDING, edit, happened, lose, with_dc

DATA = pathlib.Path(__file__).resolve().parents[2] / 'data'


def seconds(text):
    return calendar.timegm(time.strptime(text, '%Y-%m-%dT%H:%M:%SZ'))


@pytest.fixture
def recorded(cib_file, monkeypatch):
    """recorded(name) -> what ve_info said of that CIB a second after its last operation had begun

    All times in it are moved to now, as Pacemaker's tools go by the clock too: an hour later (failure-timeout) crm_mon no longer
    counts what failed, nor what is in flight.
    """

    def look(name):
        text = (DATA / (name + '.xml')).read_text()
        last = max(int(entry.get('last-rc-change')) for entry in ET.fromstring(text).iter('lrm_rsc_op'))
        now = int(time.time())
        cib_file.path.write_text(
            re.sub(r'(?<=change=")1\d{9}|(?<= value=")1\d{9}', lambda found: str(int(found[0]) - last + now - 1), text)
        )
        monkeypatch.setattr(ve_info.time, 'time', lambda: now)
        result = ve_info.run(cib_file.run, {'names': None})
        result['moved'] = now - 1 - last
        result['by_name'] = {ve['name']: ve for ve in result['ves']}
        return result

    return look


def test_while_ves_start(recorded):
    result = recorded('starting')
    # as the VEs wrote it themselves: two booted on n1 and two on n2, the two of n3 were up
    assert {(row['resource'], row['node']) for row in result['in_flight'] if row['operation'] == 'start'} == {
        ('ve-101', 'n2'),
        ('ve-104', 'n2'),
        ('ve-103', 'n1'),
        ('ve-106', 'n1'),
    }
    assert {name for name, ve in result['by_name'].items() if ve['state'] == 'starting'} == {
        've-101',
        've-103',
        've-104',
        've-106',
    }
    assert result['peak_starts'] == {'n1': 2, 'n2': 2, 'n3': 2}
    # the youngest began four seconds before, and may take 180 s
    assert result['cannot_fence_for'] == 176 == result['in_flight'][0]['seconds_left']
    assert (
        result['by_name']['ve-101']['last_start']['seconds'],
        result['by_name']['ve-101']['last_start']['result'],
    ) == (5, 'in flight')
    assert result['by_name']['ve-107']['last_start'] is None and result['by_name']['ve-107']['state'] == 'stopped'


def test_when_all_are_up(recorded):
    result = recorded('started')
    assert {ve['state'] for ve in result['ves']} == {'started'} and result['peak_starts'] == {'n1': 2, 'n2': 2, 'n3': 2}
    for ve in result['ves']:
        start = ve['last_start']
        assert (start['result'], start['rc'], start['node']) == ('ok', 0, ve['node']) and 2 < start['seconds'] < 7
        assert 0 <= seconds(start['at']) - result['moved'] - seconds('2026-11-22T22:46:00Z') < 60
    timeouts = {ve['name']: {row['name']: row['timeout'] for row in ve['operations']} for ve in result['ves']}
    assert (timeouts['ve-105']['start'], timeouts['ve-101']['start'], timeouts['ve-103']['stop']) == (
        '240s',
        '180s',
        '365s',
    )
    assert [row['interval'] for row in result['by_name']['ve-104']['operations'] if row['name'] == 'monitor'] == [
        '10s',
        '60s',
    ]


def test_where_a_start_failed_everywhere(recorded):
    ve = recorded('failed')['by_name']['ve-109']
    assert ve['state'] == 'stopped' and len(ve['failures']) == 3
    # n3 was tried last
    assert (ve['last_start']['node'], ve['last_start']['result'], ve['last_start']['rc']) == ('n3', 'failed', 5)
    assert ve['last_start']['reason'].startswith('container 109: there is no such container on this host')


def test_after_pacemaker_was_restarted_under_them_no_start_is_known(recorded):
    result = recorded('restarted')
    assert {(ve['state'], ve['last_start']) for ve in result['ves']} == {('started', None)} and result[
        'peak_starts'
    ] == {}


MACHINE = (
    '<primitive id="%s" class="ocf" provider="heartbeat" type="VirtualDomain"><instance_attributes id="%s-i"><nvpair id="%s-c" '
    'name="config" value="/etc/vm.xml"/></instance_attributes><operations><op id="%s-s" name="start" interval="0s" timeout="90s"/>'
    '</operations></primitive>'
)


def test_guests_of_other_agents_are_taken_along(cluster):
    declare(cluster, [{'id': 1}])
    for name in ('vm1', 'vm2', 'vm3'):
        cluster.tool('cibadmin', '--create', '--scope', 'resources', '--xml-text', MACHINE % ((name,) * 4))
    happened(cluster, 'n1', 'vm1', ('start', OK), agent=('heartbeat', 'VirtualDomain'))
    happened(cluster, 'n1', 'vm2', ('start', PENDING), agent=('heartbeat', 'VirtualDomain'))
    lasted(cluster, 'vm1', 30000)
    with_dc(cluster)
    result = ve_info.run(cluster.run, {'names': None})
    found = {ve['name']: ve for ve in result['ves']}
    assert sorted(found) == ['ve-1', 'vm1', 'vm2', 'vm3'] and result['peak_starts'] == {'n1': 2}
    assert (found['vm1']['agent'], found['vm1']['start_waits'], found['vm1']['state']) == (
        'ocf:heartbeat:VirtualDomain',
        False,
        'started',
    )
    assert found['ve-1']['start_waits'] and found['vm1']['last_start']['seconds'] == 30
    assert 0 < result['cannot_fence_for'] <= 90 and result['in_flight'][0]['resource'] == 'vm2'
    assert [ve['name'] for ve in ve_info.run(cluster.run, {'names': ['vm3']})['ves']] == ['vm3']


# As Ansible runs it


def lasted(cluster, ve, milliseconds):
    edit(
        cluster,
        lambda root: [
            entry.set('exec-time', str(milliseconds))
            for entry in root.iter('lrm_rsc_op')
            if entry.get('id').startswith(ve + '_') and entry.get('operation') == 'start'
        ],
    )


@pytest.fixture
def asked(run_module, cluster):
    """asked(**arguments) -> what the module returned, its VEs by name"""
    declare(cluster, [{'id': 1, 'boot_time': '2min'}, {'id': 2}, {'id': 3}, {'id': 4}])
    happened(cluster, 'n1', 've-1', ('start', OK), ('monitor', OK))
    happened(cluster, 'n1', 've-2', ('start', PENDING))
    happened(cluster, 'n2', 've-3', ('start', FAILED, 'no init'))
    lasted(cluster, 've-1', 5250)
    with_dc(cluster)

    def run(**arguments):
        text = cluster.text()
        result, _output = run_module('ve_info', cluster.env, **arguments)
        assert cluster.text() == text and result.get('changed', False) is False
        result['by_name'] = {ve['name']: ve for ve in result.get('ves', [])}
        return result

    return run


@pytest.mark.matrix
def test_the_last_start_of_each(asked):
    found = asked()['by_name']
    begin = found['ve-1']['last_start'].pop('at')
    assert abs(seconds(begin) - (time.time() - 60)) < 30
    assert found['ve-1']['last_start'] == {
        'node': 'n1',
        'result': 'ok',
        'rc': 0,
        'seconds': 5.25,
        'queued': 0,
        'reason': '',
    }
    assert (found['ve-2']['last_start']['result'], found['ve-2']['last_start']['rc']) == ('in flight', None)
    assert 50 < found['ve-2']['last_start']['seconds'] < 90
    assert {key: found['ve-3']['last_start'][key] for key in ('node', 'result', 'rc', 'reason')} == {
        'node': 'n2',
        'result': 'failed',
        'rc': 1,
        'reason': 'no init',
    }
    assert found['ve-4']['last_start'] is None


def test_operations_and_timeouts(asked):
    found = asked(names=['ve-1', 've-2'])['by_name']
    assert list(found) == ['ve-1', 've-2']
    assert [(row['name'], row['interval'], row['timeout']) for row in found['ve-1']['operations']] == [
        ('start', '0s', '280s'),
        ('stop', '0s', '150s'),
        ('monitor', '10s', '30s'),
    ]
    assert found['ve-2']['operations'][0]['timeout'] == '180s'


def test_peaks_and_for_how_long_nothing_else_can_be_done(asked, cluster):
    result = asked()
    # 5.25 s of the one, and the other has not ended yet
    assert result['peak_starts'] == {'n1': 2, 'n2': 1}
    (row,) = result['in_flight']
    assert (row['resource'], row['operation'], row['node'], row['timeout']) == ('ve-2', 'start', 'n1', '180s')
    assert 100 < row['seconds_left'] == result['cannot_fence_for'] < 130
    lose(cluster, 'n1')
    result = asked(names=[])
    assert (result['in_flight'], result['cannot_fence_for'], result['ves']) == ([], 0, []), (
        'what is lost is not waited for'
    )


def test_starts_of_others_are_in_flight_as_well(asked, cluster):
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="database" class="ocf" provider="heartbeat" type="Dummy"/>',
    )
    happened(cluster, 'n1', 'database', ('start', PENDING))
    result = asked()
    assert [(row['resource'], row['timeout']) for row in result['in_flight']] == [('ve-2', '180s'), ('database', '20s')]
    assert (
        result['cannot_fence_for'] == result['in_flight'][0]['seconds_left'] > 100
        and result['in_flight'][1]['seconds_left'] == 0
    )
    assert result['peak_starts']['n1'] == 2, 'that is of VEs'


def test_of_limits_a_file_tells_nothing(asked):
    result = asked()
    assert result['node'] is None
    assert [(row['node'], row['limit'], row['in_force'], row['override']) for row in result['limits']] == [
        (node, '2', 'unknown', None) for node in ('n1', 'n2', 'n3')
    ]


def test_the_documentation_says_what_is_returned(asked):
    module = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.ve_info')
    result = asked()
    returned = yaml.safe_load(module.RETURN)
    assert set(returned) == set(result) - {'changed', 'commands', 'invocation', 'by_name'}
    for name, row in (
        ('ves', result['ves'][0]),
        ('in_flight', result['in_flight'][0]),
        ('limits', result['limits'][0]),
    ):
        assert set(returned[name]['contains']) == set(row) == set(returned[name]['sample'][0])
    start = result['by_name']['ve-1']['last_start']
    assert (
        set(returned['ves']['contains']['last_start']['contains'])
        == set(start)
        == set(returned['ves']['sample'][0]['last_start'])
    )
    assert set(result['ves'][0]['operations'][0]) == set(returned['ves']['sample'][0]['operations'][0])
    for task in yaml.safe_load(module.EXAMPLES):
        assert 'openve.pacemaker.ve_info' not in task or set(task['openve.pacemaker.ve_info'] or {}) <= {'names'}

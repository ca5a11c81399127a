# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_nudge on a CIB file. What controllers do then: molecule/cluster."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_nudge


def threshold(cluster):
    return attributes.get_property(ET.fromstring(cluster.text()), 'load-threshold')


def put(cluster, value):
    transaction.change(cluster._run, lambda root: attributes.set_property(root, 'load-threshold', value))


@pytest.fixture
def meanwhile(monkeypatch):
    """meanwhile(what): done in the first of its waits; the others take no time either"""
    todo = []

    def sleep(seconds):
        assert seconds > 30, 'a controller looks every 30 s'
        if todo:
            todo.pop()()

    monkeypatch.setattr(cluster_nudge.time, 'sleep', sleep)
    monkeypatch.setattr(cluster_nudge.signal, 'signal', lambda number, handler: None)
    return todo.append


@pytest.mark.parametrize('before', [None, '80%', '0%'])
def test_the_threshold_is_1_percent_and_then_what_it_was(cluster, meanwhile, before):
    if before:
        put(cluster, before)
    seen = []
    meanwhile(lambda: seen.append(threshold(cluster)))
    configuration = ET.fromstring(cluster.text()).find('configuration')
    result = cluster_nudge.run(cluster.run, {})
    assert seen == ['1%'] and threshold(cluster) == before and result['load_threshold'] == before and result['changed']
    assert tree.same(ET.fromstring(cluster.text()).find('configuration'), configuration)
    assert [row['node'] for row in result['limits']] == ['n1', 'n2', 'n3']


def test_check_mode_changes_nothing(cluster, meanwhile):
    text = cluster.text()
    assert cluster_nudge.run(cluster.run, {}, check=True)['changed'] and cluster.text() == text


def test_what_somebody_sets_meanwhile_stays(cluster, meanwhile):
    meanwhile(lambda: put(cluster, '60%'))
    cluster_nudge.run(cluster.run, {})
    assert threshold(cluster) == '60%'


def test_whatever_happens_meanwhile_it_goes_back(cluster, meanwhile):
    def trouble():
        raise RuntimeError('trouble')

    put(cluster, '70%')
    meanwhile(trouble)
    with pytest.raises(RuntimeError):
        cluster_nudge.run(cluster.run, {})
    assert threshold(cluster) == '70%'


def test_two_at_once_are_refused(cluster, meanwhile):
    put(cluster, '1%')
    with pytest.raises(CibError, match='is another nudge under way'):
        cluster_nudge.run(cluster.run, {})
    assert threshold(cluster) == '1%'


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_sets_it_back(collections, cluster, number):
    with subprocess.Popen(
        [sys.executable, '-m', 'ansible_collections.openve.pacemaker.plugins.modules.cluster_nudge'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=collections,
        env=dict(cluster.env, PYTHONPATH=str(collections)),
    ) as process:
        process.stdin.write(json.dumps({'ANSIBLE_MODULE_ARGS': {}}))
        process.stdin.close()
        end = time.monotonic() + 20
        while 'value="1%"' not in cluster.text():  # it may be half written
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)  # into its wait
        process.send_signal(number)
        result = json.loads(process.stdout.read())
        assert result['failed'] and 'Ended by signal %d' % number in result['msg'] and process.wait(20) == 1
    assert threshold(cluster) is None

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that is asked is one that works."""

from __future__ import annotations

import importlib
import json
import stat
import types

import pytest
import source

from ansible_collections.openve.pacemaker.plugins.action import ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    LookRequest,
    PlanRequest,
    PutRequest,
)
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote import asking

from happenings import with_dc
from node_python import NODE_PYTHON
from stagger_world import VES, declare

STOPPED = {'failed': True, 'msg': 'crm_mon failed with 102', 'cmd': ['crm_mon'], 'rc': 102, 'commands': []}
GONE = {'unreachable': True, 'msg': 'no route'}
BROKEN = {'module_stderr': 'sh: python: not found', 'failed': True}
REFUSED = {'failed': True, 'msg': 'no VE ve-9', 'commands': []}
BAD_PATCH = {'failed': True, 'msg': 'cibadmin failed with 78', 'cmd': ['cibadmin'], 'rc': 78, 'commands': []}
MINORITY = {'failed': True, 'msg': 'has no quorum', 'commands': [], 'elsewhere': True}
GOOD = {'commands': [], 'answer': {}}


@pytest.mark.parametrize(
    'first, asked', [(STOPPED, 2), (GONE, 2), (BROKEN, 2), (GOOD, 1), (REFUSED, 1), (BAD_PATCH, 1)], ids=str
)
def test_the_next_one_is_asked_where_nobody_answers(first, asked):
    results, whom, lines = {'a': first, 'b': GOOD}, [], []
    result = asking.first_answer(['a', 'b'], lambda host: whom.append(host) or results[host], lines.append)
    assert len(whom) == asked and result == (GOOD if asked == 2 else first)
    assert [line.split(' (')[0] for line in lines] == (
        [] if asked == 1 else ['  a cannot be reached' if first is not STOPPED else '  a has no Pacemaker that answers']
    )


def test_all_that_is_of_a_cluster_asks_so():
    """But a restore: the saved configurations are on one host each."""
    actions = [path.stem for path in (source.ROOT / 'plugins/action').glob('*.py')]
    asked = {name for name in actions if issubclass(_action(name), asking.Asking)}
    assert asked == {*actions} - {'ve_stagger'}, 'that one goes over to the next host in the middle, too'


def _action(name):
    return importlib.import_module('ansible_collections.openve.pacemaker.plugins.action.' + name).ActionModule


def test_where_none_answers_the_first_ones_words_are_the_result():
    assert asking.first_answer(['a', 'b'], {'a': STOPPED, 'b': GONE}.get, lambda line: None) is STOPPED


class Hosts:
    """A run with hosts that give these results, one after the other; the last one for ever."""

    def __init__(self, monkeypatch, **results):
        self.results, self.asked, self.lines, self.clock = results, [], [], 0
        monkeypatch.setattr(ve_stagger.time, 'sleep', self.sleep)
        monkeypatch.setattr(ve_stagger.time, 'monotonic', lambda: self.clock)
        self.node = ve_stagger.RemoteNode(
            list(results), self.execute, lambda host: None, lambda line, always: self.lines.append(line)
        )

    def sleep(self, seconds):
        self.clock += seconds

    def execute(self, host, request):
        self.asked.append(host)
        results = self.results[host]
        return results.pop(0) if len(results) > 1 else results[0]


LOOK, PLAN, PUT = LookRequest([]).plain(), PlanRequest().plain(), PutRequest().plain()


@pytest.mark.parametrize('request_', [LOOK, PLAN, PUT], ids=lambda request: request['do'])
@pytest.mark.parametrize('lost', [STOPPED, GONE, BROKEN], ids=['stopped', 'gone', 'broken'])
def test_a_run_goes_on_with_the_next_host_and_stays_with_it(monkeypatch, request_, lost):
    hosts = Hosts(monkeypatch, a=[lost], b=[GOOD])
    assert hosts.node.ask(request_) == GOOD and hosts.node.ask(LOOK) == GOOD
    assert hosts.asked == ['a', 'b', 'b'] and len(hosts.lines) == 1 and 'b is asked instead' in hosts.lines[0]


def test_where_all_are_lost_they_are_asked_again_until_one_answers(monkeypatch):
    hosts = Hosts(monkeypatch, a=[GONE, GONE, GOOD], b=[STOPPED])
    assert hosts.node.ask(LOOK) == GOOD and hosts.asked == ['a', 'b'] * 2 + ['a'] and hosts.clock == 4
    assert 'no host answers; trying again for 120 s' in hosts.lines[1] and hosts.lines[-1].endswith('after 4 s')


@pytest.mark.parametrize('request_', [LOOK, PUT], ids=['look', 'put'])
def test_where_all_stay_lost_it_ends_after_its_patience(monkeypatch, request_):
    hosts = Hosts(monkeypatch, a=[GONE], b=[STOPPED])
    with pytest.raises(Error, match='The cluster goes on with what was released'):
        hosts.node.ask(request_)
    assert ve_stagger.PATIENCE < hosts.clock < ve_stagger.PATIENCE + 5


def test_before_a_run_nobody_waits(monkeypatch):
    hosts = Hosts(monkeypatch, a=[GONE], b=[STOPPED])
    with pytest.raises(Error, match='crm_mon failed with 102'):
        hosts.node.ask(PLAN)
    assert hosts.clock == 0 and hosts.asked == ['a', 'b']


def test_a_part_without_quorum_is_asked_only_where_there_is_no_other(monkeypatch):
    assert Hosts(monkeypatch, a=[MINORITY], b=[GOOD]).node.ask(PLAN) == GOOD
    hosts = Hosts(monkeypatch, a=[MINORITY], b=[MINORITY])
    with pytest.raises(Error, match='has no quorum') as refused:
        hosts.node.ask(PLAN)
    assert hosts.asked == ['a', 'b'] and 'elsewhere' not in refused.value.details


class Task:
    def __init__(self, run_once):
        self.run_once = run_once


def test_others_are_asked_for_what_is_of_the_cluster_only():
    variables = {'inventory_hostname': 'b', 'ansible_play_hosts': ['a', 'b', 'c']}
    assert asking.hosts_of(Task(True), variables) == ['b', 'a', 'c']
    assert asking.hosts_of(Task(False), variables) == ['b']


@pytest.mark.parametrize('no_log', [False, True])
def test_what_a_task_with_no_log_shows(monkeypatch, no_log):
    shown = []
    monkeypatch.setattr(asking, 'Display', lambda: types.SimpleNamespace(display=shown.append))
    monkeypatch.setattr(asking, 'Connections', lambda *about: None)
    monkeypatch.setattr(asking, 'execute', lambda action, every, host, *rest, **more: {'a': STOPPED, 'b': GOOD}[host])
    action = object.__new__(_action('ve_info'))
    action._connection = action._play_context = None
    action._task = types.SimpleNamespace(run_once=True, no_log=no_log, async_val=0)
    assert action.ask({}, {'inventory_hostname': 'a', 'ansible_play_hosts': ['a', 'b']}) == GOOD
    [line] = shown
    assert ('crm_mon failed' in line) != no_log and 'asked' in line


def test_playbooks_with_pacemaker_stopped_on_the_first_host(ansible_playbook, cluster, tmp_path):
    """Modules of each kind: those that only look, that edit, that rehearse, and the run."""
    declare(cluster)
    with_dc(cluster)
    hosts = {}
    # n1 asks this machine's Pacemaker, which does not run
    for host, cib in (('n1', 'env -u CIB_file'), ('n2', 'CIB_file=%s exec' % cluster.path)):
        wrapper = tmp_path / ('python-' + host)
        wrapper.write_text('#!/bin/sh\n%s %s "$@"\n' % (cib, NODE_PYTHON))
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        hosts[host] = {'ansible_python_interpreter': str(wrapper)}
    tasks = [
        {'openve.pacemaker.ve_info': {'names': []}, 'register': 'info', 'run_once': True},
        {'openve.pacemaker.ve_resources': {'ves': VES, 'wait': False}, 'run_once': True},
        {'openve.pacemaker.ve_rehearsal': {'scenarios': ['boot'], 'show': False}, 'run_once': True},
        {'openve.pacemaker.ve_stagger': {}, 'check_mode': True, 'run_once': True, 'register': 'plan'},
        {'ansible.builtin.copy': {'content': '{{ plan.names | to_json }}', 'dest': str(tmp_path / 'names')}},
    ]
    play = {'hosts': 'all', 'gather_facts': False, 'tasks': tasks}
    code, said = ansible_playbook([play], {'all': {'hosts': hosts}})
    assert code == 0, said
    assert said.count('n2 is asked instead') == 4 and json.loads((tmp_path / 'names').read_text())

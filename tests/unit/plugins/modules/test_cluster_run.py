# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_run: a run that sets properties for a while, cut anywhere, and the next one."""

from __future__ import annotations

import importlib

import pytest

from ansible_collections.openve.pacemaker.plugins.action import cluster_run as action
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, mark, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_nudge, cluster_run

from stagger_world import declare

MODULE = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.cluster_run')
FIRST = {'run': 'one', 'owner': 'root@a', 'process': 'p1', 'over': ''}
SECOND = {'run': 'two', 'owner': 'root@b', 'process': 'p2', 'over': ''}
MAINTENANCE = {'properties': {'maintenance-mode': True}, 'what': 'restarts Pacemaker'}


def run(cluster, state, who=FIRST, check=False, **more):
    arguments = {name: spec.get('default') for name, spec in MODULE.ARGUMENTS.items()}
    return cluster_run.run(cluster.run, {**arguments, 'state': state, '_run': who, **more}, check)


def maintenance(cluster):
    return attributes.get_property(tree.parse(cluster.text()), 'maintenance-mode')


def put(cluster, value):
    cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', value)


@pytest.mark.parametrize('before', [None, 'true', 'false'])
def test_what_it_sets_is_what_it_was_at_the_end(cluster, before):
    if before:
        put(cluster, before)
    text = cluster.tool('cibadmin', '--query', '--scope', 'crm_config')
    begun = run(cluster, 'begun', **MAINTENANCE)
    assert begun['changed'] and begun['properties'] == {'maintenance-mode': before} and maintenance(cluster) == 'true'
    assert run(cluster, 'begun', **MAINTENANCE)['properties'] == {'maintenance-mode': before}, 'its answer was lost'
    assert run(cluster, 'ended')['changed'] and not run(cluster, 'ended')['changed']
    assert cluster.tool('cibadmin', '--query', '--scope', 'crm_config') == text


@pytest.mark.parametrize('state', ['recovered', 'begun'])
@pytest.mark.parametrize('before', [None, 'true'])
def test_after_one_that_was_cut_it_is_the_admins_again(cluster, state, before):
    """And not what the run itself had set, as the one after it found it."""
    if before:
        put(cluster, before)
    run(cluster, 'begun', **MAINTENANCE)
    with pytest.raises(CibError, match='Another run is at work.*root@a, since .*: it restarts Pacemaker') as refused:
        run(cluster, state, SECOND, **MAINTENANCE)
    assert refused.value.details['other'] == {'run': 'one', 'process': 'p1', 'stale': False}
    result = run(cluster, state, dict(SECOND, over='one'), **MAINTENANCE)
    assert result['found'] == {'owner': 'root@a', 'what': 'restarts Pacemaker', 'since': result['found']['since']}
    assert 'maintenance-mode, which it had set to true, is %s again' % (before or 'not set') in result['warnings'][0]
    if state == 'begun':
        assert maintenance(cluster) == 'true' and result['properties'] == {'maintenance-mode': before}
        run(cluster, 'ended', SECOND)
    assert maintenance(cluster) == before and mark.read(tree.parse(cluster.text())) is None


def test_what_somebody_set_meanwhile_stays(cluster):
    run(cluster, 'begun', **MAINTENANCE)
    put(cluster, 'false')
    run(cluster, 'ended')
    assert maintenance(cluster) == 'false'


def test_the_end_of_one_in_whose_place_another_came_changes_nothing(cluster):
    run(cluster, 'begun', **MAINTENANCE)
    run(cluster, 'begun', dict(SECOND, over='one'), **MAINTENANCE)
    text = cluster.text()
    assert not run(cluster, 'ended')['changed'] and cluster.text() == text


def test_where_nothing_is_left_nothing_is_changed(cluster):
    text = cluster.text()
    result = run(cluster, 'recovered')
    assert not result['changed'] and result['found'] is None and cluster.text() == text


def test_check_mode_says_what_it_would_take_back(cluster):
    run(cluster, 'begun', **MAINTENANCE)
    text = cluster.text()
    result = run(cluster, 'recovered', dict(SECOND, over='one'), check=True)
    assert result['changed'] and result['warnings'] and cluster.text() == text


def test_ves_that_were_stopped_for_a_while_come_back(cluster):
    declare(cluster)
    claim = mark.Claim('one', 'root@a', 'p1', 'restarts VEs', 60)
    transaction.change(cluster.run, lambda root: mark.claim(root, claim, mark.Undo({'ve-1': 'Started', 've-2': None})))
    result = run(cluster, 'recovered', dict(SECOND, over='one'))
    assert 've-1, ve-2 may start again, which it had stopped for a while' in result['warnings'][0]
    assert sorted(action[1] for action in cluster.actions() if action[0] == 'start') == ['ve-1', 've-2']


@pytest.mark.parametrize('name', ['lasts', 'wait'])
def test_a_time_that_is_none_is_refused(cluster, name):
    with pytest.raises(InputError, match=name):
        run(cluster, 'begun', **{name: 'soon'})


# On the controller


class Task:
    def __init__(self, check, **arguments):
        self.args, self.check_mode = arguments, check


@pytest.fixture
def act(monkeypatch):
    """act(alive, check, **arguments) -> (result, the runs in whose place it came)"""

    def run_it(alive, check=False, stale=False, **arguments):
        over = []

        def ask(self, given, _variables):
            over.append(given['_run']['over'])
            other = {'run': 'other', 'process': 'p', 'stale': stale}
            return {'failed': True, 'msg': 'Another run', 'other': other} if len(over) == 1 else {'changed': True}

        monkeypatch.setattr(action.ActionBase, 'run', lambda *_arguments: {})
        monkeypatch.setattr(action.Asking, 'ask', ask)
        monkeypatch.setattr(action.process, 'alive', lambda _process: alive)
        plugin = object.__new__(action.ActionModule)
        plugin._task = Task(check, **arguments)
        return plugin.run(task_vars={}), over

    return run_it


@pytest.mark.parametrize(
    'alive, stale, taken',
    [(True, False, False), (True, True, False), (None, False, False), (None, True, True), (False, False, True)],
)
def test_it_comes_in_the_place_of_one_that_is_dead(act, alive, stale, taken):
    result, over = act(alive, stale=stale)
    assert over == (['', 'other'] if taken else ['']) and bool(result.get('failed')) is not taken
    assert act(alive, stale=stale, take_over=True)[1] == ['', 'other']
    assert 'other' not in result


def test_in_check_mode_another_run_is_a_warning(act):
    assert act(True, check=True)[0]['warnings'] == ['Another run']
    assert act(True, check=True, state='begun')[0]['failed']


# The nudge, which marks its own


def test_a_nudge_that_was_killed_is_taken_back(cluster, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(_seconds):
        monkeypatch.setattr(cluster_nudge.transaction, 'change', lambda *_arguments: None)  # its process is gone
        raise Killed()

    def threshold():
        return attributes.get_property(tree.parse(cluster.text()), 'load-threshold')

    cluster.tool('crm_attribute', '--name', 'load-threshold', '--update', '70%')
    monkeypatch.setattr(cluster_nudge.signal, 'signal', lambda number, handler: None)
    with monkeypatch.context() as killed, pytest.raises(Killed):
        killed.setattr(cluster_nudge.time, 'sleep', kill)
        cluster_nudge.run(cluster.run, {})
    monkeypatch.undo()
    assert threshold() == '1%'
    with pytest.raises(CibError, match='cluster_nudge on .*: it lowers load-threshold'):
        cluster_nudge.run(cluster.run, {})
    now = mark.time.time()
    monkeypatch.setattr(mark.time, 'time', lambda: now + 200)
    monkeypatch.setattr(cluster_nudge.time, 'sleep', lambda seconds: None)
    monkeypatch.setattr(cluster_nudge.signal, 'signal', lambda number, handler: None)
    assert cluster_nudge.run(cluster.run, {})['load_threshold'] == '70%' and threshold() == '70%'

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_stagger and ve_info: the release, and what crm_mon says of a CIB whose status section was written by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ModelError, ToolError

from happenings import FAILED, OK, PENDING, happened, lose, roles, with_dc
from stagger_world import VES, declare


def look(cluster, names=None):
    return {ve['name']: ve for ve in stagger.info(cluster.run, {'names': names})['ves']}


# The plan and the patch; the course of a run is in test_conductor.py


def ask(cluster, do='plan', check=False, **arguments):
    given = {name: spec.get('default') for name, spec in stagger.ARGUMENTS.items()}
    request = {key: arguments.pop(key) for key in ('roles', 'away', 'to', 'clear', 'only_in') if key in arguments}
    return stagger.serve(cluster.run, dict(given, **arguments, request=dict(request, do=do)), check)


def test_all_that_are_stopped_are_released_in_one_patch_in_order(cluster):
    declare(cluster, policy={'starts_per_node': 3})
    made = ask(cluster, ves=VES)
    assert made['changed'] and made['batches'] == [['ve-2', 've-1', 've-3']] and made['limit'] == 3
    assert not any('--patch' in argv for argv in cluster.calls)
    assert ask(cluster, 'put', roles=dict.fromkeys(made['names'], 'Started')) == {
        'changed': True,
        'done': ['ve-1', 've-2', 've-3'],
    }
    assert sum(argv[:2] == ['cibadmin', '--patch'] for argv in cluster.calls) == 1
    assert roles(cluster) == {'ve-1': ['Started'], 've-2': ['Started'], 've-3': ['Started']}
    # Pacemaker now starts them
    assert [action[:2] for action in cluster.actions() if action[0] == 'start'] == [
        ('start', 've-%d' % n) for n in (1, 2, 3)
    ]
    text = cluster.text()
    assert (
        ask(cluster, 'put', roles=dict.fromkeys(made['names'], 'Started'))['changed'] is False
        and cluster.text() == text
    )
    again = ask(cluster, ves=VES)
    assert not again['changed'] and again['batches'] == [] and again['names'] == ['ve-2', 've-1', 've-3'], (
        'all are waited for'
    )


def test_check_mode_shows_the_plan_and_the_diff_and_releases_nothing(cluster):
    declare(cluster)
    text = cluster.text()
    planned = ask(cluster, check=True, ves=VES)
    assert planned['changed'] and cluster.text() == text
    assert [(row['name'], row['to'], row['batch'], row['seconds']) for row in planned['plan']] == [
        ('ve-2', 'n1', 1, 60),
        ('ve-1', 'n2', 1, 60),
        ('ve-3', 'n3', 1, 60),
    ], 'where the scheduler would put them'
    assert planned['expected'] == 60
    assert (
        planned['diff']()['before'].count('value="Stopped"') == 3 == planned['diff']()['after'].count('value="Started"')
    )


def test_only_what_is_to_run_is_released(cluster):
    ves = [
        {'id': 1, 'state': 'started'},
        {'id': 2, 'state': 'stopped'},
        {'id': 3, 'state': 'unmanaged'},
        {'id': 4},
        {'id': 5},
    ]
    declare(cluster, ves)
    for ve, role in (('ve-1', 'stopped'), ('ve-3', 'Stopped')):
        cluster.tool(
            'crm_resource', '--resource', ve, '--meta', '--set-parameter', 'target-role', '--parameter-value', role
        )
    cluster.tool('crm_resource', '--resource', 've-5', '--meta', '--delete-parameter', 'target-role')
    made = ask(cluster, ves=ves[:3] + ves[4:])
    assert made['batches'] == [['ve-1']] and made['names'] == ['ve-1', 've-5'], 'what is not to run is not waited for'


def test_a_role_that_was_not_there_is_taken_away_again(cluster):
    declare(cluster)
    cluster.tool('crm_resource', '--resource', 've-1', '--meta', '--delete-parameter', 'target-role')
    text = cluster.text()
    ask(cluster, 'put', roles={'ve-1': 'Stopped', 've-9': 'Stopped'})
    assert roles(cluster)['ve-1'] == ['Stopped']
    ask(cluster, 'put', roles={'ve-1': None})
    assert roles(cluster)['ve-1'] == [] and text.count('<nvpair') == cluster.text().count('<nvpair')


def test_ves_without_a_resource_are_refused(cluster):
    declare(cluster)
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="theirs" class="ocf" provider="heartbeat" type="Dummy"/>',
    )
    with pytest.raises(CibError, match='no resources for theirs, ve-9. Configure them first'):
        ask(cluster, ves=VES + [{'id': 8, 'name': 'theirs'}, {'id': 9}])
    with pytest.raises(ModelError):
        ask(cluster, ves=[{'id': 1, 'after': ['x']}])


# The look

HISTORIES = {
    # what happened on n1: the state, and how many failures are told
    'up': ([('start', OK)], 'started', 0),
    'watched': ([('start', OK), ('monitor', OK)], 'started', 0),
    'watched-first': ([('start', OK), ('monitor', PENDING)], 'started', 0),
    'booting': ([('start', PENDING)], 'starting', 0),
    'booting-again': ([('start', FAILED, 'no init'), ('start', PENDING)], 'starting', 1),
    'going': ([('start', OK), ('monitor', OK), ('stop', PENDING)], 'stopping', 0),
    'gone': ([('start', OK), ('stop', OK)], 'stopped', 0),
    'failed': ([('start', FAILED, 'no init')], 'failed', 1),
    'timed-out': ([('start', (1, 2), 'still booting')], 'failed', 1),
    'failed-and-stopped': ([('start', FAILED, 'no init'), ('stop', OK)], 'stopped', 1),
    'not-here': ([('start', (5, 0), 'no such VE')], 'failed', 1),
    'broke': ([('start', OK), ('monitor', (7, 0), 'it is down')], 'failed', 1),
    'stuck': ([('start', OK), ('stop', FAILED, 'hangs')], 'failed', 1),
    'never': ([], 'stopped', 0),
}


@pytest.fixture
def history(cluster):
    ves = [{'id': name, 'engine': 'lxc', 'name': name} for name in HISTORIES]
    declare(cluster, ves, 'started')
    for name, (operations, _state, _failures) in HISTORIES.items():
        happened(cluster, 'n1', name, *operations)
    return ves


def test_states_from_what_happened(cluster, history):
    found = look(cluster)
    assert {name: (ve['state'], len(ve['failures'])) for name, ve in found.items()} == {
        name: (state_, failures) for name, (_operations, state_, failures) in HISTORIES.items()
    }
    assert {name: ve['node'] for name, ve in found.items()} == {
        name: None if name in ('gone', 'failed-and-stopped', 'never') else 'n1' for name in HISTORIES
    }
    assert found['failed']['failures'] == ['start on n1: error (no init)']
    assert found['stuck']['failures'] == ['stop on n1: error (hangs)']


def test_a_first_monitor_in_flight_is_what_pending_says_and_a_start_is_a_role(cluster, history):
    """The premise of the code: this is how crm_mon words it."""
    out = cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml')
    said = {
        resource.get('id'): (resource.get('role'), resource.get('pending'))
        for resource in ET.fromstring(out).iter('resource')
    }
    assert said['booting'] == ('Starting', None) and said['going'] == ('Stopping', None)
    assert said['watched-first'] == ('Started', 'Monitoring') and said['watched'] == ('Started', None)


def test_without_fencing_a_failed_stop_is_a_failure_and_not_unmanaged(cluster, history):
    with_dc(cluster, fencing='false')
    out = cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml')
    stuck = [resource for resource in ET.fromstring(out).iter('resource') if resource.get('id') == 'stuck'][0]
    assert (stuck.get('blocked'), stuck.get('managed')) == ('true', 'false'), 'what Pacemaker calls it'
    found = look(cluster)['stuck']
    assert found['state'] == 'failed' and found['failures'] == ['stop on n1: error (hangs)']


def test_on_a_lost_node_nothing_is_up_or_on_its_way(cluster, history):
    with_dc(cluster)
    lose(cluster, 'n1')
    assert {ve['state'] for ve in look(cluster).values()} == {'stopped'}
    assert look(cluster)['up']['node'] == 'n1'


def test_a_node_that_is_online_but_to_be_fenced_counts_as_lost(cluster):
    """A stop failed there, and fencing will tell."""
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    happened(cluster, 'n2', 've-2', ('start', OK))
    happened(cluster, 'n1', 've-3', ('start', OK), ('stop', FAILED))
    with_dc(cluster)
    out = ET.fromstring(cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml'))
    n1 = out.find('nodes/node[@name="n1"]')
    assert (n1.get('online'), n1.get('unclean')) == ('true', 'true')
    found = look(cluster)
    assert (found['ve-1']['state'], found['ve-2']['state']) == ('stopped', 'started')


def test_unmanaged_is_left_alone(cluster):
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    cluster.tool(
        'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', 'is-managed', '--parameter-value', 'false'
    )
    cluster.tool(
        'crm_resource', '--resource', 've-2', '--meta', '--set-parameter', 'maintenance', '--parameter-value', 'true'
    )
    assert {name: ve['state'] for name, ve in look(cluster).items()} == {
        've-1': 'unmanaged',
        've-2': 'unmanaged',
        've-3': 'stopped',
    }


def test_failures_go_to_the_ve_that_they_are_of(cluster):
    ves = [{'id': 1, 'name': 've_start_1'}, {'id': 2, 'name': 've'}, {'id': 3, 'name': 've_start'}]
    declare(cluster, ves, 'started')
    happened(cluster, 'n1', 've_start_1', ('start', OK), ('migrate_to', FAILED, 'no way'))
    happened(cluster, 'n2', 've_start', ('start', FAILED, 'no init'))
    assert {name: ve['failures'] for name, ve in look(cluster).items()} == {
        've_start_1': ['migrate_to on n1: error (no way)'],
        've': [],
        've_start': ['start on n2: error (no init)'],
    }


def test_names_say_which_and_in_what_order(cluster):
    declare(cluster)
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="theirs" class="ocf" provider="heartbeat" type="Dummy"/>',
    )
    assert list(look(cluster, ['ve-3', 've-1'])) == ['ve-3', 've-1'] and look(cluster, []) == {}
    assert (
        sorted(look(cluster)) == ['ve-1', 've-2', 've-3']
        and stagger.info(cluster.run, {'names': None})['changed'] is False
    )
    for name in ('theirs', 've-9'):
        with pytest.raises(CibError, match='has no VE %s; it has .*ve-1' % name):
            look(cluster, ['ve-1', name])


def test_a_missing_or_failing_crm_mon_says_so(cluster):
    def missing(argv, stdin=None):
        raise FileNotFoundError(2, 'No such file or directory', argv[0])

    declare(cluster)
    with pytest.raises(ToolError, match='Cannot run crm_mon.*pacemaker-cli'):
        stagger.info(missing, {'names': None})
    cluster.path.write_text('no CIB')
    with pytest.raises(ToolError, match='crm_mon failed with 102: Connection to cluster failed. Is Pacemaker running'):
        stagger.info(lambda argv: (102, '', 'Connection to cluster failed\n'), {'names': None})
    with pytest.raises(
        ToolError, match='crm_mon failed with 0: Could not connect to the CIB: .*schema. Is Pacemaker running'
    ):
        look(cluster)


# Whether the cluster is idle: crmadmin asks the controller, which a CIB file does not have


@pytest.mark.parametrize(
    'said, idle',
    [
        ((0, 'Controller on n1 in state S_IDLE: ok\n', ''), True),
        ((0, 'Controller on n1 in state S_TRANSITION_ENGINE: ok\n', ''), False),
        ((102, '', 'error: Could not connect'), False),
        (FileNotFoundError(2, 'crmadmin'), False),
    ],
)
def test_idle_is_what_the_dc_says(cluster, said, idle):
    asked = []

    def run(argv, stdin=None):
        if 'crmadmin' not in argv:
            return cluster.run(argv, stdin)
        asked.append(argv)
        if isinstance(said, OSError):
            raise said
        return said

    declare(cluster)
    assert stagger.info(run, {'names': []})['idle'] is False and not asked, 'there is no DC to ask'
    with_dc(cluster)
    assert stagger.info(run, {'names': []})['idle'] is idle and asked == [
        ['timeout', '5', 'crmadmin', '--status', 'n1']
    ], 'one that hangs is ended'
    lose(cluster, 'n2')
    assert stagger.info(run, {'names': []})['idle'] is False and len(asked) == 1, 'fencing is due'


# The action plugin, as Ansible runs it


@pytest.fixture
def play(cluster, collections, tmp_path):
    """play(check=False, **arguments) -> the task's result, and what was shown meanwhile"""
    book, answer = tmp_path / 'play.yml', tmp_path / 'result.json'
    (tmp_path / 'ansible.cfg').write_text('')  # not this machine's

    def run(check=False, until=None, **arguments):
        """until(): from then on Ctrl-C is pressed; then there is no result."""
        book.write_text(
            json.dumps(
                [
                    {
                        'hosts': 'localhost',
                        'gather_facts': False,
                        'tasks': [
                            {'openve.pacemaker.ve_stagger': arguments, 'register': 'result', 'ignore_errors': True},
                            {
                                'ansible.builtin.copy': {'content': '{{ result | to_json }}', 'dest': str(answer)},
                                'check_mode': False,
                                'diff': False,
                            },
                        ],
                    }
                ]
            )
        )
        env = dict(
            cluster.env,
            LC_ALL='C.UTF-8',
            ANSIBLE_COLLECTIONS_PATH=str(collections),
            ANSIBLE_HOME=str(tmp_path / 'home'),
            ANSIBLE_NOCOLOR='1',
            ANSIBLE_LOCALHOST_WARNING='0',
            ANSIBLE_INVENTORY_UNPARSED_WARNING='0',
            ANSIBLE_CONFIG=str(tmp_path / 'ansible.cfg'),
            ANSIBLE_STDOUT_CALLBACK='default',
        )
        with open(
            tmp_path / 'shown', 'w', encoding='utf-8'
        ) as screen:  # a group of its own, which is what a terminal sends SIGINT to
            running = subprocess.Popen(
                [
                    sys.executable,
                    '-m',
                    'ansible',
                    'playbook',
                    '--inventory',
                    'localhost,',
                    '--connection',
                    'local',
                    '--extra-vars',
                    json.dumps({'ansible_python_interpreter': sys.executable}),
                    str(book),
                ]
                + (['--check', '--diff'] if check else []),
                text=True,
                stdout=screen,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=tmp_path,
                start_new_session=True,
            )
            end = time.monotonic() + 120
            while until and not until():
                assert running.poll() is None and time.monotonic() < end
                time.sleep(0.2)
            if until:
                os.killpg(running.pid, signal.SIGINT)
            code = running.wait(timeout=120)
        shown = (tmp_path / 'shown').read_text(encoding='utf-8')
        assert code == (99 if until else 0), shown
        return None if until else json.loads(answer.read_text()), shown

    return run


def test_check_mode_prints_the_plan(play, cluster):
    declare(cluster)
    text = cluster.text()
    result, shown = play(check=True, ves=VES)
    assert result['changed'] and [row['name'] for row in result['plan']] == ['ve-2', 've-1', 've-3']
    assert not result['failed'] and cluster.text() == text
    assert 'value="Started"' in result['diff']['after'] and '+' in shown
    assert '3 VEs would be started, 2 at once on a node, about 60 s' in shown
    assert '    1  ve-2                 order 10   n1             about 60 s' in shown


def test_it_ends_when_all_are_up(play, cluster):
    declare(cluster, new='started')
    for ve in ('ve-1', 've-2'):
        happened(cluster, 'n1', ve, ('start', OK))
    happened(cluster, 'n2', 've-3', ('start', OK), ('monitor', PENDING))
    with_dc(cluster)
    text = cluster.text()
    result, shown = play(ves=VES)
    assert not result['failed'] and not result['changed'] and result['released'] == []
    assert [(ve['name'], ve['state'], ve['node'], ve['up_after']) for ve in result['ves']] == [
        ('ve-2', 'started', 'n1', None),
        ('ve-1', 'started', 'n1', None),
        ('ve-3', 'started', 'n2', None),
    ]
    assert '0 of 3 VEs to start' in shown and '3 of 3 VEs are up' in shown
    assert cluster.text() == text


def test_it_ends_at_the_timeout(play, cluster):
    declare(cluster)
    happened(cluster, 'n1', 've-1', ('start', OK))
    happened(cluster, 'n1', 've-2', ('start', FAILED, 'no init'), ('start', PENDING))
    with_dc(cluster)
    result, shown = play(ves=VES, timeout='1s')
    assert result['failed'] and result['changed'] and result['released'] == ['ve-2', 've-1', 've-3']
    assert result['msg'].startswith('2 VEs: they are not up after 1 s (the cluster goes on with them).')
    assert '- ve-2 (starting): start on n1: error (no init)' in result['msg']
    assert '- ve-3 (stopped): no failure is recorded; look with crm_resource --why --resource=ve-3' in result['msg']
    assert '3 of 3 VEs to start, 2 at once on a node, about 60 s' in shown
    assert roles(cluster)['ve-3'] == ['Started'], 'the cluster goes on'


def test_it_ends_when_the_cluster_has_nothing_left_to_do(play, cluster, tmp_path):
    declare(cluster, VES[:1], 'started')
    happened(cluster, 'n1', 've-1', ('start', FAILED, 'no init'), ('stop', OK))
    with_dc(cluster)
    (tmp_path / 'tools').mkdir()
    controller = tmp_path / 'tools' / 'crmadmin'  # a CIB file has no controller to ask
    controller.write_text('#!/bin/sh\necho "Controller on $2 in state S_IDLE: ok"\n')
    controller.chmod(0o755)
    cluster.env['PATH'] = '%s:%s' % (controller.parent, cluster.env['PATH'])
    result, _shown = play(ves=VES[:1], timeout='50s')
    assert result['failed'] and 'the cluster has nothing left to do' in result['msg']
    assert '- ve-1 (stopped): start on n1: error (no init)' in result['msg']


def test_a_refusal_is_the_modules(play, cluster):
    declare(cluster)
    text = cluster.text()
    assert 'timeout: ' in play(ves=VES, timeout='soon')[0]['msg']
    assert 'no resources for ve-9' in play(ves=[{'id': 9}])[0]['msg']
    assert 'cannot be used: sate. Supported' in play(ves=VES, sate='stopped')[0]['msg']
    assert cluster.text() == text


def test_at_ctrl_c_what_has_not_begun_is_withdrawn(play, cluster):
    declare(cluster)
    with_dc(cluster)
    happened(cluster, 'n1', 've-1', ('start', PENDING))
    _result, shown = play(ves=VES, until=lambda: roles(cluster)['ve-3'] == ['Started'])
    assert [roles(cluster)['ve-%d' % n] for n in (1, 2, 3)] == [['Started'], ['Stopped'], ['Stopped']], shown
    assert 'interrupted: 2 VEs that had not begun are withdrawn; what is under way goes on' in shown

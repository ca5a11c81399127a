# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_stagger: the release, and the action plugin as Ansible runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import stagger

from happenings import FAILED, OK, PENDING, happened, roles, with_dc
from stagger_world import VES, declare

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
    with pytest.raises(InputError):
        ask(cluster, ves=[{'id': 1, 'after': ['x']}])


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

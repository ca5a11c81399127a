# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of ve_stagger, as Ansible runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.modules import ve_stagger

from happenings import FAILED, OK, PENDING, happened, roles, with_dc
from node_python import NODE_PYTHON
from stagger_world import VES, declare


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
                    json.dumps({'ansible_python_interpreter': NODE_PYTHON}),
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


@pytest.mark.matrix
def test_check_mode_prints_the_plan(play, cluster):
    declare(cluster)
    text = cluster.text()
    result, shown = play(check=True, ves=VES)
    assert result['changed'] and [row['name'] for row in result['plan']] == ['ve-2', 've-1', 've-3']
    assert not result['failed'] and cluster.text() == text
    assert 'value="Started"' in result['diff']['after'] and '+' in shown
    documented = yaml.safe_load(ve_stagger.RETURN)
    assert set(result) <= {*documented, 'changed', 'failed', 'diff', 'commands'} and result['standby'] is None
    assert '3 VEs would be started, 2 at once on a node, about 60 s' in shown
    assert '    1  ve-2                 order 10   n1             about 60 s' in shown


@pytest.mark.matrix
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

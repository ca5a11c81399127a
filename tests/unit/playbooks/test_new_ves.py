# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of a play whose VEs are not all in the cluster yet."""

from __future__ import annotations

ROLES = ['openve.pacemaker.' + role for role in ('resources', 'stagger')]


def test_a_plan_is_made_for_those_that_are_there(ansible_playbook, cluster, run_module):
    run_module('ve_resources', cluster.env, ves=[{'id': 100}, {'id': 101, 'state': 'stopped'}, {'id': 102}])
    before = cluster.text()
    ves = [
        {'id': 100, 'state': 'absent'},
        {'id': 101, 'after': ['ve-103'], 'apart': ['ve-104'], 'state': 'started'},
        {'id': 102},
        {'id': 103},
        {'id': 104, 'after': ['ve-101', 've-103']},
    ]
    hosts = {'all': {'hosts': {'n1': {}, 'n2': {}}, 'vars': {'openve_ves': ves}}}
    play = [{'hosts': 'all', 'gather_facts': False, 'roles': ROLES}]
    code, output = ansible_playbook(play, hosts, '--check', '--diff', env=cluster.env)
    assert code == 0, output
    assert 'Not in the cluster yet: ve-103, ve-104' in output
    assert '1 VE would be started' in output and '  1  ve-101 ' in output
    assert cluster.text() == before

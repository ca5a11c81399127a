# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role cluster shows of its variables with all that Ansible can say (-vvvv), where it goes through and where it refuses them."""

from __future__ import annotations

from hostile import PASSWORDS, leaks


def test_neither_accepted_nor_refused(ansible_playbook):
    devices = [
        {
            'id': 'f%d' % number,
            'agent': 'fence_x',
            'hosts': ['n1'],
            'secrets': {'password': {'__ansible_unsafe': secret}},
        }
        for number, secret in enumerate(PASSWORDS)
    ]
    role = {'name': 'openve.pacemaker.cluster', 'tasks_from': 'preflight'}
    variables = {'cluster_addresses': ['192.0.2.1'], 'cluster_node_name': 'n1'}
    plays = [
        {
            'hosts': 'all',
            'gather_facts': False,
            'vars': variables,
            'tasks': [
                {
                    'block': [
                        {'ansible.builtin.include_role': role, 'vars': {'cluster_fencing': fencing}},
                        {'ansible.builtin.debug': {'msg': 'WENT THROUGH'}},
                    ],
                    'rescue': [{'ansible.builtin.debug': {'msg': 'REFUSED'}}],
                },
            ],
        }
        for fencing in (
            devices,
            [dict(devices[6], hosts=[])],
            [dict(devices[6], options=devices[6]['secrets'], secrets={})],
            [dict(devices[6], secrets=devices[6]['secrets']['password'])],
        )
    ]
    plays.append(
        {
            'hosts': 'all',
            'gather_facts': False,
            'roles': [dict(variables, role='openve.pacemaker.cluster', cluster_fencing=devices, cluster_token=3)],
        }
    )
    code, output = ansible_playbook(plays, {'all': {'hosts': {'n1': {}}}}, '--check', '-vvvv')
    assert code == 2 and output.count('"msg": "WENT THROUGH"') == 1 and output.count('"msg": "REFUSED"') == 3, output
    assert 'cluster_token: 3 is no number' in output
    assert not leaks(output), leaks(output)[:5]

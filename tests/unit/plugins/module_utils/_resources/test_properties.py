# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster properties follow the policy, and nothing but the policy."""

from __future__ import annotations

from declarations import ADDRESS, create, declare, prop, values

# Properties


def test_properties_are_set_only_as_the_policy_says(cluster):
    create(cluster, ADDRESS)
    result = declare(cluster, [{'id': 1}], {'starts_per_node': 0})
    assert result['properties'] == [] and prop(cluster, 'node-action-limit') is None
    assert 'start_slots' not in values(cluster, 've-1', 'instance_attributes')

    result = declare(
        cluster, [{'id': 1}], {'starts_per_node': 3, 'starts_total': 5, 'retry_start': True, 'load_threshold': '0%'}
    )
    assert [(row['name'], row['old'], row['new'], row['changed'], row['foreign']) for row in result['properties']] == [
        ('node-action-limit', None, '3', True, ['address']),
        ('batch-limit', None, '5', True, ['address']),
        ('start-failure-is-fatal', None, 'false', True, ['address']),
        ('load-threshold', None, '0%', True, ['address']),
    ]
    assert all(row['concerns'] for row in result['properties'])
    result = declare(cluster, [{'id': 1}], {'starts_per_node': 3})
    assert [(row['name'], row['changed']) for row in result['properties']] == [('node-action-limit', False)]
    assert prop(cluster, 'batch-limit') == '5'
    assert any('retry_start: false leaves' in warning for warning in result['warnings'])


def test_shutdown_escalation_is_raised_where_it_is_needed_and_never_lowered(cluster):
    many = [{'id': number} for number in range(1, 41)]
    result = declare(cluster, many)
    # 40 VEs on 3 nodes: 20 on one after another is lost, 10 rounds of 150 s, and 2 min
    assert prop(cluster, 'shutdown-escalation') == '1620s'
    row = [row for row in result['explain'] if row['what'] == 'shutdown-escalation'][0]
    assert row['inputs'] == {'ves_on_a_node': 20, 'starts_per_node': 2, 'stop_timeout': '150s', 'margin': '120s'}
    result = declare(cluster, many[:3], purge=True)
    assert prop(cluster, 'shutdown-escalation') == '1620s'
    result = declare(cluster, [{'id': number, 'prefer': ['n1']} for number in range(1, 41)])
    assert prop(cluster, 'shutdown-escalation') == '3120s'
    assert any('TimeoutStopSec' in warning for warning in result['warnings'])

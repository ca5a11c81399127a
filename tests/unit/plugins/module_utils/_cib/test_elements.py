# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker's scheduler makes of the primitives and constraints of declared VEs."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError

from declarations import ADDRESS, STORAGE, create, declare

# What Pacemaker makes of it


def test_ves_run_where_they_prefer_to_and_a_returning_node_takes_none_back(cluster):
    ves = [{'id': number, 'prefer': ['n1', 'n2', 'n3']} for number in range(1, 7)]
    ves += [{'id': 7, 'prefer': ['n1'], 'apart': ['ve-8']}, {'id': 8, 'prefer': ['n1']}]
    declare(cluster, ves)
    cluster.settle()
    home = cluster.where()
    assert {home['ve-%d' % number] for number in range(1, 7)} == {'n1'}
    assert home['ve-7'] != home['ve-8'], 'apart weighs more than a preference'

    cluster.settle('--node-down', 'n1')
    away = cluster.where()
    assert 'n1' not in away.values() and len(away) == 8
    cluster.settle('--node-up', 'n1')
    assert cluster.actions() == [] and cluster.where() == away

    # with failback they return
    with pytest.raises(CibError, match='move ve-1 on'):
        declare(cluster, ves, {'failback': True})
    declare(cluster, ves, {'failback': True}, allow_restart=True)
    assert ('move', 've-1', 'n1') in cluster.actions()
    declare(cluster, ves)
    assert cluster.actions() == []
    # and an admin can still move one
    create(cluster, '<rsc_location id="cli-prefer-ve-1" rsc="ve-1" node="n3" score="INFINITY"/>', 'constraints')
    assert cluster.actions() == [('move', 've-1', 'n3')]


def test_without_preferences_failback_shuffles_nothing(cluster):
    declare(cluster, [{'id': number} for number in range(1, 7)], {'failback': True})
    cluster.settle()
    cluster.settle('--node-down', 'n1')
    away = cluster.where()
    cluster.settle('--node-up', 'n1')
    assert cluster.where() == away


def test_ves_that_had_to_share_a_node_stay_when_there_is_another_again(cluster):
    declare(cluster, [{'id': 1, 'apart': ['ve-2']}, {'id': 2}])
    cluster.settle('--node-down', 'n1', '--node-down', 'n2')
    shared = cluster.where()
    assert shared == {'ve-1': 'n3', 've-2': 'n3'}
    cluster.settle('--node-up', 'n1')
    assert cluster.where() == shared


def test_the_restart_of_a_ve_restarts_none_that_comes_after_it(cluster):
    declare(cluster, [{'id': 1}, {'id': 2, 'after': ['ve-1']}])
    cluster.settle()
    declare(cluster, [{'id': 1, 'state': 'stopped'}, {'id': 2, 'after': ['ve-1']}])
    assert [action[:2] for action in cluster.actions()] == [('stop', 've-1')]


def test_a_ve_starts_though_the_one_before_it_does_not(cluster):
    declare(cluster, [{'id': 1, 'state': 'stopped'}, {'id': 2, 'after': ['ve-1']}])
    assert [action[:2] for action in cluster.actions()] == [('start', 've-2')]


def test_a_needed_clone_comes_first_and_its_return_elsewhere_restarts_nothing(cluster):
    create(cluster, STORAGE)
    ves = [{'id': 1, 'needs': ['fs-clone'], 'prefer': ['n2']}]
    cluster.settle('--node-down', 'n1')
    declare(cluster, ves)
    cluster.settle()
    assert cluster.where()['ve-1'] == 'n2'
    due = cluster.actions('--node-up', 'n1')
    assert [action for action in due if action[1] == 've-1'] == []
    assert any(action[0] == 'start' and action[1].startswith('fs') for action in due)


def test_what_nobody_declared_starts_before_the_ves_and_they_by_their_order(cluster):
    declare(cluster, [{'id': number, 'start_order': order} for number, order in ((1, 50), (2, 10), (3, 30), (4, 20))])
    create(cluster, ADDRESS)
    create(cluster, ADDRESS.replace('address', 'database'))
    starts = [name for name, waits in cluster.starts() if not waits]
    assert set(starts[:2]) == {'address', 'database'} and starts[2:] == ['ve-2', 've-4', 've-3', 've-1']


def test_a_ve_comes_after_another_also_where_its_own_order_is_lower(cluster):
    declare(cluster, [{'id': 1, 'start_order': 10, 'after': ['ve-2']}, {'id': 2, 'start_order': 90}, {'id': 3}])
    assert dict(cluster.starts()) == {'ve-1': ['ve-2'], 've-2': [], 've-3': []}


def test_what_is_needed_is_started_first_and_on_the_same_node(cluster):
    create(cluster, ADDRESS)
    create(cluster, '<rsc_location id="there" rsc="address" node="n3" score="100"/>', 'constraints')
    declare(cluster, [{'id': 1, 'needs': ['address'], 'prefer': ['n1']}])
    assert dict(cluster.starts()) == {'address': [], 've-1': ['address']}
    cluster.settle()
    assert cluster.where() == {'address': 'n3', 've-1': 'n3'}


def test_a_ve_that_fits_nowhere_is_not_started(cluster):
    for node in ('1', '2', '3'):
        cluster.tool(
            'cibadmin',
            '--modify',
            '--allow-create',
            '--scope',
            'nodes',
            '--xml-text',
            '<node id="%s"><utilization id="u%s"><nvpair id="m%s" name="memory" value="1000"/></utilization></node>'
            % ((node,) * 3),
        )
    cluster.tool(
        'cibadmin',
        '--modify',
        '--allow-create',
        '--scope',
        'crm_config',
        '--xml-text',
        '<cluster_property_set id="cib-bootstrap-options"><nvpair id="ps" name="placement-strategy" value="balanced"/></cluster_property_set>',
    )
    result = declare(
        cluster,
        [
            {'id': 1, 'utilization': {'memory': 700}},
            {'id': 2, 'utilization': {'memory': 700}},
            {'id': 3, 'utilization': {'memory': 1001}},
        ],
    )
    assert result['warnings'] == []
    cluster.settle()
    home = cluster.where()
    assert set(home) == {'ve-1', 've-2'} and home['ve-1'] != home['ve-2']

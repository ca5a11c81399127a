# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in scenarios, on CIBs in files, with Pacemaker's real scheduler."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from declarations import GROUP, STORAGE
from happenings import lose
from rehearsed import many, starts, verdict


def test_the_loss_of_a_node(rehearse):
    result, scenarios = rehearse(many(12), scenarios=['lose n1'])
    scenario = scenarios['lose n1']
    # 5 s until it is noticed, 30 s of fencing, and two starts at once on each of the other two
    assert scenario['fenced'] == {'n1': 35} and scenario['peak'] == {
        'per_node': {'n1': 0, 'n2': 2, 'n3': 2},
        'total': 4,
    }
    assert {(node, begin, end) for _name, node, begin, end in starts(scenario)} == {('n2', 35, 95), ('n3', 35, 95)}
    assert len(scenario['downtime']) == 4 and set(scenario['downtime'].values()) == {95}
    assert (scenario['last_up'], scenario['duration'], scenario['longest_wait'], scenario['reaction']) == (
        95,
        95.2,
        0,
        60,
    )
    assert (scenario['healthy_down'], scenario['cannot_run'], scenario['transitions'], scenario['settled']) == (
        [],
        [],
        1,
        True,
    )
    assert {row['operation'] for row in scenario['actions']} == {'fence', 'start', 'monitor'}
    assert (result['nodes'], result['limits'], result['others'], result['source']) == (
        ['n1', 'n2', 'n3'],
        {'n1': 2, 'n2': 2, 'n3': 2},
        [],
        'file',
    )


def test_the_kinds_and_their_names(rehearse):
    _result, scenarios = rehearse(
        many(3), scenarios=['boot', 'lose', 'lose pairs', 'drain n3', 'return n2 n1', 'join n1'], probe_rc=[5]
    )
    assert list(scenarios) == [
        'boot',
        'lose n1',
        'lose n2',
        'lose n3',
        'lose n1 n2',
        'lose n1 n3',
        'lose n2 n3',
        'drain n3',
        'return n2',
        'return n1',
        'join n1 rc 5',
    ]
    assert scenarios['boot']['nodes'] == ['n1', 'n2', 'n3'] and scenarios['join n1 rc 5']['probe_rc'] == 5


def test_a_cold_boot(rehearse):
    _result, scenarios = rehearse(many(6), scenarios=['boot'])
    boot = scenarios['boot']
    assert len(starts(boot)) == 6 == len(boot['downtime']) and boot['peak']['total'] == 6
    assert min(row['begin'] for row in boot['actions']) == 21, 'dc-deadtime and a second'
    # half the limit until 30 s, and every probe before the first start of its VE
    assert len([1 for _name, node, begin, _end in starts(boot) if node == 'n1' and begin < 30]) == 1
    assert boot['downtime'] == {name: end for name, _node, _begin, end in starts(boot)}
    assert len([row for row in boot['actions'] if row['operation'] == 'probe' and row['ve']]) == 18


def test_two_of_three_nodes_are_too_many(rehearse):
    _result, scenarios = rehearse(
        many(3), scenarios=['lose n1 n2'], change=lambda root: attributes.set_property(root, 'no-quorum-policy', 'stop')
    )
    scenario = scenarios['lose n1 n2']
    assert not scenario['fenced'] and len(scenario['cannot_run']) == 3, (
        'without quorum it fences nobody and stops what it has'
    )
    assert len(scenario['healthy_down']) == 1 and verdict(scenario, 'cannot-run')['level'] == 'broken'


def test_return_out_of_standby(rehearse):
    _result, scenarios = rehearse(
        many(6),
        {'failback': True},
        scenarios=['return n1'],
        change=lambda root: attributes.set_node(root, 'n1', 'standby', 'on'),
    )
    assert not [row for row in scenarios['return n1']['actions'] if row['operation'] == 'probe'], (
        'its Pacemaker was never down'
    )


@pytest.mark.parametrize('code,hit,down', [(1, True, False), (5, False, False), (6, True, True)])
def test_a_node_joins_that_is_badly_set_up(rehearse, code, hit, down):
    _result, scenarios = rehearse(many(4), scenarios=['join n3'], probe_rc=[code])
    scenario = scenarios['join n3 rc %d' % code]
    probes = [row for row in scenario['actions'] if row['operation'] == 'probe' and row['ve']]
    assert {row['rc'] for row in probes} == {code} and {row['node'] for row in probes} == {'n3'}
    assert bool(scenario['healthy_down']) == hit and bool(scenario['cannot_run']) == down
    if hit:
        assert verdict(scenario, 'healthy-down')['numbers']['count'] == len(scenario['healthy_down'])
    if code == 1:
        assert scenario['transitions'] > 1 and scenario['downtime'], 'stopped and started again'


def test_others_take_part_and_are_shown_apart(rehearse):
    result, scenarios = rehearse(many(4, needs=['fs-clone']), None, STORAGE, GROUP, scenarios=['boot', 'lose n1'])
    assert result['others'] == ['fs', 'address', 'server']
    for scenario in scenarios.values():
        assert not scenario['cannot_run'] and scenario['settled']
        for row in scenario['actions']:
            assert row['ve'] == str(row['resource']).startswith('ve-')
    rows = scenarios['boot']['actions']
    ready = {
        row['node']: row['end'] for row in rows if str(row['resource']).startswith('fs') and row['operation'] == 'start'
    }
    assert len(ready) == 3 and all(begin >= ready[node] for _name, node, begin, _end in starts(scenarios['boot']))
    # a start of another resource takes a place, but is no boot of a VE
    assert scenarios['boot']['peak']['per_node']['n1'] <= 2


def test_a_live_migration_is_no_downtime(rehearse):
    _result, scenarios = rehearse(many(3, meta={'allow-migrate': True}), scenarios=['drain n1'])
    scenario = scenarios['drain n1']
    assert {'migrate_to', 'migrate_from'} <= {row['operation'] for row in scenario['actions']}
    assert not scenario['downtime'] and not scenario['cannot_run']


def test_a_node_that_is_down_already(rehearse, cluster):
    rehearse(many(6), ask=False)
    lose(cluster, 'n3')
    result = run.rehearse(cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['return n3']})
    (scenario,) = result['scenarios']
    assert scenario['actions'][0]['operation'] == 'probe' and scenario['actions'][0]['begin'] == 2


def test_a_cluster_without_nodes_or_ves(rehearse, cluster):
    result, scenarios = rehearse(scenarios=['boot', 'lose n1'])
    assert not starts(scenarios['boot']) and scenarios['boot']['last_up'] is None and result['durations'] == {}
    root = ET.fromstring(cluster.text())
    for node in list(root.find('configuration/nodes')):
        root.find('configuration/nodes').remove(node)
    with pytest.raises(InputError, match='it has none'):
        run.rehearse(cluster.run, root, {'scenarios': ['lose']})

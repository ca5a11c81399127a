# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios, verdicts and advice, on CIBs in files, with Pacemaker's real scheduler."""

from __future__ import annotations

import importlib
import pathlib
import re
import time
import xml.etree.ElementTree as ET

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rehearsal
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Wanted, edit
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import transition

from declarations import GROUP, STORAGE, declare
from happenings import PENDING, happened, lose, with_dc

ADDRESS = '<primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2"/>'


@pytest.fixture
def rehearse(cluster):
    """rehearse(ves, policy, *other resources, arguments) -> (result, {name: scenario}) of a cluster with all of these up"""
    with_dc(cluster)

    def run(ves=(), policy=None, *others, up=True, change=lambda root: None, ask=True, declared=None, **arguments):
        root = ET.fromstring(cluster.text())
        for other in others:
            root.find('configuration/resources').append(ET.fromstring(other))
        if ves:
            edit(root, Wanted(validate.read(ves, policy)))
        if up:
            settle(cluster, root)
        change(root)
        cluster.path.write_text(ET.tostring(root, encoding='unicode'))
        if not ask:
            return None
        result = rehearsal.rehearse(cluster.run, root, arguments, declared)
        assert ET.tostring(root, encoding='unicode') == cluster.text(), 'the CIB stays as it is'
        return result, {scenario['name']: scenario for scenario in result['scenarios']}

    return run


def settle(cluster, root):
    digests = transition.Digests(root, (2, 1, 5))
    for _round in range(5):
        graph = transition.ask(cluster.run, root).graph
        if not graph.actions:
            return
        transition.apply(
            root, transition.replay(graph, 0, transition.Limits({}), lambda action: 1), time.time(), digests
        )
    raise AssertionError('it does not settle')


def many(count, **more):
    return [dict({'id': number}, **more) for number in range(101, 101 + count)]


def verdict(scenario, rule):
    found = [row for row in scenario['verdicts'] if row['rule'] == rule]
    assert len(found) == 1, (rule, scenario['verdicts'])
    return found[0]


def starts(scenario):
    return [
        (row['resource'], row['node'], row['begin'], row['end'])
        for row in scenario['actions']
        if row['operation'] == 'start' and row['ve']
    ]


def meta(root, name, key, value):
    primitive = next(element for element in root.iter('primitive') if element.get('id') == name)
    pair = next((pair for pair in primitive.findall('meta_attributes/nvpair') if pair.get('name') == key), None)
    if pair is None:
        pair = ET.SubElement(primitive.find('meta_attributes'), 'nvpair', id='%s-%s' % (name, key), name=key)
    pair.set('value', value)


# What happens


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


def test_without_fencing_it_starts_at_once(rehearse):
    result, scenarios = rehearse(
        many(3), scenarios=['lose n1'], change=lambda root: attributes.set_property(root, 'stonith-enabled', 'false')
    )
    assert not scenarios['lose n1']['fenced'] and starts(scenarios['lose n1'])[0][2] == 5
    assert verdict(result, 'fencing-off')['level'] == 'warning'


def test_drain(rehearse):
    _result, scenarios = rehearse(many(12), scenarios=['drain n1'], times={'stop': '100s'})
    scenario = scenarios['drain n1']
    # the fencing device is stopped, too, in a second; then two VEs at once
    assert [row['end'] for row in scenario['actions'] if row['operation'] == 'stop'] == [1, 100, 101, 200, 201]
    # shutdown-escalation is what ve_resources set
    row = verdict(scenario, 'shutdown-escalation')
    assert (row['level'], row['numbers']['stops'], row['numbers']['count'], row['numbers']['worst']) == (
        'ok',
        201,
        5,
        450,
    )
    assert not scenario['healthy_down'] and set(scenario['downtime'].values()) == {160}


def test_shutdown_escalation_too_short(rehearse):
    def short(root):
        attributes.set_property(root, 'shutdown-escalation', '3min')

    _result, scenarios = rehearse(many(12), scenarios=['drain n1'], times={'stop': '60s'}, change=short)
    assert verdict(scenarios['drain n1'], 'shutdown-escalation')['level'] == 'warning', '121 s now, 450 s at worst'
    _result, scenarios = rehearse(up=False, scenarios=['drain n1'], times={'stop': '100s'})
    row = verdict(scenarios['drain n1'], 'shutdown-escalation')
    assert row['level'] == 'broken' and (row['numbers']['stops'], row['numbers']['escalation']) == (201, 180)


@pytest.mark.parametrize('failback,moved', [(False, 0), (True, 2)])
def test_return_and_failback(rehearse, failback, moved):
    _result, scenarios = rehearse(many(2, prefer=['n1']), {'failback': failback}, scenarios=['return n1'])
    scenario = scenarios['return n1']
    assert len(scenario['healthy_down']) == moved == len(starts(scenario))
    assert verdict(scenario, 'failback')['level'] == ('warning' if moved else 'ok')
    if moved:
        assert all(node == 'n1' for _name, node, _begin, _end in starts(scenario))
        assert all(seconds > 60 for seconds in scenario['downtime'].values())


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


def test_what_is_due_comes_first_and_is_said(rehearse):
    result, scenarios = rehearse(many(3), up=False, scenarios=['lose n1'])
    assert any('does what is due' in text for text in result['assumptions'])
    assert len(starts(scenarios['lose n1'])) == 1


def test_a_cib_without_a_running_cluster(rehearse):
    def stopped(root):
        root.remove(root.find('status'))

    result, scenarios = rehearse(many(6), change=stopped, scenarios=['boot', 'lose n2'])
    assert any('no node is up' in text for text in result['assumptions'])
    assert len(starts(scenarios['boot'])) == 6 and len(starts(scenarios['lose n2'])) == 2


def test_what_is_in_flight_succeeds_first(rehearse, cluster):
    rehearse(many(3), ask=False)
    happened(cluster, 'n1', 've-101', ('start', PENDING))
    result = rehearsal.rehearse(cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['lose n1']})
    assert any(text.startswith('operations that are in flight (1)') for text in result['assumptions'])


def test_a_cluster_that_was_starting_when_its_cib_was_taken_comes_to_rest(cluster):
    """Recorded on the lab: three starts in flight, and others whose monitors had begun."""
    root = tree.read_file(str(pathlib.Path(__file__).resolve().parents[3] / 'data' / 'starting.xml'))
    result = rehearsal.rehearse(cluster.run, root, {'scenarios': ['lose n1', 'drain n2', 'join n3'], 'probe_rc': [5]})
    assert all(scenario['settled'] for scenario in result['scenarios'])
    assert not [text for text in result['assumptions'] if 'not settled' in text]


def test_a_node_that_is_down_already(rehearse, cluster):
    rehearse(many(6), ask=False)
    lose(cluster, 'n3')
    result = rehearsal.rehearse(cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['return n3']})
    (scenario,) = result['scenarios']
    assert scenario['actions'][0]['operation'] == 'probe' and scenario['actions'][0]['begin'] == 2


# Verdicts and wishes


def test_start_timeouts(rehearse):
    _result, scenarios = rehearse(
        many(6),
        scenarios=['lose n1'],
        durations={
            've-101': {'start': '100s'},
            've-102': {'start': '100s'},
            've-103': {'start': '100s'},
            've-104': {'start': '100s'},
            've-105': {'start': '100s'},
            've-106': {'start': '100s'},
        },
    )
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'ok' or row['numbers']['longest'] == 200 > row['numbers']['timeout'] == 180
    _result, scenarios = rehearse(up=False, scenarios=['lose n1'], times={'start': '200s'})
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'broken' and (row['numbers']['start'], row['numbers']['timeout']) == (200, 180)


def test_a_start_that_may_have_to_wait(rehearse):
    _result, scenarios = rehearse(many(12), scenarios=['lose n1'], times={'start': '100s'})
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'warning' and (
        row['numbers']['start'],
        row['numbers']['longest'],
        row['numbers']['timeout'],
    ) == (100, 200, 180)


def test_a_stop_that_is_too_slow(rehearse):
    _result, scenarios = rehearse(many(3), scenarios=['drain n1'], times={'stop': '160s'})
    row = verdict(scenarios['drain n1'], 'stop-timeout')
    assert row['level'] == 'broken' and (row['numbers']['stop'], row['numbers']['timeout']) == (160, 150)


def test_wishes_that_hold(rehearse):
    result, scenarios = rehearse(
        many(12),
        scenarios=['lose n1', 'drain n1'],
        **{'assert': {'peak_per_node': 2, 'peak_total': 4, 'recovery': '2min'}},
    )
    assert result['broken'] == [] and result['advice'] is None
    assert result['wishes'] == {'peak_per_node': 2, 'peak_total': 4, 'recovery': 120}
    asserted = [(row['rule'], row['level']) for row in scenarios['lose n1']['verdicts'] if row['asserted']]
    assert asserted == [('peak', 'ok'), ('peak-total', 'ok'), ('recovery', 'ok')]
    rehearsal.refuse_broken(result)


def test_wishes_that_do_not_and_what_would_help(rehearse):
    result, _scenarios = rehearse(many(24), scenarios=['lose n1'], **{'assert': {'recovery': '100s'}})
    # four VEs land on each: two rounds of 60 s with a limit of 2, one with 4
    assert result['broken'] == [
        'lose n1: the last VE (%s) is up after 2 min 35 s; asked for 100 s'
        % result['broken'][0].split('(')[1].split(')')[0]
    ]
    current, *rows = result['advice']
    assert (current['starts_per_node'], current['peak'], current['recovery'], current['current']) == (2, 2, 155.2, True)
    assert [row['starts_per_node'] for row in rows] == [1] + list(range(3, 17))
    best = [row for row in rows if row['recommended']]
    assert [
        (row['starts_per_node'], row['batch_limit'], row['recovery'], row['peak'], row['longest_wait']) for row in best
    ] == [(4, 0, 95, 4, 0)]
    assert [row['satisfies'] for row in rows] == [row['starts_per_node'] >= 4 for row in rows]
    assert rows[0]['recovery'] == 275.6 and rows[0]['longest_wait'] == pytest.approx(180.6)
    with pytest.raises(Error, match='With node-action-limit 4 and batch-limit 0') as error:
        rehearsal.refuse_broken(result)
    assert error.value.details['scenarios'] == result['scenarios']


def test_the_advice_is_what_the_change_does(rehearse):
    result, scenarios = rehearse(many(24), scenarios=['lose n1', 'boot'], advice=True)
    for row in (result['advice'][0], result['advice'][3]):

        def limit(root):
            attributes.set_property(root, 'node-action-limit', str(row['starts_per_node']))
            for pair in root.iter('nvpair'):
                if pair.get('name') == 'start_slots':
                    pair.set('value', str(row['starts_per_node']))

        _result, changed = rehearse(up=False, change=limit, scenarios=['lose n1', 'boot'])
        assert row['recovery'] == changed['lose n1']['last_up']
        assert row['peak'] == max(max(scenario['peak']['per_node'].values()) for scenario in changed.values())
        assert row['longest_wait'] == max(scenario['longest_wait'] for scenario in changed.values())


def test_no_limit_helps(rehearse):
    result, _scenarios = rehearse(many(6), scenarios=['lose n1'], **{'assert': {'recovery': '10s'}})
    assert not any(row['recommended'] for row in result['advice'])
    with pytest.raises(Error, match='No node-action-limit from 1 to 16'):
        rehearsal.refuse_broken(result)


def test_batch_limit_in_the_advice(rehearse):
    result, scenarios = rehearse(
        many(12),
        scenarios=['lose n1'],
        advice=True,
        change=lambda root: attributes.set_property(root, 'batch-limit', '1'),
        **{'assert': {'recovery': '2min'}},
    )
    assert scenarios['lose n1']['peak']['total'] == 1 and result['batch_limit'] == 1
    (best,) = [row for row in result['advice'] if row['recommended']]
    assert (best['starts_per_node'], best['batch_limit'], best['recovery']) == (2, 0, 95)


def test_the_limit_of_a_node_of_its_own(rehearse):
    result, scenarios = rehearse(many(12), scenarios=['lose n1'], limits={'n2': 1})
    assert result['limits'] == {'n1': 2, 'n2': 1, 'n3': 2} and scenarios['lose n1']['peak']['per_node'] == {
        'n1': 0,
        'n2': 1,
        'n3': 2,
    }


def test_no_limit_is_two_for_each_core(rehearse):
    def without(root):
        attributes.remove_property(root, 'node-action-limit')

    result, _scenarios = rehearse(many(3), {'starts_per_node': 0}, scenarios=['lose n1'], cores=3, change=without)
    assert result['limits'] == {'n1': 6, 'n2': 6, 'n3': 6} and verdict(result, 'no-limit')['numbers']['limit'] == 6
    assert any('3 cores' in text for text in result['assumptions'])


def test_priorities_that_fight(rehearse):
    result, _scenarios = rehearse(
        [{'id': 101, 'start_order': 90}, {'id': 102, 'start_order': 10, 'after': ['ve-101']}], scenarios=['lose n1']
    )
    row = verdict(result, 'priority')
    assert row['level'] == 'warning' and (row['numbers']['first'], row['numbers']['then']) == ('ve-101', 've-102')


def test_priorities_above_those_of_others(rehearse):
    result, _scenarios = rehearse(many(2), None, ADDRESS, scenarios=['lose n1'])
    assert verdict(result, 'priority')['level'] == 'ok'
    result, _scenarios = rehearse(
        up=False, scenarios=['lose n1'], change=lambda root: meta(root, 've-101', 'priority', '10')
    )
    assert verdict(result, 'priority')['numbers']['others'] == ['address']


def test_one_boot_that_holds_up_fencing(rehearse):
    result, _scenarios = rehearse(many(3), scenarios=['lose n1'], durations={'ve-102': {'start': '170s'}})
    row = verdict(result, 'fencing-held-up')
    assert row['level'] == 'warning' and (
        row['numbers']['ve'],
        row['numbers']['start'],
        row['numbers']['next'],
        row['numbers']['timeout'],
    ) == ('ve-102', 170, 60, 180)
    result, _scenarios = rehearse(up=False, scenarios=['lose n1'])
    assert verdict(result, 'fencing-held-up')['level'] == 'ok'


def test_maintenance_mode(rehearse):
    result, scenarios = rehearse(
        many(3), scenarios=['lose n1'], change=lambda root: attributes.set_property(root, 'maintenance-mode', 'true')
    )
    assert verdict(result, 'maintenance')['level'] == 'warning' and not starts(scenarios['lose n1'])


# Durations


def test_where_durations_come_from(rehearse, cluster):
    ves = [{'id': 1, 'boot_time': '5min'}, {'id': 2}, {'id': 3}, {'id': 4, 'boot_time': '70s'}, {'id': 5}]
    rehearse(ves, ask=False)
    root = ET.fromstring(cluster.text())
    for entry in root.iter('lrm_rsc_op'):
        if entry.get('id') == 've-2_last_0' and entry.get('operation') == 'start':
            entry.set('exec-time', '12500')
        if entry.get('id') == 've-2_monitor_10000':
            entry.set('exec-time', '340')
    result = rehearsal.rehearse(
        cluster.run,
        root,
        {'scenarios': ['lose n1'], 'durations': {'ve-3': {'start': '33s', 'stop': '7s', 'monitor': '2s'}}},
    )
    rows = result['durations']
    assert (rows['ve-1']['start'], rows['ve-1']['from']) == (300, 'timeout')
    assert (rows['ve-2']['start'], rows['ve-2']['from'], rows['ve-2']['monitor']) == (12.5, 'history', 0.34)
    assert rows['ve-3'] == {'start': 33, 'stop': 7, 'monitor': 2, 'from': 'given', 'stop_from': 'given'}
    assert (rows['ve-4']['start'], rows['ve-4']['from'], rows['ve-4']['stop_from']) == (60, 'default', 'default'), (
        '180 s is the agent\'s own'
    )
    assert any('ve-4, ve-5 takes 60 s' in text for text in result['assumptions'])
    declared = validate.read(ves, {'boot_time': '40s', 'settle': '5s'})
    rows = rehearsal.rehearse(cluster.run, root, {'scenarios': ['lose n1']}, declared)['durations']
    assert [(rows[name]['start'], rows[name]['from']) for name in ('ve-1', 've-2', 've-3', 've-4')] == [
        (305, 'boot_time'),
        (12.5, 'history'),
        (45, 'boot_time'),
        (75, 'boot_time'),
    ]


# Bad input


@pytest.mark.parametrize(
    'arguments,says',
    [
        (
            {'scenarios': ['loose n1']},
            "scenarios: 'loose n1': there is no such scenario; there are boot, lose, drain, return, join",
        ),
        ({'scenarios': ['lose n9']}, "scenarios: 'lose n9': n9: the cluster has no such node; it has n1, n2, n3"),
        ({'scenarios': ['boot n1']}, 'a boot is of all nodes'),
        ({'scenarios': ['lose n1 n1']}, 'a node is there twice'),
        ({'scenarios': ['']}, 'there is no such scenario'),
        ({'limits': {'n9': 2}}, 'limits.n9: the cluster has no such node'),
        ({'limits': {'n1': 'many'}}, "limits.n1: 'many' is no number"),
        ({'cores': 0}, 'cores: 0 is no number'),
        ({'times': {'fence': 'soon'}}, "times.fence: 'soon' is no time; write 90"),
        ({'durations': {'ve-9': {'start': '1s'}}}, 'durations.ve-9: the cluster has no such resource'),
        ({'durations': {'fence': {'begin': '1s'}}}, 'durations.fence: give some of start, stop, monitor'),
        ({'assert': {'peak_per_node': 0}}, 'assert.peak_per_node: 0 is out of range'),
        ({'assert': {'recovery': '1min'}, 'scenarios': ['boot']}, 'none of the scenarios loses a node'),
        ({'probe_rc': [7]}, 'probe_rc: 7 is no failure'),
    ],
)
def test_mistakes_in_the_arguments(rehearse, cluster, arguments, says):
    rehearse(many(1), up=False, ask=False)
    with pytest.raises(InputError) as error:
        rehearsal.rehearse(cluster.run, ET.fromstring(cluster.text()), arguments)
    assert says in error.value.msg


def test_all_mistakes_come_at_once(rehearse, cluster):
    with pytest.raises(InputError) as error:
        rehearsal.rehearse(
            cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['x', 'lose n8'], 'times': {'stop': '-'}}
        )
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    'text,says',
    [
        ('', 'is empty; write it with "cibadmin --query > FILE"'),
        ('  \n', 'is empty'),
        ('no CIB', 'is no complete XML'),
        ('<cib><configuration><crm_config>', 'is no complete XML'),
        ('<config/>', 'is no CIB: its root is <config>'),
        ('<cib/>', 'is no CIB: its root is <cib> without <configuration>'),
        (b'\xff\xfe\x00', 'cannot be read'),
    ],
)
def test_files_that_are_no_cib(tmp_path, text, says):
    path = tmp_path / 'file'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CibError) as error:
        tree.read_file(str(path))
    assert says in error.value.msg and str(path) in error.value.msg
    with pytest.raises(CibError, match='cannot be read'):
        tree.read_file(str(tmp_path / 'none'))


def test_a_newer_pacemaker(rehearse, cluster):
    rehearse(many(3), ask=False)
    root = ET.fromstring(cluster.text())
    root.set('crm_feature_set', '3.99.0')
    result = rehearsal.rehearse(cluster.run, root, {'scenarios': ['lose n1']})
    assert result['feature_set'] == '3.99.0' and any(
        'newer Pacemaker (feature set 3.99.0)' in text for text in result['assumptions']
    )
    root.set('validate-with', 'pacemaker-99.0')
    with pytest.raises(CibError, match='newer Pacemaker .schema pacemaker-99.0.'):
        rehearsal.rehearse(cluster.run, root, {'scenarios': ['lose n1']})


def test_a_cib_that_the_scheduler_refuses(rehearse, cluster):
    root = ET.fromstring(cluster.text())
    root.find('configuration/resources').append(ET.fromstring('<primitive id="x"/>'))
    with pytest.raises(Error, match='crm_simulate --run failed'):
        rehearsal.rehearse(cluster.run, root, {'scenarios': ['boot']})


def test_a_cluster_without_nodes_or_ves(rehearse, cluster):
    result, scenarios = rehearse(scenarios=['boot', 'lose n1'])
    assert not starts(scenarios['boot']) and scenarios['boot']['last_up'] is None and result['durations'] == {}
    root = ET.fromstring(cluster.text())
    for node in list(root.find('configuration/nodes')):
        root.find('configuration/nodes').remove(node)
    with pytest.raises(InputError, match='it has none'):
        rehearsal.rehearse(cluster.run, root, {'scenarios': ['lose']})


# ve_resources


def test_a_change_is_rehearsed_before_it_is_made(cluster):
    with_dc(cluster)
    wish = {'scenarios': ['lose n1'], 'assert': {'recovery': '100s'}}
    text = cluster.text()
    with pytest.raises(
        Error, match='After this change what was asserted would not hold, so nothing was changed:\n- lose n1'
    ) as error:
        declare(cluster, many(24), rehearse=wish)
    assert cluster.text() == text and error.value.details['rehearsal']['advice']
    assert not any(
        'actions' in scenario for scenario in error.value.details['rehearsal']['scenarios']
    )  # Ansible prints all of it
    result = declare(cluster, many(24), {'starts_per_node': 4}, rehearse=wish)
    assert result['changed'] and cluster.text() != text and result['rehearsal']['scenarios'][0]['last_up'] == 95
    again = declare(cluster, many(24), {'starts_per_node': 4}, rehearse=wish)
    assert not again['changed'] and again['rehearsal'] is None


def test_check_mode_rehearses_too(cluster):
    with_dc(cluster)
    with pytest.raises(Error, match='would not hold'):
        declare(cluster, many(24), check=True, rehearse={'scenarios': ['lose n1'], 'assert': {'recovery': '100s'}})


# As Ansible runs it


@pytest.fixture
def module(run_module, cluster, rehearse):
    rehearse(many(12), ask=False)
    return lambda **arguments: run_module('ve_rehearsal', cluster.env, **arguments)[0]


def documented(name):
    found = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.%s' % name)
    return found, yaml.safe_load(found.DOCUMENTATION)['options']


def test_the_module(module, cluster, tmp_path):
    text = cluster.text()
    result = module(scenarios=['lose n1'])
    assert not result['changed'] and cluster.text() == text and result['scenarios'][0]['last_up'] == 95
    assert set(re.findall(r'\w+', ' '.join(command.split()[0] for command in result['commands']))) == {
        'cibadmin',
        'crm_simulate',
    }
    assert not any(word in ' '.join(result['commands']) for word in ('--patch', '--replace', '--live', '--simulate'))
    elsewhere = tmp_path / 'elsewhere.xml'
    elsewhere.write_text(text)
    cluster.env.pop('CIB_file')
    assert module(cib=str(elsewhere), scenarios=['lose n1'])['scenarios'] == result['scenarios']
    broken = module(cib=str(elsewhere), scenarios=['lose n1'], **{'assert': {'peak_per_node': 1}})
    assert (
        broken['failed']
        and broken['broken']
        and broken['scenarios']
        and broken['advice']
        and broken['broken'][0] in broken['msg']
    )
    bad = module(cib=str(tmp_path / 'none'))
    assert bad['failed'] and 'cannot be read' in bad['msg']


def test_the_documentation_says_what_is_taken_and_returned(module):
    found, options = documented('ve_rehearsal')
    for shown in (options, documented('ve_resources')[1]['rehearse']['suboptions']):
        assert set(rehearsal.FIELDS) <= set(shown)
        for name, spec in rehearsal.FIELDS.items():
            for key in ('type', 'default', 'elements'):
                assert shown[name].get(key) == spec.get(key), (name, key)
            if 'options' in spec:
                assert {
                    key: {field: value for field, value in row.items() if field != 'description'}
                    for key, row in shown[name]['suboptions'].items()
                } == spec['options']
    returned = yaml.safe_load(found.RETURN)
    result = module(scenarios=['lose n1', 'drain n2'], advice=True)
    assert set(result) - {'changed', 'invocation'} == {
        name for name, value in returned.items() if not value['returned'].startswith('when')
    }
    scenario = returned['scenarios']
    for row in result['scenarios'] + scenario['sample']:
        assert set(row) == set(scenario['contains'])
        assert all(set(action) == set(scenario['contains']['actions']['contains']) for action in row['actions'])
        assert all(set(one) == set(scenario['contains']['verdicts']['contains']) for one in row['verdicts'])
    assert all(
        set(row) == set(returned['advice']['contains']) for row in result['advice'] + returned['advice']['sample']
    )
    assert all(
        set(row) == set(returned['durations']['contains'])
        for row in list(result['durations'].values()) + list(returned['durations']['sample'].values())
    )
    for task in yaml.safe_load(found.EXAMPLES):
        assert set(task['openve.pacemaker.ve_rehearsal'] or {}) <= set(options)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of the real scheduler, replayed; and what is written into the CIB afterwards against what crm_simulate itself writes."""

from __future__ import annotations

import copy
import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Wanted, edit
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import transition
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.transition import Graph, Limits

from declarations import GROUP, STORAGE
from happenings import with_dc

VERSION = (2, 1, 5)


@pytest.fixture
def world(cluster):
    """The tree of a cluster with fencing, and a runner of the tools: world.declare(), world.settle(), world.graph()."""
    with_dc(cluster)

    class World:
        runner = staticmethod(cluster.run)
        root = ET.fromstring(cluster.text())

        def declare(self, ves, policy=None, *others):
            for other in others:
                self.root.find('configuration/resources').append(ET.fromstring(other))
            edit(self.root, Wanted(validate.read(ves, policy)))

        def property(self, name, value):
            attributes.set_property(self.root, name, value)

        def graph(self):
            return transition.ask(self.runner, self.root).graph

        def play(self, **limits):
            done = transition.replay(self.graph(), 0, Limits(limits), seconds)
            transition.apply(self.root, done, time.time(), transition.Digests(self.root, VERSION))
            return done

        def settle(self):
            for _round in range(5):
                if not self.play():
                    return
            raise AssertionError('it does not settle')

        def where(self):
            return {
                name: nodes
                for name, (role, nodes) in transition.ask(self.runner, self.root).where.items()
                if role == 'Started'
            }

        def fail(self, node):
            self.root.find('status/node_state[@uname="%s"]' % node).attrib.update(in_ccm='false')

    return World()


def seconds(action):
    if action.fencing:
        return 30
    return (
        {'start': 60, 'stop': 20, 'monitor': 0.2}.get(action.operation, 1)
        if action.agent.get('type') == 'ManageVE'
        else 0.2
    )


def begun(done, operation='start'):
    return sorted(
        (action.begin, action.resource)
        for action in done
        if action.operation == operation and action.agent.get('type') == 'ManageVE'
    )


def most(done, node):
    """The most operations at once on a node."""
    marks = sorted(
        [(action.begin, 1) for action in done if node in action.places and action.end > action.begin]
        + [(action.end, -1) for action in done if node in action.places and action.end > action.begin]
    )
    running = peak = 0
    for _when, change in marks:
        running += change
        peak = max(peak, running)
    return peak


def test_limits_hold_and_are_used_up(world):
    world.declare([{'id': number} for number in range(1, 13)])
    world.settle()
    world.fail('n1')
    done = transition.replay(world.graph(), 0, Limits({'n2': 1, 'n3': 2}), seconds)
    assert most(done, 'n2') == 1 and most(done, 'n3') == 2
    fenced = [action for action in done if action.fencing]
    assert [(action.node, action.begin, action.end) for action in fenced] == [('n1', 0, 30)]
    assert begun(done)[0][0] == 30, 'starts wait for the fencing'
    # two after another on n2, two at once on n3
    assert [round(when, 1) for when, _name in begun(done)] == [30, 30, 30, 90.2]


def test_priority_decides_who_waits(world):
    world.declare([{'id': number, 'start_order': 50 - number} for number in range(1, 7)])
    done = world.play(n1=1, n2=1, n3=1)
    last_first = [name for _when, name in begun(done)]
    assert set(last_first[:3]) == {'ve-6', 've-5', 've-4'}


def test_half_the_limit_until_it_is_announced(world):
    world.declare([{'id': number} for number in range(1, 13)])
    world.settle()
    world.fail('n1')
    done = transition.replay(world.graph(), 0, Limits({'n2': 2, 'n3': 1}, {'n2': 45, 'n3': 45}), seconds)
    starts = [
        (action.node, round(action.begin, 1))
        for action in done
        if action.operation == 'start' and action.agent['class'] == 'ocf'
    ]
    assert sorted(starts) == [('n2', 30), ('n2', 45), ('n3', 30), ('n3', 90.2)], 'a limit of 1 stays 1'


def test_batch_limit_is_of_the_cluster(world):
    world.declare([{'id': number} for number in range(1, 7)])
    world.property('batch-limit', '2')
    graph = world.graph()
    assert graph.batch_limit == 2
    done = transition.replay(graph, 0, Limits({}), seconds)
    marks = sorted(
        [(action.begin, 1) for action in done if action.end > action.begin]
        + [(action.end, -1) for action in done if action.end > action.begin]
    )
    running, peak = 0, 0
    for _when, change in marks:
        running += change
        peak = max(peak, running)
    assert peak == 2
    last = max(action.end for action in done)
    free = transition.replay(graph, 0, Limits({}, batch=0), seconds)
    assert max(action.end for action in free) < last / 2


def test_migration_limit(world):
    world.declare(
        [{'id': number, 'meta': {'allow-migrate': True}, 'prefer': ['n1']} for number in range(1, 5)],
        {'starts_per_node': 8},
    )
    world.settle()
    world.root.find('configuration/nodes/node').append(
        ET.fromstring('<instance_attributes id="s"><nvpair id="sb" name="standby" value="on"/></instance_attributes>')
    )
    graph = world.graph()
    assert {action.operation for action in graph.actions} >= {'migrate_to', 'migrate_from'}
    done = transition.replay(graph, 0, Limits({}), seconds)
    assert len({action.begin for action in done if action.operation == 'migrate_to'}) == 1
    graph.migration_limit = 1
    done = transition.replay(graph, 0, Limits({}), seconds)
    assert len({action.begin for action in done if action.operation == 'migrate_to'}) == 4, 'one after another'
    transition.apply(world.root, done, time.time(), transition.Digests(world.root, VERSION))
    assert all(nodes != ['n1'] for nodes in world.where().values())
    world.settle()


def test_the_gate_of_the_agent(world):
    world.declare([{'id': number, 'prefer': ['n1']} for number in range(1, 6)])
    done = transition.replay(
        world.graph(),
        0,
        Limits({}),
        seconds,
        lambda action: 2 if action.operation == 'start' and action.agent['class'] == 'ocf' else 0,
    )
    starts = sorted(
        (action.waited, action.end - action.begin)
        for action in done
        if action.operation == 'start' and action.resource.startswith('ve-')
    )
    assert [(round(waited), round(length)) for waited, length in starts] == [
        (0, 60),
        (0, 60),
        (60, 120),
        (60, 120),
        (120, 180),
    ]


def test_after_a_failure_nothing_new_begins(world):
    world.declare([{'id': number} for number in range(1, 7)])

    def answer(action):
        return 1 if action.probe and action.resource == 've-1' and action.node == 'n2' else action.target_rc

    done = transition.replay(world.graph(), 0, Limits(dict.fromkeys(('n1', 'n2', 'n3'), 1)), seconds, answer=answer)
    failed = next(action for action in done if action.rc == 1)
    assert all(action.begin <= failed.end for action in done if action.kind == 'rsc_op') and not begun(done, 'stop')
    transition.apply(world.root, done, time.time(), transition.Digests(world.root, VERSION))
    following = world.graph().actions
    assert ('stop', 've-1', 'n2') in {(action.operation, action.resource, action.node) for action in following}, (
        'it may run there in half'
    )


# What is written

NASTY = ['a "b" <c> & \'d\'', 'grüße aus "Köln"', 'x \'é"ö\' < \\n']
DUMMY = (
    '<primitive id="dummy" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="dummy-i">'
    '<nvpair id="dummy-f" name="fake" value="tab&#9;and&#10;two &quot;lines&quot;"/></instance_attributes></primitive>'
)


def test_nothing_is_left_to_do_whatever_the_parameters(world):
    world.declare(
        [{'id': number, 'monitor': {'command': text}} for number, text in enumerate(NASTY, 1)]
        + [{'id': 50, 'needs': ['fs-clone']}],
        None,
        STORAGE,
        GROUP,
        DUMMY,
    )
    world.settle()
    running = world.where()
    assert len([name for name in running if name.startswith('ve-')]) == 4 and running['server']
    world.fail('n1')
    world.settle()
    assert all('n1' not in nodes for nodes in world.where().values())


@pytest.mark.parametrize('scenario', ['boot', 'lose', 'standby'])
def test_the_history_is_what_crm_simulate_writes(world, cluster, scenario):
    world.declare(
        [{'id': number, 'monitor': {'command': text}} for number, text in enumerate(NASTY, 1)]
        + [{'id': 50, 'needs': ['fs-clone']}],
        None,
        STORAGE,
        GROUP,
        DUMMY,
    )
    if scenario != 'boot':
        world.settle()
    if scenario == 'lose':
        world.fail('n1')
    if scenario == 'standby':
        world.root.find('configuration/nodes/node').append(
            ET.fromstring(
                '<instance_attributes id="s"><nvpair id="sb" name="standby" value="on"/></instance_attributes>'
            )
        )
    cluster.path.write_text(ET.tostring(world.root, encoding='unicode'))
    cluster.settle()
    theirs = history(ET.fromstring(cluster.text()))
    world.play()
    ours = history(world.root)
    assert ours == theirs and len(ours) > 10


def history(root):
    """{(node, id of the entry): what the scheduler goes by}"""
    return {
        (state.get('uname'), entry.get('id')): tuple(
            entry.get(name) for name in ('operation', 'rc-code', 'op-status', 'interval', 'operation_key', 'op-digest')
        )
        for state in root.findall('status/node_state')
        for entry in state.iter('lrm_rsc_op')
    }


def test_fencing_off_and_on_again_forgets_the_node(world):
    world.declare([{'id': number} for number in range(1, 4)])
    world.settle()
    world.fail('n1')
    world.play()
    state = world.root.find('status/node_state[@uname="n1"]')
    assert state.find('lrm') is None and (state.get('in_ccm'), state.get('crmd'), state.get('expected')) == (
        'false',
        'offline',
        'down',
    )


# Against figures from elsewhere: 3 nodes x 40 VEs, start 60 s, fencing 30 s (table in docs/rehearsal.md)


@pytest.mark.parametrize('limit,last', [(1, 1234), (2, 632), (4, 331), (8, 210), (None, 90)])
def test_one_of_three_nodes_with_40_ves_each_fails(world, limit, last):
    world.declare([{'id': 1000 + number} for number in range(120)])
    world.settle()
    world.fail('n1')
    done = transition.replay(world.graph(), 0, Limits({'n2': limit, 'n3': limit}), seconds)
    here = max(action.end for action in done if action.operation == 'start')
    print('limit %s, one node fails: %s there, %.1f s here' % (limit, last, here))
    assert here == pytest.approx(last, abs=1)
    assert max(most(done, node) for node in ('n2', 'n3')) == (limit or 20)


@pytest.mark.parametrize('limit,last', [(1, 2504), (2, 1282), (4, 670), (8, 364)])
def test_three_nodes_with_40_ves_each_boot(world, limit, last):
    world.declare([{'id': 1000 + number} for number in range(120)])
    # how long a probe took there was not written down
    done = transition.replay(
        world.graph(),
        0,
        Limits(dict.fromkeys(('n1', 'n2', 'n3'), limit)),
        lambda action: 0.5 if action.probe else seconds(action),
    )
    here = max(action.end for action in done if action.operation == 'start')
    print('limit %s, boot: %s there, %.1f s here' % (limit, last, here))
    assert here == pytest.approx(last, rel=0.015)


def test_a_replay_changes_nothing_of_the_graph(world):
    world.declare([{'id': number} for number in range(1, 7)])
    graph = world.graph()
    text = ET.tostring(world.root)

    def ends(limit):
        return sorted(
            (action.resource or '', action.operation, action.node or '', action.end)
            for action in transition.replay(graph, 0, Limits({'n1': limit, 'n2': limit, 'n3': limit}), seconds)
        )

    first = ends(1)
    assert ends(2) != first and ends(1) == first and ET.tostring(world.root) == text


def test_what_a_graph_says():
    root = ET.fromstring(
        '<transition_graph batch-limit="-1" migration-limit="3"><synapse id="0" priority="5"><action_set>'
        '<rsc_op id="1" operation="start" on_node="r1" router_node="n1"><primitive id="a" long-id="a:0" class="ocf" type="x"/>'
        '<attributes CRM_meta_timeout="2000"/></rsc_op></action_set><inputs><trigger><pseudo_event id="9"/></trigger>'
        '</inputs></synapse></transition_graph>'
    )
    graph = Graph(copy.deepcopy(root))
    (action,) = graph.actions
    assert (graph.batch_limit, graph.migration_limit, graph.synapses[0].priority, graph.synapses[0].inputs) == (
        0,
        3,
        5,
        ['9'],
    )
    assert (action.resource, action.recorded, action.places, action.timeout, action.target_rc) == (
        'a:0',
        'a',
        ('n1',),
        2.0,
        0,
    )

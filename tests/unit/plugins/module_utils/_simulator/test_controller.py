# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of the real scheduler, replayed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Limits, replay

from simulated import seconds


def begun(done, operation='start'):
    return sorted(
        (one.begin, one.action.resource)
        for one in done
        if one.action.operation == operation and one.action.agent.get('type') == 'ManageVE'
    )


def most(done, node):
    """The most operations at once on a node."""
    marks = sorted(
        [(one.begin, 1) for one in done if node in one.action.places and one.end > one.begin]
        + [(one.end, -1) for one in done if node in one.action.places and one.end > one.begin]
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
    done = replay(world.graph(), 0, Limits({'n2': 1, 'n3': 2}), seconds)
    assert most(done, 'n2') == 1 and most(done, 'n3') == 2
    fenced = [one for one in done if one.action.fencing]
    assert [(one.action.node, one.begin, one.end) for one in fenced] == [('n1', 0, 30)]
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
    done = replay(world.graph(), 0, Limits({'n2': 2, 'n3': 1}, {'n2': 45, 'n3': 45}), seconds)
    starts = [
        (one.action.node, round(one.begin, 1))
        for one in done
        if one.action.operation == 'start' and one.action.agent['class'] == 'ocf'
    ]
    assert sorted(starts) == [('n2', 30), ('n2', 45), ('n3', 30), ('n3', 90.2)], 'a limit of 1 stays 1'


def test_batch_limit_is_of_the_cluster(world):
    world.declare([{'id': number} for number in range(1, 7)])
    world.property('batch-limit', '2')
    graph = world.graph()
    assert graph.batch_limit == 2
    done = replay(graph, 0, Limits({}), seconds)
    marks = sorted(
        [(one.begin, 1) for one in done if one.end > one.begin] + [(one.end, -1) for one in done if one.end > one.begin]
    )
    running, peak = 0, 0
    for _when, change in marks:
        running += change
        peak = max(peak, running)
    assert peak == 2
    last = max(one.end for one in done)
    free = replay(graph, 0, Limits({}, batch=0), seconds)
    assert max(one.end for one in free) < last / 2


def test_migration_limit(world):
    world.declare(
        [{'id': number, 'meta': {'allow-migrate': True}, 'prefer': ['n1']} for number in range(1, 5)],
        {'starts_per_node': 8},
    )
    world.settle()
    world.standby()
    graph = world.graph()
    assert {action.operation for action in graph.actions} >= {'migrate_to', 'migrate_from'}
    done = replay(graph, 0, Limits({}), seconds)
    assert len({one.begin for one in done if one.action.operation == 'migrate_to'}) == 1
    done = replay(replace(graph, migration_limit=1), 0, Limits({}), seconds)
    assert len({one.begin for one in done if one.action.operation == 'migrate_to'}) == 4, 'one after another'
    world.write(done)
    assert all(nodes != ['n1'] for nodes in world.where().values())
    world.settle()


def test_the_gate_of_the_agent(world):
    world.declare([{'id': number, 'prefer': ['n1']} for number in range(1, 6)])
    done = replay(
        world.graph(),
        0,
        Limits({}),
        seconds,
        lambda action: 2 if action.operation == 'start' and action.agent['class'] == 'ocf' else 0,
    )
    starts = sorted(
        (one.waited, one.end - one.begin)
        for one in done
        if one.action.operation == 'start' and one.action.resource.startswith('ve-')
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

    done = replay(world.graph(), 0, Limits(dict.fromkeys(('n1', 'n2', 'n3'), 1)), seconds, answer=answer)
    failed = next(one for one in done if one.rc == 1)
    assert all(one.begin <= failed.end for one in done if one.action.kind == 'rsc_op') and not begun(done, 'stop')
    world.write(done)
    following = world.graph().actions
    assert ('stop', 've-1', 'n2') in {(action.operation, action.resource, action.node) for action in following}, (
        'it may run there in half'
    )


# Against figures from elsewhere: 3 nodes x 40 VEs, start 60 s, fencing 30 s (table in docs/rehearsal.md)


@pytest.mark.parametrize('limit,last', [(1, 1234), (2, 632), (4, 331), (8, 210), (None, 90)])
def test_one_of_three_nodes_with_40_ves_each_fails(world, limit, last):
    world.declare([{'id': 1000 + number} for number in range(120)])
    world.settle()
    world.fail('n1')
    done = replay(world.graph(), 0, Limits({'n2': limit, 'n3': limit}), seconds)
    here = max(one.end for one in done if one.action.operation == 'start')
    print('limit %s, one node fails: %s there, %.1f s here' % (limit, last, here))
    assert here == pytest.approx(last, abs=1)
    assert max(most(done, node) for node in ('n2', 'n3')) == (limit or 20)


@pytest.mark.parametrize('limit,last', [(1, 2504), (2, 1282), (4, 670), (8, 364)])
def test_three_nodes_with_40_ves_each_boot(world, limit, last):
    world.declare([{'id': 1000 + number} for number in range(120)])
    # how long a probe took there was not written down
    done = replay(
        world.graph(),
        0,
        Limits(dict.fromkeys(('n1', 'n2', 'n3'), limit)),
        lambda action: 0.5 if action.probe else seconds(action),
    )
    here = max(one.end for one in done if one.action.operation == 'start')
    print('limit %s, boot: %s there, %.1f s here' % (limit, last, here))
    assert here == pytest.approx(last, rel=0.015)


def test_a_replay_changes_nothing_of_the_graph(world):
    world.declare([{'id': number} for number in range(1, 7)])
    graph = world.graph()
    text = ET.tostring(world.root)

    def ends(limit):
        return sorted(
            (one.action.resource or '', one.action.operation, one.action.node or '', one.end)
            for one in replay(graph, 0, Limits({'n1': limit, 'n2': limit, 'n3': limit}), seconds)
        )

    first = ends(1)
    assert ends(2) != first and ends(1) == first and ET.tostring(world.root) == text

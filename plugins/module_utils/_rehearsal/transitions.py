# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transition after transition on a CIB, until nothing is left to do; and the same transitions again under other limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes, steps
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.steps import StartKey, Step
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import controller, outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import graph as graphs
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Done, Limits
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.digests import Digests
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import Action, Graph

# More transitions in a row do not end by themselves.
ROUNDS = 12

Where = Dict[str, Tuple[Optional[str], List[str]]]  # {resource: (role, [nodes])}


@dataclass(frozen=True)
class Event:
    """What a CIB goes through.

    ``begin``: seconds from the event until the cluster acts. ``halved``: {node: until when it has half its limit}.
    ``probes``: (node, what the probes of VEs answer there).
    """

    begin: float = 0.0
    halved: Mapping[str, float] = field(default_factory=dict)
    probes: tuple[str, int] | None = None


@dataclass(frozen=True)
class Played:
    """What became of a CIB. ``where``, ``root``: at the end. ``free``: when its starts would begin without any limits."""

    event: Event
    graphs: list[Graph]
    steps: list[Step]
    free: dict[StartKey, float]
    before: Where
    where: Where
    root: Element
    settled: bool


def play(setup: Setup, root: Element, before: Where, event: Event) -> Played:
    """``root`` is changed. ``before``: where resources ran when the event happened."""
    cluster, limits = setup.cluster, Limits(setup.limits.per_node, event.halved)
    digests = Digests(root, cluster.tools)
    played: list[Graph] = []
    transitions: list[list[Done]] = []
    now, where, settled = event.begin, before, False
    for _round in range(ROUNDS):
        wanted = scheduler.transition(setup.runner, root)
        graph, where = graphs.read(wanted.graph), wanted.where
        if graph.idle:
            settled = True
            break
        done = _replay(setup, graph, now, limits, event)
        played.append(graph)
        transitions.append(done)
        now = max([now] + [one.end for one in done])
        outcome.write(root, done, cluster.now, digests)
        if any(one.action.fencing for one in done):
            nodes.count_votes(root, cluster.nodes)
    free = steps.starts(_again(setup, played, event, Limits({}, batch=0), 0), cluster.ves)
    return Played(
        event=event,
        graphs=played,
        steps=steps.read(transitions, cluster.ves, free, setup.durations.boots_on),
        free=free,
        before=before,
        where=where,
        root=root,
        settled=settled,
    )


def again(setup: Setup, played: Played, limits: Limits, slots: int | None = None) -> list[Step]:
    """The steps of the same transitions under other limits, or with other durations. ``slots``: start slots, of the agents that
    have any; None: those that they have."""
    transitions = _again(setup, played.graphs, played.event, limits, slots)
    return steps.read(transitions, setup.cluster.ves, played.free, setup.durations.boots_on)


def _again(setup: Setup, played: Sequence[Graph], event: Event, limits: Limits, slots: int | None) -> list[list[Done]]:
    now, transitions = event.begin, []
    for graph in played:
        done = _replay(setup, graph, now, limits, event, slots)
        transitions.append(done)
        now = max([now] + [one.end for one in done])
    return transitions


def _replay(
    setup: Setup, graph: Graph, begin: float, limits: Limits, event: Event, slots: int | None = None
) -> list[Done]:
    """``slots``: None: those that the agents have."""
    ves = setup.cluster.ves

    def start_slots(action: Action) -> int:
        if action.operation != 'start' or action.recorded not in ves:
            return 0
        own = whole(action.parameters.get('start_slots'))
        return own if slots is None or not own else slots

    def answer(action: Action) -> int:
        if event.probes and action.probe and action.recorded in ves and action.node == event.probes[0]:
            return event.probes[1]
        return action.target_rc

    return controller.replay(graph, begin, limits, setup.durations.of, start_slots, answer)

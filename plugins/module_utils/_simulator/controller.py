# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When Pacemaker's controller would do what a transition graph asks for, under its limits.

    done = replay(graph, begin, limits, duration)

Times are seconds.
"""

from __future__ import annotations

import bisect
import heapq
from dataclasses import dataclass, field
from typing import Callable, Mapping, Tuple

from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import (
    INFINITY,
    MIGRATIONS,
    Action,
    Graph,
    Synapse,
)

# What decides whether a synapse finds room: the nodes whose limits it counts against, and whether it migrates.
Kind = Tuple[Tuple[str, ...], bool]
Ready = Tuple[int, Kind]  # a synapse that could be fired, by its number


@dataclass
class Done:
    """An action that was done: from when until when, and how long of that it waited inside the agent."""

    __slots__ = ('action', 'begin', 'waited', 'end', 'rc')
    action: Action
    begin: float
    waited: float
    end: float
    rc: int


@dataclass(frozen=True)
class Limits:
    """How much the controller lets run at once.

    ``per_node``: {node: operations}; None, or a node that is not in there, is no limit. ``halved``: {node: until when}:
    before it has announced its limit, 30 s after its controller started, a node counts as loaded, and gets half.
    ``batch``: in the cluster, 0 is no limit; None: as the graph says.
    """

    per_node: Mapping[str, int | None]
    halved: Mapping[str, float] = field(default_factory=dict)
    batch: int | None = None

    def at(self, node: str, now: float) -> int | None:
        limit = self.per_node.get(node)
        if limit is not None and now < self.halved.get(node, 0):
            return max(1, limit // 2)
        return limit


def as_expected(action: Action) -> int:
    return action.target_rc


def no_slots(_action: Action) -> int:
    return 0


def replay(
    graph: Graph,
    begin: float,
    limits: Limits,
    duration: Callable[[Action], float],
    slots: Callable[[Action], int] = no_slots,
    answer: Callable[[Action], int] = as_expected,
) -> list[Done]:
    """Go through the graph as the controller does; returns what was done, in the order of the ends.

    ``duration(action)``: its seconds. ``slots(action)``: how many such actions the agent lets run at once on a node, those
    behind wait inside it; 0 where it does not. ``answer(action)``: its return code. After one that is not the expected one
    nothing new begins, and the rest of the graph is left undone.

    The controller goes through the synapses in their order and fires what it may; whenever something ended it begins anew.
    """
    return _Replay(graph, begin, limits, duration, slots, answer).run()


class _Slots:
    """The start slots of the agents of one node."""

    def __init__(self) -> None:
        self.taken = 0
        self.waiting: list[tuple[int, Done]] = []


class _Replay:
    def __init__(
        self,
        graph: Graph,
        begin: float,
        limits: Limits,
        duration: Callable[[Action], float],
        slots: Callable[[Action], int],
        answer: Callable[[Action], int],
    ) -> None:
        self.graph, self.now = graph, begin
        self.limits, self.duration, self.slots, self.answer = limits, duration, slots, answer
        self.batch = graph.batch_limit if limits.batch is None else limits.batch
        self.jobs: dict[str, int] = {}
        self.migrations: dict[str, int] = {}
        self.pending = 0
        self.abort = 0  # only synapses of at least this priority are still fired
        self.running: list[tuple[float, int, Done]] = []  # heap of (end, number, done)
        self.count = 0
        self.agents: dict[str | None, _Slots] = {}
        self.done: list[Done] = []
        # {kind: numbers of the synapses that could be fired, sorted}: only for nodes with room need any be looked at
        self.ready: dict[Kind, list[int]] = {}
        self.left = [len(synapse.inputs) for synapse in graph.synapses]
        self.open = [len(synapse.actions) for synapse in graph.synapses]
        self.waiting: dict[str, list[Synapse]] = {}  # id of an action: synapses that it is an input of
        for synapse in graph.synapses:
            for ident in synapse.inputs:
                self.waiting.setdefault(ident, []).append(synapse)
            if not synapse.inputs:
                self._becomes_ready(synapse)

    def run(self) -> list[Done]:
        changes = sorted({until for until in self.limits.halved.values() if until > self.now})
        while True:
            while self._pass():  # until one of them fires nothing
                pass
            if not self.running:
                return self.done
            if changes and changes[0] < self.running[0][0]:
                self.now = changes.pop(0)  # a node announces its limit
                continue
            self.now = self.running[0][0]
            while self.running and self.running[0][0] <= self.now:
                self._ended(heapq.heappop(self.running)[2])

    def _becomes_ready(self, synapse: Synapse) -> Ready:
        places = tuple(sorted({place for action in synapse.actions for place in action.places}))
        kind = places, any(action.operation in MIGRATIONS for action in synapse.actions)
        bisect.insort(self.ready.setdefault(kind, []), synapse.number)
        return synapse.number, kind

    def _pass(self) -> int:
        """Go through the synapses once; returns how many were fired."""
        fired = 0
        heads = [(numbers[0], kind) for kind, numbers in self.ready.items() if numbers]
        heapq.heapify(heads)
        while heads:
            if self.batch and self.pending >= self.batch:
                break
            number, kind = heapq.heappop(heads)
            numbers, synapse = self.ready[kind], self.graph.synapses[number]
            place = bisect.bisect_left(numbers, number)
            if place == len(numbers) or numbers[place] != number or not self._room(kind):
                continue  # taken already; or nothing of this kind before something ends
            del numbers[place]
            if not self._aborted(synapse):
                fired += 1
                self.pending += 1
                for later in [ready for action in synapse.actions for ready in self._begins(action)]:
                    # What this made ready further down is still found in this pass, what is further up in the next.
                    if later[0] > number:
                        heapq.heappush(heads, later)
            if place < len(numbers):
                heapq.heappush(heads, (numbers[place], kind))
        return fired

    def _aborted(self, synapse: Synapse) -> bool:
        return synapse.priority < self.abort and any(action.kind != 'pseudo_event' for action in synapse.actions)

    def _room(self, kind: Kind) -> bool:
        places, migrates = kind
        for node in places:
            limit = self.limits.at(node, self.now)
            if limit is not None and self.jobs.get(node, 0) >= limit:
                return False
            if migrates and 0 < self.graph.migration_limit <= self.migrations.get(node, 0):
                return False
        return True

    def _begins(self, action: Action) -> list[Ready]:
        """Returns what this made ready: something where it is over at once."""
        done = Done(action, self.now, 0.0, self.now, action.target_rc)
        if action.kind == 'pseudo_event' or action.meta('op_no_wait') == 'true':
            return self._confirm(done)
        self._count(action, 1)
        slots = self.slots(action)
        if slots:
            agent = self.agents.setdefault(action.node, _Slots())
            if agent.taken >= slots:
                agent.waiting.append((slots, done))
                return []
            agent.taken += 1
        self._runs(done)
        return []

    def _runs(self, done: Done) -> None:
        done.waited = self.now - done.begin
        done.end = self.now + self.duration(done.action)
        self.count += 1
        heapq.heappush(self.running, (done.end, self.count, done))

    def _ended(self, done: Done) -> None:
        done.rc = self.answer(done.action)
        self._count(done.action, -1)
        if self.slots(done.action):
            agent = self.agents[done.action.node]
            agent.taken -= 1
            while agent.waiting and agent.taken < agent.waiting[0][0]:
                agent.taken += 1
                self._runs(agent.waiting.pop(0)[1])
        self._confirm(done)

    def _count(self, action: Action, change: int) -> None:
        for node in action.places:
            self.jobs[node] = self.jobs.get(node, 0) + change
            if action.operation in MIGRATIONS:
                self.migrations[node] = self.migrations.get(node, 0) + change

    def _confirm(self, done: Done) -> list[Ready]:
        """Returns what this made ready."""
        self.done.append(done)
        action = done.action
        synapse = self.graph.synapses[action.synapse]
        self.open[synapse.number] -= 1
        if not self.open[synapse.number]:
            self.pending -= 1
        failed = done.rc != action.target_rc and action.meta('on_fail') != 'ignore'
        if failed:
            self.abort = max(self.abort, synapse.priority + 1)
        ready = []
        for other in self.waiting.get(action.id, ()):
            if failed and other.priority < INFINITY:
                continue
            self.left[other.number] -= 1
            if not self.left[other.number]:
                ready.append(self._becomes_ready(other))
        return ready

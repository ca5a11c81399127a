# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster does in the course of a run: each look is compared with the one before, and what is new is reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import estimate
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import LookResult, Plain, Plan, VeLook
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import report as texts
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import EVENTS, LEFT, Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Done, Goal, Node, goal_of


@dataclass
class Seen:
    """What was seen so far.

    ``ves``: each VE as it was last. ``since``: {VE: the second from which it has been in its state}. ``failures``: {VE: {key:
    text} of all that are known of it}. ``remarks``: those that are known. ``counts``: {VE: its failures in this run}.
    ``arrived``: VEs that are where they are to be. ``up_after``: {VE: the second in which it was seen to arrive}. ``took``:
    {VE: seconds of its start}. ``lost``: {node that is lost: what is known of it}; ``stuck``: those that need a human.
    """

    ves: dict[str, VeLook] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    quorum: bool = True
    maintenance: bool = False
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    remarks: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)
    up_after: dict[str, float] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    looked: bool = False
    stuck: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def _keyed(plan: Plan, name: str) -> dict[str, str]:
    texts = plan.failures[name]
    return dict(zip(plan.failure_keys.get(name) or texts, texts))


class Watch:
    """Looks at the cluster, and reports."""

    def __init__(self, node: Node, plan: Plan, options: Options, report: Report, done: Done) -> None:
        self._node, self._plan, self._report, self._done = node, plan, report, done
        self._rows = {row.name: row for row in plan.rows}
        self._state = options.state
        self._goal: Goal = goal_of(options)
        self.seen = Seen(failures={name: _keyed(plan, name) for name in plan.failures})

    def look(self) -> LookResult:
        """The VEs of the plan, the nodes and the cluster, as they are now."""
        status = self._node.look(self._plan.names)
        self._cluster(status)
        self._nodes(status)
        for ve in status.ves:
            self._ve(ve, status.ves)
            self._failures(ve)
            self._remarks(ve)
        self.seen.looked = True
        return status

    def ves(self) -> list[VeLook]:
        """The VEs as they were last, with every failure that is known, cleaned up or not."""
        known = {name: self.seen.failures.get(name, {}) for name in self._plan.names}
        return [
            replace(self.seen.ves[name], failures=list(known[name].values()), failure_keys=list(known[name]))
            for name in self._plan.names
        ]

    def rows(self) -> list[Plain]:
        """The VEs as the module returns them."""
        return [
            {
                'name': ve.name,
                'state': ve.state,
                'node': ve.node,
                'failures': ve.failures,
                'took': ve.took,
                'up_after': self.seen.up_after.get(ve.name),
            }
            for ve in self.ves()
        ]

    def _cluster(self, status: LookResult) -> None:
        """What holds up the cluster as a whole, as it begins and ends."""
        if status.maintenance != self.seen.maintenance:
            self.seen.maintenance = status.maintenance
            self._report.event(None, 'maintenance' if status.maintenance else 'maintenance ended')
            self._report.say(
                'the cluster is in maintenance mode: Pacemaker starts and stops nothing until somebody ends it'
                if status.maintenance
                else 'maintenance mode has ended',
                always=True,
            )
        if status.quorum != self.seen.quorum:
            self.seen.quorum = status.quorum
            self._report.event(None, 'quorum' if status.quorum else 'no quorum')
            self._report.say(
                'this part of the cluster has quorum again'
                if status.quorum
                else 'this part of the cluster has lost its quorum (no-quorum-policy=%s)' % status.no_quorum_policy,
                always=True,
            )

    def _nodes(self, status: LookResult) -> None:
        for node, state in status.nodes.items():
            before = self.seen.nodes.get(node)
            if before is not None and state != before:
                self._report.event(None, state, node)
                self._report.say(
                    '%s is lost, and not fenced yet; fencing waits for what is under way' % node
                    if state == 'lost'
                    else '%s is %s' % (node, state)
                )
            self.seen.nodes[node] = state
        for node in status.stuck:
            if node not in self.seen.stuck:
                self._report.event(None, 'not fenced', node)
                self._report.say(status.lost[node], always=True)
        self.seen.stuck = list(status.stuck)
        self.seen.lost = dict(status.lost)

    def _ve(self, ve: VeLook, ves: list[VeLook]) -> None:
        before = self.seen.ves.get(ve.name)
        self.seen.ves[ve.name] = ve
        if before is not None and (before.state, before.node) == (ve.state, ve.node):
            return
        self.seen.since[ve.name] = self._report.seconds()
        if before is not None:
            self._report.event(ve.name, EVENTS[ve.state], ve.node)
            if ve.state in LEFT:
                self._report.say('%s %s' % (ve.name, LEFT[ve.state]))
            self._arrival(ve, ves)
        elif self._goal(ve):
            self.seen.arrived.add(ve.name)

    def _arrival(self, ve: VeLook, ves: list[VeLook]) -> None:
        if not self._goal(ve):
            self.seen.arrived.discard(ve.name)
            return
        self.seen.up_after[ve.name] = round(self._report.seconds(), 1)
        if ve.took and ve.state == 'started':
            self.seen.took[ve.name] = ve.took
        self.seen.arrived.add(ve.name)
        rest = self._rest([other.name for other in ves if not self._goal(other)])
        self._report.say(texts.arrival(ve, len(self.seen.arrived), len(ves), self._state, rest))

    def _failures(self, ve: VeLook) -> None:
        """Each once: Pacemaker lists them by node, and not by time."""
        known = self.seen.failures.setdefault(ve.name, {})
        for failure in [text for key, text in ve.failed.items() if key not in known]:
            self._report.event(ve.name, 'failure', text=failure)
            self.seen.counts[ve.name] = self.seen.counts.get(ve.name, 0) + 1
            self._report.say('%s: %s' % (ve.name, failure), always=True)
        known.update(ve.failed)

    def _remarks(self, ve: VeLook) -> None:
        """What an operation did besides what it was asked for; those of earlier runs are in the first look."""
        for key, text in ve.remarks.items():
            if self.seen.looked and '%s %s' % (ve.name, key) not in self.seen.remarks:
                self._report.event(ve.name, 'remark', text=text)
                self._report.say('%s: %s' % (ve.name, text), always=True)
            self.seen.remarks.add('%s %s' % (ve.name, key))

    def _rest(self, names: list[str]) -> float:
        """Seconds that these are expected to take, by what was measured so far in this run, else by the plan."""
        mean = sum(self.seen.took.values()) / len(self.seen.took) if self.seen.took else None
        rows = [
            self._rows[name]
            for name in names
            if name in self._rows and name not in self._done.failed and name not in self._done.left_alone
        ]
        jobs = [(row.to or row.node, mean or row.seconds) for row in rows]
        return estimate.schedule(jobs, self._plan.per_node, self._plan.total)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a run: lines on the screen, the timeline, and the result."""

from __future__ import annotations

from typing import Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, count, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import about
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    LookResult,
    Plain,
    Plan,
    Row,
    VeLook,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import INTERRUPTED, Done, Goal, Outside

DONE = {'started': 'up', 'stopped': 'down', 'restarted': 'up', 'moved': 'up'}
VERBS = {'started': 'start', 'stopped': 'stop', 'restarted': 'restart', 'moved': 'move'}
STANDBY = {True: 'in standby', False: 'out of standby'}
# What of the state of a VE is an event of the timeline.
EVENTS = {
    'starting': 'starting',
    'started': 'up',
    'stopping': 'stopping',
    'stopped': 'down',
    'migrating': 'migrating',
    'failed': 'failed',
    'unmanaged': 'unmanaged',
    'removed': 'removed',
    'lost': 'lost',
    'unknown': 'unknown',
}
# What takes a VE out of a run, in words.
LEFT = {'unmanaged': 'is unmanaged now, and left alone', 'removed': 'was removed by somebody else'}
# Seconds without news until a line says what is waited for.
SILENCE = 20
MOVING = ('starting', 'stopping', 'migrating')


class Report:
    """Lines and events, each with the seconds since the run began."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._begin = self._news = outside.now()
        self.timeline: list[Plain] = []

    def seconds(self) -> float:
        """Since the run began."""
        return self._outside.now() - self._begin

    def silent(self) -> float:
        """Seconds since the last line."""
        return self._outside.now() - self._news

    def say(self, text: str, always: bool = False) -> None:
        """``always``: in a summary too."""
        self._news = self._outside.now()
        self._outside.show('  [%5.0f s] %s' % (self.seconds(), text), always)

    def event(self, name: str | None, event: str, node: str | None = None, **more: str) -> None:
        """``name``: the VE; None for what is of a node or of the run."""
        self.timeline.append(dict({'at': round(self.seconds(), 1), 've': name, 'event': event, 'node': node}, **more))


def estimated(state: str, seconds: float) -> str:
    """A stop takes as long as the guest likes; what is known of it is stop_grace, its limit."""
    return '%s %s' % ('at most' if state == 'stopped' else 'about', about(seconds))


# Before the run


def preface(plan: Plan, options: Options) -> list[str]:
    """How many, how many at once, how long, and why so."""
    lines = [
        '%d of %s to %s' % (len(plan.rows), count(len(plan.names), 'VE'), VERBS[options.state])
        if plan.names
        else 'no VE to %s' % VERBS[options.state]
    ]
    if plan.rows:
        lines[0] += ', %s at once on a node%s, %s' % (
            plan.per_node or 'as many as Pacemaker likes',
            ', %d in total' % plan.total if plan.total else '',
            estimated(options.state, plan.expected),
        )
        lines += _why(plan, options)
    return (
        lines
        + _stale(plan)
        + ['%s is unmanaged and left alone' % name for name in plan.unmanaged]
        + _by_hand(plan)
        + _left_before(plan, options)
        + _not_back(plan, options)
        + plan.lost
    )


def _left_before(plan: Plan, options: Options) -> list[str]:
    """Nodes that an earlier run has emptied, or was about to."""
    lines = []
    for node, names in plan.drained.items():
        if options.standby and node in options.nodes:
            lines.append('%s had been left in an earlier run by %s, which will go back too' % (node, some(names)))
        elif node != options.to:
            lines.append(
                '%s had been left in an earlier run by %s, and is not brought back yet (drain with openve_state=undo does that)'
                % (node, some(names))
            )
    return lines


def _stale(plan: Plan) -> list[str]:
    """Nodes that do not go by the limit, but where the reason for the batches names them already."""
    return [
        'node-action-limit %s is not in force on %s: %s' % (row.get('limit'), row['node'], row['why'])
        for row in plan.limits
        if row['in_force'] == 'false' and '%s (%s)' % (row['node'], row['why']) not in plan.why_batches
    ]


def _why(plan: Plan, options: Options) -> list[str]:
    if plan.why_batches:
        lines = ['in %s, because %s' % (count(len(plan.batches), 'batch', 'batches'), plan.why_batches)]
        if plan.expected_without_gap is not None:
            lines.append(
                'the gap of %d s costs about %s; policy settle pauses in a failover too'
                % (options.gap, about(plan.expected - plan.expected_without_gap))
            )
        return lines
    if not plan.limit or options.state != 'started':
        return []
    unknown = [row['node'] for row in plan.limits if row['in_force'] == 'unknown']
    if unknown:
        return ['whether the limit is in force is not known for %s' % ', '.join(unknown)]
    return ['the limit is in force on %s' % ', '.join(row['node'] for row in plan.limits)] if plan.limits else []


def plan_lines(plan: Plan, options: Options) -> list[str]:
    """The plan, for check mode."""
    heading = '%s would be %s, %s at once on a node' % (
        count(len(plan.rows), 'VE'),
        options.state,
        plan.per_node or 'as many as Pacemaker likes',
    )
    if plan.rows and plan.why_batches:
        heading += ', in %s because %s' % (count(len(plan.batches), 'batch', 'batches'), plan.why_batches)
    if plan.rows:
        heading += ', %s' % estimated(options.state, plan.expected)
    found = plan.found.get('sentence')
    before = 'a run that has not ended is found: %s; if it was cut, what it has left is taken back first' % found
    return [
        *([before] if found else []),
        heading,
        *[_row(row, options.state) for row in plan.rows],
        *['%s would be %s' % (node, STANDBY[into]) for node, into in plan.handed.items()],
        *_by_hand(plan),
        *_left_before(plan, options),
        *_not_back(plan, options),
        *plan.lost,
    ]


def _by_hand(plan: Plan) -> list[str]:
    """What somebody else has done, and what therefore stays so."""
    names, lines = plan.stopped_by_hand, []
    if names:
        stopped = count(len(names), 'VE was stopped', 'VEs were stopped')
        stay = 'stays' if len(names) == 1 else 'stay'
        lines = [
            '%s by hand and %s so: %s (given as names, or with all: true, they are started)'
            % (stopped, stay, some(names))
        ]
    return lines + ['%s is in standby by hand, and stays so' % node for node in plan.standby_by_hand]


def _not_back(plan: Plan, options: Options) -> list[str]:
    return [
        '%s cannot go to %s and stays where it is: %s' % (name, options.to, why or 'look with crm_mon -1rf')
        for name, why in plan.blocked.items()
    ]


def _row(row: Row, state: str) -> str:
    way = ' -> '.join(node for node in (row.node, row.to) if node)
    return '  %3d  %-20s order %-4d %-14s %s%s' % (
        row.batch,
        row.name,
        row.start_order,
        (row.node if row.node == row.to else way) or 'nowhere',
        'live' if row.live else estimated(state, row.seconds),
        ', after %s' % ', '.join(row.after) if row.after else '',
    )


# During the run


def arrival(ve: VeLook, number: int, of: int, state: str, rest: float) -> str:
    """A VE is where it is to be, the ``number``-th; ``rest``: seconds that the others are expected to take."""
    took = ' after %.1f s' % ve.took if ve.took and ve.state == 'started' else ''
    left = ', %s left' % estimated(state, rest) if rest else ''
    where = 'down' if ve.state == 'stopped' else 'up on %s' % ve.node
    return '%s is %s%s (%d of %d%s)' % (ve.name, where, took, number, of, left)


def waiting(status: LookResult, left: Sequence[str], since: Mapping[str, float], now: float) -> str:
    """What is waited for. ``since``: {VE: the second from which it has been in its state}."""
    busy = [ve for ve in status.ves if ve.state in MOVING]
    parts = ['the cluster is in maintenance mode'] if status.maintenance else []
    parts += [] if status.quorum else ['there is no quorum']
    parts += ['%s is lost' % node for node in status.lost]
    parts += [
        '%s %s on %s (%.0f s)'
        % (ve.name, 'starts' if ve.state == 'starting' else ve.state, ve.node, now - since[ve.name])
        for ve in busy
    ]
    queued = len(left) - sum(ve.name in left for ve in busy)
    return 'waiting: %s; %d queued' % (', '.join(parts) or 'nothing is under way', max(0, queued))


def withdrawal(why: str, done: int, of: int, undisturbed: bool) -> str:
    """``undisturbed``: only what had not begun was taken back."""
    if not undisturbed:
        return '%s: taken back for %s' % (why, count(done, 'VE'))
    rest = '; what is under way goes on' if done < of else ''
    withdrawn = count(done, 'VE that had not begun is withdrawn', 'VEs that had not begun are withdrawn')
    return '%s: %s%s' % (why, withdrawn, rest)


# After the run


def partial(done: Done, report: Report) -> Plain:
    """What is known when the node gives no answer any more."""
    return {
        'changed': done.changed,
        'released': done.released,
        'withdrawn': done.withdrawn,
        'left_alone': done.left_alone,
        'timeline': report.timeline,
        'seconds': round(report.seconds(), 1),
    }


def result(plan: Plan, done: Done, ves: list[Plain], report: Report, over: str) -> Plain:
    """As the module returns it. ``over``: why the run ended before its time."""
    return dict(
        plan.public(),
        changed=done.changed,
        released=done.released,
        withdrawn=done.withdrawn,
        left_alone=done.left_alone,
        ves=ves,
        timeline=report.timeline,
        seconds=round(report.seconds(), 1),
        interrupted=over == INTERRUPTED,
    )


def success(ves: Sequence[VeLook], goal: Goal, state: str) -> str:
    """The last line of a run in which all that was to be done was done."""
    if not ves:
        return 'no VE was to be %s' % state
    others = [ve.name for ve in ves if not goal(ve)]
    up = len(ves) - len(others)
    return '%d of %s %s %s%s' % (
        up,
        count(len(ves), 'VE'),
        'is' if up == 1 else 'are',
        DONE[state],
        '; left alone: %s' % ', '.join(others) if others else '',
    )


def failure(bad: Sequence[VeLook], done: Done, over: str, quorum: bool, state: str, lost: Sequence[str] = ()) -> str:
    """Why the run failed, VE by VE."""
    why = over or 'the cluster has nothing left to do and they are not %s%s' % (
        DONE[state],
        '' if quorum else '; this part of it has no quorum, and goes on by itself when enough nodes are back',
    )
    listed = [_reason(ve, ve.name in done.withdrawn) for ve in bad]
    return '\n'.join([bullets('%s: %s.' % (count(len(bad), 'VE'), why), listed), *lost])


def _reason(ve: VeLook, withdrawn: bool) -> str:
    if ve.state == 'lost' and not withdrawn:
        return '%s (lost): it may run on %s, which is lost and not fenced' % (ve.name, ve.node)
    unknown = 'no failure is recorded; look with crm_resource --why --resource=%s' % ve.name
    return '%s (%s): %s' % (
        ve.name,
        'withdrawn' if withdrawn else ve.state,
        '; '.join(ve.failures) or ('run again to go on' if withdrawn else unknown),
    )

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop of ve_stagger, on the controller: release, look, wait, and withdraw what must wait."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import handover
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    Plain,
    PutRequest,
    VeLook,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import AGAIN, Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import fencing, phases
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import report as texts
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.beginning import Begun, begin
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.load_gate import LoadGate
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.releases import Releases
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import LEFT, SILENCE, Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import (
    INTERRUPTED,
    INTERVAL,
    Done,
    Outside,
    Over,
    Phase,
    goal_of,
)
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.watch import Watch

QUIET_LOOKS = 3  # looks at an idle cluster until what is not done counts as staying so


def run(outside: Outside, options: Options) -> Plain:
    """Have the plan made, work through it, and return the module's result."""
    report = Report(outside)
    begun = begin(outside, options, report)
    for warning in begun.plan.warnings:
        outside.warn(warning)
    return Loop(outside, options, report, begun).run()


class Loop:
    """One run. A failure of the node is an Error, which ends it at once; the cluster goes on with what was released."""

    def __init__(self, outside: Outside, options: Options, report: Report, begun: Begun) -> None:
        self._outside, self._options, self._plan = outside, options, begun.plan
        self._done = Done(changed=begun.changed)
        self._report = report
        self._watch = Watch(outside.node, begun.plan, options, report, self._done)
        self._releases = Releases(outside.node, options, report, self._done, begun.claim)
        self._load_gate = LoadGate(options, outside.loads)
        self._quiet = 0  # looks at an idle cluster, one after the other

    def run(self) -> Plain:
        for line in texts.preface(self._plan, self._options):
            self._report.say(line)
        try:
            over = self._work()
            self._releases.end()
        except Error as error:
            # what was done until then was done
            changed = self._done.changed or bool(error.details.get('changed'))
            raise Error(
                error.msg, **{**texts.partial(self._done, self._report), **error.details, 'changed': changed}
            ) from error
        return self._result(over)

    def _work(self) -> str:
        """Why it ended before its time, if it did."""
        try:
            self._watch.look()
            self._batches()
        except Over as reason:
            if self._options.state == 'moved':
                self._releases.put(PutRequest(clear=[row.name for row in self._plan.rows]), end=True)
            return str(reason)
        return ''

    # What is done

    def _batches(self) -> None:
        for number, names in enumerate(self._plan.batches):
            if number:
                _end_where_nothing_comes_up(self._options, self._done)
                self._pause(self._options.gap)
            fencing.wait(self._outside, self._options, self._watch, self._report)
            for phase in phases.of_batch(self._options, self._plan, names):
                self._pass_load_gate(phase)
                self._release(phase, phase.names)
                self._wait(phase)
        if not self._plan.rows or self._options.state in ('started', 'stopped'):
            self._wait(phases.waiting(self._options))
        if self._options.state == 'moved':
            self._after_move()

    def _after_move(self) -> None:
        if self._options.standby and self._done.failed:
            raise Over(
                '%s did not come up elsewhere, so the nodes were not put into standby'
                % count(len(self._done.failed), 'VE')
            )
        request = handover.ended(self._options, self._plan, self._done.failed)
        if self._releases.put(request, end=True).changed:
            for node, standby in request.standby.items():
                self._report.event(None, 'standby' if standby else 'back', node)
                self._report.say('%s is %s' % (node, texts.STANDBY[standby]))

    def _release(self, phase: Phase, names: list[str]) -> None:
        if self._releases.release(phase, names, self._watch.seen.ves):
            self._quiet = 0

    # What is waited for

    def _wait(self, phase: Phase) -> None:
        """Until all are done, failed, or in somebody else's hands."""
        while True:
            status = self._watch.look()
            ves = {ve.name: ve for ve in status.ves}
            self._releases.leave_alone(phase, ves)
            if self._releases.retry(phase, status.given_up):
                self._quiet = 0
            left = self._left(phase, ves)
            if not left:
                return
            self._may_go_on(phase, left)
            if self._held_up(phase):
                continue
            quiet = status.idle and not status.maintenance
            stuck = bool(status.stuck) and not any(ve.state in texts.MOVING for ve in status.ves)
            self._quiet = self._quiet + 1 if quiet or stuck else 0
            if self._quiet >= (QUIET_LOOKS if quiet else fencing.STUCK_LOOKS):
                if stuck and self._options.state in AGAIN:
                    self._stop(phase, fencing.stuck(self._options, self._watch))
                self._done.failed += left
                continue
            if self._report.silent() > SILENCE:
                seconds = self._report.seconds()
                self._report.say(texts.waiting(status, left, self._watch.seen.since, seconds))
            self._nap(INTERVAL)

    def _left(self, phase: Phase, ves: Mapping[str, VeLook]) -> list[str]:
        """What is not done yet."""
        return [
            name
            for name in phase.names or self._plan.names
            if not phase.goal(ves[name])
            and name not in self._done.failed
            and name not in self._done.left_alone
            and ves[name].state not in LEFT
        ]

    def _may_go_on(self, phase: Phase, left: list[str]) -> None:
        """Over where too many have failed, at Ctrl-C, and when the time is up."""
        # Counted at the first failure beyond its retries: where the storage is broken, Pacemaker tries every node in turn,
        # and gives up the first VE when it has started the last.
        spent = [
            name
            for name in phase.names or self._plan.names
            if name in self._done.failed
            or name in left
            and self._watch.seen.counts.get(name, 0) > self._options.retries
        ]
        if self._options.max_failures and len(spent) >= self._options.max_failures:
            self._stop(phase, '%s failed (max_failures)' % count(len(spent), 'VE'))
        if self._outside.interrupted():
            self._stop(phase, INTERRUPTED)
        if self._report.seconds() > self._options.timeout:
            if self._options.state == 'restarted':
                self._releases.withdraw(phase, 'timeout')  # none stays down for good
            raise Over(
                'they are not %s after %d s (the cluster goes on with them)'
                % (texts.DONE[self._options.state], self._options.timeout)
            )

    def _stop(self, phase: Phase, why: str) -> None:
        self._releases.withdraw(phase, why)
        raise Over(why)

    def _pause(self, seconds: float) -> None:
        end = self._outside.now() + seconds
        while self._outside.now() < end:
            if self._outside.interrupted():
                raise Over(INTERRUPTED)
            self._nap(min(INTERVAL, end - self._outside.now()))

    def _nap(self, seconds: float) -> None:
        if not self._outside.interrupted():
            self._outside.sleep(seconds)

    # The load gate

    def _held_up(self, phase: Phase) -> bool:
        """Whether the load gate closed in the middle of starts: what had not begun was withdrawn, and was released again."""
        closed = self._load_gate.closed() if self._options.state == 'started' and phase.undo else ''
        if not closed:
            return False
        self._releases.withdraw(phase, 'the load gate is closed (%s)' % closed)
        self._pass_load_gate(phase)
        self._release(phase, [name for name in self._done.withdrawn if name in phase.names])
        return True

    def _pass_load_gate(self, phase: Phase) -> None:
        """Wait until it is open, at most load_gate_timeout; it is about starts, and what is half restarted is not held up."""
        if self._options.state == 'stopped' or (self._options.state == 'restarted' and phase.undo is None):
            return
        why = self._load_gate.closed()
        if not why:
            return
        since = self._outside.now()
        self._report.event(None, 'load gate closed')
        self._report.say('waiting for the load gate: %s' % why)
        while why:
            if self._outside.interrupted():
                raise Over(INTERRUPTED)
            if self._outside.now() - since > self._options.load_gate_timeout:
                self._load_gate.ignore()
                self._report.say(
                    'the load gate was closed for %d s (load_gate_timeout): going on without it until it has been open once'
                    % self._options.load_gate_timeout
                )
                return
            self._nap(INTERVAL)
            self._releases.leave_alone(phase, {ve.name: ve for ve in self._watch.look().ves})
            why = self._load_gate.closed()
        self._report.event(None, 'load gate open')
        self._report.say('the load gate is open after %d s' % (self._outside.now() - since))

    # The result

    def _result(self, over: str) -> Plain:
        """``over``: why it ended before its time, if it did."""
        ves, goal, state = self._watch.ves(), goal_of(self._options), self._options.state
        result = texts.result(self._plan, self._done, self._watch.rows(), self._report, over)
        bad = [ve for ve in ves if not goal(ve) and ve.name not in self._done.left_alone and ve.state not in LEFT]
        if over or bad:
            msg = texts.failure(
                bad, self._done, over, self._watch.seen.quorum, state, list(self._watch.seen.lost.values())
            )
            return dict(result, failed=True, msg=msg)
        self._report.say(texts.success(ves, goal, state), always=True)
        return result


def _end_where_nothing_comes_up(options: Options, done: Done) -> None:
    """Before the next batch goes down: one VE after the other would stay so where the storage is broken."""
    if options.state in AGAIN and done.failed and not options.max_failures:
        raise Over(
            '%s did not come up again, so nothing more is %s; mend that and run again, or say how many may fail (max_failures)'
            % (some(done.failed), options.state)
        )

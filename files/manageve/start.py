# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of start: launch or wake the container, and wait until its guest is ready."""

import time

from manageve import last_resort
from manageve.deadline import BEGUN
from manageve.errors import GENERIC, OK, Fail
from manageve.operation import Freezing, Operation
from manageve.readiness import READY
from manageve.table import BETWEEN, Seen
from manageve.waiting import pause


class Start(Operation):
    """A start forgets the failed checks of the container's last life."""

    def __init__(self, *args):
        Operation.__init__(self, *args)
        self.ours = None  # when this operation launched or woke it
        self.late = False  # the engine's own wait was too long
        self.probed = ""  # the readiness probe's last output
        self.freezing = Freezing()
        self.examined = False  # was it seen to that its storage is there?

    def run(self) -> int:
        if self.column == "start" and self.par.monitor_failures:
            self.forget_failures()
        return Operation.run(self)

    def forget_failures(self):
        from manageve.failures import Failures

        try:
            Failures(self.par).forget()
        except OSError as e:
            self.log.warning("monitor_failures: %s: %s" % (e.filename, e.strerror))

    def out_of_time(self) -> int:
        if self.up and self.known not in ("paused", "passing") and self.seen.host != BETWEEN:
            return self.not_ready()
        self.fail("no success in time")

    def will_come_back(self, seen: Seen) -> bool:
        if seen.host == BETWEEN:
            return True
        # we know that it runs, or a moment ago it was between two states: a look that was cut short proves nothing
        known = self.up or self.ours or self.known in ("paused", "passing")
        return bool(known) and seen.state in ("blind", "doubt", "proved")

    def await_lasting(self, seen: Seen):
        if self.freezing.is_stuck(seen):
            return self.wake(seen)
        self.breathe(0.2)
        return None

    def have_slot(self) -> bool:
        """Have a start slot; False after a wait for it: things may have changed."""
        return self.slots.held or not self.slots.enter()

    def went_down(self):
        last = self.engine.last_words() or self.probed
        self.fail("it went down while it started" + (": " + last if last else ""))

    def launch(self, seen: Seen):
        if self.up or self.ours:
            self.went_down()
        if seen.dump and seen.state in ("held", "mounting"):  # somebody restores it, perhaps
            return self.breathe(0.3)
        if seen.dump and self.par.on_dump == "refuse":
            self.fail("there is a memory dump of it, and on_dump is refuse")
        if seen.dump and self.par.on_dump == "restore":
            return self.restore(seen)
        if not self.have_slot():
            return None
        if seen.dump:
            self.set_dump_aside()
            return None
        native = None
        if self.par.start_wait == "native":
            native = self.deadline.total if self.par.ready_timeout is None else self.par.ready_timeout
        code = self.engine.start(self.deadline.command(), native)
        self.late = code is None
        if code != 32:
            self.ours = self.engine.begun
        return None

    def set_dump_aside(self):
        where = self.engine.set_aside()
        if not where:
            self.fail("its status reports a memory dump that is not to be found")
        self.log.warning("%s: set aside a memory dump of an earlier suspend: %s" % (self.name, where))

    def restore(self, seen: Seen):
        if self.ours:
            self.went_down()
        if not seen.dump:
            self.fail("there is no memory dump to restore")
        if not self.have_slot():
            return None
        ran = self.engine.restore(self.deadline.command())
        if ran.code not in (0, 32):
            raise Fail(GENERIC, ran.verdict())
        self.ours = self.engine.begun
        return None

    def wake(self, seen: Seen):
        if not self.have_slot():
            return None
        if self.ours:
            self.breathe(0.5)  # the last attempt did not wake it, or it was frozen again
        ran = self.engine.wake(self.deadline.command(), starting=self.column == "start")
        self.note(ran)
        self.ours = self.ours or ran.begun
        return None

    def ready(self, seen: Seen):
        """It runs: has it booted?"""
        if self.engine.is_frozen():  # each time: a command would be stuck with it
            if not self.have_slot():
                return None
            if last_resort.wake(self.engine, self.log, self.name):
                self.ours = self.ours or time.monotonic()
        if not self.examined:
            self.examined = True
            if not self.ours and not self.engine.is_whole():
                return OK
        end = self.deadline.last
        if self.par.ready_timeout is not None:
            end = min(end, (self.ours or BEGUN) + self.par.ready_timeout)
        if self.par.start_wait != "ready" and not self.late:
            return self.settle()
        if self.late or time.monotonic() >= end:
            return self.not_ready()
        if self.is_ready(end):
            return self.settle()
        # a start may last a twentieth longer than the boot, no more
        rest = min(1.0, max(0.1, (time.monotonic() - (self.ours or BEGUN)) / 20))
        pause(max(0.0, min(rest, end - time.monotonic())))
        return None

    def is_ready(self, end: float) -> bool:
        command = self.par.ready_command
        left = end - time.monotonic()
        # our own probe answers at once; someone else's may well wait by itself
        limit = time.monotonic() + min(left, max(30.0, left / 2) if command else 10.0)
        ran = self.engine.inside(command or READY)
        while ran.wait(min(limit, time.monotonic() + 2)) is None and time.monotonic() < limit:
            if self.look().state in ("down", "held", "paused", "mounted", "mounting", "absent", "suspended"):
                break
            if self.engine.is_frozen():
                break
        self.engine.report(ran.finish(0), change=False)
        if not self.engine.is_gone(ran):
            self.probed = ran.words() or self.probed
        return ran.code == 0

    def not_ready(self) -> int:
        text = "it runs, but is not ready in time%s" % (" (%s)" % self.probed if self.probed else "")
        if self.par.ready_timeout_action == "fail":
            raise Fail(GENERIC, text)
        self.log.remark(text)
        return OK

    def settle(self) -> int:
        """Ready: look once more, as it can have gone down under the probe, and hold on as long as start_settle says."""
        end = min(time.monotonic() + self.par.start_settle, self.deadline.last)
        while True:
            if self.look().state in ("down", "held", "mounted", "mounting", "absent", "suspended"):
                self.went_down()
            if not self.ours or time.monotonic() >= end:
                return OK
            pause(min(1.0, end - time.monotonic()))

    STEPS = {"launch": launch, "wake": wake, "ready": ready, "await": await_lasting}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of stop: a graceful shutdown, then a forced one, then the unmount."""

import time

from manageve.deadline import BEGUN
from manageve.operation import Operation
from manageve.table import HIDDEN, MEANING, Seen
from manageve.waiting import pause


class Stop(Operation):
    def __init__(self, *args):
        Operation.__init__(self, *args)
        grace = 0 if self.par.force_stop else self.par.stop_grace
        self.grace_end = min(BEGUN + grace, self.deadline.force)
        self.graceful = None  # the command that shuts down
        self.own_halt = False  # that is the guest's own halt
        self.grace_over = self.killing = self.thawed = False

    def look(self) -> Seen:
        seen = Operation.look(self)
        if seen.state in ("unfit", "blind") and self.known:
            if time.monotonic() >= self.deadline.last:
                seen.state = "doubt"  # a look that was cut short says nothing
            elif self.engine.ask(self.engine.is_mounted) != HIDDEN:
                seen.state = "mounted"  # the host would not have shown that
        return seen

    def end(self, code: int) -> int:
        if code == 0 and self.seen.state in ("unfit", "blind"):
            self.log.warning(self.outcome(MEANING[self.seen.state]) + ": nothing to stop")
        return Operation.end(self, code)

    def halt(self, seen: Seen):
        if self.grace_over or time.monotonic() >= self.grace_end:
            return self.kill(seen)
        if self.graceful is None:
            self.graceful, self.own_halt = self.engine.halt(seen, self.grace_end - time.monotonic())
        if self.graceful.code is None:
            # a halt of our own returns at once or hangs, so watch the container; vzctl and lxc-stop watch it themselves
            step = time.monotonic() + 1 if self.own_halt else self.grace_end
            if self.graceful.wait(min(self.grace_end, step)) is None:
                # a look at an unusable status would only eat the time of the force
                return self.kill(seen) if seen.state == "doubt" and time.monotonic() >= self.grace_end else None
            self.engine.report(self.graceful)
            if "Killing container" in self.graceful.out:
                self.log.warning("%s: vzctl has stopped it by force" % self.name)
        code = self.graceful.code
        if code == self.engine.LOCKED and not self.own_halt:
            self.words = self.graceful.verdict()
            self.engine.break_lock(self.graceful)
            self.graceful = None
        elif code != 0 and not (self.own_halt and (code == 31 or code >= 128)):
            self.words = self.graceful.verdict()
            self.grace_over = True
            return None
        pause(max(0.0, min(0.5, self.grace_end - time.monotonic())))
        return None

    def kill(self, seen: Seen):
        # once it is tried, however late
        if self.hopeless.get("kill") or self.killing and time.monotonic() >= self.deadline.last:
            self.fail("it cannot be stopped")
        if not self.killing:
            self.log.warning("%s: stopping it by force" % self.name)
        self.grace_over = self.killing = True
        ran = self.engine.kill(self.deadline.command(), self.graceful)
        self.note(ran)
        self.hopeless["kill"] = ran.code not in (0, None) and ran.code not in self.engine.UNSTOPPED
        if not self.hopeless["kill"]:
            self.breathe(0.5 if ran.code else 0.1)
        return None

    def thaw(self, seen: Seen):
        if self.thawed or time.monotonic() >= self.grace_end:
            return self.kill(seen)
        self.thawed = True
        ran = self.engine.wake(self.grace_end)
        self.note(ran)
        return None

    def settle(self, seen: Seen):
        if time.monotonic() >= self.grace_end:
            return self.kill(seen)
        self.breathe(0.2)
        return None

    def close(self):
        """A graceful stop that the forced one has overtaken ends by itself."""
        if self.graceful and self.graceful.code is None:
            patience = min(1.5, max(0.0, self.deadline.left() / 2))
            if self.graceful.wait(time.monotonic() + patience) is not None:
                self.engine.report(self.graceful)

    STEPS = {"halt": halt, "thaw": thaw, "settle": settle, "unmount": Operation.unmount}

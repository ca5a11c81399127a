# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of stop: a graceful shutdown, then a forced one, then the unmount."""

import time

from manageve import last_resort
from manageve.deadline import BEGUN
from manageve.errors import NoTool
from manageve.halt_again import HaltAgain
from manageve.operation import Freezing, Operation
from manageve.process import Command
from manageve.table import MEANING, MOUNTED, Seen


class Stop(Operation):
    def __init__(self, *args):
        Operation.__init__(self, *args)
        grace = 0 if self.par.force_stop else self.par.stop_grace
        self.grace_end = min(BEGUN + grace, self.deadline.force)
        self.graceful = None  # the command that shuts down
        self.own_halt = False  # that is the guest's own halt
        self.repeat = HaltAgain(self.engine, self.grace_end)
        self.freezing = Freezing()
        self.grace_over = self.killing = self.thawed = self.resorted = False
        self.forced = ""  # how and why, where it did not shut down by itself as it was to

    def look(self) -> Seen:
        seen = Operation.look(self)
        if seen.state in ("unfit", "blind") and self.known:
            if time.monotonic() >= self.deadline.last and not self.resorted:
                seen.state = "doubt"  # a look that was cut short says nothing
            elif self.engine.is_mounted():
                seen.state = "mounted"  # the host would not have shown that
        return seen

    def end(self, code: int) -> int:
        if code == 0 and self.seen.state in ("unfit", "blind"):
            self.log.warning("%s: %s: nothing to stop" % (self.name, self.outcome(MEANING[self.seen.state])))
        if code == 0 and self.forced:
            self.log.remark(self.forced)
        return Operation.end(self, code)

    def halt(self, seen: Seen):
        if self.grace_over or time.monotonic() >= self.grace_end:
            return self.kill(seen)
        try:
            return self.shut_down(seen)
        except NoTool as e:
            self.words = e.reason
            self.grace_over = True
            return None

    def shut_down(self, seen: Seen):
        if self.graceful is None:
            self.wake_frozen()
            self.graceful, self.own_halt = self.engine.halt(seen, self.grace_end - time.monotonic())
        if self.graceful.code is None:
            # a halt of our own returns at once or hangs, so watch the container; vzctl and lxc-stop watch it themselves
            step = time.monotonic() + 1 if self.own_halt else self.grace_end
            if self.repeat.wait(self.graceful, min(self.grace_end, step), self.own_halt) is None:
                # a look at an unusable status would only eat the time of the force
                unusable = seen.state in ("doubt", "proved")
                return self.kill(seen) if unusable and time.monotonic() >= self.grace_end else None
            self.engine.report(self.graceful)
            if "Killing container" in self.graceful.out:
                self.forced = "vzctl has stopped it by force"
                self.log.warning("%s: %s" % (self.name, self.forced))
        code = self.graceful.code
        if code == self.engine.LOCKED and not self.own_halt:
            self.words = self.graceful.verdict()
            self.engine.break_lock(self.graceful)
            self.graceful = None
        elif code != 0 and not (self.own_halt and self.engine.was_shut_down(self.graceful)):
            self.words = self.graceful.verdict()
            self.grace_over = True
            return None
        if self.graceful and not self.own_halt:
            self.repeat.settled = True  # a tool that returns has not lost its halt
        self.repeat.wait(None, min(time.monotonic() + 0.5, self.grace_end), self.own_halt)
        return None

    def wake_frozen(self):
        """What the kernel holds frozen, though the tool may not know it, gets no halt, and SIGKILL does not reach it."""
        if self.engine.is_frozen():
            last_resort.wake(self.engine, self.log, self.name)

    def kill(self, seen: Seen):
        # once it is tried, however late
        now = time.monotonic()
        if self.killing and now >= self.deadline.resort:
            return self.resort(seen)
        if not self.killing:
            self.log.warning("%s: stopping it by force" % self.name)
            if not self.par.force_stop:
                late = "it had not shut down within %.0f s" % (now - BEGUN)
                self.forced = "stopped by force: %s" % (self.words or late)
            self.wake_frozen()
        self.grace_over = self.killing = True
        try:
            half = (self.deadline.resort - now) / 2
            until = min(self.deadline.resort, now + max(10.0, half)) if half > 0 else self.deadline.command()
            ran = self.engine.kill(until, self.graceful)
        except NoTool as e:
            self.words = e.reason
            self.breathe(1.0)
            return None
        self.note(ran)
        if ran.code is None and seen.state in ("doubt", "proved") and time.monotonic() >= self.deadline.resort:
            return self.resort(seen)  # a look at an unusable status would only eat the time for it
        self.breathe(0.5 if ran.code else 0.1)
        return None

    def resort(self, seen: Seen):
        """The tool does not stop it: without it, and again as long as there is time."""
        again = self.resorted
        self.give_up_the_tool()
        ended = last_resort.end(self.engine, self.log, self.name, again)
        if seen.state in ("doubt", "proved") and (ended or seen.host == MOUNTED):
            self.engine.unmount_itself()  # a tool that cannot say how it is will not do it
        self.breathe(0.2)
        return None

    def give_up_the_tool(self):
        self.resorted = True
        self.forced = "stopped by the last resort, as its tool did not do it" + (
            ": " + self.words if self.words else ""
        )
        for command in list(Command.unfinished):  # what hangs would hold the lock, and the mount
            self.engine.report(command.finish(0))
        self.graceful = None

    def unmount(self, seen: Seen):
        was_up = self.graceful is not None or self.killing
        # 1.5: what the tool may leave, as a try that cannot end is not begun
        if was_up and not self.resorted and time.monotonic() + 1.5 >= self.deadline.resort:
            self.log.error("%s: the last resort: vzctl does not unmount it" % self.name)
            self.give_up_the_tool()
        if not self.resorted or self.hopeless.get("unmount"):
            return Operation.unmount(self, seen, self.deadline.resort if was_up else self.deadline.last)
        try:
            ran = self.engine.umount(time.monotonic() + self.deadline.left() / 3)
            self.note(ran)
            if ran.code == 0:
                return None
        except NoTool as e:
            self.words = e.reason
        self.engine.unmount_itself()
        self.breathe(0.2)
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
        if self.freezing.is_stuck(seen):
            self.note(self.engine.wake(self.grace_end))
        self.breathe(0.2)
        return None

    def give_way(self, seen: Seen):
        """Down, but another command is at work on it: it may be about to start it."""
        if time.monotonic() >= self.deadline.last:
            self.fail(MEANING["held"])
        self.breathe(0.3)

    def close(self):
        """A graceful stop that the forced one has overtaken ends by itself."""
        if self.graceful and self.graceful.code is None:
            patience = min(1.5, max(0.0, self.deadline.left() / 2))
            if self.graceful.wait(time.monotonic() + patience) is not None:
                self.engine.report(self.graceful)

    STEPS = {"halt": halt, "thaw": thaw, "settle": settle, "unmount": unmount, "yield": give_way}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of monitor and probe."""

import time

from manageve.errors import GENERIC, OK
from manageve.operation import UNUSABLE, Operation
from manageve.process import Command
from manageve.table import BETWEEN, Seen


class Monitor(Operation):
    def will_come_back(self, seen: Seen) -> bool:
        """Between two states; or it was paused or so a moment ago, and a look that failed or was cut short proves nothing."""
        if self.known and seen.state in UNUSABLE:
            seen.state = "doubt"
        elif seen.host != BETWEEN:
            return False
        return time.monotonic() < self.deadline.at(0.5)

    def inspect(self, seen: Seen):
        """It runs: at level 10 and above, is it healthy inside, too?"""
        if self.level < 10:
            return OK
        if seen.state == "running" and not self.engine.is_whole():
            return OK
        if self.engine.is_frozen():
            self.words = "the kernel holds it frozen"
            return self.again(seen)
        ran = self.engine.inside(self.par.monitor_command or "true")
        ran.finish(time.monotonic() + max(0.0, self.deadline.left()))
        self.engine.report(ran, change=False)
        return OK if self.is_tolerated(ran) else self.fail("the check inside fails: " + ran.verdict())

    def is_tolerated(self, ran: Command) -> bool:
        """Is this a success, or one of the failures in a row that monitor_failures allows?"""
        if ran.code == 0 and not self.par.monitor_failures:
            return True
        from manageve.failures import Failures

        failures = Failures(self.par)
        try:
            if ran.code == 0:
                failures.forget()
                return True
            count = failures.add() if self.par.monitor_failures else 1
        except OSError as e:
            self.log.warning("monitor_failures has no effect, %s: %s" % (failures.directory, e.strerror or e))
            return ran.code == 0
        if count > self.par.monitor_failures:
            return False
        place = (self.name, count, self.par.monitor_failures, ran.verdict())
        self.log.warning("%s: the check inside fails, %d of %d in a row that are tolerated: %s" % place)
        return True

    def again(self, seen: Seen):
        """Paused, between two states, or in other hands: for a moment only?"""
        if time.monotonic() >= self.deadline.at(0.5):
            return GENERIC
        self.breathe(0.5)
        return None

    STEPS = {"inspect": inspect, "again": again}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of monitor and probe."""

import time

from manageve.errors import GENERIC, OK
from manageve.operation import Operation
from manageve.table import Seen


class Monitor(Operation):
    def inspect(self, seen: Seen):
        """It runs: at level 10 and above, is it healthy inside, too?"""
        if self.level < 10:
            return OK
        ran = self.engine.inside(self.par.monitor_command or "true")
        ran.finish(time.monotonic() + max(0.0, self.deadline.left()))
        self.engine.report(ran, change=False)
        if ran.code != 0:
            self.fail("the check inside fails: " + ran.verdict())
        return OK

    def again(self, seen: Seen):
        """Paused, or between two states: for a moment only?"""
        if time.monotonic() >= self.deadline.at(0.5):
            return GENERIC
        self.breathe(0.5)
        return None

    STEPS = {"inspect": inspect, "again": again}

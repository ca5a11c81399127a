# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of an action on a container: look, follow the table, until it names an exit code.

What the steps of the table do is in monitor.py, start.py, stop.py and migrate.py.
"""

import time

from manageve.errors import GENERIC, NOT_RUNNING, OK, Fail, OutOfTime
from manageve.table import MEANING, TABLE, Seen
from manageve.waiting import pause

UNUSABLE = ("unfit", "blind", "doubt", "proved")  # what a look cut short by the deadline looks like, too


class Freezing:
    """lxc can stay in FREEZING for good, where nothing but a wake helps."""

    LONG = 5.0  # seconds that it may take

    def __init__(self):
        self.since = None  # when it was first seen so

    def is_stuck(self, seen: Seen) -> bool:
        """Has it been so for long? Then the time is counted anew."""
        now = time.monotonic()
        if not seen.freezing:
            self.since = None
        elif self.since is None:
            self.since = now
        elif now - self.since >= self.LONG:
            self.since = None
            return True
        return False


class Operation:
    """column: of the table; level: OCF_CHECK_LEVEL; slots: start slots of this node. STEPS: the words of the table."""

    STEPS = {}

    def __init__(self, column: str, parameters, engine, deadline, log, level: int, slots):
        self.column, self.par, self.engine, self.deadline = column, parameters, engine, deadline
        self.log, self.level, self.slots = log, level, slots
        self.name = "container " + parameters.veid
        self.seen = None
        self.known = ""  # the state by the last usable status
        self.up = False  # it was seen running
        self.words = ""  # of the last command that did not do what it should
        self.hopeless = {}  # the step whose command failed for good

    def look(self) -> Seen:
        self.seen = self.engine.look(again=self.seen is None)
        self.up = self.up or self.seen.state in ("running", "bare")
        if self.seen.state not in UNUSABLE:
            self.known = self.seen.state
        return self.seen

    def run(self) -> int:
        """The exit code."""
        while True:
            try:
                seen = self.look()
            except OutOfTime:
                return self.out_of_time()
            if self.will_come_back(seen):
                pause(0.3)
                continue
            cell = TABLE[seen.state][self.column]
            code = cell if isinstance(cell, int) else self.STEPS[cell](self, seen)
            if code is not None:
                return self.end(code)

    def out_of_time(self) -> int:
        self.fail("no success in time")

    def will_come_back(self, seen: Seen) -> bool:
        """Is this a status that is unusable for a moment only?"""
        return False

    def end(self, code: int) -> int:
        """Say why, where somebody will ask."""
        text = self.outcome(MEANING[self.seen.state])
        if code == NOT_RUNNING and self.column == "probe":
            self.log.debug(text)
        elif code != OK:
            self.log.reason(text)
        elif self.seen.state == "proved":
            self.log.warning("%s: %s" % (self.name, text))
        return code

    def outcome(self, what: str) -> str:
        details = "; ".join(t for t in (self.seen.words if self.seen else "", self.words) if t)
        return what + (" (%s)" % details if details else "")

    def note(self, ran):
        """Remember what a command had to say that did not work; one that was cut off says less than the one before."""
        if ran.code is not None or not self.words:
            self.words = ran.verdict() if ran.code != 0 else ""

    def fail(self, what: str):
        raise Fail(GENERIC, self.outcome(what))

    def breathe(self, seconds: float):
        """A pause that leaves time for the next look."""
        pause(max(0.0, min(seconds, self.deadline.left() / 10)))

    def unmount(self, seen: Seen, until: float = None):
        if self.hopeless.get("unmount") or time.monotonic() >= self.deadline.last:
            self.fail("it cannot be unmounted")
        ran = self.engine.umount(until or self.deadline.last)
        self.note(ran)
        if ran.code == 40 and self.engine.unmount_itself():
            return
        self.hopeless["unmount"] = ran.code not in (0, 32, 40, None) and ran.code not in self.engine.UNSTOPPED
        if ran.code != 0:
            self.breathe(0.3)

    def close(self):
        """What is still to be seen to when the exit code is known."""

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an operation's timeout is divided: whatever happens, the agent answers before it is over. Times are seconds."""

import time

from manageve.errors import GENERIC, OutOfTime

BEGUN = time.monotonic()  # of the action: this is read when it begins


class Part:
    """A part of a timeout: this share of it, at least and at most so many seconds, and never more than `limit` of it."""

    def __init__(self, share: float, least: float, most: float, limit: float):
        self.share, self.least, self.most, self.limit = share, least, most, limit

    def of(self, seconds: float) -> float:
        return min(max(self.share * seconds, self.least), self.most, self.limit * seconds)


RESERVE = Part(0.05, 1.0, 10.0, 0.5)  # not used at all: so much earlier the agent ends
FORCED = Part(0.15, 5.0, float("inf"), 0.5)  # kept for the forced stop and the unmount
RESORT = Part(0.06, 3.0, 8.0, 0.25)  # of that, kept for the last resort: to end the container without its tool
LAST_LOOK = Part(0.15, 0.0, 3.0, 1.0)  # kept for a last look at what a command has done


class Deadline:
    """The end of the operation, and the moments before it by which something must be over (time.monotonic)."""

    def __init__(self, seconds: float):
        self.total = seconds
        self.end = BEGUN + seconds - RESERVE.of(seconds)
        self.force = self.end - FORCED.of(seconds)
        self.resort = self.end - RESORT.of(seconds)
        self.last = self.end - LAST_LOOK.of(seconds)

    def left(self) -> float:
        return self.end - time.monotonic()

    def command(self) -> float:
        """The end of a command that begins now: however late, it has a part of what is left."""
        return max(self.last, self.end - 0.5 * self.left())

    def at(self, share: float) -> float:
        """The moment when this share of the timeout is over."""
        return BEGUN + share * self.total

    def look(self) -> float:
        """The end of one look at the status."""
        left = self.left()
        if left < min(0.3, self.total / 20):  # no answer in so short a time says nothing
            raise OutOfTime(GENERIC, "no time left")
        return time.monotonic() + min(10.0, left / 3)

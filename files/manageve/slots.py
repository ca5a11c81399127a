# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start slots of this node: the queue in which starts wait for one another (parameter start_slots)."""

import os
import time

from manageve import rundir
from manageve.text import is_number
from manageve.waiting import pause


class Slots:
    """At most so many starts at once on this node; first come, first served.

    Every start, restore and wake has a ticket: a numbered file in a directory of root's, locked as long as the agent
    lives, not empty when it has its slot. The directory's own lock is held for moments only.
    """

    def __init__(self, slots, deadline, log, environ):
        self.slots, self.deadline, self.log = slots, deadline, log
        self.directory = rundir.base(environ) + "/ManageVE.gate"
        self.held = False
        self.number = self.ticket = None

    def enter(self):
        """Wait for a slot; True if there was a wait."""
        self.held = True
        try:
            rundir.make(self.directory)
            with self:
                self.number = max([0] + self.numbers()) + 1
                self.ticket = self.lock(self.path(self.number))
                if not self.is_full():
                    return False
            self.wait()
            return True
        except OSError as e:
            self.log.warning("start_slots has no effect, %s: %s" % (self.directory, e.strerror or e))
            return False

    def wait(self):
        """Until a slot is free, or half the time is over; then one by one in the next quarter, never all at once."""
        half = self.deadline.at(0.5)
        while time.monotonic() < half:
            pause(max(0.0, min(0.2, half - time.monotonic())))
            with self:
                if time.monotonic() < half and not self.is_full():
                    return
        with self:
            waiting = sorted(n for n, held in self.others() if not held) + [self.number]
        place = 1 + sum(n < self.number for n in waiting)
        pause(self.deadline.at(0.5 + 0.25 * place / len(waiting)) - time.monotonic())
        with self:
            self.take()
        self.log.warning("no slot in half the time: starting all the same, as %d of %d" % (place, len(waiting)))

    def is_full(self):
        """Take a slot unless those who have one and those who came before leave none."""
        if self.slots and sum(held or n < self.number for n, held in self.others()) >= self.slots:
            return True
        self.take()
        return False

    def take(self):
        os.write(self.ticket, b"held")

    def path(self, number):
        return "%s/%d" % (self.directory, number)

    def numbers(self):
        return [int(name) for name in os.listdir(self.directory) if is_number(name)]

    def others(self):
        """(number, has a slot) of every other living ticket; the dead are cleared away."""
        out = []
        for number in self.numbers():
            if number == self.number:
                continue
            held = False
            try:
                held = os.stat(self.path(number)).st_size > 0
                fd = self.lock(self.path(number), os.O_RDWR)
                os.unlink(self.path(number))
                os.close(fd)
            except BlockingIOError:
                out.append((number, held))
            except FileNotFoundError:  # it has just left
                pass
        return out

    @staticmethod
    def lock(path, flags=os.O_RDWR | os.O_CREAT):
        import fcntl

        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        return fd

    def __enter__(self):
        end = time.monotonic() + 5
        while True:
            try:
                self.mutex = self.lock(self.directory + "/lock")
                return self
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                pause(0.01)

    def __exit__(self, *_):
        os.close(self.mutex)

    def leave(self):
        if self.ticket is not None:
            try:
                os.unlink(self.path(self.number))
            except OSError:
                pass
            os.close(self.ticket)
            self.ticket = None

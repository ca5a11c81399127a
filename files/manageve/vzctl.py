# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVZ and Virtuozzo: what vzctl is told to do; legacy 4.x, and vz7 and later."""

import time

from manageve import vzctl_files, vzctl_host
from manageve.errors import GENERIC, INSTALLED, Fail
from manageve.process import Command
from manageve.table import Seen
from manageve.text import clean
from manageve.vzctl_status import UNFIT, VzctlStatus
from manageve.waiting import pause

BUSY = 51
ELSEWHERE = UNFIT + (14, 43, 105)  # a start that fails so may succeed on another host


class Vzctl(VzctlStatus):
    """The acting half of engine vzctl."""

    LOCKED = 9
    loses_halts = True
    UNSTOPPED = (LOCKED, 33, BUSY, 153, 231)

    def __init__(self, *args):
        VzctlStatus.__init__(self, *args)
        self.skiplock = False  # None: it knows no such flag

    def verb(self, *args, until: float, again=(LOCKED,), each=None) -> Command:
        """Run a verb, again and again while the lock is held (or what else passes) until the time is over."""
        while True:
            self.begun = time.monotonic()
            skip = ["--skiplock"] if self.skiplock else []
            end = until if each is None else min(until, self.begun + each)
            ran = self.run([self.tool("vzctl")] + skip + list(args), end)
            if skip and ran.code in (20, 21):
                self.skiplock = None
            elif ran.code not in again:
                return ran
            elif ran.code != self.LOCKED or not self.break_lock(ran):
                if time.monotonic() + 1.5 > until:  # a try that cannot end is not begun
                    return ran
                pause(0.5)

    def break_lock(self, ran: Command) -> bool:
        """Is the holder, as vzctl names it, none of vz's tools: a pid recycled after a crash?"""
        holder = vzctl_host.foreign_holder(ran) if self.skiplock is False else None
        if holder is None:
            return False
        self.log.warning("the lock of %s is held by no tool of vz (%s): --skiplock" % (self.name, clean(holder)))
        self.skiplock = True
        return True

    def begin(self, *args, until: float, each=None) -> Command:
        """start or restore. A container of another server is fetched: fencing has seen to it that it does not run there."""
        ran = self.verb(*args, until=until, again=(self.LOCKED, BUSY), each=each)
        for force in ([], ["--force"]):
            if ran.code == 141:
                private = self.setting("VE_PRIVATE", "/vz/private/$VEID")
                if private is None:
                    raise Fail(GENERIC, "%s; its configuration does not answer" % ran.verdict())
                register = self.verb("register", private, self.id, *force, until=until)
                if register.code == 0:
                    ran = self.verb(*args, until=until, again=(self.LOCKED, BUSY), each=each)
                elif force:
                    raise Fail(GENERIC, "%s; %s" % (ran.verdict(), register.verdict()))
        return ran

    def start(self, until: float, native=None):
        ran = self.begin("start", self.name, *([] if native is None else ["--wait"]), until=until, each=native)
        if ran.code in (0, 32) or ran.code is None and native is not None:
            return ran.code
        raise Fail(INSTALLED if ran.code in ELSEWHERE else GENERIC, ran.verdict())

    def wake(self, until: float, starting: bool = False) -> Command:
        ran = self.verb("chkpnt", self.name, "--resume", until=until)
        if starting and self.modern and ran.code not in (0, None):  # in vz7 start wakes it as well
            ran = self.verb("start", self.name, until=until)
        return ran

    def halt(self, seen: Seen, grace: float):
        if seen.state not in ("doubt", "proved") and self.modern is not None:
            if self.par.stop_grace > self.own_grace():  # vzctl would kill it before its time
                return self.inside("halt"), True
        skip = ["--skiplock"] if self.skiplock else []
        return Command([self.tool("vzctl")] + skip + ["stop", self.name]), False

    def setting(self, key: str, default: str):
        """None: its configuration does not answer."""
        return self.storage.ask(vzctl_files.setting, key, default, self.id)

    def own_grace(self) -> float:
        """Seconds after which vzctl itself goes over to force."""
        if self.modern:
            return 60
        try:
            return float(self.setting("STOP_TIMEOUT", "0") or 0) or 120
        except ValueError:
            return 120

    def kill(self, until: float, hanging) -> Command:
        args = [self.tool("vzctl"), "--skiplock", "stop", self.name, "--fast"]
        ran = self.run(args, until)
        if ran.code in (20, 21):
            if hanging:
                hanging.kill()
            ran = self.run(args[:1] + args[2:], until)
        return ran

    def umount(self, until: float) -> Command:
        return self.verb("umount", self.name, until=until, again=self.UNSTOPPED)

    def inside(self, command: str) -> Command:
        # a leading dash would be an option of vzctl, and "-" alone its standard input
        command = " " + command if command[:1] == "-" else command
        return Command([self.tool("vzctl"), "exec2", self.name, command], guest=True)

    def halts_late(self) -> bool:
        return self.storage.ask(vzctl_files.has_stop_script, self.id) != "no"

    @staticmethod
    def was_shut_down(ran: Command) -> bool:
        """Was this halt ended by the shutdown that it had begun? vzctl says 3 where a signal ended a command."""
        return ran.code == 31 or ran.code >= 128 or ran.code == 3 and "Got signal" in ran.err + ran.out

    @staticmethod
    def is_gone(ran: Command) -> bool:
        return ran.code == 31 and "is not running" in ran.err or ran.code == 3 and "Got signal" in ran.err

    def suspend(self, until: float) -> Command:
        return self.verb("chkpnt", self.name, until=until)

    def restore(self, until: float) -> Command:
        return self.begin("restore", self.name, until=until)

    def set_aside(self):
        """Rename the memory dump; where it is now, nothing if there is none."""
        answer = self.storage.ask(vzctl_files.set_aside, self.id, self.modern)
        if answer is None:
            raise Fail(GENERIC, "its memory dump cannot be set aside: the storage does not answer")
        if answer[:1] == "-":
            raise Fail(GENERIC, "its memory dump cannot be set aside: " + answer[1:])
        return answer[1:]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all engines have in common: their tools, and a look at a container that asks the host where the tool's word is
not enough."""

import time

from manageve.errors import NoTool
from manageve.process import Command
from manageve.storage import Storage
from manageve.system import ENVIRON, is_program
from manageve.table import HIDDEN, MOUNTED, PROVED, UNCLEAR, Seen
from manageve.waiting import pause

# what a state is where a tool of the engine's is at work on the container
HELD = {"down": "held", "suspended": "held", "mounted": "mounting", "unfit": "doubt", "blind": "doubt"}


class Engine:
    """One container, as its tools see and treat it. What an engine of its own has to know is at the end."""

    DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin")
    LOCKED = None  # the exit code that means that another command holds the container's lock
    trusts_host = False  # does the host's proof stand against a tool that says that there is no such container?
    migrates = True
    loses_halts = False  # does a guest that boots lose its halt? See halt_again.py
    UNSTOPPED = ()  # exit codes of a forced stop or an unmount that may pass

    def __init__(self, parameters, deadline, log):
        self.par, self.deadline, self.log = parameters, deadline, log
        self.name = parameters.veid
        self.storage = Storage(deadline, log)
        self.begun = None  # when the last start or restore was begun

    def tool(self, name: str) -> str:
        directories = [d for d in ENVIRON.get("PATH", "").split(":") if d.startswith("/")]
        for directory in directories + list(self.DIRECTORIES):
            path = "%s/%s" % (directory.rstrip("/"), name)
            if is_program(path):
                return path
        raise NoTool(name)

    def report(self, command: Command, change: bool = True) -> Command:
        took = "" if command.code is None else " after %.2f s" % command.seconds
        (self.log.info if change else self.log.debug)(command.record() + took)
        return command

    def run(self, argv, until: float, change: bool = True) -> Command:
        return self.report(Command(argv, look=not change).finish(until), change)

    def look(self, again: bool = True) -> Seen:
        """What is the case. again: an unusable status is asked for a second time."""
        for _again in range(5):
            begun = time.time()
            seen = self.judge(again)
            if seen.state not in HELD:
                return seen
            holder = self.holder(begun)
            if holder is not None:  # else what the status said may be over: a start has let go of the lock since
                break
            # longer than a change of the locks from before the look counts as one during it
            pause(min(0.1, self.deadline.left() / 20))
        if holder != "":
            seen.words = "%s; its lock is held by %s" % (seen.words, holder or "one after the other")
            seen.state = HELD[seen.state]
        return seen

    def judge(self, again: bool) -> Seen:
        """The engine's word, and where that is not enough, the host's."""
        for last in (False, True):
            try:
                seen = self.status(self.deadline.look())
            except NoTool as e:
                seen = Seen("unfit", e.reason, ask=True)
            if seen.state != "blind" or last or not again:
                break
            pause(min(0.2, self.deadline.left() / 10))
        if seen.ask:
            seen.host = self.asked(seen)
            seen.state = self.weigh(seen)
        return seen

    def asked(self, seen: Seen) -> str:
        """What the host shows; what exists and cannot be read is unclear."""
        try:
            answer = self.evidence(seen)
        except (OSError, ValueError, IndexError):
            answer = UNCLEAR
        self.log.debug("the host: %s" % answer)
        return answer

    def weigh(self, seen: Seen) -> str:
        """The state, by what the tool said and what the host shows."""
        unusable = seen.state in ("unfit", "blind")
        if seen.host == HIDDEN:
            return seen.state
        if seen.host == PROVED and unusable:
            return "proved"
        if seen.host == PROVED and self.trusts_host:
            return "bare"
        if seen.host == MOUNTED and not unusable:
            return "mounted"
        return "doubt"

    def end_commands(self):
        """Whatever still runs is ended: the action is over."""
        for command in list(Command.unfinished):
            self.report(command.finish(0))

    # -- what an engine of its own has to know ----------------------------------------------------
    def status(self, until: float) -> Seen:
        """The tool's word."""
        raise NotImplementedError

    def evidence(self, seen: Seen) -> str:
        """The host's word, as in table.py. What may touch storage is asked of self.storage."""
        raise NotImplementedError

    def is_mounted(self) -> bool:
        """Does the host show its root file system, or can that not be told?"""
        return False

    def holder(self, since: float):
        """Who holds the container's lock, where that is a living tool of the engine's and no command of ours; nothing:
        nobody; None: nobody now, but a lock has changed hands since then (time.time)."""
        return ""

    def own_cgroups(self, watcher: bool = False):
        """The cgroups that are this container's and no other's; watcher: of the process that watches over it instead."""
        return []

    def is_frozen(self) -> bool:
        """Does the kernel hold it, though the tool may call it running? Then a command in it would be stuck with it."""
        return False

    def is_whole(self) -> bool:
        """Is all there that the tool itself does not look for: configuration, root file system?"""
        return True

    def unmount_itself(self) -> bool:
        """umount(2) of what the tool calls unmounted or will not unmount; False: it is busy, or there is nothing."""
        return False

    def start(self, until: float, native=None):
        """0: started, 32: it ran already, None: the tool waited in vain (native: the seconds that it may wait)."""
        raise NotImplementedError

    def wake(self, until: float, starting: bool = False) -> Command:
        raise NotImplementedError

    def halt(self, seen: Seen, grace: float):
        """Begin a graceful shutdown: (command, is it the guest's own halt?)."""
        raise NotImplementedError

    def kill(self, until: float, hanging) -> Command:
        """A forced stop; hanging: the graceful one that still runs, if any."""
        raise NotImplementedError

    def inside(self, command: str) -> Command:
        """Begin a command in the guest, by its shell."""
        raise NotImplementedError

    def halts_late(self) -> bool:
        """May its tool's graceful stop do something else first, before it halts the guest?"""
        return False

    @staticmethod
    def was_shut_down(ran: Command) -> bool:
        """Was the guest's own halt ended by the shutdown that it had begun?"""
        return ran.code >= 128

    @staticmethod
    def is_gone(ran: Command) -> bool:
        """Are these the tool's words, that there is no guest to run a command in, or none any more?"""
        raise NotImplementedError

    def last_words(self) -> str:
        """Of a guest that went down."""
        return ""

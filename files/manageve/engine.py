# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all engines have in common: their tools, and a look at a container that asks the host where the tool's word is
not enough."""

from manageve.errors import NoTool
from manageve.process import Command
from manageve.system import ENVIRON, is_program
from manageve.table import HIDDEN, SHOWN, UNCLEAR, Seen
from manageve.waiting import pause


class Engine:
    """One container, as its tools see and treat it. What an engine of its own has to know is at the end."""

    DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin")
    LOCKED = None  # the exit code that means that another command holds the container's lock
    trusts_host = False  # does a sign on the host prove that a container without a configuration runs?
    migrates = True
    UNSTOPPED = ()  # exit codes of a forced stop or an unmount that may pass

    def __init__(self, parameters, deadline, log):
        self.par, self.deadline, self.log = parameters, deadline, log
        self.name = parameters.veid
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
        (self.log.info if change else self.log.debug)(command.verdict() + took)
        return command

    def run(self, argv, until: float, change: bool = True) -> Command:
        return self.report(Command(argv, look=not change).finish(until), change)

    def look(self) -> Seen:
        """What is the case: the engine's word, and where that is not enough, the host's."""
        for last in (False, True):
            try:
                seen = self.status(self.deadline.look())
            except NoTool as e:
                seen = Seen("unfit", e.reason, ask=True)
            if seen.state != "blind" or last:
                break
            pause(min(0.2, self.deadline.left() / 10))
        if seen.ask:
            answer = self.ask(self.is_shown, seen)
            if answer != HIDDEN:
                proved = answer == SHOWN and self.trusts_host and seen.state not in ("unfit", "blind")
                seen = Seen("bare" if proved else "doubt", seen.words, seen.dump, mounted=seen.mounted)
        return seen

    def ask(self, question, *args) -> int:
        """SHOWN, HIDDEN or UNCLEAR (what exists and cannot be read), from a process of its own: a look at lost storage
        can hang for good."""

        def answer():
            try:
                return question(*args)
            except (OSError, ValueError, IndexError):
                return UNCLEAR

        asked = Command([question.__name__], function=answer).finish(self.deadline.look())
        answer = asked.code if asked.code in (SHOWN, HIDDEN) else UNCLEAR
        self.log.debug("%s: %s" % (question.__name__, ("yes", "no", "unclear")[answer]))
        return answer

    def end_commands(self):
        """Whatever still runs is ended: the action is over."""
        for command in list(Command.unfinished):
            self.report(command.finish(0))

    # -- what an engine of its own has to know ----------------------------------------------------
    def status(self, until: float) -> Seen:
        """The tool's word."""
        raise NotImplementedError

    def is_shown(self, seen: Seen) -> int:
        """The host's word: SHOWN, HIDDEN or UNCLEAR."""
        raise NotImplementedError

    def is_mounted(self) -> int:
        """The host's word on its root file system."""
        return HIDDEN

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

    @staticmethod
    def is_gone(ran: Command) -> bool:
        """Are these the tool's words, that there is no guest to run a command in?"""
        raise NotImplementedError

    def last_words(self) -> str:
        """Of a guest that went down."""
        return ""

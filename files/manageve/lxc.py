# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LXC: what its own tools say and are told to do."""

import time

from manageve.engine import Engine
from manageve.errors import GENERIC, Fail
from manageve.process import Command
from manageve.table import Seen
from manageve.text import clean


class Lxc(Engine):
    """LXC's own tools."""

    WORDS = {
        "RUNNING": "running",
        "FROZEN": "paused",
        "STOPPED": "down",
        "STARTING": "passing",
        "STOPPING": "passing",
        "ABORTING": "passing",
        "FREEZING": "passing",
        "THAWED": "passing",
    }
    migrates = False
    begun_at = 0.0  # when the last start was begun, by the clock that lxc's log goes by
    GUEST = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
        "HOME": "/",
        "TERM": "linux",
    }  # the host's own environment is no business of the guest

    def argv(self, tool, *args):
        return [self.tool(tool), "-n", self.name, "-P", self.par.lxc_path] + list(args)

    def status(self, until):
        ran = self.run(self.argv("lxc-info", "-sH"), until, change=False)
        if ran.code == 0:
            for line in ran.out.splitlines():
                state = self.WORDS.get(line.strip())
                if state:
                    seen = Seen(state, "lxc-info: " + line.strip())
                    seen.freezing = line.strip() == "FREEZING"
                    return seen
            return Seen("blind", "lxc-info says nothing usable (%s)" % ran.words(), ask=True)
        if "doesn't exist" in ran.err + ran.out:
            return Seen("absent", self.elsewhere() + ran.verdict(), ask=True)
        return Seen("blind", ran.verdict(), ask=True)

    def elsewhere(self) -> str:
        """lxc's own directory, where that is another one than ours."""
        from manageve import lxc_files

        path = self.storage.ask(lxc_files.own_path)
        if not path or path == self.par.lxc_path:
            return ""
        there = self.storage.ask(lxc_files.is_there, path, self.name) == "yes"
        where = "lxc_path is %s, but %s says %s" % (self.par.lxc_path, lxc_files.CONF, clean(path))
        return where + ("%s; " % (", and there it is" if there else ""))

    def is_whole(self) -> bool:
        from manageve import lxc_files

        return self.storage.ask(lxc_files.is_whole, self.par.lxc_path, self.name) != "no"

    def evidence(self, seen):
        from manageve import lxc_host

        return lxc_host.evidence(self.name, self.par.lxc_path)

    def own_cgroups(self, watcher=False):
        from manageve import lxc_host

        return lxc_host.cgroups_of(self.name, self.par.lxc_path, watcher)

    def start(self, until, native=None):
        self.begun, self.begun_at = time.monotonic(), time.time()
        ran = self.run(self.argv("lxc-start", "-d"), until)
        if ran.code != 0:
            raise Fail(GENERIC, "; ".join(text for text in (self.cause(), ran.verdict()) if text))
        return 0

    def cause(self) -> str:
        """Why it does not start, which lxc-start keeps to itself: what is missing, else what lxc wrote into its log."""
        from manageve import lxc_files

        missing = clean(self.storage.ask(lxc_files.missing, self.par.lxc_path, self.name) or "")
        return missing or self.logged()

    def logged(self) -> str:
        from manageve import lxc_files

        stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(self.begun_at))
        errors = clean(self.storage.ask(lxc_files.errors, self.par.lxc_path, self.name, stamp) or "")
        if errors:
            self.log.error("lxc's own log: " + errors)
        return errors

    def wake(self, until, starting=False):
        return self.run(self.argv("lxc-unfreeze"), until)

    def halt(self, seen, grace):
        seconds = min(max(1, int(grace + 0.99)), 1000000)  # 0 would not wait at all
        return Command(self.argv("lxc-stop", "--nokill", "-t", str(seconds))), False

    def kill(self, until, hanging):
        return self.run(self.argv("lxc-stop", "-k"), until)

    def inside(self, command):
        return Command(self.argv("lxc-attach", "--", "/bin/sh", "-c", command), guest=True, env=self.GUEST)

    @staticmethod
    def is_gone(ran):
        return ran.err.startswith("lxc-attach: ")

    def last_words(self):
        from manageve import lxc_files

        console = clean(self.storage.ask(lxc_files.last_words, self.par.lxc_path, self.name) or "")
        return console or (self.logged() if self.begun_at else "")

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LXC: what its own tools say and are told to do."""

import posix
import time

from manageve.engine import Engine
from manageve.errors import GENERIC, Fail
from manageve.process import Command
from manageve.system import exists
from manageve.table import HIDDEN, SHOWN, Seen
from manageve.text import clean, is_number, read_text


def settings(text, depth=8):
    """(key, value) of every line, those of the files that it includes in their place."""
    for line in text.splitlines():
        key, is_one, value = [part.strip() for part in line.partition("=")]
        if is_one and key == "lxc.include" and depth:
            for path in included(value):
                try:
                    inner = read_text(path)
                except OSError:  # LXC would not start it, but it may run
                    continue
                yield from settings(inner, depth - 1)
        elif is_one:
            yield key, value


def included(path):
    """A file, or those of a directory that LXC takes."""
    try:
        return ["%s/%s" % (path, name) for name in sorted(posix.listdir(path)) if name.endswith(".conf")]
    except OSError:
        return [path]


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
                    if state == "running" and not self.complete():
                        state = "bare"
                    return Seen(state, "lxc-info: " + line.strip())
            return Seen("blind", "lxc-info says nothing usable (%s)" % ran.words(), ask=True)
        if "doesn't exist" in ran.err + ran.out:
            return Seen("absent", ran.verdict(), ask=True)
        return Seen("blind", ran.verdict(), ask=True)

    def config(self, key):
        """The last value that the configuration gives it, None where it gives none. OSError: there is no configuration."""
        value = None
        for name, given in settings(read_text("%s/%s/config" % (self.par.lxc_path, self.name))):
            if name == key:
                value = given
        return value

    def complete(self):
        """Are the configuration and the root file system there?"""
        try:
            rootfs = self.config("lxc.rootfs.path") or ""
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        rootfs = rootfs[4:] if rootfs.startswith("dir:") else rootfs
        return not rootfs.startswith("/") or exists(rootfs)

    def is_shown(self, seen):
        from manageve.host import in_cgroup

        sockets = {line.split(" ")[-1] for line in read_text("/proc/net/unix").splitlines()}
        if "@%s/%s/command" % (self.par.lxc_path, self.name) in sockets:
            return SHOWN
        payload = "lxc.payload." + self.name
        # web-1 is a container of its own, or web in a cgroup with a suffix, as left over ones of its name give the next one
        others = {"lxc.payload." + s.split("/")[-2] for s in sockets if s.startswith("@/") and s.endswith("/command")}

        def fits(name):
            return name not in others and (
                name == payload or name.startswith(payload + "-") and is_number(name[len(payload) + 1 :])
            )

        return SHOWN if in_cgroup(fits) else HIDDEN

    def start(self, until, native=None):
        self.begun = time.monotonic()
        ran = self.run(self.argv("lxc-start", "-d"), until)
        if ran.code != 0:
            raise Fail(GENERIC, ran.verdict())
        return 0

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
        try:
            path = self.config("lxc.console.logfile")
            with open(path or "", "rb") as f:
                f.seek(max(0, posix.fstat(f.fileno()).st_size - 400))
                lines = f.read().decode("utf-8", "replace").splitlines()
            return clean("; ".join([l.strip() for l in lines if l.strip()][-3:]))
        except OSError:
            return ""

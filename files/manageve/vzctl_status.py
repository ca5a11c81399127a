# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vzctl says of a container, and what the host shows of it."""

from manageve import vzctl_files, vzctl_host
from manageve.engine import Engine
from manageve.process import Command
from manageve.table import HIDDEN, MOUNTED, PROVED, SHOWN, UNCLEAR, Seen
from manageve.text import clean

UNFIT = (5, 10, 11, 107, 108)  # exit codes: this host is not set up for vz


class VzctlStatus(Engine):
    """The looking half of engine vzctl."""

    trusts_host = True

    def __init__(self, *args):
        Engine.__init__(self, *args)
        self.id = self.name  # what vzctl calls it, once that is known
        self.resolved = False
        self.silent = set()  # the questions for its places that were not answered: they are asked once
        self.modern = None  # is it vz7 or later? None: not known yet

    def status(self, until: float) -> Seen:
        ran = self.run([self.tool("vzctl"), "status", self.name], until, change=False)
        if ran.code == 21 and "bad ct id" in (ran.err + ran.out).lower():
            return Seen("absent", ran.verdict(), ask=True)
        if ran.code != 0:
            return Seen("unfit" if ran.code in UNFIT else "blind", ran.verdict(), ask=True)
        for line in ran.out.splitlines():
            words = line.split(" ")
            if is_status(words):
                return self.sort(words, "vzctl status: " + clean(line))
        return Seen("blind", "vzctl status says nothing usable (%s)" % ran.words(), ask=True)

    def sort(self, words, said: str) -> Seen:
        self.modern, self.id, self.resolved = words[0] == "VEID", words[1], True
        lost, mounted, dump = words[2] == "deleted", words[3] == "mounted", "suspended" in words[4:]
        if words[4] == "running":
            return Seen("bare" if lost else "running", said)
        if words[4] == "paused":
            return Seen("paused", said)
        if mounted:
            state = "mounted"
        elif lost and self.storage.ask(vzctl_files.is_configured, self.id) == "no":
            state = "absent"
        else:
            state = "suspended" if dump else "down"
        return Seen(state, said, dump, ask=lost, mounted=mounted)

    def evidence(self, seen: Seen) -> str:
        known = {self.name.lower(), self.id.lower()}
        running = vzctl_host.listed()  # where there is a list, it is the truth
        if running is not None:
            if known & {i.lower() for i in running}:
                return SHOWN if self.is_frozen() else PROVED
            if self.is_id_known():
                usable = seen.state not in ("unfit", "blind")
                return MOUNTED if usable and self.by_places(known, seen.mounted) == MOUNTED else HIDDEN
            return self.storage.ask(vzctl_host.by_name, self.name, " ".join(running)) or UNCLEAR if running else HIDDEN
        if self.is_id_known():
            return self.by_kernel(known, seen.mounted)
        meant = self.storage.ask(vzctl_host.ids_of, self.name)  # by vz's own files: no proof
        if not meant:
            return UNCLEAR if meant is None else HIDDEN
        return HIDDEN if self.by_kernel(set(meant.split()), False) == HIDDEN else SHOWN

    def is_id_known(self) -> bool:
        return self.resolved or vzctl_files.is_id(self.name)

    def by_kernel(self, ids, mounted: bool) -> str:
        """On a kernel that keeps no list."""
        directories = vzctl_host.cgroups_of(ids)
        found = vzctl_host.by_cgroup(directories)
        if found == HIDDEN:
            found = self.by_places(ids, mounted)
        # an empty cgroup is what vz leaves of one that it stopped
        return HIDDEN if found == UNCLEAR and directories else found

    def by_places(self, ids, mounted: bool) -> str:
        places, is_sure = self.places(ids)
        found = vzctl_host.by_places(places, mounted)
        return found if found != HIDDEN or is_sure else UNCLEAR

    def places(self, ids):
        """((VE_ROOT, VE_PRIVATE) as sets of paths, are these all?)"""
        roots, areas = set(), set()
        for question in (vzctl_host.usual_places, vzctl_host.own_places):
            answer = None if question in self.silent else self.storage.ask(question, " ".join(ids))
            if answer is None:
                self.silent.add(question)
                continue
            more_roots, more_areas = (set(line.split("\0")) for line in answer.split("\n"))
            roots, areas = roots | more_roots, areas | more_areas
        return (roots, areas) if roots else vzctl_host.default_places(ids), not self.silent

    def is_mounted(self) -> bool:
        return self.by_places({self.id.lower()}, False) in (MOUNTED, SHOWN)

    def holder(self, since: float):
        holder = self.storage.ask(vzctl_host.holder, self.id, since) or ""
        ours = {str(command.pid) for command in Command.unfinished}
        if holder == vzctl_host.CHANGED:
            return None
        return "" if holder.partition(" ")[0] in ours else clean(holder)[:200]

    def own_cgroups(self, watcher: bool = False):
        return [] if watcher else vzctl_host.cgroups_of({self.name.lower(), self.id.lower()})

    def is_frozen(self) -> bool:
        try:
            return vzctl_host.is_frozen(self.own_cgroups())
        except (OSError, ValueError, IndexError):
            return False

    def unmount_itself(self) -> bool:
        (roots, areas), sure = self.places({self.id})
        points = self.storage.ask(vzctl_host.unmount, roots)
        if points:
            self.log.warning("unmounted %s, which vzctl would not" % clean(points))
        return bool(points)


def is_status(words) -> bool:
    """Are these the words of the line that `vzctl status` prints?"""
    return (
        len(words) in (5, 6)
        and words[0] in ("CTID", "VEID")
        and words[2] in ("exist", "deleted")
        and words[3] in ("mounted", "unmounted")
        and words[4] in ("running", "paused", "down", "suspended")
        and words[5:] in ([], ["suspended"])
    )

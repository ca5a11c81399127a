# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vzctl says of a container, and what the host shows of it."""

from manageve import vzctl_files
from manageve.engine import Engine
from manageve.system import exists
from manageve.table import HIDDEN, SHOWN, UNCLEAR, Seen
from manageve.text import clean, read_text

UNFIT = (5, 10, 11, 107, 108)  # exit codes: this host is not set up for vz


class VzctlStatus(Engine):
    """The looking half of engine vzctl."""

    trusts_host = True

    def __init__(self, *args):
        Engine.__init__(self, *args)
        self.id = self.name  # what vzctl calls it, once that is known
        self.resolved = False
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
        elif lost and not exists(vzctl_files.configuration(self.id)):
            state = "absent"
        else:
            state = "suspended" if dump else "down"
        return Seen(state, said, dump, ask=lost, mounted=mounted)

    def is_shown(self, seen: Seen) -> int:
        known, meant = {self.name.lower(), self.id.lower()}, self.meant()
        try:
            listed = [line.split()[0] for line in read_text("/proc/vz/veinfo").splitlines() if line.strip()]
            listed = [i for i in listed if i != "0"]  # the host itself, on some kernels
        except (FileNotFoundError, NotADirectoryError):
            return self.is_shown_without_vz(seen, known, meant)
        running = {i.lower() for i in listed}
        if known & running:
            return SHOWN
        if meant & running:
            return UNCLEAR
        # a running container that has lost its configuration can be any name's that vzctl does not know
        if not (self.resolved or vzctl_files.is_id(self.name)) and not all(
            exists(vzctl_files.configuration(i)) for i in listed
        ):
            return UNCLEAR
        return HIDDEN

    def is_shown_without_vz(self, seen: Seen, known, meant) -> int:
        """By its cgroup or its mount, on a kernel without /proc/vz/veinfo."""
        from manageve.host import in_cgroup

        for ids, answer in ((known, SHOWN), (meant, UNCLEAR)):
            if ids and in_cgroup(lambda name: name.lower() in ids):
                return answer
            if not seen.mounted and self.has_mount(ids):
                # a vzctl that has the configuration knows what runs: then the mount may be a left over one
                return answer if seen.state in ("absent", "unfit", "blind") else UNCLEAR
        return HIDDEN

    def has_mount(self, ids) -> bool:
        from os.path import realpath

        from manageve.host import mounts

        roots = {realpath(vzctl_files.setting("VE_ROOT", "/vz/root/$VEID", i)) for i in ids}
        return any(point in roots for point, kind, root in mounts())

    def is_mounted(self) -> int:
        return SHOWN if self.has_mount({self.id}) else HIDDEN

    def meant(self):
        """Ids that the name stands for by vz's own files, where vzctl itself could not tell."""
        if self.resolved or vzctl_files.is_id(self.name):
            return set()
        return vzctl_files.ids_of(self.name)


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

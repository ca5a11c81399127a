# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host shows of a vz container: the kernel's list, its cgroups, its mount, the roots of its processes, its lock."""

import posix
import time

from manageve import vzctl_files
from manageve.table import HIDDEN, MOUNTED, PROVED, SHOWN, UNCLEAR
from manageve.text import DIGITS, is_number, read_text

PLACES = (("VE_ROOT", "/vz/root/$VEID"), ("VE_PRIVATE", "/vz/private/$VEID"))
TOOLS = ("vz", "prl", "ploop", "phaul")


def is_tool(words) -> bool:
    """Is this the command line of one of vz's tools?"""
    return any(w.rsplit("/", 1)[-1].startswith(TOOLS) for w in words)


def listed():
    """The ids of the running containers, by the kernel; None: it keeps no list."""
    try:
        lines = read_text("/proc/vz/veinfo").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    ids = [line.split()[0] for line in lines if line.strip()]
    return [i for i in ids if i != "0"]  # the host itself, on some kernels


def cgroups_of(ids):
    """The cgroups that vz gives to containers of these ids, in lower case. A name, as vz takes it, names no cgroup."""
    from manageve import cgroups

    spellings = {s + i for i in ids if vzctl_files.is_id(i) for s in ("", "vz-")}
    return cgroups.find(lambda name: name.lower() in spellings) if spellings else []


def by_cgroup(directories) -> str:
    """A populated cgroup that nobody but vz names so is a proof; a bare number or a frozen one is a sign."""
    from manageve import cgroups

    inhabited = [d for d in directories if cgroups.populated(d)]
    if not inhabited:
        return HIDDEN
    if any(cgroups.is_frozen(d) for d in directories) or all(is_number(d.rpartition("/")[2]) for d in inhabited):
        return SHOWN
    return PROVED


def is_frozen(directories) -> bool:
    from manageve import cgroups

    return any(cgroups.is_frozen(d) for d in directories)


def by_places(places, mounted: bool) -> str:
    """Its mount, and the roots of processes. places: see there; mounted: the tool says that it is, so that is no sign."""
    from manageve import host

    roots, areas = places
    if host.has_root_in(roots | areas):
        return SHOWN
    if not mounted and any(point in roots for point, kind, root in host.mounts()):
        return MOUNTED
    return HIDDEN


def default_places(ids):
    """(VE_ROOT, VE_PRIVATE) of these ids, as sets of paths, where nothing is configured."""
    return tuple({default.replace("$VEID", i) for i in ids} for _key, default in PLACES)


# -- what follows may touch storage, as all of /etc/vz may lie there: it is for Storage.ask ----------
def usual_places(ids: str) -> str:
    """The same by what holds for all containers of the host: two lines of paths, between them a NUL."""
    return configured_places(ids, own=False)


def own_places(ids: str) -> str:
    """The same by their own configurations."""
    return configured_places(ids, own=True)


def configured_places(ids: str, own: bool) -> str:
    from os.path import normpath

    lines = []
    for key, default in PLACES:
        paths = set()
        for i in ids.split():
            path = vzctl_files.setting(key, default, i, own)
            paths |= spellings(path) if own else {normpath(path)}
        lines.append("\0".join(paths))
    return "\n".join(lines)


def spellings(path: str):
    """As it is written, and as the kernel writes it."""
    from os.path import basename, dirname, join, normpath, realpath

    path = normpath(path)
    return {path, join(realpath(dirname(path)), basename(path))}  # the last part may be a mount that hangs


def by_name(name: str, running: str) -> str:
    """Of a name that vzctl does not know: can it be one of these that run, by vz's own files? Nothing is proved by that."""
    running = running.split()
    if vzctl_files.ids_of(name) & set(running):
        return SHOWN
    # a running container that has lost its configuration can be any name's that vzctl does not know
    lost = [i for i in running if vzctl_files.is_configured(i) != "yes"]
    return UNCLEAR if lost else HIDDEN


def ids_of(name: str) -> str:
    """What a name stands for by vz's own files."""
    return " ".join(vzctl_files.ids_of(name))


CHANGED = "changed"
SIGKILL = 1 << 9 - 1  # in a mask of the kernel's


def holder(ctid: str, since: float) -> str:
    """The living tool of vz that holds a container's lock, as text; nothing: there is none; CHANGED: there is none, but
    locks came or went since then."""
    changed = ""
    for directory in vzctl_files.lock_directories():
        try:
            words = read_text("%s/%s.lck" % (directory, ctid)).split()
        except (FileNotFoundError, NotADirectoryError):
            words = []
        pid = words[0] if words and is_number(words[0]) else ""
        line = command_line(pid) if pid else []
        if line and is_tool(line):
            return "%s %s" % (pid, " ".join(line))
        try:  # the kernel's clock for files is some milliseconds behind; one that is ahead was set back
            if since - 0.05 <= posix.stat(directory).st_mtime <= time.time() + 1:
                changed = CHANGED
        except OSError:
            pass
    return changed


def command_line(pid: str):
    """The words of a living process's command line, or its name, where it has none; nothing of a dead one, or of one
    that only waits for its storage to die of SIGKILL: it does nothing any more."""
    try:
        facts = dict(line.split(":\t", 1) for line in read_text("/proc/%s/status" % pid).splitlines() if ":\t" in line)
        if facts["State"][0] in "ZX" or any(int(facts[key], 16) & SIGKILL for key in ("SigPnd", "ShdPnd")):
            return []
        return (
            read_text("/proc/%s/cmdline" % pid).replace("\0", " ").split() or read_text("/proc/%s/comm" % pid).split()
        )
    except (OSError, ValueError, LookupError):
        return []


def unmount(roots) -> str:
    """umount(2) of these; the mount points that there were."""
    from manageve import host

    found = []
    for root in roots:
        found += host.mounted_in(root)
        host.unmount(root)
    return " ".join(found)


def foreign_holder(ran):
    """The holder of the lock in vzctl's words, where it is none of vz's tools; None: it is one, or it cannot be told."""
    for line in (ran.err + "\n" + ran.out).splitlines():
        before, found, who = line.partition("Locked by:")
        if not found:
            continue
        pid, between, cmdline = who.partition("cmdline")
        words = cmdline.split()
        if not words:  # the dead and the kernel's own have none
            try:
                words = read_text("/proc/%s/comm" % "".join(c for c in pid if c in DIGITS)).split()
            except OSError:
                return None
        if words and not is_tool(words):
            return who
    return None

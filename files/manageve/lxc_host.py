# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel shows of an LXC container: its socket, its cgroups, and whether a guest lives in them.

The socket is there, and its cgroup inhabited, before the guest's init runs and as long as LXC's hooks do, and lxc-info is
silent all that time. So it is the processes that tell. Only names and parents are read: that never waits for one.
"""

import os

from manageve import cgroups
from manageve.table import BETWEEN, HIDDEN, PROVED, SHOWN
from manageve.text import is_number, read_text


def sockets():
    """The command sockets of running containers: {(directory, name): inodes}."""
    found = {}
    for line in read_text("/proc/net/unix").splitlines():
        words = line.split(None, 7)  # a path may have blanks in it
        if words[7:] and words[7].startswith("@/") and words[7].endswith("/command"):
            place = tuple(words[7][1 : -len("/command")].rsplit("/", 1))
            found.setdefault(place, set()).add(words[6])
    return found


def cgroups_of(name: str, directory: str, watcher: bool = False):
    """The cgroups of this container, and of no other; watcher: of the process that watches over it instead."""
    payload, places = "lxc.payload." + name, sockets()
    if any(other == name and path != directory for path, other in places):
        return []  # of two with one name in two directories nobody knows which is which
    if watcher:
        return cgroups.find(lambda found: found == "lxc.monitor." + name)
    # web-1 is a container of its own, or web in a cgroup with a suffix, as left over ones of its name give the next one
    others = {"lxc.payload." + other for path, other in places if other != name}

    def fits(found):
        return found not in others and (
            found == payload or found.startswith(payload + "-") and is_number(found[len(payload) + 1 :])
        )

    found = cgroups.find(fits)
    exact = [d for d in found if d.endswith("/" + payload)]
    # it has one name at a time: where the plain one is inhabited, what has a suffix is somebody else's
    return exact if any(cgroups.populated(d) for d in exact) else found


def evidence(name: str, directory: str) -> str:
    """PROVED, SHOWN (it is frozen), BETWEEN or HIDDEN."""
    own = cgroups_of(name, directory)
    inhabited = [d for d in own if cgroups.populated(d)]
    inodes = sockets().get((directory, name))
    if not inodes and not inhabited:
        return HIDDEN
    if any(cgroups.is_frozen(d) for d in own):
        return SHOWN
    if inhabited:
        return PROVED if has_guest(inhabited) else BETWEEN
    if own or is_in_hook(inodes):
        return BETWEEN  # the guest is not born yet, or dead
    return PROVED


def process(pid: int):
    """(its name, its parent); OSError where it is gone."""
    before, _bracket, after = read_text("/proc/%d/stat" % pid).rpartition(")")
    return before.partition("(")[2], int(after.split()[1])


def has_guest(directories) -> bool:
    """Does a guest live in these? Before its init there is a child of LXC's own in them, by the name of its parent."""
    members = set().union(*(cgroups.members(d) for d in directories))
    outsiders = 0
    for pid in sorted(members):
        try:
            name, parent = process(pid)
            if parent in members:
                continue
            outsiders += 1
            if parent <= 1 or process(parent)[0] != name:  # a parent that cannot be seen, or has gone, is not LXC's
                return True
        except OSError:
            continue
    # processes that this one has no name for tell nothing against it
    return not outsiders and any(cgroups.populated(d) for d in directories)


def is_in_hook(inodes) -> bool:
    """Has the process that holds the socket children, and is none of them a guest?"""
    parents = {}
    for name in os.listdir("/proc"):
        if is_number(name):
            try:
                parents[int(name)] = process(int(name))[1]
            except OSError:
                continue
    for pid in sorted(parents, key=lambda pid: parents[pid] > 1):  # most likely it is a daemon
        try:
            if holds(pid, inodes):
                own = namespace(pid)
                children = {namespace(child) for child, parent in parents.items() if parent == pid} - {""}
                return children == {own}
        except OSError:
            continue
    return False


def holds(pid: int, inodes) -> bool:
    directory, wanted = "/proc/%d/fd" % pid, {"socket:[%s]" % inode for inode in inodes}
    return any(os.readlink("%s/%s" % (directory, fd)) in wanted for fd in os.listdir(directory))


def namespace(pid: int) -> str:
    """Of pids; nothing, where the process is gone."""
    try:
        return os.readlink("/proc/%d/ns/pid" % pid)
    except OSError:
        return ""

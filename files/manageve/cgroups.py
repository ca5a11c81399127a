# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's control groups: whether a container's own one is populated or frozen, how to thaw it, and to end what is
in it. v1, v2, and the two side by side. Nothing here touches the storage of containers.
"""

import _signal as signal
import os

from manageve.host import is_within, mounts
from manageve.text import is_number, read_text
from manageve.waiting import pause

PLACE = "/sys/fs/cgroup"
KINDS = ("cgroup", "cgroup2")
# What is below these belongs to a guest, or to a container that may hold such guests of its own.
OF_OTHERS = ("lxc.", "vz-", "libpod-", "docker", "machine-", "kubepods", "crio-", "cri-")
GONE = (2, 19)  # ENOENT, ENODEV: it went while we looked
THREADED = 95  # EOPNOTSUPP: a cgroup of threads, its processes are listed above it


def find(fits):
    """The directories of the cgroups whose names fit, in the part of the tree that is this host's: process 1's."""
    own, found = [], []
    try:
        lines = read_text("/proc/1/cgroup").splitlines()
    except FileNotFoundError:  # a kernel without cgroups
        return []
    for line in lines:
        path = line.split(":", 2)[2]
        own.append(path[: -len("/init.scope")] if path.endswith("/init.scope") else path)
    trees = mounted()
    # the usual place, whatever is mounted there; what are trees of their own are not searched twice
    for point, root in dict([(PLACE, "/")] + trees).items():
        bases = {point}
        for path in own:
            inner = path[len(root) :] if root != "/" and path.startswith(root) else path
            if inner.strip("/") and ".." not in inner and os.path.isdir(point + inner):
                bases = {point + inner} if bases == {point} else bases | {point + inner}
        for base in bases:
            found += search(base, fits, 5, {p for p, root in trees})
    return found


def mounted():
    """(mount point, root of the mount) of the cgroup file systems; not of those that some container's storage lies before."""
    table, found = list(mounts()), []
    for point, kind, root in table:
        if kind in KINDS:
            around = {k for p, k, _root in table if p != point and p != "/" and is_within(point, p)}
            if around <= set(KINDS) | {"sysfs", "tmpfs", "devtmpfs"}:
                found.append((point, root))
    return found


def search(directory: str, fits, depth: int, trees):
    found = []
    for name in below(directory):
        path = "%s/%s" % (directory, name)
        if path in trees:
            continue
        if fits(name):
            found.append(path)
        elif depth > 1 and not name.startswith(OF_OTHERS) and not is_number(name):
            found += search(path, fits, depth - 1, trees)
    return found


def below(directory: str):
    """The names of the directories in it."""
    try:
        return [e.name for e in os.scandir(directory) if e.is_dir(follow_symlinks=False)]
    except OSError as e:
        if e.errno in GONE:
            return []
        raise


def content(path: str) -> str:
    """Of a file of the kernel's; nothing, where it has none such."""
    try:
        return read_text(path)
    except OSError as e:
        if e.errno in GONE or e.errno == THREADED:
            return ""
        raise


def populated(directory: str) -> bool:
    events = content(directory + "/cgroup.events")
    if events:
        return "populated 1" in events.splitlines()
    if content(directory + "/cgroup.procs").strip():
        return True
    return any(populated("%s/%s" % (directory, name)) for name in below(directory))


def is_frozen(directory: str) -> bool:
    """Or about to be: that can take for good."""
    if content(directory + "/freezer.state").strip() in ("FROZEN", "FREEZING"):
        return True
    return content(directory + "/cgroup.freeze").strip() == "1" or "frozen 1" in content(directory + "/cgroup.events")


def tell(path: str, word: str) -> bool:
    """Write to a file of the kernel's; False where it has none such, or will not have it."""
    try:
        fd = os.open(path, os.O_WRONLY)
    except OSError:
        return False
    try:
        os.write(fd, word.encode())
        return True
    except OSError:
        return False
    finally:
        os.close(fd)


def thaw(directory: str):
    """And all below it, the outermost first: what is frozen above stays so below."""
    tell(directory + "/freezer.state", "THAWED")
    tell(directory + "/cgroup.freeze", "0")
    for name in below(directory):
        thaw("%s/%s" % (directory, name))


def members(directory: str):
    """The processes in it and below; not those that this process has no name for."""
    pids = {int(w) for w in content(directory + "/cgroup.procs").split() if is_number(w)}
    for name in below(directory):
        pids |= members("%s/%s" % (directory, name))
    return pids - {0}


def kill(directory: str):
    """SIGKILL to all that is in it and below; what it forks meanwhile is for the next time."""
    if tell(directory + "/cgroup.kill", "1"):
        return
    for pid in members(directory) - {1, os.getpid(), os.getppid()}:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:  # gone
            pass


def end(directories, tries: int) -> bool:
    """Thaw and kill until nothing is left in them; False: something is, after so many tries of a twentieth of a second."""
    for _try in range(tries):
        for directory in directories:
            thaw(directory)
            kill(directory)
        if not any(populated(directory) for directory in directories):
            return True
        pause(0.05)
    return False

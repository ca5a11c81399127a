# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host itself shows of a container, where its tool is not to be trusted: mounts and cgroups."""

import os

from manageve.text import read_text

CGROUPS = "/sys/fs/cgroup"


def unescape(text: str) -> str:
    """The kernel's escapes: \\040 is a space in mountinfo."""
    parts = text.split("\\")
    return parts[0] + "".join(chr(int(p[:3], 8)) + p[3:] for p in parts[1:])


def mounts():
    """(mount point, kind, root of the mount) for every mount."""
    for line in read_text("/proc/self/mountinfo").splitlines():
        words = line.split(" ")
        yield unescape(words[4]), words[words.index("-") + 1], unescape(words[3])


def in_cgroup(fits) -> bool:
    """Is there a populated cgroup whose name fits? In the part of the tree that is this host's: process 1's."""
    own = []
    try:
        lines = read_text("/proc/1/cgroup").splitlines()
    except FileNotFoundError:  # a kernel without cgroups
        return False
    for line in lines:
        path = line.split(":", 2)[2]
        own.append(path[: -len("/init.scope")] if path.endswith("/init.scope") else path)
    trees = [(point, root) for point, kind, root in mounts() if kind in ("cgroup", "cgroup2")]
    # the usual place, whatever is mounted there; what are trees of their own are not searched twice
    for point, root in dict([(CGROUPS, "/")] + trees).items():
        bases = {point}
        for path in own:
            inner = path[len(root) :] if root != "/" and path.startswith(root) else path
            if inner.strip("/") and ".." not in inner and os.path.isdir(point + inner):
                bases = {point + inner} if bases == {point} else bases | {point + inner}
        for base in bases:
            if search(base, fits, 5, {p for p, root in trees}):
                return True
    return False


def search(directory: str, fits, depth: int, trees) -> bool:
    try:
        names = [e.name for e in os.scandir(directory) if e.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return False
    for name in names:
        path = "%s/%s" % (directory, name)
        if path in trees:
            continue
        if fits(name):
            if populated(path):
                return True
        elif depth > 1 and not name.startswith("lxc.payload."):
            if search(path, fits, depth - 1, trees):
                return True
    return False


def populated(directory: str) -> bool:
    try:
        if os.path.exists(directory + "/cgroup.events"):
            return "populated 1" in read_text(directory + "/cgroup.events").splitlines()
        if read_text(directory + "/cgroup.procs").strip():
            return True
        return any(populated(e.path) for e in os.scandir(directory) if e.is_dir(follow_symlinks=False))
    except FileNotFoundError:  # it went while we looked
        return False
    except OSError as e:
        if e.errno == 19:  # ENODEV: the same, seen from an open file
            return False
        raise

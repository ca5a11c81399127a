# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host itself shows of a container, where its tool is not to be trusted: mounts, and the roots of processes.

All of it is the kernel's own word: paths are compared as text, and nothing here touches the storage of containers.
"""

import os

from manageve.text import read_text


def unescape(text: str) -> str:
    """The kernel's escapes: \\040 is a space in mountinfo."""
    parts = text.split("\\")
    return parts[0] + "".join(chr(int(p[:3], 8)) + p[3:] for p in parts[1:])


def mount_lines(path: str):
    """(mount point, kind, root of the mount, device) of every mount in a mountinfo."""
    for line in read_text(path).splitlines():
        words = line.split(" ")
        yield unescape(words[4]), words[words.index("-") + 1], unescape(words[3]), words[2]


def mounts():
    """(mount point, kind, root of the mount) for every mount."""
    for point, kind, root, _device in mount_lines("/proc/self/mountinfo"):
        yield point, kind, root


def is_within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def places(directories):
    """(device, path on it) of directories, by the mounts that they lie in."""
    found = set()
    for directory in directories:
        around = [m for m in mount_lines("/proc/self/mountinfo") if is_within(directory, m[0])]
        if around:
            point, kind, root, device = max(around, key=lambda m: len(m[0]))
            found.add((device, (root.rstrip("/") + directory[len(point.rstrip("/")) :]) or "/"))
    return found


def has_root_in(directories) -> bool:
    """Is there a process whose root lies in one of these? Some change their root, others move it: those show `/`, and
    what is mounted there in their own namespace."""
    own, seen, wanted = os.readlink("/proc/self/ns/mnt"), set(), places(directories)
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            root = os.readlink("/proc/%s/root" % pid)
            if root != "/" and any(is_within(root, d) for d in directories):
                return True
            namespace = os.readlink("/proc/%s/ns/mnt" % pid)
            if root != "/" or namespace == own or namespace in seen:
                continue
            seen.add(namespace)
            for point, _kind, inner, device in mount_lines("/proc/%s/mountinfo" % pid):
                if point == "/" and (device, inner) in wanted:
                    return True
        except OSError:  # gone, or a thread of the kernel
            continue
    return False


def mounted_in(directory: str):
    """The mount points that are this directory or lie in it, the innermost first."""
    return sorted((point for point, kind, root in mounts() if is_within(point, directory)), key=len, reverse=True)


def unmount(directory: str):
    """umount(2), for what a tool calls unmounted; OSError where it is busy."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    for point in mounted_in(directory):
        if libc.umount2(os.fsencode(point), 0) != 0:
            code = ctypes.get_errno()
            raise OSError(code, "%s: %s" % (point, os.strerror(code)))

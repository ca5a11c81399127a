# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lxc's own files. A container's lie on the storage of containers: what is here is for Storage.ask alone."""

import posix

from manageve.system import exists
from manageve.text import read_text

CONF = "/etc/lxc/lxc.conf"


def value(path: str, key: str):
    """The last of a key in a file and in what that includes; None, where there is none."""
    found = None
    for name, text in settings(read_text(path)):
        if name == key:
            found = text
    return found


def settings(text: str, depth: int = 8):
    """(key, value) of every line, those of the files that it includes in their place."""
    for line in text.splitlines():
        key, is_one, given = [part.strip() for part in line.partition("=")]
        if is_one and key == "lxc.include" and depth:
            for path in included(given):
                try:
                    inner = read_text(path)
                except OSError:  # LXC would not start it, but it may run
                    continue
                yield from settings(inner, depth - 1)
        elif is_one:
            yield key, given


def included(path: str):
    """A file, or those of a directory that LXC takes."""
    try:
        return ["%s/%s" % (path, name) for name in sorted(posix.listdir(path)) if name.endswith(".conf")]
    except OSError:
        return [path]


def is_whole(directory: str, name: str) -> str:
    """Are the configuration and the root file system there? yes, or no."""
    try:
        rootfs = value("%s/%s/config" % (directory, name), "lxc.rootfs.path") or ""
    except (FileNotFoundError, NotADirectoryError):
        return "no"
    rootfs = rootfs[4:] if rootfs.startswith("dir:") else rootfs
    return "yes" if not rootfs.startswith("/") or exists(rootfs) else "no"


def own_path() -> str:
    """The directory of containers that lxc's own tools use; nothing, where none is configured."""
    try:
        path = value(CONF, "lxc.lxcpath") or ""
    except FileNotFoundError:
        return ""
    return "/" + "/".join(p for p in path.split("/") if p not in ("", ".")) if path.startswith("/") else ""


def is_there(directory: str, name: str) -> str:
    return "yes" if exists("%s/%s" % (directory, name)) else "no"


def last_words(directory: str, name: str) -> str:
    """The end of its console's log."""
    with open(value("%s/%s/config" % (directory, name), "lxc.console.logfile") or "", "rb") as f:
        f.seek(max(0, posix.fstat(f.fileno()).st_size - 400))
        lines = f.read().decode("utf-8", "replace").splitlines()
    return "; ".join([line.strip() for line in lines if line.strip()][-3:])

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lxc's own files. A container's lie on the storage of containers: what is here is for Storage.ask alone."""

import posix
from stat import S_ISLNK

from manageve.process import is_noise
from manageve.system import exists
from manageve.text import read_text

CONF = "/etc/lxc/lxc.conf"
LOGS = ("/var/log/lxc/NAME.log", "PATH/NAME/NAME.log")  # where none is configured


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


def missing(directory: str, name: str) -> str:
    """What a start needs and is not there or cannot be read, in words; nothing, where all is."""
    path = "%s/%s/config" % (directory, name)
    try:
        text = read_text(path)
    except OSError as e:
        return "its configuration %s cannot be read: %s" % (path, e.strerror)
    for key, _is_one, given in ([part.strip() for part in line.partition("=")] for line in text.splitlines()):
        if key == "lxc.include" and not exists(given):
            return "its configuration includes %s, which is not there" % given
    rootfs = value(path, "lxc.rootfs.path") or ""
    rootfs = rootfs[4:] if rootfs.startswith("dir:") else rootfs
    if not rootfs.startswith("/"):
        return ""
    try:
        posix.stat(rootfs)
        names = posix.listdir(rootfs)
    except NotADirectoryError:  # an image, or a device
        return ""
    except OSError as e:
        if isinstance(e, FileNotFoundError):
            return "its root file system %s is not there" % rootfs
        return "its root file system %s cannot be read: %s" % (rootfs, e.strerror)
    if not names:
        return "its root file system %s is empty: is it mounted?" % rootfs
    init = (value(path, "lxc.init.cmd") or value(path, "lxc.execute.cmd") or "/sbin/init").split()[0]
    return "" if has(rootfs, init) else "its root file system %s has no %s" % (rootfs, init)


def has(root: str, path: str) -> bool:
    """Is there such a file in a root file system? Where a link leads is the guest's business."""
    place = root
    for part in [part for part in path.split("/") if part]:
        place = "%s/%s" % (place, part)
        try:
            if S_ISLNK(posix.lstat(place).st_mode):
                return True
        except OSError:
            return False
    return True


def errors(directory: str, name: str, since: str) -> str:
    """The errors in its own log since then (YYYYmmddHHMMSS, UTC); the first, which led to the others, is first."""
    try:
        configured = value("%s/%s/config" % (directory, name), "lxc.log.file")
    except OSError:
        configured = None
    for path in [configured] if configured else LOGS:
        try:
            with open(path.replace("PATH", directory).replace("NAME", name), "rb") as f:
                f.seek(max(0, posix.fstat(f.fileno()).st_size - 20000))
                lines = f.read().decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        found = [said for stamp, said in map(error_of, lines) if stamp >= since]
        if found:
            return "; ".join([said for said in found if not is_noise(said)][:4])
    return ""


def error_of(line: str):
    """(time, words) of a line of lxc's log: lxc-start NAME TIME.MS ERROR    PART - FILE:FUNCTION:LINE - WORDS; else nothing."""
    head, level, rest = line.partition(" ERROR ")
    words = rest.split(" - ", 2)
    return (head.rpartition(" ")[2].split(".")[0], words[2]) if level and len(words) == 3 else ("", "")


def last_words(directory: str, name: str) -> str:
    """The end of its console's log, the last line first: no more than the beginning of a reason is shown."""
    with open(value("%s/%s/config" % (directory, name), "lxc.console.logfile") or "", "rb") as f:
        f.seek(max(0, posix.fstat(f.fileno()).st_size - 400))
        lines = f.read().decode("utf-8", "replace").splitlines()
    said = [line.strip() for line in lines if line.strip() and "[  OK  ]" not in line]
    return "; ".join(reversed(said[-3:]))

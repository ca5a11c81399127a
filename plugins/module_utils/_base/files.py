# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that others read while they are written."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from typing import Callable


def replace(path: str, content: bytes, prepare: Callable[[str], bool] | None = None, prefix: str | None = None) -> bool:
    """Give a file a new content: whole, or not at all.

    ``prepare(new)`` sees the new file before it gets its name, for its owner and mode; until then only this user can read
    it. Where it returns False the old one stays, and so does this function. ``prefix``: how the new file's name begins,
    by default a dot and the name.
    """
    directory, name = os.path.split(path)
    handle, new = tempfile.mkstemp(prefix='.%s.' % name if prefix is None else prefix, dir=directory or '.')
    try:
        return _replace(path, content, prepare, handle, new)
    except OSError as error:
        if error.filename is None:  # such as a full disk: it is told of the descriptor
            raise OSError(error.errno, error.strerror, path) from error
        raise


def own_directory(path: str, mode: int) -> None:
    """Make a directory that is this user's, with this mode whatever the umask is. A link, or somebody else's, is an OSError."""
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        pass
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        what = 'is a symbolic link' if stat.S_ISLNK(found.st_mode) else 'is no directory'
        raise NotADirectoryError(errno.ENOTDIR, '%s; remove it' % what, path)
    if found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, 'belongs to uid %d, not to uid %d' % (found.st_uid, os.geteuid()), path)
    if stat.S_IMODE(found.st_mode) != mode:
        os.chmod(path, mode)


def _replace(path: str, content: bytes, prepare: Callable[[str], bool] | None, handle: int, new: str) -> bool:
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # else the new name could outlive a crash, and the content not
        if prepare and not prepare(new):
            os.unlink(new)
            return False
        os.rename(new, path)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise
    return True

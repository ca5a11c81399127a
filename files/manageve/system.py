# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every monitor needs of `os` beside the system calls.

Importing `os` costs a monitor a twentieth of all it does; `posix`, the system calls that it is made of, is compiled in.
What few operations run (host.py, slots.py, ...) imports `os`, where it is used.
"""

import posix
import sys
from _stat import S_ISREG


def decoded(text: bytes) -> str:
    return text.decode(sys.getfilesystemencoding(), "surrogateescape")


ENVIRON = {decoded(name): decoded(value) for name, value in posix.environ.items()}


def exists(path: str, follow: bool = True) -> bool:
    """follow: a link counts as what it leads to."""
    try:
        return bool(posix.stat(path, follow_symlinks=follow))
    except (OSError, ValueError):
        return False


def is_program(path: str) -> bool:
    try:
        return S_ISREG(posix.stat(path).st_mode) and posix.access(path, posix.X_OK)
    except (OSError, ValueError):
        return False

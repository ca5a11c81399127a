# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells a process of this controller from all others, so that a later run can see whether it still works."""

from __future__ import annotations

import getpass
import os
import pathlib
import socket

PROC = pathlib.Path('/proc')


def owner() -> str:
    """Who runs this, in words."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name
        user = 'uid %d' % os.getuid()
    return '%s@%s' % (user, socket.gethostname())


def identity(pid: int) -> str:
    """Boot and namespace in which a process number means something, the number, and when it began; empty without /proc."""
    try:
        return '%s %d %s' % (_place(), pid, _begin(pid))
    except (OSError, IndexError):
        return ''


def alive(process: str) -> bool | None:
    """Whether a process runs, by its identity; None where that cannot be known: it is another controller's."""
    words = process.split()
    try:
        if len(words) != 4 or _place().split() != words[:2]:
            return None
    except OSError:
        return None
    try:
        return _begin(int(words[2])) == words[3]
    except (OSError, IndexError, ValueError):
        return False


def _place() -> str:
    boot = (PROC / 'sys/kernel/random/boot_id').read_text(encoding='ascii').strip()
    return '%s %s' % (boot, os.readlink(str(PROC / 'self/ns/pid')))


def _begin(pid: int) -> str:
    """In ticks since the boot; of one that has ended and was not waited for there is none."""
    # behind the name of the program, which may hold anything: state is the first, the start the 20th
    fields = (PROC / str(pid) / 'stat').read_text(encoding='utf-8', errors='replace').rpartition(')')[2].split()
    if fields[0] == 'Z':
        raise OSError('it has ended')
    return fields[19]

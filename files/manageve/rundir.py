# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of the agent's own below HA_RSCTMP, which is cleared at boot: root's alone."""

import os

from manageve.system import ENVIRON


def base(environ=ENVIRON) -> str:
    return environ.get("HA_RSCTMP") or "/run/resource-agents"


def make(directory: str):
    """OSError where it cannot be had, or is not root's alone."""
    os.makedirs(os.path.dirname(directory), 0o755, exist_ok=True)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(directory)
    if found.st_uid != 0 or found.st_mode & 0o170077 != 0o040000:
        raise OSError("it is no directory of root's alone")

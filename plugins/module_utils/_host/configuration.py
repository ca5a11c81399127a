# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file of one VE on a host: found, and edited while others edit it too."""

from __future__ import annotations

import os
import re
import shutil
from typing import Callable

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places


def find(places: Places, ve: VE) -> str | None:
    """The file itself: a link to shared storage stays a link."""
    path = _of_vz(places, ve.id) if ve.engine == 'vzctl' else places.lxc_config(ve)
    return os.path.realpath(path) if path is not None and os.path.exists(path) else None


def _of_vz(places: Places, ve_id: str) -> str | None:
    """A number or UUID has its file; a name is a link to one (legacy), or stands in one as NAME (vz7)."""
    path = os.path.join(places.vz_conf, ve_id + '.conf')
    if os.path.exists(path):
        return path
    link = os.path.join(places.vz_names, ve_id)
    if os.path.exists(link):
        return link
    for entry in sorted(os.listdir(places.vz_conf)) if os.path.isdir(places.vz_conf) else []:
        candidate = os.path.join(places.vz_conf, entry)
        if entry.endswith('.conf') and os.path.isfile(candidate):
            if re.search(r'^\s*NAME\s*=\s*"?%s"?\s*$' % re.escape(ve_id), read(candidate), re.M):
                return candidate
    return None


def stamp(path: str) -> str:
    """What tells a file from every other, and is the same on all hosts that share it."""
    return '%s %d:%d:%d' % (path, *_stamp(path))


def edit(path: str, change: Callable[[str], str], check: bool) -> tuple[str, str]:
    """The text of a file before and after."""
    while True:
        seen = _stamp(path)
        before = read(path)
        after = change(before)
        if check or after == before or _replace(path, after, seen):
            return before, after
        # Somebody else wrote it meanwhile, such as this module on another node that shares the storage: look again.


def _replace(path: str, text: str, seen: tuple[int, int, int]) -> bool:
    """Give the file a new text, not if it is no longer the one that was read."""

    def prepare(new: str) -> bool:
        owner = os.stat(path)
        os.chown(new, owner.st_uid, owner.st_gid)
        shutil.copystat(path, new)  # the mode, and SELinux' label
        os.utime(new)
        return _stamp(path) == seen

    # Its name is its own, on shared storage too; and none that vz or lxc takes for a configuration (*.conf).
    content = text.encode('utf-8', 'surrogateescape')
    return files.replace(path, content, prepare, os.path.basename(path) + '.openve-')


def _stamp(path: str) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def read(path: str) -> str:
    # as bytes: neither line ends nor what is no UTF-8 may change
    with open(path, 'rb') as stream:
        return stream.read().decode('utf-8', 'surrogateescape')

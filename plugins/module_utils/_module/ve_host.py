# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configurations of the declared VEs on one host: that this does not start them by itself."""

from __future__ import annotations

import os
import re
import shutil
from typing import Any, NamedTuple

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE, Declaration

VZ_CONF = '/etc/vz/conf'
VZ_NAMES = '/etc/vz/names'
LXC_PATH = DEFAULTS['lxc_path']


class Settings(NamedTuple):
    """How an engine's settings look, and which are wanted."""

    pattern: str
    form: str
    wanted: tuple[tuple[str, str], ...]


SETTINGS = {
    'vzctl': Settings(r'\s*%s\s*=', '%s="%s"', (('ONBOOT', 'no'), ('ALLOWREBOOT', 'no'))),
    'lxc': Settings(r'\s*%s\s*=', '%s = %s', (('lxc.start.auto', '0'),)),
}


def run(_runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Edit the configurations that this host has."""
    declaration = validate.read(arguments['ves'], arguments['policy'])
    edited: list[str] = []
    missing: list[str] = []
    diff: list[dict[str, Any]] = []
    for ve in declaration.ves:
        try:
            path = vz_config(ve.id) if ve.engine == 'vzctl' else lxc_config(ve)
            if path is None:
                missing.append(ve.name)
                continue
            path = os.path.realpath(path)  # a link to shared storage stays a link
            before, after = _edit(path, ve.engine, check)
        except OSError as error:
            raise Error(
                '%s: its configuration cannot be edited: %s. It has to be a file that this user can read and '
                'write, in a directory that can be written to.' % (ve.where, error),
                changed=bool(edited),
                edited=edited,
            ) from error
        if after != before:
            edited.append(path)
            diff.append({'before_header': path, 'after_header': path, 'before': before, 'after': after})
    return {
        'changed': bool(edited),
        'edited': edited,
        'missing': missing,
        'stop_seconds': stop_seconds(declaration),
        'warnings': [
            'No configuration on this host for %s: they cannot run here until they have one (is the storage '
            'mounted?).' % ', '.join(missing)
        ]
        if missing
        else [],
        'diff': lambda: diff,
    }


def vz_config(ve_id: str) -> str | None:
    """A number or UUID has its file; a name is a link to one (legacy), or stands in one as NAME (vz7)."""
    path = os.path.join(VZ_CONF, ve_id + '.conf')
    if os.path.exists(path):
        return path
    link = os.path.join(VZ_NAMES, ve_id)
    if os.path.exists(link):
        return link
    for entry in sorted(os.listdir(VZ_CONF)) if os.path.isdir(VZ_CONF) else []:
        candidate = os.path.join(VZ_CONF, entry)
        if entry.endswith('.conf') and os.path.isfile(candidate):
            if re.search(r'^\s*NAME\s*=\s*"?%s"?\s*$' % re.escape(ve_id), _read(candidate), re.M):
                return candidate
    return None


def lxc_config(ve: VE) -> str | None:
    path = os.path.join(ve.params.get('lxc_path', LXC_PATH), ve.id, 'config')
    return path if os.path.exists(path) else None


def with_settings(text: str, engine: str) -> str:
    """The text with the wanted settings: in place where they stand, else at the end."""
    settings = SETTINGS[engine]
    lines = text.split('\n')
    if not lines[-1]:
        lines.pop()
    for name, value in settings.wanted:
        pattern = settings.pattern % re.escape(name)
        places = [place for place, line in enumerate(lines) if re.match(pattern, line)]
        line = settings.form % (name, value)
        if not places:
            lines.append(line)
        # the last one is in force
        elif not re.match(pattern + r'\s*"?%s"?\s*(#.*)?\Z' % re.escape(value), lines[places[-1]]):
            lines[places[-1]] = line
    new = '\n'.join(lines) + '\n'
    return text if new == text + '\n' else new


def stop_seconds(declaration: Declaration) -> int:
    """Every VE may be on this node in the end, and without a limit of the policy's own one at a time is the worst."""
    longest = max([timeouts.stop_timeout(ve.stop_grace).value for ve in declaration.ves], default=0)
    at_once = declaration.policy.starts_per_node or 1
    return timeouts.shutdown_escalation(len(declaration.ves), at_once, longest).value // 1000


def _edit(path: str, engine: str, check: bool) -> tuple[str, str]:
    """The text of a file before and after."""
    while True:
        seen = _stamp(path)
        before = _read(path)
        after = with_settings(before, engine)
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

    # Its name is its own, on shared storage too; and none that vz takes for a configuration (*.conf).
    content = text.encode('utf-8', 'surrogateescape')
    return files.replace(path, content, prepare, os.path.basename(path) + '.openve-')


def _stamp(path: str) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path: str) -> str:
    # as bytes: neither line ends nor what is no UTF-8 may change
    with open(path, 'rb') as stream:
        return stream.read().decode('utf-8', 'surrogateescape')

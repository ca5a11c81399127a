# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configurations of the declared VEs on one host: that this does not start them by itself."""

from __future__ import annotations

import os
import re
import shutil
import tempfile

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error

VZ_CONF = '/etc/vz/conf'
VZ_NAMES = '/etc/vz/names'
LXC_PATH = '/var/lib/lxc'  # the agent's default for lxc_path

# engine: how its settings look, and which are wanted
SETTINGS = {
    'vzctl': (r'\s*%s\s*=', '%s="%s"', (('ONBOOT', 'no'), ('ALLOWREBOOT', 'no'))),
    'lxc': (r'\s*%s\s*=', '%s = %s', (('lxc.start.auto', '0'),)),
}


def apply(_runner, arguments, check=False):
    """The module ve_host: edit the configurations that this host has, return its result."""
    declared = model.read(arguments['ves'], arguments['policy'])
    files, missing, warnings, diff = [], [], [], []
    for ve in declared.ves:
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
                changed=bool(files),
                edited=files,
            ) from error
        if after != before:
            files.append(path)
            diff.append({'before_header': path, 'after_header': path, 'before': before, 'after': after})
    if missing:
        warnings.append(
            'No configuration on this host for %s: they cannot run here until they have one (is the storage '
            'mounted?).' % ', '.join(missing)
        )
    return {
        'changed': bool(files),
        'edited': files,
        'missing': missing,
        'stop_seconds': stop_seconds(declared),
        'warnings': warnings,
        'diff': lambda: diff,
    }


def vz_config(ve_id):
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


def lxc_config(ve):
    path = os.path.join(ve.params.get('lxc_path', LXC_PATH), ve.id, 'config')
    return path if os.path.exists(path) else None


def edited(text, engine):
    """The text with the wanted settings: in place where they stand, else at the end."""
    pattern, form, wanted = SETTINGS[engine]
    lines = text.split('\n')
    if not lines[-1]:
        lines.pop()
    for name, value in wanted:
        places = [n for n, line in enumerate(lines) if re.match(pattern % re.escape(name), line)]
        line = form % (name, value)
        if not places:
            lines.append(line)
        # the last one is in force
        elif not re.match((pattern % re.escape(name)) + r'\s*"?%s"?\s*(#.*)?\Z' % re.escape(value), lines[places[-1]]):
            lines[places[-1]] = line
    new = '\n'.join(lines) + '\n'
    return text if new == text + '\n' else new


def stop_seconds(declared):
    """Every VE may be on this node in the end, and without a limit of the policy's own one at a time is the worst."""
    longest = max([timeouts.stop_timeout(ve.stop_grace).value for ve in declared.ves], default=0)
    at_once = declared.policy.starts_per_node or 1
    return timeouts.shutdown_escalation(len(declared.ves), at_once, longest).value // 1000


# Files


def _edit(path, engine, check):
    """The text of a file before and after."""
    while True:
        seen = _stamp(path)
        before = _read(path)
        after = edited(before, engine)
        if check or after == before or _replace(path, after, seen):
            return before, after
        # Somebody else wrote it meanwhile, such as this module on another node that shares the storage: look again.


def _replace(path, text, seen):
    """Give the file a new text at once, as a reader sees it; not if it is no longer the one that was read."""
    # Its name is its own, on shared storage too; and none that vz takes for a configuration (*.conf).
    handle, new = tempfile.mkstemp(prefix=os.path.basename(path) + '.openve-', dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(_encoded(text))
            stream.flush()
            os.fsync(stream.fileno())  # else the new name could outlive a crash, and the text not
        owner = os.stat(path)
        os.chown(new, owner.st_uid, owner.st_gid)
        shutil.copystat(path, new)  # the mode, and SELinux' label
        os.utime(new)
        if _stamp(path) != seen:
            os.unlink(new)
            return False
        os.rename(new, path)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise
    return True


def _stamp(path):
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path):
    # as bytes: neither line ends nor what is no UTF-8 may change
    with open(path, 'rb') as stream:
        return stream.read().decode('utf-8', 'surrogateescape')


def _encoded(text):
    return text.encode('utf-8', 'surrogateescape')

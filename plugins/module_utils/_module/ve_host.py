# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared VEs on one host: that nothing but Pacemaker starts them there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Container

from ansible_collections.openve.pacemaker.plugins.module_utils._base import tools
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE, Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._host import (
    configuration,
    lxc_settings,
    lxc_units,
    stopping,
    vz_settings,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._host.lxc_settings import Selection
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places

PLACES = Places()


@dataclass
class Done:
    """What was switched off. ``autostart``: what started which VE, and where it stood. ``stamps``: by which another host knows
    the files that were edited as its own."""

    edited: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    autostart: list[dict[str, str | None]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    diff: list[dict[str, Any]] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.edited or self.autostart)


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Switch off what starts the declared VEs at boot."""
    declaration = validate.read(arguments['ves'], arguments['policy'])
    selection = lxc_settings.service_selection(PLACES.lxc_service_options)
    done = Done()
    reported = arguments.get('reported') or () if check else ()
    for ve in declaration.ves:
        try:
            _configuration(ve, selection, check, reported, done)
            if ve.engine == 'lxc':
                _units(ve, check, done)
        except OSError as error:
            raise Error(
                '%s: its configuration cannot be edited: %s. It has to be a file that this user can read and '
                'write, in a directory that can be written to.' % (ve.where, error),
                changed=done.changed,
                edited=done.edited,
                autostart=done.autostart,
            ) from error
    # systemd knows its links by heart
    if any(str(each['by']).startswith('lxc@') for each in done.autostart) and not check:
        if os.path.isdir(PLACES.of('/run/systemd/system')):
            tools.call(runner, ['systemctl', 'daemon-reload'])
    return {
        'changed': done.changed,
        'edited': done.edited,
        'stamps': done.stamps,
        'autostart': done.autostart,
        'missing': done.missing,
        'stop_seconds': stopping.seconds(runner, declaration, PLACES, arguments['policy'] is not None),
        'warnings': done.warnings + _general_warnings(done, declaration, selection),
        'diff': lambda: done.diff,
    }


def _configuration(ve: VE, selection: Selection, check: bool, reported: Container[str], done: Done) -> None:
    path = configuration.find(PLACES, ve)
    if path is None:
        done.missing.append(ve.name)
        return
    stamp = configuration.stamp(path)
    if stamp in reported:
        return
    if ve.engine == 'vzctl':
        before, after = configuration.edit(path, vz_settings.settled, check)
        was = vz_settings.differences(before, after)
    else:
        before, after = configuration.edit(path, lambda text: lxc_settings.settled(text, path, selection), check)
        was = lxc_settings.differences(before, after, path)
    if after != before:
        done.edited.append(path)
        done.stamps.append(stamp)
        done.diff.append({'before_header': path, 'after_header': path, 'before': before, 'after': after})
        done.autostart += [{'ve': ve.name, 'by': name, 'path': path, 'was': value} for name, value in was.items()]


def _units(ve: VE, check: bool, done: Done) -> None:
    for starter in lxc_units.starters(PLACES, ve):
        what = os.readlink(starter.path) if starter.aside is None else 'file'
        if not check:
            starter.switch_off()
        done.autostart.append({'ve': ve.name, 'by': starter.by, 'path': starter.path, 'was': what})
        gone = '' if starter.aside is None else 'moved to %s\n' % starter.aside
        done.diff.append(
            {'before_header': starter.path, 'after_header': starter.path, 'before': '%s\n' % what, 'after': gone}
        )
    done.warnings += lxc_units.remaining(PLACES, ve)


def _general_warnings(done: Done, declaration: Declaration, selection: Selection) -> list[str]:
    found = []
    if done.missing:
        found.append(
            'No configuration on this host for %s: they cannot run here until they have one (is the storage '
            'mounted?).' % ', '.join(done.missing)
        )
    ours = [ve.name for ve in declaration.ves if ve.engine == 'lxc']
    if ours and selection.everything:
        found.append(
            'lxc.service starts every container at boot, whatever its configuration says, and so %s beside Pacemaker: '
            'OPTIONS in %s has -a and -A. Take -A out of it.'
            % (', '.join(ours), ' or '.join(PLACES.lxc_service_options))
        )
    return found

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else starts an LXC container at boot: instances of systemd's lxc@.service, and links in /etc/lxc/auto."""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._host import configuration, lxc_settings
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places

DEPENDENCIES = ('.wants', '.requires', '.upholds')
PLAIN = string.ascii_letters + string.digits + ':_.'


@dataclass(frozen=True)
class Starter:
    """Something that starts a VE at boot. ``by``: what it is; ``path``: the file or link that has it so.

    ``aside``: where it goes; None where it is a link, which is removed.
    """

    by: str
    path: str
    aside: str | None = None

    def switch_off(self) -> None:
        if self.aside is None:
            os.unlink(self.path)
            return
        os.makedirs(os.path.dirname(self.aside), exist_ok=True)
        os.rename(self.path, self.aside)


def instances(ve_id: str) -> tuple[str, ...]:
    """How the unit may be called: as lxc's own template takes it (%i), and as systemd-escape writes it (for %I)."""
    escaped = ''.join(
        chr(byte) if chr(byte) in PLAIN and (place or chr(byte) != '.') else '\\x%02x' % byte
        for place, byte in enumerate(ve_id.encode())
    )
    return tuple(dict.fromkeys('lxc@%s.service' % name for name in (ve_id, escaped)))


def starters(places: Places, ve: VE) -> list[Starter]:
    """What can be switched off by removing it."""
    if _is_of_another(places, ve):
        return []
    found = [Starter(os.path.basename(link), link) for link in _links(places.units_of_the_admin, instances(ve.id))]
    for name in (ve.id, ve.id + '.conf'):
        path = os.path.join(places.lxc_auto, name)
        if os.path.islink(path):
            target = os.path.realpath(path)
            if not os.path.exists(target) or target == os.path.realpath(places.lxc_config(ve)):
                found.append(Starter(places.lxc_auto, path))
        elif os.path.isfile(path):  # perhaps the only copy of a configuration
            found.append(Starter(places.lxc_auto, path, _free(os.path.join(places.lxc_auto + '.off', name))))
    return found


def remaining(places: Places, ve: VE) -> list[str]:
    """What starts it too, and is nobody's to remove but the admin's: a sentence each."""
    if _is_of_another(places, ve):
        return []
    names = instances(ve.id)
    found = [
        '%s: %s belongs to a package; have systemd ignore it (systemctl mask %s)'
        % (ve.where, link, os.path.basename(link))
        for link in _links(places.units_of_packages, names)
        if not _is_masked(places, os.path.basename(link))
    ]
    wanted = re.compile(
        r'^\s*(Wants|Requires|Requisite|BindsTo|Upholds)\s*=(.*\s)?(%s)(\s|$)' % '|'.join(map(re.escape, names)), re.M
    )
    for file in _unit_files(places.units_of_the_admin):
        if wanted.search(configuration.read(file)):
            found.append('%s: %s has systemd start %s; take that out of it' % (ve.where, file, names[0]))
    return found


def _is_of_another(places: Places, ve: VE) -> bool:
    """lxc@.service and /etc/lxc/auto are of the containers in lxc's own path: the VE may lie in another one, beside a container
    of the same name there."""
    default = lxc_settings.lxc_path(places.lxc_settings, places.of(DEFAULTS['lxc_path']))
    there = os.path.join(default, ve.id, 'config')
    return os.path.exists(there) and os.path.realpath(there) != os.path.realpath(places.lxc_config(ve))


def _links(directories: tuple[str, ...], names: tuple[str, ...]) -> Iterator[str]:
    """Each once: /lib is often a link to /usr/lib."""
    seen = set()
    for directory in directories:
        for entry in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            inside = os.path.join(directory, entry)
            if entry.endswith(DEPENDENCIES) and os.path.realpath(inside) not in seen:
                seen.add(os.path.realpath(inside))
                yield from (os.path.join(inside, name) for name in names if os.path.lexists(os.path.join(inside, name)))


def _unit_files(directories: tuple[str, ...]) -> Iterator[str]:
    for top in directories:
        for directory, _directories, names in os.walk(top):
            for name in sorted(names):
                path = os.path.join(directory, name)
                if (
                    name.endswith(('.service', '.target', '.conf'))
                    and os.path.isfile(path)
                    and not directory.endswith(DEPENDENCIES)
                ):
                    yield path


def _is_masked(places: Places, unit: str) -> bool:
    return any(os.path.realpath(os.path.join(top, unit)) == '/dev/null' for top in places.units_of_the_admin)


def _free(path: str) -> str:
    free, number = path, 1
    while os.path.lexists(free):
        number += 1
        free = '%s.%d' % (path, number)
    return free

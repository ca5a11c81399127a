# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where on a host it stands what is started at boot."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE


@dataclass(frozen=True)
class Places:
    """``root``: a directory that stands for /, in tests."""

    root: str = ''

    def of(self, path: str) -> str:
        return self.root + path

    @property
    def vz_conf(self) -> str:
        return self.of('/etc/vz/conf')

    @property
    def vz_names(self) -> str:
        return self.of('/etc/vz/names')

    @property
    def lxc_settings(self) -> str:
        return self.of('/etc/lxc/lxc.conf')

    @property
    def lxc_auto(self) -> str:
        """LXC before 1.0 started what is in here."""
        return self.of('/etc/lxc/auto')

    @property
    def lxc_service_options(self) -> tuple[str, ...]:
        """What lxc.service reads, Debian's and Red Hat's."""
        return self.of('/etc/default/lxc'), self.of('/etc/sysconfig/lxc')

    @property
    def units_of_the_admin(self) -> tuple[str, ...]:
        return self.of('/etc/systemd/system'), self.of('/run/systemd/system')

    @property
    def units_of_packages(self) -> tuple[str, ...]:
        return tuple(self.of(path + '/systemd/system') for path in ('/usr/local/lib', '/usr/lib', '/lib'))

    def lxc_path(self, ve: VE) -> str:
        given: str | None = ve.params.get('lxc_path')
        return given or self.of(DEFAULTS['lxc_path'])

    def lxc_config(self, ve: VE) -> str:
        return os.path.join(self.lxc_path(ve), ve.id, 'config')

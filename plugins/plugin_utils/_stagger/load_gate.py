# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When starts may begin, by the load of the nodes. (The agent's start slots are another thing: how many run at once.)"""

from __future__ import annotations

from typing import Callable, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Load


class LoadGate:
    """Closed while the load of a node is above max_load or max_pressure."""

    def __init__(self, options: Options, loads: Callable[[], Mapping[str, Load]] | None) -> None:
        self._options = options
        self._loads = loads if options.max_load is not None or options.max_pressure is not None else None
        self._ignored = False

    def closed(self) -> str:
        """Why no VE may start now: the nodes whose load is too high; empty where the gate is open."""
        if self._loads is None:
            return ''
        found = _too_high(self._options, self._loads())
        if not found:
            self._ignored = False
        return '' if self._ignored else ', '.join(found)

    def ignore(self) -> None:
        """It counts as open until it has been open once."""
        self._ignored = True


def _too_high(options: Options, loads: Mapping[str, Load]) -> list[str]:
    found = []
    for host, now in sorted(loads.items()):
        if options.max_load is not None and now.load is not None and now.load > options.max_load:
            found.append('load %.2f per core on %s' % (now.load, host))
        if options.max_pressure is not None and now.pressure is not None and now.pressure > options.max_pressure:
            found.append('pressure %.0f %% on %s' % (now.pressure, host))
    return found

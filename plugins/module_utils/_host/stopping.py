# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long stopping every VE on this host may take: by the CIB with the declared VEs in it, not by one list of several."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests, operations, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places

# Where the role writes it, of Pacemaker and of Pacemaker on a remote node.
DROP_IN = '/etc/systemd/system/pacemaker.service.d/openve.conf'


def seconds(runner: Runner, declaration: Declaration, places: Places, limit_is_declared: bool = True) -> int:
    """Every VE may be on this node in the end, and without a limit one at a time is the worst.

    Until the cluster has all that is declared here another list may be on its way too, as it was when the role wrote what
    stands on this host: that is then not lowered.
    """
    root = _cib(runner)
    declared = {ve.name: timeouts.stop_timeout(ve.stop_grace).value for ve in declaration.ves}
    known = {} if root is None else _in_cluster(root)
    absent = {ve.name for ve in declaration.absent}
    stops = {**{name: stop for name, stop in known.items() if name not in absent}, **declared}
    limit = None if root is None else attributes.get_property(root, 'node-action-limit')
    at_once = declaration.policy.starts_per_node if limit_is_declared or limit is None else whole(limit)
    needed = timeouts.shutdown_escalation(len(stops), at_once or 1, max(stops.values(), default=0)).value // 1000
    settled = root is not None and set(declared) <= set(known)
    return needed if settled else max(needed, _written(places))


def _cib(runner: Runner) -> Element | None:
    """None where no cluster runs on this host, such as before it is formed."""
    try:
        return tree.query(runner)
    except Error:
        return None


def _in_cluster(root: Element) -> dict[str, int]:
    """{VE: its stop timeout in milliseconds} of all lists."""
    return {
        name: max((times.milliseconds(text, 0, 0) for text in operations.stop_timeouts(primitive)), default=0)
        for name, primitive in guests.ours(root).items()
    }


def _written(places: Places) -> int:
    """What stands on this host, where that is more than Pacemaker's own."""
    try:
        with open(places.of(DROP_IN), encoding='utf-8') as stream:
            found = re.search(r'^TimeoutStopSec=(\d+)$', stream.read(), re.M)
    except OSError:
        return 0
    value = int(found.group(1)) if found else 0
    return value if value * 1000 > timeouts.SERVICE_STOP else 0

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs are stopped before their resources are removed.

With the resource its operations go: Pacemaker would stop the VE with its default timeout, whatever the guest needs, and
fence the node when that is over.
"""

from __future__ import annotations

import time
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    guests,
    operations,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus

INTERVAL = 2  # seconds between two looks
QUIET_LOOKS = 5  # looks at an idle cluster until what is not down counts as staying up
MARGIN = 60  # seconds, for Pacemaker's own work


def wait_until_down(runner: Runner, root: Element, names: Sequence[str]) -> None:
    """Wait until VEs are down that are to stop. ``root``: the CIB, with their timeouts. An Error where they do not stop."""
    end, quiet = time.monotonic() + _longest(root, names), 0
    while True:
        cluster = status.read(runner)
        up = [ve for ve in cluster.ves if ve.name in names and not ve.down]
        if not up:
            return
        quiet = quiet + 1 if status.idle(runner, cluster) else 0
        if quiet >= QUIET_LOOKS or time.monotonic() > end:
            raise Error(
                bullets(
                    'These VEs were to be stopped and removed, and are not down. They are still configured, with '
                    'target-role=Stopped; nothing else was changed.',
                    [_why(ve) for ve in up],
                ),
                changed=True,
            )
        time.sleep(INTERVAL)


def _longest(root: Element, names: Sequence[str]) -> float:
    """Seconds until the last of them is down, if all are on one node."""
    ours = guests.ours(root)
    timeouts = [times.seconds(operations.timeout(root, ours[name], 'stop'), 0) for name in names if name in ours]
    at_once = whole(attributes.get_property(root, 'node-action-limit')) or 1
    return max(timeouts, default=0) * -(-len(timeouts) // at_once) + MARGIN


def _why(ve: VeStatus) -> str:
    return '%s is %s on %s: %s' % (ve.name, ve.state, ve.node, '; '.join(ve.failures) or 'no failure is recorded')

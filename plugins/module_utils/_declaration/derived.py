# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from the declaration of each VE: its timeouts, its priority, and how firmly it stays where it is."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE, Declaration, Policy
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived

# Scores. A first choice of three is 30, the last 10. Not on one node weighs more than every such preference,
# and staying weighs more than all of it together; all are finite, so `crm_resource --move` still moves a VE.
PREFER_STEP = 10
APART = 1000
STAY = 1000
# With failback a preference brings a VE back; the 1 keeps VEs without a preference from being shuffled around.
STAY_LIGHTLY = 1


@dataclass(frozen=True)
class Numbers:
    """What is derived for one VE. Times are in milliseconds."""

    start: Derived
    stop: Derived
    deep_interval: Derived
    deep_timeout: Derived
    priority: Derived
    stickiness: Derived


def numbers(declaration: Declaration) -> dict[str, Numbers]:
    """{name: Numbers} of all VEs."""
    neighbours: dict[str, set[str]] = {ve.name: set() for ve in declaration.ves}
    for ve in declaration.ves:
        for other in ve.apart:
            neighbours[ve.name].add(other)
            if other in neighbours:  # another list's has its numbers from there
                neighbours[other].add(ve.name)
    return {ve.name: _of(ve, declaration.policy, len(neighbours[ve.name])) for ve in declaration.ves}


def _of(ve: VE, policy: Policy, neighbours: int) -> Numbers:
    return Numbers(
        start=timeouts.start_timeout(ve.boot_time, ve.settle, times.parse(ve.params.get('ready_timeout', '0'))),
        stop=timeouts.stop_timeout(ve.stop_grace),
        deep_interval=timeouts.deep_monitor_interval(ve.monitor_interval),
        deep_timeout=timeouts.deep_monitor_timeout(ve.monitor_timeout),
        priority=Derived(
            -ve.start_order,
            '-start_order: behind what nobody declared (priority 0), the lowest order first',
            {'start_order': ve.start_order},
        ),
        stickiness=_stickiness(ve, policy, neighbours),
    )


def _stickiness(ve: VE, policy: Policy, neighbours: int) -> Derived:
    if policy.failback:
        return Derived(STAY_LIGHTLY, 'failback: below every step between two preferences')
    preferences, apart = PREFER_STEP * len(ve.prefer), APART * neighbours
    return Derived(
        STAY + preferences + apart,
        'no failback: above every score that could draw the VE elsewhere',
        {'base': STAY, 'preferences': preferences, 'apart': apart},
    )

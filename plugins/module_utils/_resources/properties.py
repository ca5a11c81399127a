# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster properties that a policy decides, and whom else they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    elements,
    guests,
    operations,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Policy
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived

# Why a property concerns resources that are not ours.
CONCERNS = {
    'node-action-limit': 'their starts, stops and probes on a node count against this limit as well',
    'batch-limit': 'their actions count against this limit as well',
    'start-failure-is-fatal': 'when one of these fails to start it is tried on the same node again, '
    'until its migration-threshold, instead of moving at once',
    'load-threshold': 'above this load their actions are slowed down as well',
    'shutdown-escalation': 'a node that stops these cleanly may take so long',
}


@dataclass(frozen=True)
class PropertyChange:
    """A property that the policy decides. ``foreign``: the resources that are not ours, in this cluster."""

    name: str
    old: str | None
    new: str
    foreign: list[str]

    def row(self) -> dict[str, Any]:
        """As ve_resources returns it."""
        return {
            'name': self.name,
            'old': self.old,
            'new': self.new,
            'changed': self.old != self.new,
            'foreign': self.foreign,
            'concerns': CONCERNS[self.name] if self.foreign else '',
        }


def put(root: Element, policy: Policy, needed: Derived | None = None) -> list[PropertyChange]:
    """Set what the policy says, and nothing that it does not. ``needed``: what escalation() found."""
    foreign = guests.others(root)
    changes = []
    for name, value in _wanted(root, policy, needed).items():
        changes.append(PropertyChange(name, attributes.get_property(root, name), value, foreign))
        attributes.set_property(root, name, value)
    return changes


def escalation(root: Element, policy: Policy) -> Derived | None:
    """What shutdown-escalation has to be for the VEs of every list; None without any, or where no limit of ours slows their stops down."""
    own = guests.ours(root)
    if not own or not policy.starts_per_node:
        return None
    prefer = elements.preferences(tree.section(root, 'constraints'))
    nodes = [node.get('uname', '') for node in tree.nodes(root) if node.get('type') != 'ping']
    stops = [
        times.milliseconds(timeout, 0, 0)
        for primitive in own.values()
        for timeout in operations.stop_timeouts(primitive)
    ]
    return timeouts.shutdown_escalation(
        timeouts.most_on_a_node([prefer.get(name, []) for name in own], nodes),
        policy.starts_per_node,
        max(stops, default=0),
    )


def _wanted(root: Element, policy: Policy, needed: Derived | None) -> dict[str, str]:
    wanted = {}
    if policy.starts_per_node:
        wanted['node-action-limit'] = str(policy.starts_per_node)
    if policy.starts_total:
        wanted['batch-limit'] = str(policy.starts_total)
    if policy.retry_start:
        wanted['start-failure-is-fatal'] = 'false'
    if policy.load_threshold is not None:
        wanted['load-threshold'] = policy.load_threshold
    set_now = times.milliseconds(
        attributes.get_property(root, 'shutdown-escalation'), timeouts.SHUTDOWN_ESCALATION, times.LONGEST
    )
    if needed and needed.value > set_now:
        wanted['shutdown-escalation'] = times.cib(needed.value)
    return wanted

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which primitives are guests: VEs of our agent, and what else there is."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree

AGENT = {'class': 'ocf', 'provider': 'openve', 'type': 'ManageVE'}
NAME = 'ocf:openve:ManageVE'  # as crm_mon writes it
# The agent that ours comes from: same type, same parameter veid.
OLD_AGENT = 'ocf:heartbeat:ManageVE'


def is_ours(primitive: Element) -> bool:
    return all(primitive.get(name) == value for name, value in AGENT.items())


def agent_of(primitive: Element) -> str:
    """class:provider:type, as Pacemaker's tools write it."""
    parts = [primitive.get(name) for name in ('class', 'provider', 'type')]
    return ':'.join(part for part in parts if part)


def manages_ve(primitive: Element) -> bool:
    """Whether its parameter veid names a VE: our agent, and the one that it comes from."""
    return agent_of(primitive) in (NAME, OLD_AGENT)


def ours(root: Element) -> dict[str, Element]:
    """{id: primitive} of the VEs of our agent."""
    return {name: primitive for name, primitive in tree.primitives(root).items() if is_ours(primitive)}


def others(root: Element) -> list[str]:
    """The ids of all other primitives, fencing devices among them."""
    return [name for name, primitive in tree.primitives(root).items() if not is_ours(primitive)]


def is_fencing(primitive: Element) -> bool:
    return primitive.get('class') == 'stonith'


def is_to_run(primitive: Element) -> bool:
    """Whether Pacemaker is to keep it running, by its own meta attributes."""
    if is_false(attributes.get(primitive, attributes.META, 'is-managed')):
        return False
    return (attributes.get(primitive, attributes.META, 'target-role') or 'Started').lower() != 'stopped'

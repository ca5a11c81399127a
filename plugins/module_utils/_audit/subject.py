# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is audited: a CIB, and what is asked of it again and again. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    expansion,
    guests,
    operations,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guest_agents import Agent


@dataclass(frozen=True)
class Facts:
    """What a node tells of itself. ``limit``: whether it is in force there, as node_limit.look() says it. ``stop_seconds``:
    TimeoutStopSec of pacemaker.service, None where that is not known. ``starters``: {guest: what else starts it at boot}.
    ``missing``: {guest: the file of its configuration that is not there}."""

    node: str
    limit: Mapping[str, Any]
    stop_seconds: float | None = None
    starters: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """``asked``: agents whose resources are guests too. ``own``: what the node tells that this runs on; None where that is no node of
    the cluster. ``now``: seconds since the epoch."""

    root: Element
    asked: Sequence[str]
    own: Facts | None
    now: float

    @cached_property
    def primitives(self) -> dict[str, Element]:
        return expansion.primitives(self.root)

    @cached_property
    def guests(self) -> dict[str, Element]:
        """Without the containers of bundles, whose operations Pacemaker makes itself."""
        found = guests.everyone(self.root, self.asked)
        return {name: guest for name, guest in found.items() if name in self.primitives}

    @cached_property
    def agents(self) -> dict[str, Agent]:
        """What is known of each guest's agent."""
        known = {name: guests.agent(guest, self.asked) for name, guest in self.guests.items()}
        return {name: agent for name, agent in known.items() if agent}

    @cached_property
    def nodes(self) -> list[str]:
        """The full ones, that have a vote."""
        return [node.get('uname', '') for node in tree.nodes(self.root) if node.get('type') not in ('remote', 'ping')]

    @cached_property
    def devices(self) -> dict[str, Element]:
        return {name: primitive for name, primitive in self.primitives.items() if guests.is_fencing(primitive)}

    @cached_property
    def containers(self) -> dict[str, list[str]]:
        """{id of a primitive: the groups, clones and bundles that it is in}"""
        found: dict[str, list[str]] = {}
        for element in tree.section(self.root, 'resources').iter():
            if element.tag in tree.RESOURCES and element.tag != 'primitive':
                for primitive in element.iter('primitive'):
                    found.setdefault(primitive.get('id', ''), []).append(element.get('id', ''))
        return found

    @cached_property
    def limit(self) -> int:
        """node-action-limit; 0 where it is not set."""
        return max(0, whole(attributes.get_property(self.root, 'node-action-limit')))

    @cached_property
    def _above(self) -> dict[str, list[Element]]:
        return guests.above(self.root)

    def is_to_run(self, name: str) -> bool:
        return guests.is_to_run(self.primitives[name], self._above[name])

    def meta(self, name: str, key: str) -> str | None:
        """A meta attribute that is in force for a primitive."""
        return guests.meta(self.primitives[name], self._above[name], key)

    def parameters(self, name: str) -> dict[str, str]:
        return attributes.pairs(self.primitives[name], attributes.INSTANCE)

    def timeout(self, name: str, operation: str) -> float:
        """The one in force."""
        return times.seconds(operations.timeout(self.root, self.primitives[name], operation), 0.0)

    def constraints(self, tag: str) -> list[Element]:
        return tree.section(self.root, 'constraints').findall(tag)


def set_timeout(primitive: Element, operation: str, seconds: int, made: str = '0s') -> str:
    """The command that gives an operation this timeout; empty where the operation is a template's. ``made``: the interval of one that
    is not there."""
    if primitive.get('template') or any('id-ref' in element.attrib for element in primitive.iter()):
        return ''
    name = primitive.get('id', '')
    ops = [op for op in primitive.findall('operations/op') if op.get('name') == operation]
    op = next((op for op in ops if made == '0s' or times.seconds(op.get('interval'), 0.0) > 0), None)
    interval = made if op is None else op.get('interval', '0s')
    ident = '%s-%s-%s' % (name, operation, interval) if op is None else op.get('id', '')
    return modify(
        'resources',
        '<primitive id="%s"><operations><op id="%s" name="%s" interval="%s" timeout="%s"/></operations></primitive>'
        % (name, ident, operation, interval, times.cib(seconds * times.SECOND)),
    )


def modify(section: str, xml: str) -> str:
    return "cibadmin --modify --allow-create --scope %s --xml-text '%s'" % (section, xml)


def set_property(name: str, value: str) -> str:
    return 'crm_attribute --type crm_config --name %s --update %s' % (name, value)


def set_meta(resource: str, name: str, value: str) -> str:
    return 'crm_resource --resource %s --meta --set-parameter %s --parameter-value %s' % (resource, name, value)

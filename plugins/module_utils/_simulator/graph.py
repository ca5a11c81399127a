# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transition graph as Pacemaker's scheduler writes it: what is to be done, and what has to be over before.

Nothing in here knows of VEs or of scenarios. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping
from xml.etree.ElementTree import Element

INFINITY = 1000000  # Pacemaker's
MIGRATIONS = ('migrate_to', 'migrate_from')


@dataclass
class Action:
    """One thing to do.

    ``kind``: 'rsc_op', 'crm_event' (fencing and such) or 'pseudo_event' (a mere mark, done at once). ``recorded``: the id
    under which it is written into the history: an instance of an anonymous clone is there without its number.
    ``synapse``: the number of the synapse that it is in.
    """

    id: str
    kind: str
    operation: str
    node: str | None
    node_id: str | None
    resource: str | None
    recorded: str | None
    agent: Mapping[str, str]
    parameters: Mapping[str, str]
    interval: int  # in milliseconds
    timeout: float
    target_rc: int
    places: tuple[str, ...]  # the nodes whose limits it counts against
    synapse: int

    def meta(self, name: str, default: str = '') -> str:
        return self.parameters.get('CRM_meta_' + name, default)

    @property
    def fencing(self) -> bool:
        return self.kind == 'crm_event' and self.operation == 'stonith'

    @property
    def probe(self) -> bool:
        return self.kind == 'rsc_op' and self.operation == 'monitor' and not self.interval


@dataclass
class Synapse:
    """Actions, and the ids of the actions that have to be over before."""

    number: int
    priority: int
    actions: list[Action]
    inputs: list[str]


@dataclass
class Graph:
    """The order of the synapses is the order in which the controller looks for work. Of the limits 0 is none."""

    batch_limit: int
    migration_limit: int
    synapses: list[Synapse]

    @property
    def actions(self) -> list[Action]:
        return [action for synapse in self.synapses for action in synapse.actions]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do but marks."""
        return all(action.kind == 'pseudo_event' for action in self.actions)


def read(root: Element) -> Graph:
    """A Graph of a <transition_graph>."""
    return Graph(
        batch_limit=_limit(root.get('batch-limit')),
        migration_limit=_limit(root.get('migration-limit')),
        synapses=[_synapse(element, number) for number, element in enumerate(root.findall('synapse'))],
    )


def _limit(text: str | None) -> int:
    return max(0, int(text or 0))  # -1 is no limit, too


def _synapse(element: Element, number: int) -> Synapse:
    return Synapse(
        number=number,
        priority=int(element.get('priority') or 0),
        actions=[_action(child, number) for child in element.findall('action_set/*')],
        inputs=[child.get('id', '') for child in element.findall('inputs/trigger/*')],
    )


def _action(element: Element, synapse: int) -> Action:
    attributes, primitive = element.find('attributes'), element.find('primitive')
    parameters: Mapping[str, str] = {} if attributes is None else attributes.attrib
    agent: dict[str, str] = {}
    recorded = resource = None
    if primitive is not None:
        agent = {name: primitive.attrib[name] for name in ('class', 'provider', 'type') if primitive.get(name)}
        recorded = primitive.get('id')
        resource = primitive.get('long-id', recorded)
    return Action(
        id=element.get('id', ''),
        kind=element.tag,
        operation=element.get('operation', ''),
        node=element.get('on_node'),
        node_id=element.get('on_node_uuid'),
        resource=resource,
        recorded=recorded,
        agent=agent,
        parameters=parameters,
        interval=int(parameters.get('CRM_meta_interval', 0)),
        timeout=int(parameters.get('CRM_meta_timeout', 0)) / 1000,
        target_rc=int(parameters.get('CRM_meta_op_target_rc', 0)),
        places=_places(element, parameters),
        synapse=synapse,
    )


def _places(element: Element, parameters: Mapping[str, str]) -> tuple[str, ...]:
    node, router = element.get('on_node'), element.get('router_node')
    if element.tag != 'rsc_op' or not node:
        return ()
    if router:  # the node that a remote node is connected to
        return (router,)
    if element.get('operation') in MIGRATIONS:
        ends = (parameters.get('CRM_meta_migrate_source'), parameters.get('CRM_meta_migrate_target'))
        return tuple(end for end in ends if end)
    return (node,)

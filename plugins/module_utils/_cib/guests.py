# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which primitives are guests: VEs of our agent, and of others. Those in here are as ``expansion`` has them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Callable, Iterator, List
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import OWNER

AGENT = {'class': 'ocf', 'provider': 'openve', 'type': 'ManageVE'}
NAME = 'ocf:openve:ManageVE'  # as crm_mon writes it

# What of a parameter's value may be the id of the VE.
Named = Callable[[str], List[str]]


def _as_it_is(value: str) -> list[str]:
    return [value]


def _of_file(path: str) -> list[str]:
    """/var/lib/lxc/NAME/config, or a file of any place that is called NAME or NAME.conf."""
    directory, file = posixpath.split(posixpath.normpath(path))
    return [posixpath.basename(directory), posixpath.splitext(file)[0]]


@dataclass(frozen=True)
class Manager:
    """Agents that manage a VE. ``agent``: a pattern of class:provider:type. ``engine``: None: the parameter of that name.

    ``parameters``: {parameter: what of its value may be the id of the VE}; without any the id is in the agent's own name.
    """

    agent: str
    engine: str | None
    parameters: dict[str, Named]


# The first that fits. Ours comes from ocf:heartbeat:ManageVE.
MANAGERS = (
    Manager(r'ocf:[^:]+:lx[cd].*', 'lxc', {'container': _as_it_is, 'config': _of_file}),
    Manager(r'(?:systemd|service):lxc@(?P<id>.+?)(?:\.service)?', 'lxc', {}),
    Manager(r'ocf:[^:]+:ManageVE', None, {'veid': _as_it_is}),
)
# And any other agent: ours is sometimes installed under another name, and parameters tell it.
RENAMED = Manager(r'ocf:[^:]+:.+', None, {'veid': _as_it_is})
# Agents whose guests are virtual machines: no VEs, but they boot and shut down as VEs do.
MACHINES = r'ocf:[^:]+:(?:VirtualDomain|Xen)'


def is_ours(primitive: Element) -> bool:
    return all(primitive.get(name) == value for name, value in AGENT.items())


def agent_of(primitive: Element) -> str:
    """class:provider:type, as Pacemaker's tools write it."""
    parts = [primitive.get(name) for name in ('class', 'provider', 'type')]
    return ':'.join(part for part in parts if part)


def managed(primitive: Element) -> Iterator[tuple[str, str]]:
    """(engine, id) of the VE that it manages; each that it may manage, where its parameters have a rule."""
    for manager in (*MANAGERS, RENAMED):
        found = re.match('(?:%s)\\Z' % manager.agent, agent_of(primitive))
        if not found:
            continue
        engines = [manager.engine] if manager.engine else attributes.possible(primitive, attributes.INSTANCE, 'engine')
        ids = [found.group('id')] if not manager.parameters else []
        for parameter, named in manager.parameters.items():
            values = attributes.possible(primitive, attributes.INSTANCE, parameter)
            ids += [ve_id for value in values for ve_id in named(value)]
        for engine in engines or [DEFAULTS['engine']]:
            for ve_id in ids:
                yield engine, ve_id
        return


def manages_ve(primitive: Element) -> bool:
    """Whether it is there to manage a VE, whatever its agent is called."""
    known = any(re.match('(?:%s)\\Z' % manager.agent, agent_of(primitive)) for manager in MANAGERS)
    return known or any(managed(primitive))


def ours(root: Element) -> dict[str, Element]:
    """{id: primitive} of the VEs of our agent, to be read; as they stand they are in ``tree.primitives``."""
    return {name: primitive for name, primitive in expansion.primitives(root).items() if is_ours(primitive)}


def owner(primitive: Element) -> str | None:
    """Which list has declared a VE, None where none has said so."""
    return attributes.get(primitive, attributes.META, OWNER)


def others(root: Element) -> list[str]:
    """The ids of all other primitives, fencing devices among them."""
    return [name for name, primitive in expansion.primitives(root).items() if not is_ours(primitive)]


def of_others(root: Element) -> dict[str, str]:
    """{id: agent} of the guests of other agents, VEs and virtual machines."""
    found = {name: primitive for name, primitive in expansion.primitives(root).items() if not is_ours(primitive)}
    return {
        name: agent_of(primitive)
        for name, primitive in found.items()
        if manages_ve(primitive) or re.match('(?:%s)\\Z' % MACHINES, agent_of(primitive))
    }


def is_fencing(primitive: Element) -> bool:
    return primitive.get('class') == 'stonith'


def is_to_run(primitive: Element) -> bool:
    """Whether Pacemaker is to keep it running, by its own meta attributes."""
    if is_false(attributes.get(primitive, attributes.META, 'is-managed')):
        return False
    return (attributes.get(primitive, attributes.META, 'target-role') or 'Started').lower() != 'stopped'

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which primitives are guests: VEs of our agent, and guests of others. Those in here are as ``expansion`` has them."""

from __future__ import annotations

import re
from typing import Iterator, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, is_true, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, guest_agents, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guest_agents import Agent
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import OWNER

AGENT = {'class': 'ocf', 'provider': 'openve', 'type': 'ManageVE'}
NAME = 'ocf:openve:ManageVE'  # as crm_mon writes it


def is_ours(primitive: Element) -> bool:
    return all(primitive.get(name) == value for name, value in AGENT.items())


def agent_of(primitive: Element) -> str:
    """class:provider:type, as Pacemaker's tools write it."""
    parts = [primitive.get(name) for name in ('class', 'provider', 'type')]
    return ':'.join(part for part in parts if part)


def managed(primitive: Element) -> Iterator[tuple[str, str]]:
    """(engine, id) of the VE that it manages; each that it may manage, where its parameters have a rule."""
    known = _in_table(agent_of(primitive)) or guest_agents.RENAMED
    found = known.fits(agent_of(primitive))
    if found is None or not known.is_ve:
        return
    engines = [known.engine] if known.engine else attributes.possible(primitive, attributes.INSTANCE, 'engine')
    ids = [found.group('id')] if not known.names else []
    for parameter, named in known.names.items():
        values = attributes.possible(primitive, attributes.INSTANCE, parameter)
        ids += [ve_id for value in values for ve_id in named(value)]
    for engine in engines or [DEFAULTS['engine']]:
        for ve_id in ids:
            yield engine, ve_id


def manages_ve(primitive: Element) -> bool:
    """Whether it is there to manage a VE, whatever its agent is called."""
    known = _in_table(agent_of(primitive))
    return (known is not None and known.is_ve) or any(managed(primitive))


def agent(primitive: Element, asked: Sequence[str] = ()) -> Agent | None:
    """What is known of its agent where it is a guest, None where it is none. ``asked``: agents (class:provider:type) whose
    resources are guests too."""
    name = agent_of(primitive)
    known = _in_table(name)
    if known is None:
        if any(managed(primitive)):
            return guest_agents.RENAMED
        return guest_agents.other(name) if name in asked else None
    return None if known.asked and name not in asked else known


def read_asked(names: Sequence[str] | None) -> list[str]:
    """The agents whose resources are to be guests too (an option of modules); an InputError where one is none."""
    wrong = [name for name in names or [] if not re.match(r'(ocf:[\w.-]+|systemd|service|lsb):[\w.@-]+\Z', name)]
    if wrong:
        raise InputError(
            ['guests: %r is no agent; write ocf:PROVIDER:TYPE, as crm_mon shows it' % name for name in wrong]
        )
    return list(names or [])


def _in_table(name: str) -> Agent | None:
    """The first that fits. Ours comes before others of its name."""
    return next((known for known in guest_agents.AGENTS if known.fits(name)), None)


def by_agent(found: dict[str, Element]) -> dict[str, list[str]]:
    """{agent: ids} of guests."""
    agents: dict[str, list[str]] = {}
    for name, primitive in found.items():
        agents.setdefault(agent_of(primitive), []).append(name)
    return agents


def is_of_ve(name: str) -> bool:
    """Whether an agent (class:provider:type) is one of VEs."""
    known = _in_table(name)
    return known is not None and known.is_ve


def is_known(primitive: Element) -> bool:
    """Whether anything is known of its agent."""
    return _in_table(agent_of(primitive)) is not None


def waits(primitive: Element, asked: Sequence[str] = ()) -> bool:
    """Whether the start of a guest waits until it has booted."""
    known = agent(primitive, asked)
    return known is not None and known.wait.holds(attributes.pairs(primitive, attributes.INSTANCE))


def ours(root: Element) -> dict[str, Element]:
    """{id: primitive} of the VEs of our agent, to be read; as they stand they are in ``tree.primitives``."""
    return {name: primitive for name, primitive in expansion.primitives(root).items() if is_ours(primitive)}


def everyone(root: Element, asked: Sequence[str] = ()) -> dict[str, Element]:
    """{id: primitive} of all guests, those of other agents too, to be read. Instances of clones are not among them."""
    cloned = set(in_clones(root))
    found = {
        name: primitive
        for name, primitive in expansion.primitives(root).items()
        if name not in cloned and agent(primitive, asked)
    }
    found.update((name, one) for name, (one, _bundle) in containers(root).items() if agent(one, asked))
    return found


def containers(root: Element) -> dict[str, tuple[Element, Element]]:
    """{id: (primitive, bundle)} of the containers of bundles, as Pacemaker makes them: they are nowhere in the CIB."""
    found = {}
    for bundle in tree.section(root, 'resources').iter('bundle'):
        for kind in bundle:
            if kind.tag in ('podman', 'docker', 'rkt'):
                numbers = (whole(kind.get(name)) for name in ('replicas', 'promoted-max', 'masters'))
                for number in range(next((one for one in numbers if one > 0), 1)):
                    name = '%s-%s-%d' % (bundle.get('id'), kind.tag, number)
                    made = Element('primitive', {'id': name, 'class': 'ocf', 'provider': 'heartbeat', 'type': kind.tag})
                    if bundle.find('primitive') is not None:  # its start waits for the executor that runs in it
                        attributes.fill(made, attributes.INSTANCE, name, {'monitor_cmd': 'pacemaker-remoted'})
                    found[name] = made, bundle
    return found


def in_clones(root: Element) -> list[str]:
    """The ids of the primitives that may run several times."""
    parents = [parent for tag in ('clone', 'master', 'bundle') for parent in root.iter(tag)]
    return [primitive.get('id', '') for parent in parents for primitive in parent.iter('primitive')]


def owner(primitive: Element) -> str | None:
    """Which list has declared a VE, None where none has said so."""
    return attributes.get(primitive, attributes.META, OWNER)


def others(root: Element) -> list[str]:
    """The ids of all other primitives, fencing devices among them."""
    return [name for name, primitive in expansion.primitives(root).items() if not is_ours(primitive)]


def is_fencing(primitive: Element) -> bool:
    return primitive.get('class') == 'stonith'


def is_to_run(primitive: Element, above: Sequence[Element] = ()) -> bool:
    """Whether Pacemaker is to keep it running, by its own meta attributes, and by those of what is ``above`` it."""
    if is_false(meta(primitive, above, 'is-managed')) or is_true(meta(primitive, above, 'maintenance')):
        return False
    return (meta(primitive, above, 'target-role') or 'Started').lower() != 'stopped'


def meta(primitive: Element, above: Sequence[Element], name: str) -> str | None:
    """A meta attribute that is in force, None where none is. ``above``: what it takes them from that it does not have."""
    values = (attributes.get(element, attributes.META, name) for element in (primitive, *above))
    return next((value for value in values if value is not None), None)


def above(root: Element) -> dict[str, list[Element]]:
    """{id of a primitive: what it takes meta attributes from that it does not have, the nearest first}"""
    defaults = [expansion.own(root, tree.section(root, 'rsc_defaults'))]
    found: dict[str, list[Element]] = {name: [] for name in expansion.primitives(root)}
    for tag in ('group', 'clone', 'master', 'bundle'):  # the inner first
        for parent in tree.section(root, 'resources').iter(tag):
            for primitive in parent.iter('primitive'):
                found[primitive.get('id', '')].append(expansion.own(root, parent))
    found.update((name, [expansion.own(root, bundle)]) for name, (_one, bundle) in containers(root).items())
    return {name: parents + defaults for name, parents in found.items()}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modes in which Pacemaker leaves things as they are: maintenance, not managed, standby, without quorum.

They end some day, and then it does what was changed meanwhile: ``ended(root)`` is the CIB as it is then.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.attributes import INSTANCE, META, PROPERTIES

# {name of an attribute: (is the mode on with this value, the value with which it is off)}
Switches = Dict[str, Tuple[Callable[[str], bool], str]]

PROPERTY_MODES: Switches = {'maintenance-mode': (is_true, 'false')}
RESOURCE_MODES: Switches = {'maintenance': (is_true, 'false'), 'is-managed': (is_false, 'true')}
MAINTENANCE: Switches = {'maintenance': (is_true, 'false')}
STANDBY: Switches = {'standby': (is_true, 'off')}


@dataclass(frozen=True)
class Mode:
    """``text``: in words. ``node`` and ``resources``: whose it is; without either it holds for the cluster.

    ``absence``: nodes or votes are missing; where it is not, Pacemaker manages less than it could.
    """

    text: str
    node: str | None = None
    resources: frozenset[str] | None = None
    absence: bool = False


def modes_of(root: Element) -> list[Mode]:
    """Those that a cluster is in."""
    configuration = tree.configuration(root)
    found: list[Mode] = []
    for section in configuration.findall('crm_config'):
        found += [Mode(text) for text in _on(expansion.own(root, section), PROPERTIES, PROPERTY_MODES)]
    for section in configuration.findall('rsc_defaults'):
        found += [Mode('%s as a default' % text) for text in _on(expansion.own(root, section), META, RESOURCE_MODES)]
    for resources in configuration.findall('resources'):
        for element in (element for element in resources.iter() if element.tag in tree.RESOURCES):
            inside = frozenset(primitive.get('id', '') for primitive in element.iter('primitive'))
            texts = _on(expansion.primitive(root, element), META, RESOURCE_MODES)
            found += [Mode('%s of %s' % (text, element.get('id')), resources=inside) for text in texts]
    for element, node in _with_node_attributes(root):
        own = expansion.own(root, element)
        found += [Mode('maintenance of %s' % node, node=node) for _text in _on(own, INSTANCE, MAINTENANCE)]
        found += [Mode('standby of %s' % node, node=node, absence=True) for _text in _on(own, INSTANCE, STANDBY)]
    if root.get('have-quorum') == '0':
        found.append(Mode('no quorum', absence=True))
    return list(dict.fromkeys(found))


def ended(root: Element, absence: bool) -> Element:
    """A copy in which none is on any more. ``absence``: nor is what is missing."""
    rest = copy.deepcopy(root)
    for element in tree.configuration(rest).iter():
        attributes.overwrite(element, PROPERTIES, _off(PROPERTY_MODES))
        attributes.overwrite(element, META, _off(RESOURCE_MODES))
    for element, _node in _with_node_attributes(rest):
        attributes.overwrite(element, INSTANCE, _off({**MAINTENANCE, **STANDBY} if absence else MAINTENANCE))
    if absence and rest.get('have-quorum') == '0':
        rest.set('have-quorum', '1')
    return rest


def standby_of(root: Element, node: str) -> tuple[bool, bool]:
    """Whether a node is in standby (for good, until it restarts)."""
    on = {
        element.tag
        for element, name in _with_node_attributes(root)
        if name == node and any(_on(expansion.own(root, element), INSTANCE, STANDBY))
    }
    return 'node' in on, 'transient_attributes' in on


def _on(element: Element, kind: str, modes: Switches) -> Iterator[str]:
    for name, (is_on, _value) in modes.items():
        value = next((value for value in attributes.possible(element, kind, name) if is_on(value)), None)
        if value is not None:
            yield name if name == 'maintenance-mode' else '%s=%s' % (name, value)


def _off(modes: Switches) -> dict[str, str]:
    return {name: value for name, (_is_on, value) in modes.items()}


def _with_node_attributes(root: Element) -> Iterator[tuple[Element, str]]:
    """(what has a node's attributes, its name): those that last, and those that it has until it restarts."""
    for node in tree.configuration(root).findall('nodes/node'):
        yield node, node.get('uname', '')
    for state in root.findall('status/node_state'):
        for transient in state.findall('transient_attributes'):
            yield transient, state.get('uname', '')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of elements, as the CIB keeps them: nvpairs in sets. Nothing else reads or writes these.

A set with a rule holds only at times or on some nodes: it is somebody's own work, which is neither judged nor edited
here; only ``each`` and ``possible`` show it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any, Iterator, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

INSTANCE = 'instance_attributes'
META = 'meta_attributes'
UTILIZATION = 'utilization'
PROPERTIES = 'cluster_property_set'

# The set of cluster properties that every tool uses.
BOOTSTRAP = 'cib-bootstrap-options'


def get(element: Element, kind: str, name: str) -> str | None:
    """An attribute's value, None where it is not set: of the sets, the first that has it."""
    pair = _pair(element, kind, name)
    return None if pair is None else pair.get('value')


def put(element: Element, kind: str, name: str, value: str, set_id: str = '') -> None:
    """Set an attribute where it stands already, else in the first set; ``set_id``: the id of one that has to be made."""
    pair = _pair(element, kind, name)
    if pair is not None:
        pair.set('value', value)
        return
    sets = _sets(element, kind)
    chosen = sets[0] if sets else ET.SubElement(element, kind, id=set_id or '%s-%s' % (element.get('id'), kind))
    _add(chosen, name, value)


def remove(element: Element, kind: str, name: str) -> None:
    """Take an attribute away, if it is there."""
    for attribute_set in _sets(element, kind):
        for pair in attribute_set.findall('nvpair'):
            if pair.get('name') == name:
                attribute_set.remove(pair)
                return


def fill(element: Element, kind: str, owner: str, values: Mapping[str, str]) -> None:
    """A new set with these attributes, ids after ``owner``."""
    attribute_set = ET.SubElement(element, kind, id='%s-%s' % (owner, kind))
    for name, value in values.items():
        _add(attribute_set, name, value)


def pairs(element: Element, kind: str) -> dict[str, str]:
    """{name: value} of all that are set."""
    result: dict[str, str] = {}
    for attribute_set in _sets(element, kind):
        for pair in attribute_set.findall('nvpair'):
            result.setdefault(pair.get('name', ''), pair.get('value', ''))
    return result


def each(element: Element, kind: str) -> Iterator[tuple[Element, Element]]:
    """(set, nvpair) of all there are, those with a rule too."""
    for attribute_set in element.findall(kind):
        for pair in attribute_set.findall('nvpair'):
            yield attribute_set, pair


def possible(element: Element, kind: str, name: str) -> list[str]:
    """Every value that an attribute may have at some time on some node."""
    return [pair.get('value', '') for _set, pair in each(element, kind) if pair.get('name') == name]


def with_rule(element: Element) -> list[Element]:
    """The attribute sets with a rule among the children."""
    return [child for child in element if child.find('rule') is not None]


def written(value: Any) -> str:
    """A value from YAML as the CIB has it."""
    return {True: 'true', False: 'false'}[value] if isinstance(value, bool) else str(value)


# Cluster properties


def get_property(root: Element, name: str) -> str | None:
    """A cluster property's value, None if it is not set."""
    return get(tree.section(root, 'crm_config'), PROPERTIES, name)


def set_property(root: Element, name: str, value: str) -> None:
    put(tree.section(root, 'crm_config'), PROPERTIES, name, value, BOOTSTRAP)


def remove_property(root: Element, name: str) -> None:
    remove(tree.section(root, 'crm_config'), PROPERTIES, name)


# Attributes of nodes


def get_node(root: Element, node: str, name: str) -> str | None:
    """A permanent attribute of a node, None if it is not set."""
    return get(_node(root, node), INSTANCE, name)


def set_node(root: Element, node: str, name: str, value: str | None) -> None:
    """Set a permanent attribute of a node; None: take it away."""
    element = _node(root, node)
    if value is None:
        remove(element, INSTANCE, name)
    else:
        put(element, INSTANCE, name, value, 'nodes-%s' % element.get('id'))


def _node(root: Element, name: str) -> Element:
    return next(node for node in tree.nodes(root) if node.get('uname') == name)


def _sets(element: Element, kind: str) -> list[Element]:
    return [attribute_set for attribute_set in element.findall(kind) if attribute_set.find('rule') is None]


def _pair(element: Element, kind: str, name: str) -> Element | None:
    for attribute_set in _sets(element, kind):
        for pair in attribute_set.findall('nvpair'):
            if pair.get('name') == name:
                return pair
    return None


def _add(attribute_set: Element, name: str, value: str) -> None:
    ET.SubElement(attribute_set, 'nvpair', id='%s-%s' % (attribute_set.get('id'), name), name=name, value=value)

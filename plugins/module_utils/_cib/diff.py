# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two CIBs, as normalised, readable XML: for diff mode."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

# A diff goes into these and shows the children that differ; anything else it shows whole.
_CONTAINERS = frozenset(
    (
        'cib',
        'configuration',
        'crm_config',
        'cluster_property_set',
        'rsc_defaults',
        'op_defaults',
        'nodes',
        'resources',
        'constraints',
        'fencing-topology',
        'tags',
        'acls',
        'alerts',
    )
)


def differing(root: Element, other: Element) -> str:
    """What ``root``'s configuration has that is not the same in ``other``'s."""
    return _readable(_differing(root, other))


def _differing(element: Element, other: Element) -> Element:
    """A copy of ``element`` with only those parts that are not the same in ``other``."""
    if element.tag not in _CONTAINERS:
        return copy.deepcopy(element)
    result = Element(element.tag, {'id': element.get('id', '')} if element.get('id') else {})
    others = _keyed(other)
    equal = 0
    for key, child in _keyed(element).items():
        counterpart = others.get(key)
        if element.tag == 'cib' and child.tag != 'configuration':
            continue
        if counterpart is None:
            result.append(copy.deepcopy(child))
        elif not tree.same(child, counterpart):
            result.append(_differing(child, counterpart))
        else:
            equal += 1
    if not len(result) and equal == len(others) and list(_keyed(element)) != list(others):
        # Only the order differs, where the order matters: show that.
        result.extend(Element(child.tag, {'id': child.get('id', '')}) for child in tree.elements(element))
    return result


def lost(old: Element, new: Element, now: Element) -> Iterator[str]:
    """The ids of what a change from ``old`` to ``new`` was to set or to remove, and what is not so ``now``."""
    before, after, found = _keyed(old), _keyed(new), _keyed(now)
    for key, child in after.items():
        if key in before and tree.same(before[key], child):
            continue
        there = found.get(key)
        if there is None or there.attrib != child.attrib:
            yield child.get('id') or '%s of %s' % (child.tag, new.get('id') or new.tag)
        else:
            yield from lost(before.get(key, Element(child.tag)), child, there)
    for key, child in before.items():
        if key not in after and key in found and child.get('id'):
            yield child.get('id', '')


def _keyed(parent: Element) -> dict[tree.Key, Element]:
    return {tree.key(child): child for child in tree.elements(parent)}


def _readable(element: Element, depth: int = 0) -> str:
    if element.tag == 'cib':
        return ''.join(_readable(child, depth) for child in element)
    names = sorted(element.attrib, key=lambda name: (name != 'id', name != 'name', name))
    shell = ET.Element(element.tag, {name: element.get(name, '') for name in names})
    children = ''.join(_readable(child, depth + 1) for child in tree.ordered(element))
    opening = tree.text(shell).replace(' />', '/>')
    indent = '  ' * depth
    if not children:
        return '%s%s\n' % (indent, opening)
    return '%s%s>\n%s%s</%s>\n' % (indent, opening[:-2], children, indent, element.tag)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of elements, as the CIB keeps them: nvpairs in sets. Nothing else reads or writes these.

Of several sets that have a name the one with the highest score wins, and of those the last; within a set the first. What
is read is an element as ``expansion`` has it; what is written, the element as it stands, where a reference (id-ref) is
left alone and overridden by a set of the element's own.

A set with a rule holds only at times or on some nodes: it is somebody's own work, which is neither judged nor edited
here; only ``each`` and ``possible`` show it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any, Iterator, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY

INSTANCE = 'instance_attributes'
META = 'meta_attributes'
UTILIZATION = 'utilization'
PROPERTIES = 'cluster_property_set'

# The set of cluster properties that every tool uses.
BOOTSTRAP = 'cib-bootstrap-options'
# The set with the mark of a run: names that Pacemaker does not know, and that are no properties (_cib/mark.py).
RUN = 'openve-run'


def get(element: Element, kind: str, name: str) -> str | None:
    """An attribute's value, None where it is not set."""
    pair = next((pair for pair in _strongest_first(element, kind) if pair.get('name') == name), None)
    return None if pair is None else pair.get('value')


def put(element: Element, kind: str, name: str, value: str, set_id: str = '', score: int = 0) -> None:
    """Set an attribute where it stands already, else in the strongest set.

    ``set_id``: the id of one that has to be made. ``score``: what the set has to have at least, to be above a template's.
    """
    sets = _sets(element, kind)
    for attribute_set in sets:
        if _refers(attribute_set):
            break  # whatever it stands for is not this element's alone, and stronger than what comes after it
        for pair in attribute_set.findall('nvpair'):
            if pair.get('name') == name:
                pair.set('value', value)
                _strengthen(attribute_set, score)
                return
    if not sets or _refers(sets[0]):
        chosen = ET.SubElement(element, kind, id=set_id or '%s-%s' % (element.get('id'), kind))
        score = max([score, *map(_score, sets[:1])])
    else:
        chosen = sets[0]
    _strengthen(chosen, score)
    _add(chosen, name, value)


def remove(element: Element, kind: str, name: str) -> None:
    """Take an attribute away, wherever it stands."""
    for attribute_set in _sets(element, kind):
        for pair in attribute_set.findall('nvpair'):
            if pair.get('name') == name:
                attribute_set.remove(pair)


def fill(element: Element, kind: str, owner: str, values: Mapping[str, str], score: int = 0) -> None:
    """A new set with these attributes, ids after ``owner``. ``score``: above that of other sets it has to be."""
    attribute_set = ET.SubElement(element, kind, id='%s-%s' % (owner, kind))
    _strengthen(attribute_set, score)
    for name, value in values.items():
        _add(attribute_set, name, value)


def pairs(element: Element, kind: str) -> dict[str, str]:
    """{name: value} of all that are set."""
    result: dict[str, str] = {}
    for pair in _strongest_first(element, kind):
        result.setdefault(pair.get('name', ''), pair.get('value', ''))
    return result


def each(element: Element, kind: str) -> Iterator[tuple[Element, Element]]:
    """(set, nvpair) of all there are, those with a rule too."""
    for attribute_set in element.findall(kind):
        for pair in attribute_set.findall('nvpair'):
            yield attribute_set, pair


def possible(element: Element, kind: str, name: str) -> list[str]:
    """Every value that an attribute may have at some time on some node."""
    always = get(element, kind, name)
    at_times = [
        pair.get('value', '') for owner, pair in each(element, kind) if has_rule(owner) and pair.get('name') == name
    ]
    return at_times if always is None else [always, *at_times]


def overwrite(element: Element, kind: str, values: Mapping[str, str]) -> None:
    """Give attributes another value wherever they are set, in sets with a rule too. For copies: a shared one changes for all."""
    for _set, pair in each(element, kind):
        if pair.get('name') in values:
            pair.attrib.pop(expansion.REFERENCE, None)
            pair.set('value', values[pair.get('name', '')])


def has_rule(attribute_set: Element) -> bool:
    """Whether it holds at times or on some nodes only."""
    return attribute_set.find('rule') is not None


def strength(element: Element, kind: str) -> int:
    """The highest score of its sets."""
    return max((_score(attribute_set) for attribute_set in _sets(element, kind)), default=0)


def written(value: Any) -> str:
    """A value from YAML as the CIB has it."""
    return {True: 'true', False: 'false'}[value] if isinstance(value, bool) else str(value)


# One set alone


def read_set(element: Element, kind: str, set_id: str) -> dict[str, str]:
    """{name: value} of the set of this id; empty where there is none."""
    found = (each for each in element.findall(kind) if each.get('id') == set_id)
    return {pair.get('name', ''): pair.get('value', '') for each in found for pair in each.findall('nvpair')}


def write_set(element: Element, kind: str, set_id: str, values: Mapping[str, str]) -> None:
    """Put a set of this id in the place of the one that is there; without values: have none."""
    for there in [each for each in element.findall(kind) if each.get('id') == set_id]:
        element.remove(there)
    if values:
        new = ET.SubElement(element, kind, id=set_id)
        for name, value in values.items():
            _add(new, name, value)


# Cluster properties


def get_property(root: Element, name: str) -> str | None:
    """A cluster property's value, None if it is not set."""
    section = expansion.own(root, tree.section(root, 'crm_config'))
    values = [get(section, PROPERTIES, spelling) for spelling in _spellings(root, name)]
    return next((value for value in values if value is not None), None)


def set_property(root: Element, name: str, value: str) -> None:
    """Under the names that it has in this CIB. Where it is not set: the new one only in a cluster that says it knows it."""
    section = tree.section(root, 'crm_config')
    read = _spellings(root, name)
    there = [spelling for spelling in read if get(section, PROPERTIES, spelling) is not None]
    for spelling in there or [read[0] if _knows_new_names(root) else read[-1]]:
        put(section, PROPERTIES, spelling, value, BOOTSTRAP)


def remove_property(root: Element, name: str) -> None:
    for spelling in pacemaker.spellings(name):
        remove(tree.section(root, 'crm_config'), PROPERTIES, spelling)


def _spellings(root: Element, name: str) -> tuple[str, ...]:
    """The names under which this cluster reads a property, the stronger first."""
    names = pacemaker.spellings(name)
    return names[-1:] if _knows_new_names(root) is False else names


def _knows_new_names(root: Element) -> bool | None:
    """By what its controller wrote into the CIB; None in a CIB that no cluster has run with."""
    return pacemaker.knows_new_names(get(tree.section(root, 'crm_config'), PROPERTIES, 'dc-version'))


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


def fencing_is_off(root: Element) -> bool:
    return is_false(get_property(root, pacemaker.FENCING_ENABLED))


def _node(root: Element, name: str) -> Element:
    return next(node for node in tree.nodes(root) if node.get('uname') == name)


def _sets(element: Element, kind: str) -> list[Element]:
    """Those without a rule, the strongest first."""
    sets = [each for each in element.findall(kind) if not has_rule(each) and each.get('id') != RUN]
    # the tools' own set of properties is stronger than all others
    return sorted(reversed(sets), key=lambda each_set: (each_set.get('id') != BOOTSTRAP, -_score(each_set)))


def _strongest_first(element: Element, kind: str) -> Iterator[Element]:
    for attribute_set in _sets(element, kind):
        yield from attribute_set.findall('nvpair')


def _refers(attribute_set: Element) -> bool:
    return any(expansion.REFERENCE in part.attrib for part in attribute_set.iter())


def _strengthen(attribute_set: Element, score: int) -> None:
    if score > _score(attribute_set):
        attribute_set.set('score', str(score))


def _score(attribute_set: Element) -> int:
    text = attribute_set.get('score', '0').lstrip('+')
    infinite = {'INFINITY': INFINITY, '-INFINITY': -INFINITY}
    return infinite[text] if text in infinite else whole(text)


def _add(attribute_set: Element, name: str, value: str) -> None:
    ET.SubElement(attribute_set, 'nvpair', id='%s-%s' % (attribute_set.get('id'), name), name=name, value=value)

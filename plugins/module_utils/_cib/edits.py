# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small edits of the CIB that start, stop and move VEs. What they leave in it can be found and taken back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Iterable
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, tree

# Locations of ours have this id, so that a later run finds what an interrupted one left.
MOVED = 'openve-moved-%s-%s'
# The node attribute with the VEs that were sent away when the node was put into standby.
DRAINED = 'openve-drained'


def set_target_role(root: Element, primitive: Element, role: str | None) -> None:
    """Set a VE's target-role; None: take it away, so that a template's holds again, if there is one."""
    if role is None:
        attributes.remove(primitive, attributes.META, 'target-role')
    else:
        least = attributes.strength(expansion.primitive(root, primitive), attributes.META)
        attributes.put(primitive, attributes.META, 'target-role', role, score=least)


def place(root: Element, name: str, away: Iterable[str] = (), to: str | None = None) -> None:
    """Send a VE away from nodes or to a node, in place of what an earlier run may have left; without either: let it be."""
    constraints = tree.section(root, 'constraints')
    for constraint in constraints.findall('rsc_location'):
        if constraint.get('rsc') == name and constraint.get('id') == MOVED % (name, constraint.get('node')):
            constraints.remove(constraint)
    for node, score in [(node, '-INFINITY') for node in away] + ([(to, 'INFINITY')] if to else []):
        ET.SubElement(constraints, 'rsc_location', id=MOVED % (name, node), rsc=name, node=node, score=score)


def placed(root: Element) -> list[str]:
    """The VEs that a run has sent somewhere, and that are not let be yet."""
    constraints = tree.section(root, 'constraints').findall('rsc_location')
    ours = {
        each.get('rsc', '') for each in constraints if each.get('id') == MOVED % (each.get('rsc'), each.get('node'))
    }
    return sorted(ours)


def set_standby(root: Element, node: str, standby: bool) -> None:
    attributes.set_node(root, node, 'standby', 'on' if standby else None)


def drained(root: Element, node: str) -> list[str]:
    """The VEs that were sent away from a node when it was put into standby."""
    return (attributes.get_node(root, node, DRAINED) or '').split()


def set_drained(root: Element, node: str, names: Iterable[str]) -> None:
    attributes.set_node(root, node, DRAINED, ' '.join(names) or None)

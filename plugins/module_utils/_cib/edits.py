# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small edits of the CIB that start, stop and move VEs. What they leave in it can be found and taken back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Iterable, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    expansion,
    history,
    modes,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import NEW, STOPPED

# Locations of ours have this id, so that a later run finds what an interrupted one left.
MOVED = 'openve-moved-%s-%s'
# The node attribute with the VEs that were sent away when the node was put into standby. A standby without it is of somebody else.
DRAINED = 'openve-drained'
NOBODY = '-'  # cannot be the id of a resource
NOT_YET = '~'  # before the names: they leave, or have left, and the node is not in standby, so that one which is found then is somebody else's


def set_target_role(root: Element, primitive: Element, role: str | None, mark: str | None = None) -> None:
    """Set a VE's target-role; None: take it away, so that a template's holds again, if there is one.

    ``mark``: that it is stopped here and not by hand, see stopped_by_hand(); None: there is to be none.
    """
    least = attributes.strength(expansion.primitive(root, primitive), attributes.META)
    for name, value in (('target-role', role), (STOPPED, mark)):
        if value is None:
            attributes.remove(primitive, attributes.META, name)
        else:
            attributes.put(primitive, attributes.META, name, value, score=least)


def stopped_by_hand(root: Element, ours: Mapping[str, Element]) -> set[str]:
    """The VEs that somebody stopped by hand: those that are to be stopped and have no mark, or have run since it was made.

    A start by hand leaves the mark where it is. Of the last start the history keeps the monitor, when the VE is stopped too.
    """
    ran: dict[str, str] = {}
    for operation in history.operations(root):
        if operation.name == 'monitor' and operation.interval and operation.rc == 0 and not operation.pending:
            ran[operation.resource] = max(ran.get(operation.resource, ''), times.iso(operation.begin))
    found = set()
    for name, primitive in ours.items():
        mark = attributes.get(primitive, attributes.META, STOPPED)
        since = '' if mark is None or mark == NEW else mark
        if not is_stopped(primitive):
            continue
        if mark is None or ran.get(name, '') > since:
            found.add(name)
    return found


def start_awaited(root: Element, ours: Mapping[str, Element]) -> list[str]:
    """Start the VEs that are stopped for a while: new ones, and those that a run has stopped. Returns their names."""
    by_hand = stopped_by_hand(root, ours)
    awaited = [name for name, primitive in ours.items() if is_stopped(primitive) and name not in by_hand]
    elements = tree.primitives(root)
    for name in awaited:
        set_target_role(root, elements[name], 'Started')
    return awaited


def is_stopped(primitive: Element) -> bool:
    """Whether it is to be stopped."""
    return (attributes.get(primitive, attributes.META, 'target-role') or '').lower() == 'stopped'


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
    """The VEs that were sent away from a node when it was put into standby, or are about to be."""
    words = (attributes.get_node(root, node, DRAINED) or '').split()
    return [name for name in words if name not in (NOBODY, NOT_YET)]


def set_drained(root: Element, node: str, names: Iterable[str] | None, standby: bool = True) -> None:
    """None: it was not put into standby here, or is back. ``standby``: whether it is put there, or is there by us."""
    value = None if names is None else ' '.join([*names] if standby else [NOT_YET, *names]) or NOBODY
    attributes.set_node(root, node, DRAINED, value)


def standby_by_hand(root: Element, node: str) -> bool:
    """Whether somebody else put a node into standby, for good or until it restarts."""
    for_good, until_restart = modes.standby_of(root, node)
    return until_restart or for_good and (attributes.get_node(root, node, DRAINED) or NOT_YET).split()[0] == NOT_YET

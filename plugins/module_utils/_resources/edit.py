# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the VEs in a CIB in line with a declaration: what is ours there and what has to change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    edits,
    elements,
    guests,
    hold,
    promotable,
    sharing,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.sharing import Change
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import derived
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import checks, others, properties
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.checks import Places
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.cluster_warnings import cluster_warnings
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.properties import PropertyChange


@dataclass(frozen=True)
class Wanted:
    """What ve_resources is asked for.

    ``new``: started or stopped, the role of a VE that is not there yet. ``owner``: whose list this is, where it has a name.
    """

    declaration: Declaration
    purge: bool = False
    new: str = 'started'
    owner: str | None = None

    @property
    def names(self) -> set[str]:
        return {ve.name for ve in self.declaration.ves}


@dataclass
class Edited:
    """What became of the tree. ``spared``: what a purge left to its owner. ``escalation``: what shutdown-escalation has to be at least."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    spared: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    properties: list[PropertyChange] = field(default_factory=list)
    escalation: Derived | None = None


def edit(root: Element, wanted: Wanted) -> Edited:
    """Edit the tree, or refuse what this cluster cannot take."""
    declaration, edited = wanted.declaration, Edited()
    hold.release(root, wanted.names)  # one that a run left that was killed
    places = checks.places(root)
    before, absent = _shapes(root, wanted.names), {ve.name for ve in declaration.absent}
    problems = list(checks.names_taken(declaration, root, places))
    problems += others.of_other_owners(declaration, root, wanted.owner)
    problems += checks.absent_others(declaration, root)
    gone, edited.spared = _to_go(root, wanted)
    problems += checks.removal_inside(places, gone, absent)
    edited.removed = _remove(root, places, gone)
    problems += checks.second_managers(declaration, root)
    problems += checks.missing_needs(declaration, places)
    problems += checks.never_promoted(declaration, root)
    problems += others.unknown(declaration, root)
    problems += others.repointed(declaration, root)
    problems += others.policies(declaration, root)
    _refuse(problems)
    edited.created = _put_primitives(root, places, wanted)
    _put_constraints(root, wanted)
    _refuse(others.circles(declaration, root))
    # Only now: the constraints of declared and of purged VEs that named a purged one are gone.
    _refuse(checks.still_referred_to(root, edited.removed, absent))
    after = _shapes(root, wanted.names)
    edited.updated = [ve.name for ve in declaration.ves if ve.name in before and before[ve.name] != after[ve.name]]
    edited.escalation = properties.escalation(root, declaration.policy)
    edited.properties = properties.put(root, declaration.policy, edited.escalation)
    checks.refuse_double_ids(root)
    edited.warnings = list(cluster_warnings(root, declaration, edited.escalation))
    return edited


def _refuse(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        heading = 'This cluster cannot take the declared VEs, nothing was changed:'
        raise CibError(bullets(heading, found), problems=found)


def stop_first(root: Element, names: Sequence[str]) -> None:
    """Have VEs stopped that are to be removed afterwards."""
    primitives = tree.primitives(root)
    for name in guests.ours(root):
        if name in names:
            edits.set_target_role(root, primitives[name], 'Stopped')


def _to_go(root: Element, wanted: Wanted) -> tuple[list[str], list[str]]:
    """(VEs of ours that are to be removed, those that a purge leaves to somebody else)"""
    absent = {ve.name for ve in wanted.declaration.absent}
    ours = guests.ours(root)
    undeclared = [name for name in ours if name not in wanted.names and name not in absent] if wanted.purge else []
    mine = {name for name in undeclared if guests.owner(ours[name]) == wanted.owner}
    return [name for name in ours if name in absent or name in mine], [name for name in undeclared if name not in mine]


def _remove(root: Element, places: Places, names: list[str]) -> list[str]:
    """Remove those that are not part of something else; return their names."""
    removed = []
    constraints = tree.section(root, 'constraints')
    gone = [name for name in names if places[name].parent.tag == 'resources']
    sharing.part(root, [(places[name].element, None) for name in gone])
    for name in gone:
        parent, primitive = places[name]
        for constraint in list(constraints):
            if elements.owner_of(constraint) == name or elements.made_by_crm_resource(constraint, name):
                constraints.remove(constraint)
        parent.remove(primitive)
        del places[name]
        removed.append(name)
    return removed


def _put_primitives(root: Element, places: Places, wanted: Wanted) -> list[str]:
    """The declared VEs, where they stand or at the end; returns the names of those that were not there."""
    created = []
    numbers = derived.numbers(wanted.declaration)
    by_parent: dict[Element, list[Element]] = {}  # a VE may be a member of a group
    changes: list[Change] = []
    for ve in wanted.declaration.ves:
        place = places.get(ve.name)
        parent = tree.section(root, 'resources') if place is None else place.parent
        current = None if place is None else place.element
        if current is None:
            created.append(ve.name)
        seen = None if current is None else elements.look(root, current)
        primitive = elements.primitive(ve, wanted.declaration.policy, numbers[ve.name], seen, wanted.new)
        by_parent.setdefault(parent, []).append(primitive)
        if current is not None:
            changes.append((current, primitive))
    sharing.part(root, changes)
    for parent, primitives in by_parent.items():
        tree.merge(parent, *primitives)
    return created


def _put_constraints(root: Element, wanted: Wanted) -> None:
    section = tree.section(root, 'constraints')
    declared = wanted.declaration
    promoted, apart = promotable.roles(root), elements.pairs_in(section, 'apart')
    constraints = [
        constraint for ve in declared.ves for constraint in elements.constraints(ve, declared, promoted, apart)
    ]
    ids = {constraint.get('id') for constraint in constraints}
    for constraint in list(section):
        if elements.owner_of(constraint) in wanted.names and constraint.get('id') not in ids:
            section.remove(constraint)
    tree.merge(section, *constraints)


def _shapes(root: Element, names: set[str]) -> dict[str, list[Any]]:
    """{name: what it looks like, itself and its constraints} of the declared VEs that are there."""
    shapes = {name: [tree.canonical(primitive)] for name, primitive in tree.primitives(root).items() if name in names}
    for constraint in sorted(tree.section(root, 'constraints'), key=lambda element: element.get('id', '')):
        owner = elements.owner_of(constraint)
        if owner in shapes:
            shapes[owner].append(tree.canonical(constraint))
    return shapes

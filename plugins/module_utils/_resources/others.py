# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs of this cluster that another list declares: what may be said of them here, and what the two lists have to agree on."""

from __future__ import annotations

from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, elements, guests, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import order
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.validate import canonical_id


def unknown(declaration: Declaration, root: Element) -> Iterator[str]:
    """References to VEs that are nowhere, and needs that would restart a VE with another list's."""
    ours = guests.ours(root)
    yield from order.unknown(declaration.ves, ours)
    yield from order.needed(declaration.ves, set(ours).difference(ve.name for ve in declaration.ves))


def of_other_owners(declaration: Declaration, root: Element, owner: str | None) -> Iterator[str]:
    """VEs that this list declares, too, or wants to be gone, and that are another's by name."""
    ours = guests.ours(root)
    for ve in declaration.ves + declaration.absent:
        theirs = guests.owner(ours[ve.name]) if ve.name in ours else None
        if theirs is not None and theirs != owner:
            yield (
                '%s: name: the resource %s belongs to the list of owner %s, and this is the list of %s; take it out of one of the '
                'two. What nobody owns any more can be taken over after '
                '"crm_resource --resource %s --meta --delete-parameter openve-owner"'
                % (ve.where, ve.name, theirs, 'owner %s' % owner if owner else 'nobody (no owner)', ve.name)
            )


def circles(declaration: Declaration, root: Element) -> Iterator[str]:
    """Circles of ``after`` that go through another list. The constraints are those that are to be."""
    edges: dict[str, list[str]] = {}
    for name, first in sorted(elements.pairs_in(tree.section(root, 'constraints'), 'after')):
        edges.setdefault(name, []).append(first)
        edges.setdefault(first, [])
    where = {ve.name: ve.where for ve in declaration.ves}
    for cycle in order.cycles(edges):
        declared = [name for name in cycle if name in where]
        if declared:
            yield (
                '%s: after: %s wait for each other in a circle, which another list is part of; remove one of these'
                % (
                    where[declared[0]],
                    ' -> '.join(cycle + cycle[:1]),
                )
            )


def repointed(declaration: Declaration, root: Element) -> Iterator[str]:
    """Names that another list may have given to another VE. Where this list has all VEs of the cluster there is no other."""
    ours, names = guests.ours(root), {ve.name for ve in declaration.ves}
    for ve in declaration.ves if set(ours) - names else []:
        managed = sorted(set(guests.managed(ours[ve.name]))) if ve.name in ours else []
        if managed and (ve.engine, ve.id) not in [(engine, canonical_id(ve_id, engine)) for engine, ve_id in managed]:
            yield (
                '%s: name: the resource %s manages another VE, %s (%s), and another list may have declared that; give this one '
                'another name, or remove that resource first' % (ve.where, ve.name, managed[0][1], managed[0][0])
            )


def policies(declaration: Declaration, root: Element) -> Iterator[str]:
    """What holds for the whole cluster, and is not what the VEs of another list have.

    shutdown-escalation and start-failure-is-fatal are not among these: the one is the highest that any list needs, the
    other is only ever switched one way.
    """
    policy = declaration.policy
    declared = {ve.name for ve in declaration.ves}
    others = {name: element for name, element in guests.ours(root).items() if name not in declared}
    slots: dict[int, list[str]] = {}
    for name, element in others.items():
        slots.setdefault(whole(attributes.get(element, attributes.INSTANCE, 'start_slots')), []).append(name)
    for theirs, names in sorted(slots.items()):
        if theirs and policy.starts_per_node and theirs != policy.starts_per_node:
            yield _differs('starts_per_node', policy.starts_per_node, theirs, names)
    for field, mine, name in (
        ('starts_total', policy.starts_total, 'batch-limit'),
        ('load_threshold', policy.load_threshold, 'load-threshold'),
    ):
        now = attributes.get_property(root, name)
        if mine and others and now not in (None, str(mine)):
            yield _differs(field, mine, '%s (%s)' % (now, name), list(others))


def _differs(field: str, mine: object, theirs: object, names: list[str]) -> str:
    return (
        'policy: %s: is %s here and %s for the VEs of another list (%s), and there is one for the whole cluster; give both '
        'lists the same, or declare these VEs here; where no list has them any more, purge removes them'
        % (field, mine, theirs, some(names))
    )

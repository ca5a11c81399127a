# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a cluster cannot take a declaration: names that are taken, VEs that something else manages, what is missing."""

from __future__ import annotations

from typing import Container, Dict, Iterable, Iterator, NamedTuple, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion, guests, promotable, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.validate import canonical_id

# A constraint with one instance of these means all of them, and only their whole has a name for that.
SEVERAL = ('clone', 'master', 'bundle')


class Place(NamedTuple):
    parent: Element
    element: Element


Places = Dict[str, Place]


def places(root: Element) -> Places:
    """{id: its place} of everything in resources that can be started."""
    result = {}
    for parent in tree.section(root, 'resources').iter():
        for child in parent:
            if child.tag in tree.RESOURCES or child.tag == expansion.TEMPLATE:
                result[child.get('id', '')] = Place(parent, child)
    return result


def names_taken(declaration: Declaration, root: Element, known: Places) -> Iterator[str]:
    ours = guests.ours(root)
    for ve in declaration.ves:
        place = known.get(ve.name)
        if place is not None and ve.name not in ours:
            element = expansion.primitive(root, place.element)
            kind = guests.agent_of(element) or element.tag
            mend = 'remove it first, which stops its VE' if guests.manages_ve(element) else 'give the VE another name'
            yield '%s: name: this cluster has a resource %s already, and that is %s; %s' % (
                ve.where,
                ve.name,
                kind,
                mend,
            )


def absent_others(declaration: Declaration, root: Element) -> Iterator[str]:
    """Names to be removed under which another VE runs, or something else, and VEs that have another name."""
    everything = expansion.primitives(root)
    for ve in declaration.absent:
        wanted = (ve.engine, ve.id)
        managers = [name for name, primitive in everything.items() if wanted in _managed(primitive)]
        if ve.name in everything and ve.name not in managers:
            yield (
                '%s: state: absent, but the resource %s does not manage %s (%s); look whether id and engine are right'
                % (
                    ve.where,
                    ve.name,
                    ve.id,
                    ve.engine,
                )
            )
        elif ve.name in everything and not guests.is_ours(everything[ve.name]):
            yield '%s: state: absent, but the resource %s is not of this agent; remove it by hand' % (ve.where, ve.name)
        elif ve.name not in everything and managers:
            yield '%s: state: absent, but the resource %s manages this VE; add name: %s' % (
                ve.where,
                managers[0],
                managers[0],
            )


def removal_inside(known: Places, names: Iterable[str], absent: Container[str]) -> Iterator[str]:
    """VEs to be removed that are part of something else."""
    for name in names:
        parent = known[name].parent
        if parent.tag != 'resources':
            yield '%s is to be %s, but it is part of the %s %s; take it out of there first' % (
                name,
                'removed' if name in absent else 'purged',
                parent.tag,
                parent.get('id'),
            )


def second_managers(declaration: Declaration, root: Element) -> Iterator[str]:
    """Two resources that manage one VE would start it on two nodes."""
    by_container = {(ve.engine, ve.id): ve for ve in declaration.ves}
    names = {ve.name for ve in declaration.ves}
    for name, primitive in expansion.primitives(root).items():
        if name in names:
            continue
        mend = 'remove that resource first, which stops the VE, and run this again'
        if guests.is_ours(primitive):
            mend = 'declare it as name: %s, or remove that resource first' % name
        for engine, ve_id in sorted(_managed(primitive)):
            ve = by_container.get((engine, ve_id))
            if ve:
                yield '%s: id: the resource %s (%s) manages this VE already; %s' % (
                    ve.where,
                    name,
                    guests.agent_of(primitive),
                    mend,
                )


def _managed(primitive: Element) -> set[tuple[str, str]]:
    return {(engine, canonical_id(ve_id, engine)) for engine, ve_id in guests.managed(primitive)}


def missing_needs(declaration: Declaration, known: Places) -> Iterator[str]:
    for ve in declaration.ves:
        for need in ve.needs:
            name = need.name
            place = known.get(name)
            if place is None or place.element.tag == 'template':
                yield '%s: needs: this cluster has no resource %s; create it first, or remove it from needs' % (
                    ve.where,
                    name,
                )
            while place is not None and place.parent.tag != 'resources':
                if place.parent.tag in SEVERAL:
                    yield '%s: needs: %s is inside the %s %s; name that instead' % (
                        ve.where,
                        name,
                        place.parent.tag,
                        place.parent.get('id'),
                    )
                    break
                place = known[place.parent.get('id', '')]


def never_promoted(declaration: Declaration, root: Element) -> Iterator[str]:
    roles = promotable.roles(root)
    for ve in declaration.ves:
        for need in ve.needs:
            if need.role == 'promoted' and need.name not in roles:
                yield '%s: needs: %s is no promotable clone, so it is never promoted; leave role out' % (
                    ve.where,
                    need.name,
                )


def still_referred_to(root: Element, removed: Sequence[str], absent: Container[str]) -> Iterator[str]:
    for name, users in _users(root, removed).items():
        yield '%s is to be %s, but %s still refers to it; remove that first, or declare the VE' % (
            name,
            'removed' if name in absent else 'purged',
            ', '.join(users),
        )


def _users(root: Element, names: Sequence[str]) -> dict[str, list[str]]:
    """{name: ids of the elements outside resources that refer to it}, for those of ``names`` that are referred to."""
    references = []
    for constraint in tree.section(root, 'constraints'):
        for element in constraint.iter():
            for key, value in element.attrib.items():
                if key in ('rsc', 'with-rsc', 'first', 'then') or key == 'id' and element.tag == 'resource_ref':
                    references.append((value, constraint))
    configuration = tree.configuration(root)
    for tag in configuration.findall('tags/tag'):
        references += [(reference.get('id', ''), tag) for reference in tag]
    for role in configuration.findall('acls/acl_role'):
        references += [(permission.get('reference', ''), role) for permission in role]
    users: dict[str, list[str]] = {}
    for name, user in references:
        if name in names and user.get('id', '') not in users.setdefault(name, []):
            users[name].append(user.get('id', ''))
    return users


def refuse_double_ids(root: Element) -> None:
    """An id that two elements have, but for references, whose id is that of what they refer to."""
    seen = set()
    for element in tree.configuration(root).iter():
        ident = element.get('id')
        if ident is None or element.tag in ('role', 'obj_ref', 'resource_ref'):
            continue
        if ident in seen:
            raise CibError(
                'The id %s is taken in this CIB by somebody else\'s element; rename that, or give the VE '
                'another name' % ident
            )
        seen.add(ident)

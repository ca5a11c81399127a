# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a cluster cannot take a declaration: names that are taken, VEs that something else manages, what is missing."""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests, tree
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
            if child.tag in ('primitive', 'group', 'template') + SEVERAL:
                result[child.get('id', '')] = Place(parent, child)
    return result


def names_taken(declaration: Declaration, known: Places) -> Iterator[str]:
    for ve in declaration.ves:
        place = known.get(ve.name)
        if place is not None and not guests.is_ours(place.element):
            kind = guests.agent_of(place.element) or place.element.tag
            mend = 'remove it first, which stops its VE' if kind == guests.OLD_AGENT else 'give the VE another name'
            yield '%s: name: this cluster has a resource %s already, and that is %s; %s' % (
                ve.where,
                ve.name,
                kind,
                mend,
            )


def purge_inside(known: Places, declared: set[str]) -> Iterator[str]:
    """VEs to be purged that are part of something else."""
    for name, (parent, element) in known.items():
        if (
            element.tag == 'primitive'
            and guests.is_ours(element)
            and name not in declared
            and parent.tag != 'resources'
        ):
            yield '%s is to be purged, but it is part of the %s %s; take it out of there first' % (
                name,
                parent.tag,
                parent.get('id'),
            )


def second_managers(declaration: Declaration, root: Element) -> Iterator[str]:
    """Two resources that manage one VE would start it on two nodes."""
    by_container = {(ve.engine, ve.id): ve for ve in declaration.ves}
    names = {ve.name for ve in declaration.ves}
    for name, primitive in tree.primitives(root).items():
        if not guests.manages_ve(primitive) or name in names:
            continue
        for container in _containers(primitive):
            ve = by_container.get(container)
            if ve:
                yield (
                    '%s: id: the resource %s (ocf:%s:ManageVE) manages this VE already; declare it as name: %s, '
                    'or remove that resource first' % (ve.where, name, primitive.get('provider'), name)
                )


def _containers(primitive: Element) -> set[tuple[str, str]]:
    """(engine, id) of what a primitive manages, or may manage where its attributes have a rule."""
    engines = attributes.possible(primitive, attributes.INSTANCE, 'engine') or ['vzctl']
    ids = attributes.possible(primitive, attributes.INSTANCE, 'veid')
    return {(engine, canonical_id(ve_id, engine)) for engine in engines for ve_id in ids}


def missing_needs(declaration: Declaration, known: Places) -> Iterator[str]:
    for ve in declaration.ves:
        for name in ve.needs:
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


def still_referred_to(root: Element, removed: Sequence[str]) -> Iterator[str]:
    for name, users in _users(root, removed).items():
        yield '%s is to be purged, but %s still refers to it; remove that first, or declare the VE' % (
            name,
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

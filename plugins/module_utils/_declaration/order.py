# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What declared VEs say of each other: names, references, and circles in the order of starts."""

from __future__ import annotations

import difflib
from typing import Container, Iterable, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE


def check(ves: Sequence[VE]) -> Iterator[str]:
    """Every problem that no VE has by itself."""
    yield from _uniqueness(ves)
    yield from _references(ves)
    yield from _circles(ves)


def _uniqueness(ves: Sequence[VE]) -> Iterator[str]:
    names: set[str] = set()
    containers: dict[tuple[str, str], VE] = {}
    for ve in ves:
        other = containers.get((ve.engine, ve.id))
        if ve.name in names:
            yield '%s: name: %s is taken by another VE of the list; give each its own name' % (ve.where, ve.name)
        if other and ve.name != other.name and 'absent' in (ve.state, other.state):
            yield (
                '%s: id: %s is declared as %s, too, and one of the two is absent; a VE cannot be renamed while it runs: stop it, '
                'declare only the old name, as absent, and then only the new one' % (ve.where, ve.id, other.name)
            )
        elif other:
            yield '%s: id: %s is declared twice; declare each VE once, or two resources manage it' % (ve.where, ve.id)
        names.add(ve.name)
        containers[ve.engine, ve.id] = ve


def unknown(ves: Sequence[VE], existing: Iterable[str]) -> Iterator[str]:
    """Where ``after`` or ``apart`` names what is no VE, neither of the list nor of the cluster (``existing``: their names)."""
    names = {ve.name for ve in ves}.union(existing)
    names_by_id = {ve.id: ve.name for ve in ves}
    for ve in ves:
        for field, others in (('after', ve.after), ('apart', ve.apart)):
            for other in others:
                if other not in names:
                    hint = _suggest(other, names - {ve.name})
                    if other == ve.id:
                        hint = 'that is the id of the VE itself; remove it'
                    elif other in names_by_id:
                        hint = 'did you mean %s? It takes names, not ids' % names_by_id[other]
                    yield '%s: %s: no VE %s is declared, here or in this cluster; %s' % (ve.where, field, other, hint)


def needed(ves: Sequence[VE], names: Container[str]) -> Iterator[str]:
    """Where ``needs`` names a VE (``names``: of these)."""
    for ve in ves:
        for other in (need.name for need in ve.needs):
            if other in names:
                # A mandatory order: when the first fails or restarts, so does the second.
                yield (
                    '%s: needs: %s is a VE, and needing it would restart %s whenever %s restarts; '
                    'name it in after' % (ve.where, other, ve.name, other)
                )


def _references(ves: Sequence[VE]) -> Iterator[str]:
    absent = {ve.name for ve in ves if ve.state == 'absent'}
    for ve in ves:
        for field, others in (('after', ve.after), ('apart', ve.apart)):
            if ve.name in others:
                yield '%s: %s: names the VE itself; remove it' % (ve.where, field)
            for other in absent.intersection(others) if ve.state != 'absent' else ():
                yield '%s: %s: %s is declared absent; remove it here' % (ve.where, field, other)
    yield from needed(ves, {ve.name for ve in ves})


def _circles(ves: Sequence[VE]) -> Iterator[str]:
    by_name = {ve.name: ve for ve in ves}
    edges = {ve.name: [other for other in ve.after if other in by_name and other != ve.name] for ve in ves}
    for cycle in cycles(edges):
        yield '%s: after: %s wait for each other in a circle; remove one of these' % (
            by_name[cycle[0]].where,
            ' -> '.join(cycle + cycle[:1]),
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return 'did you mean %s?' % close[0] if close else 'declare it or remove it here'


def cycles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The circles that a depth-first walk meets, each once."""
    done: set[str] = set()
    found: list[list[str]] = []
    for start in edges:
        if start in done:
            continue
        path = [start]
        todo = [(start, iter(edges[start]))]
        while todo:
            node, rest = todo[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                todo.pop()
                path.pop()
            elif following in path:
                found.append(path[path.index(following) :])
            elif following not in done:
                path.append(following)
                todo.append((following, iter(edges[following])))
    return found

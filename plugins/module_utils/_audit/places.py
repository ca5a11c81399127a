# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What constraints say of one resource: where it may run, what it prefers, and what it follows."""

from __future__ import annotations

import posixpath
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY


def number(score: str | None) -> int:
    """A score; 0 for what is none."""
    text = (score or '0').lstrip('+')
    return {'INFINITY': INFINITY, '-INFINITY': -INFINITY}.get(text, whole(text))


def _locations(subject: Subject, name: str) -> Iterator[tuple[str, int]]:
    """(node, score) of the location constraints of a resource or of what it is in, without those with a rule."""
    names = {name, *subject.containers.get(name, [])}
    for location in subject.constraints('rsc_location'):
        if location.get('rsc') in names and location.get('node'):
            yield location.get('node', ''), number(location.get('score'))


def preferences(subject: Subject, name: str) -> dict[str, int]:
    """{node: score} of the nodes that it prefers."""
    found: dict[str, int] = {}
    for node, score in _locations(subject, name):
        found[node] = found.get(node, 0) + score
    return {node: score for node, score in found.items() if score > 0}


def allowed(subject: Subject, name: str) -> list[str]:
    """The nodes that it may run on, by its location constraints. One with a rule may allow any."""
    names = {name, *subject.containers.get(name, [])}
    ruled = [
        one for one in subject.constraints('rsc_location') if one.get('rsc') in names and one.find('rule') is not None
    ]
    scores: dict[str, int] = {}
    for node, score in _locations(subject, name):
        scores[node] = min(scores.get(node, score), score) if score < 0 else max(scores.get(node, score), score)
    opt_in = is_false(attributes.get_property(subject.root, 'symmetric-cluster'))
    if ruled:
        return subject.nodes
    return [node for node in subject.nodes if scores.get(node, -INFINITY if opt_in else 0) > -INFINITY]


def mounts(subject: Subject) -> dict[str, str]:
    """{resource: directory} of the file systems that the cluster mounts."""
    return {
        name: posixpath.normpath(subject.parameters(name).get('directory') or '/')
        for name, primitive in subject.primitives.items()
        if primitive.get('type') == 'Filesystem'
    }


def is_on_storage(subject: Subject, path: str) -> bool:
    """Whether a file is on a file system that the cluster mounts, so that it is not there where that is not mounted."""
    return any(posixpath.normpath(path).startswith(mount + '/') for mount in mounts(subject).values())


def follows(subject: Subject, name: str, first: str, tag: str) -> bool:
    """Whether a resource comes after another one (``tag``: rsc_order) or runs where that does (rsc_colocation), over any number of
    steps: by constraints, sets of them, and groups."""
    edges: dict[str, set[str]] = {}
    for later, earlier in [*_in_groups(subject), *_constrained(subject, tag)]:
        edges.setdefault(later, set()).add(earlier)
    # what is said of a group or a clone holds for all that is in it
    for one, inside in subject.containers.items():
        for container in inside:
            edges.setdefault(one, set()).update(edges.get(container, set()))
    wanted, seen, todo = {first, *subject.containers.get(first, [])}, {name}, [name]
    while todo:
        for earlier in edges.get(todo.pop(), set()) - seen:
            if earlier in wanted:
                return True
            seen.add(earlier)
            todo.append(earlier)
    return False


def _in_groups(subject: Subject) -> Iterator[tuple[str, str]]:
    """(later, earlier): the members of a group."""
    for group in tree.section(subject.root, 'resources').iter('group'):
        members = [member.get('id', '') for member in group.findall('primitive')]
        yield from zip(members[1:], members)


def _constrained(subject: Subject, tag: str) -> Iterator[tuple[str, str]]:
    """(later, earlier) of the constraints that hold in any case."""
    for constraint in subject.constraints(tag):
        if tag == 'rsc_order' and constraint.get('kind', 'Mandatory') == 'Mandatory':
            yield constraint.get('then', ''), constraint.get('first', '')
        elif tag == 'rsc_colocation' and number(constraint.get('score', 'INFINITY')) > 0:
            yield constraint.get('rsc', ''), constraint.get('with-rsc', '')
        yield from _of_sets(constraint, tag)


def _of_sets(constraint: Element, tag: str) -> Iterator[tuple[str, str]]:
    """Of resource sets: each set comes after the one before it, and its members in a row too where it is sequential. Colocations
    begin with the set that depends on the next, and the members of each in a row depend on the one before."""
    sets = [[ref.get('id', '') for ref in one.findall('resource_ref')] for one in constraint.findall('resource_set')]
    for one, members in zip(constraint.findall('resource_set'), sets):
        if one.get('sequential', 'true') == 'true':
            yield from zip(members[1:], members)
    for earlier, later in zip(sets, sets[1:]):
        if tag == 'rsc_colocation':
            earlier, later = later, earlier
        yield from ((after, before) for after in later for before in earlier)

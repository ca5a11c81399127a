# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements as Pacemaker reads them: with what their template and their references (id-ref) stand for.

For reading only: what is returned may be a copy. Who edits takes the element as it stands, from ``tree.primitives``.
"""

from __future__ import annotations

import copy
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

REFERENCE = 'id-ref'
TEMPLATE = 'template'

# Operations with these roles are the same one to a template; without a role it is one of these, too.
PLAIN_ROLES = ('', 'Started', 'Slave', 'Unpromoted')


def primitives(root: Element) -> dict[str, Element]:
    """{id: primitive}, those in groups, clones and bundles too."""
    targets = _targets(root)
    return {name: _expanded(element, targets) for name, element in tree.primitives(root).items()}


def primitive(root: Element, element: Element) -> Element:
    """With its template and its references. What is no primitive is returned as it is."""
    plain = element.tag != 'primitive' or TEMPLATE not in element.attrib and not _refers(element)
    return element if plain else _expanded(element, _targets(root))


def own(root: Element, element: Element) -> Element:
    """With its references, and without its template. Its children are as many, and in the same order."""
    return _resolved(element, _targets(root)) if _refers(element) else element


def _refers(element: Element) -> bool:
    return any(REFERENCE in part.attrib for part in element.iter())


def _targets(root: Element) -> dict[tuple[str, str], Element]:
    """{(tag, id): element} of what can be referred to; empty where nothing is."""
    configuration = tree.configuration(root)
    if not any(REFERENCE in element.attrib or TEMPLATE in element.attrib for element in configuration.iter()):
        return {}
    return {
        (element.tag, element.get('id', '')): element
        for element in configuration.iter()
        if isinstance(element.tag, str) and 'id' in element.attrib
    }


def _expanded(element: Element, targets: dict[tuple[str, str], Element]) -> Element:
    template = targets.get((TEMPLATE, element.get(TEMPLATE, '')))
    if template is None:
        return _resolved(element, targets)
    result = Element(element.tag, dict(template.attrib, id=element.get('id', '')))
    # the template first: of several sets the last that has a name wins
    result.extend(copy.deepcopy(child) for child in [*template, *element])
    theirs, mine = (_operations(result, part) for part in (template, element))
    if theirs is not None and mine is not None:
        overridden = {_operation_key(op) for op in mine.iter('op')}
        mine.extend(op for op in theirs if _operation_key(op) not in overridden)
        result.remove(theirs)
    return _resolved(result, targets)


def _operations(merged: Element, part: Element) -> Element | None:
    """The copy of a part's operations in what was merged."""
    original = part.find('operations')
    found = merged.findall('operations')
    if original is None:
        return None
    return found[0] if len(found) == 1 or part.tag == TEMPLATE else found[-1]


def _operation_key(op: Element) -> tuple[str, str]:
    """Two operations with the same key are the same one: the interval does not matter."""
    role = op.get('role', '')
    return op.get('name', ''), '' if role in PLAIN_ROLES else role


def _resolved(element: Element, targets: dict[tuple[str, str], Element]) -> Element:
    """A copy with its references replaced by what they refer to; the element itself where it has none."""
    if not targets or not _refers(element):
        return element
    result = Element(element.tag, dict(element.attrib))
    result.text = element.text
    result.extend(_children(element, targets))
    return result


def _children(element: Element, targets: dict[tuple[str, str], Element]) -> Iterator[Element]:
    for child in element:
        target = targets.get((child.tag, child.get(REFERENCE, '')))
        if target is None:
            yield _resolved(child, targets) if isinstance(child.tag, str) else child
        else:
            # what refers to a value may give it another name
            attrib = {key: value for key, value in [*target.items(), *child.items()] if key != REFERENCE}
            whole = Element(target.tag, attrib)
            whole.extend(_children(target, targets))
            yield whole

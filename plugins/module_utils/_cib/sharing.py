# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements may share what they have (id-ref). Before one of them changes or goes, the others get a copy of their own."""

from __future__ import annotations

import copy
from typing import Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.tree import Key

# (as it stands, as it is to be; None: it goes)
Change = Tuple[Element, 'Element | None']


def part(root: Element, changes: Sequence[Change]) -> None:
    """Call it while all of ``changes`` are still to be made."""
    configuration = tree.configuration(root)
    if not any(expansion.REFERENCE in element.attrib for element in configuration.iter()):
        return
    targets = _changing(changes)
    rewritten = {element for old, _new in changes for element in old.iter()}
    taken = {element.get('id', '') for element in configuration.iter()}
    for parent in list(configuration.iter()):
        if parent in rewritten:
            continue
        for place, child in enumerate(parent):
            if (child.tag, child.get(expansion.REFERENCE, '')) in targets:
                whole = copy.deepcopy(expansion.own(root, parent)[place])
                _rename(whole, _owner(root, parent), taken)
                parent[place] = whole


def _changing(changes: Sequence[Change]) -> set[Key]:
    """What others may refer to, and will not be what it was."""
    result: set[Key] = set()
    for old, new in changes:
        kept = {} if new is None else {tree.key(element): element for element in new.iter()}
        for element in old.iter():
            key = tree.key(element)
            if element.get('id') and (key not in kept or not tree.same(kept[key], element)):
                result.add(key)
    return result


def _owner(root: Element, element: Element) -> str:
    """The id of the nearest element around this that has one."""
    while 'id' not in element.attrib:
        element = tree.parent_of(root, element)
    return element.get('id', '')


def _rename(whole: Element, owner: str, taken: set[str]) -> None:
    for element in whole.iter():
        if 'id' in element.attrib:
            ident = '%s-%s' % (owner, element.get('id'))
            while ident in taken:
                ident += '-copy'
            taken.add(ident)
            element.set('id', ident)

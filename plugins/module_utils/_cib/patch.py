# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versioned patch from one CIB to another, made by crm_diff."""

from __future__ import annotations

import os
import re
import tempfile
from typing import Iterator, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey

# An entry of the history that a patch removes along with what it changes.
Forgotten = Tuple[EntryKey, Element]

# Behind the id of an element that is replaced as a whole, while crm_diff looks at it.
MARK = '.openve-replaced'


def make(
    runner: Runner, old: Element, new: Element, written: str | None = None, forgotten: Sequence[Forgotten] = ()
) -> str:
    """The patch from ``old`` to ``new``. ``written``: the text of the configuration of ``new``, if there is one."""
    source, target = tree.without_status(old), tree.without_status(new)
    # Only what is removed of the status, and around it what a patch needs to name the place.
    for (node, resource, _entry), entry in forgotten:
        for root, leaf in ((source, [entry]), (target, [])):
            place = tree.child(root, 'status', None)
            for tag, ident in (
                ('node_state', node),
                ('lrm', node),
                ('lrm_resources', None),
                ('lrm_resource', resource),
            ):
                place = tree.child(place, tag, ident)
            place.extend(leaf)
    # Without a newer epoch in the target every push is refused as old.
    target.set('epoch', str(int(source.get('epoch', '0')) + 1))
    target.set('num_updates', '0')
    replaced = list(_replaced(source, target))
    document = tree.text(target) if written is None else tree.text_with(target, written)
    documents = [('old.xml', _marked(source, replaced)), ('new.xml', document)]
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        paths = []
        for name, document in documents:
            paths.append(os.path.join(directory, name))
            with open(paths[-1], 'w', encoding='utf-8') as stream:
                stream.write(document)
        return call(runner, ['crm_diff', '--original', paths[0], '--new', paths[1]], good=(1,)).replace(MARK, '')


def _replaced(old: Element, new: Element) -> Iterator[Element]:
    """The elements of ``old`` that a patch has to replace as a whole.

    crm_diff tells siblings of one kind apart by their ids, and what is but a reference has none: it takes a reference and
    a set that comes in its place for the same, and writes a mixture of both.
    """
    if any(expansion.REFERENCE in element.attrib for root in (old, new) for element in root.iter()):
        yield from _unnamed(old, new, None)


def _unnamed(old: Element, new: Element, nearest: Element | None) -> Iterator[Element]:
    if tree.same(old, new):
        return
    nearest = old if old.get('id') else nearest
    if nearest is not None and any(not child.get('id') for parent in (old, new) for child in _references(parent)):
        yield nearest
        return
    counterparts = {tree.key(child): child for child in tree.elements(new)}
    found: list[Element] = []
    for child in tree.elements(old):
        if tree.key(child) in counterparts:
            found.extend(_unnamed(child, counterparts[tree.key(child)], nearest))
    yield from found[:1] if nearest in found else found


def _references(parent: Element) -> list[Element]:
    return [child for child in tree.elements(parent) if expansion.REFERENCE in child.attrib]


def _marked(source: Element, replaced: Sequence[Element]) -> str:
    """The text of a CIB with these elements under another id, so that crm_diff sees one that goes and one that comes."""
    for element in replaced:
        element.set('id', element.get('id', '') + MARK)
    document = tree.text(source)
    for element in replaced:
        element.set('id', element.get('id', '')[: -len(MARK)])
    return document


def restamp(patch: str, num_updates: str | None) -> str:
    """The patch for a CIB with this num_updates; None: for any, as long as the configuration is the same."""
    # Not as XML: a patch may have a megabyte, and while it is read the next result comes in.
    stamp = '' if num_updates is None else ' num_updates="%s"' % num_updates
    return re.sub(r'(<source admin_epoch="\d+" epoch="\d+")[^/>]*', r'\g<1>' + stamp, patch, count=1)

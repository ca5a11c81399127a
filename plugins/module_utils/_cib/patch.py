# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versioned patch from one CIB to another, made by crm_diff."""

from __future__ import annotations

import os
import re
import tempfile
from typing import Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey

# An entry of the history that a patch removes along with what it changes.
Forgotten = Tuple[EntryKey, Element]


def make(runner: Runner, old: Element, new: Element, forgotten: Sequence[Forgotten] = ()) -> str:
    """The patch from ``old`` to ``new``."""
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
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        paths = []
        for name, root in (('old.xml', source), ('new.xml', target)):
            paths.append(os.path.join(directory, name))
            with open(paths[-1], 'w', encoding='utf-8') as stream:
                stream.write(tree.text(root))
        return call(runner, ['crm_diff', '--original', paths[0], '--new', paths[1]], good=(1,))


def restamp(patch: str, num_updates: str | None) -> str:
    """The patch for a CIB with this num_updates; None: for any, as long as the configuration is the same."""
    # Not as XML: a patch may have a megabyte, and while it is read the next result comes in.
    stamp = '' if num_updates is None else ' num_updates="%s"' % num_updates
    return re.sub(r'(<source admin_epoch="\d+" epoch="\d+")[^/>]*', r'\g<1>' + stamp, patch, count=1)

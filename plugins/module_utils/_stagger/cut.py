# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another run has left in the CIB: its mark, and constraints of a move."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import edits, mark
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Mark
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Found, Plain

# Of constraints without a mark: what a run of an older version has left, or one whose mark was removed by hand.
NOBODY = Mark('', '', '', '', '', '')


def find(root: Element) -> Plain:
    """As Found has it; empty where nothing is left."""
    there, placed = mark.read(root), edits.placed(root)
    if there is None and not placed:
        return {}
    left = there or NOBODY
    return Found(
        run=left.run,
        owner=left.owner,
        process=left.process,
        what=left.what,
        stale=left.stale,
        sentence=left.sentence if there else '',
        busy=mark.busy(left) if there else '',
        roles=sorted(left.undo.roles),
        properties={name: before for name, (_ours, before) in left.undo.properties.items()},
        done=left.undo.done,
        placed=placed,
    ).plain()

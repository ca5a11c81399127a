# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster keeps its quorum when nodes go down: the only reader of corosync-quorumtool."""

from __future__ import annotations

import os
import re
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

# With these Corosync needs fewer votes when nodes have gone.
ADAPTS = ('LastManStanding', 'AutoTieBreaker')


def lost_without(runner: Runner, root: Element, nodes: Sequence[str]) -> str:
    """In words, where the others have no quorum when these have gone; empty where they have, or it cannot be told."""
    if 'CIB_file' in os.environ:
        return ''
    try:
        # 1 and 2 say that there is no quorum now
        rc, out, _err = runner(['corosync-quorumtool', '-s'])
    except OSError:
        return ''
    values = dict(re.findall(r'^(Total votes|Quorum|Flags): +(.*?) *$', out, re.M))
    if rc or not {'Total votes', 'Quorum'} <= set(values) or any(flag in values.get('Flags', '') for flag in ADAPTS):
        return ''
    votes = {number: whole(count) for number, count in re.findall(r'^ +(\d+) +(\d+) ', out, re.M)}
    ids = [node.get('id', '') for node in tree.nodes(root) if node.get('uname') in nodes]
    total, needed = whole(values['Total votes'].split()[0]), whole(values['Quorum'].split()[0])
    left = total - sum(votes.get(ident, 0) for ident in ids)
    if left >= needed or left == total:
        return ''
    return (
        'When %s %s down, the others have %d of the %d votes that a quorum needs, and Pacemaker stops every VE '
        '(no-quorum-policy). In standby it still votes; bring the other nodes back before you switch it off.'
        % (' and '.join(nodes), 'goes' if len(nodes) == 1 else 'go', left, needed)
    )

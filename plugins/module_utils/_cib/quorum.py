# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a cluster without quorum is not edited: when the parts meet again, one of two CIBs is thrown away."""

from __future__ import annotations

import copy
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree

POLICY = 'no-quorum-policy'


def missing(root: Element) -> bool:
    """Whether the nodes that this CIB is of have no quorum, and do not act as if they had."""
    return root.get('have-quorum') == '0' and attributes.get_property(root, POLICY) != 'ignore'


def complaint(old: Element, new: Element) -> str:
    """Why this change is refused; empty where it is not. What such nodes are to do may be changed, and nothing else."""
    if not missing(old) or tree.same(tree.configuration(_with_policy_of(old, new)), tree.configuration(new)):
        return ''
    return (
        'This part of the cluster has no quorum (%s=%s), so nothing was changed: when the parts meet again, what was changed '
        'here would be lost, or would replace what was changed there. Bring back enough nodes and run again; '
        '"corosync-quorumtool -s" tells who is missing. Only no-quorum-policy itself can be changed now.'
        % (POLICY, attributes.get_property(old, POLICY) or 'stop')
    )


def _with_policy_of(old: Element, new: Element) -> Element:
    edited, value = copy.deepcopy(old), attributes.get_property(new, POLICY)
    if value is None:
        attributes.remove_property(edited, POLICY)
    else:
        attributes.set_property(edited, POLICY, value)
    return edited

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what starts after what: start orders and ``after``, by the declaration or by what stands in the CIB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.attributes import META, get
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.tree import section
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.order import cycles

# (start order, depth): the highest start order of a VE and of those before it, and how many of that order are before it
Rank = Tuple[int, int]


@dataclass(frozen=True)
class Order:
    """``ranks``: lower starts first. ``before``: the names of those that each VE starts after."""

    ranks: dict[str, Rank]
    before: dict[str, set[str]]


def read(root: Element, ours: Mapping[str, Element], declared: Sequence[VE] | None) -> Order:
    """The order of all VEs of the cluster; a CibError where some wait for each other."""
    orders = {name: -whole(get(element, META, 'priority')) for name, element in ours.items()}
    before: dict[str, set[str]] = {name: set() for name in ours}
    for ve in declared or []:
        orders[ve.name] = ve.start_order
        before[ve.name].update(ve.after)
    for constraint in section(root, 'constraints').findall('rsc_order'):
        first, then = constraint.get('first', ''), constraint.get('then', '')
        if first in ours and then in ours and constraint.get('first-action', 'start') == 'start':
            before[then].add(first)
    for cycle in cycles({name: sorted(first) for name, first in before.items()}):
        raise CibError(
            '%s wait for each other in a circle (after, or an rsc_order in the CIB); nothing was changed. '
            'Remove one of these.' % ' -> '.join(cycle + cycle[:1])
        )
    return Order(_ranks(orders, before), before)


def _ranks(orders: Mapping[str, int], before: Mapping[str, set[str]]) -> dict[str, Rank]:
    ranks: dict[str, Rank] = {}
    waiting = list(orders)
    while waiting:
        left: list[str] = []
        for name in waiting:
            if before[name].issubset(ranks):
                earlier = [ranks[other] for other in before[name]]
                order = max([orders[name]] + [rank[0] for rank in earlier])
                ranks[name] = (order, max([rank[1] + 1 for rank in earlier if rank[0] == order], default=0))
            else:
                left.append(name)
        waiting = left
    return ranks

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes: seconds of each VE, and of all of them."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.attributes import INSTANCE, get
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.batches import Place
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Row

# What a boot is taken to last, where neither a declaration nor the history knows it (policy.boot_time's default).
DEFAULT_SECONDS = 60
# What a look and a transition of Pacemaker add to each batch.
BATCH_SECONDS = 4

# (node, seconds)
Job = Tuple[Optional[str], float]


def seconds(
    ours: Mapping[str, Element], states: Mapping[str, VeStatus], declared: Sequence[VE] | None, state: str
) -> dict[str, float]:
    """Of each VE: the last start if that is known, else its boot_time; for a stop at most its stop_grace."""
    if state == 'stopped':
        return {
            name: times.seconds(get(element, INSTANCE, 'stop_grace'), DEFAULT_SECONDS) for name, element in ours.items()
        }
    known = {ve.name: ve.boot_time / times.SECOND for ve in declared or []}
    return {name: states[name].took or known.get(name, DEFAULT_SECONDS) for name in ours}


def expected(batches: Sequence[Sequence[Row]], place: Place, per_node: int, total: int, gap: float) -> float:
    """Seconds until the last is done, as a scheduler without delays would do it."""
    if not any(batches):
        return 0
    pause = BATCH_SECONDS if len(batches) > 1 else 0
    each = [schedule([(place(row), row.seconds) for row in batch], per_node, total) + pause for batch in batches]
    return round(sum(each) + gap * (len(batches) - 1), 1)


def schedule(jobs: Sequence[Job], per_node: int, total: int = 0) -> float:
    """When the last of the jobs ends, if each begins as soon as its node and the total have room; 0 is no limit."""
    running: list[tuple[float, str | None]] = []  # (its end, its node)
    waiting = list(jobs)
    now = end = 0.0
    while waiting:
        for job in list(waiting):
            if total and len(running) >= total:
                break
            if not per_node or sum(node == job[0] for _end, node in running) < per_node:
                running.append((now + job[1], job[0]))
                waiting.remove(job)
        end = max([end] + [when for when, _node in running])
        now = min(when for when, _node in running)
        running = [entry for entry in running if entry[0] > now]
    return end

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many at once: whether Pacemaker's own limits do it, and the batches where they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Mapping, Optional, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Row
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.order import Rank

Place = Callable[[Row], Optional[str]]


def why(options: Options, per_node: int, limit: int, total_limit: int, in_force: Sequence[Mapping[str, Any]]) -> str:
    """Why the VEs are released in batches of K and not all at once; empty where Pacemaker's limits slide the window.

    ``per_node``: K. ``limit`` and ``total_limit``: the cluster's node-action-limit and batch-limit, 0 for none.
    """
    if options.state in ('restarted', 'moved'):
        return 'at most %s of a node are away at the same time' % (per_node or 'all')
    if options.gap:
        return 'of the gap: a gap is between batches'
    if per_node and not limit:
        return 'the cluster has no node-action-limit'
    if per_node and limit > per_node:
        return 'the cluster\'s node-action-limit is %d, and per_node is %d' % (limit, per_node)
    if options.total and (not total_limit or total_limit > options.total):
        return 'the cluster\'s batch-limit is %s, and total is %d' % (total_limit or 'not set', options.total)
    stale = ['%s (%s)' % (row['node'], row['why']) for row in in_force if row['in_force'] == 'false']
    if per_node and stale:
        return 'node-action-limit is not in force on %s' % '; on '.join(stale)
    return ''


def place_of(options: Options) -> Place:
    """Where a VE counts: where it starts, or where it is missing."""
    if options.state == 'started' or options.to:
        return lambda row: row.to
    return lambda row: row.node


def make(
    rows: Sequence[Row], options: Options, ranks: Mapping[str, Rank], per_node: int, split: bool
) -> list[list[Row]]:
    """Rows in lists: each list is released in one patch, when the one before it is done."""
    waves = _waves(rows, ranks) if options.state == 'stopped' else [list(rows)] if rows else []
    if split:
        place = place_of(options)
        waves = [batch for wave in waves for batch in _chunks(wave, place, per_node, options.total)]
    return [[replace(row, batch=number) for row in batch] for number, batch in enumerate(waves, 1)]


def _waves(rows: Sequence[Row], ranks: Mapping[str, Rank]) -> list[list[Row]]:
    """What starts first is stopped when all that start later are down."""
    waves: list[list[Row]] = []
    for row in rows:
        if not waves or ranks[waves[-1][-1].name] != ranks[row.name]:
            waves.append([])
        waves[-1].append(row)
    return waves


def _chunks(rows: Sequence[Row], place: Place, per_node: int, total: int) -> list[list[Row]]:
    batches: list[list[Row]] = []
    waiting = list(rows)
    while waiting:
        batch = _next(waiting, place, per_node, total)
        taken = {row.name for row in batch}
        waiting = [row for row in waiting if row.name not in taken]
        batches.append(batch)
    return batches


def _next(waiting: Sequence[Row], place: Place, per_node: int, total: int) -> list[Row]:
    """The next batch: as many as there is room for, and none whose predecessor is in a later one."""
    batch: list[Row] = []
    there: dict[str | None, int] = {}
    later = {row.name for row in waiting}
    for row in waiting:
        node = place(row)
        room = (not total or len(batch) < total) and (not per_node or there.get(node, 0) < per_node)
        if room and not later.intersection(row.after):
            batch.append(row)
            there[node] = there.get(node, 0) + 1
            later.discard(row.name)
    return batch

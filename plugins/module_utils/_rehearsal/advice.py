# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other limits would do: the same transitions under each of them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import figures, transitions
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.figures import Figures, Outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Limits

# What is tried for node-action-limit.
TRIED = range(1, 17)


@dataclass(frozen=True)
class Advice:
    """Limits and what they lead to, over all scenarios. ``starts_per_node``: None where none is set."""

    starts_per_node: int | None
    batch_limit: int
    peak: int
    peak_total: int
    recovery: float | None
    longest_wait: float
    reaction: float
    satisfies: bool
    recommended: bool = False
    current: bool = False


def advise(setup: Setup, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The rows of the result, the first for the cluster as it is."""
    batch, configured = setup.limits.batch, setup.limits.configured
    now = configured or setup.limits.highest
    reached = [outcome.figures for outcome in outcomes]
    current = replace(_sum(setup, outcomes, reached, configured or None, batch), current=True)
    rows = [_try(setup, outcomes, number, batch) for number in TRIED if number != configured]
    if not any(row.satisfies for row in [current] + rows):
        batches = {0, int(setup.options.assertions.get('peak_total', 0))} - {batch}
        rows += [_try(setup, outcomes, number, other) for other in sorted(batches) for number in TRIED]
    best = None if current.satisfies else _smallest_change(rows, now, batch)
    return [asdict(row) for row in [current] + [replace(row, recommended=row is best) for row in rows]]


def _smallest_change(rows: Sequence[Advice], now: int, batch: int) -> Advice | None:
    """Of those that satisfy all assertions."""
    good = [row for row in rows if row.satisfies]
    return min(good, key=lambda row: _change(row, now, batch), default=None)


def _change(row: Advice, now: int, batch: int) -> tuple[int, int, int]:
    number = row.starts_per_node or 0
    return (number != now) + (row.batch_limit != batch), abs(number - now), row.batch_limit


def _try(setup: Setup, outcomes: Sequence[Outcome], number: int, batch: int) -> Advice:
    per_node = {node: setup.options.limits.get(node, number) for node in setup.cluster.nodes}
    reached = []
    for outcome in outcomes:
        limits = Limits(per_node, outcome.played.event.halved, batch)
        reached.append(figures.figures(transitions.again(setup, outcome.played, limits, number)))
    return _sum(setup, outcomes, reached, number, batch)


def _sum(
    setup: Setup, outcomes: Sequence[Outcome], reached: Sequence[Figures], number: int | None, batch: int
) -> Advice:
    """``reached``: the figures of each scenario under these limits."""
    kinds = [outcome.scenario.kind for outcome in outcomes]
    # A time to recover is asked of losses, where there are any.
    counted = [one for kind, one in zip(kinds, reached) if kind == 'lose' or 'lose' not in kinds]
    return Advice(
        starts_per_node=number,
        batch_limit=batch,
        peak=max((_peak(one) for one in reached), default=0),
        peak_total=max((one.total for one in reached), default=0),
        recovery=max((one.last_up for one in counted if one.last_up is not None), default=None),
        longest_wait=max((one.longest_wait for one in reached), default=0.0),
        reaction=max((one.reaction for one in reached), default=0.0),
        satisfies=all(_satisfies(setup, kind, one) for kind, one in zip(kinds, reached)),
    )


def _peak(reached: Figures) -> int:
    return max(reached.per_node.values(), default=0)


def _satisfies(setup: Setup, kind: str, reached: Figures) -> bool:
    asked = setup.options.assertions
    return (
        _peak(reached) <= asked.get('peak_per_node', math.inf)
        and reached.total <= asked.get('peak_total', math.inf)
        and not (kind == 'lose' and (reached.last_up or 0) > asked.get('recovery', math.inf))
    )

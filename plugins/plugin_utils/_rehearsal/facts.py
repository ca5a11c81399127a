# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few numbers that a reader wants first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.measured import off
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scenario import Shown
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.sentences import inside


@dataclass(frozen=True)
class Fact:
    """``detail``: where, and against what."""

    label: str
    value: str
    detail: str


def facts(scenarios: Sequence[Shown], result: Mapping[str, Any]) -> Iterator[Fact]:
    real = next((one for one in scenarios if len(one.panels) > 1), None)
    if real:
        predicted, happened = real.panels[0].last_up, real.panels[1].last_up
        again = '%s: its VEs are up again, ' % real.title
        yield Fact(again + 'predicted', 'after ' + words(predicted), 'before it happened')
        yield Fact(again + 'measured', 'after ' + words(happened), off(predicted, happened))
    yield from _loss(scenarios, real)
    boot = next((one for one in scenarios if one.kind == 'boot' and one.last_up is not None), None)
    if boot:
        where = '%s on %s' % (count(boot.down, 'VE'), count(len(result['nodes']), 'node'))
        yield Fact('Cold boot: all VEs are up after', words(boot.last_up), where)
    if scenarios:
        most = max(one.peak for one in scenarios)
        limits = sorted({'none' if limit is None else str(limit) for limit in result['limits'].values()})
        yield Fact('VEs that boot at once on one node, at most', str(most), 'limit: %s' % ', '.join(limits))
        worst = max(scenarios, key=lambda one: len(one.cannot_run))
        where = 'when %s' % inside(worst.title) if worst.cannot_run else 'in no scenario'
        yield Fact('VEs that stay down, at most', str(len(worst.cannot_run)), where)


def _loss(scenarios: Sequence[Shown], real: Shown | None) -> Iterator[Fact]:
    """``real``: reported already."""
    losses = [one for one in scenarios if one.kind == 'lose' and one.last_up is not None and one is not real]
    if losses:
        worst = max(losses, key=lambda one: one.last_up or 0.0)
        where = 'worst: ' + worst.title
        if worst.fenced:
            where = 'worst: %s, fenced after %s' % (worst.title.split()[0], words(worst.fenced))
        yield Fact('A node dies: its VEs are up again after at most', words(worst.last_up), where)

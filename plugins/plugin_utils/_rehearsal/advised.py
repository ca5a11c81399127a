# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other limits would do: the rows of the advice, and what follows from them in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words

Row = Mapping[str, Any]  # as the module returns it in advice
LEAST = 5  # rows that are shown in any case


@dataclass(frozen=True)
class Advice:
    """``said``: whether a finding says the text already. ``total``: whether any row has a limit for the whole cluster."""

    shown: list[Row]
    folded: list[Row]
    text: str
    said: bool = False

    @property
    def rows(self) -> list[Row]:
        return self.shown + self.folded

    @property
    def total(self) -> bool:
        return any(row['batch_limit'] for row in self.rows)


def advice(rows: Sequence[Row] | None, early: bool = False) -> Advice:
    """``rows``: the result's. ``early``: whether starts return while the guests still boot."""
    rows = sorted(
        rows or [], key=lambda row: (row['starts_per_node'] is None, row['starts_per_node'], row['batch_limit'])
    )
    marked = [number for number, row in enumerate(rows) if row['recommended'] or row.get('current')]
    first = max(max(marked, default=0) + 3, LEAST)  # two more, to see where it goes
    return Advice(rows[:first], rows[first:], _text(rows, early) if rows else '')


def limit(number: int | None) -> str:
    return 'none' if number is None else str(number)


def _text(rows: Sequence[Row], early: bool) -> str:
    now = next((row for row in rows if row.get('current')), None)
    best = next((row for row in rows if row['recommended']), None)
    if best is None:
        if now and now['satisfies']:
            return 'The limits of now satisfy all assertions.'
        if early:
            return 'No limit satisfies all assertions, as starts return while the guests still boot: have them wait for it.'
        return 'No limit satisfies all assertions: change one, shorten the boots, or add a node.'
    if best is now or now is None:
        return ''
    changes = []
    if best['starts_per_node'] != now['starts_per_node']:
        changes.append('starts_per_node: %s (now %s)' % (limit(best['starts_per_node']), limit(now['starts_per_node'])))
    if best['batch_limit'] != now['batch_limit']:
        changes.append('starts_total: %s (now %s)' % (best['batch_limit'] or 'none', now['batch_limit'] or 'none'))
    return (
        'Set policy.%s: the last VE is up after %s instead of %s, and at most %d instead of %d boot at once on a node.'
        % (
            ' and policy.'.join(changes),
            words(best['recovery']),
            words(now['recovery']),
            best['peak'],
            now['peak'],
        )
    )

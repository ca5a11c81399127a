# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rehearsal is based on: how long each VE takes, and where that comes from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words

SOURCES = {
    'given': 'given',
    'history': 'its last start',
    'boot_time': 'boot_time as declared',
    'timeout': 'the start timeout',
    'default': 'assumed',
}


@dataclass(frozen=True)
class Row:
    name: str
    start: float
    start_from: str
    stop: float
    stop_from: str
    boot: float = 0.0


@dataclass(frozen=True)
class Durations:
    """``text``: the sum over all VEs. ``rows``: the longest start first."""

    text: str
    rows: list[Row]


def durations(of_ves: Mapping[str, Mapping[str, Any]]) -> Durations:
    """``of_ves``: the result's."""
    rows = [
        Row(name, one['start'], one['from'], one['stop'], one.get('stop_from', ''), one.get('boot', 0.0))
        for name, one in of_ves.items()
    ]
    if not rows:
        return Durations('', [])
    starts = sorted(row.start for row in rows)
    sources = Counter(row.start_from for row in rows)
    text = 'A start takes %s (half of them at most %s), a stop %s. Where the start comes from: %s.' % (
        _range(starts),
        words(starts[len(starts) // 2]),
        _range(sorted(row.stop for row in rows)),
        ', '.join(
            '%s for %d' % (SOURCES.get(name, name), number)
            for name, number in sorted(sources.items(), key=lambda item: -item[1])
        ),
    )
    boots = sorted(row.boot for row in rows if row.boot)
    if boots:
        text += ' Of %d the start returns while the guest still boots, for %s more.' % (len(boots), _range(boots))
    return Durations(text, sorted(rows, key=lambda row: (-row.start, row.name)))


def _range(values: Sequence[float]) -> str:
    first, last = words(values[0]), words(values[-1])
    return first if values[0] == values[-1] else '%s to %s' % (first, last)

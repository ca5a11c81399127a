# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What really happened, beside what was predicted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.panel import Panel


@dataclass(frozen=True)
class Compared:
    """A table, a column for each panel: (what, [texts])."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]


def history(scenario: str, since: str, ves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ve_info (its ``ves``) knows to have happened since a moment, as view() takes it."""
    begin, actions = _moment(since), []
    for ve in ves:
        start = ve.get('last_start')
        if start and _moment(start['at']) >= begin:
            at = _moment(start['at']) - begin
            actions.append(
                {
                    'resource': ve['name'],
                    'operation': 'start',
                    'node': start['node'],
                    'begin': at,
                    'end': at + start['seconds'],
                    'rc': start['rc'] or None,
                }
            )
    if not actions:
        raise Error(
            'measured: of %s none was started since %s; is that when it happened, in UTC?'
            % (count(len(ves), 'VE'), since)
        )
    return {
        'scenario': scenario,
        'title': 'Measured',
        'note': 'last start of each VE since %s, from the history of operations' % since,
        'actions': actions,
        'starts': True,
    }


def compared(panels: Sequence[Panel]) -> Compared | None:
    """A prediction beside what was measured; None where nothing was."""
    if len(panels) < 2:
        return None
    rows = []
    for node in sorted({node for panel in panels for node in panel.fenced}):
        rows.append(('%s is fenced after' % node, [words(panel.fenced.get(node)) for panel in panels]))
    rows.append(('the last VE is up after', [words(panel.last_up) for panel in panels]))
    for node in sorted({node for panel in panels for node, most in panel.per_node.items() if most}):
        rows.append(('most at once on %s' % node, [str(panel.per_node.get(node, 0)) for panel in panels]))
    rows.append(('most at once in all', [str(panel.total) for panel in panels]))
    return Compared([panel.title for panel in panels], rows)


def off(predicted: float | None, happened: float | None) -> str:
    """How far a prediction was from what happened."""
    if not predicted or happened is None:
        return ''
    more = happened - predicted
    return '%s (%.1f %%) %s than predicted' % (
        words(abs(more)),
        100.0 * abs(more) / predicted,
        'later' if more > 0 else 'earlier',
    )


def _moment(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(str(text).replace('Z', '+00:00'))
    except ValueError as error:
        raise Error('measured: %s is no moment: give one such as 2026-11-22T20:11:04Z.' % text) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one chart shows: a prediction, or what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import (
    QUIET,
    Action,
    boots,
    downs,
    peak,
    up,
)


@dataclass(frozen=True)
class Panel:
    """``fenced``: {node: when}. ``lost``: nodes that die. ``downs``: {VE: (begin, end)}, the end None where it stays down.
    ``end``: when the last thing that moves a VE is over.
    """

    title: str
    note: str
    nodes: list[str]
    actions: list[Action]
    fenced: dict[str, float]
    lost: list[str]
    downs: dict[str, tuple[float, float | None]]
    limits: Mapping[str, int | None]
    per_node: dict[str, int]  # peaks
    total: int
    last_up: float | None
    end: float
    measured: bool


def predicted(scenario: Mapping[str, Any], result: Mapping[str, Any]) -> Panel:
    """``scenario``: one of the ``result``'s."""
    lost = scenario['nodes'] if scenario['kind'] == 'lose' else []
    return _panel(dict(scenario, title='Predicted', lost=lost), result['nodes'], result['limits'], False)


def measured(one: Mapping[str, Any], result: Mapping[str, Any] | None) -> Panel:
    """``one``: what really happened, as view() takes it."""
    known = result or {}
    if one.get('starts'):  # of those that do not wait the boots are as they were predicted
        one = dict(one, actions=[_booting(action, known.get('durations', {})) for action in one['actions']])
    return _panel(one, one.get('nodes') or known.get('nodes', ()), one.get('limits', known.get('limits')), True)


def _booting(action: Action, durations: Mapping[str, Any]) -> Action:
    boot = durations.get(action['resource'], {}).get('boot', 0.0)
    return dict(action, up=action['end'] + boot) if boot else action


def _panel(
    source: Mapping[str, Any], nodes: Sequence[str], limits: Mapping[str, int | None] | None, is_measured: bool
) -> Panel:
    actions = source['actions']
    nodes = list(nodes) or sorted({action['node'] for action in actions})
    starts, fenced = boots(actions), source.get('fenced', {})
    down = downs(source) if 'downtime' in source else {}
    peaks = source.get('peak') or {
        'per_node': {node: peak(boots(actions, node)) for node in nodes},
        'total': peak(starts),
    }
    ends = [up(action) for action in actions if action['operation'] not in QUIET]
    ends += list(fenced.values()) + [end for _begin, end in down.values() if end is not None]
    return Panel(
        title=source['title'],
        note=source.get('note', ''),
        nodes=nodes,
        actions=actions,
        fenced=fenced,
        lost=source.get('lost', []),
        downs=down,
        limits=limits or {},
        per_node=peaks['per_node'],
        total=peaks['total'],
        last_up=source['last_up'] if 'last_up' in source else max((end for _begin, end in starts), default=None),
        end=max(ends, default=0.0),
        measured=is_measured,
    )

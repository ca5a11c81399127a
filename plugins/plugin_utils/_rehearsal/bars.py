# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bars of a node's row in a chart: its operations, in lanes from the bottom up."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import Action, begin, is_of_ve, up
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scale import Scale

CLASSES = {
    'start': 'start',
    'stop': 'stop',
    'migrate_to': 'move',
    'migrate_from': 'move',
    'promote': 'start',
    'demote': 'stop',
    'reload': 'move',
}
LETTER = 0.72  # of a wide screen, in percent


@dataclass(frozen=True)
class Bar:
    """``x``, ``w``: percent; ``y``, ``h``: pixels. ``cls``: what it is, see chart.LEGEND. ``says``: in full."""

    x: float
    w: float
    y: float
    h: float
    cls: str
    says: str
    text: str = ''
    wide: bool = False


def lanes(actions: Sequence[Action]) -> tuple[list[tuple[int, Action]], int]:
    """[(lane, action)], each in the lowest lane that is free, so that the highest lane is the peak; and how many lanes."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    placed, number = [], 0
    for action in sorted(actions, key=lambda action: (begin(action), up(action))):
        while busy and busy[0][0] <= begin(action) + 1e-6:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, number = number, number + 1
        heapq.heappush(busy, (up(action), lane))
        placed.append((lane, action))
    return placed, number


def bars(placed: Sequence[tuple[int, Action]], limit: int | None, scale: Scale, floor: float, high: int) -> list[Bar]:
    """``floor``: where the lowest lane stands; ``high``: the height of a lane."""
    drawn = []
    for lane, action in placed:
        y = floor - (lane + 1) * high
        kind = _kind(action, lane, limit)
        drawn.append(_bar(action, kind, scale, y, high - 1))
        if up(action) > action['end']:
            rest = dict(action, operation='boot', begin=action['end'], waited=0.0, end=up(action))
            drawn.append(_bar(rest, 'boots' if kind == 'start' else kind, scale, y, high - 1))
        if action.get('waited'):
            drawn.append(
                Bar(
                    x=scale.percent(action['begin']),
                    w=scale.percent(action['waited']),
                    y=y + high / 2 - 2,
                    h=3,
                    cls='waits',
                    says='%s waits %s inside the agent' % (action['resource'], words(action['waited'])),
                )
            )
    return drawn


def strips(quiet: Sequence[Action], scale: Scale, y: float, height: float) -> list[Bar]:
    """Probes and monitors, those that touch each other as one."""
    return [
        Bar(
            x=scale.percent(first),
            w=max(0.15, scale.percent(last - first)),
            y=y,
            h=height,
            cls='strip',
            says=count(number, 'probe or monitor', 'probes and monitors'),
        )
        for first, last, number in _merged(quiet)
    ]


def _kind(action: Action, lane: int, limit: int | None) -> str:
    if action.get('rc') is not None:
        return 'failed'
    kind = CLASSES.get(action['operation'], 'other') if is_of_ve(action) else 'other'
    return 'over' if kind == 'start' and limit and lane >= limit else kind


def _bar(action: Action, kind: str, scale: Scale, y: float, height: int) -> Bar:
    length = action['end'] - begin(action)
    width = round(100.0 * length / scale.end, 2)
    name = str(action['resource'])
    says = '%s: %s on %s, %s to %s (%s)' % (
        name,
        action['operation'],
        action['node'],
        words(begin(action)),
        words(action['end']),
        words(length),
    )
    if action.get('rc') is not None:
        says += ', fails with %s' % action['rc']
    return Bar(
        x=scale.percent(begin(action)),
        w=max(width, 0.1),
        y=y,
        h=height,
        cls=kind,
        says=says,
        text=name if height >= 14 and width > LETTER * len(name) + 0.6 else '',
        wide=width > 20,
    )


def _merged(actions: Sequence[Action]) -> list[tuple[float, float, int]]:
    """(begin, end, how many) of actions that touch each other."""
    merged: list[tuple[float, float, int]] = []
    for action in sorted(actions, key=lambda action: action['begin']):
        if merged and action['begin'] <= merged[-1][1]:
            first, last, number = merged.pop()
            merged.append((first, max(last, action['end']), number + 1))
        else:
            merged.append((action['begin'], action['end'], 1))
    return merged

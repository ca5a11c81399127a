# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions of a scenario as intervals of time: what overlaps, which VEs boot, which are down."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Sequence, Tuple

Action = Mapping[str, Any]  # as the module returns it in scenarios[].actions
Interval = Tuple[float, float]
Curve = List[Tuple[float, int]]

QUIET = ('probe', 'monitor', 'notify')  # operations that move nothing


def overlaps(intervals: Iterable[Interval]) -> Curve:
    """[(time, how many at once from there on)] of [(begin, end)]. One that ends when another begins does not overlap it."""
    edges: dict[float, int] = {}
    for begin, end in intervals:
        if end > begin:
            edges[begin] = edges.get(begin, 0) + 1
            edges[end] = edges.get(end, 0) - 1
    now, curve = 0, []
    for at in sorted(edges):
        if edges[at]:
            now += edges[at]
            curve.append((at, now))
    return curve


def peak(intervals: Iterable[Interval]) -> int:
    return max((number for _at, number in overlaps(intervals)), default=0)


def is_of_ve(action: Action) -> bool:
    """What was measured has VEs only, and does not say so."""
    return bool(action.get('ve', True))


def begin(action: Action) -> float:
    """When it begins, without what it waits inside the agent."""
    return float(action['begin'] + action.get('waited', 0.0))


def up(action: Action) -> float:
    """When it has ended; of a start, when the guest has booted."""
    return float(action.get('up', action['end']))


def boots(actions: Sequence[Action], node: str | None = None) -> list[Interval]:
    """The boots of VEs, without what their starts waited inside the agent."""
    return [
        (begin(action), up(action))
        for action in actions
        if action['operation'] == 'start' and is_of_ve(action) and node in (None, action['node'])
    ]


def moved(actions: Sequence[Action]) -> list[str]:
    """The VEs that are migrated live."""
    names = {
        str(action['resource']) for action in actions if action['operation'].startswith('migrate') and is_of_ve(action)
    }
    return sorted(names)


def downs(scenario: Mapping[str, Any]) -> dict[str, tuple[float, float | None]]:
    """{VE: (begin, end)} of its time down; the end is None where it stays down."""
    ends: dict[str, float] = {}
    begins: dict[str, float] = {}
    for action in scenario['actions']:
        if not is_of_ve(action):
            continue
        if action['operation'] in ('start', 'migrate_from') and action.get('rc') is None:
            ends[action['resource']] = max(up(action), ends.get(action['resource'], 0.0))
        elif action['operation'] == 'stop':
            begins.setdefault(action['resource'], action['begin'])
    found: dict[str, tuple[float, float | None]] = {}
    for ve, seconds in scenario['downtime'].items():
        end = ends.get(ve, begins.get(ve, 0.0) + seconds)
        found[ve] = (max(0.0, end - seconds), end)
    for ve in scenario.get('cannot_run', []):
        found[ve] = (begins.get(ve, 0.0), None)
    return found

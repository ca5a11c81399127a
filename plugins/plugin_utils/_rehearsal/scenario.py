# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario as it is shown, and scenarios of a kind together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import LEVELS
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import measured as happened
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import QUIET, downs, is_of_ve, up
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.measured import Compared
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.panel import Panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.sentences import (
    KINDS,
    sentence,
    title_of,
    titled,
)

FEW = 10  # scenarios of one kind that are shown one by one


@dataclass(frozen=True)
class Row:
    """A VE that goes down, starts, stops or moves. ``begin``, ``end``: of its start; ``down``: for so many seconds."""

    name: str
    origin: str | None = None
    target: str | None = None
    begin: float | None = None
    end: float | None = None
    failed: bool = False
    down: float | None = None
    stays_down: bool = False


@dataclass(frozen=True)
class Shown:
    """``level``: of its gravest verdict. ``peak``: on the ``busiest`` node, whose limit is ``limit``. ``recovery``: what was
    asserted. ``fenced``: when the last node is. ``featured``: whether it is shown in full.
    """

    id: str
    name: str
    kind: str
    title: str
    panels: list[Panel]
    last_up: float | None
    peak: int
    peak_total: int
    sentence: str = ''
    level: str = 'ok'
    verdicts: Sequence[Mapping[str, Any]] = ()
    busiest: str | None = None
    limit: int | None = None
    down: int = 0
    longest_down: float | None = None
    healthy_down: Sequence[str] = ()
    cannot_run: Sequence[str] = ()
    recovery: float | None = None
    fenced: float | None = None
    ves: Sequence[Row] = ()
    compared: Compared | None = None
    featured: bool = False

    @property
    def gravity(self) -> tuple[int, int, float]:
        """The worst sorts first."""
        return -len(self.cannot_run), -len(self.healthy_down), -(self.last_up or 0)


@dataclass(frozen=True)
class Group:
    """Scenarios of a kind; of a kind with many only the worst is shown, the others are folded."""

    kind: str
    title: str
    shown: list[Shown]
    folded: list[Shown]


def level_of(verdicts: Sequence[Mapping[str, Any]]) -> str:
    return min((str(verdict['level']) for verdict in verdicts), key=LEVELS.index, default='ok')


def rehearsed(
    number: int, scenario: Mapping[str, Any], result: Mapping[str, Any], measured: Sequence[Mapping[str, Any]]
) -> Shown:
    """A scenario of the result. ``measured``: what really happened in it."""
    per_node = scenario['peak']['per_node']
    busiest = max(sorted(per_node), key=per_node.get, default=None)
    panels = [panel.predicted(scenario, result)] + [panel.measured(one, result) for one in measured]
    compared = happened.compared(panels)
    return Shown(
        id='s%d' % number,
        name=scenario['name'],
        kind='pair' if scenario['kind'] == 'lose' and len(scenario['nodes']) > 1 else scenario['kind'],
        title=title_of(scenario),
        panels=panels,
        last_up=scenario['last_up'],
        peak=per_node.get(busiest, 0),
        peak_total=scenario['peak']['total'],
        sentence=('Predicted: ' if compared else '') + sentence(scenario),
        level=level_of(scenario['verdicts']),
        verdicts=sorted(scenario['verdicts'], key=lambda verdict: LEVELS.index(verdict['level'])),
        busiest=busiest if per_node.get(busiest) else None,
        limit=result['limits'].get(busiest),
        down=len(downs(scenario)),
        longest_down=max(scenario['downtime'].values(), default=None),
        healthy_down=scenario['healthy_down'],
        cannot_run=scenario['cannot_run'],
        recovery=_asserted_recovery(scenario),
        fenced=max(scenario['fenced'].values(), default=None),
        ves=_rows(scenario),
        compared=compared,
    )


def only_measured(number: int, name: str, panels: list[Panel]) -> Shown:
    return Shown(
        id='s%d' % number,
        name=name,
        kind='measured',
        title=titled(name),
        panels=panels,
        last_up=panels[0].last_up,
        peak=max(panels[0].per_node.values(), default=0),
        peak_total=panels[0].total,
        compared=happened.compared(panels),
    )


def featured(scenarios: Sequence[Shown]) -> list[Shown]:
    """With the worst of each kind featured, and those of which it is known what really happened."""
    worst = [_worst_first(scenarios, kind)[0].id for kind in {one.kind for one in scenarios}]
    return [replace(one, featured=one.id in worst or any(shown.measured for shown in one.panels)) for one in scenarios]


def groups(scenarios: Sequence[Shown]) -> list[Group]:
    found = []
    for kind, title in KINDS.items():
        members = [one for one in scenarios if one.kind == kind]
        if members:
            shown = members if len(members) <= FEW else _worst_first(members, kind)[:1]
            found.append(Group(kind, title, shown, [one for one in members if one not in shown]))
    return found


def _worst_first(scenarios: Sequence[Shown], kind: str) -> list[Shown]:
    members = [one for one in scenarios if one.kind == kind]
    return sorted(members, key=lambda one: (LEVELS.index(one.level), one.gravity))


def _asserted_recovery(scenario: Mapping[str, Any]) -> float | None:
    return next(
        (verdict['numbers'].get('asked') for verdict in scenario['verdicts'] if verdict['rule'] == 'recovery'), None
    )


def _rows(scenario: Mapping[str, Any]) -> list[Row]:
    rows: dict[str, Row] = {}
    for action in scenario['actions']:
        if not is_of_ve(action) or action['operation'] in QUIET:
            continue
        row = rows.get(action['resource']) or Row(action['resource'])
        if action['operation'] in ('start', 'migrate_from'):
            failed = action.get('rc') is not None
            row = replace(row, target=action['node'], begin=action['begin'], end=up(action), failed=failed)
        elif action['operation'] in ('stop', 'migrate_to') and row.origin is None:
            row = replace(row, origin=action['node'])
        rows[row.name] = row
    for name in scenario['cannot_run']:
        rows.setdefault(name, Row(name))
    down = downs(scenario)
    shown = [
        replace(row, down=scenario['downtime'].get(name), stays_down=down.get(name, (0, 0))[1] is None)
        for name, row in rows.items()
    ]
    return sorted(shown, key=lambda row: (not row.stays_down, -1.0 if row.begin is None else row.begin, row.name))

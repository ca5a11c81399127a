# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is said of a rehearsal, for the page and for the terminal alike. Knows neither HTML nor Ansible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import advised, basis, facts, findings, panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import scenario as scenarios
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.advised import Advice
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.basis import Durations
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.facts import Fact
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.findings import Finding
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.panel import Panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scenario import Group, Shown

Result = Mapping[str, Any]
# What really happened: {scenario, title, note, nodes, actions, fenced}, with the actions in the module's shape (resource,
# operation, node, begin, end), in seconds after the event.
Measured = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class View:
    """``findings``: what breaks and what to watch; ``holds``: what does not. ``longest``: the end of the common scale of time."""

    title: str
    about: list[str]
    level: str
    headline: str
    findings: list[Finding]
    holds: list[Finding]
    facts: list[Fact]
    scenarios: list[Shown]
    groups: list[Group]
    advice: Advice
    durations: Durations
    assumptions: Sequence[str]
    others: Sequence[str]
    agents: Sequence[str]
    limits: Mapping[str, int | None]
    batch_limit: int
    assertions: Mapping[str, Any]
    longest: float


def view(result: Result | None, measured: Measured = (), title: str = 'Rehearsal', now: datetime | None = None) -> View:
    """``result``: what the module ve_rehearsal returns; None: then only what was measured is shown."""
    shown = _scenarios(result, measured)
    rehearsed = [one for one in shown if one.kind != 'measured']
    advice = advised.advice(result['advice'] if result else None, _storm(rehearsed))
    found = findings.gather(result, rehearsed) if result else []
    if advice.text and any(findings.takes_advice(finding) for finding in found):
        found, advice = findings.with_advice(found, advice.text), replace(advice, said=True)
    level = found[0].level if found else 'ok'
    known = result or {}
    return View(
        title=title,
        about=_about(result, now or datetime.now()),
        level=level,
        headline=findings.headline(level, rehearsed, found) if result else title,
        findings=[finding for finding in found if finding.level != 'ok'],
        holds=[finding for finding in found if finding.level == 'ok'],
        facts=list(facts.facts(rehearsed, result)) if result else [],
        scenarios=shown,
        groups=scenarios.groups(shown),
        advice=advice,
        durations=basis.durations(known.get('durations', {})),
        assumptions=known.get('assumptions', []),
        others=known.get('others', []),
        agents=sorted(known.get('guests', {})),
        limits=known.get('limits', {}),
        batch_limit=known.get('batch_limit', 0),
        assertions=known.get('assertions', {}),
        longest=max((one.last_up or 0 for one in shown), default=0),
    )


def _storm(scenarios: Sequence[Shown]) -> bool:
    """Whether starts return too early for a limit to limit the boots."""
    return any(verdict['rule'] == 'start-does-not-wait' for one in scenarios for verdict in one.verdicts)


def _scenarios(result: Result | None, measured: Measured) -> list[Shown]:
    """Those of the result, and then those that were measured only."""
    shown = []
    for number, one in enumerate(result['scenarios'] if result else [], 1):
        happened = [other for other in measured if other['scenario'] == one['name']]
        shown.append(scenarios.rehearsed(number, one, result or {}, happened))
    rehearsed = {one.name for one in shown}
    alone: dict[str, list[Panel]] = {}
    for other in measured:
        if other['scenario'] not in rehearsed:
            alone.setdefault(other['scenario'], []).append(panel.measured(other, result))
    for name, panels in alone.items():
        shown.append(scenarios.only_measured(len(shown) + 1, name, panels))
    return scenarios.featured(shown)


def _about(result: Result | None, now: datetime) -> list[str]:
    about = []
    if result:
        about = [
            count(len(result['nodes']), 'node'),
            count(len(result['durations']), 'VE'),
            'CIB from a file' if result.get('source') == 'file' else 'CIB of the running cluster',
            'Pacemaker %s' % result.get('pacemaker', ''),
        ]
    return about + [now.strftime('%Y-%m-%d %H:%M')]

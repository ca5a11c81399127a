# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks and what to watch: the verdicts of all scenarios, those of one rule and level together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import LEVELS
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scenario import Shown

# Rules that other limits may satisfy.
OF_LIMITS = ('recovery', 'peak', 'peak-total')


@dataclass(frozen=True)
class Finding:
    """``scenario``: the worst one; None: the cluster as a whole. ``more``: the others, each with its text."""

    level: str
    rule: str
    explanation: str
    mend: str
    text: str
    scenario: Shown | None
    more: list[tuple[Shown | None, str]]


def gather(result: Mapping[str, Any], scenarios: Sequence[Shown]) -> list[Finding]:
    """The gravest first, and in each the scenario that is worst."""
    groups: dict[tuple[str, str], list[tuple[Shown | None, Mapping[str, Any]]]] = {}
    for verdict in result['verdicts']:
        groups.setdefault((verdict['level'], verdict['rule']), []).append((None, verdict))
    for scenario in sorted(scenarios, key=lambda one: one.gravity):
        for verdict in scenario.verdicts:
            groups.setdefault((verdict['level'], verdict['rule']), []).append((scenario, verdict))
    return [
        _finding(level, rule, members)
        for (level, rule), members in sorted(groups.items(), key=lambda item: LEVELS.index(item[0][0]))
    ]


def with_advice(findings: Sequence[Finding], advice: str) -> list[Finding]:
    """With advice on the limits as the mend of what they may satisfy."""
    return [replace(finding, mend=advice) if takes_advice(finding) else finding for finding in findings]


def takes_advice(finding: Finding) -> bool:
    return finding.level == 'broken' and finding.rule in OF_LIMITS


def headline(level: str, scenarios: Sequence[Shown], findings: Sequence[Finding]) -> str:
    empty = next((finding for finding in findings if finding.rule == 'no-guests'), None)
    if empty:
        return 'Nothing to see: %s.' % empty.text
    storms = [one for scenario in scenarios for one in scenario.verdicts if one['rule'] == 'start-does-not-wait']
    if storms:
        worst = max(storms, key=lambda one: (one['numbers']['peak'], one['numbers']['peak'] - one['numbers']['limit']))
        said = 'boot storm: ' + worst['text'].partition(': ')[0]
        return (
            '%s A %s.' % (_judgement(level, scenarios, findings), said)
            if level == 'broken'
            else 'Not fine: a %s.' % said
        )
    return _judgement(level, scenarios, findings)


def _judgement(level: str, scenarios: Sequence[Shown], findings: Sequence[Finding]) -> str:
    if level == 'broken':
        bad = sum(one.level == 'broken' for one in scenarios)
        if not bad:
            return 'Not fine. Something is broken, whatever happens.'
        return 'Not fine. In %d of %s something breaks.' % (bad, count(len(scenarios), 'scenario'))
    if level == 'warning':
        things = sum(finding.level == 'warning' for finding in findings)
        return 'It holds, with %s to watch.' % count(things, 'thing')
    return 'Fine. Nothing breaks in %s.' % count(len(scenarios), 'scenario')


def _mends(usual: str, verdicts: Sequence[Mapping[str, Any]]) -> str:
    """A verdict may have a mend of its own."""
    return ' '.join(dict.fromkeys(verdict.get('mend') or usual for verdict in verdicts))


def _finding(level: str, ident: str, members: Sequence[tuple[Shown | None, Mapping[str, Any]]]) -> Finding:
    scenario, verdict = members[0]
    rule = rules.BY_ID.get(ident)  # a result of another version may have rules that are not known here
    # Whatever comes of a node that joins badly set up, the mend is to set it up.
    mending = rules.BY_ID['healthy-down'] if scenario is not None and scenario.kind == 'join' else rule
    return Finding(
        level=level,
        rule=ident,
        explanation=rule.explanation if rule else '',
        mend=_mends(mending.mend if mending and level != 'ok' else '', [one for _shown, one in members]),
        text=verdict['text'],
        scenario=scenario,
        more=[(other, one['text']) for other, one in members[1:]],
    )

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit for the terminal: the findings of one rule together, what mends them, and what was not looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some

Finding = Mapping[str, Any]  # as the module returns it

FEW = 6  # resources that are named one by one


@dataclass(frozen=True)
class Group:
    """Findings that say the same. ``names``: of the resources or nodes."""

    severity: str
    rule: str
    text: str
    why: str
    mend: str
    names: list[str]
    commands: list[str]


def text(result: Mapping[str, Any]) -> list[str]:
    """The lines."""
    lines = ['', headline(result), '']
    for group in groups(result['findings']):
        lines += _lines(group)
    if result['silenced']:
        lines.append('  %s left out (silence)' % count(result['silenced'], 'finding is', 'findings are'))
    if result['not_checked']:
        lines += ['', 'Not looked at:']
        lines += ['  %-28s %s' % (row['rule'], row['why']) for row in result['not_checked']]
    return lines


def headline(result: Mapping[str, Any]) -> str:
    number = sum(len(names) for names in result['guests'].values())
    where = '%s, %s' % (count(len(result['nodes']), 'node'), count(number, 'guest'))
    if not number:
        return 'Nothing to see: the cluster has no guest that is known (%s).' % where
    if not result['findings']:
        return 'Nothing is wrong that was looked at (%s).' % where
    many = {'critical': 'critical', 'warning': 'warnings', 'info': 'info'}
    summary = [count(found, severity, many[severity]) for severity, found in result['summary'].items() if found]
    return 'Audit of %s: %s.' % (where, ', '.join(summary))


def groups(findings: Sequence[Finding]) -> list[Group]:
    """Those of one rule, severity and text together, in their order."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding['severity'], finding['rule'], finding['text']), []).append(finding)
    return [
        Group(
            severity=severity,
            rule=rule,
            text=said,
            why=members[0]['why'],
            mend=members[0]['mend'],
            names=list(
                dict.fromkeys(str(one['resource'] or one['node']) for one in members if one['resource'] or one['node'])
            ),
            commands=[one['command'] for one in members if one['command']],
        )
        for (severity, rule, said), members in found.items()
    ]


def _lines(group: Group) -> Iterator[str]:
    who = some(group.names, FEW)
    yield '  %-9s%s: %s' % (group.severity, group.rule, ': '.join(part for part in (who, group.text) if part))
    yield '           why: %s' % group.why
    yield '           do: %s' % group.mend
    if group.commands:
        more = ' (%s, in the result)' % count(len(group.commands) - 1, 'more like it', 'more like it')
        yield '           # %s%s' % (group.commands[0], more if len(group.commands) > 1 else '')

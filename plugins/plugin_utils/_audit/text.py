# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit for the terminal: the findings of one rule together, what mends them, and what was not looked at."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some

Finding = Mapping[str, Any]  # as the module returns it

FEW = 6  # resources that are named one by one


def text(result: Mapping[str, Any]) -> list[str]:
    """The lines."""
    lines = ['', headline(result), '']
    for group in groups(result['findings']):
        lines += _group(group)
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


def groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Those of one rule, severity and text together, in their order."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding['severity'], finding['rule'], finding['text']), []).append(finding)
    return list(found.values())


def _group(group: Sequence[Finding]) -> Iterator[str]:
    first = group[0]
    names = [str(name) for one in group for name in [one['resource'] or one['node']] if name]
    who = some(list(dict.fromkeys(names)), FEW)
    yield '  %-9s%s: %s' % (first['severity'], first['rule'], ': '.join(part for part in (who, first['text']) if part))
    yield '           why: %s' % first['why']
    yield '           do: %s' % first['mend']
    commands = [one['command'] for one in group if one['command']]
    if commands:
        more = ' (%s, in the result)' % count(len(commands) - 1, 'more like it', 'more like it')
        yield '           # %s%s' % (commands[0], more if len(commands) > 1 else '')

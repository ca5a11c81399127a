# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal for the terminal: what view.py says, as the page has it."""

from __future__ import annotations

from datetime import datetime
from typing import Iterator, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.advised import Advice, limit
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.findings import Finding
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import boots, peak
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.panel import Panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scenario import Shown
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.sentences import LEVEL_WORDS, listed, spoken
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import Measured, Result, View, view

WIDTH = 64  # characters of a chart
CHARTS = 3  # scenarios with a chart, in all that go wrong or are the worst of their kind


def text(
    result: Result | None, measured: Measured = (), title: str = 'Rehearsal', now: datetime | None = None
) -> list[str]:
    """The lines."""
    shown = view(result, measured, title, now)
    lines = ['', '%s: %s' % (shown.title, ', '.join(shown.about)), shown.headline, '']
    for finding in shown.findings:
        lines += _finding(finding)
    lines += ['  %-52s %s (%s)' % (fact.label, fact.value, fact.detail) for fact in shown.facts]
    lines += _overview(shown)
    lines += _advice(shown.advice)
    with_chart = sorted((one for one in shown.scenarios if one.featured), key=lambda one: one.level != 'broken')
    for one in with_chart[:CHARTS]:
        lines += [''] + scenario(one)
    lines += _basis(shown)
    return [spoken(line, shown.agents) for line in lines]


def _finding(finding: Finding) -> Iterator[str]:
    where = finding.scenario.title if finding.scenario else 'always'
    yield '  %-7s%s: %s' % (LEVEL_WORDS[finding.level], where, finding.text)
    if finding.more:
        others = listed([other.name for other, _text in finding.more if other], 8)
        yield '         the same in %d more: %s' % (len(finding.more), others)
    if finding.mend:
        yield '         do: %s' % finding.mend


def _overview(shown: View) -> list[str]:
    """A line for each scenario."""
    rows = [['', 'scenario', 'last VE up', 'most at once', 'down', 'longest', 'healthy, yet down', 'stay down']]
    for group in shown.groups:
        for one in group.shown:
            if one.kind != 'measured':
                rows.append(_line(one))
        if group.folded:
            rows.append(['', 'and %d more' % len(group.folded), 'not worse', '', '', '', '', ''])
    return [''] + ['  ' + line for line in table(rows, left=2)] if len(rows) > 1 else []


def _line(one: Shown) -> list[str]:
    most = '%d (%s)' % (one.peak, one.busiest)
    if one.limit:
        most = '%d of %s (%s)' % (one.peak, one.limit, one.busiest)
    return [
        LEVEL_WORDS[one.level],
        one.name,
        words(one.last_up),
        most if one.peak else '-',
        str(one.down),
        words(one.longest_down),
        str(len(one.healthy_down)),
        str(len(one.cannot_run)),
    ]


def _advice(advice: Advice) -> Iterator[str]:
    if not advice.rows:
        return
    yield from ['', 'What other limits would do:']
    if advice.text and not advice.said:
        yield '  ' + advice.text
    head = ['starts_per_node', 'starts_total', 'most at once', 'last VE up', 'longest wait', 'reaction', 'assertions']
    rows = [head]
    for row in advice.shown:
        mark = ' recommended' if row['recommended'] else ' now' if row.get('current') else ''
        rows.append(
            [
                limit(row['starts_per_node']) + mark,
                str(row['batch_limit'] or 'none'),
                str(row['peak']),
                words(row['recovery']),
                words(row['longest_wait']),
                words(row['reaction']),
                'all hold' if row['satisfies'] else 'broken',
            ]
        )
    yield from ('  ' + line for line in table(rows))
    if advice.folded:
        yield '  and %d more, with higher limits' % len(advice.folded)


def _basis(shown: View) -> Iterator[str]:
    if not shown.durations.rows:
        return
    yield from ['', 'What it is based on:', '  ' + shown.durations.text]
    yield from ('  ' + assumed for assumed in shown.assumptions)
    if shown.others:
        yield '  No VEs, but they take part: %s' % listed(shown.others, 12)


def scenario(one: Shown) -> list[str]:
    """One scenario: its words, and its charts on one scale."""
    lines = [one.title] + ['  ' + line for line in [one.sentence] if line]
    for what, names in (('stays down', one.cannot_run), ('healthy, yet down', one.healthy_down)):
        if names:
            lines.append('  %s: %s' % (what, listed(names, 12)))
    end = max(panel.end for panel in one.panels)
    if end > 0:
        for panel in one.panels:
            lines += [''] + chart(panel, end)
    if one.compared:
        rows = [[''] + one.compared.columns] + [[what] + values for what, values in one.compared.rows]
        lines += [''] + ['  ' + line for line in table(rows)]
    return lines


def chart(panel: Panel, end: float) -> list[str]:
    """A row for each node: how many VEs boot at once, over time. A dead node is x until it is fenced."""
    step = max(end / WIDTH, 0.1)
    lines = ['  %s (a character is %s; the digit is the number of VEs that boot)' % (panel.title, words(step))]
    for node in panel.nodes:
        row, intervals, fenced = '', boots(panel.actions, node), panel.fenced.get(node)
        for column in range(WIDTH):
            a, b = column * step, (column + 1) * step
            most = peak([(max(first, a), min(last, b)) for first, last in intervals if first < b and last > a])
            dead = (node in panel.lost or fenced is not None) and (fenced is None or a < fenced)
            row += 'x' if dead and not most else '.' if not most else str(most) if most < 10 else '#'
        lines.append('    %-4s %s' % (node, row))
    return lines


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Columns of text, the first `left` of them flush left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        '  '.join(
            value.ljust(width) if column < left else value.rjust(width)
            for column, (value, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]

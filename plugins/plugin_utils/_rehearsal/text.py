# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal for the terminal: the facts of rehearsal_view, as the page has them."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import (
    WORDS,
    boots,
    listed,
    peak,
    span,
    view,
)

WIDTH = 64  # characters of a chart
CHARTS = 3  # scenarios with a chart, in all that go wrong or are the worst of their kind


def text(result, measured=(), title='Rehearsal', now=None):
    """The lines."""
    shown = view(result, measured, title, now)
    lines = ['', '%s: %s' % (shown['title'], ', '.join(shown['about'])), shown['headline'], '']
    for finding in shown['findings']:
        where = finding['scenario']['title'] if finding['scenario'] else 'always'
        lines.append('  %-7s%s: %s' % (WORDS[finding['level']], where, finding['text']))
        if finding['more']:
            lines.append(
                '         the same in %d more: %s'
                % (len(finding['more']), listed([other['name'] for other, _text in finding['more'] if other], 8))
            )
        if finding['hint']:
            lines.append('         do: %s' % finding['hint'])
    for fact in shown['facts']:
        lines.append('  %-52s %s (%s)' % (fact['label'], fact['value'], fact['detail']))
    rows = [('', 'scenario', 'last VE up', 'most at once', 'down', 'longest', 'healthy, yet down', 'stay down')]
    for group in shown['groups']:
        for one in group['shown']:
            if one['kind'] != 'measured':
                most = (
                    '%d of %s (%s)' % (one['peak'], one['limit'], one['busiest'])
                    if one['limit']
                    else '%d (%s)' % (one['peak'], one['busiest'])
                )
                rows.append(
                    (
                        WORDS[one['level']],
                        one['name'],
                        span(one['last_up']),
                        most if one['peak'] else '-',
                        str(one['down']),
                        span(one['longest_down']),
                        str(len(one['healthy_down'])),
                        str(len(one['cannot_run'])),
                    )
                )
        if group['folded']:
            rows.append(('', 'and %d more' % len(group['folded']), 'not worse', '', '', '', '', ''))
    if len(rows) > 1:
        lines += [''] + ['  ' + line for line in table(rows, left=2)]
    if shown['advice']['rows']:
        lines += ['', 'What other limits would do:'] + (
            ['  ' + shown['advice']['text']] if shown['advice']['text'] and not shown['advice']['told'] else []
        )
        lines += [
            '  ' + line
            for line in table(
                [
                    (
                        'starts_per_node',
                        'starts_total',
                        'most at once',
                        'last VE up',
                        'longest wait',
                        'reaction',
                        'wishes',
                    )
                ]
                + [
                    (
                        '%s%s'
                        % (
                            'none' if row['starts_per_node'] is None else row['starts_per_node'],
                            ' recommended' if row['recommended'] else ' now' if row.get('current') else '',
                        ),
                        str(row['batch_limit'] or 'none'),
                        str(row['peak']),
                        span(row['recovery']),
                        span(row['longest_wait']),
                        span(row['reaction']),
                        'all hold' if row['satisfies'] else 'broken',
                    )
                    for row in shown['advice']['shown']
                ],
                left=1,
            )
        ]
        if shown['advice']['folded']:
            lines.append('  and %d more, with higher limits' % len(shown['advice']['folded']))
    with_chart = [one for one in shown['scenarios'] if one['featured']]
    for one in sorted(with_chart, key=lambda one: one['level'] != 'broken')[:CHARTS]:
        lines += [''] + scenario(one)
    if shown['durations']['rows']:
        lines += ['', 'What it is based on:', '  ' + shown['durations']['text']] + [
            '  ' + assumed for assumed in shown['assumptions']
        ]
        if shown['others']:
            lines.append('  No VEs, but they take part: %s' % listed(shown['others'], 12))
    return lines


def scenario(one):
    """One scenario: its words, and its charts on one scale."""
    lines = [one['title']] + ['  ' + line for line in [one['sentence']] if line]
    for what, names in (('stays down', one['cannot_run']), ('healthy, yet down', one['healthy_down'])):
        if names:
            lines.append('  %s: %s' % (what, listed(names, 12)))
    end = max(panel['end'] for panel in one['panels'])
    if end > 0:
        for panel in one['panels']:
            lines += [''] + chart(panel, end)
    if one['compared']:
        lines += [''] + [
            '  ' + line
            for line in table(
                [('',) + tuple(one['compared']['columns'])]
                + [(what,) + tuple(values) for what, values in one['compared']['rows']],
                left=1,
            )
        ]
    return lines


def chart(panel, end, begin=0.0):
    """A row for each node: how many VEs boot at once, over time. A dead node is x until it is fenced."""
    step = max((end - begin) / WIDTH, 0.1)
    lines = ['  %s (a character is %.1f s; the digit is the number of VEs that boot)' % (panel['title'], step)]
    for node in panel['nodes']:
        row, intervals, fenced = '', boots(panel['actions'], node), panel['fenced'].get(node)
        for column in range(WIDTH):
            a, b = begin + column * step, begin + (column + 1) * step
            most = peak([(max(first, a), min(last, b)) for first, last in intervals if first < b and last > a])
            dead = (node in panel['lost'] or fenced is not None) and (fenced is None or a < fenced)
            row += 'x' if dead and not most else '.' if not most else str(most) if most < 10 else '#'
        lines.append('    %-4s %s' % (node, row))
    return lines


def table(rows, left=1):
    """Columns of text, the first `left` of them flush left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        '  '.join(
            value.ljust(width) if column < left else value.rjust(width)
            for column, (value, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]

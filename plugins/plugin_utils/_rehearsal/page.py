# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a rehearsal: where each bar and curve goes. What is said is rehearsal_view's, how it looks is in the template.

Times are drawn in percent of the width, so that a chart fits any screen without its letters becoming small.
"""

from __future__ import annotations

import heapq
import pathlib

import jinja2

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import view as rehearsal_view

TEMPLATE = 'page.html.j2'
STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
MOST_TICKS = 8
MOST_LANES = 12  # more at once on a node are a curve and no bars
CURVE = 48  # height of a curve
STRIP = 5  # height of the strip of probes and monitors
CLASSES = {
    'start': 'start',
    'stop': 'stop',
    'migrate_to': 'move',
    'migrate_from': 'move',
    'promote': 'start',
    'demote': 'stop',
    'reload': 'move',
}
LEGEND = {
    'start': 'VE starts',
    'stop': 'VE stops',
    'move': 'VE moves',
    'other': 'other resource',
    'over': 'start beyond the limit',
    'failed': 'fails',
    'waits': 'waits inside the agent',
    'strip': 'probes and monitors',
    'lost': 'dead, not fenced yet',
    'off': 'fenced',
}
BARS_OF_A_TABLE = 4000  # in a larger rehearsal only the scenarios that are shown open have a table of their VEs


def page(result, measured=(), title='Rehearsal', now=None):
    """The HTML."""
    shown = rehearsal_view.view(result, measured, title, now)
    small = sum(len(scenario['ves']) for scenario in shown['scenarios']) <= BARS_OF_A_TABLE
    for scenario in shown['scenarios']:
        scenario['charts'] = charts(scenario)
        scenario['table'] = small or scenario['featured']
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(str(pathlib.Path(__file__).parent)),
    )
    environment.globals.update(
        words=rehearsal_view.WORDS, legend=LEGEND, listed=rehearsal_view.listed, count=rehearsal_view.count
    )
    environment.filters.update(span=rehearsal_view.span, clock=rehearsal_view.clock)
    return environment.get_template(TEMPLATE).render(shown)


def charts(scenario):
    """A chart for each panel of a scenario, all on the same scale of time. None where nothing happens."""
    end = max(panel['end'] for panel in scenario['panels']) * 1.01
    if end <= 0:
        return []
    return [_chart(panel, end) for panel in scenario['panels']]


def ticks(end):
    """[(percent, second)] of the lines of an axis."""
    step = next((step for step in STEPS if end / step <= MOST_TICKS), end)
    return [(100.0 * n * step / end, n * step) for n in range(int(end / step) + 1)]


def lanes(actions):
    """(lane, action), each in the lowest lane that is free, so that the highest lane is the peak."""
    free, busy, placed = [], [], []
    count = 0
    for action in sorted(actions, key=lambda action: (_begin(action), action['end'])):
        while busy and busy[0][0] <= _begin(action) + 1e-6:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, count = count, count + 1
        heapq.heappush(busy, (action['end'], lane))
        placed.append((lane, action))
    return placed, count


def _begin(action):
    return action['begin'] + action.get('waited', 0.0)


def _chart(panel, end):
    scale = _Scale(end)
    rows, used, idle = [], set(), []
    if panel['downs']:
        spans = [(begin, end if until is None else until) for begin, until in panel['downs'].values()]
        curve = rehearsal_view.overlaps(spans)
        most = max(n for _at, n in curve) if curve else 0
        rows.append(
            {
                'kind': 'down',
                'label': 'VEs down',
                'note': '%d at most' % most,
                'height': CURVE,
                'path': scale.path(curve, most),
                'most': most,
                'says': 'VEs that are down: %d at most' % most,
            }
        )
    for node in panel['nodes']:
        row = _node(panel, node, scale, used)
        if row:
            rows.append(row)
        else:
            idle.append(node)
    curve = rehearsal_view.overlaps(rehearsal_view.boots(panel['actions']))
    if curve:
        most = panel['peak']['total']
        rows.append(
            {
                'kind': 'total',
                'label': 'All nodes',
                'note': '%d at once at most' % most,
                'height': CURVE,
                'path': scale.path(curve, most),
                'most': most,
                'says': 'VEs that boot at once in all: %d at most' % most,
            }
        )
    marks = [
        {
            'x': scale.percent(at),
            'text': '%s fenced after %s' % (node, rehearsal_view.span(at)),
            'kind': 'fenced',
            'right': at > end * 0.6,
        }
        for node, at in sorted(panel['fenced'].items(), key=lambda item: item[1])
    ]
    if len(marks) > 1:  # one label for all
        marks = [
            dict(
                marks[-1],
                text='%d nodes fenced after %s' % (len(marks), rehearsal_view.span(max(panel['fenced'].values()))),
            )
        ]
    if panel['last_up'] is not None:
        marks.append(
            {
                'x': scale.percent(panel['last_up']),
                'text': 'last VE up after %s' % rehearsal_view.span(panel['last_up']),
                'kind': 'up',
                'right': panel['last_up'] > end * 0.5,
            }
        )
    close = (
        len(marks) > 1 and (marks[0]['right'] or marks[1]['right']) and marks[1]['x'] - marks[0]['x'] < 32
    )  # their words would overlap
    return {
        'close': close,
        'title': panel['title'],
        'note': panel['note'],
        'rows': rows,
        'idle': idle,
        'used': [name for name in LEGEND if name in used],
        'ticks': [
            {'x': scale.percent(at), 'text': rehearsal_view.clock(at) if end >= 60 else '%g s' % at}
            for _percent, at in ticks(end)
        ],
        'marks': marks,
    }


class _Scale:
    def __init__(self, end):
        self.end = end

    def percent(self, at):
        return round(min(100.0, max(0.0, 100.0 * at / self.end)), 2)

    def path(self, curve, most):
        """A step curve in a box of 1000 by 100, closed at its bottom."""
        steps, last = ['M0 100'], 100.0
        for at, n in _seen(curve, self.end / 250):
            x, y = round(min(1000.0, 1000.0 * at / self.end), 1), round(100.0 - 92.0 * n / max(most, 1), 1)
            steps.append('L%g %gL%g %g' % (x, last, x, y))
            last = y
        return ''.join(steps) + 'L1000 %gL1000 100Z' % last


def _seen(curve, least):
    """A curve without the dips that are too short to be seen, such as between one start and the next."""
    kept = []
    for at, n in curve:
        if len(kept) > 1 and at - kept[-1][0] < least and kept[-1][1] < n <= kept[-2][1]:
            kept.pop()
            if kept[-1][1] == n:
                continue
        kept.append((at, n))
    return kept


def _node(panel, node, scale, used):
    """The row of a node: its operations in lanes from the bottom up, the limit, when it is dead. None where nothing happens on it."""
    mine = [action for action in panel['actions'] if action['node'] == node and action['operation'] != 'fence']
    work = [
        action for action in mine if action['operation'] not in rehearsal_view.QUIET and action['end'] > action['begin']
    ]
    quiet = [action for action in mine if action['operation'] in rehearsal_view.QUIET]
    lost, fenced = node in panel['lost'], panel['fenced'].get(node)
    if not work and not lost and fenced is None:
        return None
    placed, number = lanes(work)
    limit, peak = panel['limits'].get(node), panel['peak']['per_node'].get(node, 0)
    row = {
        'kind': 'lanes',
        'label': node,
        'bars': [],
        'strips': [],
        'limit': None,
        'path': None,
        'blocks': [],
        'most': 0,
        'note': ''
        if not work
        else ('%d at most' % peak) + (', limit %s' % limit if limit else ', no limit')
        if peak
        else 'no start',
    }
    if lost or fenced is not None:
        until = scale.end if fenced is None else fenced
        used.add('lost')
        row['blocks'].append({'x': 0, 'w': scale.percent(until), 'cls': 'lost', 'text': 'dead'})
        if fenced is not None:
            used.add('off')
            row['blocks'].append(
                {'x': scale.percent(until), 'w': 100 - scale.percent(until), 'cls': 'off', 'text': 'fenced'}
            )
        if not work:
            row['note'] = 'dies'
    row['says'] = '%s: %s' % (
        node,
        ', '.join(
            filter(
                None,
                [
                    row['note'],
                    '%d operations' % len(work) if work else '',
                    'fenced after ' + rehearsal_view.span(fenced) if fenced else '',
                ],
            )
        ),
    )
    if number > MOST_LANES:
        booting = rehearsal_view.boots(panel['actions'], node)
        curve = rehearsal_view.overlaps(booting or [(_begin(action), action['end']) for action in work])
        most = max([n for _at, n in curve] + [limit or 0, 1])
        row.update(
            cls='start' if booting else 'stop',
            kind='curve',
            height=CURVE,
            path=scale.path(curve, most),
            most=most,
            limit={'y': round(CURVE - CURVE * 0.92 * limit / most, 1), 'text': 'limit %s' % limit} if limit else None,
        )
        used.add(row['cls'])
        return row
    high = 18 if number <= 4 else 12 if number <= 8 else 8
    above = 1 if limit and limit <= number + 1 else 0  # room for the line of the limit
    top = max(number, limit if above else 0, 1)
    row['height'] = top * high + 3 + (STRIP if quiet else 0)
    floor = row['height'] - (STRIP if quiet else 0)
    if above and work:
        row['limit'] = {'y': floor - limit * high - 1, 'text': 'limit %s' % limit}
    for lane, action in placed:
        kind = CLASSES.get(action['operation'], 'other') if action.get('ve', True) else 'other'
        if kind == 'start' and limit and lane >= limit:
            kind = 'over'
        if action.get('rc') is not None:
            kind = 'failed'
        used.add(kind)
        drawn = _bar(action, kind, scale, floor - (lane + 1) * high, high - 1)
        row['bars'].append(drawn)
        if action.get('waited'):
            used.add('waits')
            row['bars'].append(
                {
                    'x': scale.percent(action['begin']),
                    'w': scale.percent(action['waited']),
                    'y': drawn['y'] + high / 2 - 2,
                    'h': 3,
                    'cls': 'waits',
                    'text': '',
                    'says': '%s waits %s inside the agent'
                    % (action['resource'], rehearsal_view.span(action['waited'])),
                }
            )
    if quiet:
        used.add('strip')
        for begin, until, n in _merged(quiet):
            row['strips'].append(
                {
                    'x': scale.percent(begin),
                    'w': max(0.15, scale.percent(until - begin)),
                    'y': floor + 1,
                    'h': STRIP - 2,
                    'says': '%d probes and monitors' % n,
                }
            )
    return row


def _bar(action, kind, scale, y, height):
    width = round(100.0 * (action['end'] - _begin(action)) / scale.end, 2)
    name = str(action['resource'])
    return {
        'x': scale.percent(_begin(action)),
        'w': max(width, 0.1),
        'y': y,
        'h': height,
        'cls': kind,
        # a letter is about 0.7 % of a wide screen
        'text': name if height >= 14 and width > 0.72 * len(name) + 0.6 else '',
        'wide': width > 20,
        'says': '%s: %s on %s, %s to %s (%s)%s'
        % (
            name,
            action['operation'],
            action['node'],
            rehearsal_view.span(_begin(action)),
            rehearsal_view.span(action['end']),
            rehearsal_view.span(action['end'] - _begin(action)),
            ', fails with %s' % action['rc'] if action.get('rc') is not None else '',
        ),
    }


def _merged(actions):
    """(begin, end, how many) of actions that touch each other."""
    merged = []
    for action in sorted(actions, key=lambda action: action['begin']):
        if merged and action['begin'] <= merged[-1][1]:
            merged[-1][1:] = [max(merged[-1][1], action['end']), merged[-1][2] + 1]
        else:
            merged.append([action['begin'], action['end'], 1])
    return merged

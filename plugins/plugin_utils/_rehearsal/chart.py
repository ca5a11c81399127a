# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts of a scenario: a row for what is down, one for each node, one for all that boots; marks and an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import bars
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.bars import Bar
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import (
    QUIET,
    Action,
    Curve,
    begin,
    boots,
    overlaps,
    up,
)
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.panel import Panel
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.scale import Scale, clock

MOST_LANES = 12  # more at once on a node are a curve and no bars
CURVE = 48  # height of a curve
STRIP = 5  # height of the strip of probes and monitors
LEGEND = {
    'start': 'VE starts',
    'boots': 'VE boots on',
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


@dataclass(frozen=True)
class Block:
    """A stretch of time over the whole height of a row."""

    x: float
    w: float
    cls: str
    text: str


@dataclass(frozen=True)
class Limit:
    y: float
    text: str


@dataclass(frozen=True)
class Row:
    """``kind``: down, lanes, curve or total. ``path``: of a curve. ``says``: the row in words, for those who do not see it."""

    kind: str
    label: str
    note: str
    says: str
    height: int
    path: str | None = None
    cls: str = ''
    blocks: Sequence[Block] = ()
    bars: Sequence[Bar] = ()
    strips: Sequence[Bar] = ()
    limit: Limit | None = None

    @property
    def classes(self) -> list[str]:
        """What is in it, as in the legend."""
        found = [drawn.cls for drawn in [*self.bars, *self.strips]] + [block.cls for block in self.blocks]
        return found + ([self.cls] if self.kind == 'curve' else [])


@dataclass(frozen=True)
class Mark:
    x: float
    text: str
    kind: str
    right: bool  # whether its words are on its left side


@dataclass(frozen=True)
class Tick:
    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """``idle``: nodes on which nothing happens. ``used``: of the legend. ``close``: whether the words of its marks would overlap."""

    title: str
    note: str
    rows: list[Row]
    idle: list[str]
    used: list[str]
    ticks: list[Tick]
    marks: list[Mark]
    close: bool


def charts(panels: Sequence[Panel]) -> list[Chart]:
    """A chart for each panel of a scenario, all on the same scale of time. None where nothing happens."""
    end = max(panel.end for panel in panels) * 1.01
    return [_chart(panel, Scale(end)) for panel in panels] if end > 0 else []


def _chart(panel: Panel, scale: Scale) -> Chart:
    nodes = [(node, _node(panel, node, scale)) for node in panel.nodes]
    rows = [*_down(panel, scale), *(row for _node_, row in nodes if row), *_total(panel, scale)]
    used = {name for row in rows for name in row.classes}
    marks = _marks(panel, scale)
    return Chart(
        title=panel.title,
        note=panel.note,
        rows=rows,
        idle=[node for node, row in nodes if not row],
        used=[name for name in LEGEND if name in used],
        ticks=[Tick(scale.percent(at), clock(at) if scale.end >= 60 else '%g s' % at) for at in scale.ticks()],
        marks=marks,
        close=len(marks) > 1 and (marks[0].right or marks[1].right) and marks[1].x - marks[0].x < 32,
    )


def _marks(panel: Panel, scale: Scale) -> list[Mark]:
    fenced = sorted(panel.fenced.items(), key=lambda item: item[1])
    marks = []
    if fenced:  # one label for all
        node, at = fenced[-1]
        who = node if len(fenced) == 1 else '%d nodes' % len(fenced)
        text = '%s fenced after %s' % (who, words(at))
        marks.append(Mark(scale.percent(at), text, 'fenced', at > scale.end * 0.6))
    if panel.last_up is not None:
        text = 'last VE up after %s' % words(panel.last_up)
        marks.append(Mark(scale.percent(panel.last_up), text, 'up', panel.last_up > scale.end * 0.5))
    return marks


def _down(panel: Panel, scale: Scale) -> list[Row]:
    if not panel.downs:
        return []
    curve = overlaps((first, scale.end if last is None else last) for first, last in panel.downs.values())
    most = max((number for _at, number in curve), default=0)
    note = '%d at most' % most
    return [Row('down', 'VEs down', note, 'VEs that are down: ' + note, CURVE, scale.path(curve, most))]


def _total(panel: Panel, scale: Scale) -> list[Row]:
    curve = overlaps(boots(panel.actions))
    if not curve:
        return []
    says = 'VEs that boot at once in all: %d at most' % panel.total
    note = '%d at once at most' % panel.total
    return [Row('total', 'All nodes', note, says, CURVE, scale.path(curve, panel.total))]


def _node(panel: Panel, node: str, scale: Scale) -> Row | None:
    """The operations of a node, its limit, and when it is dead. None where nothing happens on it."""
    mine = [action for action in panel.actions if action['node'] == node and action['operation'] != 'fence']
    work = [action for action in mine if action['operation'] not in QUIET and action['end'] > action['begin']]
    quiet = [action for action in mine if action['operation'] in QUIET]
    blocks = _dead(panel, node, scale)
    if not work and not blocks:
        return None
    limit, note = panel.limits.get(node), _note(panel, node, work)
    says = '%s: %s' % (node, _says(note, work, panel.fenced.get(node)))
    placed, number = bars.lanes(work)
    if number > MOST_LANES:
        kind, path, line = _curve(panel, node, work, scale)
        return Row('curve', node, note, says, CURVE, path, cls=kind, blocks=blocks, limit=line)
    high = 18 if number <= 4 else 12 if number <= 8 else 8
    near = limit is not None and 0 < limit <= number + 1  # room for the line of the limit
    top = max(number, limit if limit and near else 0, 1)
    floor = top * high + 3
    return Row(
        kind='lanes',
        label=node,
        note=note,
        says=says,
        height=floor + (STRIP if quiet else 0),
        blocks=blocks,
        bars=bars.bars(placed, limit, scale, floor, high),
        strips=bars.strips(quiet, scale, floor + 1, STRIP - 2),
        limit=Limit(floor - limit * high - 1, 'limit %s' % limit) if limit and near and work else None,
    )


def _dead(panel: Panel, node: str, scale: Scale) -> list[Block]:
    fenced = panel.fenced.get(node)
    if fenced is None:
        return [Block(0, scale.percent(scale.end), 'lost', 'dead')] if node in panel.lost else []
    until = scale.percent(fenced)
    return [Block(0, until, 'lost', 'dead'), Block(until, 100 - until, 'off', 'fenced')]


def _note(panel: Panel, node: str, work: Sequence[Action]) -> str:
    if not work:
        return 'dies'
    most, limit = panel.per_node.get(node, 0), panel.limits.get(node)
    if not most:
        return 'no start'
    return '%d at most' % most + (', limit %s' % limit if limit else ', no limit')


def _says(note: str, work: Sequence[Action], fenced: float | None) -> str:
    parts = [note]
    if work:
        parts.append(count(len(work), 'operation'))
    if fenced:
        parts.append('fenced after ' + words(fenced))
    return ', '.join(parts)


def _curve(panel: Panel, node: str, work: Sequence[Action], scale: Scale) -> tuple[str, str, Limit | None]:
    """(what it shows, its path, the line of the limit) of a node with more at once than there is room for bars."""
    booting, limit = boots(panel.actions, node), panel.limits.get(node)
    curve: Curve = overlaps(booting or [(begin(action), up(action)) for action in work])
    most = max([number for _at, number in curve] + [limit or 0, 1])
    line = Limit(round(CURVE - CURVE * 0.92 * limit / most, 1), 'limit %s' % limit) if limit else None
    return 'start' if booting else 'stop', scale.path(curve, most), line

#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of docs/agent.md between their marks, made from its metadata and from the table that it follows.

usage: tests/generate_agent_docs.py        tests/unit/plugins/module_utils/_declaration/test_agent.py fails when the page is stale
"""

from __future__ import annotations

import pathlib
import re
import sys
import xml.etree.ElementTree as ET

from generate_agent_metadata import metadata

FILES = pathlib.Path(__file__).resolve().parents[1] / 'files'
PAGE = pathlib.Path(__file__).resolve().parents[1] / 'docs' / 'agent.md'


def cell(text):
    return (text or '').replace('|', '\\|')


def parameters(root):
    lines = ['| parameter | type | default | reloadable | |', '|---|---|---|---|---|']
    for parameter in root.iter('parameter'):
        content = parameter.find('content')
        default = (
            'required'
            if parameter.get('required') == '1'
            else '`%s`' % content.get('default')
            if content.get('default')
            else ''
        )
        lines.append(
            '| `%s` | %s | %s | %s | %s |'
            % (
                parameter.get('name'),
                content.get('type'),
                default,
                'yes' if parameter.get('reloadable') == '1' else 'no',
                cell(parameter.findtext('longdesc')),
            )
        )
    return lines


def actions(root):
    lines = ['| action | timeout | interval | OCF_CHECK_LEVEL |', '|---|---|---|---|']
    for action in root.findall('actions/action'):
        lines.append(
            '| `%s` | %s | %s | %s |'
            % tuple(cell(action.get(name)) for name in ('name', 'timeout', 'interval', 'depth'))
        )
    return lines


# Before the table is looked at.
FIRST = (
    ('a bad `veid`, `engine` or `lxc_path`', '6', '6', '0, with the reason'),
    ('a bad value of another parameter', 'as with its default', '6', 'as with its default'),
)
# What a step of the table comes to, by its column.
STEPS = {
    ('monitor', 'inspect'): '0',
    ('monitor', 'again'): 'asks again for up to half its time, then 1',
    ('start', 'launch'): 'starts it, 0',
    ('start', 'ready'): 'waits until ready, 0',
    ('start', 'wake'): 'wakes it, 0',
    ('start', 'await'): 'waits for a lasting state',
    ('stop', 'halt'): 'stops it, 0',
    ('stop', 'thaw'): 'wakes it and stops it, 0',
    ('stop', 'settle'): 'waits; by force at the end of the grace',
    ('stop', 'unmount'): 'unmounts, 0',
    ('stop', 'yield'): 'waits until the lock is gone, else 1',
}
# Where a row has its own words.
TRIES = 'tries, by force and by the last resort; 0 only if it is down then'
CELLS = {
    ('proved', 'monitor'): '0 with a warning; at level 10 the command inside decides',
    ('proved', 'start'): '0, without waiting',
    ('proved', 'stop'): TRIES,
    ('doubt', 'stop'): TRIES,
    ('bare', 'monitor'): '0, at level 10 too',
    ('bare', 'start'): '0, without waiting',
    ('bare', 'stop'): TRIES,
    ('mounting', 'start'): 'waits for the lock, starts it, 0',
    ('mounting', 'stop'): 'waits for the lock, unmounts, 0',
    ('held', 'start'): 'waits for the lock, starts it, 0',
    ('suspended', 'start'): 'by `on_dump`',
    ('suspended', 'stop'): '0; the dump stays',
}


def states():
    """The table that the agent follows, in words."""
    sys.path.insert(0, str(FILES))
    from manageve.table import MEANING, TABLE

    def words(state, column):
        step = TABLE[state][column]
        return CELLS.get((state, column)) or (str(step) if isinstance(step, int) else STEPS[column, step])

    rows = [list(row) for row in FIRST]
    for state, cells in TABLE.items():
        monitor = words(state, 'monitor')
        if isinstance(cells['probe'], int) and cells['probe'] != cells['monitor']:
            monitor = 'probe %d, later %s' % (cells['probe'], monitor)
        rows.append([MEANING[state], monitor, words(state, 'start'), words(state, 'stop')])
    return ['| the container | monitor | start | stop |', '|---|---|---|---|'] + [
        '| %s |' % ' | '.join(row) for row in rows
    ]


def generate(page, xml):
    """The page with its tables renewed."""
    root = ET.fromstring(xml)
    for name, lines in (('parameters', parameters(root)), ('actions', actions(root)), ('states', states())):
        page, found = re.subn(
            r'(<!-- %s:.*? -->\n).*?(<!-- end -->)' % name,
            lambda m, lines=lines: '%s%s\n%s' % (m.group(1), '\n'.join(lines), m.group(2)),
            page,
            flags=re.DOTALL,
        )
        if found != 1:
            raise SystemExit('docs/agent.md has %d places for the %s' % (found, name))
    return page


if __name__ == '__main__':
    PAGE.write_text(generate(PAGE.read_text(), metadata()))

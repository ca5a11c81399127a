#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of docs/agent.md between their marks, made from its metadata.

usage: tests/generate_agent_docs.py        tests/unit/plugins/module_utils/_declaration/test_agent.py fails when the page is stale
"""

from __future__ import annotations

import pathlib
import re
import xml.etree.ElementTree as ET

from generate_agent_metadata import metadata

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


def generate(page, xml):
    """The page with its tables renewed."""
    root = ET.fromstring(xml)
    for name, lines in (('parameters', parameters(root)), ('actions', actions(root))):
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

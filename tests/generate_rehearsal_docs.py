#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the documentation of the rehearsal takes from the code: the tables of the rules and of the guests in docs/rehearsal.md, and the samples
in RETURN of ve_rehearsal, which are what the module returns of the cluster in tests/unit/data/rehearsal.xml.

usage: tests/generate_rehearsal_docs.py        tests/unit/plugins/modules/test_ve_rehearsal.py fails when one of them is stale
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / 'tests' / 'unit'))
import conftest  # makes the collection importable

# isort: split
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guest_agents
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_rehearsal
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS

PAGE = CHECKOUT / 'docs' / 'rehearsal.md'
MODULE = CHECKOUT / 'plugins' / 'modules' / 've_rehearsal.py'
CIB = CHECKOUT / 'tests' / 'unit' / 'data' / 'rehearsal.xml'

ASKED = {
    'scenarios': ['lose n1', 'drain n2'],
    'assert': {'peak_per_node': 3, 'recovery': '130s'},
    'durations': {'ve-105': {'start': '45s'}, 've-103': {'stop': '12s'}},
    'ves': [{'id': 102, 'boot_time': '90s'}],
}
# These differ from machine to machine.
NOT_WRITTEN = ('pacemaker',)


def table():
    """The rules, as docs/rehearsal.md shows them."""
    lines = ['| rule | finds | is | what to do |', '|---|---|---|---|']
    for rule in rules.ALL:
        cells = ('`%s`' % rule.id, ', '.join(rule.levels), rule.explanation, rule.mend)
        lines.append('| %s |' % ' | '.join(cell.replace('|', '\\|') for cell in cells))
    return lines


def page(text):
    """The page with its tables renewed."""
    for name, lines in (('rules', table()), ('guests', guest_agents.table())):
        text, found = re.subn(
            r'(<!-- %s:.*? -->\n).*?(<!-- end -->)' % name,
            lambda match, lines=lines: '%s%s\n%s' % (match.group(1), '\n'.join(lines), match.group(2)),
            text,
            flags=re.DOTALL,
        )
        if found != 1:
            raise SystemExit('docs/rehearsal.md has %d places for the %s' % (found, name))
    return text


def rehearsed():
    """What the module returns, or fails with."""
    arguments = {name: spec.get('default') for name, spec in FIELDS.items()}
    arguments.update(ASKED, cib=str(CIB), policy=None)
    try:
        return ve_rehearsal.run(run, arguments, False)
    except Error as error:
        return error.details


def samples():
    """{name: value} of what is shown: of the other limits only those of now, the next, and the recommended one."""
    result = rehearsed()
    advice = result['advice']
    shown = advice[:2] + [row for row in advice[2:] if row['recommended']]
    return {name: value for name, value in dict(result, advice=shown).items() if name not in NOT_WRITTEN}


def module(text, values):
    """The module with the samples in RETURN renewed."""
    head, returned = text.split("RETURN = r'''\n")
    returned, tail = returned.split("'''\n", 1)
    parts = re.split(r'^(?=\w+:$)', returned, flags=re.MULTILINE)
    return "%sRETURN = r'''\n%s'''\n%s" % (head, ''.join(_renewed(part, values) for part in parts), tail)


def _renewed(part, values):
    name = part.partition(':')[0]
    if name not in values:
        return part
    kept, found, _old = part.partition('\n  sample:')
    if not found:
        raise SystemExit('RETURN has no sample of %s' % name)
    return '%s\n%s' % (kept, sample(values[name]))


class _Indented(yaml.SafeDumper):
    """Lists stand further in than their names."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def represent_list(self, data):
        """Sentences have a line each."""
        sentences = any(isinstance(item, str) and len(item) > 40 for item in data)
        return self.represent_sequence('tag:yaml.org,2002:seq', data, False if sentences else None)


_Indented.add_representer(list, _Indented.represent_list)


def sample(value):
    """In as few lines as can be read."""
    # The name beside it keeps a mapping of plain values from being written in one line with its own name.
    both = {'sample': value, 'end': [[]]}
    text = yaml.dump(both, None, _Indented, sort_keys=False, default_flow_style=None, width=140, allow_unicode=True)
    return ''.join('  %s\n' % line for line in text.partition('\nend:')[0].splitlines())


def run(argv, stdin=None, environment=None):
    done = subprocess.run(
        argv,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin', LC_ALL='C', **(environment or {})),
    )
    return done.returncode, done.stdout, done.stderr


if __name__ == '__main__':
    assert conftest
    PAGE.write_text(page(PAGE.read_text()))
    MODULE.write_text(module(MODULE.read_text(), samples()))

#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the rules of the audit into docs/audit.md, from their tables, each with the examples that are its tests.

usage: tests/generate_audit_docs.py        tests/unit/plugins/module_utils/_audit/test_examples.py fails when the page is stale
"""

from __future__ import annotations

import pathlib
import re
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / 'tests' / 'unit'))
import conftest  # makes the collection importable

# isort: split
import audit_examples

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import rules

PAGE = CHECKOUT / 'docs' / 'audit.md'


def rows():
    """The rules, as the page shows them."""
    for rule in rules.ALL:
        yield from (
            '### %s' % rule.id,
            '**%s**: %s.' % (rule.severity, rule.explanation),
            '',
            rule.why,
            '',
            'Do: %s' % rule.mend,
            '',
        )
        if rule.needs:
            yield from ('It looks at %s, so not in a CIB from a file.' % rule.needs, '')
        for what, example in zip(('Found in', 'Not in'), audit_examples.EXAMPLES.get(rule.id, ())):
            yield from ('%s:' % what, '```xml', *shown(example), '```', '')
    yield from (
        '### Not looked at yet',
        'These are in `not_checked` of every result.',
        '',
        '| rule | why |',
        '|---|---|',
    )
    for rule, why in rules.NOT_LOOKED_AT.items():
        yield '| `%s` | %s |' % (rule, why)


def shown(example):
    """An example in lines, without what is in every cluster."""
    for section, content in example.items():
        if isinstance(content, dict):
            for name, value in content.items():
                yield '<!-- %s --> <nvpair name="%s" value="%s"/>' % (section, name, value)
        else:
            yield '<!-- %s -->' % section
            yield from content.replace('><', '>\n<').splitlines() if section == 'status' else content.splitlines()


def page(text):
    """The page with its rules renewed."""
    text, found = re.subn(
        r'(<!-- rules:.*? -->\n).*?(<!-- end -->)',
        lambda match: '%s%s\n%s' % (match.group(1), '\n'.join(rows()), match.group(2)),
        text,
        flags=re.DOTALL,
    )
    if found != 1:
        raise SystemExit('docs/audit.md has %d places for the rules' % found)
    return text


if __name__ == '__main__':
    assert conftest
    PAGE.write_text(page(PAGE.read_text()))

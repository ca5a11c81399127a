# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions are boolean: from ansible-core 2.19 on a task fails whose condition is a number or a text."""

from __future__ import annotations

import pathlib
from typing import Any, Iterator

import jinja2
import pytest
import yaml
from jinja2 import nodes

ROOT = pathlib.Path(__file__).parents[3]
FILES = sorted(
    path
    for directory in ('roles', 'playbooks', 'tests/lab', 'tests/node', 'molecule')
    for path in (ROOT / directory).rglob('*.yml')
    if '.cache' not in path.parts
)
KEYS = ('when', 'until', 'failed_when', 'changed_when', 'that', 'break_when')
# those that give no boolean whatever they are given
OTHERS = (
    'int',
    'float',
    'length',
    'count',
    'string',
    'trim',
    'list',
    'join',
    'first',
    'last',
    'from_json',
    'sum',
    'intersect',
    'difference',
)


def conditions(document: Any) -> Iterator[str]:
    if isinstance(document, list):
        for item in document:
            yield from conditions(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            if key in KEYS:
                yield from (str(each) for each in (value if isinstance(value, list) else [value]))
            else:
                yield from conditions(value)


def boolean(expression: nodes.Node) -> bool:
    """Whether it can be one: what a variable or a filter of ours holds is not known here."""
    if isinstance(expression, (nodes.And, nodes.Or)):
        return boolean(expression.left) and boolean(expression.right)
    if isinstance(expression, nodes.Filter):
        return expression.name not in OTHERS
    if isinstance(expression, nodes.Const):
        return isinstance(expression.value, bool)
    return not isinstance(expression, (nodes.Add, nodes.Sub, nodes.List, nodes.Dict, nodes.Concat, nodes.Literal))


def read(condition: str) -> nodes.Node:
    """Of Ansible's names of tests and filters none is known to a bare Jinja; it parses them all the same."""
    template = jinja2.Environment().parse('{{ %s }}' % condition)
    return template.body[0].nodes[0]


@pytest.mark.parametrize(
    'condition, good',
    [
        ('a | int', False),
        ('b and a | int', False),
        ('a.stdout | length', False),
        ('a | int > 0', True),
        ("a.stdout != ''", True),
        ('a | default(false)', True),
        ('not a | length', True),
    ],
)
def test_it_tells_them_apart(condition: str, good: bool) -> None:
    assert boolean(read(condition)) == good


def test_every_condition_is_boolean() -> None:
    loader = type('Loader', (yaml.SafeLoader,), {})
    loader.add_multi_constructor('!', lambda *_: None)
    found = [
        (str(path.relative_to(ROOT)), condition)
        for path in FILES
        for document in yaml.load_all(path.read_text(encoding='utf-8'), loader)
        for condition in conditions(document)
    ]
    assert len(found) > 50
    assert not [(path, condition) for path, condition in found if not boolean(read(condition))]

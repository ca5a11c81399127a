# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of roles and playbooks: of one role with the role's name before them, what is shared with openve_, and none without."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict

import jinja2
import jinja2.meta
import pytest
import source
import yaml

ROLES = sorted(path.name for path in (source.ROOT / 'roles').iterdir())
# What Ansible itself gives; registered and set names have the role's or the playbook's name before them too
ANSIBLE = {'inventory_hostname', 'hostvars', 'groups', 'omit', 'item', 'role_path', 'lookup', 'query', 'playbook_dir'}
NAMED = re.compile(r'(openve|ansible|%s|audit|drain|rehearse|restore|rolling)_' % '|'.join(ROLES))


class Every(Dict[str, Any]):
    """Filters or tests: whatever a template asks for, as nothing is rendered."""

    def get(self, name: str, default: Any = None) -> Any:
        return str


def environment() -> jinja2.Environment:
    made = jinja2.Environment()  # noqa: S701 - nothing is rendered
    made.filters, made.tests = Every(), Every()
    return made


def expressions(value, key=''):
    """Every template and condition in a YAML document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from expressions(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner, key)
    elif isinstance(value, str):
        if '{{' in value or '{%' in value:
            yield value
        elif key in ('when', 'until', 'that', 'failed_when', 'changed_when'):
            yield '{{ %s }}' % value


def used(path: Path):
    """The variables that a file reads."""
    text = path.read_text()
    templates = [text] if path.suffix == '.j2' else expressions(yaml.safe_load(text))
    return set().union(*(jinja2.meta.find_undeclared_variables(environment().parse(each)) for each in templates))


@pytest.mark.parametrize(
    'path',
    [
        path
        for place in ('roles', 'playbooks')
        for path in sorted((source.ROOT / place).glob('**/*'))
        if path.suffix in ('.yml', '.j2')
    ],
    ids=lambda path: str(path.relative_to(source.ROOT)),
)
def test_every_variable_has_a_prefix(path):
    if path.name == 'argument_specs.yml':
        names = set(yaml.safe_load(path.read_text())['argument_specs']['main']['options'])
    else:
        names = used(path)
        if path.parent.name in ('defaults', 'vars'):
            names |= set(yaml.safe_load(path.read_text()))
    assert [name for name in sorted(names - ANSIBLE) if not NAMED.match(name)] == []


@pytest.mark.parametrize('role', ROLES)
def test_a_role_reads_only_its_own_variables_and_the_shared_ones(role):
    for path in sorted((source.ROOT / 'roles' / role).glob('**/*')):
        if path.suffix in ('.yml', '.j2') and path.parent.name != 'meta':
            others = [name for name in used(path) - ANSIBLE if not re.match(r'(openve|ansible|%s)_' % role, name)]
            assert others == [], path

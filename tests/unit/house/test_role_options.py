# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module knows the role or playbook around it passes on, and what a role takes stands in its specification, defaults and README."""

from __future__ import annotations

import pytest
import source
import yaml

# (file with the task, module, options that are decided there and why)
PASSED = [
    ('roles/resources/tasks/configure.yml', 've_resources', {}),
    ('roles/stagger/tasks/go.yml', 've_stagger', {'_request': 'is between it and its action plugin'}),
    ('roles/agent/tasks/main.yml', 've_host', {}),
    ('roles/agent/tasks/main.yml', 've_agent', {}),
    ('roles/cluster/tasks/start.yml', 'cluster_settings', {}),
    ('playbooks/audit.yml', 've_audit', {'show': 'a playbook that shows nothing is a task with the module'}),
    ('playbooks/rehearse.yml', 've_rehearsal', {'show': 'a playbook that shows nothing is a task with the module'}),
]
ROLES = sorted(path.name for path in (source.ROOT / 'roles').iterdir())


def tasks(found):
    """Every task of a file, in blocks too."""
    for each in found if isinstance(found, list) else []:
        yield each
        for inner in ('block', 'always', 'rescue', 'tasks'):
            yield from tasks(each.get(inner))


def load(path):
    return yaml.safe_load((source.ROOT / path).read_text())


@pytest.mark.parametrize('path, module, decided', PASSED, ids=lambda value: value if isinstance(value, str) else '')
def test_all_that_a_module_knows_can_be_said(path, module, decided):
    name = 'openve.pacemaker.' + module
    given = set().union(*(each[name] or {} for each in tasks(load(path)) if name in each))
    assert given and source.options(module) - given == set(decided)


@pytest.mark.parametrize('role', ROLES)
def test_what_a_role_takes_is_documented_with_its_default(role):
    spec = load('roles/%s/meta/argument_specs.yml' % role)['argument_specs']['main']['options']
    defaults_file = source.ROOT / 'roles' / role / 'defaults/main.yml'
    defaults = yaml.safe_load(defaults_file.read_text()) if defaults_file.exists() else {}
    assert set(defaults) <= set(spec)
    # a value that is computed is in the description
    fixed = {name: value for name, value in defaults.items() if value is not None and '{{' not in str(value)}
    assert fixed == {name: option['default'] for name, option in spec.items() if 'default' in option}
    readme = (source.ROOT / 'roles' / role / 'README.md').read_text()
    assert [name for name in spec if '`%s`' % name not in readme] == []


def test_no_default_of_a_role_is_a_variable_that_roles_share():
    """Defaults of a role hold for the roles and tasks after it: an empty list there would be the list of all of them."""
    for path in source.ROOT.glob('roles/*/defaults/main.yml'):
        assert [name for name in yaml.safe_load(path.read_text()) if name in ('openve_ves', 'openve_policy')] == [], (
            path
        )

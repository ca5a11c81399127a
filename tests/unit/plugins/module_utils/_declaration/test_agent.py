# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent and the collection must agree on, what is generated from the agent, and the agent's own names."""

from __future__ import annotations

import importlib
import pathlib
import sys

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import agent

ROOT = pathlib.Path(__file__).resolve().parents[5]
sys.path.insert(0, str(ROOT / 'tests'))

import generate_agent_build  # noqa: E402
import generate_agent_docs  # noqa: E402
import generate_agent_metadata  # noqa: E402


def test_the_agents_numbers_are_not_stale():
    written = (ROOT / 'plugins' / 'module_utils' / '_declaration' / 'agent.py').read_text()
    assert written == generate_agent_metadata.generate(), 'renew it: tests/generate_agent_metadata.py'


def test_the_agents_page_is_not_stale():
    page = generate_agent_docs.PAGE.read_text()
    wanted = generate_agent_docs.generate(page, generate_agent_metadata.metadata())
    assert page == wanted, 'renew it: tests/generate_agent_docs.py'


def test_the_library_is_named_by_what_is_in_it():
    """Else an upgrade would write into a library that monitors are reading."""
    for path, text in generate_agent_build.generate().items():
        assert path.read_text() == text, 'renew it: tests/generate_agent_build.py'


@pytest.mark.parametrize('change', ['a file changes', 'a file more', 'a file less', 'the version'])
def test_whatever_changes_in_the_library_changes_its_name(change, tmp_path, monkeypatch):
    library = tmp_path / 'manageve'
    library.mkdir()
    for path in generate_agent_build.LIBRARY.glob('*.py'):
        (library / path.name).write_text(path.read_text())
    monkeypatch.setattr(generate_agent_build, 'LIBRARY', library)
    launcher = generate_agent_build.LAUNCHER
    assert generate_agent_build.generate()[launcher] == launcher.read_text()
    if change == 'a file changes':
        (library / 'text.py').write_text((library / 'text.py').read_text() + '\n')
    elif change == 'a file more':
        (library / 'xen.py').write_text('')
    elif change == 'a file less':
        (library / 'text.py').unlink()
    else:
        path = library / '__init__.py'
        path.write_text(path.read_text().replace('VERSION = "1.', 'VERSION = "2.'))
    assert generate_agent_build.generate()[launcher] != launcher.read_text()


@pytest.mark.parametrize('name, ours', [('RESERVE', agent.RESERVE), ('FORCED', agent.FORCED)])
@pytest.mark.parametrize('seconds', [1, 5, 10, 20, 33, 60, 150, 180, 600, 3600])
def test_the_parts_of_a_timeout_are_the_agents(name, ours, seconds):
    theirs = getattr(importlib.import_module('manageve.deadline'), name).of(seconds)
    most = float('inf') if ours.most is None else ours.most
    assert min(max(seconds * ours.percent / 100, ours.least), most, seconds * ours.limit / 100) == pytest.approx(theirs)


def test_the_agent_takes_its_own_defaults_and_choices():
    parameters = {p.name: p for p in importlib.import_module('manageve.parameters').PARAMETERS}
    for name, default in agent.DEFAULTS.items():
        assert parameters[name].parse(default) is not None
        assert name not in agent.CHOICES or default in agent.CHOICES[name]
    assert set(agent.CHOICES) | set(agent.TIMES) | set(agent.DEFAULTS) <= set(agent.PARAMETERS)
    assert [parameters[name].parse('2min') for name in agent.TIMES] == [120.0] * len(agent.TIMES)


def test_every_engine_of_the_table_can_be_loaded():
    engines = importlib.import_module('manageve.engines').ENGINES
    base = importlib.import_module('manageve.engine').Engine
    assert agent.CHOICES['engine'] == tuple(engines)
    assert all(issubclass(row.load(), base) for row in engines.values())

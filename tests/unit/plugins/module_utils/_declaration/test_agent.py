# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated from the agent's metadata says what the agent says."""

from __future__ import annotations

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[5]
sys.path.insert(0, str(ROOT / 'tests'))

import generate_agent_docs  # noqa: E402
import generate_agent_metadata  # noqa: E402


def test_the_agents_numbers_are_not_stale():
    written = (ROOT / 'plugins' / 'module_utils' / '_declaration' / 'agent.py').read_text()
    assert written == generate_agent_metadata.generate(generate_agent_metadata.metadata()), (
        'renew it: python3 tests/generate_agent_metadata.py > plugins/module_utils/_declaration/agent.py'
    )


def test_the_agents_page_is_not_stale():
    page = generate_agent_docs.PAGE.read_text()
    assert page == generate_agent_docs.generate(page, generate_agent_metadata.metadata()), (
        'renew it: python3 tests/generate_agent_docs.py'
    )

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_agents_numbers_are_not_stale():
    spec = importlib.util.spec_from_file_location('generator', ROOT / 'tests' / 'generate_agent_metadata.py')
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = (ROOT / 'plugins' / 'module_utils' / 'agent_metadata.py').read_text()
    assert written == generator.generate(generator.metadata()), (
        'renew it: python3 tests/generate_agent_metadata.py > plugins/module_utils/agent_metadata.py')

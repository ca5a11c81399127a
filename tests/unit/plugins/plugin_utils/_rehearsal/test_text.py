# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal says what the page says."""

from __future__ import annotations

import re

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words

from shown import text


def test_the_terminal_says_the_same(result):
    lines = text(result)
    for scenario in result['scenarios']:
        line = next(
            line for line in lines if re.search(r'^  (broken|watch|fine) +%s  ' % re.escape(scenario['name']), line)
        )
        cells = re.split(r' {2,}', line.strip())
        most = max(scenario['peak']['per_node'].values())
        assert cells[2] == words(scenario['last_up']) and cells[3].split()[0] == (str(most) if most else '-')
        assert cells[4:] == [
            str(len(scenario['downtime'])),
            words(max(scenario['downtime'].values(), default=None)),
            str(len(scenario['healthy_down'])),
            '0',
        ]
    for one in result['advice'] or []:
        assert any(
            line.split()[0] == str(one['starts_per_node']) and words(one['recovery']) in line
            for line in lines
            if line.strip()
        )
    assert max(len(line) for line in lines) < 400

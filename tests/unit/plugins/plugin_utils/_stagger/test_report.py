# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import types

import pytest

from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import report


@pytest.mark.parametrize(
    'state, limit, verdicts, said',
    [
        ('started', 2, ['true', 'true'], ['the limit is in force on n1, n2']),
        ('started', 2, ['true', 'unknown'], ['whether the limit is in force is not known for n2']),
        ('started', 2, [], []),
        ('started', None, ['true', 'true'], []),
        ('stopped', 2, ['true', 'true'], []),
    ],
)
def test_what_is_said_of_the_limit_before_the_run(state, limit, verdicts, said):
    plan = types.SimpleNamespace(
        rows=[None] * 3,
        names=['a', 'b', 'c'],
        per_node=2,
        total=0,
        expected=60,
        why_batches=None,
        limit=limit,
        limits=[{'node': 'n%d' % number, 'in_force': verdict} for number, verdict in enumerate(verdicts, 1)],
        unmanaged=[],
        stopped_by_hand=[],
        standby_by_hand=[],
        drained={},
        blocked={},
        lost=[],
    )
    assert report.preface(plan, types.SimpleNamespace(state=state))[1:] == said

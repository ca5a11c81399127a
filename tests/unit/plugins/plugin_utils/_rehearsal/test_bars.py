# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations in lanes."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.bars import lanes

from rehearsal_sample import Sample, peak


@pytest.mark.parametrize('seed', range(20))
def test_lanes_are_as_many_as_run_at_once(seed):
    sample = Sample(2, 40, limit=None if seed % 2 else 3, seed=seed)
    actions = [one for one in sample.boot()['actions'] if one['operation'] == 'start' and one['node'] == 'n1']
    placed, number = lanes(actions)
    assert number == peak(actions) and {one['resource'] for _lane, one in placed} == {
        one['resource'] for one in actions
    }
    for lane in range(number):
        mine = sorted((one['begin'], one['end']) for at, one in placed if at == lane)
        assert mine and all(a[1] <= b[0] for a, b in zip(mine, mine[1:]))

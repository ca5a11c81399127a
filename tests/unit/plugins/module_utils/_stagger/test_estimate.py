# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a run is expected to take."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import estimate


@pytest.mark.parametrize(
    'jobs, per_node, total, end',
    [
        ([], 2, 0, 0),
        ([('a', 5)] * 4, 2, 0, 10),
        ([('a', 6), ('a', 25), ('a', 3)], 2, 0, 25),
        ([('a', 5), ('b', 5)], 1, 1, 10),
        ([('a', 5)] * 3, 0, 0, 5),
        ([('a', 5), ('b', 3), ('a', 1)], 1, 0, 6),
    ],
)
def test_schedule(jobs, per_node, total, end):
    assert estimate.schedule(jobs, per_node, total) == end

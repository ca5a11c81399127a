# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared VEs without those that are not in the cluster yet."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.filter.ves_without import ves_without

DB = {'id': 101, 'name': 'db', 'start_order': 10}


@pytest.mark.parametrize(
    'ves, names, left',
    [
        ([DB, {'id': 102}], [], [DB, {'id': 102}]),
        ([DB, {'id': 102}], ['ve-102'], [DB]),
        ([DB, {'id': 102}], ['db', 've-102'], []),
        # one that is to go is no VE of ve_timeouts, and shifts nothing
        ([{'id': 100, 'state': 'absent'}, DB, {'id': '0102'}], ['ve-102'], [{'id': 100, 'state': 'absent'}, DB]),
        ([dict(DB, after=['ve-102', 've-103'], apart=['ve-102'])], ['ve-102'], [dict(DB, after=['ve-103'], apart=[])]),
        ([dict(DB, after=None)], ['ve-102'], [dict(DB, after=[])]),
    ],
)
def test_they_and_what_is_said_of_them_are_left_out(ves, names, left):
    assert ves_without(ves, names) == left

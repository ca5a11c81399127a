# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peaks and waits of steps."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.figures import figures
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.steps import Step


def start(name, node, begin, end, waited=0.0, later=0.0):
    return Step(name, 'start', node, begin, waited, end, True, 1, None, 180.0, later)


def test_a_start_that_begins_as_another_ends_is_not_at_once():
    reached = figures([start('a', 'n1', 0, 10), start('b', 'n1', 10, 20), start('c', 'n2', 5, 15)])
    assert (reached.per_node, reached.total, reached.last_up) == ({'n1': 1, 'n2': 1}, 2, 20)


def test_what_waits_inside_the_agent_does_not_boot_yet():
    reached = figures([start('a', 'n1', 0, 10), start('b', 'n1', 0, 30, waited=10.0, later=10.0)])
    assert (reached.per_node, reached.longest_wait, reached.reaction) == ({'n1': 1}, 10, 30)


def test_others_take_time_and_do_not_boot():
    other = Step('address', 'start', 'n1', 0, 0.0, 40, False, 1, None, 20.0, 0.0)
    reached = figures([other])
    assert (reached.per_node, reached.total, reached.last_up, reached.reaction) == ({}, 0, None, 40)

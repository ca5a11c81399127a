# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts


@pytest.mark.parametrize('timeout, expected', [(1, 0.5), (4, 1), (20, 1), (150, 7.5), (200, 10), (9000, 10)])
def test_reserve_is_5_percent_from_1_to_10_seconds_and_at_most_half(timeout, expected):
    assert timeouts.reserve(timeout * 1000) == expected * 1000


@pytest.mark.parametrize('timeout, expected', [(6, 3), (10, 5), (30, 5), (150, 22.5), (1000, 150)])
def test_forced_stop_has_15_percent_at_least_5_seconds_and_at_most_half(timeout, expected):
    assert timeouts.forced(timeout * 1000) == expected * 1000


def test_the_default_grace_fits_exactly_into_the_advertised_timeout():
    assert timeouts.stop_timeout(120000).value == 150000


@pytest.mark.parametrize('grace', [0, 1, 1500, 30000, 119999, 120000, 120001, 121000, 300000, 3600000])
def test_the_whole_grace_fits_into_the_stop_timeout_and_no_second_is_wasted(grace):
    def room(timeout):
        return timeout - timeouts.reserve(timeout) - timeouts.forced(timeout)

    value = timeouts.stop_timeout(grace).value
    assert value >= 150000 and value % 1000 == 0
    assert room(value) >= grace
    assert value == 150000 or room(value - 1000) < grace


@pytest.mark.parametrize(
    'boot, settle, ready, expected',
    [
        (60000, 0, 0, 180000),  # 150 s and a reserve: below what the agent advertises
        (120000, 0, 0, 280000),  # 2 x 120 + 30, and 10 s reserve
        (60000, 60000, 0, 280000),  # the pause after ready holds the slot as well
        (60000, 0, 120000, 280000),  # a start that waits longer for ready is a longer start
    ],
)
def test_start_timeout(boot, settle, ready, expected):
    derived = timeouts.start_timeout(boot, settle, ready)
    assert derived.value == expected
    assert '2 x (boot_time + settle) + margin' in derived.formula
    assert derived.inputs['advertised'] == '180s'


def test_the_deep_monitors_interval_differs_from_the_plain_ones():
    assert timeouts.deep_monitor_interval(10000).value == 60000
    assert timeouts.deep_monitor_interval(60000).value == 120000
    assert timeouts.deep_monitor_timeout(90000).value == 90000
    assert timeouts.deep_monitor_timeout(30000).value == 60000


def test_shutdown_escalation_counts_rounds():
    # 40 VEs, two at once, 60 s each: exactly the 20 minutes that are too short
    assert timeouts.shutdown_escalation(40, 2, 60000).value == 20 * 60000 + 120000
    assert timeouts.shutdown_escalation(41, 2, 60000).value == 21 * 60000 + 120000
    assert timeouts.shutdown_escalation(0, 2, 60000).value == 120000


@pytest.mark.parametrize(
    'preferences, nodes, expected',
    [
        ([[]] * 12, [], 12),  # no node known: they may all be on one
        ([[]] * 12, ['n1'], 12),
        ([[]] * 12, ['n1', 'n2'], 12),
        ([[]] * 12, ['n1', 'n2', 'n3'], 6),
        ([[]] * 13, ['n1', 'n2', 'n3'], 7),
        ([['n1']] * 12, ['n1', 'n2', 'n3'], 12),
        ([['n1', 'n2']] * 4 + [['n2', 'n1']] * 4 + [['n3', 'n2']] * 4, ['n1', 'n2', 'n3'], 8),
        ([['n1']] * 4 + [[]] * 8, ['n1', 'n2', 'n3'], 8),  # n2 lost: n1 has its four and half of the eight
        ([['elsewhere']] * 4, ['n1', 'n2', 'n3'], 2),
    ],
)
def test_most_ves_on_a_node_after_another_was_lost(preferences, nodes, expected):
    assert timeouts.most_on_a_node(preferences, nodes) == expected

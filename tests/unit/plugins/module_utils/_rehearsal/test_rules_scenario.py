# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about one scenario."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from rehearsed import many, starts, verdict


def test_drain(rehearse):
    _result, scenarios = rehearse(many(12), scenarios=['drain n1'], times={'stop': '100s'})
    scenario = scenarios['drain n1']
    # the fencing device is stopped, too, in a second; then two VEs at once
    assert [row['end'] for row in scenario['actions'] if row['operation'] == 'stop'] == [1, 100, 101, 200, 201]
    # shutdown-escalation is what ve_resources set
    row = verdict(scenario, 'shutdown-escalation')
    assert (row['level'], row['numbers']['stops'], row['numbers']['count'], row['numbers']['worst']) == (
        'ok',
        201,
        5,
        450,
    )
    assert not scenario['healthy_down'] and set(scenario['downtime'].values()) == {160}


def test_shutdown_escalation_too_short(rehearse):
    def short(root):
        attributes.set_property(root, 'shutdown-escalation', '3min')

    _result, scenarios = rehearse(many(12), scenarios=['drain n1'], times={'stop': '60s'}, change=short)
    assert verdict(scenarios['drain n1'], 'shutdown-escalation')['level'] == 'warning', '121 s now, 450 s at worst'
    _result, scenarios = rehearse(up=False, scenarios=['drain n1'], times={'stop': '100s'})
    row = verdict(scenarios['drain n1'], 'shutdown-escalation')
    assert row['level'] == 'broken' and (row['numbers']['stops'], row['numbers']['escalation']) == (201, 180)


@pytest.mark.parametrize('failback,moved', [(False, 0), (True, 2)])
def test_return_and_failback(rehearse, failback, moved):
    _result, scenarios = rehearse(many(2, prefer=['n1']), {'failback': failback}, scenarios=['return n1'])
    scenario = scenarios['return n1']
    assert len(scenario['healthy_down']) == moved == len(starts(scenario))
    assert verdict(scenario, 'failback')['level'] == ('warning' if moved else 'ok')
    if moved:
        assert all(node == 'n1' for _name, node, _begin, _end in starts(scenario))
        assert all(seconds > 60 for seconds in scenario['downtime'].values())


def test_start_timeouts(rehearse):
    _result, scenarios = rehearse(
        many(6),
        scenarios=['lose n1'],
        durations={
            've-101': {'start': '100s'},
            've-102': {'start': '100s'},
            've-103': {'start': '100s'},
            've-104': {'start': '100s'},
            've-105': {'start': '100s'},
            've-106': {'start': '100s'},
        },
    )
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'ok' or row['numbers']['longest'] == 200 > row['numbers']['timeout'] == 180
    _result, scenarios = rehearse(up=False, scenarios=['lose n1'], times={'start': '200s'})
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'broken' and (row['numbers']['start'], row['numbers']['timeout']) == (200, 180)


def test_a_start_that_may_have_to_wait(rehearse):
    _result, scenarios = rehearse(many(12), scenarios=['lose n1'], times={'start': '100s'})
    row = verdict(scenarios['lose n1'], 'start-timeout')
    assert row['level'] == 'warning' and (
        row['numbers']['start'],
        row['numbers']['longest'],
        row['numbers']['timeout'],
    ) == (100, 200, 180)


def test_a_stop_that_is_too_slow(rehearse):
    _result, scenarios = rehearse(many(3), scenarios=['drain n1'], times={'stop': '160s'})
    row = verdict(scenarios['drain n1'], 'stop-timeout')
    assert row['level'] == 'broken' and (row['numbers']['stop'], row['numbers']['timeout']) == (160, 150)


def test_assertions_that_hold(rehearse):
    result, scenarios = rehearse(
        many(12),
        scenarios=['lose n1', 'drain n1'],
        **{'assert': {'peak_per_node': 2, 'peak_total': 4, 'recovery': '2min'}},
    )
    assert result['broken'] == [] and result['advice'] is None
    assert result['assertions'] == {'peak_per_node': 2, 'peak_total': 4, 'recovery': 120}
    asserted = [(row['rule'], row['level']) for row in scenarios['lose n1']['verdicts'] if row['asserted']]
    assert asserted == [('peak', 'ok'), ('peak-total', 'ok'), ('recovery', 'ok')]
    run.refuse_broken(result)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages between controller and node: what is read is what was written, and travelled as JSON."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import messages
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    ForgetRequest,
    LookRequest,
    LookResult,
    Plan,
    PlanRequest,
    PutRequest,
    PutResult,
    Row,
    VeLook,
)

PLAN = Plan(
    rows=[Row('ve-1', 10, [], None, 'n1', False, 60, 1), Row('ve-2', 10, ['ve-1'], None, 'n1', False, 5.5, 2)],
    names=['ve-1', 've-2', 've-3'],
    roles={'ve-1': 'stopped', 've-3': None},
    failures={'ve-1': ['start on n1: error (no init)']},
    unmanaged=[],
    limit=2,
    per_node=1,
    total=0,
    limits=[{'node': 'n1', 'in_force': 'unknown'}],
    why_batches='because',
    expected=70.0,
    expected_without_gap=None,
)
PUT = PutRequest(
    roles={'ve-1': 'Started', 've-2': None},
    away={'ve-2': ['n1']},
    to={'ve-3': 'n2'},
    clear=['ve-4'],
    standby={'n1': True},
    drained={'n1': ['ve-1']},
    only_in=['stopped'],
)


def travelled(message):
    return json.loads(json.dumps(message.plain()))


@pytest.mark.parametrize(
    'request_', [PlanRequest(), PUT, PutRequest(), LookRequest(), LookRequest(['ve-1']), ForgetRequest(['x'])]
)
def test_a_request_arrives_as_what_it_is(request_):
    assert messages.read_request(travelled(request_)) == request_


@pytest.mark.parametrize(
    'answer',
    [
        PLAN,
        PutResult(True, ['ve-1']),
        LookResult(
            [VeLook('ve-1', 'started', 'n1', ['x'], 'started', 5.25)],
            True,
            ['ve-2'],
            {'n1': 'lost'},
            False,
            'stop',
            True,
        ),
    ],
)
def test_an_answer_arrives_as_what_it_is(answer):
    assert type(answer).read(travelled(answer)) == answer


def test_a_module_that_nobody_asks_makes_a_plan():
    assert messages.read_request(None) == PlanRequest()


def test_batches_are_in_the_rows():
    assert PLAN.batches == [['ve-1'], ['ve-2']]
    assert [row['batch'] for row in PLAN.public()['plan']] == [1, 2] and 'roles' not in PLAN.public()


def test_a_patch_for_some_of_the_ves_keeps_what_is_of_nodes():
    assert PUT.names == ['ve-1', 've-2', 've-3', 've-4']
    some = PUT.of(['ve-2', 've-4'])
    assert (some.roles, some.away, some.to, some.clear) == ({'ve-2': None}, {'ve-2': ['n1']}, {}, ['ve-4'])
    assert (some.standby, some.drained, some.only_in) == (PUT.standby, PUT.drained, PUT.only_in)

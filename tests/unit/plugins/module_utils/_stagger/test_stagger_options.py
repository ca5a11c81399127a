# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ve_stagger that need reading."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options

from stagger_world import defaults


def read(**arguments):
    return options.read(dict(defaults(), **arguments))


@pytest.mark.parametrize(
    'text, orders',
    [
        ('10', (10, 10)),
        ('10-20', (10, 20)),
        ('10-', (10, INFINITY)),
        ('-20', (0, 20)),
        (' 1 - 2 ', (1, 2)),
        (None, None),
    ],
)
def test_start_orders(text, orders):
    assert read(start_order=text).orders == orders


def test_times_are_seconds():
    read_ = read(gap='1500ms', timeout='2min')
    assert (read_.gap, read_.timeout, read_.load_gate_timeout) == (1.5, 120, 600)


def test_every_problem_is_named():
    with pytest.raises(InputError) as caught:
        read(
            gap='soon',
            start_order='-',
            per_node=-1,
            max_failures=0,
            max_load=-0.5,
            to='n1',
            standby=True,
            state='stopped',
        )
    assert [problem.split(':')[0] for problem in caught.value.problems] == [
        'gap',
        'start_order',
        'per_node',
        'max_failures',
        'max_load',
        'to',
        'standby',
        'standby',
    ]


@pytest.mark.parametrize(
    'arguments, problem',
    [
        ({}, 'needs nodes .away from these. or to'),
        ({'nodes': ['n1'], 'to': 'n1'}, 'to: n1 is one of the nodes to be left'),
        ({'to': 'n1', 'standby': True}, 'standby: true needs nodes'),
        ({'nodes': ['n1'], 'standby': False}, 'standby: false needs to'),
    ],
)
def test_contradictions_of_a_move(arguments, problem):
    with pytest.raises(InputError, match=problem):
        read(state='moved', **arguments)


@pytest.mark.parametrize(
    'arguments, becomes',
    [
        ({'nodes': ['n1', 'n2'], 'standby': True}, {'n1': True, 'n2': True}),
        ({'to': 'n1', 'standby': False}, {'n1': False}),
        ({'to': 'n1'}, None),
    ],
)
def test_nodes_that_go_into_standby_or_come_out(arguments, becomes):
    assert read(state='moved', **arguments).standby_of() == becomes

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ve_stagger's documentation says of its options and its result, against the options and results of real runs."""

from __future__ import annotations

import importlib

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import messages, options

from happenings import with_dc
from stagger_world import World, declare, defaults

DOCUMENTED = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.ve_stagger')
RETURN = yaml.safe_load(DOCUMENTED.RETURN)
EXAMPLES = yaml.safe_load(DOCUMENTED.EXAMPLES)

# As the nodes report it.
LIMITS = [
    {
        'node': node,
        'limit': '2',
        'in_force': 'true',
        'override': None,
        'why': 'its controller started after the last change (2026-11-22T20:09:41Z)',
    }
    for node in ('n1', 'n2', 'n3')
]


@pytest.fixture
def world(cluster):
    declare(cluster, [{'id': 101, 'start_order': 10}, {'id': 102}, {'id': 103, 'after': ['ve-101']}])
    with_dc(cluster, fencing='false')
    return World(cluster)


def test_the_samples_are_what_a_run_returned(world):
    result = world.conduct(limits=LIMITS)
    assert not result.get('failed')
    for name, row in RETURN.items():
        if name in result:
            sample = row['sample']
            # of a list that is long the beginning
            assert sample == (result[name][: len(sample)] if isinstance(sample, list) and sample else result[name]), (
                name
            )
    assert set(RETURN) - set(result) == {'expected_without_gap', 'standby', 'without_quorum'}
    assert set(result) - set(RETURN) == {'changed'}


@pytest.mark.parametrize('name', ['plan', 'ves', 'timeline'])
def test_every_field_of_a_row_is_documented(world, name):
    result = world.conduct(limits=LIMITS)
    fields = {field for row in result[name] for field in row}
    assert fields == set(RETURN[name]['contains']) - ({'text'} if name == 'timeline' else set())


def test_a_failure_in_the_timeline_has_a_text(world):
    world.fails = {'ve-101': ('n1', 'n2', 'n3')}
    failures = [row for row in world.conduct()['timeline'] if row['event'] == 'failure']
    assert failures and all(set(row) == set(RETURN['timeline']['contains']) for row in failures)


def test_what_a_gap_costs_is_returned_where_there_is_one(world):
    result = world.conduct(gap='10s', total=1)
    assert 0 < result['expected_without_gap'] < result['expected']
    assert RETURN['expected_without_gap']['sample'] == result['expected_without_gap']


def test_check_mode_says_what_becomes_of_nodes():
    given = options.read(dict(defaults(), state='moved', nodes=['n1'], standby=True))
    assert given.standby_of() == RETURN['standby']['sample']


def test_the_options_are_documented_and_of_the_request_only_that_it_is_internal():
    documented = yaml.safe_load(DOCUMENTED.DOCUMENTATION)['options']
    assert set(documented) == {*options.ARGUMENTS, messages.ARGUMENT}
    assert documented[messages.ARGUMENT]['description'].startswith('Internal')


def test_the_examples_use_options_that_there_are():
    for task in EXAMPLES:
        assert set(task['openve.pacemaker.ve_stagger']) <= set(options.ARGUMENTS)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When starts may begin, by the load of the nodes."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.action.ve_stagger import read_load
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.load_gate import LoadGate
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Load

from stagger_world import defaults


def gate(loads, **arguments):
    return LoadGate(options.read(dict(defaults(), **arguments)), lambda: loads)


@pytest.mark.parametrize(
    'arguments, why',
    [
        ({}, ''),
        ({'max_load': 2.0}, 'load 3.00 per core on n2'),
        ({'max_load': 0.5}, 'load 1.00 per core on n1, load 3.00 per core on n2'),
        ({'max_pressure': 50.0}, 'pressure 80 % on n1'),
        ({'max_load': 3.0, 'max_pressure': 80.0}, ''),
    ],
)
def test_closed_while_a_node_is_above_the_limit(arguments, why):
    loads = {'n2': Load(3.0, None), 'n1': Load(1.0, 80.0), 'n3': Load()}
    assert gate(loads, **arguments).closed() == why


def test_ignored_until_it_has_been_open_once():
    loads = {'n1': Load(9.0)}
    closed = gate(loads, max_load=1.0)
    closed.ignore()
    assert closed.closed() == ''
    loads['n1'] = Load(0.5)
    assert closed.closed() == ''
    loads['n1'] = Load(9.0)
    assert closed.closed() != ''


def test_nobody_measures_what_nobody_limits():
    def never():
        raise AssertionError

    assert LoadGate(options.read(defaults()), never).closed() == ''
    assert LoadGate(options.read(dict(defaults(), max_load=1.0)), None).closed() == ''


def test_what_a_node_says_of_its_load():
    text = '4\n2.00 1.00 0.50 1/100 999\n'
    assert read_load(text) == Load(0.5, None), 'a kernel without PSI'
    pressures = (
        'some avg10=1.50 avg60=0 avg300=0 total=1\nfull avg10=99.00 avg60=0 avg300=0 total=1\nsome avg10=7.25 avg60=0\n'
    )
    assert read_load(text + pressures) == Load(0.5, 7.25)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is concluded from a history. That Pacemaker writes such histories: test_info.py, with recorded ones."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history, operations

NOW = 1000


def operation(name='start', begin=900, seconds=5, status='0', rc=0, node='n1', resource='ve-1', call=5, interval=0):
    return history.operation(
        resource,
        node,
        {
            'operation': name,
            'interval': str(interval),
            'last-rc-change': str(begin),
            'exec-time': str(int(seconds * 1000)),
            'queue-time': '12',
            'rc-code': str(rc),
            'op-status': status,
            'exit-reason': 'why',
            'call-id': str(call),
        },
    )


def cib(operations, configuration='<primitive id="ve-1"/>', defaults=''):
    root = ET.fromstring(
        '<cib><configuration><resources>%s</resources>%s</configuration><status/></cib>' % (configuration, defaults)
    )
    for node in sorted({row.node for row in operations}):
        state = ET.SubElement(root.find('status'), 'node_state', id='1', uname=node)
        resources = ET.SubElement(ET.SubElement(state, 'lrm', id='1'), 'lrm_resources')
        for row in operations:
            if row.node == node:
                ET.SubElement(
                    ET.SubElement(resources, 'lrm_resource', id=row.resource),
                    'lrm_rsc_op',
                    {
                        'operation': row.name,
                        'interval': str(row.interval),
                        'last-rc-change': str(row.begin),
                        'exec-time': str(int(row.seconds * 1000)),
                        'op-status': row.status,
                        'rc-code': str(row.rc),
                        'call-id': str(row.call),
                    },
                )
    return root


@pytest.mark.parametrize(
    'status, rc, result',
    [
        ('0', 0, 'ok'),
        ('0', 1, 'failed'),
        ('4', 5, 'failed'),
        ('2', 1, 'timed out'),
        ('-1', 193, 'in flight'),
        ('1', 0, 'failed'),
    ],
)
def test_how_an_operation_ended(status, rc, result):
    row = operation(status=status, rc=rc).describe(NOW)
    assert row['result'] == result and row['rc'] == (None if result == 'in flight' else rc)
    assert row['seconds'] == (100 if result == 'in flight' else 5)
    assert (row['node'], row['at'], row['reason']) == ('n1', '1970-01-01T00:15:00Z', 'why')


def test_the_last_start_is_the_one_that_began_last():
    root = cib(
        [
            operation(begin=900, rc=1, node='n1', call=7),
            operation(begin=910, node='n2', call=3),
            operation(begin=920, name='stop', node='n1'),
            operation(begin=930, resource='theirs'),
        ]
    )
    found = history.last_starts(root, {'ve-1', 've-2'})
    assert {name: (start.node, start.begin) for name, start in found.items()} == {'ve-1': ('n2', 910)}


@pytest.mark.parametrize(
    'starts, most',
    [
        ([(10, 5)], 1),
        ([(10, 5), (10, 5)], 2),
        ([(10, 5), (15, 5)], 1),
        ([(10, 5), (14, 5)], 1),
        ([(10, 5), (13, 5)], 2),
        ([(10, 0.5), (10, 0.5)], 1),
        ([(10, 5), (11, 5), (12, 5), (30, 5)], 3),
    ],
)
def test_how_many_ran_at_once(starts, most):
    rows = [operation(begin=begin, seconds=seconds) for begin, seconds in starts]
    assert history.peaks(rows, NOW) == {'n1': most}


def test_one_in_flight_runs_until_now_and_nodes_are_apart():
    rows = [
        operation(begin=990, status='-1', seconds=0),
        operation(begin=995, seconds=2),
        operation(begin=995, node='n2'),
    ]
    assert history.peaks(rows, NOW) == {'n1': 2, 'n2': 1}
    assert history.peaks([], NOW) == {}


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=12), st.integers(1, 4), st.floats(0, 1))
def test_never_more_are_counted_than_there_were(lasting, limit, offset):
    """Under a limit each begins when another has ended; the history has whole seconds of when."""
    ends, rows = [100 + offset] * limit, []
    for seconds in lasting:
        begin = min(ends)
        ends[ends.index(begin)] = begin + seconds + 0.001
        rows.append(operation(begin=int(begin), seconds=int(seconds * 1000) / 1000))
    assert 1 <= history.peaks(rows, NOW)['n1'] <= limit


OPS = (
    '<primitive id="ve-1"><operations><op name="start" interval="0s" timeout="3min"/><op name="monitor" interval="60" timeout="70"/>'
    '<op name="monitor" interval="10s" timeout="30s"/><op name="stop" interval="0"><meta_attributes><nvpair name="timeout" value="40"/>'
    '</meta_attributes></op></operations></primitive>'
)
DEFAULTS = (
    '<op_defaults><meta_attributes><rule/><nvpair name="timeout" value="1s"/></meta_attributes><meta_attributes>'
    '<nvpair name="timeout" value="2min"/></meta_attributes></op_defaults>'
)


@pytest.mark.parametrize(
    'name, interval, defaults, timeout',
    [
        ('start', 0, '', '180s'),
        ('stop', 0, '', '40s'),
        ('monitor', 10000, '', '30s'),
        ('monitor', 60000, '', '70s'),
        ('monitor', 0, '', '30s'),
        ('migrate_to', 0, '', '20s'),
        ('migrate_to', 0, DEFAULTS, '120s'),
        ('start', 0, DEFAULTS, '180s'),
    ],
)
def test_the_timeout_of_what_is_in_flight(name, interval, defaults, timeout):
    root = cib([operation(name, interval=interval, status='-1', begin=990)], OPS, defaults)
    (row,) = history.in_flight(root, ['n1'], NOW)
    assert (row['resource'], row['operation'], row['node'], row['timeout']) == ('ve-1', name, 'n1', timeout)
    assert row['seconds_left'] == int(timeout[:-1]) - 10


def test_only_what_has_not_ended_on_nodes_that_are_up_is_in_flight():
    root = cib([operation(status='-1'), operation(status='-1', node='n2', resource='clone:0'), operation(node='n3')])
    assert [
        (row['resource'], row['node'], row['seconds_left']) for row in history.in_flight(root, ['n2', 'n3'], NOW)
    ] == [('clone:0', 'n2', 0)]


def test_the_operations_as_they_are_declared():
    element = ET.fromstring(OPS)
    assert operations.declared(cib([], OPS), element) == [
        {'name': 'start', 'interval': '0s', 'timeout': '180s'},
        {'name': 'monitor', 'interval': '60s', 'timeout': '70s'},
        {'name': 'monitor', 'interval': '10s', 'timeout': '30s'},
        {'name': 'stop', 'interval': '0s', 'timeout': '40s'},
    ]
    assert operations.declared(cib([]), ET.fromstring('<primitive id="ve-1"/>')) == [
        {'name': 'start', 'interval': '0s', 'timeout': '20s'},
        {'name': 'stop', 'interval': '0s', 'timeout': '20s'},
    ]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left over in a cluster is warned of, in the words of Pacemaker's own tools and histories."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import leftovers
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info, ve_stagger

from declarations import create, declare
from happenings import FAILED, OK, PENDING, edit, happened
from stagger_world import defaults

DEVICE = '<primitive id="ipmi" class="stonith" type="fence_ipmilan"/>'


@pytest.fixture
def up(cluster):
    declare(cluster, [{'id': 1}])
    cluster.settle()
    return cluster


def found(cluster):
    return leftovers.warnings(ET.fromstring(cluster.text()))


def test_a_cluster_in_which_nothing_is_left_over(up):
    create(up, DEVICE)
    create(up, '<rsc_location id="theirs" rsc="ve-1" node="n1" score="-INFINITY"/>', 'constraints')
    assert found(up) == []


@pytest.mark.parametrize(
    'options, said',
    [
        (['--ban', '--node', 'n3'], 'cli-ban-ve-1-on-n3: ve-1 does not run on n3'),
        (['--move', '--node', 'n2'], 'cli-prefer-ve-1: ve-1 prefers n2'),
        (['--ban', '--node', 'n3', '--lifetime', 'P1D'], 'cli-ban-ve-1-on-n3: ve-1 does not run on n3'),
        (['--move', '--node', 'n2', '--lifetime', 'P1D'], 'cli-prefer-ve-1: ve-1 prefers n2'),
    ],
)
def test_constraints_of_moves_by_hand(up, options, said):
    up.tool('crm_resource', '--resource', 've-1', *options)
    [warning] = found(up)
    assert said in warning and 'crm_resource --clear --resource ve-1' in warning


def test_what_is_over_is_not_warned_of(up):
    up.tool('crm_resource', '--resource', 've-1', '--ban', '--node', 'n3', '--lifetime', 'PT1S')
    assert len(found(up)) == 1

    def long_ago(root):
        [date] = root.iter('date_expression')
        date.set('end', '2020' + date.get('end')[4:])

    edit(up, long_ago)
    assert found(up) == []


@pytest.mark.parametrize('value, said', [('true', True), ('on', True), ('false', False)])
def test_maintenance_mode(up, value, said):
    up.tool('crm_attribute', '--name', 'maintenance-mode', '--update', value)
    assert bool(found(up)) == said


def state(cluster):
    [device] = leftovers.devices(ET.fromstring(cluster.text()))
    return device.state, device.why


def test_fencing_devices(up):
    create(up, DEVICE)
    assert state(up) == ('stopped', '')
    happened(up, 'n1', 'ipmi', ('monitor', (7, 0)))
    happened(up, 'n2', 'ipmi', ('start', PENDING))
    assert state(up) == ('stopped', ''), 'it is on its way'
    happened(up, 'n1', 'ipmi', ('start', FAILED, 'Login timed out'))
    assert (
        state(up)[0] == 'failed' and 'start on n1 at 2' in state(up)[1] and state(up)[1].endswith(': Login timed out')
    )
    [warning] = found(up)
    assert warning.startswith('The fencing device ipmi has failed: start on n1') and 'Login timed out' in warning
    happened(up, 'n3', 'ipmi', ('start', OK))
    assert state(up) == ('started', '') and found(up) == [], 'it runs elsewhere'
    edit(up, lambda root: root.find('status/node_state[@uname="n3"]').set('crmd', 'offline'))
    assert state(up)[0] == 'failed', 'that node is gone'
    up.tool('crm_resource', '--resource', 'ipmi', '--meta', '--set-parameter', 'target-role', '-v', 'Stopped')
    assert state(up)[0] == 'disabled' and 'ipmi is switched off' in found(up)[0]


def test_a_monitor_that_fails_is_a_failure(up):
    create(up, DEVICE)
    happened(up, 'n1', 'ipmi', ('start', OK), ('monitor', FAILED, 'no answer'))
    assert state(up)[0] == 'failed' and 'monitor on n1' in state(up)[1]


def test_every_run_says_so(up):
    up.tool('crm_resource', '--resource', 've-1', '--ban', '--node', 'n3')
    expected = found(up)
    assert declare(up, [{'id': 1}])['warnings'][:1] == expected
    assert ve_info.run(up.run, {'names': None})['leftovers'] == expected
    for request in ({'state': 'started'}, {'state': 'stopped'}, {'state': 'moved', 'nodes': ['n3'], 'standby': True}):
        answer = ve_stagger.run(up.run, {**defaults(), **request, '_request': None}, True)['answer']
        assert answer['warnings'] == expected

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an admin has done by hand stays so: a VE that was stopped, a node in standby. And what cannot be emptied is not begun."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, modes
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Plan
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import plan_lines

import happenings
from happenings import happened, roles, with_dc
from stagger_world import World, declare, defaults

OK = (0, 0)
VES = [{'id': number} for number in range(1, 4)]


@pytest.fixture
def world(cluster):
    declare(cluster, VES, policy={'starts_per_node': 2})
    with_dc(cluster, fencing='false')
    return World(cluster, seconds=1)


@pytest.fixture
def running(cluster):
    """One VE on each node."""
    declare(cluster, VES, policy={'starts_per_node': 2}, new='started')
    with_dc(cluster, fencing='false')
    cluster.settle()
    return World(cluster, seconds=1)


def planned(cluster, **arguments):
    """The plan as check mode makes it, which changes nothing."""
    text = cluster.text()
    answer = ve_stagger.run(cluster.run, {**defaults(), **arguments, '_request': None}, True)['answer']
    assert cluster.text() == text
    return answer


def to_start(cluster, **arguments):
    plan = planned(cluster, **arguments)
    return [row['name'] for row in plan['rows']], plan['stopped_by_hand']


def by_hand(cluster, name, role):
    """With crm_resource; pcs and crm delete the attribute where they start something."""
    if role is None:
        cluster.tool('crm_resource', '--resource', name, '--meta', '--delete-parameter', 'target-role')
    else:
        cluster.tool('crm_resource', '--resource', name, '--meta', '--set-parameter', 'target-role', '-v', role)


# VEs that were stopped


def test_what_is_new_is_started_and_what_a_hand_stopped_is_not(world):
    cluster = world.cluster
    by_hand(cluster, 've-2', None)
    declare(cluster, VES, policy={'starts_per_node': 2})  # notices that it is not new any more
    by_hand(cluster, 've-2', 'Stopped')
    assert to_start(cluster) == (['ve-1', 've-3'], ['ve-2'])
    assert to_start(cluster, ves=VES) == (['ve-1', 've-3'], ['ve-2']), 'as site.yml has it'
    assert to_start(cluster, names=['ve-2']) == (['ve-2'], [])
    assert to_start(cluster, all=True) == (['ve-1', 've-2', 've-3'], [])
    assert to_start(cluster, ves=[{'id': 2, 'state': 'started'}]) == (['ve-2'], []), 'a declaration says so'
    result = world.conduct()
    assert not result.get('failed') and result['stopped_by_hand'] == ['ve-2'] and roles(cluster)['ve-2'] == ['Stopped']
    assert (
        '1 VE was stopped by hand and stays so: ve-2 (given as names, or with all: true, they are started)'
        in world.shown
    )
    assert '2 of 2 VEs are up' in world.shown
    assert not world.conduct(all=True).get('failed') and len(cluster.where()) == 3
    assert 'openve-stopped' not in cluster.text(), 'nothing says so of what runs'


@pytest.mark.parametrize('spelling', ['Stopped', 'stopped', 'STOPPED'])
def test_what_stop_stopped_is_started_again_and_only_that(running, spelling):
    cluster = running.cluster
    by_hand(cluster, 've-3', spelling)
    running.sleep(5)
    assert running.conduct('stopped')['released'] == ['ve-1', 've-2']
    assert to_start(cluster) == (['ve-1', 've-2'], ['ve-3'])
    declare(cluster, VES, policy={'starts_per_node': 2, 'stop_grace': '3min'})  # a change of the declaration keeps that
    assert to_start(cluster) == (['ve-1', 've-2'], ['ve-3'])
    # a declared state is somebody's will, too
    declare(cluster, [{'id': 1, 'state': 'stopped'}, *VES[1:]], policy={'starts_per_node': 2})
    assert to_start(cluster) == (['ve-2'], ['ve-1', 've-3'])


@pytest.mark.parametrize('start', ['Started', None])
@pytest.mark.parametrize('mark', ['new', 'stopped'])
def test_started_and_stopped_by_hand_since_then(running, mark, start):
    """The start leaves the mark; the history says that it ran."""
    cluster = running.cluster
    if mark == 'stopped':
        running.conduct('stopped')
    else:
        declare(cluster, [*VES, {'id': 4}], policy={'starts_per_node': 2})
    name = 've-1' if mark == 'stopped' else 've-4'
    assert name in to_start(cluster)[0]
    by_hand(cluster, name, start)
    happened(cluster, 'n2', name, ('monitor', OK), ('stop', OK))

    def later(root):
        for operation in root.iter('lrm_rsc_op'):
            if operation.get('operation_key') == '%s_monitor_10000' % name:
                operation.set('last-rc-change', str(int(time.time()) + 5))

    happenings.edit(cluster, later)
    by_hand(cluster, name, 'Stopped')
    assert name in to_start(cluster)[1] and name not in to_start(cluster)[0]


def test_a_monitor_from_before_the_stop_says_nothing(running):
    cluster = running.cluster
    running.conduct('stopped')
    happened(cluster, 'n2', 've-1', ('monitor', OK), ('stop', OK))  # a minute ago
    happened(cluster, 'n3', 've-2', ('monitor', (7, 0)))  # a probe, or one that failed
    assert to_start(cluster) == (['ve-1', 've-2', 've-3'], [])


def test_what_is_withdrawn_can_be_started_again(world):
    pressed = []
    world.when(1, lambda: pressed.append(1))
    world.limit = 1
    world.conduct(interrupted=lambda: bool(pressed), per_node=1, total=1)
    left = [name for name, role in roles(world.cluster).items() if role == ['Stopped']]
    assert left and to_start(world.cluster) == (left, [])


# Standby


def standby(cluster, node):
    return modes.standby_of(ET.fromstring(cluster.text()), node)


def mark(cluster, node):
    return attributes.get_node(ET.fromstring(cluster.text()), node, 'openve-drained')


def set_standby(cluster, node, lifetime='forever'):
    if lifetime == 'forever':
        cluster.tool('crm_attribute', '--node', node, '--name', 'standby', '--update', 'on')
        return

    def until_restart(root):
        state = happenings.state(root, node)
        transient = ET.SubElement(state, 'transient_attributes', id=state.get('id'))
        pairs = ET.SubElement(transient, 'instance_attributes', id='status-' + node)
        ET.SubElement(pairs, 'nvpair', id='status-standby-' + node, name='standby', value='true')

    happenings.edit(cluster, until_restart)


@pytest.mark.parametrize('lifetime', ['forever', 'reboot'])
def test_a_standby_by_hand_stays(running, lifetime):
    cluster = running.cluster
    set_standby(cluster, 'n1', lifetime)
    running.sleep(10)
    before = cluster.text()
    assert planned(cluster, state='moved', nodes=['n1'], standby=True)['standby_by_hand'] == ['n1']
    result = running.conduct('moved', nodes=['n1'], standby=True)
    assert not result.get('failed') and not result['changed'] and result['standby_by_hand'] == ['n1']
    assert 'n1 is in standby by hand, and stays so' in running.shown and cluster.text() == before
    for conduct in (planned, lambda cluster, state, **more: running.conduct(state, **more)):
        with pytest.raises(CibError, match='n1 was put into standby by hand and not by a drain, so it stays there'):
            conduct(cluster, state='moved', to='n1', standby=False)
    assert cluster.text() == before and any(standby(cluster, 'n1'))


def test_put_into_standby_by_hand_in_the_middle_of_a_drain(running):
    running.when(1, lambda: set_standby(running.cluster, 'n1'))
    assert not running.conduct('moved', nodes=['n1'], standby=True).get('failed')
    assert standby(running.cluster, 'n1') == (True, False) and mark(running.cluster, 'n1') is None


def test_an_empty_node_is_drained_and_comes_back(running):
    """Nothing had left it, and it was a drain all the same."""
    cluster = running.cluster
    [name] = [name for name, node in cluster.where().items() if node == 'n2']
    running.conduct('moved', nodes=['n2'], to='n3')
    assert not running.conduct('moved', nodes=['n2'], standby=True).get('failed')
    assert standby(cluster, 'n2') == (True, False) and mark(cluster, 'n2') == '-'
    assert not running.conduct('moved', nodes=['n2'], standby=True)['changed'], 'again'
    assert not running.conduct('moved', to='n2', standby=False).get('failed')
    assert standby(cluster, 'n2') == (False, False) and mark(cluster, 'n2') is None
    assert cluster.where()[name] == 'n3'


def test_a_drain_is_of_all_ves_whatever_is_declared(running):
    cluster = running.cluster
    [name] = [name for name, node in cluster.where().items() if node == 'n1']
    other = [{'id': number} for number in (1, 2, 3, 9) if 've-%d' % number != name]  # one is not in the cluster yet
    result = running.conduct('moved', nodes=['n1'], standby=True, ves=other)
    assert not result.get('failed') and result['released'] == [name] and mark(cluster, 'n1') == name
    assert running.conduct('moved', to='n1', standby=False, ves=other)['released'] == [name]
    assert cluster.where()[name] == 'n1'


def refused(running, **arguments):
    """The same in check mode and without, and nothing was changed."""
    cluster = running.cluster
    text, said = cluster.text(), []
    for conduct in (planned, lambda cluster, state, **more: running.conduct(state, **more)):
        with pytest.raises(CibError) as error:
            conduct(cluster, state='moved', standby=True, **arguments)
        said.append(error.value.msg)
    assert said[0] == said[1] and cluster.text() == text
    assert said[0].startswith('n1 cannot be emptied. Nothing was changed:'), said
    return said[0]


@pytest.mark.parametrize('attribute, value', [('is-managed', 'false'), ('maintenance', 'true')])
def test_an_unmanaged_ve_is_an_error_before_the_standby(running, attribute, value):
    [name] = [name for name, node in running.cluster.where().items() if node == 'n1']
    running.cluster.tool('crm_resource', '--resource', name, '--meta', '--set-parameter', attribute, '-v', value)
    others = [{'id': number} for number in (1, 2, 3) if 've-%d' % number != name]
    for more in ({}, {'ves': others}, {'ves': [{'id': int(name[3:]), 'state': 'unmanaged'}]}):
        assert '%s on n1 is unmanaged' % name in refused(running, nodes=['n1'], **more)
    by_hand(running.cluster, name, 'Stopped')  # which Pacemaker does not do
    assert '%s on n1 is unmanaged' % name in refused(running, nodes=['n1'])


def test_a_node_in_maintenance_cannot_be_emptied(running):
    [name] = [name for name, node in running.cluster.where().items() if node == 'n1']
    running.cluster.tool('crm_attribute', '--node', 'n1', '--name', 'maintenance', '--update', 'true')
    assert '%s on n1 is unmanaged' % name in refused(running, nodes=['n1'])


def test_a_stop_that_failed_is_an_error_before_the_standby(running):
    [name] = [name for name, node in running.cluster.where().items() if node == 'n1']
    happened(running.cluster, 'n1', name, ('start', OK), ('stop', (1, 0), 'it hangs'))
    assert '%s on n1 has failed there' % name in refused(running, nodes=['n1'])


@pytest.mark.parametrize('more', [{'names': []}, {'start_order': '1-2'}])
def test_a_part_of_a_node_is_no_drain(running, more):
    [name] = [name for name, node in running.cluster.where().items() if node == 'n1']
    assert '%s on n1 is not among those that are to be moved' % name in refused(running, nodes=['n1'], **more)


def test_a_node_whose_ves_would_have_no_place(running):
    cluster = running.cluster
    [name] = [name for name, node in cluster.where().items() if node == 'n1']
    for node in ('n2', 'n3'):
        cluster.tool('crm_resource', '--resource', name, '--ban', '--node', node)
    assert '%s on n1 could run on no other node, and would only be stopped' % name in refused(running, nodes=['n1'])


def test_a_ve_elsewhere_that_would_lose_its_place(running):
    """The one that comes is worth more than the one that is there, and there is room for one only."""
    cluster = running.cluster
    where = cluster.where()
    [mover] = [name for name, node in where.items() if node == 'n1']
    [loser] = [name for name, node in where.items() if node == 'n2']
    set_standby(cluster, 'n3')
    cluster.tool(
        'crm_resource',
        '--resource',
        next(name for name, node in where.items() if node == 'n3'),
        '--meta',
        '-p',
        'target-role',
        '-v',
        'Stopped',
    )
    cluster.tool('crm_attribute', '--name', 'placement-strategy', '--update', 'utilization')
    for node in ('n1', 'n2'):
        cluster.tool('crm_attribute', '--node', node, '--utilization', '--name', 'places', '--update', '1')
    for name, worth in ((mover, '10'), (loser, '1')):
        cluster.tool('crm_resource', '--resource', name, '--utilization', '--set-parameter', 'places', '-v', '1')
        cluster.tool('crm_resource', '--resource', name, '--meta', '--set-parameter', 'priority', '-v', worth)
    cluster.settle()
    assert cluster.where() == {mover: 'n1', loser: 'n2'}
    assert '%s on n2 could run on no other node, and would only be stopped' % loser in refused(running, nodes=['n1'])


# What check mode says becomes of a node


def checked(cluster, **arguments):
    """The result of check mode, and the lines that it shows."""
    arguments = {**defaults(), 'state': 'moved', **arguments, '_request': None}
    result = ve_stagger.run(cluster.run, arguments, True)
    return result, plan_lines(Plan.read(result['answer']), options.read(arguments))


def test_check_mode_says_that_an_empty_node_would_be_in_standby(world):
    cluster = world.cluster  # nothing runs
    result, lines = checked(cluster, nodes=['n2'], standby=True)
    assert result['changed'] and 'n2 would be in standby' in lines
    diff = result['diff']()
    assert 'standby' not in diff['before'] and 'standby' in diff['after'] and 'openve-drained' in diff['after']
    assert not world.conduct('moved', nodes=['n2'], standby=True).get('failed')
    again, lines = checked(cluster, nodes=['n2'], standby=True)
    assert not again['changed'] and not [line for line in lines if 'would be in standby' in line]
    back, lines = checked(cluster, to='n2', standby=False)
    assert back['changed'] and 'n2 would be out of standby' in lines
    assert 'no VE to move' in world.shown and 'no VE was to be moved' in world.shown


def test_check_mode_says_nothing_of_a_standby_that_stays(world):
    world.cluster.tool('crm_attribute', '--node', 'n2', '--name', 'standby', '--update', 'on')
    result, lines = checked(world.cluster, nodes=['n2'], standby=True)
    assert not result['changed'] and 'n2 is in standby by hand, and stays so' in lines
    assert not [line for line in lines if 'would be in' in line]

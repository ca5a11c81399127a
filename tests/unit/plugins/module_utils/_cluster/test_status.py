# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What crm_mon says of a CIB whose status section was written by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status

from happenings import FAILED, OK, PENDING, happened, lose, with_dc
from stagger_world import declare


def look(cluster, names=None):
    return {ve.name: ve.row() for ve in status.read(cluster.run, names).ves}


HISTORIES = {
    # what happened on n1: the state, and how many failures are reported
    'up': ([('start', OK)], 'started', 0),
    'watched': ([('start', OK), ('monitor', OK)], 'started', 0),
    'watched-first': ([('start', OK), ('monitor', PENDING)], 'started', 0),
    'booting': ([('start', PENDING)], 'starting', 0),
    'booting-again': ([('start', FAILED, 'no init'), ('start', PENDING)], 'starting', 1),
    'going': ([('start', OK), ('monitor', OK), ('stop', PENDING)], 'stopping', 0),
    'gone': ([('start', OK), ('stop', OK)], 'stopped', 0),
    'failed': ([('start', FAILED, 'no init')], 'failed', 1),
    'timed-out': ([('start', (1, 2), 'still booting')], 'failed', 1),
    'failed-and-stopped': ([('start', FAILED, 'no init'), ('stop', OK)], 'stopped', 1),
    'not-here': ([('start', (5, 0), 'no such VE')], 'failed', 1),
    'broke': ([('start', OK), ('monitor', (7, 0), 'it is down')], 'failed', 1),
    'stuck': ([('start', OK), ('stop', FAILED, 'hangs')], 'failed', 1),
    'never': ([], 'stopped', 0),
}


@pytest.fixture
def history(cluster):
    ves = [{'id': name, 'engine': 'lxc', 'name': name} for name in HISTORIES]
    declare(cluster, ves, 'started')
    for name, (operations, _state, _failures) in HISTORIES.items():
        happened(cluster, 'n1', name, *operations)
    return ves


def test_states_from_what_happened(cluster, history):
    found = look(cluster)
    assert {name: (ve['state'], len(ve['failures'])) for name, ve in found.items()} == {
        name: (state_, failures) for name, (_operations, state_, failures) in HISTORIES.items()
    }
    assert {name: ve['node'] for name, ve in found.items()} == {
        name: None if name in ('gone', 'failed-and-stopped', 'never') else 'n1' for name in HISTORIES
    }
    assert found['failed']['failures'] == ['start on n1: error (no init)']
    assert found['stuck']['failures'] == ['stop on n1: error (hangs)']


def test_a_first_monitor_in_flight_is_what_pending_says_and_a_start_is_a_role(cluster, history):
    """The premise of the code: this is how crm_mon words it."""
    out = cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml')
    said = {
        resource.get('id'): (resource.get('role'), resource.get('pending'))
        for resource in ET.fromstring(out).iter('resource')
    }
    assert said['booting'] == ('Starting', None) and said['going'] == ('Stopping', None)
    assert said['watched-first'] == ('Started', 'Monitoring') and said['watched'] == ('Started', None)


def test_without_fencing_a_failed_stop_is_a_failure_and_not_unmanaged(cluster, history):
    with_dc(cluster, fencing='false')
    out = cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml')
    stuck = [resource for resource in ET.fromstring(out).iter('resource') if resource.get('id') == 'stuck'][0]
    assert (stuck.get('blocked'), stuck.get('managed')) == ('true', 'false'), 'what Pacemaker calls it'
    found = look(cluster)['stuck']
    assert found['state'] == 'failed' and found['failures'] == ['stop on n1: error (hangs)']


def test_on_a_lost_node_nothing_is_up_or_on_its_way(cluster, history):
    with_dc(cluster)
    lose(cluster, 'n1')
    on_it = {name: ve['state'] for name, ve in look(cluster).items() if ve['node'] == 'n1'}
    assert set(on_it.values()) == {'lost'} and len(on_it) == len(HISTORIES) - 3
    assert {ve['state'] for ve in look(cluster).values()} == {'lost', 'stopped'}
    assert look(cluster)['up']['node'] == 'n1'


def test_a_node_that_is_online_but_to_be_fenced_counts_as_lost(cluster):
    """A stop failed there, and fencing will tell."""
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    happened(cluster, 'n2', 've-2', ('start', OK))
    happened(cluster, 'n1', 've-3', ('start', OK), ('stop', FAILED))
    with_dc(cluster)
    out = ET.fromstring(cluster.tool('crm_mon', '--one-shot', '--inactive', '--output-as=xml'))
    n1 = out.find('nodes/node[@name="n1"]')
    assert (n1.get('online'), n1.get('unclean')) == ('true', 'true')
    found = look(cluster)
    assert (found['ve-1']['state'], found['ve-2']['state']) == ('lost', 'started')


def test_unmanaged_is_left_alone(cluster):
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    cluster.tool(
        'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', 'is-managed', '--parameter-value', 'false'
    )
    cluster.tool(
        'crm_resource', '--resource', 've-2', '--meta', '--set-parameter', 'maintenance', '--parameter-value', 'true'
    )
    assert {name: ve['state'] for name, ve in look(cluster).items()} == {
        've-1': 'unmanaged',
        've-2': 'unmanaged',
        've-3': 'stopped',
    }


def test_failures_go_to_the_ve_that_they_are_of(cluster):
    ves = [{'id': 1, 'name': 've_start_1'}, {'id': 2, 'name': 've'}, {'id': 3, 'name': 've_start'}]
    declare(cluster, ves, 'started')
    happened(cluster, 'n1', 've_start_1', ('start', OK), ('migrate_to', FAILED, 'no way'))
    happened(cluster, 'n2', 've_start', ('start', FAILED, 'no init'))
    assert {name: ve['failures'] for name, ve in look(cluster).items()} == {
        've_start_1': ['migrate_to on n1: error (no way)'],
        've': [],
        've_start': ['start on n2: error (no init)'],
    }


def test_names_say_which_and_in_what_order(cluster):
    declare(cluster)
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="theirs" class="ocf" provider="heartbeat" type="Dummy"/>',
    )
    assert list(look(cluster, ['ve-3', 've-1'])) == ['ve-3', 've-1'] and look(cluster, []) == {}
    assert sorted(look(cluster)) == ['ve-1', 've-2', 've-3']
    for name in ('theirs', 've-9'):
        with pytest.raises(CibError, match='has no VE %s; it has .*ve-1' % name):
            look(cluster, ['ve-1', name])


def test_a_missing_or_failing_crm_mon_says_so(cluster):
    def missing(argv, stdin=None):
        raise FileNotFoundError(2, 'No such file or directory', argv[0])

    declare(cluster)
    with pytest.raises(ToolError, match='Cannot run crm_mon.*pacemaker-cli'):
        status.read(missing)
    cluster.path.write_text('no CIB')
    with pytest.raises(ToolError, match='crm_mon failed with 102: Connection to cluster failed. Is Pacemaker running'):
        status.read(lambda argv, stdin=None: (102, '', 'Connection to cluster failed\n'))
    xml = '<pacemaker-result><status code="102"><errors><error>error: refused</error></errors></status></pacemaker-result>'
    with pytest.raises(ToolError, match='crm_mon failed with 102: error: refused. Is Pacemaker running'):
        status.read(lambda argv, stdin=None: (102, xml, ''))
    with pytest.raises(
        ToolError, match='crm_mon failed with 0: Could not connect to the CIB: .*schema. Is Pacemaker running'
    ):
        look(cluster)


# Whether the cluster is idle: crmadmin asks the controller, which a CIB file does not have


@pytest.mark.parametrize(
    'said, idle',
    [
        ((0, 'Controller on n1 in state S_IDLE: ok\n', ''), True),
        ((0, 'Controller on n1 in state S_TRANSITION_ENGINE: ok\n', ''), False),
        ((102, '', 'error: Could not connect'), False),
        (FileNotFoundError(2, 'crmadmin'), False),
    ],
)
def test_idle_is_what_the_dc_says(cluster, said, idle):
    asked = []

    def run(argv, stdin=None):
        if 'crmadmin' not in argv:
            return cluster.run(argv, stdin)
        asked.append(argv)
        if isinstance(said, OSError):
            raise said
        return said

    declare(cluster)
    assert status.idle(run, status.read(run)) is False and not asked, 'there is no DC to ask'
    with_dc(cluster)
    assert status.idle(run, status.read(run)) is idle and asked == [['timeout', '5', 'crmadmin', '--status', 'n1']], (
        'one that hangs is ended'
    )
    lose(cluster, 'n2')
    assert status.idle(run, status.read(run)) is False and len(asked) == 1, 'fencing is due'


# The nodes and the cluster as a whole


def test_nodes_are_in_one_of_their_states(cluster):
    with_dc(cluster)
    cluster.tool('crm_attribute', '--node', 'n2', '--name', 'standby', '--update', 'on')
    cluster.tool('crm_attribute', '--node', 'n3', '--name', 'maintenance', '--update', 'true')
    found = status.read(cluster.run)
    assert {node.name: (node.state, node.alive) for node in found.nodes} == {
        'n1': ('online', True),
        'n2': ('standby', True),
        'n3': ('maintenance', True),
    }
    assert found.dc == 'n1' and found.alive() == ['n1', 'n2', 'n3']
    lose(cluster, 'n1')
    found = status.read(cluster.run)
    assert [(node.name, node.state) for node in found.nodes if not node.alive] == [('n1', 'lost')]
    assert found.alive() == ['n2', 'n3']


def test_what_a_ve_does_is_known_in_maintenance_mode_too(cluster):
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    happened(cluster, 'n1', 've-2', ('start', PENDING))
    assert status.read(cluster.run).maintenance is False
    cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', 'true')
    found = status.read(cluster.run)
    assert found.maintenance is True and {ve.state for ve in found.ves} == {'unmanaged'}
    assert {ve.name: ve.actual for ve in found.ves} == {'ve-1': 'started', 've-2': 'starting', 've-3': 'stopped'}


def test_the_role_and_the_seconds_of_the_start(cluster):
    declare(cluster, new='started')
    happened(cluster, 'n1', 've-1', ('start', OK))
    cluster.path.write_text(cluster.text().replace('exec-time="0"', 'exec-time="5250"'))
    first, second = status.read(cluster.run, ['ve-1', 've-2']).ves
    assert (first.role, first.took) == ('started', 5.25) and (second.role, second.took) == ('started', None)
    cluster.tool('crm_resource', '--resource', 've-1', '--meta', '--delete-parameter', 'target-role')
    assert status.read(cluster.run, ['ve-1']).ves[0].role is None


@pytest.mark.parametrize('policy, has, may', [('stop', '1', True), ('stop', '0', False), ('ignore', '0', True)])
def test_quorum(cluster, policy, has, may):
    with_dc(cluster)
    cluster.tool('crm_attribute', '--name', 'no-quorum-policy', '--update', policy)
    cluster.path.write_text(
        cluster.text()
        .replace('have-quorum="0"', 'have-quorum="%s"' % has)
        .replace('have-quorum="1"', 'have-quorum="%s"' % has)
    )
    found = status.read(cluster.run)
    assert (found.quorum, found.no_quorum_policy) == (may, policy)

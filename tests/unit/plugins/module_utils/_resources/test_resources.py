# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError


from declarations import ADDRESS, STORAGE, create, declare, element, ids, operations, prop, values
from happenings import FAILED, OK, PENDING, happened

FULL = [
    {
        'id': 101,
        'name': 'db',
        'start_order': 10,
        'boot_time': '2m',
        'stop_grace': '5min',
        'prefer': ['n1', 'n2'],
        'needs': ['fs-clone'],
        'monitor': {'interval': '20s', 'timeout': '40s', 'command': 'test "$x" && exit <&0'},
        'utilization': {'memory': 2048},
        'params': {'on_dump': 'refuse'},
        'meta': {'allow-migrate': True},
    },
    {'id': 'web', 'engine': 'lxc', 'after': ['db'], 'apart': ['db'], 'state': 'stopped'},
    {'id': 103, 'state': 'unmanaged'},
]


def test_every_field_reaches_the_cib(cluster):
    create(cluster, STORAGE)
    result = declare(cluster, FULL)
    assert result['changed'] and result['created'] == ['db', 've-web', 've-103'] and result['attempts'] == 1
    assert result['updated'] == result['removed'] == []

    db = element(cluster, 'db')
    assert (db.tag, db.get('class'), db.get('provider'), db.get('type')) == ('primitive', 'ocf', 'openve', 'ManageVE')
    assert values(cluster, 'db', 'instance_attributes') == {
        'veid': '101',
        'engine': 'vzctl',
        'stop_grace': '300s',
        'start_settle': '0s',
        'start_slots': '2',
        'ready_timeout_action': 'proceed',
        'on_dump': 'refuse',
        'monitor_command': 'test "$x" && exit <&0',
    }
    assert values(cluster, 'db', 'meta_attributes') == {
        'priority': '-10',
        'resource-stickiness': '2020',
        'migration-threshold': '3',
        'failure-timeout': '3600s',
        'target-role': 'Started',
        'allow-migrate': 'true',
    }
    assert values(cluster, 'db', 'utilization') == {'memory': '2048'}
    assert operations(cluster, 'db') == {
        ('start', '0s'): '280s',
        ('stop', '0s'): '365s',
        ('monitor', '20s'): '40s',
        ('monitor', '60s'): '60s',
        ('migrate_to', '0s'): '180s',
        ('migrate_from', '0s'): '180s',
    }
    assert values(cluster, 'db-monitor-interval-60s', 'instance_attributes') == {'OCF_CHECK_LEVEL': '10'}

    assert values(cluster, 've-web', 'instance_attributes')['veid'] == 'web'
    assert values(cluster, 've-web', 'instance_attributes')['engine'] == 'lxc'
    assert values(cluster, 've-web', 'meta_attributes')['target-role'] == 'Stopped'
    assert operations(cluster, 've-web') == {('start', '0s'): '180s', ('stop', '0s'): '150s', ('monitor', '10s'): '30s'}
    assert values(cluster, 've-103', 'meta_attributes')['is-managed'] == 'false'

    constraints = {
        child.get('id'): {key: value for key, value in child.attrib.items() if key != 'id'}
        for child in ET.fromstring(cluster.text()).find('configuration/constraints')
    }
    assert constraints == {
        'db-prefer-n1': {'rsc': 'db', 'node': 'n1', 'score': '20'},
        'db-prefer-n2': {'rsc': 'db', 'node': 'n2', 'score': '10'},
        'db-needs-fs-clone-order': {'first': 'fs-clone', 'then': 'db', 'kind': 'Mandatory'},
        'db-needs-fs-clone-colocation': {'rsc': 'db', 'with-rsc': 'fs-clone', 'score': 'INFINITY'},
        've-web-after-db': {
            'first': 'db',
            'first-action': 'start',
            'then': 've-web',
            'then-action': 'start',
            'kind': 'Optional',
            'symmetrical': 'false',
        },
        've-web-apart-db': {'rsc': 've-web', 'with-rsc': 'db', 'score': '-1000'},
    }
    assert prop(cluster, 'node-action-limit') == '2'
    for untouched in ('batch-limit', 'start-failure-is-fatal', 'load-threshold', 'shutdown-escalation'):
        assert prop(cluster, untouched) is None


def test_the_second_run_changes_nothing(cluster):
    create(cluster, STORAGE)
    declare(cluster, FULL)
    text = cluster.text()
    for check in (True, False):
        result = declare(cluster, FULL, check=check)
        assert not result['changed'] and result['patch'] == ''
        assert result['created'] == result['updated'] == result['removed'] == []
        assert result['diff']() == {'before': '', 'after': ''}
    # what other tools make of the file is no change either
    declare(cluster, list(reversed(FULL)))
    assert not declare(cluster, FULL)['changed']
    assert cluster.text() == text


def test_check_mode_has_the_very_same_patch_and_result(cluster):
    create(cluster, STORAGE)
    text = cluster.text()
    planned = declare(cluster, FULL, check=True)
    assert cluster.text() == text
    done = declare(cluster, FULL)
    assert planned['attempts'] == 0 and done['attempts'] == 1
    assert planned['diff']() == done['diff']()
    for key in set(done) - {'attempts', 'diff', 'limits'}:
        assert planned[key] == done[key], key
    assert '<primitive id="db"' in done['diff']()['after'] and done['diff']()['before'].count('primitive') == 0


def test_a_change_shows_in_updated_and_in_the_diff(cluster):
    ves = [{'id': 1}, {'id': 2}, {'id': 3}]
    declare(cluster, ves)
    result = declare(cluster, [{'id': 1}, {'id': 2, 'stop_grace': '4min'}, {'id': 3, 'after': ['ve-1']}])
    assert result['updated'] == ['ve-2', 've-3'] and not result['created']
    before, after = result['diff']()['before'], result['diff']()['after']
    assert 'value="120s"' in before and 'value="240s"' in after
    assert 've-3-after-ve-1' in after and 've-3-after-ve-1' not in before
    assert 've-1-start' not in before + after


def test_what_is_no_longer_declared_of_a_ve_goes(cluster):
    create(cluster, STORAGE)
    declare(cluster, FULL)
    result = declare(cluster, [{'id': 101, 'name': 'db'}, FULL[1], FULL[2]])
    assert result['updated'] == ['db']
    assert element(cluster, 'db-utilization') is None
    assert 'on_dump' not in values(cluster, 'db', 'instance_attributes')
    assert set(operations(cluster, 'db')) == {('start', '0s'), ('stop', '0s'), ('monitor', '10s')}
    assert ids(cluster, 'rsc_location') == []
    assert ids(cluster, 'rsc_colocation') == ['ve-web-apart-db']


@pytest.mark.parametrize('new, role', [('started', 'Started'), ('stopped', 'Stopped')])
def test_new_ves_begin_as_told(cluster, new, role):
    declare(cluster, [{'id': 1}, {'id': 2, 'state': 'started'}, {'id': 3, 'state': 'stopped'}], new=new)
    roles = [values(cluster, 've-%d' % number, 'meta_attributes')['target-role'] for number in (1, 2, 3)]
    assert roles == [role, 'Started', 'Stopped']


def test_what_an_admin_set_by_hand_stays(cluster):
    declare(cluster, [{'id': 1}])
    for name, value in (('target-role', 'Stopped'), ('is-managed', 'false'), ('maintenance', 'true')):
        cluster.tool(
            'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', name, '--parameter-value', value
        )
    cluster.tool('crm_resource', '--resource', 've-1', '--set-parameter', 'force_stop', '--parameter-value', 'true')
    result = declare(cluster, [{'id': 1}])
    assert result['updated'] == ['ve-1'], 'a parameter that nobody declared goes'
    meta = values(cluster, 've-1', 'meta_attributes')
    assert (meta['target-role'], meta['is-managed'], meta['maintenance']) == ('Stopped', 'false', 'true')
    assert 'force_stop' not in values(cluster, 've-1', 'instance_attributes')

    declare(cluster, [{'id': 1, 'state': 'started'}])
    meta = values(cluster, 've-1', 'meta_attributes')
    assert meta['target-role'] == 'Started' and 'is-managed' not in meta and meta['maintenance'] == 'true'
    declare(cluster, [{'id': 1, 'state': 'unmanaged'}])
    meta = values(cluster, 've-1', 'meta_attributes')
    assert meta['target-role'] == 'Started' and meta['is-managed'] == 'false'


def test_a_target_role_that_was_removed_by_hand_is_not_put_back(cluster):
    declare(cluster, [{'id': 1}])
    cluster.tool('crm_resource', '--resource', 've-1', '--meta', '--delete-parameter', 'target-role')
    assert not declare(cluster, [{'id': 1}], new='stopped')['changed']


def test_sets_with_a_rule_stay(cluster):
    declare(cluster, [{'id': 1}])
    cluster.tool(
        'cibadmin',
        '--modify',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="ve-1"><meta_attributes id="night"><rule id="night-r" score="0">'
        '<date_expression id="night-e" operation="gt" start="2030-01-01"/></rule>'
        '<nvpair id="night-p" name="resource-stickiness" value="0"/></meta_attributes></primitive>',
    )
    assert not declare(cluster, [{'id': 1}])['changed']
    assert declare(cluster, [{'id': 1, 'stop_grace': '1s'}])['changed']
    assert element(cluster, 'night-r') is not None


def test_a_ve_in_a_group_stays_there(cluster):
    create(
        cluster,
        '<group id="g">%s<primitive id="ve-1" class="ocf" provider="openve" type="ManageVE"/></group>' % ADDRESS,
    )
    assert declare(cluster, [{'id': 1}])['updated'] == ['ve-1']
    assert [child.get('id') for child in element(cluster, 'g')] == ['address', 've-1']
    assert not declare(cluster, [{'id': 1}])['changed']


# Ownership


def test_foreign_elements_stay_as_they_are(cluster):
    create(cluster, ADDRESS)
    declare(cluster, [{'id': 1, 'prefer': ['n1']}, {'id': 2}])
    for xml in (
        '<rsc_location id="theirs" rsc="ve-1" node="n2" score="5"/>',
        '<rsc_location id="cli-prefer-ve-1" rsc="ve-1" node="n2" score="INFINITY"/>',
        # named like ours, and of others
        '<rsc_location id="ve-1-prefer-x" rsc="address" node="n2" score="5"/>',
        '<rsc_order id="ve-1-after-address" first="ve-1" then="address"/>',
    ):
        create(cluster, xml, 'constraints')
    assert not declare(cluster, [{'id': 1, 'prefer': ['n1']}, {'id': 2}])['changed']
    declare(cluster, [{'id': 1}], purge=True)
    assert sorted(ids(cluster, 'rsc_location')) == ['cli-prefer-ve-1', 'theirs', 've-1-prefer-x']
    assert ids(cluster, 'rsc_order') == ['ve-1-after-address']


def test_undeclared_ves_stay_without_purge(cluster):
    declare(cluster, [{'id': 1}, {'id': 2}])
    assert not declare(cluster, [{'id': 1}])['changed']


def test_purge_removes_undeclared_ves_and_what_is_theirs_only(cluster):
    create(cluster, ADDRESS)
    create(
        cluster,
        '<primitive id="old" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="oi">'
        '<nvpair id="ov" name="veid" value="99"/></instance_attributes></primitive>',
    )
    declare(
        cluster,
        [{'id': 1}, {'id': 2, 'prefer': ['n1'], 'apart': ['ve-1'], 'after': ['ve-3'], 'needs': ['address']}, {'id': 3}],
    )
    create(cluster, '<rsc_location id="cli-ban-ve-2-on-n3" rsc="ve-2" node="n3" score="-INFINITY"/>', 'constraints')
    planned = declare(cluster, [{'id': 1}], purge=True, check=True)
    result = declare(cluster, [{'id': 1}], purge=True)
    assert result['removed'] == planned['removed'] == ['ve-2', 've-3']
    assert result['patch'] == planned['patch']
    assert ids(cluster, 'primitive') == ['address', 'old', 've-1']
    assert list(ET.fromstring(cluster.text()).find('configuration/constraints')) == []
    assert not declare(cluster, [{'id': 1}], purge=True)['changed']


@pytest.mark.parametrize(
    'section, xml',
    [
        ('constraints', '<rsc_colocation id="theirs" rsc="address" with-rsc="ve-2" score="1"/>'),
        (
            'constraints',
            '<rsc_order id="theirs"><resource_set id="rs"><resource_ref id="ve-2"/>'
            '<resource_ref id="address"/></resource_set></rsc_order>',
        ),
        ('tags', '<tag id="theirs"><obj_ref id="ve-2"/></tag>'),
    ],
)
def test_purge_refuses_what_somebody_else_refers_to(cluster, section, xml):
    create(cluster, ADDRESS)
    declare(cluster, [{'id': 1}, {'id': 2}])
    if section == 'tags':
        cluster.tool(
            'cibadmin',
            '--modify',
            '--allow-create',
            '--scope',
            'configuration',
            '--xml-text',
            '<configuration><tags>%s</tags></configuration>' % xml,
        )
    else:
        create(cluster, xml, section)
    text = cluster.text()
    with pytest.raises(CibError, match='ve-2 is to be purged, but theirs still refers to it'):
        declare(cluster, [{'id': 1}], purge=True)
    assert cluster.text() == text


@pytest.mark.parametrize(
    'xml, ve, message',
    [
        (
            ADDRESS,
            {'id': 1, 'name': 'address'},
            'VE address: name: .* that is ocf:pacemaker:Dummy; give the VE another',
        ),
        (STORAGE, {'id': 1, 'name': 'fs-clone'}, 'that is clone; give the VE another name'),
        ('<primitive id="ve-1" class="ocf" provider="heartbeat" type="ManageVE"/>', {'id': 1}, 'adopt it first'),
        (
            '<primitive id="other" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="i">'
            '<nvpair id="v" name="veid" value="001"/></instance_attributes></primitive>',
            {'id': 1},
            'VE 1: id: the resource other .* manages this VE already',
        ),
        (ADDRESS, {'id': 1, 'needs': ['storage']}, 'VE 1: needs: this cluster has no resource storage; create it'),
        (STORAGE, {'id': 1, 'needs': ['fs']}, 'VE 1: needs: fs is inside the clone fs-clone; name that'),
        (ADDRESS.replace('address', 've-1-prefer-n1'), {'id': 1, 'prefer': ['n1']}, 'The id ve-1-prefer-n1 is taken'),
    ],
)
def test_what_a_cluster_cannot_take_is_refused_and_nothing_changes(cluster, xml, ve, message):
    create(cluster, xml)
    text = cluster.text()
    for check in (True, False):
        with pytest.raises(CibError, match=message):
            declare(cluster, [ve], check=check)
    assert cluster.text() == text


def test_a_renamed_ve_is_refused_without_purge_and_replaced_with_it(cluster):
    declare(cluster, [{'id': 1}])
    with pytest.raises(CibError, match='the resource ve-1 .ocf:openve:ManageVE. manages this VE already'):
        declare(cluster, [{'id': 1, 'name': 'db'}])
    result = declare(cluster, [{'id': 1, 'name': 'db'}], purge=True)
    assert (result['created'], result['removed']) == (['db'], ['ve-1'])


def test_bad_input_changes_nothing(cluster):
    text = cluster.text()
    with pytest.raises(InputError):
        declare(cluster, [{'id': 1}, {'id': 2, 'boot_time': 'x'}])
    assert cluster.text() == text and cluster.calls == []


# Properties


def test_properties_are_set_only_as_the_policy_says(cluster):
    create(cluster, ADDRESS)
    result = declare(cluster, [{'id': 1}], {'starts_per_node': 0})
    assert result['properties'] == [] and prop(cluster, 'node-action-limit') is None
    assert 'start_slots' not in values(cluster, 've-1', 'instance_attributes')

    result = declare(
        cluster, [{'id': 1}], {'starts_per_node': 3, 'starts_total': 5, 'retry_start': True, 'load_threshold': '0%'}
    )
    assert [(row['name'], row['old'], row['new'], row['changed'], row['foreign']) for row in result['properties']] == [
        ('node-action-limit', None, '3', True, ['address']),
        ('batch-limit', None, '5', True, ['address']),
        ('start-failure-is-fatal', None, 'false', True, ['address']),
        ('load-threshold', None, '0%', True, ['address']),
    ]
    assert all(row['concerns'] for row in result['properties'])
    result = declare(cluster, [{'id': 1}], {'starts_per_node': 3})
    assert [(row['name'], row['changed']) for row in result['properties']] == [('node-action-limit', False)]
    assert prop(cluster, 'batch-limit') == '5'
    assert any('retry_start: false leaves' in warning for warning in result['warnings'])


def test_shutdown_escalation_is_raised_where_it_is_needed_and_never_lowered(cluster):
    many = [{'id': number} for number in range(1, 41)]
    result = declare(cluster, many)
    # 40 VEs on 3 nodes: 20 on one after another is lost, 10 rounds of 150 s, and 2 min
    assert prop(cluster, 'shutdown-escalation') == '1620s'
    row = [row for row in result['explain'] if row['what'] == 'shutdown-escalation'][0]
    assert row['inputs'] == {'ves_on_a_node': 20, 'starts_per_node': 2, 'stop_timeout': '150s', 'margin': '120s'}
    result = declare(cluster, many[:3], purge=True)
    assert prop(cluster, 'shutdown-escalation') == '1620s'
    result = declare(cluster, [{'id': number, 'prefer': ['n1']} for number in range(1, 41)])
    assert prop(cluster, 'shutdown-escalation') == '3120s'
    assert any('TimeoutStopSec' in warning for warning in result['warnings'])


def test_remote_and_guest_nodes_may_be_preferred(cluster):
    create(cluster, '<primitive id="r1" class="ocf" provider="pacemaker" type="remote"/>')
    create(
        cluster,
        '<primitive id="vm" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="vm-m">'
        '<nvpair id="vm-r" name="remote-node" value="g1"/></meta_attributes></primitive>',
    )
    assert declare(cluster, [{'id': 1, 'prefer': ['r1', 'g1', 'n1']}])['warnings'] == []
    (warning,) = declare(cluster, [{'id': 1, 'prefer': ['r1', 'g2']}])['warnings']
    assert warning.endswith(': g2.')


def test_explain_has_each_number_once_with_its_ves(cluster):
    result = declare(cluster, [{'id': 1}, {'id': 2}, {'id': 3, 'stop_grace': '5min'}])
    rows = {(row['what'], row['value']): row for row in result['explain']}
    assert len(rows) == len(result['explain'])
    assert rows['stop timeout', '150s']['ves'] == ['ve-1', 've-2']
    assert rows['stop timeout', '365s']['ves'] == ['ve-3']
    assert rows['stop timeout', '365s']['inputs']['stop_grace'] == '300s'
    assert all(row['formula'] for row in result['explain'])


def test_warnings_about_the_cluster(cluster):
    assert declare(cluster, [{'id': 1}])['warnings'] == []
    cluster.tool(
        'cibadmin',
        '--modify',
        '--scope',
        'crm_config',
        '--xml-text',
        '<cluster_property_set id="cib-bootstrap-options"><nvpair id="pfd" name="priority-fencing-delay" '
        'value="15s"/></cluster_property_set>',
    )
    warnings = '\n'.join(declare(cluster, [{'id': 1, 'utilization': {'memory': 1}, 'prefer': ['n9']}])['warnings'])
    for part in ('priority-fencing-delay', 'placement-strategy', 'n9'):
        assert part in warnings


# What Pacemaker makes of it


def test_ves_run_where_they_prefer_to_and_a_returning_node_takes_none_back(cluster):
    ves = [{'id': number, 'prefer': ['n1', 'n2', 'n3']} for number in range(1, 7)]
    ves += [{'id': 7, 'prefer': ['n1'], 'apart': ['ve-8']}, {'id': 8, 'prefer': ['n1']}]
    declare(cluster, ves)
    cluster.settle()
    home = cluster.where()
    assert {home['ve-%d' % number] for number in range(1, 7)} == {'n1'}
    assert home['ve-7'] != home['ve-8'], 'apart weighs more than a preference'

    cluster.settle('--node-down', 'n1')
    away = cluster.where()
    assert 'n1' not in away.values() and len(away) == 8
    cluster.settle('--node-up', 'n1')
    assert cluster.actions() == [] and cluster.where() == away

    # with failback they return
    with pytest.raises(CibError, match='move ve-1 on'):
        declare(cluster, ves, {'failback': True})
    declare(cluster, ves, {'failback': True}, allow_restart=True)
    assert ('move', 've-1', 'n1') in cluster.actions()
    declare(cluster, ves)
    assert cluster.actions() == []
    # and an admin can still move one
    create(cluster, '<rsc_location id="cli-prefer-ve-1" rsc="ve-1" node="n3" score="INFINITY"/>', 'constraints')
    assert cluster.actions() == [('move', 've-1', 'n3')]


def test_without_preferences_failback_shuffles_nothing(cluster):
    declare(cluster, [{'id': number} for number in range(1, 7)], {'failback': True})
    cluster.settle()
    cluster.settle('--node-down', 'n1')
    away = cluster.where()
    cluster.settle('--node-up', 'n1')
    assert cluster.where() == away


def test_ves_that_had_to_share_a_node_stay_when_there_is_another_again(cluster):
    declare(cluster, [{'id': 1, 'apart': ['ve-2']}, {'id': 2}])
    cluster.settle('--node-down', 'n1', '--node-down', 'n2')
    shared = cluster.where()
    assert shared == {'ve-1': 'n3', 've-2': 'n3'}
    cluster.settle('--node-up', 'n1')
    assert cluster.where() == shared


def test_the_restart_of_a_ve_restarts_none_that_comes_after_it(cluster):
    declare(cluster, [{'id': 1}, {'id': 2, 'after': ['ve-1']}])
    cluster.settle()
    declare(cluster, [{'id': 1, 'state': 'stopped'}, {'id': 2, 'after': ['ve-1']}])
    assert [action[:2] for action in cluster.actions()] == [('stop', 've-1')]


def test_a_ve_starts_though_the_one_before_it_does_not(cluster):
    declare(cluster, [{'id': 1, 'state': 'stopped'}, {'id': 2, 'after': ['ve-1']}])
    assert [action[:2] for action in cluster.actions()] == [('start', 've-2')]


def test_a_needed_clone_comes_first_and_its_return_elsewhere_restarts_nothing(cluster):
    create(cluster, STORAGE)
    ves = [{'id': 1, 'needs': ['fs-clone'], 'prefer': ['n2']}]
    cluster.settle('--node-down', 'n1')
    declare(cluster, ves)
    cluster.settle()
    assert cluster.where()['ve-1'] == 'n2'
    due = cluster.actions('--node-up', 'n1')
    assert [action for action in due if action[1] == 've-1'] == []
    assert any(action[0] == 'start' and action[1].startswith('fs') for action in due)


def test_what_nobody_declared_starts_before_the_ves_and_they_by_their_order(cluster):
    declare(cluster, [{'id': number, 'start_order': order} for number, order in ((1, 50), (2, 10), (3, 30), (4, 20))])
    create(cluster, ADDRESS)
    create(cluster, ADDRESS.replace('address', 'database'))
    starts = [name for name, waits in cluster.starts() if not waits]
    assert set(starts[:2]) == {'address', 'database'} and starts[2:] == ['ve-2', 've-4', 've-3', 've-1']


def test_a_ve_comes_after_another_also_where_its_own_order_is_lower(cluster):
    declare(cluster, [{'id': 1, 'start_order': 10, 'after': ['ve-2']}, {'id': 2, 'start_order': 90}, {'id': 3}])
    assert dict(cluster.starts()) == {'ve-1': ['ve-2'], 've-2': [], 've-3': []}


def test_what_is_needed_is_started_first_and_on_the_same_node(cluster):
    create(cluster, ADDRESS)
    create(cluster, '<rsc_location id="there" rsc="address" node="n3" score="100"/>', 'constraints')
    declare(cluster, [{'id': 1, 'needs': ['address'], 'prefer': ['n1']}])
    assert dict(cluster.starts()) == {'address': [], 've-1': ['address']}
    cluster.settle()
    assert cluster.where() == {'address': 'n3', 've-1': 'n3'}


def test_a_ve_that_fits_nowhere_is_not_started(cluster):
    for node in ('1', '2', '3'):
        cluster.tool(
            'cibadmin',
            '--modify',
            '--allow-create',
            '--scope',
            'nodes',
            '--xml-text',
            '<node id="%s"><utilization id="u%s"><nvpair id="m%s" name="memory" value="1000"/></utilization></node>'
            % ((node,) * 3),
        )
    cluster.tool(
        'cibadmin',
        '--modify',
        '--allow-create',
        '--scope',
        'crm_config',
        '--xml-text',
        '<cluster_property_set id="cib-bootstrap-options"><nvpair id="ps" name="placement-strategy" value="balanced"/></cluster_property_set>',
    )
    result = declare(
        cluster,
        [
            {'id': 1, 'utilization': {'memory': 700}},
            {'id': 2, 'utilization': {'memory': 700}},
            {'id': 3, 'utilization': {'memory': 1001}},
        ],
    )
    assert result['warnings'] == []
    cluster.settle()
    home = cluster.where()
    assert set(home) == {'ve-1', 've-2'} and home['ve-1'] != home['ve-2']


# What runs goes on running


def test_a_change_that_restarts_a_running_ve_is_refused_with_the_list(cluster):
    declare(cluster, [{'id': 1}, {'id': 2}, {'id': 3, 'state': 'stopped'}])
    cluster.settle()
    node, text = cluster.where()['ve-1'], cluster.text()
    changed = [{'id': 11, 'name': 've-1'}, {'id': 2, 'start_order': 3}, {'id': 33, 'name': 've-3'}]
    for check in (True, False):
        with pytest.raises(CibError, match='restart ve-1 on %s' % node) as caught:
            declare(cluster, changed, check=check)
        assert 've-2' not in caught.value.msg and 've-3' not in caught.value.msg
    assert cluster.text() == text
    assert [row['resource'] for row in caught.value.details['predicted']] == ['ve-1']

    result = declare(cluster, changed, allow_restart=True)
    assert [(row['resource'], row['action'], row['node']) for row in result['predicted']] == [('ve-1', 'restart', node)]
    assert 'Pacemaker will restart ve-1 on %s' % node in result['diff']()['prepared']
    assert ('restart', 've-1', node) in cluster.actions()


def test_what_was_due_anyway_is_not_the_changes_fault(cluster):
    declare(cluster, [{'id': 1}, {'id': 2}])
    cluster.settle()
    cluster.tool(
        'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', 'target-role', '--parameter-value', 'Stopped'
    )
    assert [action[:2] for action in cluster.actions()] == [('stop', 've-1')]
    result = declare(cluster, [{'id': 1, 'start_order': 7}, {'id': 2}])
    assert result['changed'] and result['predicted'] == []


def test_a_stop_that_was_declared_is_done_and_a_purge_of_what_runs_is_refused(cluster):
    declare(cluster, [{'id': 1}, {'id': 2}])
    cluster.settle()
    with pytest.raises(CibError, match='stop ve-2'):
        declare(cluster, [{'id': 1}], purge=True)
    result = declare(cluster, [{'id': 1}, {'id': 2, 'state': 'stopped'}])
    assert [(row['resource'], row['action']) for row in result['predicted']] == [('ve-2', 'stop')]
    cluster.settle()
    result = declare(cluster, [{'id': 1}], purge=True)
    assert result['removed'] == ['ve-2'] and result['predicted'] == []


def test_foreign_resources_that_move_are_reported_not_refused(cluster):
    create(cluster, ADDRESS)
    cluster.settle()
    home = cluster.where()['address']
    declare(cluster, [{'id': 1, 'state': 'stopped', 'prefer': [home]}])
    # theirs may not be where a VE is: starting the VE sends it away
    create(cluster, '<rsc_colocation id="theirs" rsc="address" with-rsc="ve-1" score="-INFINITY"/>', 'constraints')
    result = declare(cluster, [{'id': 1, 'state': 'started', 'prefer': [home]}])
    assert [(row['resource'], row['action'], row['node']) for row in result['predicted']] == [('address', 'move', home)]


# Waiting


def test_waiting(cluster):
    waited = []

    def run(argv, stdin=None):
        if argv[0] == 'crm_resource':
            waited.append(argv)
            return 124, '', 'Pending actions:\n\tAction 12: ve-1_start_0\ton n1\ncrm_resource: Timeout occurred\n'
        return cluster._run(argv, stdin)

    arguments = {
        'ves': [{'id': 1}],
        'policy': None,
        'purge': False,
        'new': 'started',
        'wait': True,
        'wait_timeout': '90s',
        'allow_restart': False,
        'backup_keep': 0,
    }
    assert ve_resources.run(run, arguments, check=True)['changed'] and not waited
    with pytest.raises(Error, match='in place, but .* not settled after 90s. Still to be done: ve-1_start_0') as caught:
        ve_resources.run(run, arguments)
    assert waited == [['crm_resource', '--wait', '--timeout=90']]
    assert caught.value.details['changed'] and caught.value.details['created'] == ['ve-1']
    with pytest.raises(InputError, match='wait_timeout'):
        ve_resources.run(run, dict(arguments, wait_timeout='soon'))


def waiting(cluster, ves, rc, said=''):
    """What waiting ends with, where crm_resource --wait (which needs a running cluster) says that."""

    def run(argv, stdin=None):
        return (rc, '', said) if argv[0] == 'crm_resource' else cluster._run(argv, stdin)

    try:
        return ve_resources.run(
            run,
            {
                'ves': ves,
                'policy': None,
                'purge': False,
                'new': 'started',
                'wait': True,
                'wait_timeout': '90s',
                'allow_restart': False,
                'backup_keep': 0,
            },
        )
    except Error as error:
        return error


VES = [{'id': 1}, {'id': 2}, {'id': 3, 'state': 'stopped'}, {'id': 4, 'state': 'unmanaged'}, {'id': 5}]


def test_waiting_ends_well_only_where_all_that_are_to_run_are_up(cluster):
    declare(cluster, VES)
    for ve in ('ve-1', 've-2', 've-5'):
        happened(cluster, 'n1', ve, ('start', OK))
    assert waiting(cluster, VES, 0)['changed'] is False
    happened(cluster, 'n2', 've-6', ('start', FAILED, 'not declared'))
    assert waiting(cluster, VES, 0)['changed'] is False

    declare(cluster, [*VES, {'id': 7}, {'id': 8}])
    happened(cluster, 'n2', 've-7', ('start', FAILED, "init doesn't start"), ('stop', OK))
    error = waiting(cluster, [*VES, {'id': 7}, {'id': 8}], 0)
    assert error.msg == (
        'The configuration is in place and the cluster has settled, but of the VEs that are to run 2 are not up.\n'
        "- ve-7 (stopped): start on n2: error (init doesn't start)\n"
        '- ve-8 (stopped): no failure is recorded; look with crm_resource --why --resource=ve-8'
    )
    assert [ve['name'] for ve in error.details['not_up']] == ['ve-7', 've-8'] and error.details['changed'] is False


def test_waiting_that_takes_too_long_says_what_is_under_way_and_what_failed(cluster):
    ves = [{'id': number} for number in range(1, 4)]
    declare(cluster, ves)
    happened(cluster, 'n1', 've-1', ('start', PENDING))
    happened(cluster, 'n2', 've-2', ('start', FAILED, 'no init'), ('stop', OK))
    happened(cluster, 'n3', 've-3', ('start', OK))
    error = waiting(cluster, ves, 124, 'Pending actions:\n\tAction 12: ve-2_start_0\ton n1\n')
    assert (
        'not settled after 90s. Still to be done: ve-2_start_0 on n1. Under way: start of ve-1 on n1, since '
        in error.msg
    )
    assert '(its timeout is 180s)' in error.msg and '- ve-2 (stopped): start on n2: error (no init)' in error.msg
    assert 've-3' not in error.msg and error.details['pending'] == ['ve-2_start_0 on n1']


def test_waiting_for_many_names_ten(cluster):
    ves = [{'id': number} for number in range(1, 14)]
    error = waiting(cluster, ves, 0)
    assert error.msg.count('no failure is recorded') == 10 and error.msg.endswith('- and 3 more')
    assert len(error.details['not_up']) == 13


def test_waiting_that_fails_says_so(cluster):
    assert (
        'waiting for the cluster failed: crm_resource --wait: no cluster (102)'
        in waiting(cluster, VES, 102, 'no cluster').msg
    )


def test_100_ves_are_one_patch(cluster):
    create(cluster, STORAGE)
    ves = [{'id': number, 'needs': ['fs-clone'], 'prefer': ['n1', 'n2']} for number in range(1, 101)]
    result = declare(cluster, ves)
    assert len(result['created']) == 100 and result['attempts'] == 1
    assert not declare(cluster, ves)['changed']


# Any sequence of declarations arrives, and stays

NAMES = ['a', 'b', 'c', 'd']


@st.composite
def declarations(draw):
    ves = []
    for number, name in enumerate(NAMES):
        if draw(st.booleans()):
            ves.append(
                {
                    'id': number + 1,
                    'name': name,
                    'prefer': draw(st.lists(st.sampled_from(['n1', 'n2', 'n3']), unique=True)),
                    'stop_grace': draw(st.sampled_from(['10s', '120s', '300s'])),
                    'state': draw(st.sampled_from([None, 'started', 'stopped', 'unmanaged'])),
                    'monitor': draw(st.sampled_from([None, {'command': 'a'}, {'interval': '60s', 'command': '<&>"'}])),
                    'utilization': draw(st.sampled_from([{}, {'cpu': 1}, {'memory': 5, 'cpu': 2}])),
                    'params': draw(st.sampled_from([{}, {'force_stop': True}, {'on_dump': 'refuse'}])),
                    'after': draw(st.lists(st.sampled_from([ve['name'] for ve in ves]), unique=True)) if ves else [],
                    'apart': draw(st.lists(st.sampled_from([ve['name'] for ve in ves]), unique=True)) if ves else [],
                }
            )
    return draw(st.permutations(ves))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(declarations(), min_size=2, max_size=2))
def test_any_sequence_of_declarations_arrives_and_stays(cluster, sequence):
    for ves in sequence:
        result = declare(cluster, ves, purge=True)
        wanted = {ve['name'] for ve in ves}
        assert set(ids(cluster, 'primitive')) == wanted
        assert set(ids(cluster, 'rsc_location')) == {
            '%s-prefer-%s' % (ve['name'], node) for ve in ves for node in ve['prefer']
        }
        assert set(result['created']) | set(result['updated']) <= wanted
        again = declare(cluster, ves, purge=True)
        assert not again['changed'], again['diff']()

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declaration makes of a CIB, by Pacemaker's own tools on a file."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declarations import ADDRESS, STORAGE, create, declare, element, ids, operations, prop, values

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


def test_a_ve_may_have_a_pause_of_its_own(cluster):
    declare(
        cluster,
        [{'id': 1, 'settle': '90s'}, {'id': 2}, {'id': 3, 'settle': '0s'}],
        {'settle': '20s', 'boot_time': '2min'},
    )
    settles = {name: values(cluster, name, 'instance_attributes')['start_settle'] for name in ids(cluster, 'primitive')}
    assert settles == {'ve-1': '90s', 've-2': '20s', 've-3': '0s'}
    # 2 x (boot_time + settle) and what is on top of it
    starts = [operations(cluster, 've-%d' % number)['start', '0s'] for number in (1, 2, 3)]
    assert starts == sorted(starts, key=lambda text: -int(text[:-1])) and len(set(starts)) == 3
    assert int(starts[0][:-1]) - int(starts[1][:-1]) >= 2 * 70


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
        result = declare(cluster, ves, purge=True, purge_all=True)
        wanted = {ve['name'] for ve in ves}
        assert set(ids(cluster, 'primitive')) == wanted
        assert set(ids(cluster, 'rsc_location')) == {
            '%s-prefer-%s' % (ve['name'], node) for ve in ves for node in ve['prefer']
        }
        assert set(result['created']) | set(result['updated']) <= wanted
        again = declare(cluster, ves, purge=True, purge_all=True)
        assert not again['changed'], again['diff']()

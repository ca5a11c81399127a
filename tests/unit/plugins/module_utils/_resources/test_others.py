# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two teams with two lists on one cluster live side by side."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

from declarations import ADDRESS, create, declare, element, ids, prop, values

DB = [{'id': 1, 'name': 'db', 'start_order': 10, 'prefer': ['n1']}, {'id': 2, 'name': 'queue', 'after': ['db']}]


def ours(cluster, *names):
    """What one team's VEs and constraints are."""
    return {
        ident: tree.canonical(child)
        for child in ET.fromstring(cluster.text()).find('configuration').iter()
        for ident in [child.get('id') or '']
        if child.tag in ('primitive', 'rsc_location', 'rsc_order', 'rsc_colocation') and ident.split('-')[0] in names
    }


def test_after_and_apart_may_name_what_another_list_declared(cluster):
    declare(cluster, DB)
    before = ours(cluster, 'db', 'queue')
    web = [{'id': 10, 'name': 'web', 'after': ['db', 'queue'], 'apart': ['db']}]
    result = declare(cluster, web)
    assert result['created'] == ['web'] and result['updated'] == []
    assert ours(cluster, 'db', 'queue') == before
    assert ids(cluster, 'rsc_order') == ['queue-after-db', 'web-after-db', 'web-after-queue']
    assert ids(cluster, 'rsc_colocation') == ['web-apart-db']
    assert values(cluster, 'web', 'meta_attributes')['resource-stickiness'] == '2000'
    # db boots before web, by Pacemaker's own scheduler
    assert dict(cluster.starts())['web'] == ['db', 'queue']
    # and the first team's run undoes none of it
    assert not declare(cluster, DB)['changed'] and not declare(cluster, web)['changed']


def test_apart_from_both_sides_is_one_constraint(cluster):
    declare(cluster, [{'id': 1, 'name': 'db'}])
    declare(cluster, [{'id': 10, 'name': 'web', 'apart': ['db']}])
    declare(cluster, [{'id': 1, 'name': 'db', 'apart': ['web']}])
    assert ids(cluster, 'rsc_colocation') == ['web-apart-db']
    assert not declare(cluster, [{'id': 10, 'name': 'web', 'apart': ['db']}])['changed']
    declare(cluster, [{'id': 10, 'name': 'web'}])
    assert ids(cluster, 'rsc_colocation') == []
    declare(cluster, [{'id': 1, 'name': 'db', 'apart': ['web']}])
    assert ids(cluster, 'rsc_colocation') == ['db-apart-web']


def test_shutdown_escalation_is_of_all_lists_with_what_they_prefer(cluster):
    """Whichever of the two is declared last: what the other one prefers stands in the CIB."""
    many = [{'id': number, 'name': 'db%d' % number, 'prefer': ['n2', 'n1']} for number in range(1, 41)]
    few = [{'id': 100, 'name': 'web', 'stop_grace': '5min'}]
    declare(cluster, many)
    alone = prop(cluster, 'shutdown-escalation')
    result = declare(cluster, few)
    both = [row for row in result['explain'] if row['what'] == 'shutdown-escalation'][0]
    assert both['inputs']['ves_on_a_node'] == 41 and both['inputs']['stop_timeout'] == '365s'
    assert alone == '3120s' and prop(cluster, 'shutdown-escalation') == '%ds' % (21 * 365 + 120)
    assert not declare(cluster, many)['changed'] and not declare(cluster, few)['changed']


@pytest.mark.parametrize(
    've, said',
    [
        ({'after': ['dbs']}, 'VE 10: after: no VE dbs is declared, here or in this cluster; did you mean db?'),
        ({'apart': ['address']}, 'VE 10: apart: no VE address is declared, here or in this cluster'),
        (
            {'needs': ['db']},
            'VE 10: needs: db is a VE, and needing it would restart ve-10 whenever db restarts; name it in after',
        ),
    ],
)
def test_what_is_no_ve_of_the_cluster_is_refused(cluster, ve, said):
    create(cluster, ADDRESS)
    declare(cluster, DB)
    text = cluster.text()
    with pytest.raises(CibError) as failure:
        declare(cluster, [dict(ve, id=10)])
    assert failure.value.details['problems'][0].startswith(said) and cluster.text() == text


def test_what_this_very_change_removes_is_no_ve_of_the_cluster(cluster):
    declare(cluster, DB)
    with pytest.raises(CibError, match='VE 10: after: no VE db is declared, here or in this cluster'):
        declare(cluster, [{'id': 10, 'after': ['db']}], purge=True)


def test_a_circle_through_another_list_is_refused(cluster):
    declare(cluster, [{'id': 1, 'name': 'db'}])
    declare(cluster, [{'id': 10, 'name': 'web', 'after': ['db']}])
    text = cluster.text()
    with pytest.raises(
        CibError,
        match='VE db: after: (db -> web -> db|web -> db -> web) wait for each other in a circle, which another list',
    ):
        declare(cluster, [{'id': 1, 'name': 'db', 'after': ['web']}])
    assert cluster.text() == text


def test_a_name_stays_with_its_ve(cluster):
    declare(cluster, DB)
    text = cluster.text()
    with pytest.raises(
        CibError, match=r'VE db: name: the resource db manages another VE, 1 \(vzctl\), and another list'
    ):
        declare(cluster, [{'id': 7, 'name': 'db'}], allow_restart=True)
    with pytest.raises(CibError, match=r'VE db: name: the resource db manages another VE, 1 \(vzctl\)'):
        declare(cluster, [{'id': 1, 'name': 'db', 'engine': 'lxc'}], allow_restart=True)
    # nor may another list rename it
    with pytest.raises(
        CibError, match='VE ve-1: id: the resource db .* manages this VE already|VE 1: id: the resource db'
    ):
        declare(cluster, [{'id': 1}])
    assert cluster.text() == text
    # 001 is 1
    assert not declare(cluster, [dict(DB[0], id='001'), DB[1]])['changed']
    # a list that says that it is the only one
    assert declare(cluster, [{'id': 7, 'name': 'db'}], purge=True)['updated'] == ['db']


@pytest.mark.parametrize(
    'theirs, mine, said',
    [
        (
            {'starts_per_node': 3},
            {},
            'policy: starts_per_node: is 2 here and 3 for the VEs of another list (db, queue), and there is one for the whole '
            'cluster; give both lists the same, or declare these VEs here; where no list has them any more, purge removes them',
        ),
        (
            {'starts_total': 7},
            {'starts_total': 5},
            'policy: starts_total: is 5 here and 7 (batch-limit) for the VEs of another list (db, queue)',
        ),
        (
            {'load_threshold': '90%'},
            {'load_threshold': '70%'},
            'policy: load_threshold: is 70% here and 90% (load-threshold) for the VEs of another list (db, queue)',
        ),
    ],
)
def test_policies_that_differ_are_refused_with_both_named(cluster, theirs, mine, said):
    declare(cluster, DB, theirs)
    text = cluster.text()
    with pytest.raises(CibError) as failure:
        declare(cluster, [{'id': 10}], mine)
    assert [line for line in failure.value.details['problems'] if line.startswith(said)], failure.value.msg
    assert cluster.text() == text
    # the same list, all of it, may change its mind; so may the only one
    assert declare(cluster, DB, mine)['changed']
    assert declare(cluster, [{'id': 10}], dict(theirs, starts_per_node=6), purge=True)['changed']


def test_what_can_be_merged_is_merged(cluster):
    """Two lists with their own boot times, graces and stickiness; the longest clean shutdown counts; retry_start is switched on."""
    declare(
        cluster,
        [{'id': 1, 'name': 'db', 'stop_grace': '20min'}],
        {'retry_start': True, 'failback': True, 'settle': '5s'},
    )
    escalation = prop(cluster, 'shutdown-escalation')
    before = ours(cluster, 'db')
    declare(cluster, [{'id': 10}], {'stop_grace': '10s', 'slow_boot': 'fail', 'failures_before_move': 5})
    assert ours(cluster, 'db') == before
    assert prop(cluster, 'start-failure-is-fatal') == 'false'
    assert int(prop(cluster, 'shutdown-escalation')[:-1]) >= int(escalation[:-1])
    assert element(cluster, 've-10') is not None

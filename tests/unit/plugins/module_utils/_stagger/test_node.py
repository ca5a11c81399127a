# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node does when it is asked: the plan of a release, its patch, and check mode."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import node
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    ARGUMENT,
    Plan,
    PutRequest,
    PutResult,
    VeLook,
)

from happenings import roles
from stagger_world import VES, declare, defaults


def asked(cluster, request=None, check=False, **arguments):
    """The module's result."""
    given = {**defaults(), **arguments, ARGUMENT: request and request.plain()}
    return ve_stagger.run(cluster.run, given, check)


def plan_of(cluster, **arguments):
    return Plan.read(asked(cluster, **arguments)['answer'])


def put(cluster, **parts):
    return PutResult.read(asked(cluster, PutRequest(**parts))['answer'])


def test_all_that_are_stopped_are_released_in_one_patch_in_order(cluster):
    declare(cluster, policy={'starts_per_node': 3})
    assert asked(cluster, ves=VES)['changed']
    made = plan_of(cluster, ves=VES)
    assert made.batches == [['ve-2', 've-1', 've-3']] and made.limit == 3
    assert not any('--patch' in argv for argv in cluster.calls)
    assert put(cluster, roles=dict.fromkeys(made.names, 'Started')) == PutResult(
        changed=True, done=['ve-1', 've-2', 've-3']
    )
    assert sum(argv[:2] == ['cibadmin', '--patch'] for argv in cluster.calls) == 1
    assert roles(cluster) == {'ve-1': ['Started'], 've-2': ['Started'], 've-3': ['Started']}
    # Pacemaker now starts them
    assert [action[:2] for action in cluster.actions() if action[0] == 'start'] == [
        ('start', 've-%d' % n) for n in (1, 2, 3)
    ]
    text = cluster.text()
    assert put(cluster, roles=dict.fromkeys(made.names, 'Started')).changed is False and cluster.text() == text
    assert not asked(cluster, ves=VES)['changed']
    again = plan_of(cluster, ves=VES)
    assert again.batches == [] and again.names == ['ve-2', 've-1', 've-3'], 'all are waited for'


def test_check_mode_shows_the_plan_and_the_diff_and_releases_nothing(cluster):
    declare(cluster)
    text = cluster.text()
    planned = asked(cluster, check=True, ves=VES)
    assert planned['changed'] and cluster.text() == text
    made = Plan.read(planned['answer'])
    assert [(row.name, row.to, row.batch, row.seconds) for row in made.rows] == [
        ('ve-2', 'n1', 1, 60),
        ('ve-1', 'n2', 1, 60),
        ('ve-3', 'n3', 1, 60),
    ], 'where the scheduler would put them'
    assert made.expected == 60
    assert (
        planned['diff']()['before'].count('value="Stopped"') == 3 == planned['diff']()['after'].count('value="Started"')
    )


def test_only_what_is_to_run_is_released(cluster):
    ves = [
        {'id': 1, 'state': 'started'},
        {'id': 2, 'state': 'stopped'},
        {'id': 3, 'state': 'unmanaged'},
        {'id': 4},
        {'id': 5},
    ]
    declare(cluster, ves)
    for ve, role in (('ve-1', 'stopped'), ('ve-3', 'Stopped')):
        cluster.tool(
            'crm_resource', '--resource', ve, '--meta', '--set-parameter', 'target-role', '--parameter-value', role
        )
    cluster.tool('crm_resource', '--resource', 've-5', '--meta', '--delete-parameter', 'target-role')
    made = plan_of(cluster, ves=ves[:3] + ves[4:])
    assert made.batches == [['ve-1']] and made.names == ['ve-1', 've-5'], 'what is not to run is not waited for'


def test_a_role_that_was_not_there_is_taken_away_again(cluster):
    declare(cluster)
    cluster.tool('crm_resource', '--resource', 've-1', '--meta', '--delete-parameter', 'target-role')
    text = cluster.text()
    put(cluster, roles={'ve-1': 'Stopped', 've-9': 'Stopped'})
    assert roles(cluster)['ve-1'] == ['Stopped']
    put(cluster, roles={'ve-1': None})
    # but for the mark of one that is new, which it is no more
    assert roles(cluster)['ve-1'] == [] and text.count('<nvpair') == cluster.text().count('<nvpair') + 1
    assert text.count('name="openve-stopped"') == cluster.text().count('name="openve-stopped"') + 1


def test_ves_without_a_resource_are_refused(cluster):
    declare(cluster)
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="theirs" class="ocf" provider="heartbeat" type="Dummy"/>',
    )
    with pytest.raises(CibError, match='no resources for theirs, ve-9. Configure them first'):
        plan_of(cluster, ves=VES + [{'id': 8, 'name': 'theirs'}, {'id': 9}])
    with pytest.raises(InputError):
        plan_of(cluster, ves=[{'id': 1, 'after': ['ve-1']}])
    with pytest.raises(InputError, match='VE 1: after: no VE x is declared, here or in this cluster'):
        plan_of(cluster, ves=[{'id': 1, 'after': ['x']}])


STARTING = pathlib.Path(__file__).parents[3] / 'data' / 'starting.xml'


@pytest.mark.parametrize('under_way', [True, False])
def test_what_pacemaker_starts_meanwhile_is_not_given_up(cib_file, under_way):
    """Seen as failed on one node, and when the scheduler is asked its start on the next one is under way."""
    text = STARTING.read_text(encoding='utf-8')
    assert 'op-status="-1"' in text
    cib_file.path.write_text(text if under_way else text.replace('op-status="-1"', 'op-status="0"'))
    seen = VeLook(name='ve-101', state='stopped', node=None, failures=['start on n1: error'], role='started', took=None)
    assert node._given_up(cib_file.run, [seen]) == ([] if under_way else ['ve-101'])

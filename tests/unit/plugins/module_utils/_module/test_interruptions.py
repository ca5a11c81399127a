# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources interrupts no VE that runs, unless it was told to."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError

from declarations import ADDRESS, create, declare

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


@pytest.mark.parametrize('check', [True, False])
def test_purge_with_an_empty_list_has_to_be_asked_for_in_so_many_words(cluster, check):
    declare(cluster, [{'id': 1, 'state': 'stopped'}, {'id': 2, 'state': 'stopped'}])
    text = cluster.text()
    with pytest.raises(InputError, match='purge: ves is empty, so every VE would be removed .* say purge_all: true'):
        declare(cluster, [], purge=True, check=check)
    assert cluster.text() == text
    assert declare(cluster, [], purge=True, purge_all=True)['removed'] == ['ve-1', 've-2']
    # it is no order to remove anything by itself
    assert not declare(cluster, [], purge_all=True)['changed']

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a cluster without quorum is left as it is."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_nudge

from declarations import declare, prop
from happenings import edit

WITHOUT = 'This part of the cluster has no quorum'


@pytest.fixture(params=['freeze', 'stop', None])
def part(request, cluster):
    declare(cluster, [{'id': 1}])
    cluster.settle()
    policy = ['--update', request.param] if request.param else ['--delete']
    cluster.tool('crm_attribute', '--name', 'no-quorum-policy', *policy)
    edit(cluster, lambda root: root.attrib.update({'have-quorum': '0'}))
    return cluster


def settings(run_module, cluster, check=False, **arguments):
    before = cluster.text()
    result, _out = run_module('cluster_settings', cluster.env, check, fencing=[], **arguments)
    return result, cluster.text() != before


@pytest.mark.parametrize('check', [True, False])
def test_it_is_refused(part, run_module, check):
    text = part.text()
    with pytest.raises(CibError, match=WITHOUT):
        declare(part, [{'id': 1, 'start_order': 7}], check=check, allow_restart=True)
    result, changed = settings(run_module, part, check, properties={'cluster-recheck-interval': '5min'})
    assert result['failed'] and WITHOUT in result['msg'] and not changed
    with pytest.raises(CibError, match=WITHOUT):
        cluster_nudge.run(part.run, {}, check)
    assert part.text() == text
    assert not declare(part, [{'id': 1}])['changed']  # nothing is to be done, nothing is refused


def test_what_would_interrupt_is_said_as_well(part):
    with pytest.raises(CibError, match='(?s)' + WITHOUT + '.*restart ve-1 on'):
        declare(part, [{'id': 11, 'name': 've-1'}])


def test_what_such_a_part_does_can_be_changed(part, run_module):
    policy = {'starts_per_node': 2}
    result, changed = settings(run_module, part, properties={'no-quorum-policy': 'ignore'}, policy=policy)
    assert not result.get('failed') and changed and prop(part, 'no-quorum-policy') == 'ignore'
    # then it acts as if it had one
    assert declare(part, [{'id': 1, 'start_order': 7}])['changed']


def test_and_nothing_else_with_it(part, run_module):
    both = {'no-quorum-policy': 'ignore', 'cluster-recheck-interval': '5min'}
    result, changed = settings(run_module, part, properties=both)
    assert WITHOUT in result['msg'] and not changed

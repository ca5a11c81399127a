# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a node is lost and not fenced Pacemaker starts nothing, so nothing is stopped that is to start again."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error

import happenings
from happenings import roles, with_dc
from stagger_world import World, declare

VES = [{'id': number, 'prefer': ['n1']} for number in range(1, 5)]


@pytest.fixture
def running(cluster):
    """All on n1."""
    declare(cluster, VES, policy={'starts_per_node': 1, 'failback': True}, new='started')
    with_dc(cluster, fencing='true')
    cluster.settle()
    return World(cluster, limit=1, seconds=1)


@pytest.mark.parametrize('arguments', [{'state': 'moved', 'nodes': ['n1'], 'standby': True}, {'state': 'restarted'}])
def test_no_further_batch_is_stopped(running, arguments):
    running.when(2, lambda: happenings.lose(running.cluster, 'n3'))
    result = running.conduct(**arguments, per_node=1)
    assert result['failed'] and 'n3 is lost and not fenced, and nothing starts before that is mended' in result['msg']
    assert len(result['released']) == 1 and 'VEs run twice' not in running.shown
    assert 'openve-moved' not in running.cluster.text() and 'openve-run' not in running.cluster.text()
    assert 'Stopped' not in str(roles(running.cluster))


@pytest.mark.parametrize('arguments', [{'state': 'moved', 'nodes': ['n1'], 'standby': True}, {'state': 'restarted'}])
def test_nothing_is_begun(running, arguments):
    happenings.lose(running.cluster, 'n3')
    before = running.cluster.text()
    with pytest.raises(
        Error, match='while a node is lost, for Pacemaker starts nothing before that is fenced: n3 is lost'
    ):
        running.conduct(**arguments)
    assert running.cluster.text() == before


def test_a_stop_goes_on(running):
    running.when(2, lambda: happenings.lose(running.cluster, 'n3'))
    assert len(running.conduct(state='stopped', per_node=1)['released']) == 4

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs on remote nodes (a pacemaker_remote, a resource for its connection) and on guest nodes (a resource that is a machine)."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError

from declarations import create, declare

REMOTE = (
    '<primitive id="r1" class="ocf" provider="pacemaker" type="remote"><operations><op id="r1-m" name="monitor" interval="60s"/>'
    '</operations></primitive>'
)
GUEST = (
    '<primitive id="machine" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="machine-m">'
    '<nvpair id="machine-r" name="remote-node" value="g1"/></meta_attributes></primitive>'
)


@pytest.fixture
def remotes(cluster):
    create(cluster, REMOTE)
    create(cluster, GUEST)
    cluster.settle()
    assert {'r1', 'machine'} <= set(cluster.where())
    return cluster


@pytest.mark.parametrize('node', ['r1', 'g1'])
def test_a_ve_runs_there_and_goes_on_running_while_it_is_changed(remotes, node):
    result = declare(remotes, [{'id': 1, 'prefer': [node]}, {'id': 2}])
    assert result['warnings'] == []
    remotes.settle()
    assert remotes.where()['ve-1'] == node
    result = declare(remotes, [{'id': 1, 'prefer': [node], 'start_order': 3}, {'id': 2}])
    assert result['updated'] == ['ve-1'] and result['predicted'] == []
    with pytest.raises(CibError, match='restart ve-1 on ' + node):
        declare(remotes, [{'id': 7, 'name': 've-1', 'prefer': [node]}, {'id': 2}])
    result = declare(remotes, [{'id': 1, 'prefer': [node], 'state': 'stopped'}, {'id': 2}])
    assert [(row['resource'], row['action'], row['node']) for row in result['predicted']] == [('ve-1', 'stop', node)]

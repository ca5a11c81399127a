# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node is lost and cannot be fenced: what is said of it and of its VEs, and that nobody is advised to start one twice."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info

from declarations import declare_once
from happenings import OK, edit, happened, lose, with_dc
from stagger_world import World

FAILED = '<fence_event action="reboot" target="n1" client="pacemaker-controld.7" origin="n2" status="failed" %s/>'
REASON = 'exit-reason="Fence agent did not complete in time" completed="2026-11-28 20:00:00Z"'
PENDING = '<fence_event action="reboot" target="n1" client="c" origin="n2" status="pending" extended-status="1"/>'
ANOTHER = '<fence_event action="reboot" target="n2" client="c" origin="n3" status="failed" exit-reason="other"/>'
LOOK = '<fence_event action="list" target="n1" client="c" origin="n2" status="failed" exit-reason="a mere look"/>'


class Fenced:
    """A runner whose Pacemaker has a history of fencing, which a file has not"""

    def __init__(self, run, *events):
        self.run, self.events = run, events

    def __call__(self, argv, stdin=None, environment=None):
        rc, out, err = self.run(argv, stdin)
        if argv[0] == 'crm_mon':
            out = out.replace('<status', '<fence_history status="0">%s</fence_history><status' % ''.join(self.events))
        return rc, out, err


@pytest.fixture
def broken(cluster):
    """n1 is lost, and ve-1 ran there"""
    declare_once(cluster, [{'id': 1}, {'id': 2}])
    happened(cluster, 'n1', 've-1', ('start', OK))
    happened(cluster, 'n2', 've-2', ('start', OK))
    with_dc(cluster)
    edit(cluster, lambda root: root.attrib.update({'dc-uuid': '2'}))
    lose(cluster, 'n1')
    return cluster


def only(cluster, *events):
    (found,) = status.read(Fenced(cluster.run, *events)).lost
    return found


def test_a_device_that_was_given_up_is_named_with_what_has_it_tried_again(broken):
    mend = only(broken, FAILED % REASON).mend
    assert 'then say "crm_resource --cleanup --resource fence": the cluster tries again at once' in mend


def test_what_fencing_said_is_named_with_what_to_do(broken):
    found = only(broken, ANOTHER, LOOK, FAILED % REASON)
    assert (found.fencing, found.reason, found.ves) == ('failed', 'Fence agent did not complete in time', ('ve-1',))
    assert 'could not be fenced (Fence agent did not complete in time); ve-1 may run on there' in found.sentence
    assert '"stonith_admin --confirm n1"' in found.mend and 'run twice' in found.mend and 'switched off' in found.mend


def test_one_that_is_tried_again_has_failed_all_the_same(broken):
    assert only(broken, PENDING, FAILED % REASON).fencing == 'failed'
    assert 'no reason is recorded' in only(broken, FAILED % '').sentence


def test_while_it_goes_on_nothing_is_to_be_done(broken):
    for events in ((), (PENDING,), (PENDING, LOOK), (ANOTHER,)):
        found = only(broken, *events)
        assert found.fencing in ('none', 'pending') and not found.mend and not found.stuck


def test_without_a_device_it_never_ends(broken):
    edit(
        broken,
        lambda root: root.find('configuration/resources').remove(
            root.find('configuration/resources/primitive[@id="fence"]')
        ),
    )
    assert 'no fencing device' in only(broken).sentence and '--confirm' in only(broken).mend


def test_ve_info_says_lost(broken):
    result = ve_info.run(Fenced(broken.run, FAILED % REASON), {'names': None})
    assert [(ve['name'], ve['state'], ve['node']) for ve in result['ves']] == [
        ('ve-1', 'lost', 'n1'),
        ('ve-2', 'started', 'n2'),
    ]
    (row,) = result['lost']
    assert (row['node'], row['fencing'], row['ves']) == ('n1', 'failed', ['ve-1'])
    assert 'stonith_admin --confirm n1' in result['warnings'][0]


def test_unmanaged_on_a_lost_node_is_lost(broken):
    broken.tool('crm_attribute', '--name', 'maintenance-mode', '--update', 'true')
    assert [ve.state for ve in status.read(broken.run).ves] == ['lost', 'unmanaged']


def test_without_quorum_what_is_not_here_is_unknown(broken):
    """In the other part it may well run."""
    broken.tool('crm_attribute', '--name', 'no-quorum-policy', '--update', 'stop')

    def forget(root):
        root.attrib.update({'have-quorum': '0'})
        root.find('status').remove(root.find('status/node_state[@uname="n1"]'))

    edit(broken, forget)
    found = {ve.name: (ve.state, ve.node) for ve in status.read(broken.run).ves}
    assert found['ve-1'][0] in ('unknown', 'lost') and found['ve-2'] == ('started', 'n2')


# ve_stagger


class Stuck(World):
    """Pacemaker waits for fencing, and does nothing else"""

    def transition(self):
        return []

    def run_tool(self, argv, stdin=None):
        return Fenced(super().run_tool, FAILED % REASON)(argv, stdin)


@pytest.mark.parametrize('state', ['started', 'stopped'])
def test_a_run_ends_with_the_reason_and_starts_nothing_twice(broken, state):
    world = Stuck(broken)
    world.made_for = world.configuration()
    result = world.conduct(state, names=['ve-1'], retries=3)
    assert 'stonith_admin --confirm n1' in world.shown
    assert result['failed'] and 've-1 (lost)' in result['msg'] and result['seconds'] < 120
    assert 'stonith_admin --confirm n1' in result['msg'] and result['msg'].startswith('1 VE: ')
    assert 've-1' not in world.started
    assert not [argv for argv in broken.calls if '--cleanup' in argv]


@pytest.mark.parametrize('arguments', [{'state': 'restarted'}, {'state': 'moved', 'to': 'n2'}])
def test_what_would_have_to_start_again_is_not_begun(broken, arguments):
    world = Stuck(broken)
    with pytest.raises(Error, match='while a node is lost.*n1 is lost and could not be fenced.*Nothing was changed'):
        world.conduct(**arguments)


def test_check_mode_says_it_first(broken):
    world = Stuck(broken)
    world.arguments = {'state': 'started'}
    plan = world.node.plan()
    assert 'n1 is lost and could not be fenced' in plan.lost[0]

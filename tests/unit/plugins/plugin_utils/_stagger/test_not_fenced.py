# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a node is lost and not fenced Pacemaker starts nothing, so nothing is stopped that is to start again."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import fencing
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Outside, Over
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.watch import Seen

import happenings
from happenings import with_dc
from stagger_world import World, declare, defaults

VES = [{'id': number, 'prefer': ['n1']} for number in range(1, 5)]


EVENT = '<fence_event action="reboot" target="n3" client="c" origin="n2" status="failed" exit-reason="no answer"/>'


class Unfenced(World):
    """Fencing of n3 has failed, which the CIB in a file does not say."""

    def run_tool(self, argv, stdin=None):
        rc, out, err = super().run_tool(argv, stdin)
        if argv[0] != 'crm_mon':
            return rc, out, err
        return rc, out.replace('<status', '<fence_history status="0">%s</fence_history><status' % EVENT), err


@pytest.fixture
def running(cluster):
    """All on n1."""
    declare(cluster, VES, policy={'starts_per_node': 1, 'failback': True}, new='started')
    with_dc(cluster, fencing='true')
    cluster.settle()
    return Unfenced(cluster, limit=1, seconds=1)


class Lost:
    """A watch that sees n3 lost, until ``fenced`` looks were made; ``human``: whether that needs one."""

    def __init__(self, human: bool, fenced: int = 10**6) -> None:
        self.seen, self.looks, self.fenced = Seen(lost={'n3': 'why'}, stuck=['n3'] if human else []), 0, fenced

    def look(self) -> None:
        self.looks += 1
        if self.looks >= self.fenced:
            self.seen = Seen()


def waited(watch: Lost, state: str = 'moved', **more) -> int:
    """How many looks it waited."""
    given = options.read(dict(defaults(), state=state, nodes=['n1'], **more))
    clock = [0.0]
    outside = Outside(
        node=None,
        show=lambda text, always: None,
        now=lambda: clock[0],
        sleep=lambda s: clock.__setitem__(0, clock[0] + s),
    )
    fencing.wait(outside, given, watch, Report(outside))
    return watch.looks


def test_before_a_batch_it_waits_for_the_fencing():
    assert waited(Lost(False, fenced=4)) == 4 and waited(Lost(False, fenced=4), 'restarted') == 4
    assert waited(Lost(False), 'stopped') == waited(Lost(False), 'started') == 0, 'these do not start what they stop'


def test_a_run_ends_where_fencing_needs_a_human_and_at_its_timeout():
    watch = Lost(True)
    with pytest.raises(
        Over, match='n3 is lost and not fenced, and nothing starts before that is mended; so nothing more is moved'
    ):
        waited(watch)
    assert watch.looks < 20
    with pytest.raises(Over, match='they are not up after 60 s'):
        waited(Lost(False), timeout='60s')


def test_no_further_batch_is_stopped(running, monkeypatch):
    monkeypatch.setattr(fencing, 'STUCK_LOOKS', 2)
    running.when(1, lambda: happenings.lose(running.cluster, 'n3'))
    result = running.conduct(state='moved', nodes=['n1'], standby=True, per_node=1)
    assert result['failed'] and 'n3 is lost and not fenced, and nothing starts before that is mended' in result['msg']
    assert len(result['released']) == 1
    assert 'openve-moved' not in running.cluster.text() and 'openve-run' not in running.cluster.text()


@pytest.mark.parametrize('arguments', [{'state': 'moved', 'nodes': ['n1'], 'standby': True}, {'state': 'restarted'}])
def test_nothing_is_begun(running, arguments):
    happenings.lose(running.cluster, 'n3')
    before = running.cluster.text()
    with pytest.raises(
        Error, match='while a node is lost, for Pacemaker starts nothing before that is fenced: n3 is lost'
    ):
        running.conduct(**arguments)
    assert running.cluster.text() == before

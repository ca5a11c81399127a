# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where every scenario begins: a cluster at rest."""

from __future__ import annotations

import pathlib
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from happenings import PENDING, happened
from rehearsed import many, starts


def test_what_is_due_comes_first_and_is_said(rehearse):
    result, scenarios = rehearse(many(3), up=False, scenarios=['lose n1'])
    assert any('does what is due' in text for text in result['assumptions'])
    assert len(starts(scenarios['lose n1'])) == 1


def test_a_cib_without_a_running_cluster(rehearse):
    def stopped(root):
        root.remove(root.find('status'))

    result, scenarios = rehearse(many(6), change=stopped, scenarios=['boot', 'lose n2'])
    assert any('no node is up' in text for text in result['assumptions'])
    assert len(starts(scenarios['boot'])) == 6 and len(starts(scenarios['lose n2'])) == 2


def test_what_is_in_flight_succeeds_first(rehearse, cluster):
    rehearse(many(3), ask=False)
    happened(cluster, 'n1', 've-101', ('start', PENDING))
    result = run.rehearse(cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['lose n1']})
    assert any(text.startswith('operations that are in flight (1)') for text in result['assumptions'])


def test_a_cluster_that_was_starting_when_its_cib_was_taken_comes_to_rest(cluster):
    """Recorded on the lab: three starts in flight, and others whose monitors had begun."""
    root = tree.read_file(str(pathlib.Path(__file__).resolve().parents[3] / 'data' / 'starting.xml'))
    result = run.rehearse(cluster.run, root, {'scenarios': ['lose n1', 'drain n2', 'join n3'], 'probe_rc': [5]})
    assert all(scenario['settled'] for scenario in result['scenarios'])
    assert not [text for text in result['assumptions'] if 'not settled' in text]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums of parameters as Pacemaker writes them: see test_outcome.py for those of real histories."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import graph as graphs
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.digests import Digests

NO_HISTORY = ET.Element('cib')


def of(*version):
    return Tools(version=version, feature_set=(3, 16, 1), schema=(3, 9))


@pytest.fixture
def action():
    root = ET.fromstring(
        '<transition_graph><synapse><action_set><rsc_op id="1" operation="start" on_node="n1"><primitive id="a" class="ocf" '
        'type="x"/><attributes CRM_meta_timeout="2000" crm_feature_set="3.16.2" veid="101"/></rsc_op></action_set></synapse>'
        '</transition_graph>'
    )
    return graphs.read(root).actions[0]


def test_only_the_parameters_count(action):
    digests = Digests(NO_HISTORY, of(2, 1, 5))
    more = dict(action.parameters, CRM_meta_name='start', crm_feature_set='3.19.0')
    other = dict(action.parameters, veid='102')
    first = digests.of('a', 'a_start_0', action)
    assert digests.of('a', 'a_start_0', replace(action, parameters=more)) == first
    assert digests.of('a', 'a_start_0', replace(action, parameters=other)) != first


def test_the_timeout_of_a_recurring_operation_counts(action):
    digests = Digests(NO_HISTORY, of(2, 1, 5))
    recurring = replace(action, operation='monitor', interval=10000)
    longer = replace(recurring, parameters=dict(action.parameters, CRM_meta_timeout='3000'))
    assert digests.of('a', 'a_monitor_10000', recurring) != digests.of('a', 'a_monitor_10000', longer)


def test_special_characters_are_written_otherwise_since_2_1_8(action):
    tab = replace(action, parameters=dict(action.parameters, command='a\tb'))
    old, new = (Digests(NO_HISTORY, of(*version)).of('a', 'a_start_0', tab) for version in ((2, 1, 7), (2, 1, 8)))
    assert old != new


def test_with_special_characters_what_the_history_has_is_believed(action):
    history = ET.fromstring(
        '<cib><status><lrm_resource id="a"><lrm_rsc_op operation_key="a_start_0" op-digest="known"/></lrm_resource></status></cib>'
    )
    digests = Digests(history, of(2, 1, 5))
    special = replace(action, parameters=dict(action.parameters, command='a\tb'))
    assert digests.of('a', 'a_start_0', special) == 'known' and digests.of('a', 'a_start_0', action) != 'known'

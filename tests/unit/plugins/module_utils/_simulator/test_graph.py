# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a transition graph says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import graph as graphs


def test_what_a_graph_says():
    root = ET.fromstring(
        '<transition_graph batch-limit="-1" migration-limit="3"><synapse id="0" priority="5"><action_set>'
        '<rsc_op id="1" operation="start" on_node="r1" router_node="n1"><primitive id="a" long-id="a:0" class="ocf" type="x"/>'
        '<attributes CRM_meta_timeout="2000"/></rsc_op></action_set><inputs><trigger><pseudo_event id="9"/></trigger>'
        '</inputs></synapse></transition_graph>'
    )
    graph = graphs.read(root)
    (action,) = graph.actions
    assert (graph.batch_limit, graph.migration_limit, graph.synapses[0].priority, graph.synapses[0].inputs) == (
        0,
        3,
        5,
        ['9'],
    )
    assert (action.resource, action.recorded, action.places, action.timeout, action.target_rc) == (
        'a:0',
        'a',
        ('n1',),
        2.0,
        0,
    )


def test_marks_alone_are_nothing_to_do():
    root = ET.fromstring(
        '<transition_graph><synapse><action_set><pseudo_event id="1"/></action_set></synapse></transition_graph>'
    )
    assert graphs.read(root).idle
    ET.SubElement(root.find('synapse/action_set'), 'crm_event', id='2', operation='stonith', on_node='n1')
    graph = graphs.read(root)
    assert not graph.idle and [action.fencing for action in graph.actions] == [False, True]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written into the CIB after a transition, against what crm_simulate itself writes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from declarations import GROUP, STORAGE

NASTY = ['a "b" <c> & \'d\'', 'grüße aus "Köln"', 'x \'é"ö\' < \\n']
DUMMY = (
    '<primitive id="dummy" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="dummy-i">'
    '<nvpair id="dummy-f" name="fake" value="tab&#9;and&#10;two &quot;lines&quot;"/></instance_attributes></primitive>'
)


def test_nothing_is_left_to_do_whatever_the_parameters(world):
    world.declare(
        [{'id': number, 'monitor': {'command': text}} for number, text in enumerate(NASTY, 1)]
        + [{'id': 50, 'needs': ['fs-clone']}],
        None,
        STORAGE,
        GROUP,
        DUMMY,
    )
    world.settle()
    running = world.where()
    assert len([name for name in running if name.startswith('ve-')]) == 4 and running['server']
    world.fail('n1')
    world.settle()
    assert all('n1' not in nodes for nodes in world.where().values())


@pytest.mark.parametrize('scenario', ['boot', 'lose', 'standby'])
def test_the_history_is_what_crm_simulate_writes(world, cluster, scenario):
    world.declare(
        [{'id': number, 'monitor': {'command': text}} for number, text in enumerate(NASTY, 1)]
        + [{'id': 50, 'needs': ['fs-clone']}],
        None,
        STORAGE,
        GROUP,
        DUMMY,
    )
    if scenario != 'boot':
        world.settle()
    if scenario == 'lose':
        world.fail('n1')
    if scenario == 'standby':
        world.standby()
    cluster.path.write_text(ET.tostring(world.root, encoding='unicode'))
    cluster.settle()
    theirs = history(ET.fromstring(cluster.text()))
    world.play()
    ours = history(world.root)
    assert ours == theirs and len(ours) > 10


def history(root):
    """{(node, id of the entry): what the scheduler goes by}"""
    return {
        (state.get('uname'), entry.get('id')): tuple(
            entry.get(name) for name in ('operation', 'rc-code', 'op-status', 'interval', 'operation_key', 'op-digest')
        )
        for state in root.findall('status/node_state')
        for entry in state.iter('lrm_rsc_op')
    }


def test_fencing_off_and_on_again_forgets_the_node(world):
    world.declare([{'id': number} for number in range(1, 4)])
    world.settle()
    world.fail('n1')
    world.play()
    state = world.root.find('status/node_state[@uname="n1"]')
    assert state.find('lrm') is None and (state.get('in_ccm'), state.get('crmd'), state.get('expected')) == (
        'false',
        'offline',
        'down',
    )

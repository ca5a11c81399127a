# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, and what of it is refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from rehearsed import many


@pytest.mark.parametrize(
    'arguments,says',
    [
        (
            {'scenarios': ['loose n1']},
            "scenarios: 'loose n1': there is no such scenario; there are boot, lose, drain, return, join",
        ),
        ({'scenarios': ['lose n9']}, "scenarios: 'lose n9': n9: the cluster has no such node; it has n1, n2, n3"),
        ({'scenarios': ['boot n1']}, 'a boot is of all nodes'),
        ({'scenarios': ['lose n1 n1']}, 'a node is there twice'),
        ({'scenarios': ['']}, 'there is no such scenario'),
        ({'limits': {'n9': 2}}, 'limits.n9: the cluster has no such node'),
        ({'limits': {'n1': 'many'}}, "limits.n1: 'many' is no number"),
        ({'cores': 0}, 'cores: 0 is no number'),
        ({'times': {'fence': 'soon'}}, "times.fence: 'soon' is no time; write 90"),
        ({'durations': {'ve-9': {'start': '1s'}}}, 'durations.ve-9: the cluster has no such resource'),
        ({'durations': {'fence': {'begin': '1s'}}}, 'durations.fence: give some of start, stop, monitor'),
        ({'assert': {'peak_per_node': 0}}, 'assert.peak_per_node: 0 is out of range'),
        ({'assert': {'recovery': '1min'}, 'scenarios': ['boot']}, 'none of the scenarios loses a node'),
        ({'probe_rc': [7]}, 'probe_rc: 7 is no failure'),
    ],
)
def test_mistakes_in_the_arguments(rehearse, cluster, arguments, says):
    rehearse(many(1), up=False, ask=False)
    with pytest.raises(InputError) as error:
        run.rehearse(cluster.run, ET.fromstring(cluster.text()), arguments)
    assert says in error.value.msg


def test_all_mistakes_come_at_once(rehearse, cluster):
    with pytest.raises(InputError) as error:
        run.rehearse(
            cluster.run, ET.fromstring(cluster.text()), {'scenarios': ['x', 'lose n8'], 'times': {'stop': '-'}}
        )
    assert len(error.value.problems) == 3


def test_the_limit_of_a_node_of_its_own(rehearse):
    result, scenarios = rehearse(many(12), scenarios=['lose n1'], limits={'n2': 1})
    assert result['limits'] == {'n1': 2, 'n2': 1, 'n3': 2} and scenarios['lose n1']['peak']['per_node'] == {
        'n1': 0,
        'n2': 1,
        'n3': 2,
    }

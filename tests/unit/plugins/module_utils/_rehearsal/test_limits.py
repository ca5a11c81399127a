# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many operations run at once, on a running cluster."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import limits


@pytest.fixture
def at_once(cluster, monkeypatch):
    """at_once(row of node_limit.look() for n2, where this runs; limits, cores; the property) -> (AtOnce, assumptions)"""

    def read(row, given=None, cores=None, configured='2'):
        row = dict({'node': 'n2', 'limit': configured, 'in_force': 'true', 'override': None, 'why': ''}, **row)
        monkeypatch.setattr(node_limit, 'own_name', lambda runner: 'n2')
        monkeypatch.setattr(node_limit, 'look', lambda here, root: [dict(row, node='n1', override='9'), row])
        monkeypatch.setattr('os.cpu_count', lambda: 5)
        root = ET.fromstring(cluster.text())
        if configured:
            node_limit.attributes.set_property(root, 'node-action-limit', configured)
        asked = SimpleNamespace(limits=given or {}, cores=cores)
        return limits.read(cluster.run, SimpleNamespace(live=True, root=root, nodes=['n1', 'n2', 'n3']), asked)

    return read


def test_the_own_limit_of_the_node_that_this_runs_on_is_known(at_once):
    found, assumptions = at_once({'override': '4'})
    assert found.per_node == {'n1': 2, 'n2': 4, 'n3': 2} and found.own['override'] == '4' and not assumptions
    found, _assumptions = at_once({'override': '4'}, {'n2': 3, 'n3': 1})
    assert found.per_node == {'n1': 2, 'n2': 3, 'n3': 1}, 'what is given goes before'
    found, _assumptions = at_once({'override': 'many'})
    assert found.per_node == {'n1': 2, 'n2': 2, 'n3': 2}


def test_cores_are_those_of_the_node_that_this_runs_on(at_once):
    found, assumptions = at_once({}, configured=None)
    assert set(found.per_node.values()) == {10} and found.configured == 0 and found.highest == 10
    assert assumptions == ['node-action-limit is not set, so it is 2 x cores; a node has 5 cores (as this one)']
    found, assumptions = at_once({}, cores=3, configured=None)
    assert set(found.per_node.values()) == {6} and assumptions[0].endswith('a node has 3 cores (cores)')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing the scenarios, each on a copy of the CIB at rest."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import edits
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes, transitions
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.base import ANNOUNCED, Base
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.scenarios import Scenario
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.transitions import Event, Played

# crm_simulate runs at once, and as many scenarios with them.
WORKERS = 2

Losses = Dict[Tuple[str, ...], Played]


def scenarios(setup: Setup, base: Base) -> list[Played]:
    """What becomes of the cluster in each scenario, in their order."""
    first = _lost_first(setup, base)
    with ThreadPoolExecutor(WORKERS) as pool:
        losses = dict(zip(first, pool.map(lambda lost: _lose(setup, base, lost), first)))
        return list(pool.map(lambda scenario: _play(setup, base, losses, scenario), setup.options.scenarios))


def _lost_first(setup: Setup, base: Base) -> list[tuple[str, ...]]:
    """Nodes that have to be lost before they can come back."""
    return sorted(
        {
            scenario.nodes
            for scenario in setup.options.scenarios
            if scenario.kind in ('return', 'join')
            and nodes.is_up(base.root, scenario.nodes[0])
            and not nodes.is_in_standby(base.root, scenario.nodes[0])
        }
    )


def _play(setup: Setup, base: Base, losses: Losses, scenario: Scenario) -> Played:
    if scenario.kind == 'boot':
        return _boot(setup, base)
    if scenario.kind == 'lose':
        return losses[scenario.nodes] if scenario.nodes in losses else _lose(setup, base, scenario.nodes)
    node = scenario.nodes[0]
    if scenario.kind == 'drain':
        return _standby(setup, base, node, True)
    if scenario.kind == 'return' and nodes.is_in_standby(base.root, node):
        return _standby(setup, base, node, False)
    return _come_back(setup, base, losses, scenario)


def _boot(setup: Setup, base: Base) -> Played:
    root = copy.deepcopy(base.root)
    nodes.all_boot(root, setup.cluster.nodes)
    halved = {node: float(ANNOUNCED) for node in setup.cluster.nodes}
    return transitions.play(setup, root, base.where, Event(setup.options.times.elect, halved))


def _lose(setup: Setup, base: Base, lost: tuple[str, ...]) -> Played:
    root = copy.deepcopy(base.root)
    nodes.are_lost(root, lost, setup.cluster.nodes)
    return transitions.play(setup, root, base.where, Event(setup.options.times.detect))


def _standby(setup: Setup, base: Base, node: str, standby: bool) -> Played:
    root = copy.deepcopy(base.root)
    edits.set_standby(root, node, standby)
    return transitions.play(setup, root, base.where, Event())


def _come_back(setup: Setup, base: Base, losses: Losses, scenario: Scenario) -> Played:
    """A node starts Pacemaker: after its loss, or where it is down already."""
    node, before = scenario.nodes[0], losses.get(scenario.nodes)
    root: Element = copy.deepcopy(before.root if before else base.root)
    nodes.comes_back(root, node, setup.cluster.nodes)
    probes = None if scenario.probe_rc is None else (node, scenario.probe_rc)
    event = Event(setup.options.times.join, {node: float(ANNOUNCED)}, probes)
    return transitions.play(setup, root, before.where if before else base.where, event)

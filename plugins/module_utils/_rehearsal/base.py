# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster at rest, where every scenario begins."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes, transitions
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.transitions import Event, Played, Where

# A controller announces its limit so long after it started; until then it gets half.
ANNOUNCED = 30


@dataclass(frozen=True)
class Base:
    """``root``: the CIB when nothing is under way. ``assumptions``: what was assumed to get there, a sentence each."""

    root: Element
    where: Where
    assumptions: list[str]


def settle(setup: Setup) -> Base:
    """Have the cluster do what is due. Its CIB is changed."""
    root, kinds = setup.cluster.root, {scenario.kind for scenario in setup.options.scenarios}
    assumptions = []
    in_flight = _end_what_is_in_flight(root)
    if in_flight:
        assumptions.append('operations that are in flight (%d) succeed before a scenario begins' % in_flight)
    assumptions += _assumed(setup)
    if not nodes.any_up(root):
        if kinds == {'boot'}:
            return Base(root, {}, assumptions)
        assumptions.append('no node is up in this CIB; the scenarios but boot begin after a cold boot')
        nodes.all_boot(root, setup.cluster.nodes)
    down = [node for node in setup.cluster.nodes if not nodes.is_up(root, node)]
    if down:
        assumptions.append(
            '%s: down in this CIB, and so in every scenario but boot and its own return' % ', '.join(down)
        )
    played = transitions.play(setup, root, {}, Event())
    return Base(root, played.where, assumptions + _due(played))


def _end_what_is_in_flight(root: Element) -> int:
    """Write that all operations in flight succeeded; returns how many."""
    running = [
        (entry, past)
        for past in root.iter('lrm_resource')
        for entry in past
        if entry.get('op-status') == history.PENDING
    ]
    for entry, past in running:
        # In flight it has none yet. The scheduler takes the highest to be the last, and would monitor for ever what it takes to have just started.
        entry.set('call-id', str(1 + max(whole(other.get('call-id')) for other in past)))
        key = entry.get('transition-key') or ''
        target = whole((key.split(':') + ['', '', ''])[2])
        entry.attrib.update({'op-status': '0', 'rc-code': str(target), 'transition-magic': '0:%d;%s' % (target, key)})
    return len(running)


def _assumed(setup: Setup) -> list[str]:
    """What nothing tells of such scenarios."""
    kinds, times = {scenario.kind for scenario in setup.options.scenarios}, setup.options.times
    assumed = [
        'a lost node is noticed after %s (times: detect), and fencing takes %s (times: fence)'
        % (words(times.detect), words(times.fence)),
        'the nodes\' load stays below load-threshold; above it they start fewer at once',
        'every operation succeeds, and takes as long however many others run',
    ]
    if 'boot' in kinds:
        assumed.append(
            'a cold boot: the nodes start Pacemaker at once, and have a DC %s later (dc-deadtime and 1 s; times: elect)'
            % words(times.elect)
        )
    if setup.limits.per_node and kinds & {'boot', 'return', 'join'}:
        assumed.append('a node gets half its limit until %d s after its Pacemaker started' % ANNOUNCED)
    if 'lose' in kinds:
        assumed += [
            'a fenced node does not come back within the scenario; each node has one vote, and of two nodes one has quorum',
            'the DC is not the node that is lost, or its successor knows the limits of all nodes',
        ]
    return assumed


def _due(played: Played) -> list[str]:
    """What the cluster did before any scenario."""
    assumed = []
    if played.steps:
        done = [
            '%s %s on %s' % (step.operation, step.resource, step.node)
            for step in played.steps
            if step.operation not in ('monitor', 'probe') or len(played.graphs) < 2
        ]
        assumed.append('before a scenario begins the cluster does what is due: %s' % some(done))
    if not played.settled:
        assumed.append('the cluster is not settled even before a scenario begins')
    return assumed

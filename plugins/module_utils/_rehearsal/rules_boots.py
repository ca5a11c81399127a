# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long starts may take, and those that return while the guest still boots: for the table in rules_scenario.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import figures, transitions
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.figures import Figures, Outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import Finding, more, warning
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.steps import Step
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Limits


def start_does_not_wait(outcome: Outcome) -> Iterator[Finding]:
    cluster, limits, per_node = outcome.setup.cluster, outcome.setup.limits.per_node, outcome.figures.per_node
    over = {node: most - limits[node] for node, most in per_node.items() if most > limits.get(node, most)}
    if not over:
        return
    node = max(sorted(over), key=lambda name: over[name])
    early = sorted({step.resource for step in outcome.boots if step.up > step.end and step.resource})
    agents = {cluster.agents[name].name: cluster.agents[name].wait.mend for name in early}
    waiting = _if_they_waited(outcome)
    text = (
        '%s at once on %s, although at most %s there at once: the starts of %s return while the guest still boots (%s). If they waited '
        'for it, at most %d would boot at once, and the last would be up after %s (now %s)%s'
    )
    finding = warning(
        text
        % (
            count(per_node[node], cluster.noun + ' boots', cluster.noun + 's boot'),
            node,
            count(limits[node], 'operation runs', 'operations run'),
            some(early),
            ', '.join(sorted(agents)),
            max(waiting.per_node.values(), default=0),
            words(waiting.last_up),
            words(outcome.figures.last_up),
            more(len(over)).replace('more like it', 'more nodes like it'),
        ),
        peak=per_node[node],
        node=node,
        limit=limits[node],
        guests=early,
        agents=sorted(agents),
        waiting_peak=max(waiting.per_node.values(), default=0),
        waiting_last_up=waiting.last_up,
    )
    yield replace(finding, mend=' '.join(dict.fromkeys(agents.values())))


def _if_they_waited(outcome: Outcome) -> Figures:
    """The same transitions with starts that take until the guest has booted."""
    durations = outcome.setup.durations
    ves = {name: replace(one, start=one.start + one.boot, boot=0.0) for name, one in durations.ves.items()}
    setup = replace(outcome.setup, durations=replace(durations, ves=ves))
    limits = Limits(setup.limits.per_node, outcome.played.event.halved)
    return figures.figures(transitions.again(setup, outcome.played, limits))


def longest_start(outcome: Outcome, step: Step) -> float:
    """After the takeover of the DC the agent may have to wait for a start that is under way."""
    ve = outcome.setup.cluster.ves[step.resource or '']
    if whole(attributes.get(ve, attributes.INSTANCE, 'start_slots')) <= 0:
        return step.length
    others = [
        other.length - other.waited
        for other in outcome.boots
        if other.node == step.node and other.resource != step.resource
    ]
    return step.length + max(others, default=0.0)


def timeout_mend(outcome: Outcome, step: Step) -> str:
    """What to do about a timeout that is too short, of a guest that is not declared to ve_resources; empty for ours."""
    guest = outcome.setup.cluster.ves[step.resource or '']
    return '' if guests.is_ours(guest) else 'Raise the timeout of the operation %s of this resource.' % step.operation

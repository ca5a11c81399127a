# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario comes to: peaks and waits, how long VEs are down, and which go down or cannot run. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.scenarios import Scenario
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.steps import Step
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.transitions import Played


@dataclass(frozen=True)
class Figures:
    """``per_node``, ``total``: how many guests boot at once at most, those whose start has returned too; a
    node where none does is left out. ``last_up``: None where
    no VE starts. ``reaction``: the longest operation.
    """

    per_node: dict[str, int]
    total: int
    last_up: float | None
    longest_wait: float
    reaction: float


@dataclass(frozen=True)
class Outcome:
    """What became of the cluster in a scenario.

    ``before``: {VE: nodes} of those that ran when it began. ``fenced``: {node: when}. ``downtime``: {VE: seconds}, of those
    that were down and are up at the end. ``healthy_down``: VEs that nothing had happened to and that stop all the same.
    """

    setup: Setup
    scenario: Scenario
    played: Played
    figures: Figures
    before: dict[str, list[str]]
    fenced: dict[str, float]
    downtime: dict[str, float]
    healthy_down: list[str]
    cannot_run: list[str]

    @property
    def steps(self) -> list[Step]:
        return self.played.steps

    @cached_property
    def boots(self) -> list[Step]:
        return [step for step in self.steps if step.boots]

    @property
    def per_node(self) -> dict[str, int]:
        """The peak of every node of the cluster."""
        return dict({node: 0 for node in self.setup.cluster.nodes}, **self.figures.per_node)

    def as_result(self) -> dict[str, Any]:
        return {
            'name': self.scenario.name,
            'kind': self.scenario.kind,
            'nodes': list(self.scenario.nodes),
            'probe_rc': self.scenario.probe_rc,
            'actions': [step.as_result() for step in self.steps],
            'peak': {'per_node': self.per_node, 'total': self.figures.total},
            'fenced': self.fenced,
            'last_up': self.figures.last_up,
            'duration': round(max([step.end for step in self.steps], default=0), 3),
            'downtime': self.downtime,
            'longest_wait': self.figures.longest_wait,
            'reaction': self.figures.reaction,
            'healthy_down': self.healthy_down,
            'cannot_run': self.cannot_run,
            'transitions': len(self.played.graphs),
            'settled': self.played.settled,
        }


def outcome(setup: Setup, scenario: Scenario, played: Played) -> Outcome:
    before = _ran_before(setup, scenario, played)
    after = _run_after(setup, played)
    fenced = {step.node: step.end for step in played.steps if step.operation == 'fence'}
    above = guests.above(setup.cluster.root)
    wanted = [name for name, ve in setup.cluster.ves.items() if name in before or guests.is_to_run(ve, above[name])]
    return Outcome(
        setup=setup,
        scenario=scenario,
        played=played,
        figures=figures(played.steps),
        before=before,
        fenced=fenced,
        downtime=_downtime(setup, scenario, played.steps, before, after),
        healthy_down=_healthy_down(setup, scenario, played.steps, before, fenced),
        cannot_run=[name for name in wanted if name not in after],
    )


def figures(steps: Sequence[Step]) -> Figures:
    boots = [step for step in steps if step.boots]
    marks: list[tuple[float, int, str]] = []
    for step in boots:
        marks += [(round(step.begin + step.waited, 3), 1, step.node), (step.up, -1, step.node)]
    running: dict[str, int] = {}
    per_node: dict[str, int] = {}
    total = most = 0
    for _when, change, node in sorted(marks, key=lambda mark: mark[:2]):  # an end before a begin at the same time
        total += change
        running[node] = running.get(node, 0) + change
        most = max(most, total)
        per_node[node] = max(per_node.get(node, 0), running[node])
    return Figures(
        per_node=per_node,
        total=most,
        last_up=max([step.up for step in boots], default=None),
        longest_wait=round(max([step.later for step in boots], default=0.0), 3),
        reaction=round(max([step.length for step in steps], default=0.0), 3),
    )


def _ran_before(setup: Setup, scenario: Scenario, played: Played) -> dict[str, list[str]]:
    if scenario.kind == 'boot':
        return {}
    return {
        name: where
        for name, (role, where) in played.before.items()
        if name in setup.cluster.ves and role not in ('Stopped', None) and where
    }


def _run_after(setup: Setup, played: Played) -> set[str]:
    """On a node that is lost and not fenced the scheduler takes VEs to run still."""
    alive = nodes.alive(played.root)
    return {
        name
        for name, (role, where) in played.where.items()
        if name in setup.cluster.ves and role != 'Stopped' and alive.intersection(where)
    }


def _healthy_down(
    setup: Setup,
    scenario: Scenario,
    steps: Sequence[Step],
    before: Mapping[str, list[str]],
    fenced: Mapping[str, float],
) -> list[str]:
    hit_by_it = set(scenario.nodes) if scenario.kind in ('lose', 'drain') else set()
    down = {step.resource for step in steps if step.ve and step.operation == 'stop' and step.node not in hit_by_it}
    others = set(fenced) - set(scenario.nodes)
    down.update(name for name, where in before.items() if others.intersection(where))
    return [
        name for name in setup.cluster.ves if name in before and name in down and not set(before[name]) <= hit_by_it
    ]


def _downtime(
    setup: Setup, scenario: Scenario, steps: Sequence[Step], before: Mapping[str, list[str]], after: set[str]
) -> dict[str, float]:
    lost = set(scenario.nodes) if scenario.kind == 'lose' else set()
    up = {name: set(before.get(name, ())) - lost for name in setup.cluster.ves}
    since = {name: 0.0 for name, where in up.items() if not where}
    total: dict[str, float] = {}
    migrated = {step.resource for step in steps if step.operation == 'migrate_to' and step.rc is None}
    for when, comes_up, name, node in sorted(_changes(setup, steps), key=lambda change: (change[0], not change[1])):
        where = up.setdefault(name, set())
        if comes_up:
            if name in since:
                total[name] = total.get(name, 0.0) + when - since.pop(name)
            where.add(node)
        elif node in where and name not in migrated:
            where.discard(node)
            if not where:
                since.setdefault(name, when)
    return {name: round(total[name], 3) for name in setup.cluster.ves if name in total and name in after}


def _changes(setup: Setup, steps: Sequence[Step]) -> Iterator[tuple[float, bool, str, str]]:
    """(when, whether it comes up, VE, node); what stops is down as its stop begins, all that ran on a node when it is fenced."""
    for step in steps:
        if step.operation == 'fence':
            for name in setup.cluster.ves:
                yield step.end, False, name, step.node
        elif step.ve and step.rc is None and step.resource is not None:
            if step.operation in ('start', 'migrate_from'):
                yield step.up, True, step.resource, step.node
            elif step.operation in ('stop', 'demote'):
                yield step.begin, False, step.resource, step.node

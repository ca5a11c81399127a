# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done in a scenario, step by step, as the result has it. Times are seconds after the event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Container, Mapping, Optional, Sequence, Tuple

from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Done
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import Action

# (number of the transition, resource, node) of the start of a VE
StartKey = Tuple[int, Optional[str], Optional[str]]


@dataclass(frozen=True)
class Step:
    """An operation of a resource or the fencing of a node.

    ``waited``: how long after its begin it waits inside the agent. ``rc``: None where it is the expected one. ``timeout``: 0
    is none. ``later``: of the start of a VE, by how much later than without any limits the VE begins to boot. ``boots_on``: for
    how long the guest that it starts boots after its end.
    """

    resource: str | None
    operation: str
    node: str
    begin: float
    waited: float
    end: float
    ve: bool
    transition: int
    rc: int | None
    timeout: float
    later: float
    boots_on: float = 0.0

    @property
    def boots(self) -> bool:
        """Whether this is the start of a VE."""
        return self.ve and self.operation == 'start'

    @property
    def up(self) -> float:
        """When the guest has booted that it starts."""
        return round(self.end + self.boots_on, 3)

    @property
    def length(self) -> float:
        return self.end - self.begin

    def as_result(self) -> dict[str, Any]:
        return {
            'resource': self.resource,
            'operation': self.operation,
            'node': self.node,
            'begin': self.begin,
            'waited': self.waited,
            'end': self.end,
            've': self.ve,
            'transition': self.transition,
            'rc': self.rc,
            **({'up': self.up} if self.boots_on else {}),
        }


def read(
    transitions: Sequence[list[Done]],
    ves: Container[str],
    free: Mapping[StartKey, float],
    boots_on: Callable[[Action], float],
) -> list[Step]:
    """The steps of what was done, in the order in which they begin.

    ``free``: when starts would begin without any limits. ``boots_on``: for how long a guest boots when its start has ended.
    """
    steps = [
        _step(done, number, ves, free, boots_on(done.action))
        for number, ended in enumerate(transitions, 1)
        for done in ended
        if done.action.fencing or (done.action.kind == 'rsc_op' and done.action.operation not in ('cancel', 'delete'))
    ]
    return _cut_short(sorted(steps, key=lambda step: (step.begin, step.end)))


def _cut_short(steps: list[Step]) -> list[Step]:
    """A guest that is stopped, or whose node is fenced, boots no longer."""
    ends: dict[tuple[str | None, str], list[float]] = {}
    for step in steps:
        if step.operation in ('stop', 'migrate_to', 'fence'):
            ends.setdefault((step.resource, step.node), []).append(step.end if step.resource is None else step.begin)
    return [replace(step, boots_on=_boots_on(ends, step)) if step.boots_on else step for step in steps]


def _boots_on(ends: Mapping[tuple[str | None, str], list[float]], step: Step) -> float:
    found = ends.get((step.resource, step.node), []) + ends.get((None, step.node), [])
    return min([step.boots_on, *(end - step.end for end in found if end >= step.end)])


def starts(transitions: Sequence[list[Done]], ves: Container[str]) -> dict[StartKey, float]:
    """When the starts of VEs begin."""
    return {
        (number, done.action.resource, done.action.node): round(done.begin, 3)
        for number, ended in enumerate(transitions, 1)
        for done in ended
        if done.action.kind == 'rsc_op' and done.action.operation == 'start' and done.action.recorded in ves
    }


def _step(done: Done, number: int, ves: Container[str], free: Mapping[StartKey, float], boots_on: float) -> Step:
    action = done.action
    begin, waited = round(done.begin, 3), round(done.waited, 3)
    ve, later = action.recorded in ves, 0.0
    if ve and action.operation == 'start':
        later = max(0.0, begin + waited - free.get((number, action.resource, action.node), begin))
    return Step(
        resource=None if action.fencing else action.resource,
        operation='fence' if action.fencing else 'probe' if action.probe else action.operation,
        node=action.node or '',
        begin=begin,
        waited=waited,
        end=round(done.end, 3),
        ve=ve,
        transition=number,
        rc=None if done.rc == action.target_rc or action.fencing else done.rc,
        timeout=action.timeout,
        later=later,
        boots_on=boots_on,
    )

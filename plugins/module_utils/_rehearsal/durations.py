# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long operations take: given, declared, read in the history, or assumed. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history, operations
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import Cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.options import Options, Times
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import Action


@dataclass(frozen=True)
class Duration:
    """Of one VE. ``monitor`` is the first run of a recurring one. ``start_from``, ``stop_from``: where these come from."""

    start: float
    start_from: str
    stop: float
    stop_from: str
    monitor: float
    probe: float

    def as_result(self) -> dict[str, Any]:
        return {
            'start': self.start,
            'stop': self.stop,
            'monitor': self.monitor,
            'from': self.start_from,
            'stop_from': self.stop_from,
        }


@dataclass(frozen=True)
class Durations:
    """``others``: {(resource, operation): seconds} of what is no VE, from the history."""

    ves: dict[str, Duration]
    others: dict[tuple[str, str], float]
    times: Times

    def of(self, action: Action) -> float:
        if action.fencing:
            return self.times.fence
        if action.kind != 'rsc_op' or action.operation in ('cancel', 'delete'):
            return 0.0
        name = action.recorded or ''
        if name in self.ves:
            return self._of_ve(self.ves[name], action)
        known = self.others.get((name, action.operation))
        if known is not None:
            return known
        if action.operation == 'monitor':
            return self.times.monitor if action.interval else self.times.probe
        return self.times.other

    def _of_ve(self, ve: Duration, action: Action) -> float:
        if action.operation == 'monitor':
            return ve.monitor if action.interval else ve.probe
        if action.operation == 'start':
            return ve.start
        if action.operation in ('stop', 'migrate_to'):
            return ve.stop
        return self.times.other


def read(cluster: Cluster, options: Options, declared: Declaration | None) -> tuple[Durations, list[str]]:
    """The durations, and what is assumed of them."""
    boots = {} if declared is None else {ve.name: (ve.boot_time + ve.settle) / 1000 for ve in declared.ves}
    starts = {
        name: start.seconds
        for name, start in history.last_starts(cluster.root, cluster.ves).items()
        if start.result == 'ok' and start.seconds > 0
    }
    longest = _longest(cluster)
    ves = {}
    for name in cluster.ves:
        given = options.durations.get(name, {})
        start, start_from = _first(
            (given.get('start'), 'given'),
            (starts.get(name), 'history'),
            (boots.get(name), 'boot_time'),
            (_behind_the_timeout(cluster, name), 'timeout'),
            (options.times.start, 'default'),
        )
        stop, stop_from = _first(
            (given.get('stop'), 'given'), (longest.get((name, 'stop')), 'history'), (options.times.stop, 'default')
        )
        monitor = longest.get((name, 'monitor'), options.times.monitor)
        ves[name] = Duration(
            start=start,
            start_from=start_from,
            stop=stop,
            stop_from=stop_from,
            monitor=given.get('monitor', monitor),
            probe=given.get('monitor', options.times.probe),
        )
    others = {key: value for key, value in longest.items() if key[0] not in cluster.ves}
    return Durations(ves, others, options.times), _assumed(ves, options.times)


def _first(*known: tuple[float | None, str]) -> tuple[float, str]:
    return next((value, source) for value, source in known if value is not None)


def _longest(cluster: Cluster) -> dict[tuple[str, str], float]:
    """{(resource, operation): seconds} of the longest one that the history has."""
    found: dict[tuple[str, str], float] = {}
    for operation in history.operations(cluster.root):
        if operation.result == 'ok' and operation.seconds > 0:
            key = operation.resource.split(':')[0], operation.name
            found[key] = max(found.get(key, 0.0), operation.seconds)
    return found


def _behind_the_timeout(cluster: Cluster, name: str) -> float | None:
    timeout = operations.timeout(cluster.root, cluster.ves[name], 'start')
    return timeouts.boot_time_behind(times.milliseconds(timeout, 0, 0))


def _assumed(ves: dict[str, Duration], defaults: Times) -> list[str]:
    kinds: Sequence[tuple[str, float, list[str]]] = (
        ('start', defaults.start, [name for name, ve in ves.items() if ve.start_from == 'default']),
        ('stop', defaults.stop, [name for name, ve in ves.items() if ve.stop_from == 'default']),
    )
    return [
        'the %s of %s takes %s (times: %s); nothing tells how long it took or is to take'
        % (operation, some(unknown), times.words(seconds), operation)
        for operation, seconds, unknown in kinds
        if unknown
    ]

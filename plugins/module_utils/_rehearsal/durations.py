# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long operations take: given, declared, read in the history, or assumed. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests, history, operations
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import Cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.options import Options, Times
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import Action


@dataclass(frozen=True)
class Duration:
    """Of one guest. ``monitor`` is the first run of a recurring one. ``start_from``, ``stop_from``: where these come from.

    ``boot``: for how long it boots on when its start has ended, 0 where that waits for it.
    """

    start: float
    start_from: str
    stop: float
    stop_from: str
    monitor: float
    probe: float
    boot: float = 0.0
    boot_from: str = ''

    def as_result(self) -> dict[str, Any]:
        return {
            'start': self.start,
            'stop': self.stop,
            'monitor': self.monitor,
            'from': self.start_from,
            'stop_from': self.stop_from,
            **({'boot': self.boot, 'boot_from': self.boot_from} if self.boot_from else {}),
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

    def boots_on(self, action: Action) -> float:
        """For how long a guest boots when this action has ended."""
        guest = self.ves.get(action.recorded or '')
        return guest.boot if guest is not None and action.operation == 'start' else 0.0

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
    longest = _longest(cluster)
    starts = _starts(cluster, options, declared)
    boots = _boots(cluster, options, declared)
    ves = {}
    for name in cluster.ves:
        given = options.durations.get(name, {})
        start, start_from = starts[name]
        boot, boot_from = boots.get(name, (0.0, ''))
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
            boot=boot,
            boot_from=boot_from,
        )
    others = {key: value for key, value in longest.items() if key[0] not in cluster.ves}
    return Durations(ves, others, options.times), _assumed(cluster, ves, options.times)


def _starts(cluster: Cluster, options: Options, declared: Declaration | None) -> dict[str, tuple[float, str]]:
    """How long the operation takes, and where that comes from. One that does not wait is known by its history alone."""
    boots = {} if declared is None else {ve.name: (ve.boot_time + ve.settle) / 1000 for ve in declared.ves}
    past = {
        name: start.seconds
        for name, start in history.last_starts(cluster.root, cluster.ves).items()
        if start.result == 'ok' and start.seconds > 0
    }
    return {
        name: _first(
            (options.durations.get(name, {}).get('start'), 'given'),
            (past.get(name), 'history'),
            (boots.get(name) if name in cluster.waiting else None, 'boot_time'),
            (_behind_the_timeout(cluster, name), 'timeout'),
            (options.times.start if name in cluster.waiting else options.times.other, 'default'),
        )
        for name in cluster.ves
    }


def _boots(cluster: Cluster, options: Options, declared: Declaration | None) -> dict[str, tuple[float, str]]:
    """How long guests boot on whose starts do not wait for that."""
    boots = {} if declared is None else {ve.name: ve.boot_time / 1000 for ve in declared.ves}
    return {
        name: _first(
            (options.durations.get(name, {}).get('boot'), 'given'),
            (boots.get(name), 'boot_time'),
            (options.times.boot, 'default'),
        )
        for name in cluster.ves
        if name not in cluster.waiting
    }


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
    if name not in cluster.waiting or not guests.is_ours(cluster.ves[name]):
        return None
    timeout = operations.timeout(cluster.root, cluster.ves[name], 'start')
    return timeouts.boot_time_behind(times.milliseconds(timeout, 0, 0))


def _assumed(cluster: Cluster, ves: dict[str, Duration], defaults: Times) -> list[str]:
    by_default = [name for name, ve in ves.items() if ve.start_from == 'default']
    kinds: Sequence[tuple[str, str, float, list[str]]] = (
        ('start', 'start', defaults.start, [name for name in by_default if name in cluster.waiting]),
        ('start', 'other', defaults.other, [name for name in by_default if name not in cluster.waiting]),
        ('stop', 'stop', defaults.stop, [name for name, ve in ves.items() if ve.stop_from == 'default']),
    )
    assumed = [
        'the %s of %s takes %s (times: %s); nothing tells how long it took or is to take'
        % (operation, some(unknown), times.words(seconds), field)
        for operation, field, seconds, unknown in kinds
        if unknown
    ]
    boots = [name for name, ve in ves.items() if ve.boot_from == 'default']
    if boots:
        assumed.append(
            'the start of %s does not wait until the guest has booted; it boots on for %s (times: boot, durations)'
            % (some(boots), times.words(defaults.boot))
        )
    return assumed

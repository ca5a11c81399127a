# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that knows how long things may take. Times are in milliseconds.

Each result is a Derived: the value, and how it came about, in words that a user can check.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Callable, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import SECOND
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import (
    FORCED,
    INTERVALS,
    RESERVE,
    TIMEOUTS,
    Part,
)

# A boot measured as the slowest may once be slower.
START_MARGIN = 30 * SECOND
# Before and after the VEs a node stops other resources, and moves cluster roles.
SHUTDOWN_MARGIN = 120 * SECOND
# Pacemaker's own default.
SHUTDOWN_ESCALATION = 20 * 60 * SECOND
# TimeoutStopSec of pacemaker.service.
SERVICE_STOP = 30 * 60 * SECOND


@dataclass(frozen=True)
class Derived:
    """A number, the formula in words, and the values that went into it."""

    value: int
    formula: str
    inputs: dict[str, Any] = field(default_factory=dict)


def reserve(timeout: int) -> int:
    """What the agent keeps of an operation's timeout, to end before Pacemaker ends it."""
    return _part(RESERVE, timeout)


def forced(timeout: int) -> int:
    """What the agent keeps of a stop's timeout for the forced stop and the unmount."""
    return _part(FORCED, timeout)


@lru_cache(maxsize=None)  # most VEs are declared alike
def start_timeout(boot_time: int, settle: int, ready_timeout: int = 0) -> Derived:
    """A start may have to wait for one that came before it: the takeover of the DC lets K more in."""
    boot = max(boot_time, ready_timeout)
    needed = _least(2 * (boot + settle) + START_MARGIN, reserve)
    return _advertised(
        'start',
        needed,
        '2 x (boot_time + settle) + margin + the agent\'s reserve',
        boot_time=times.cib(boot),
        settle=times.cib(settle),
        margin=times.cib(START_MARGIN),
        reserve=times.cib(reserve(needed)),
    )


@lru_cache(maxsize=None)
def stop_timeout(grace: int) -> Derived:
    """The agent shortens the grace to fit the timeout; this one holds all of it."""
    needed = _least(grace, lambda timeout: reserve(timeout) + forced(timeout))
    return _advertised(
        'stop',
        needed,
        'stop_grace + forced stop and unmount + the agent\'s reserve',
        stop_grace=times.cib(grace),
        forced=times.cib(forced(needed)),
        reserve=times.cib(reserve(needed)),
    )


@lru_cache(maxsize=None)
def deep_monitor_interval(interval: int) -> Derived:
    """Of the monitor that runs a command inside the VE (OCF_CHECK_LEVEL 10)."""
    advertised = INTERVALS['monitor', 10] * SECOND
    # Pacemaker tells two monitors of one resource apart by their intervals.
    if interval < advertised:
        return Derived(advertised, 'as the agent advertises')
    return Derived(2 * interval, '2 x the interval of the plain monitor', {'interval': times.cib(interval)})


@lru_cache(maxsize=None)
def deep_monitor_timeout(timeout: int) -> Derived:
    return _advertised('monitor', timeout, 'monitor.timeout', depth=10, timeout=times.cib(timeout))


def shutdown_escalation(ves: int, starts_per_node: int, worst_stop: int) -> Derived:
    """How long a clean shutdown of a node with so many VEs may take before Pacemaker gives up on it."""
    rounds = -(-ves // starts_per_node)
    return Derived(
        rounds * worst_stop + SHUTDOWN_MARGIN,
        'ceil(VEs on a node / starts_per_node) x longest stop timeout + margin',
        {
            'ves_on_a_node': ves,
            'starts_per_node': starts_per_node,
            'stop_timeout': times.cib(worst_stop),
            'margin': times.cib(SHUTDOWN_MARGIN),
        },
    )


def boot_time_behind(start_timeout_: int) -> float | None:
    """The declared boot time, in seconds, behind a start timeout above what the agent advertises; None: it tells nothing."""
    if start_timeout_ <= TIMEOUTS['start', 0] * SECOND:
        return None
    return max(0, start_timeout_ - reserve(start_timeout_) - START_MARGIN) / 2 / SECOND


def most_on_a_node(preferences: Sequence[Sequence[str]], nodes: Sequence[str]) -> int:
    """The most VEs on one node after another was lost. ``preferences``: each VE's list of preferred nodes.

    Pacemaker takes a VE's first choice that is there, and spreads those without a choice evenly.
    """
    total = len(preferences)
    if len(nodes) <= 2:
        return total
    most = 0
    for lost in nodes:
        left = [node for node in nodes if node != lost]
        choices = [next((node for node in prefer if node in left), None) for prefer in preferences]
        free = math.ceil(choices.count(None) / len(left))
        most = max([most] + [choices.count(node) + free for node in left])
    return min(most, total)


def _part(part: Part, timeout: int) -> int:
    most = timeout if part.most is None else part.most * SECOND
    return min(max(timeout * part.percent // 100, part.least * SECOND), most, timeout * part.limit // 100)


def _least(wanted: int, kept: Callable[[int], int]) -> int:
    """The least whole-second timeout that leaves ``wanted`` after what the agent keeps of it."""
    low, high = 1, wanted // SECOND * 2 + 60
    while low < high:
        middle = (low + high) // 2
        if middle * SECOND - kept(middle * SECOND) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low * SECOND


def _advertised(action: str, needed: int, formula: str, depth: int = 0, **inputs: str) -> Derived:
    """Never below what the agent advertises: a timeout that is too long costs nothing until something hangs."""
    advertised = TIMEOUTS[action, depth] * SECOND
    inputs['advertised'] = times.cib(advertised)
    return Derived(max(needed, advertised), '%s, at least what the agent advertises' % formula, inputs)

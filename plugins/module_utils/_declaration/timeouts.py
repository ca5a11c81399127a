# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that knows how long things may take. Times are in milliseconds.

Each result is a Derived: the value, and how it came about, in words that a user can check.
"""

from __future__ import annotations

import math

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import INTERVALS, TIMEOUTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import format_time

SECOND = 1000

# A boot measured as the slowest may once be slower.
START_MARGIN = 30 * SECOND
# Before and after the VEs a node stops other resources, and moves cluster roles.
SHUTDOWN_MARGIN = 120 * SECOND
# Pacemaker's own default.
SHUTDOWN_ESCALATION = 20 * 60 * SECOND
# TimeoutStopSec of pacemaker.service.
SERVICE_STOP = 30 * 60 * SECOND


class Derived:
    def __init__(self, value, formula, **inputs):
        self.value = value
        self.formula = formula
        self.inputs = inputs


def reserve(timeout):
    """What the agent keeps of an operation's timeout, to end before Pacemaker ends it."""
    return min(max(timeout * 5 // 100, SECOND), 10 * SECOND, timeout // 2)


def forced(timeout):
    """What the agent keeps of a stop's timeout for the forced stop and the unmount."""
    return min(max(timeout * 15 // 100, 5 * SECOND), timeout // 2)


def start_timeout(boot_time, settle, ready_timeout=0):
    """A start may have to wait for one that came before it: the takeover of the DC lets K more in."""
    boot = max(boot_time, ready_timeout)
    needed = _least(2 * (boot + settle) + START_MARGIN, reserve)
    return _advertised(
        'start',
        needed,
        '2 x (boot_time + settle) + margin + the agent\'s reserve',
        boot_time=format_time(boot),
        settle=format_time(settle),
        margin=format_time(START_MARGIN),
        reserve=format_time(reserve(needed)),
    )


def stop_timeout(grace):
    """The agent shortens the grace to fit the timeout; this one holds all of it."""
    needed = _least(grace, lambda timeout: reserve(timeout) + forced(timeout))
    return _advertised(
        'stop',
        needed,
        'stop_grace + forced stop and unmount + the agent\'s reserve',
        stop_grace=format_time(grace),
        forced=format_time(forced(needed)),
        reserve=format_time(reserve(needed)),
    )


def deep_monitor(interval, timeout):
    """Interval and timeout of the monitor that runs a command inside the VE (OCF_CHECK_LEVEL 10)."""
    advertised = INTERVALS['monitor', 10] * SECOND
    # Pacemaker tells two monitors of one resource apart by their intervals.
    every = (
        Derived(advertised, 'as the agent advertises')
        if interval < advertised
        else Derived(2 * interval, '2 x the interval of the plain monitor', interval=format_time(interval))
    )
    return every, _advertised('monitor', timeout, 'monitor.timeout', depth=10, timeout=format_time(timeout))


def shutdown_escalation(ves, starts_per_node, worst_stop):
    """How long a clean shutdown of a node with so many VEs may take before Pacemaker gives up on it."""
    rounds = -(-ves // starts_per_node)
    return Derived(
        rounds * worst_stop + SHUTDOWN_MARGIN,
        'ceil(VEs on a node / starts_per_node) x longest stop timeout + margin',
        ves_on_a_node=ves,
        starts_per_node=starts_per_node,
        stop_timeout=format_time(worst_stop),
        margin=format_time(SHUTDOWN_MARGIN),
    )


def most_on_a_node(preferences, nodes):
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


def _least(wanted, kept):
    """The least whole-second timeout that leaves ``wanted`` after what the agent keeps of it."""
    low, high = 1, wanted // SECOND * 2 + 60
    while low < high:
        middle = (low + high) // 2
        if middle * SECOND - kept(middle * SECOND) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low * SECOND


def _advertised(action, needed, formula, depth=0, **inputs):
    """Never below what the agent advertises: a timeout that is too long costs nothing until something hangs."""
    advertised = TIMEOUTS[action, depth] * SECOND
    inputs['advertised'] = format_time(advertised)
    return Derived(max(needed, advertised), '%s, at least what the agent advertises' % formula, **inputs)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the operations of guests: their timeouts, what a stop is given, and how they are monitored."""

from __future__ import annotations

from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import subject as subjects
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Finding, Table
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests, history, operations, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts

RULES = Table()

# What an agent is taken to advertise of which nothing is known.
ADVERTISED = {'start': 90, 'stop': 90, 'monitor': 30}
# Of a monitor that a guest is given.
INTERVAL = '30s'
# Of the monitors of a node so many may be under way on average.
MONITORS_AT_ONCE = 1.0
MONITOR_SECONDS = 0.2  # of one that the history does not tell


@RULES.rule(
    'op-timeout-missing',
    'critical',
    explanation='the start or the stop of a guest has no timeout, neither of its own nor from op_defaults, so that Pacemaker\'s 20 s hold',
    why='Pacemaker ends an operation after 20 s then, whatever its agent advertises: a start fails that boots for longer, and a stop '
    'that takes longer has its node fenced.',
    mend='Give the operation a timeout; what its agent advertises is the least.',
)
def op_timeout_missing(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        for operation in ('start', 'stop'):
            if not operations.has_timeout(subject.root, guest, operation):
                advertised = _advertised(subject, name, operation)
                yield Finding(
                    'its %s has no timeout, so that it is %s' % (operation, operations.DEFAULT_TIMEOUT),
                    resource=name,
                    command=subjects.set_timeout(guest, operation, max(advertised, _needed(subject, name, operation))),
                )


@RULES.rule(
    'op-timeout-short',
    'warning',
    explanation='a timeout of a guest\'s start, stop or monitor is below what its agent advertises',
    why='What an agent advertises is the least that its author found to be enough.',
    mend='Raise the timeout to at least what the agent advertises.',
)
def op_timeout_short(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        for operation in ('start', 'stop', 'monitor'):
            advertised, given = _advertised(subject, name, operation), subject.timeout(name, operation)
            there = operation != 'monitor' or _monitors(guest)
            if there and operations.has_timeout(subject.root, guest, operation) and 0 < given < advertised:
                yield Finding(
                    'its %s has a timeout of %s, and its agent advertises %s'
                    % (operation, words(given), words(advertised)),
                    resource=name,
                    command=subjects.set_timeout(guest, operation, max(advertised, _needed(subject, name, operation))),
                )


@RULES.rule(
    'stop-timeout-below-grace',
    'critical',
    explanation='the timeout of a guest\'s stop is below the time that its agent or its tool lets it shut down for (see the table of agents): '
    'vzctl 120 s unless STOP_TIMEOUT says otherwise, `shutdown_timeout` of Xen, `stop_grace` of ours',
    why='A guest that takes its time has not been killed yet when Pacemaker ends the stop. A stop that is ended has failed: its node is fenced, '
    'with all other guests on it, or the guest is blocked where nothing fences.',
    mend='Raise the timeout of stop above the grace, or shorten the grace.',
)
def stop_timeout_below_grace(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        given, grace = subject.timeout(name, 'stop'), _grace(subject, name)
        if not 0 < given < _needed(subject, name, 'stop'):
            continue
        text = 'its stop is ended after %s, and it is let shut down for %s' % (words(given), words(grace))
        command = subjects.set_timeout(guest, 'stop', _needed(subject, name, 'stop'))
        if subject.agents[name].grace.fitted:
            text, why = (
                text + ': its agent shortens that',
                'A guest that needs all of its stop_grace is killed before.',
            )
            yield Finding(text, resource=name, command=command, severity='warning', why=why)
        elif given > grace:
            text += ': that leaves %s to kill it' % words(given - grace)
            yield Finding(text, resource=name, command=command, severity='warning')
        else:
            yield Finding(text, resource=name, command=command)


@RULES.rule(
    'stop-failure-not-fenced',
    'warning',
    explanation='on-fail of a guest\'s stop is block or ignore',
    why='Where the stop fails, nobody knows whether the guest still runs. Fencing ends that; with block the guest is left to a human, and with '
    'ignore it is started elsewhere while it may still run.',
    mend='Take on-fail away from the stop operation, which has the node fenced.',
)
def stop_failure_not_fenced(subject: Subject) -> Iterator[Finding]:
    default = attributes.get(tree.section(subject.root, 'op_defaults'), attributes.META, 'on-fail')
    for name, guest in subject.guests.items():
        found = [op for op in guest.findall('operations/op') if op.get('name') == 'stop']
        own = next((op.get('on-fail') or attributes.get(op, attributes.META, 'on-fail') for op in found), None)
        on_fail = (own or default or '').lower()
        if on_fail in ('block', 'ignore'):
            severity = 'critical' if on_fail == 'ignore' else ''
            yield Finding('on-fail=%s of its stop' % on_fail, resource=name, severity=severity)


@RULES.rule(
    'start-does-not-wait',
    'warning',
    explanation='the start of a guest returns while it still boots (see the table of agents)',
    why='A limit on starts does not limit the boots then: after the loss of a node all its guests boot at the same time.',
    mend='Have the start wait until the guest has booted.',
)
def start_does_not_wait(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        if not guests.waits(guest, subject.asked):
            agent = subject.agents[name]
            text = 'its start (%s) returns while it still boots' % guests.agent_of(guest)
            yield Finding(text, resource=name, mend=agent.wait.mend)


@RULES.rule(
    'monitor-missing',
    'warning',
    explanation='a guest has no recurring monitor',
    why='Pacemaker does not notice when the guest dies, and starts it nowhere.',
    mend='Give it a monitor operation with an interval.',
)
def monitor_missing(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        if not _monitors(guest):
            command = subjects.set_timeout(guest, 'monitor', _advertised(subject, name, 'monitor'), INTERVAL)
            yield Finding('it has no recurring monitor', resource=name, command=command)


@RULES.rule(
    'monitor-aggressive',
    'warning',
    explanation='with one node lost, more than one monitor of guests is under way on each of the others on average, by their intervals and by how '
    'long they took last (%g s where nothing tells)' % MONITOR_SECONDS,
    why='Monitors run beside the guests and count against the limit of operations: starts wait for them.',
    mend='Raise the intervals of the monitors.',
)
def monitor_aggressive(subject: Subject) -> Iterator[Finding]:
    took: dict[str, float] = {}
    for operation in history.operations(subject.root):
        if operation.name == 'monitor' and operation.seconds > 0:
            took[operation.resource] = max(took.get(operation.resource, 0.0), operation.seconds)
    each = {
        name: sum(took.get(name, MONITOR_SECONDS) / interval for interval in _monitors(guest))
        for name, guest in subject.guests.items()
    }
    left = max(1, len(subject.nodes) - 1)
    at_once = sum(each.values()) / left
    if at_once > MONITORS_AT_ONCE:
        number = sum(60 / interval for guest in subject.guests.values() for interval in _monitors(guest)) / left
        worst = max(each, key=lambda name: each[name])
        yield Finding(
            '%d monitors of guests a minute on a node with one node lost, %.1f at once on average; most for %s'
            % (round(number), at_once, worst)
        )


def _monitors(guest: Element) -> list[float]:
    """The intervals of its recurring monitors."""
    found = [op.get('interval') for op in guest.findall('operations/op') if op.get('name') == 'monitor']
    return [interval for interval in (times.seconds(text, 0.0) for text in found) if interval > 0]


def _advertised(subject: Subject, name: str, operation: str) -> int:
    return subject.agents[name].timeouts.get(operation, ADVERTISED[operation])


def _grace(subject: Subject, name: str) -> float:
    return subject.agents[name].grace.of(subject.timeout(name, 'stop'), subject.parameters(name))


def _needed(subject: Subject, name: str, operation: str) -> int:
    """The least timeout of a stop under which a guest that takes all of its grace is stopped, not ended."""
    if operation != 'stop':
        return 0
    grace, parameters = subject.agents[name].grace, subject.parameters(name)
    if grace.fitted:
        return timeouts.stop_timeout(int(grace.of(0, parameters) * times.SECOND)).value // times.SECOND
    return grace.needs(parameters)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status section of a CIB tells of operations: the last start of each VE, and what is in flight.

The executors of the nodes report it. Of every resource a node keeps the last operation, so that a start is known
until the VE stops there, and when it began to the second only. Times in here are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Container, Iterable, Iterator, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import operations as configured

# op-status, where that says more than the return code. Others mean that the operation ended as its return code says.
PENDING, TIMED_OUT = '-1', '2'

# (id of the node, id of the resource, id of the entry)
EntryKey = Tuple[str, str, str]


@dataclass
class Operation:
    """One entry of the history."""

    resource: str
    node: str
    name: str
    interval: int  # milliseconds
    begin: int  # of a recurring one: when its result last changed
    seconds: float
    queued: float
    rc: int
    status: str | None
    reason: str
    call: int

    @property
    def pending(self) -> bool:
        return self.status == PENDING

    @property
    def result(self) -> str:
        if self.pending:
            return 'in flight'
        if self.status == TIMED_OUT:
            return 'timed out'
        return 'ok' if self.rc == 0 and self.status == '0' else 'failed'

    def describe(self, now: float) -> dict[str, Any]:
        return {
            'node': self.node,
            'at': times.iso(self.begin),
            'result': self.result,
            'rc': None if self.pending else self.rc,
            'seconds': max(0, now - self.begin) if self.pending else self.seconds,
            'queued': None if self.pending else self.queued,
            'reason': self.reason,
        }


def operations(root: Element) -> Iterator[Operation]:
    """All entries of the history."""
    for state in root.findall('status/node_state'):
        for resource in state.findall('lrm/lrm_resources/lrm_resource'):
            for entry in resource.findall('lrm_rsc_op'):
                yield operation(resource.get('id', ''), state.get('uname', ''), entry)


def entries(root: Element) -> dict[EntryKey, Element]:
    """All entries of the history as they stand in the CIB."""
    return {
        (state.get('id', ''), resource.get('id', ''), entry.get('id', '')): entry
        for state in root.findall('status/node_state')
        for resource in state.findall('lrm/lrm_resources/lrm_resource')
        for entry in resource.findall('lrm_rsc_op')
    }


def last_starts(root: Element, names: Container[str]) -> dict[str, Operation]:
    """{name: the Operation of its last start}, of those that the history still has."""
    starts: dict[str, Operation] = {}
    for operation in operations(root):
        if operation.name == 'start' and operation.resource in names:
            known = starts.get(operation.resource)
            # A failed start may be there twice, as the last operation and as the last failure.
            if known is None or (operation.begin, operation.call) > (known.begin, known.call):
                starts[operation.resource] = operation
    return starts


def remarks(entries_: Iterable[Element]) -> dict[str, list[tuple[str, str]]]:
    """{VE: [(key, text)]} of starts and stops that succeeded, and of which the agent has something to say all the same."""
    found: dict[str, dict[str, str]] = {}
    for entry in entries_:
        task, reason = entry.get('operation', ''), entry.get('exit-reason') or ''
        name = entry.get('operation_key', '').rsplit('_%s_' % task, 1)[0]
        if reason and entry.get('rc-code') == '0' and task in ('start', 'stop'):
            where = '%s on %s' % (task, entry.get('on_node'))
            key = ' '.join([where, entry.get('last-rc-change', ''), entry.get('call-id', '')])
            found.setdefault(name, {})[key] = '%s: ok (%s)' % (where, reason)
    return {name: list(pairs.items()) for name, pairs in found.items()}


def peaks(starts: Iterable[Operation], now: float) -> dict[str, int]:
    """{node: how many of the starts ran at once, at least}.

    A start began somewhere in the second that is recorded, so only what is left after that second is sure: no more are
    counted than there were, and those that overlapped for less than a second are not.
    """
    marks: dict[str, list[tuple[float, int]]] = {}
    for start in starts:
        end = now if start.pending else start.begin + start.seconds
        marks.setdefault(start.node, []).extend([(start.begin + 1, 1), (end, -1)] if end > start.begin + 1 else [])
    result = {}
    for node, changes in marks.items():
        running, result[node] = 0, 1
        for _when, change in sorted(changes):  # where one begins as another ends, the end comes first
            running += change
            result[node] = max(result[node], running)
    return result


def in_flight(root: Element, nodes: Container[str], now: float) -> list[dict[str, Any]]:
    """Operations that have not ended on these nodes, and in how many seconds they are timed out at the latest."""
    primitives = expansion.primitives(root)
    result: list[dict[str, Any]] = []
    for operation in operations(root):
        if operation.pending and operation.node in nodes:
            # an instance of a clone is NAME:NUMBER, and so are those inside a bundle
            primitive = primitives.get(operation.resource.split(':')[0])
            timeout = configured.timeout(root, primitive, operation.name, operation.interval)
            left = max(0.0, operation.begin + times.seconds(timeout, 0) - now)
            result.append(
                {
                    'resource': operation.resource,
                    'operation': operation.name,
                    'node': operation.node,
                    'since': times.iso(operation.begin),
                    'timeout': timeout,
                    'seconds_left': round(left, 1),
                }
            )
    return sorted(result, key=lambda row: (-row['seconds_left'], row['resource']))


def operation(resource: str, node: str, entry: Element) -> Operation:
    """An entry as it stands in the CIB, as an Operation."""
    return Operation(
        resource=resource,
        node=node,
        name=entry.get('operation', ''),
        interval=whole(entry.get('interval')),
        begin=whole(entry.get('last-rc-change')),
        seconds=whole(entry.get('exec-time')) / 1000,
        queued=whole(entry.get('queue-time')) / 1000,
        rc=whole(entry.get('rc-code')),
        status=entry.get('op-status'),
        reason=entry.get('exit-reason') or '',
        call=whole(entry.get('call-id')),
    )

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status section of a CIB tells of operations: the last start of each VE, and what is in flight.

The executors of the nodes report it. Of every resource a node keeps the last operation, so that a start is known
until the VE stops there, and when it began to the second only. Times in here are seconds.
"""

from __future__ import annotations

import time

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import elements as primitives
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import format_time, parse_time

# Pacemaker's own, for an operation that nobody gave one.
DEFAULT_TIMEOUT = '20s'

# op-status, where that says more than the return code. Others mean that the operation ended as its return code says.
PENDING, TIMED_OUT = '-1', '2'


class Operation:
    """One entry of the history."""

    def __init__(self, resource, node, entry):
        self.resource, self.node = resource, node
        self.name = entry.get('operation')
        self.interval = _whole(entry.get('interval'))  # milliseconds
        self.begin = _whole(entry.get('last-rc-change'))  # of a recurring one: when its result last changed
        self.seconds = _whole(entry.get('exec-time')) / 1000
        self.queued = _whole(entry.get('queue-time')) / 1000
        self.rc = _whole(entry.get('rc-code'))
        self.status = entry.get('op-status')
        self.reason = entry.get('exit-reason') or ''
        self.call = _whole(entry.get('call-id'))

    @property
    def pending(self):
        return self.status == PENDING

    @property
    def result(self):
        if self.pending:
            return 'in flight'
        if self.status == TIMED_OUT:
            return 'timed out'
        return 'ok' if self.rc == 0 and self.status == '0' else 'failed'

    def describe(self, now):
        return {
            'node': self.node,
            'at': iso(self.begin),
            'result': self.result,
            'rc': None if self.pending else self.rc,
            'seconds': max(0, now - self.begin) if self.pending else self.seconds,
            'queued': None if self.pending else self.queued,
            'reason': self.reason,
        }


def operations(root):
    """All entries of the history."""
    for state in root.findall('status/node_state'):
        for resource in state.findall('lrm/lrm_resources/lrm_resource'):
            for entry in resource.findall('lrm_rsc_op'):
                yield Operation(resource.get('id'), state.get('uname'), entry)


def last_starts(root, names):
    """{name: the Operation of its last start}, of those that the history still has."""
    starts = {}
    for operation in operations(root):
        if operation.name == 'start' and operation.resource in names:
            known = starts.get(operation.resource)
            # A failed start may be there twice, as the last operation and as the last failure.
            if known is None or (operation.begin, operation.call) > (known.begin, known.call):
                starts[operation.resource] = operation
    return starts


def peaks(starts, now):
    """{node: how many of the starts ran at once, at least}.

    A start began somewhere in the second that is recorded, so only what is left after that second is sure: no more are
    counted than there were, and those that overlapped for less than a second are not.
    """
    marks = {}
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


def in_flight(root, nodes, now):
    """Operations that have not ended on these nodes, and in how many seconds they are timed out at the latest."""
    primitives_ = {element.get('id'): element for element in cib.section(root, 'resources').iter('primitive')}
    result = []
    for operation in operations(root):
        if operation.pending and operation.node in nodes:
            # an instance of a clone is NAME:NUMBER, and so are those inside a bundle
            element = primitives_.get(operation.resource.split(':')[0])
            timeout = _timeout(root, element, operation.name, operation.interval)
            left = max(0, operation.begin + _seconds(timeout) - now)
            result.append(
                {
                    'resource': operation.resource,
                    'operation': operation.name,
                    'node': operation.node,
                    'since': iso(operation.begin),
                    'timeout': timeout,
                    'seconds_left': round(left, 1),
                }
            )
    return sorted(result, key=lambda row: (-row['seconds_left'], row['resource']))


def declared(root, primitive):
    """The operations of a resource as the configuration has them: {name, interval, timeout}."""
    rows = [
        {
            'name': op.get('name'),
            'interval': _written(op.get('interval', '0')),
            'timeout': _timeout(root, primitive, op.get('name'), _milliseconds(op.get('interval', '0'))),
        }
        for op in primitive.findall('operations/op')
    ]
    for name in ('start', 'stop'):  # run in any case
        if not any(row['name'] == name for row in rows):
            rows.append({'name': name, 'interval': '0s', 'timeout': _timeout(root, primitive, name, 0)})
    return rows


def iso(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def _timeout(root, primitive, name, interval):
    """The timeout in force for an operation, as it is written or by Pacemaker's defaults."""
    ops = {
        _milliseconds(op.get('interval', '0')): op
        for op in ([] if primitive is None else primitive.findall('operations/op'))
        if op.get('name') == name
    }
    op = ops.get(interval)
    if op is None and name == 'monitor' and ops:
        op = ops[min(ops)]  # a probe is timed as the most frequent monitor
    found = None if op is None else op.get('timeout') or primitives.meta_value(op, 'timeout')
    return _written(found or primitives.meta_value(cib.section(root, 'op_defaults'), 'timeout') or DEFAULT_TIMEOUT)


def _written(text):
    try:
        return format_time(parse_time(text))
    except ValueError:
        return text


def _milliseconds(text):
    try:
        return parse_time(text)
    except ValueError:
        return -1


def _seconds(text):
    return max(0, _milliseconds(text)) / 1000


def _whole(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0

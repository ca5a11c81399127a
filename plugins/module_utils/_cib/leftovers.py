# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left over in a cluster and will surprise somebody: constraints of moves by hand, maintenance, fencing that cannot act."""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker, times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    conditions,
    expansion,
    guests,
    history,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import Operation

# What crm_resource --ban and --move (and so pcs and crm) leave, until somebody clears it.
BY_TOOLS = re.compile(r'cli-(ban|prefer|standby)-')
# A probe that found a device not running; that one runs on.
NOT_RUNNING = 7


@dataclass(frozen=True)
class Device:
    """A fencing device. ``state``: started, failed, disabled, or stopped (nothing is known of it yet). ``why``: of a failure."""

    name: str
    state: str
    why: str

    def row(self) -> dict[str, str]:
        """As modules return it."""
        return {'device': self.name, 'state': self.state, 'why': self.why}


@dataclass(frozen=True)
class ByTools:
    """A constraint that a move or a ban by hand has left. ``node``: None where it is of some, by a rule."""

    id: str
    resource: str
    prefers: bool
    node: str | None


def warnings(root: Element) -> list[str]:
    """In words, each with what ends it."""
    found = [
        'A move or ban by hand has left the constraint %s: %s %s %s, until "crm_resource --clear --resource %s".'
        % (
            left.id,
            left.resource,
            'prefers' if left.prefers else 'does not run on',
            left.node or 'some node',
            left.resource,
        )
        for left in by_tools(root)
    ]
    if conditions.in_maintenance(root):
        found.append(
            'The cluster is in maintenance-mode: Pacemaker starts, stops and monitors nothing, until '
            '"crm_attribute --name maintenance-mode --delete".'
        )
    mend = 'A node that is lost is not fenced by it, and its VEs start nowhere else.'
    for device in devices(root):
        if device.state == 'failed':
            found.append(
                'The fencing device %s has failed: %s. %s Mend it, then "crm_resource --cleanup --resource %s".'
                % (device.name, device.why, mend, device.name)
            )
        elif device.state == 'disabled':
            found.append('The fencing device %s is switched off (target-role). %s' % (device.name, mend))
    return found


def devices(root: Element) -> list[Device]:
    """The fencing devices, by the configuration and the history."""
    past: dict[str, list[Operation]] = {}
    online = {state.get('uname', '') for state in root.findall('status/node_state') if state.get('crmd') != 'offline'}
    for operation in history.operations(root):
        if operation.node in online:
            past.setdefault(operation.resource.split(':')[0], []).append(operation)
    return [
        _device(name, primitive, past.get(name, []))
        for name, primitive in expansion.primitives(root).items()
        if guests.is_fencing(primitive)
    ]


def _device(name: str, primitive: Element, past: list[Operation]) -> Device:
    if (attributes.get(primitive, attributes.META, 'target-role') or '').lower() == 'stopped':
        return Device(name, 'disabled', '')
    last: dict[str, Operation] = {}  # of each node
    for operation in sorted(past, key=lambda each: each.call):
        if not operation.pending:
            last[operation.node] = operation
    if any(operation.name in ('start', 'monitor') and operation.result == 'ok' for operation in last.values()):
        return Device(name, 'started', '')
    failed = [
        operation for operation in past if operation.result not in ('ok', 'in flight') and operation.rc != NOT_RUNNING
    ]
    if not failed:
        return Device(name, 'stopped', '')
    newest = max(failed, key=lambda operation: operation.begin)
    said = newest.reason or pacemaker.return_code(str(newest.rc))
    return Device(name, 'failed', '%s on %s at %s: %s' % (newest.name, newest.node, times.iso(newest.begin), said))


def by_tools(root: Element) -> Iterator[ByTools]:
    """Those that are still in force."""
    now = time.time()
    for constraint in tree.section(root, 'constraints').findall('rsc_location'):
        found = BY_TOOLS.match(constraint.get('id', ''))
        if found and not _over(constraint, now):
            node = next(
                (part.get('node') or part.get('value') for part in constraint.iter() if _names_node(part)), None
            )
            yield ByTools(constraint.get('id', ''), constraint.get('rsc', ''), found.group(1) == 'prefer', node)


def _names_node(part: Element) -> bool:
    return bool(part.get('node')) or part.tag == 'expression' and part.get('attribute') == '#uname'


def _over(constraint: Element, now: float) -> bool:
    """Whether its time is over (--lifetime); such a one stays in the CIB and does nothing."""
    ends = [part.get('end') for part in constraint.iter('date_expression') if part.get('end')]
    return any(_time(end or '') < now for end in ends)


def _time(text: str) -> float:
    """Of what the tools write: 2026-11-29 10:00:00Z, or with an offset; one that cannot be read never ends."""
    found = re.match(r'(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d) ?(Z|[+-]\d\d:?\d\d)?\Z', text)
    if not found:
        return float('inf')
    zone = (found.group(3) or 'Z').replace('Z', '+0000').replace(':', '')
    offset = int(zone[0] + '1') * (int(zone[1:3]) * 3600 + int(zone[3:]) * 60)
    moment = time.strptime('%s %s' % found.group(1, 2), '%Y-%m-%d %H:%M:%S')
    return calendar.timegm(moment) - offset

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of a resource as the configuration has them, and the timeout that is in force for each."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree

# Pacemaker's own, for an operation that nobody gave one.
DEFAULT_TIMEOUT = '20s'


def declared(root: Element, primitive: Element) -> list[dict[str, str]]:
    """The operations of a resource: {name, interval, timeout}."""
    rows = []
    for op in primitive.findall('operations/op'):
        name, interval = op.get('name', ''), op.get('interval', '0')
        in_force = timeout(root, primitive, name, _milliseconds(interval))
        rows.append({'name': name, 'interval': _written(interval), 'timeout': in_force})
    for name in ('start', 'stop'):  # run in any case
        if not any(row['name'] == name for row in rows):
            rows.append({'name': name, 'interval': '0s', 'timeout': timeout(root, primitive, name, 0)})
    return rows


def timeout(root: Element, primitive: Element | None, name: str, interval: int = 0) -> str:
    """The timeout in force for an operation, as it is written or by Pacemaker's defaults. ``interval``: milliseconds."""
    default = attributes.get(tree.section(root, 'op_defaults'), attributes.META, 'timeout')
    return _written(own_timeout(primitive, name, interval) or default or DEFAULT_TIMEOUT)


def has_timeout(root: Element, primitive: Element, name: str) -> bool:
    """Whether anybody gave the operation one; a default with a rule, which may hold for it, counts."""
    defaults = attributes.possible(tree.section(root, 'op_defaults'), attributes.META, 'timeout')
    return bool(own_timeout(primitive, name, 0) or defaults)


def own_timeout(primitive: Element | None, name: str, interval: int) -> str | None:
    """What the resource says itself, as it is written."""
    ops = {
        _milliseconds(op.get('interval', '0')): op
        for op in ([] if primitive is None else primitive.findall('operations/op'))
        if op.get('name') == name
    }
    op = ops.get(interval)
    if op is None and name == 'monitor' and ops:
        op = ops[min(ops)]  # a probe is timed as the most frequent monitor
    return None if op is None else op.get('timeout') or attributes.get(op, attributes.META, 'timeout')


def stop_timeouts(primitive: Element) -> list[str | None]:
    """The timeouts that a resource's stop is given, as written."""
    return [op.get('timeout') for op in primitive.findall('operations/op') if op.get('name') == 'stop']


def _written(text: str) -> str:
    try:
        return times.cib(times.parse(text))
    except ValueError:
        return text


def _milliseconds(text: str) -> int:
    return times.milliseconds(text, 0, -1)

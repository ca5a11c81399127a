# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declared VE as elements of the CIB: its primitive and its constraints. Nothing here looks at a cluster.

Every id begins with the resource's name, in the way pcs and crmsh name them too, so that the same
declaration always gives the same ids, and ``owner_of`` can tell our constraints from other people's.
"""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ET
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guests import AGENT
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import TIMEOUTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.derived import APART, PREFER_STEP, Numbers
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE, Declaration, Policy

# What an admin sets by hand on a resource that exists; kept, unless `state` or `meta` says otherwise.
KEPT_META = ('target-role', 'is-managed', 'maintenance')


def primitive(
    ve: VE, policy: Policy, numbers: Numbers, current: Element | None = None, new: str = 'started'
) -> Element:
    """The VE's primitive. ``current``: the one in the CIB; ``new``: the role of one that is not there yet."""
    wanted = Element('primitive', dict({} if current is None else current.attrib, id=ve.name, **AGENT))
    attributes.fill(wanted, attributes.INSTANCE, ve.name, _parameters(ve, policy))
    attributes.fill(wanted, attributes.META, ve.name, _meta(ve, policy, numbers, current, new))
    if ve.utilization:
        attributes.fill(wanted, attributes.UTILIZATION, ve.name, ve.utilization)
    operations = ET.SubElement(wanted, 'operations')
    for action, interval, timeout, level in _operations(ve, numbers):
        op_id = '%s-%s-interval-%s' % (ve.name, action, times.cib(interval))
        operation = ET.SubElement(
            operations, 'op', id=op_id, name=action, interval=times.cib(interval), timeout=times.cib(timeout)
        )
        if level:
            attributes.fill(operation, attributes.INSTANCE, op_id, {'OCF_CHECK_LEVEL': str(level)})
    if current is not None:
        # Sets with a rule hold only on some nodes or at some times: somebody's own work, that no field can express.
        wanted.extend(copy.deepcopy(attribute_set) for attribute_set in attributes.with_rule(current))
    return wanted


def constraints(ve: VE, declaration: Declaration) -> list[Element]:
    """The VE's own constraints."""
    result = []
    for place, node in enumerate(ve.prefer):
        ident, score = '%s-prefer-%s' % (ve.name, node), PREFER_STEP * (len(ve.prefer) - place)
        result.append(Element('rsc_location', id=ident, rsc=ve.name, node=node, score=str(score)))
    for other in ve.after:
        # Optional and of starts only: it orders what starts together, and a restart of the first restarts no one.
        order = {'first': other, 'first-action': 'start', 'then': ve.name, 'then-action': 'start'}
        kind = {'kind': 'Optional', 'symmetrical': 'false'}
        result.append(Element('rsc_order', {'id': '%s-after-%s' % (ve.name, other), **order, **kind}))
    for other in ve.needs:
        ident = '%s-needs-%s-' % (ve.name, other)
        result.append(Element('rsc_order', id=ident + 'order', first=other, then=ve.name, kind='Mandatory'))
        result.append(_colocation(ident + 'colocation', ve.name, other, 'INFINITY'))
    declared_by = {other.name: other.apart for other in declaration.ves}
    for other in ve.apart:
        # Declared on both sides it is still one rule: two constraints would count it twice.
        if ve.name not in declared_by[other] or ve.name < other:
            result.append(_colocation('%s-apart-%s' % (ve.name, other), ve.name, other, str(-APART)))
    return result


def _colocation(ident: str, name: str, other: str, score: str) -> Element:
    return Element('rsc_colocation', {'id': ident, 'rsc': name, 'with-rsc': other, 'score': score})


def owner_of(constraint: Element) -> str | None:
    """The name of the VE whose constraint of ours this is, None where it is not one of ours."""
    if constraint.tag == 'rsc_location':
        owner, others = constraint.get('rsc'), [('prefer', constraint.get('node'), '')]
    elif constraint.tag == 'rsc_order':
        owner, first = constraint.get('then'), constraint.get('first')
        others = [('after', first, ''), ('needs', first, '-order')]
    elif constraint.tag == 'rsc_colocation':
        owner, other = constraint.get('rsc'), constraint.get('with-rsc')
        others = [('apart', other, ''), ('needs', other, '-colocation')]
    else:
        return None
    idents = ['%s-%s-%s%s' % (owner, kind, other, end) for kind, other, end in others]
    return owner if constraint.get('id') in idents else None


def made_by_crm_resource(constraint: Element, name: str) -> bool:
    """Whether `crm_resource --move` or `--ban` made this for the resource: it goes when the resource goes."""
    if constraint.tag != 'rsc_location' or constraint.get('rsc') != name:
        return False
    form = r'cli-(prefer|standby)-%s\Z|cli-ban-%s-on-' % (re.escape(name), re.escape(name))
    return re.match(form, constraint.get('id', '')) is not None


def _parameters(ve: VE, policy: Policy) -> dict[str, str]:
    wanted = {
        'veid': ve.id,
        'engine': ve.engine,
        'stop_grace': times.cib(ve.stop_grace),
        'start_settle': times.cib(policy.settle),
        'ready_timeout_action': policy.slow_boot,
    }
    if policy.starts_per_node:
        wanted['start_slots'] = str(policy.starts_per_node)
    if ve.monitor_command:
        wanted['monitor_command'] = ve.monitor_command
    wanted.update(ve.params)
    return wanted


def _meta(ve: VE, policy: Policy, numbers: Numbers, current: Element | None, new: str) -> dict[str, str]:
    wanted = {
        'priority': str(numbers.priority.value),
        'resource-stickiness': str(numbers.stickiness.value),
        'migration-threshold': str(policy.failures_before_move),
        'failure-timeout': times.cib(policy.failure_timeout),
    }
    if current is not None:
        for name in KEPT_META:
            value = attributes.get(current, attributes.META, name)
            if value is not None:
                wanted[name] = value
    elif ve.state is None:
        wanted['target-role'] = 'Started' if new == 'started' else 'Stopped'
    if ve.state in ('started', 'stopped'):
        wanted['target-role'] = ve.state.capitalize()
        wanted.pop('is-managed', None)
    elif ve.state == 'unmanaged':
        wanted['is-managed'] = 'false'
    wanted.update(ve.meta)
    return wanted


def _operations(ve: VE, numbers: Numbers) -> Iterator[tuple[str, int, int, int]]:
    """(action, interval, timeout, check level), in milliseconds."""
    yield 'start', 0, numbers.start.value, 0
    yield 'stop', 0, numbers.stop.value, 0
    yield 'monitor', ve.monitor_interval, ve.monitor_timeout, 0
    if ve.monitor_command:
        yield 'monitor', numbers.deep_interval.value, numbers.deep_timeout.value, 10
    if is_true(ve.meta.get('allow-migrate', '')):
        # Without a timeout of its own a migration would have Pacemaker's 20 s.
        for action in ('migrate_to', 'migrate_from'):
            yield action, 0, TIMEOUTS[action, 0] * times.SECOND, 0

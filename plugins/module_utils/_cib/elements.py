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
from dataclasses import dataclass
from typing import AbstractSet, Iterator, Mapping, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guests import AGENT
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import TIMEOUTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.derived import APART, PREFER_STEP, Numbers
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import (
    NEW,
    STOPPED,
    VE,
    Declaration,
    Policy,
)

Pair = Tuple[str, str]

# What an admin sets by hand on a resource that exists; kept, unless `state` or `meta` says otherwise.
KEPT_META = ('target-role', 'is-managed', 'maintenance')


@dataclass(frozen=True)
class Current:
    """A VE's primitive in the CIB. ``element``: as it stands; ``own``: with its references; ``read``: with its template, too."""

    element: Element
    own: Element
    read: Element


def look(root: Element, element: Element) -> Current:
    return Current(element, expansion.own(root, element), expansion.primitive(root, element))


def primitive(
    ve: VE, policy: Policy, numbers: Numbers, current: Current | None = None, new: str = 'started'
) -> Element:
    """The VE's primitive. ``current``: the one in the CIB; ``new``: the role of one that is not there yet.

    A template stays, with its other users: what the VE's fields say overrides it, and what they do not say holds on.
    """
    attrib = {} if current is None else current.element.attrib
    wanted = Element('primitive', dict(attrib, id=ve.name, **({} if expansion.TEMPLATE in attrib else AGENT)))
    sets = [
        (attributes.INSTANCE, _parameters(ve, policy)),
        (attributes.META, _meta(ve, policy, numbers, current, new)),
        (attributes.UTILIZATION, ve.utilization),
    ]
    for kind, values in sets:
        if values:
            # as strong as the strongest set of the template, which comes before it, and so stronger
            score = attributes.strength(current.read, kind) if current and expansion.TEMPLATE in attrib else 0
            attributes.fill(wanted, kind, ve.name, values, score)
    operations = ET.SubElement(wanted, 'operations', _identity(current))
    for action, interval, timeout, level in _operations(ve, numbers):
        op_id = '%s-%s-interval-%s' % (ve.name, action, times.cib(interval))
        operation = ET.SubElement(
            operations, 'op', id=op_id, name=action, interval=times.cib(interval), timeout=times.cib(timeout)
        )
        if level:
            attributes.fill(operation, attributes.INSTANCE, op_id, {'OCF_CHECK_LEVEL': str(level)})
    if current is not None:
        # Sets with a rule hold only on some nodes or at some times: somebody's own work, that no field can express.
        wanted.extend(
            copy.deepcopy(child)
            for child, seen in zip(current.element, current.own)
            if isinstance(child.tag, str) and attributes.has_rule(seen)
        )
    return wanted


def _identity(current: Current | None) -> dict[str, str]:
    """What the element with the operations is called: crmsh gives it an id, and crm_diff takes one without for another."""
    operations = None if current is None else current.element.find('operations')
    ident = None if operations is None else operations.get('id')
    return {} if ident is None else {'id': ident}


def constraints(
    ve: VE, declaration: Declaration, promoted: Mapping[str, str], apart: AbstractSet[Pair]
) -> list[Element]:
    """The VE's own constraints.

    ``promoted``: {resource that can be promoted: the role that it has then}. ``apart``: pairs_in() of the CIB.
    """
    result = []
    for place, node in enumerate(ve.prefer):
        ident, score = '%s-prefer-%s' % (ve.name, node), PREFER_STEP * (len(ve.prefer) - place)
        result.append(Element('rsc_location', id=ident, rsc=ve.name, node=node, score=str(score)))
    for other in ve.after:
        # Optional and of starts only: it orders what starts together, and a restart of the first restarts no one.
        order = {'first': other, 'first-action': 'start', 'then': ve.name, 'then-action': 'start'}
        kind = {'kind': 'Optional', 'symmetrical': 'false'}
        result.append(Element('rsc_order', {'id': '%s-after-%s' % (ve.name, other), **order, **kind}))
    for need in ve.needs:
        ident = '%s-needs-%s-' % (ve.name, need.name)
        first = Element('rsc_order', id=ident + 'order', first=need.name, then=ve.name, kind='Mandatory')
        together = _colocation(ident + 'colocation', ve.name, need.name, 'INFINITY')
        if need.name in promoted and need.role != 'started':
            first.attrib.update({'first-action': 'promote', 'then-action': 'start'})
            together.set('with-rsc-role', promoted[need.name])
        result += [first, together]
    declared_by = {other.name: other.apart for other in declaration.ves}
    for other in ve.apart:
        # Declared on both sides it is still one rule: two constraints would count it twice.
        there = (
            (other, ve.name) in apart if other not in declared_by else ve.name in declared_by[other] and ve.name > other
        )
        if not there:
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


def pairs_in(section: Element, kind: str) -> set[Pair]:
    """(VE, other) of all constraints of ours of a kind (after, apart) in a CIB's section of constraints."""
    found = set()
    for constraint in section:
        owner = owner_of(constraint)
        other = constraint.get('first') or constraint.get('with-rsc') or ''
        if owner is not None and constraint.get('id') == '%s-%s-%s' % (owner, kind, other):
            found.add((owner, other))
    return found


def preferences(section: Element) -> dict[str, list[str]]:
    """{VE: the nodes that it prefers, the first choice first} by the constraints of ours."""
    found: dict[str, list[tuple[int, str]]] = {}
    for constraint in section.findall('rsc_location'):
        owner = owner_of(constraint)
        if owner is not None:
            found.setdefault(owner, []).append((-whole(constraint.get('score')), constraint.get('node', '')))
    return {name: [node for _score, node in sorted(choices)] for name, choices in found.items()}


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
        'start_settle': times.cib(ve.settle),
        'ready_timeout_action': policy.slow_boot,
    }
    if policy.starts_per_node:
        wanted['start_slots'] = str(policy.starts_per_node)
    if ve.monitor_command:
        wanted['monitor_command'] = ve.monitor_command
    wanted.update(ve.params)
    return wanted


def _meta(ve: VE, policy: Policy, numbers: Numbers, current: Current | None, new: str) -> dict[str, str]:
    wanted = {
        'priority': str(numbers.priority.value),
        'resource-stickiness': str(numbers.stickiness.value),
        'migration-threshold': str(policy.failures_before_move),
        'failure-timeout': times.cib(policy.failure_timeout),
    }
    if current is not None:
        for name in KEPT_META:
            value = attributes.get(current.own, attributes.META, name)
            if value is not None:
                wanted[name] = value
        mark = attributes.get(current.own, attributes.META, STOPPED)
        if mark and wanted.get('target-role', '').lower() == 'stopped':
            wanted[STOPPED] = mark
    elif ve.state is None:
        wanted['target-role'] = 'Started' if new == 'started' else 'Stopped'
        wanted.update({} if new == 'started' else {STOPPED: NEW})
    if ve.state in ('started', 'stopped'):
        wanted['target-role'] = ve.state.capitalize()
        for name in ('is-managed', STOPPED):
            wanted.pop(name, None)
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

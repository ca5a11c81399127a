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

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import TIMEOUTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import TRUE, format_time, parse_time

AGENT = {'class': 'ocf', 'provider': 'openve', 'type': 'ManageVE'}

# What an admin sets by hand on a resource that exists; kept, unless `state` or `meta` says otherwise.
KEPT_META = ('target-role', 'is-managed', 'maintenance')

# Scores. A first choice of three is 30, the last 10. Not on one node weighs more than every such preference,
# and staying weighs more than all of it together; all are finite, so `crm_resource --move` still moves a VE.
PREFER_STEP = 10
APART = 1000
STAY = 1000
# With failback a preference brings a VE back; the 1 keeps VEs without a preference from being shuffled around.
STAY_LIGHTLY = 1


class Numbers:
    """What is derived for one VE, each a timeouts.Derived."""

    def __init__(self, ve, model, apart):
        policy = model.policy
        ready = ve.params.get('ready_timeout', '0')
        self.start = timeouts.start_timeout(ve.boot_time, policy.settle, parse_time(ready))
        self.stop = timeouts.stop_timeout(ve.stop_grace)
        self.deep_interval, self.deep_timeout = timeouts.deep_monitor(ve.monitor_interval, ve.monitor_timeout)
        self.priority = timeouts.Derived(
            -ve.start_order,
            '-start_order: behind what nobody declared (priority 0), the lowest order first',
            start_order=ve.start_order,
        )
        if policy.failback:
            self.stickiness = timeouts.Derived(STAY_LIGHTLY, 'failback: below every step between two preferences')
        else:
            self.stickiness = timeouts.Derived(
                STAY + PREFER_STEP * len(ve.prefer) + APART * apart,
                'no failback: above every score that could draw the VE elsewhere',
                base=STAY,
                preferences=PREFER_STEP * len(ve.prefer),
                apart=APART * apart,
            )


def numbers(model):
    """{name: Numbers} of all VEs."""
    neighbours = {ve.name: set() for ve in model.ves}
    for ve in model.ves:
        for other in ve.apart:
            neighbours[ve.name].add(other)
            neighbours[other].add(ve.name)
    return {ve.name: Numbers(ve, model, len(neighbours[ve.name])) for ve in model.ves}


def is_ours(primitive):
    return all(primitive.get(name) == value for name, value in AGENT.items())


def primitive(ve, model, derived, current=None, new='started'):
    """The VE's primitive. ``current``: the one in the CIB; ``new``: the role of one that is not there yet."""
    attributes = dict({} if current is None else current.attrib, id=ve.name, **AGENT)
    wanted = ET.Element('primitive', attributes)
    kept = (
        []
        if current is None
        else [attribute_set for attribute_set in current if attribute_set.find('rule') is not None]
    )

    _pairs(wanted, 'instance_attributes', ve.name, _parameters(ve, model.policy))
    _pairs(wanted, 'meta_attributes', ve.name, _meta(ve, model.policy, derived, current, new))
    if ve.utilization:
        _pairs(wanted, 'utilization', ve.name, ve.utilization)
    operations = ET.SubElement(wanted, 'operations')
    for action, interval, timeout, level in _operations(ve, derived):
        op_id = '%s-%s-interval-%s' % (ve.name, action, format_time(interval))
        operation = ET.SubElement(
            operations, 'op', id=op_id, name=action, interval=format_time(interval), timeout=format_time(timeout)
        )
        if level:
            _pairs(operation, 'instance_attributes', op_id, {'OCF_CHECK_LEVEL': str(level)})
    # Sets with a rule hold only on some nodes or at some times: somebody's own work, that no field can express.
    wanted.extend(copy.deepcopy(attribute_set) for attribute_set in kept)
    return wanted


def constraints(ve, model):
    """The VE's own constraints."""
    result = []
    for place, node in enumerate(ve.prefer):
        result.append(
            ET.Element(
                'rsc_location',
                id='%s-prefer-%s' % (ve.name, node),
                rsc=ve.name,
                node=node,
                score=str(PREFER_STEP * (len(ve.prefer) - place)),
            )
        )
    for other in ve.after:
        # Optional and of starts only: it orders what starts together, and a restart of the first restarts no one.
        result.append(
            ET.Element(
                'rsc_order',
                {
                    'id': '%s-after-%s' % (ve.name, other),
                    'first': other,
                    'first-action': 'start',
                    'then': ve.name,
                    'then-action': 'start',
                    'kind': 'Optional',
                    'symmetrical': 'false',
                },
            )
        )
    for other in ve.needs:
        result.append(
            ET.Element(
                'rsc_order',
                {'id': '%s-needs-%s-order' % (ve.name, other), 'first': other, 'then': ve.name, 'kind': 'Mandatory'},
            )
        )
        result.append(
            ET.Element(
                'rsc_colocation',
                {
                    'id': '%s-needs-%s-colocation' % (ve.name, other),
                    'rsc': ve.name,
                    'with-rsc': other,
                    'score': 'INFINITY',
                },
            )
        )
    declared_by = {other.name: other.apart for other in model.ves}
    for other in ve.apart:
        # Declared on both sides it is still one wish: two constraints would count it twice.
        if ve.name not in declared_by[other] or ve.name < other:
            result.append(
                ET.Element(
                    'rsc_colocation',
                    {'id': '%s-apart-%s' % (ve.name, other), 'rsc': ve.name, 'with-rsc': other, 'score': str(-APART)},
                )
            )
    return result


def owner_of(constraint):
    """The name of the VE whose constraint of ours this is, None where it is not one of ours."""
    tag, ident = constraint.tag, constraint.get('id', '')
    if tag == 'rsc_location':
        owner, others = constraint.get('rsc'), [('prefer', constraint.get('node'), '')]
    elif tag == 'rsc_order':
        owner = constraint.get('then')
        others = [('after', constraint.get('first'), ''), ('needs', constraint.get('first'), '-order')]
    elif tag == 'rsc_colocation':
        owner = constraint.get('rsc')
        others = [('apart', constraint.get('with-rsc'), ''), ('needs', constraint.get('with-rsc'), '-colocation')]
    else:
        return None
    return owner if any(ident == '%s-%s-%s%s' % (owner, kind, other, end) for kind, other, end in others) else None


def made_by_crm_resource(constraint, name):
    """Whether `crm_resource --move` or `--ban` made this for the resource: it goes when the resource goes."""
    return (
        constraint.tag == 'rsc_location'
        and constraint.get('rsc') == name
        and re.match(
            r'cli-(prefer|standby)-%s\Z|cli-ban-%s-on-' % (re.escape(name), re.escape(name)), constraint.get('id', '')
        )
        is not None
    )


def meta_value(primitive_, name):
    """A meta attribute's value: of the sets, the first that has it."""
    pair = meta_pair(primitive_, name)
    return None if pair is None else pair.get('value')


def _parameters(ve, policy):
    wanted = {
        'veid': ve.id,
        'engine': ve.engine,
        'stop_grace': format_time(ve.stop_grace),
        'start_settle': format_time(policy.settle),
        'ready_timeout_action': policy.slow_boot,
    }
    if policy.starts_per_node:
        wanted['start_slots'] = str(policy.starts_per_node)
    if ve.monitor_command:
        wanted['monitor_command'] = ve.monitor_command
    wanted.update(ve.params)
    return wanted


def _meta(ve, policy, derived, current, new):
    wanted = {
        'priority': str(derived.priority.value),
        'resource-stickiness': str(derived.stickiness.value),
        'migration-threshold': str(policy.failures_before_move),
        'failure-timeout': format_time(policy.failure_timeout),
    }
    if current is not None:
        for name in KEPT_META:
            value = meta_value(current, name)
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


def _operations(ve, derived):
    """(action, interval, timeout, check level), in milliseconds."""
    yield 'start', 0, derived.start.value, 0
    yield 'stop', 0, derived.stop.value, 0
    yield 'monitor', ve.monitor_interval, ve.monitor_timeout, 0
    if ve.monitor_command:
        yield 'monitor', derived.deep_interval.value, derived.deep_timeout.value, 10
    if ve.meta.get('allow-migrate', '').lower() in TRUE:
        # Without a timeout of its own a migration would have Pacemaker's 20 s.
        for action in ('migrate_to', 'migrate_from'):
            yield action, 0, TIMEOUTS[action, 0] * timeouts.SECOND, 0


def meta_pair(primitive_, name):
    for meta in primitive_.findall('meta_attributes'):
        if meta.find('rule') is None:
            for pair in meta.findall('nvpair'):
                if pair.get('name') == name:
                    return pair
    return None


def _pairs(parent, tag, owner, values):
    attribute_set = ET.SubElement(parent, tag, id='%s-%s' % (owner, tag))
    for name, value in values.items():
        ET.SubElement(attribute_set, 'nvpair', id='%s-%s-%s' % (owner, tag, name), name=name, value=value)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared VEs in a cluster's CIB: what is ours there, what has to change, and what else that concerns."""

from __future__ import annotations

import os

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import backup
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import wait as cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit as limits
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model as models
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import elements as primitives
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run as rehearsal
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import restarts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ConflictError, ModelError

# Why a property concerns resources that are not ours.
CONCERNS = {
    'node-action-limit': 'their starts, stops and probes on a node count against this limit as well',
    'batch-limit': 'their actions count against this limit as well',
    'start-failure-is-fatal': 'when one of these fails to start it is tried on the same node again, '
    'until its migration-threshold, instead of moving at once',
    'load-threshold': 'above this load their actions are slowed down as well',
    'shutdown-escalation': 'a node that stops these cleanly may take so long',
}


def apply(runner, arguments, check=False):
    """The module ve_resources: bring the cluster's CIB in line with its ``arguments``, return its result."""
    edit = Edit(models.read(arguments['ves'], arguments['policy']), arguments['purge'], arguments['new'])
    wait = cluster.read_timeout(arguments['wait_timeout']) if arguments['wait'] else None
    if arguments['backup_keep'] < 0:
        raise ModelError(
            ['backup_keep: %d is out of range; write how many to keep, or 0 for none' % arguments['backup_keep']]
        )
    saved = backup.Backup(arguments['backup_keep'])

    predicted, rehearsed = [], []

    def diff(change):
        shown = {'before': change.before, 'after': change.after}
        if predicted:
            shown['prepared'] = ''.join('Pacemaker will %s\n' % restarts.sentence(row) for row in predicted)
        return shown

    def review(change):
        predicted[:] = restarts.predict(runner, change, {ve.name for ve in edit.model.ves})
        if not arguments['allow_restart']:
            _refuse_to_interrupt(edit, predicted, change.new, lambda: diff(change))
        if arguments.get('rehearse') is not None:
            rehearsed[:] = [
                rehearsal.rehearse(
                    runner, change.new, arguments['rehearse'], edit.model, live='CIB_file' not in os.environ
                )
            ]
            rehearsal.refuse_broken(
                rehearsed[0],
                'After this change what was asserted would not hold, so nothing was changed',
                {'rehearsal': rehearsal.short(rehearsed[0]), 'diff': lambda: diff(change)},
            )

    # Before the patch: after it the controller, which knows the name, has other things to do.
    here = None if check else limits.own_name(runner)
    try:
        change = cib.change(runner, edit, check, review, saved.save)
    except ConflictError:
        saved.discard()
        raise
    if not change.changed:
        saved.discard()  # somebody else was faster with the very same change
    warnings = saved.rotate()
    result = {
        'changed': change.changed,
        'created': edit.created,
        'updated': edit.updated,
        'removed': edit.removed,
        'predicted': predicted,
        'explain': edit.explain(),
        'properties': edit.properties,
        'patch': change.patch,
        'attempts': change.attempts,
        'backup': saved.path,
        'restore': saved.restore,
        'rehearsal': rehearsed[0] if rehearsed else None,
        'warnings': edit.warnings + change.warnings + warnings,
        'diff': lambda: diff(change),
    }
    if not check:
        result['limits'] = limits.look(here, change.new)
        result['warnings'] += [
            'node-action-limit %s is not in force on %s: %s. Role resources puts it in force '
            '(resources_apply_limits).' % (row['limit'], here, row['why'])
            for row in result['limits']
            if row['in_force'] == 'false' and not row['override']
        ]
    if wait and not check:
        cluster.wait(runner, wait, [ve.name for ve in edit.model.ves], result)
    return result


def _refuse_to_interrupt(edit, predicted, root, diff):
    """A VE that runs goes on running, unless it was declared stopped. Foreign resources are only reported."""
    asked = {ve.name for ve in edit.model.ves if ve.state == 'stopped'}
    ours = {
        primitive.get('id')
        for primitive in cib.section(root, 'resources').iter('primitive')
        if primitives.is_ours(primitive)
    }
    hit = [
        row
        for row in predicted
        if row['action'] in restarts.INTERRUPTING
        and row['resource'] in ours.union(edit.removed)
        and not (row['resource'] in asked and row['action'] == 'stop')
    ]
    if hit:
        raise CibError(
            'This change would interrupt VEs that run, nothing was changed:\n- %s\nWith allow_restart: true '
            'it is made all the same.' % '\n- '.join(map(restarts.sentence, hit)),
            predicted=predicted,
            diff=diff,
        )


class Edit:
    """The edit for cib.change(). What it did to the tree of its last call is in its attributes."""

    def __init__(self, model, purge=False, new='started'):
        self.model, self.purge, self.new = model, purge, new
        self.numbers = primitives.numbers(model)

    def __call__(self, root):
        self.created, self.updated, self.removed, self.warnings, self.properties = [], [], [], [], []
        before = self._shapes(root)
        places = _places(root)
        problems = list(_names_taken(self.model, places))
        if self.purge:
            problems += self._purge(root, places)
        problems += _second_managers(self.model, root)
        problems += _missing_needs(self.model, places)
        _refuse(problems)
        self._resources(root, places)
        self._constraints(root)
        # Only now: the constraints of declared and of purged VEs that named a purged one are gone.
        _refuse(
            [
                '%s is to be purged, but %s still refers to it; remove that first, or declare the VE'
                % (name, ', '.join(users))
                for name, users in _users(root, self.removed).items()
            ]
        )
        after = self._shapes(root)
        self.updated = [ve.name for ve in self.model.ves if ve.name in before and before[ve.name] != after[ve.name]]
        self._properties(root)
        _refuse_double_ids(root)
        self._look_around(root)

    def explain(self):
        """Each derived number once, with the VEs that it holds for."""
        rows = {}
        for ve in self.model.ves:
            derived = self.numbers[ve.name]
            texts = [('start timeout', derived.start), ('stop timeout', derived.stop)]
            if ve.monitor_command:
                texts += [
                    ('deep monitor interval', derived.deep_interval),
                    ('deep monitor timeout', derived.deep_timeout),
                ]
            for what, number in texts:
                _row(rows, what, models.format_time(number.value), number, ve.name)
            for what, number in (('priority', derived.priority), ('resource-stickiness', derived.stickiness)):
                _row(rows, what, str(number.value), number, ve.name)
        if self.escalation:
            _row(rows, 'shutdown-escalation', models.format_time(self.escalation.value), self.escalation, None)
        return list(rows.values())

    # The parts of the edit

    def _purge(self, root, places):
        """Remove what is ours and not declared; return what stands in the way."""
        problems = []
        declared = {ve.name for ve in self.model.ves}
        constraints = cib.section(root, 'constraints')
        for name, (parent, element) in list(places.items()):
            if name in declared or element.tag != 'primitive' or not primitives.is_ours(element):
                continue
            if parent.tag != 'resources':
                problems.append(
                    '%s is to be purged, but it is part of the %s %s; take it out of there first'
                    % (name, parent.tag, parent.get('id'))
                )
                continue
            for constraint in list(constraints):
                if primitives.owner_of(constraint) == name or primitives.made_by_crm_resource(constraint, name):
                    constraints.remove(constraint)
            parent.remove(element)
            del places[name]
            self.removed.append(name)
        return problems

    def _resources(self, root, places):
        wanted = {}  # by parent: a VE may be a member of a group
        for ve in self.model.ves:
            parent, current = places.get(ve.name, (cib.section(root, 'resources'), None))
            if current is None:
                self.created.append(ve.name)
            wanted.setdefault(parent, []).append(
                primitives.primitive(ve, self.model, self.numbers[ve.name], current, self.new)
            )
        for parent, elements in wanted.items():
            cib.merge(parent, *elements)

    def _constraints(self, root):
        section = cib.section(root, 'constraints')
        wanted = [constraint for ve in self.model.ves for constraint in primitives.constraints(ve, self.model)]
        ids = {constraint.get('id') for constraint in wanted}
        names = {ve.name for ve in self.model.ves}
        for constraint in list(section):
            if primitives.owner_of(constraint) in names and constraint.get('id') not in ids:
                section.remove(constraint)
        cib.merge(section, *wanted)

    def _shapes(self, root):
        """{name: what it looks like, itself and its constraints} of the declared VEs that are there."""
        names = {ve.name for ve in self.model.ves}
        shapes = {
            primitive.get('id'): [cib.canonical(primitive)]
            for primitive in cib.section(root, 'resources').iter('primitive')
            if primitive.get('id') in names
        }
        for constraint in sorted(cib.section(root, 'constraints'), key=lambda element: element.get('id', '')):
            owner = primitives.owner_of(constraint)
            if owner in shapes:
                shapes[owner].append(cib.canonical(constraint))
        return shapes

    def _properties(self, root):
        policy = self.model.policy
        wanted = {}
        if policy.starts_per_node:
            wanted['node-action-limit'] = str(policy.starts_per_node)
        if policy.starts_total:
            wanted['batch-limit'] = str(policy.starts_total)
        if policy.retry_start:
            wanted['start-failure-is-fatal'] = 'false'
        if policy.load_threshold is not None:
            wanted['load-threshold'] = policy.load_threshold
        self.escalation = self._escalation(root)
        if self.escalation and self.escalation.value > _milliseconds(
            cib.get_property(root, 'shutdown-escalation'), timeouts.SHUTDOWN_ESCALATION, models.LONGEST
        ):
            wanted['shutdown-escalation'] = models.format_time(self.escalation.value)

        foreign = [
            primitive.get('id')
            for primitive in cib.section(root, 'resources').iter('primitive')
            if not primitives.is_ours(primitive)
        ]
        for name, value in wanted.items():
            old = cib.get_property(root, name)
            cib.set_property(root, name, value)
            self.properties.append(
                {
                    'name': name,
                    'old': old,
                    'new': value,
                    'changed': old != value,
                    'foreign': foreign,
                    'concerns': CONCERNS[name] if foreign else '',
                }
            )

    def _escalation(self, root):
        """What shutdown-escalation has to be; None without VEs, or where no limit of ours slows their stops down."""
        own = [
            primitive for primitive in cib.section(root, 'resources').iter('primitive') if primitives.is_ours(primitive)
        ]
        if not own or not self.model.policy.starts_per_node:
            return None
        prefer = {ve.name: ve.prefer for ve in self.model.ves}
        nodes = [node.get('uname') for node in cib.section(root, 'nodes').findall('node') if node.get('type') != 'ping']
        stops = [
            _milliseconds(operation.get('timeout'), 0, 0)
            for primitive in own
            for operation in primitive.findall('operations/op')
            if operation.get('name') == 'stop'
        ]
        return timeouts.shutdown_escalation(
            timeouts.most_on_a_node([prefer.get(primitive.get('id'), []) for primitive in own], nodes),
            self.model.policy.starts_per_node,
            max(stops, default=0),
        )

    def _look_around(self, root):
        """What the user has to know of this cluster, though it is not ours to change."""
        warn = self.warnings.append
        if cib.get_property(root, 'priority-fencing-delay') not in (None, '0', '0s'):
            warn(
                'priority-fencing-delay is set: it adds up the priorities of the resources on a node, and every VE '
                'counts there with -start_order, so a node with VEs on it counts less than one without.'
            )
        if (
            not self.model.policy.retry_start
            and str(cib.get_property(root, 'start-failure-is-fatal')).lower() in models.FALSE
        ):
            warn('start-failure-is-fatal is false in this cluster; retry_start: false leaves that as it is.')
        if any(ve.utilization for ve in self.model.ves) and cib.get_property(root, 'placement-strategy') in (
            None,
            'default',
        ):
            warn(
                'utilization is declared, but the cluster property placement-strategy is not set: Pacemaker ignores it.'
            )
        if self.escalation and self.escalation.value >= timeouts.SERVICE_STOP:
            warn(
                'A clean stop of a node may take %s, and systemd gives pacemaker.service 30 min unless told '
                'otherwise: set its TimeoutStopSec above that.' % models.format_time(self.escalation.value)
            )
        known = {node.get('uname') for node in cib.section(root, 'nodes').findall('node')}
        known.update(_remote_nodes(root))
        unknown = sorted({node for ve in self.model.ves for node in ve.prefer} - known)
        if unknown and known:
            warn('prefer names nodes that this cluster does not know (yet): %s.' % ', '.join(unknown))


# Questions to the tree


def _places(root):
    """{id: (parent, element)} of everything in resources that can be started."""
    places = {}
    for parent in cib.section(root, 'resources').iter():
        for child in parent:
            if child.tag in ('primitive', 'group', 'clone', 'master', 'bundle', 'template'):
                places[child.get('id')] = (parent, child)
    return places


def _refuse(problems):
    if problems:
        raise CibError(
            '\n- '.join(['This cluster cannot take the declared VEs, nothing was changed:'] + problems),
            problems=problems,
        )


def _names_taken(model, places):
    for ve in model.ves:
        element = places.get(ve.name, (None, None))[1]
        if element is not None and not primitives.is_ours(element):
            kind = ':'.join(filter(None, (element.get(name) for name in ('class', 'provider', 'type')))) or element.tag
            yield '%s: name: this cluster has a resource %s already, and that is %s; %s' % (
                ve.where,
                ve.name,
                kind,
                'adopt it first, or remove it' if kind == 'ocf:heartbeat:ManageVE' else 'give the VE another name',
            )


def _second_managers(model, root):
    """Two resources that manage one VE would start it on two nodes."""
    declared = {(ve.engine, ve.id): ve for ve in model.ves}
    names = {ve.name for ve in model.ves}
    for primitive in cib.section(root, 'resources').iter('primitive'):
        if primitive.get('type') == 'ManageVE' and primitive.get('id') not in names:
            values = {pair.get('name'): pair.get('value') for pair in primitive.findall('instance_attributes/nvpair')}
            engine = values.get('engine', 'vzctl')
            ve = declared.get((engine, models.canonical_id(values.get('veid', ''), engine)))
            if ve:
                yield (
                    '%s: id: the resource %s (ocf:%s:ManageVE) manages this VE already; declare it as name: %s, '
                    'or remove that resource first'
                    % (ve.where, primitive.get('id'), primitive.get('provider'), primitive.get('id'))
                )


def _missing_needs(model, places):
    for ve in model.ves:
        for name in ve.needs:
            parent, element = places.get(name, (None, None))
            if element is None or element.tag == 'template':
                yield '%s: needs: this cluster has no resource %s; create it first, or remove it from needs' % (
                    ve.where,
                    name,
                )
            while parent is not None and parent.tag != 'resources':
                if parent.tag in ('clone', 'master', 'bundle'):
                    # A constraint with one instance means all of them, and only their whole has a name for that.
                    yield '%s: needs: %s is inside the %s %s; name that instead' % (
                        ve.where,
                        name,
                        parent.tag,
                        parent.get('id'),
                    )
                    break
                parent = places[parent.get('id')][0]


def _refuse_double_ids(root):
    seen = set()
    for element in root.find('configuration').iter():
        ident = element.get('id')
        if ident is not None and ident in seen and element.tag not in ('role', 'obj_ref', 'resource_ref'):
            raise CibError(
                'The id %s is taken in this CIB by somebody else\'s element; rename that, or give the VE '
                'another name' % ident
            )
        if element.tag not in ('role', 'obj_ref', 'resource_ref'):
            seen.add(ident)


def _users(root, names):
    """{name: ids of the elements outside resources that refer to it}, for those of ``names`` that are referred to."""
    references = []
    for constraint in cib.section(root, 'constraints'):
        for element in constraint.iter():
            references += [
                (value, constraint)
                for key, value in element.attrib.items()
                if key in ('rsc', 'with-rsc', 'first', 'then') or (key == 'id' and element.tag == 'resource_ref')
            ]
    configuration = root.find('configuration')
    references += [(reference.get('id'), tag) for tag in configuration.findall('tags/tag') for reference in tag]
    references += [
        (permission.get('reference'), role) for role in configuration.findall('acls/acl_role') for permission in role
    ]
    users = {}
    for name, user in references:
        if name in names and user.get('id') not in users.setdefault(name, []):
            users[name].append(user.get('id'))
    return users


def _remote_nodes(root):
    for primitive in cib.section(root, 'resources').iter('primitive'):
        if primitive.get('provider') == 'pacemaker' and primitive.get('type') == 'remote':
            yield primitive.get('id')
        guest = primitives.meta_value(primitive, 'remote-node')
        if guest:
            yield guest


def _milliseconds(text, absent, unreadable):
    try:
        return absent if text is None else models.parse_time(text)
    except ValueError:
        return unreadable


def _row(rows, what, value, number, name):
    key = (what, value, number.formula, tuple(sorted(number.inputs.items())))
    row = rows.setdefault(
        key, {'what': what, 'value': value, 'formula': number.formula, 'inputs': number.inputs, 'ves': []}
    )
    if name:
        row['ves'].append(name)

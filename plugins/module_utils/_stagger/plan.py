# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VEs ve_stagger touches, in which order and in which batches, and how long that takes.

``make(runner, arguments, status)`` reads the CIB and changes nothing. What it returns is data: the result of check mode,
and what the conductor works through.
"""

from __future__ import annotations

import copy
import difflib
import re

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, edits, guests, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit, scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import order, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY

# How many at once, where neither the user nor the cluster says anything.
DEFAULT_PER_NODE = 2
# What a boot is taken to last, where neither a declaration nor the history knows it (policy.boot_time's default).
DEFAULT_SECONDS = 60
# What a look and a transition of Pacemaker add to each batch.
BATCH_SECONDS = 4


def make(runner, arguments, status):
    """``status``: what stagger.look says of all VEs of the cluster."""
    options = read_options(arguments)
    root = tree.query(runner)
    _refuse_paralysed(status)
    ours = {
        element.get('id'): element
        for element in tree.section(root, 'resources').iter('primitive')
        if guests.is_ours(element)
    }
    states = {ve['name']: ve for ve in status['ves']}
    candidates = _candidates(root, ours, arguments)
    rank, waits = _ranks(root, ours, arguments)
    target = arguments['state']

    chosen = _in_range(candidates, rank, options['orders'])
    _known_nodes(root, (arguments['nodes'] or []) + ([arguments['to']] if arguments['to'] else []))
    if target != 'started' and arguments['nodes']:
        chosen = [name for name in chosen if states[name]['node'] in arguments['nodes']]
    unmanaged = [name for name in chosen if states[name]['state'] == 'unmanaged']
    chosen = [name for name in chosen if name not in unmanaged]
    todo, waited = _todo(chosen, states, arguments)

    goes, live = _destinations(runner, root, ours, todo, states, arguments)
    if target == 'started' and arguments['nodes']:
        there = [name for name in chosen if goes.get(name, states[name]['node']) in arguments['nodes']]
        todo, waited = [name for name in todo if name in there], [name for name in waited if name in there]
    order = sorted(todo, key=lambda name: rank[name], reverse=target == 'stopped')
    seconds = _seconds(ours, states, arguments)
    rows = [
        {
            'name': name,
            'start_order': rank[name][0],
            'after': sorted(waits[name]),
            'node': states[name]['node'],
            'to': goes.get(name),
            'live': name in live,
            'seconds': seconds[name],
            'role': states[name]['role'],
        }
        for name in order
    ]

    limit, total_limit = _number(root, 'node-action-limit'), _number(root, 'batch-limit')
    per_node = arguments['per_node']
    if per_node is None:
        per_node = limit or DEFAULT_PER_NODE
    total = arguments['total'] or 0
    in_force = _in_force(runner, root, arguments['limits'] or [])
    why = _why_batches(target, per_node, total, limit, total_limit, options['gap'], in_force)
    # counted where they start, or where they are missing
    where = 'to' if target == 'started' or arguments['to'] else 'node'
    batches = _batches(target, rows, where, rank, per_node, total, bool(why))
    result = {
        'names': [row['name'] for row in rows] + sorted(waited, key=lambda name: rank[name]),
        'plan': [
            dict(
                {key: row[key] for key in ('name', 'start_order', 'after', 'node', 'to', 'live', 'seconds')},
                batch=number,
            )
            for number, batch in enumerate(batches, 1)
            for row in batch
        ],
        'batches': [[row['name'] for row in batch] for batch in batches],
        'roles': {name: states[name]['role'] for name in states},
        'failures': {name: states[name]['failures'] for name in states},
        'unmanaged': unmanaged,
        'limit': limit,
        'per_node': per_node,
        'total': total,
        'limits': in_force,
        'why_batches': why,
        'options': options,
        'expected': expect(batches, where, per_node, total or total_limit, options['gap']),
    }
    if why and options['gap']:
        result['expected_without_gap'] = (
            expect([rows], where, per_node, total or total_limit, 0)
            if target == 'started'
            else result['expected'] - options['gap'] * (len(batches) - 1)
        )
    return result


def read_options(arguments):
    """The arguments that need parsing, checked all together. Times become seconds."""
    problems, result = [], {'orders': None}
    for name in ('timeout', 'gap', 'gate_timeout'):
        try:
            result[name] = times.parse(arguments[name]) / 1000
        except ValueError as error:
            problems.append('%s: %s; %s' % (name, error, times.FORMS))
    if arguments['start_order'] is not None:
        found = re.match(r'(\d{1,6})?(-)?(\d{1,6})?\Z', arguments['start_order'].replace(' ', ''), re.ASCII)
        low, dash, high = found.groups() if found else (None, None, None)
        if low is None and high is None:
            problems.append('start_order: %r is no range; write 10, 10-20, 10- or -20' % arguments['start_order'])
        else:
            result['orders'] = [int(low or 0), int(high) if high else INFINITY if dash else int(low)]
    for name, least in (
        ('per_node', 0),
        ('total', 0),
        ('max_failures', 1),
        ('retries', 0),
        ('max_load', 0),
        ('max_pressure', 0),
    ):
        if arguments[name] is not None and arguments[name] < least:
            problems.append('%s: %s is too small; at least %d' % (name, arguments[name], least))
    if arguments['state'] == 'moved':
        if not arguments['nodes'] and not arguments['to']:
            problems.append('state moved needs nodes (away from these) or to (to that node)')
        if arguments['to'] and arguments['to'] in (arguments['nodes'] or []):
            problems.append('to: %s is one of the nodes to be left; take it out of one of the two' % arguments['to'])
    for name in ('to', 'standby'):
        if arguments[name] is not None and arguments['state'] != 'moved':
            problems.append('%s: is for state moved only; remove it' % name)
    if arguments['standby'] and not arguments['nodes']:
        problems.append('standby: true needs nodes, those that are emptied')
    if arguments['standby'] is False and not arguments['to']:
        problems.append('standby: false needs to, the node that comes back')
    if problems:
        raise InputError(problems)
    return result


def expect(batches, where, per_node, total, gap):
    """Seconds until the last is done, as a scheduler without delays would do it."""
    if not any(batches):
        return 0
    several = len(batches) > 1
    return round(
        sum(
            schedule([(row[where], row['seconds']) for row in batch], per_node, total)
            + (BATCH_SECONDS if several else 0)
            for batch in batches
        )
        + gap * (len(batches) - 1),
        1,
    )


def schedule(jobs, per_node, total=0):
    """When the last of the jobs (node, seconds) ends, if each begins as soon as its node and the total have room."""
    running, end, waiting, now = [], 0, list(jobs), 0
    while waiting:
        for job in list(waiting):
            if total and len(running) >= total:
                break
            if not per_node or sum(node == job[0] for _when, node in running) < per_node:
                running.append((now + job[1], job[0]))
                waiting.remove(job)
        end = max([end] + [when for when, _node in running])
        now = min(when for when, _node in running)
        running = [entry for entry in running if entry[0] > now]
    return end


# What is refused


def _refuse_paralysed(status):
    if status['maintenance']:
        raise Error(
            'The cluster is in maintenance mode: Pacemaker starts and stops nothing. Nothing was changed. End it with '
            '"crm_attribute --name maintenance-mode --update false" and run again.'
        )
    if not status['quorum']:
        raise Error(
            'This part of the cluster has no quorum (no-quorum-policy=%s): Pacemaker starts nothing. Nothing was changed. '
            'Bring back enough nodes and run again; "corosync-quorumtool -s" tells who is missing.'
            % status['no_quorum_policy']
        )


def _candidates(root, ours, arguments):
    if arguments['ves'] is not None:
        declared = validate.read(arguments['ves']).ves
        absent = [ve.name for ve in declared if ve.name not in ours]
        if absent:
            raise CibError(
                'This cluster has no resources for %s. Configure them first, with ve_resources or the role '
                'resources.' % ', '.join(absent)
            )
        skipped = ('stopped', 'unmanaged') if arguments['state'] in ('started', 'restarted') else ('unmanaged',)
        names = [ve.name for ve in declared if ve.state not in skipped]
    else:
        names = list(ours)
    if arguments['names'] is not None:
        for name in arguments['names']:
            if name not in ours:
                close = difflib.get_close_matches(
                    name, list(ours) + [entry[3:] for entry in ours if entry.startswith('ve-')], 1
                )
                hint = close and (close[0] if close[0] in ours else 've-' + close[0])
                raise CibError(
                    'This cluster has no VE %s%s; it has %s. Nothing was changed.'
                    % (
                        name,
                        ' (did you mean %s? It takes names of resources)' % hint if hint else '',
                        ', '.join(ours) or 'none',
                    )
                )
        names = [name for name in names if name in arguments['names']]
    elif arguments['standby'] is False:
        _known_nodes(root, [arguments['to']])
        back = edits.drained(root, arguments['to'])
        names = [name for name in names if name in back]
    return names


def _known_nodes(root, nodes):
    known = [node.get('uname') for node in tree.section(root, 'nodes').findall('node')]
    for node in nodes:
        if node not in known:
            raise CibError('This cluster has no node %s; it has %s. Nothing was changed.' % (node, ', '.join(known)))


def _ranks(root, ours, arguments):
    """{name: (start order, depth)} and {name: names of those before it}: who starts after whom, by declaration or by the CIB."""
    orders = {name: -int(attributes.get(element, attributes.META, 'priority') or '0') for name, element in ours.items()}
    waits = {name: set() for name in ours}
    if arguments['ves'] is not None:
        for ve in validate.read(arguments['ves']).ves:
            orders[ve.name] = ve.start_order
            waits.setdefault(ve.name, set()).update(ve.after)
    for constraint in tree.section(root, 'constraints').findall('rsc_order'):
        first, then = constraint.get('first'), constraint.get('then')
        if first in ours and then in ours and constraint.get('first-action', 'start') == 'start':
            waits[then].add(first)
    for cycle in order.cycles({name: sorted(first) for name, first in waits.items()}):
        raise CibError(
            '%s wait for each other in a circle (after, or an rsc_order in the CIB); nothing was changed. Remove one of these.'
            % ' -> '.join(cycle + cycle[:1])
        )
    rank = {}

    def find(name):
        if name not in rank:
            before = [find(other) for other in waits[name]]
            order = max([orders[name]] + [other[0] for other in before])
            rank[name] = (order, max([other[1] + 1 for other in before if other[0] == order], default=0))
        return rank[name]

    for name in ours:
        find(name)
    return rank, waits


def _in_range(names, rank, orders):
    return names if orders is None else [name for name in names if orders[0] <= rank[name][0] <= orders[1]]


def _todo(chosen, states, arguments):
    """(what is to be edited, what is only waited for)"""
    target = arguments['state']
    if target == 'started':
        return (
            [name for name in chosen if states[name]['role'] == 'stopped'],
            [name for name in chosen if states[name]['role'] != 'stopped'],
        )
    if target == 'stopped':
        return (
            [name for name in chosen if states[name]['role'] != 'stopped'],
            [name for name in chosen if states[name]['role'] == 'stopped' and states[name]['node'] is not None],
        )
    running = [name for name in chosen if states[name]['state'] == 'started' and states[name]['role'] != 'stopped']
    if target == 'moved' and arguments['to']:
        running = [name for name in running if states[name]['node'] != arguments['to']]
    return running, []


def _destinations(runner, root, ours, todo, states, arguments):
    """({name: node} where Pacemaker's scheduler would put them, the names of those that it would migrate live)"""
    target = arguments['state']
    if not todo or target == 'stopped':
        return {}, set()
    if target == 'restarted':
        return {name: states[name]['node'] for name in todo}, set()
    edited = copy.deepcopy(root)
    inside = {element.get('id'): element for element in tree.section(edited, 'resources').iter('primitive')}
    for name in todo:
        if target == 'started':
            edits.set_target_role(inside[name], 'Started')
        else:
            edits.place(edited, name, arguments['nodes'] or (), arguments['to'])
    if arguments['standby'] is False:
        edits.set_standby(edited, arguments['to'], False)
    goes, live = _simulated(runner, edited)
    stuck = [name for name in todo if target == 'moved' and name not in goes]
    if stuck:
        raise CibError(
            '%s could run on no other node%s: they would only be stopped. Nothing was changed. Look at the nodes that are up, '
            'at their constraints and failures (crm_mon -1rf), or stop these VEs first.'
            % (', '.join(stuck), ' (%s)' % arguments['to'] if arguments['to'] else '')
        )
    return {name: goes[name] for name in todo if name in goes}, live.intersection(todo)


def _simulated(runner, root):
    """({resource: node} of all that would be started or moved, those of them that would be migrated live)"""
    # blocked: what it would do, and cannot, such as without quorum
    actions = [action for action in scheduler.actions(runner, root) if not action.blocked]
    return {
        action.resource: action.target
        for action in actions
        if action.action in ('start', 'move', 'migrate', 'recover') and action.target
    }, {action.resource for action in actions if action.action == 'migrate'}


def _seconds(ours, states, arguments):
    declared = (
        {} if arguments['ves'] is None else {ve.name: ve.boot_time / 1000 for ve in validate.read(arguments['ves']).ves}
    )
    result = {}
    for name, element in ours.items():
        if arguments['state'] == 'stopped':
            grace = element.find('instance_attributes/nvpair[@name="stop_grace"]')
            result[name] = times.parse(grace.get('value')) / 1000 if grace is not None else DEFAULT_SECONDS
        else:
            result[name] = states[name]['took'] or declared.get(name, DEFAULT_SECONDS)
    return result


def _in_force(runner, root, told):
    """Whether the limit is in force, for each node: only the node itself can tell. ``told``: what ve_info said on the others."""
    known = {row['node']: row for row in told if row.get('in_force') in ('true', 'false')}
    return [
        known.get(row['node'], row) if row['in_force'] == 'unknown' else row
        for row in node_limit.look(node_limit.own_name(runner), root)
    ]


def _number(root, name):
    value = attributes.get_property(root, name)
    return int(value) if value and value.isdigit() else 0


# Batches


def _why_batches(target, per_node, total, limit, total_limit, gap, in_force):
    """Why the VEs are released in batches of K and not all at once; empty where Pacemaker's limits slide the window."""
    if target in ('restarted', 'moved'):
        return 'at most %s of a node are away at the same time' % (per_node or 'all')
    if gap:
        return 'of the gap: a gap is between batches'
    if per_node and not limit:
        return 'the cluster has no node-action-limit'
    if per_node and limit > per_node:
        return 'the cluster\'s node-action-limit is %d, and per_node is %d' % (limit, per_node)
    if total and (not total_limit or total_limit > total):
        return 'the cluster\'s batch-limit is %s, and total is %d' % (total_limit or 'not set', total)
    stale = [row for row in in_force if row['in_force'] == 'false']
    if per_node and stale:
        return 'node-action-limit is not in force on %s' % '; on '.join(
            '%s (%s)' % (row['node'], row['why']) for row in stale
        )
    return ''


def _batches(target, rows, where, rank, per_node, total, split):
    """Rows in lists: each list is released in one patch, when the one before it is done."""
    if target == 'stopped':  # what starts first is stopped when all that start later are down
        waves = []
        for row in rows:
            if not waves or rank[waves[-1][-1]['name']] != rank[row['name']]:
                waves.append([])
            waves[-1].append(row)
    else:
        waves = [rows] if rows else []
    if not split:
        return waves
    return [batch for wave in waves for batch in _chunks(wave, where, per_node, total)]


def _chunks(rows, where, per_node, total):
    batches, waiting = [], list(rows)
    while waiting:
        batch = []
        for row in waiting:
            if (
                (not total or len(batch) < total)
                and (not per_node or sum(other[where] == row[where] for other in batch) < per_node)
                and not any(
                    other['name'] in row['after'] for other in waiting if other is not row and other not in batch
                )
            ):
                batch.append(row)
        waiting = [row for row in waiting if row not in batch]
        batches.append(batch)
    return batches

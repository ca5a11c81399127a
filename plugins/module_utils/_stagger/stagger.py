# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs that start, stop or move a few at once: what ve_stagger does on a node, and what the cluster says meanwhile.

What may run is released in one patch, and Pacemaker slides the window by node-action-limit and priority.
Released one by one they would start in batches: every edit ends the transition, and the next one
waits for every action in flight. The loop around it is in conductor.py, on the controller.
"""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._base import tools
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, edits, guests, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status as cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE_FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import plan

# The options of ve_stagger, for the module and the action plugin.
ARGUMENTS = {
    'state': {'type': 'str', 'choices': ['started', 'stopped', 'restarted', 'moved'], 'default': 'started'},
    'ves': {'type': 'list', 'elements': 'dict', 'options': VE_FIELDS},
    'names': {'type': 'list', 'elements': 'str'},
    'nodes': {'type': 'list', 'elements': 'str'},
    'start_order': {'type': 'str'},
    'to': {'type': 'str'},
    'standby': {'type': 'bool'},
    'per_node': {'type': 'int'},
    'total': {'type': 'int'},
    'limits': {'type': 'list', 'elements': 'dict'},
    'gap': {'type': 'str', 'default': '0s'},
    'max_load': {'type': 'float'},
    'max_pressure': {'type': 'float'},
    'gate_timeout': {'type': 'str', 'default': '10min'},
    'max_failures': {'type': 'int'},
    'retries': {'type': 'int', 'default': 0},
    'timeout': {'type': 'str', 'default': '1h'},
    'progress': {'type': 'str', 'choices': ['full', 'summary', 'none'], 'default': 'full'},
    'request': {'type': 'dict'},
}


def serve(runner, arguments, check=False):
    """What the action plugin asks of the node: a plan, an edit of the CIB, or a look."""
    request = arguments['request'] or {'do': 'plan'}
    if request['do'] == 'put':
        return put(runner, request)
    if request['do'] == 'look':
        return look(runner, request['names'])
    if request['do'] == 'forget':
        for name in request['names']:
            tools.call(runner, ['crm_resource', '--cleanup', '--resource', name])
        return {'changed': True}
    made = plan.make(runner, arguments, look(runner))
    made['changed'] = bool(made['plan'])
    if check:
        made['standby'] = (
            None
            if arguments['standby'] is None
            else {
                node: arguments['standby']
                for node in (arguments['nodes'] if arguments['standby'] else [arguments['to']])
            }
        )
        # what all batches together become of the CIB
        goal = {'started': 'Started', 'stopped': 'Stopped'}.get(arguments['state'])
        change = transaction.change(
            runner,
            lambda root: _edit(
                root,
                {
                    'roles': {
                        name: goal
                        for name in made['roles']
                        if goal and any(row['name'] == name for row in made['plan'])
                    }
                },
            ),
            check=True,
        )
        made['diff'] = lambda: {'before': change.before, 'after': change.after} if change.changed else {}
    return made


def put(runner, request):
    """One guarded patch. ``only_in``: leave out VEs that are in none of these states, such as those that have begun to start.

    Between the look and the patch one may have begun. It gets back what it had: a transition waits for the actions in
    flight, so that the start goes on undisturbed.
    """
    only_in = request.get('only_in')
    names = sorted(
        set(request.get('roles', {}))
        | set(request.get('away', {}))
        | set(request.get('to', {}))
        | set(request.get('clear', []))
    )
    done, before = [], {}

    def edit(root):
        states = {ve.name: ve.state for ve in cluster.read(runner).ves} if only_in else {}
        done[:] = [name for name in names if not only_in or states.get(name) in only_in]
        before.clear()
        before.update(_edit(root, request, done))

    change = transaction.change(runner, edit)
    late = []
    if only_in and change.changed and request.get('roles'):
        states = {ve.name: ve.state for ve in cluster.read(runner).ves}
        late = [name for name in done if states.get(name) not in only_in]
        if late:
            transaction.change(runner, lambda root: _edit(root, {'roles': {name: before[name] for name in late}}, late))
    return {'changed': change.changed, 'done': [name for name in done if name not in late]}


def _edit(root, request, names=None):
    """Edit what is asked for of these VEs. Returns {name: its target-role before}."""
    ours = {
        element.get('id'): element
        for element in tree.section(root, 'resources').iter('primitive')
        if guests.is_ours(element)
    }
    before = {}
    for name, role in request.get('roles', {}).items():
        if name in ours and (names is None or name in names):  # one that was removed meanwhile is nobody's any more
            before[name] = attributes.get(ours[name], attributes.META, 'target-role')
            edits.set_target_role(ours[name], role)
    for name in ours if names is None else [name for name in names if name in ours]:
        if name in request.get('away', {}) or name in request.get('to', {}) or name in request.get('clear', []):
            edits.place(root, name, request.get('away', {}).get(name, ()), request.get('to', {}).get(name))
    for node, standby in request.get('standby', {}).items():
        edits.set_standby(root, node, standby)
        gone = sorted(set(edits.drained(root, node)) | set(request.get('moved', {}).get(node, []))) if standby else []
        edits.set_drained(root, node, gone)
    return before


def look(runner, names=None):
    """What the conductor needs to know: of these VEs, of the nodes, and of the cluster."""
    status = cluster.read(runner)
    known = {ve.name: _row(ve, status.maintenance) for ve in status.ves}
    ves = (
        list(known.values())
        if names is None
        else [
            known.get(name)
            or {'name': name, 'state': 'removed', 'node': None, 'failures': [], 'role': None, 'took': None}
            for name in names
        ]
    )
    return {
        'changed': False,
        'ves': ves,
        'idle': cluster.idle(runner, status),
        'given_up': _given_up(runner, ves),
        'nodes': {node.name: node.state for node in status.nodes},
        'quorum': status.quorum,
        'no_quorum_policy': status.no_quorum_policy,
        'maintenance': status.maintenance,
    }


def _row(ve, maintenance):
    # that the whole cluster is unmanaged for a while is not said of each VE
    return {
        'name': ve.name,
        'state': ve.actual if maintenance else ve.state,
        'node': ve.node,
        'failures': ve.failures,
        'role': ve.role,
        'took': ve.took,
    }


def _given_up(runner, ves):
    """Those that failed and that Pacemaker will not start again, by its own scheduler."""
    failed = [
        ve['name'] for ve in ves if ve['failures'] and ve['state'] in ('stopped', 'failed') and ve['role'] != 'stopped'
    ]
    if not failed:
        return []
    planned = scheduler.actions(runner, tree.query(runner))
    going = {action.resource for action in planned if action.action != 'stop' and not action.blocked}
    return [name for name in failed if name not in going]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs that start, stop or move a few at once: what ve_stagger does on a node, and what the cluster says meanwhile.

What may run is released in one patch, and Pacemaker slides the window by node-action-limit and priority.
Released one by one they would start in batches: every edit ends the transition, and the next one
waits for every action in flight. The loop around it is in conductor.py, on the controller.
"""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import plan
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import elements as primitives
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE_FIELDS

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
            cib.call(runner, ['crm_resource', '--cleanup', '--resource', name])
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
        change = cib.change(
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
        states = {ve['name']: ve['state'] for ve in _ves(_status(runner))} if only_in else {}
        done[:] = [name for name in names if not only_in or states.get(name) in only_in]
        before.clear()
        before.update(_edit(root, request, done))

    change = cib.change(runner, edit)
    late = []
    if only_in and change.changed and request.get('roles'):
        states = {ve['name']: ve['state'] for ve in _ves(_status(runner))}
        late = [name for name in done if states.get(name) not in only_in]
        if late:
            cib.change(runner, lambda root: _edit(root, {'roles': {name: before[name] for name in late}}, late))
    return {'changed': change.changed, 'done': [name for name in done if name not in late]}


def _edit(root, request, names=None):
    """Edit what is asked for of these VEs. Returns {name: its target-role before}."""
    ours = {
        element.get('id'): element
        for element in cib.section(root, 'resources').iter('primitive')
        if primitives.is_ours(element)
    }
    before = {}
    for name, role in request.get('roles', {}).items():
        if name in ours and (names is None or name in names):  # one that was removed meanwhile is nobody's any more
            before[name] = primitives.meta_value(ours[name], 'target-role')
            plan.set_role(ours[name], role)
    for name in ours if names is None else [name for name in names if name in ours]:
        if name in request.get('away', {}) or name in request.get('to', {}) or name in request.get('clear', []):
            plan.place(root, name, request.get('away', {}).get(name, ()), request.get('to', {}).get(name))
    for node, standby in request.get('standby', {}).items():
        plan.node_attribute(root, node, 'standby', 'on' if standby else None)
        gone = sorted(set(plan.drained(root, node)) | set(request.get('moved', {}).get(node, []))) if standby else []
        plan.node_attribute(root, node, plan.DRAINED, ' '.join(gone) or None)
    return before


def look(runner, names=None):
    """What the conductor needs to know: of these VEs, of the nodes, and of the cluster."""
    status = _status(runner)
    summary, options = status.find('summary/current_dc'), status.find('summary/cluster_options')
    maintenance = options.get('maintenance-mode') == 'true'
    known = {ve['name']: ve for ve in _ves(status, maintenance=maintenance)}
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
        'idle': _idle(runner, status),
        'given_up': _given_up(runner, ves),
        'nodes': {node.get('name'): _node_state(node) for node in status.findall('nodes/node')},
        'quorum': summary is None
        or summary.get('with_quorum') == 'true'
        or options.get('no-quorum-policy') == 'ignore',
        'no_quorum_policy': options.get('no-quorum-policy'),
        'maintenance': maintenance,
    }


def _node_state(node):
    if node.get('unclean') == 'true':
        return 'lost'
    if node.get('online') != 'true':
        return 'offline'
    return next((state for state in ('pending', 'maintenance', 'standby') if node.get(state) == 'true'), 'online')


def _given_up(runner, ves):
    """Those that failed and that Pacemaker will not start again, by its own scheduler."""
    failed = [
        ve['name'] for ve in ves if ve['failures'] and ve['state'] in ('stopped', 'failed') and ve['role'] != 'stopped'
    ]
    if not failed:
        return []
    out = cib.call(runner, ['crm_simulate', '--run', '--xml-pipe', '--output-as=xml'], cib.text(cib.query(runner)))
    going = {
        action.get('resource')
        for action in ET.fromstring(out).iter('rsc_action')
        if action.get('action') != 'stop' and action.get('blocked') != 'true'
    }
    return [name for name in failed if name not in going]


def info(runner, arguments, _check=False):
    """What the cluster says of the VEs: of those that are named, else of all. ``alive``: the nodes that it can work with."""
    status = _status(runner)
    ves = [{key: ve[key] for key in ('name', 'state', 'node', 'failures')} for ve in _ves(status, arguments['names'])]
    return {
        'changed': False,
        'ves': ves,
        'idle': _idle(runner, status),
        'alive': [node.get('name') for node in status.findall('nodes/node') if _alive(status, node.get('name'))],
    }


def _ves(status, names=None, maintenance=False):
    """``maintenance``: the whole cluster is unmanaged for a while, which is not said of each VE then."""
    resources = {}
    for resource in status.findall('resources//resource'):
        if resource.get('resource_agent') == 'ocf:openve:ManageVE':
            resources.setdefault(resource.get('id'), resource)
    states, took = [], _took(status)
    for name in resources if names is None else names:
        resource = resources.get(name)
        if resource is None:
            raise CibError('This cluster has no VE %s; it has %s.' % (name, ', '.join(resources) or 'none'))
        node = resource.find('node')
        state = {
            'name': name,
            'state': None,
            'node': None if node is None else node.get('name'),
            'failures': [],
            'role': (resource.get('target_role') or '').lower() or None,
            'took': None,
        }
        state['state'] = _state(resource, _alive(status, state['node']), maintenance)
        state['took'] = took.get((name, state['node']))
        states.append(state)
    by_name = {state['name']: state for state in states}
    for failure in status.findall('failures/failure'):
        # RESOURCE_TASK_INTERVAL, where a resource's name and a task (migrate_to) may have underscores
        name = failure.get('op_key', '').rsplit('_%s_' % failure.get('task'), 1)[0]
        if name in by_name:
            by_name[name]['failures'].append(
                '%s on %s: %s%s'
                % (
                    failure.get('task'),
                    failure.get('node'),
                    failure.get('exitstatus'),
                    ' (%s)' % html.unescape(failure.get('exitreason')) if failure.get('exitreason') else '',
                )
            )  # crm_mon 2.1 escapes it twice
    return states


def _took(status):
    """{(name, node): how many seconds the start lasted by which it runs there}."""
    took = {}
    for node in status.findall('node_history/node'):
        for history in node.findall('resource_history'):
            for operation in history.findall('operation_history'):
                lasted = operation.get('exec-time') or ''
                if operation.get('task') == 'start' and operation.get('rc') == '0' and lasted.endswith('ms'):
                    took[history.get('id'), node.get('name')] = int(lasted[:-2]) / 1000
    return took


def _state(resource, alive, maintenance=False):
    """One of ve_stagger's states, from crm_mon's attributes of a resource.

    An action in flight is in ``role`` (Starting). ``pending`` holds only what is no change of state: Monitoring, the
    first run of a recurring monitor, when the start has ended.
    """
    # A stop that failed without fencing, or with on-fail=block: Pacemaker gives the resource up, and calls that unmanaged
    if resource.get('blocked') == 'true' and resource.get('failed') == 'true':
        return 'failed'
    if not maintenance and (resource.get('managed') == 'false' or resource.get('maintenance') == 'true'):
        return 'unmanaged'
    # Until a lost node is fenced, Pacemaker lists its resources as they last were.
    if not alive:
        return 'stopped'
    if resource.get('role') in ('Starting', 'Stopping', 'Migrating'):
        return resource.get('role').lower()
    if resource.get('failed') == 'true':
        return 'failed'
    return 'started' if resource.get('role') == 'Started' else 'stopped'


def _status(runner):
    argv = ['crm_mon', '--one-shot', '--inactive', '--output-as=xml']
    try:
        rc, out, err = runner(argv)
    except OSError as error:
        raise ToolError(
            'Cannot run crm_mon: %s. Pacemaker\'s command line tools are needed on this node (package '
            'pacemaker-cli-utils or pacemaker-cli).' % error,
            argv,
        ) from error
    # It may end with 0, too, where it could not read the CIB; then it says so instead of showing nodes.
    status = ET.fromstring(out) if rc == 0 else None
    if status is None or status.find('nodes') is None:
        said = '' if status is None else ' '.join(error.text or '' for error in status.iter('error'))
        raise ToolError(
            'crm_mon failed with %d: %s. Is Pacemaker running on this node?' % (rc, said or (err or out).strip()),
            argv,
            rc,
            out,
            err,
        )
    return status


def _alive(status, name):
    for node in status.findall('nodes/node'):
        if node.get('name') == name:
            return node.get('online') == 'true' and node.get('unclean') == 'false'
    return False


def _idle(runner, status):
    """Whether the cluster has nothing under way: then what is not up by now stays down."""
    dc = status.find('summary/current_dc')
    if (
        dc is None
        or dc.get('present') != 'true'
        or any(node.get('unclean') == 'true' or node.get('pending') == 'true' for node in status.findall('nodes/node'))
    ):
        return False
    try:
        # A DC that dies while it is asked never answers, and crmadmin 2.1.5 then spins for ever.
        rc, out, _err = runner(['timeout', '5', 'crmadmin', '--status', dc.get('name')])
    except OSError:
        return False  # unknown; the timeout ends the wait
    return rc == 0 and 'S_IDLE' in out

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs that start a few at once: what is to be done, the release, and what the cluster does meanwhile.

All VEs are released in one patch, and Pacemaker slides the window by node-action-limit and priority.
Released one by one they would start in batches: every edit ends the transition, and the next one
waits for every start in flight.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils import cib, model, primitives
from ansible_collections.openve.pacemaker.plugins.module_utils.errors import CibError, ToolError


def release(runner, arguments, check=False):
    """Set target-role=Started on all VEs that are to run, in one patch. The rest of ve_stagger is its action plugin."""
    ves = model.read(arguments['ves']).ves
    released = []

    def edit(root):
        del released[:]
        ours = {element.get('id'): element for element in cib.section(root, 'resources').iter('primitive')
                if primitives.is_ours(element)}
        absent = [ve.name for ve in ves if ve.name not in ours]
        if absent:
            raise CibError('This cluster has no resources for %s. Configure them first, with ve_resources or the role '
                           'resources.' % ', '.join(absent))
        for ve in wanted(ves):
            role = primitives.meta_pair(ours[ve.name], 'target-role')
            if role is not None and role.get('value').lower() != 'started':
                role.set('value', 'Started')
                released.append(ve.name)

    change = cib.change(runner, edit, check)
    return {
        'changed': change.changed,
        'released': released,
        'names': [ve.name for ve in wanted(ves)],
        'limit': cib.get_property(change.old, 'node-action-limit'),
        'diff': lambda: {'before': change.before, 'after': change.after} if change.changed else {},
    }


def wanted(ves):
    """The VEs that are to run, in the order in which Pacemaker starts them."""
    return sorted((ve for ve in ves if ve.state in (None, 'started')), key=lambda ve: ve.start_order)


def info(runner, arguments, _check=False):
    """What the cluster says of the VEs: of those that are named, else of all. ``alive``: the nodes that it can work with."""
    status = _status(runner)
    resources = {}
    for resource in status.findall('resources//resource'):
        if resource.get('resource_agent') == 'ocf:openve:ManageVE':
            resources.setdefault(resource.get('id'), resource)
    states = []
    for name in resources if arguments['names'] is None else arguments['names']:
        resource = resources.get(name)
        if resource is None:
            raise CibError('This cluster has no VE %s; it has %s.' % (name, ', '.join(resources) or 'none'))
        node = resource.find('node')
        state = {'name': name, 'state': None, 'node': None if node is None else node.get('name'), 'failures': []}
        state['state'] = _state(resource, _alive(status, state['node']))
        states.append(state)
    by_name = {state['name']: state for state in states}
    for failure in status.findall('failures/failure'):
        # RESOURCE_TASK_INTERVAL, where a resource's name and a task (migrate_to) may have underscores
        name = failure.get('op_key', '').rsplit('_%s_' % failure.get('task'), 1)[0]
        if name in by_name:
            by_name[name]['failures'].append('%s on %s: %s%s' % (
                failure.get('task'), failure.get('node'), failure.get('exitstatus'),
                ' (%s)' % failure.get('exitreason') if failure.get('exitreason') else ''))
    return {'changed': False, 'ves': states, 'idle': _idle(runner, status),
            'alive': [node.get('name') for node in status.findall('nodes/node') if _alive(status, node.get('name'))]}


def _state(resource, alive):
    """One of ve_stagger's states, from crm_mon's attributes of a resource.

    An action in flight is in ``role`` (Starting). ``pending`` holds only what is no change of state: Monitoring, the
    first run of a recurring monitor, when the start has ended.
    """
    # A stop that failed without fencing, or with on-fail=block: Pacemaker gives the resource up, and calls that unmanaged
    if resource.get('blocked') == 'true' and resource.get('failed') == 'true':
        return 'failed'
    if resource.get('managed') == 'false' or resource.get('maintenance') == 'true':
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
        raise ToolError('Cannot run crm_mon: %s. Pacemaker\'s command line tools are needed on this node (package '
                        'pacemaker-cli-utils or pacemaker-cli).' % error, argv) from error
    # It may end with 0, too, where it could not read the CIB; then it says so instead of showing nodes.
    status = ET.fromstring(out) if rc == 0 else None
    if status is None or status.find('nodes') is None:
        said = '' if status is None else ' '.join(error.text or '' for error in status.iter('error'))
        raise ToolError('crm_mon failed with %d: %s. Is Pacemaker running on this node?'
                        % (rc, said or (err or out).strip()), argv, rc, out, err)
    return status


def _alive(status, name):
    for node in status.findall('nodes/node'):
        if node.get('name') == name:
            return node.get('online') == 'true' and node.get('unclean') == 'false'
    return False


def _idle(runner, status):
    """Whether the cluster has nothing under way: then what is not up by now stays down."""
    dc = status.find('summary/current_dc')
    if dc is None or dc.get('present') != 'true' or any(
            node.get('unclean') == 'true' or node.get('pending') == 'true' for node in status.findall('nodes/node')):
        return False
    try:
        rc, out, _err = runner(['crmadmin', '--status', dc.get('name')])
    except OSError:
        return False  # unknown; the timeout ends the wait
    return rc == 0 and 'S_IDLE' in out

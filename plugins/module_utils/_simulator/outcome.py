# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CIB after a transition: what the nodes would have reported of it, written into the status."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Done
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.digests import Digests
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import MIGRATIONS, Action

# Operations that leave nothing in the history of a resource.
UNRECORDED = ('notify', 'cancel', 'delete', 'meta-data')
# What a reload leaves there looks like a start.
RELOADS = ('reload', 'reload-agent')


def write(root: Element, done: list[Done], now: float, digests: Digests) -> None:
    """``now``: seconds since the epoch at the event."""
    histories = _Histories(root)
    feature_set = root.get('crm_feature_set', '')
    for one in done:
        action = one.action
        if action.fencing:
            if action.meta('stonith_action') != 'on':
                histories.goes_down(action.node)
        elif action.kind == 'crm_event' and action.operation == 'do_shutdown':
            histories.goes_down(action.node)
        elif action.kind == 'crm_event' and action.operation == 'clear_failcount':
            _clear_failures(histories.state(action.node), action.resource)
        elif action.recorded is None or action.kind == 'pseudo_event':
            continue
        elif action.operation in ('delete', 'lrm_delete'):
            forgotten = histories.find(action)
            if forgotten is not None:
                forgotten.clear()
                forgotten.attrib.update(action.agent, id=action.recorded)
        elif action.kind == 'rsc_op':
            _record(histories.make(action), one, int(now + one.end), feature_set, digests)


class _Histories:
    """The histories of the resources in a CIB. Those of a node are looked up once."""

    def __init__(self, root: Element) -> None:
        status = root.find('status')
        self.status = ET.SubElement(root, 'status') if status is None else status
        self.states = {state.get('uname'): state for state in self.status.findall('node_state')}
        self.known: dict[str | None, dict[str | None, Element]] = {}  # {node: {id: lrm_resource}}

    def state(self, node: str | None) -> Element | None:
        return self.states.get(node)

    def goes_down(self, node: str | None) -> None:
        self.known.pop(node, None)
        state = self.state(node)
        if state is None:
            return
        state.attrib.update(in_ccm='false', crmd='offline', join='down', expected='down')
        for child in list(state):
            if child.tag in ('lrm', 'transient_attributes'):
                state.remove(child)

    def find(self, action: Action) -> Element | None:
        """The history of an action's resource on its node, None where there is none."""
        state = self.state(action.node)
        if state is None:
            return None
        if action.node not in self.known:
            self.known[action.node] = {
                resource.get('id'): resource for resource in state.findall('lrm/lrm_resources/lrm_resource')
            }
        by_name = self.known[action.node]
        # The history of an earlier life of the cluster may be there under the instance's name.
        found = by_name.get(action.recorded)
        return by_name.get(action.resource) if found is None else found

    def make(self, action: Action) -> Element:
        """The history of an action's resource on its node, made where there is none."""
        found = self.find(action)
        if found is not None:
            return found
        state = self.state(action.node)
        if state is None:  # a remote node that was never up
            node = action.node or ''
            state = self.states[node] = ET.SubElement(
                self.status,
                'node_state',
                {'id': action.node_id or node, 'uname': node, 'remote_node': 'true', 'in_ccm': 'true'},
            )
        lrm = state.find('lrm')
        if lrm is None:
            lrm = ET.SubElement(state, 'lrm', id=state.get('id', ''))
        resources = lrm.find('lrm_resources')
        if resources is None:
            resources = ET.SubElement(lrm, 'lrm_resources')
        made = ET.SubElement(resources, 'lrm_resource', dict({'id': action.recorded or ''}, **action.agent))
        self.known.setdefault(action.node, {})[action.recorded] = made
        return made


def _clear_failures(state: Element | None, resource: str | None) -> None:
    if state is None or resource is None:
        return
    starts = tuple(
        '%s-%s#' % (kind, name)
        for kind in ('fail-count', 'last-failure')
        for name in (resource, resource.split(':')[0])
    )
    for pairs in state.findall('transient_attributes/instance_attributes'):
        for pair in list(pairs):
            if (pair.get('name') or '').startswith(starts):
                pairs.remove(pair)


def _record(history: Element, done: Done, when: int, feature_set: str, digests: Digests) -> None:
    action, name = done.action, history.get('id', '')
    if action.operation in UNRECORDED:
        if action.operation == 'cancel':
            gone = '%s_%s_%d' % (name, action.meta('operation', 'monitor'), action.interval)
            for entry in history.findall('lrm_rsc_op'):
                if entry.get('id') == gone:
                    history.remove(entry)
        return
    operation = 'start' if action.operation in RELOADS else action.operation
    operation_key = '%s_%s_%d' % (name, operation, action.interval)
    entries = {entry.get('id'): entry for entry in history.findall('lrm_rsc_op')}
    call = 1 + max([int(entry.get('call-id') or 0) for entry in entries.values()], default=0)
    idents = [operation_key if action.interval else '%s_last_0' % name]
    if done.rc != action.target_rc:
        idents = ['%s_last_failure_0' % name] + ([] if action.interval else idents)
    key = '%s:0:%d:00000000-0000-0000-0000-000000000000' % (action.id, action.target_rc)
    report = {
        'operation_key': operation_key,
        'operation': operation,
        'crm_feature_set': feature_set,
        'transition-key': key,
        'transition-magic': '0:%d;%s' % (done.rc, key),
        'exit-reason': '',
        'on_node': action.node or '',
        'call-id': str(call),
        'rc-code': str(done.rc),
        'op-status': '0',
        'interval': str(action.interval),
        'last-rc-change': str(when),
        'exec-time': '0',
        'queue-time': '0',
        'op-digest': digests.of(name, operation_key, action),
    }
    for end in ('migrate_source', 'migrate_target'):
        if action.operation in MIGRATIONS and action.meta(end):
            report[end] = action.meta(end)
    for ident in idents:
        if ident in entries:
            history.remove(entries[ident])
        ET.SubElement(history, 'lrm_rsc_op', dict({'id': ident}, **report))

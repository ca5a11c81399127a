# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster for the loop of ve_stagger: Pacemaker's real CIB tools and scheduler, and a controller played here.

What the controller does is what was measured of the real one: at most K actions in flight on a node; an edit of the
configuration ends the transition; the next one waits for every action in flight.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources, ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import messages, options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import loop
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Node, Outside

import happenings

OK, FAILED, PENDING = (0, 0), (1, 0), (193, -1)

VES = [{'id': 1, 'start_order': 30}, {'id': 2, 'start_order': 10}, {'id': 3}]


def declare(cluster, ves=VES, new='stopped', policy=None):
    ve_resources.run(
        cluster.run,
        {
            'ves': ves,
            'policy': policy,
            'purge': False,
            'new': new,
            'wait': False,
            'wait_timeout': '10min',
            'allow_restart': True,
            'backup_keep': 0,
        },
    )
    del cluster.calls[:]


def defaults():
    """The arguments of ve_stagger that nobody gave."""
    return {name: spec.get('default') for name, spec in options.ARGUMENTS.items()}


class World:
    def __init__(self, cluster, limit=2, seconds=5):
        self.cluster, self.limit, self.seconds = cluster, limit, seconds
        self.clock, self.flight, self.queue, self.history = 0, [], [], {}
        self.made_for = None
        self.settled = None  # the CIB with which nothing was left to do
        self.lasts = {}  # seconds of a start, by VE
        self.fails = {}  # nodes on which starts fail, by VE
        self.peak, self.started, self.lines, self.at = {}, [], [], {}
        self.others = []  # (action, VE) of all that was begun and is no start
        self.load = {}
        self.owner, self.process = 'root@controller', 'first'
        self.alive = {}  # {process: whether it runs, where it can be known}
        self.digests = {}

    # What the loop is given

    def ask(self, request):
        """As it travels: both ways as JSON."""
        arguments = {**defaults(), **self.arguments, messages.ARGUMENT: json.loads(json.dumps(request))}
        return json.loads(json.dumps(ve_stagger.run(self.run_tool, arguments)['answer']))

    @property
    def node(self):
        return Node(self.ask)

    def sleep(self, seconds):
        for _ in range(max(1, round(seconds))):
            self.clock += 1
            for act in self.at.pop(self.clock, []):
                act()
            self.tick()

    def conduct(self, state='started', interrupted=None, loads=None, **arguments):
        self.arguments = dict(arguments, state=state)
        outside = Outside(
            node=self.node,
            show=lambda text, always: self.lines.append(text),
            loads=(lambda: self.load) if loads else None,
            interrupted=interrupted or (lambda: False),
            now=lambda: self.clock,
            sleep=self.sleep,
            owner=self.owner,
            process=self.process,
            alive=lambda process: self.alive.get(process),
        )
        return loop.run(outside, options.read(dict(defaults(), **self.arguments)))

    def when(self, second, act):
        self.at.setdefault(second, []).append(act)

    def role(self, ve, value):
        """An admin's hand."""
        self.cluster.tool(
            'crm_resource', '--resource', ve, '--meta', '--set-parameter', 'target-role', '--parameter-value', value
        )

    @property
    def shown(self):
        return '\n'.join(self.lines)

    # The controller

    def run_tool(self, argv, stdin=None):
        if 'crmadmin' in argv:
            return 0, 'Controller in state %s' % ('S_TRANSITION_ENGINE' if self.busy() else 'S_IDLE'), ''
        if argv[:2] == ['crm_resource', '--cleanup']:
            self.forget(argv[-1])
            return 0, '', ''
        return self.cluster.run(argv, stdin)

    def configuration(self):
        return ET.tostring(ET.fromstring(self.cluster.text()).find('configuration'), encoding='unicode')

    def busy(self):
        return bool(self.flight or self.queue or self.made_for != self.configuration())

    def tick(self):
        for entry in list(self.flight):
            entry['left'] -= 1
            if entry['left'] <= 0:
                self.flight.remove(entry)
                self.ended(entry)
        if self.made_for != self.configuration():
            self.queue = []
            if not self.flight:
                self.made_for = self.configuration()
                self.queue = self.transition()
        elif not self.queue and not self.flight:
            self.queue = self.transition()
        for action in list(self.queue):
            if sum(entry['node'] == action['node'] for entry in self.flight) < self.limit and not (
                action.get('after')
                and (
                    action['after'] in [entry['ve'] for entry in self.flight]
                    or any(other['ve'] == action['after'] for other in self.queue if other is not action)
                )
            ):
                self.queue.remove(action)
                self.begin(action)

    def transition(self):
        text = self.cluster.text()
        if text == self.settled:
            return []
        out = self.cluster.tool('crm_simulate', '--run', '--xml-file', str(self.cluster.path), '--output-as=xml')
        # How a start was configured, by which Pacemaker knows later whether that changed: as its own simulation writes it
        copy = self.cluster.path.with_suffix('.copy')
        copy.write_text(self.cluster.text())
        self.cluster.tool('crm_simulate', '--simulate', '--in-place', '--xml-file', str(copy))
        for operation in ET.fromstring(copy.read_text()).iter('lrm_rsc_op'):
            if operation.get('operation') in ('start', 'migrate_from'):
                self.digests[operation.get('operation_key')] = {
                    name: operation.get(name)
                    for name in ('op-digest', 'op-force-restart', 'op-restart-digest')
                    if operation.get(name)
                }
        result = []
        for action in ET.fromstring(out).iter('rsc_action'):
            ve, kind = action.get('resource'), action.get('action')
            if not ve.startswith('ve-') or action.get('blocked') == 'true':
                continue
            source = action.get('source') or action.get('node')
            if kind in ('stop', 'move', 'restart', 'recover'):
                result.append({'ve': ve, 'node': source, 'do': 'stop'})
            elif kind == 'start':
                result.append({'ve': ve, 'node': action.get('node'), 'do': 'start'})
            elif kind == 'migrate':
                result.append(
                    {'ve': ve, 'node': source, 'do': 'migrate_to', 'source': source, 'dest': action.get('dest')}
                )
        if not result:
            self.settled = text
        return result

    def begin(self, action):
        self.flight.append(
            dict(action, left=self.lasts.get(action['ve'], self.seconds) if action['do'] == 'start' else 2)
        )
        for node in {entry['node'] for entry in self.flight}:
            self.peak[node] = max(self.peak.get(node, 0), sum(entry['node'] == node for entry in self.flight))
        if action['do'] == 'start':
            self.started.append(action['ve'])
        else:
            self.others.append((action['do'], action['ve']))
        self.write(action, PENDING)

    def ended(self, entry):
        good = entry['do'] != 'start' or entry['node'] not in self.fails.get(entry['ve'], ())
        self.write(entry, OK if good else FAILED, *([] if good else ['no init']))
        if entry['do'] == 'migrate_to':  # what follows is the controller's own business, and fast: taken as one
            self.write(dict(entry, do='migrate_from', node=entry['dest']), OK)
            self.write(dict(entry, do='stop'), OK)
            self.history[(entry['node'], entry['ve'])] = [('stop', OK)]
        if not good:
            self.failcount(entry['node'], entry['ve'])
            self.made_for = None

    def write(self, action, outcome, *reason):
        past = self.history.setdefault((action['node'], action['ve']), [])
        past[:] = [entry for entry in past if entry[1] != PENDING] + [(action['do'], outcome) + reason]

        def anew(root):
            for directory in happenings.state(root, action['node']).iter('lrm_resources'):
                for history in directory.findall('lrm_resource[@id="%s"]' % action['ve']):
                    directory.remove(history)

        happenings.edit(self.cluster, anew)
        happenings.happened(self.cluster, action['node'], action['ve'], *past[-3:])

        def digest(root):
            for operation in root.iter('lrm_rsc_op'):
                if operation.get('operation_key', '').startswith(action['ve'] + '_migrate'):
                    operation.attrib.update(migrate_source=action['source'], migrate_target=action['dest'])
                operation.attrib.update(
                    self.digests.get(operation.get('operation_key'), {}), **{'exec-time': str(1000 * self.seconds)}
                )

        happenings.edit(self.cluster, digest)

    def failcount(self, node, ve):
        def change(root):
            state = happenings.state(root, node)
            attributes = state.find('transient_attributes/instance_attributes')
            if attributes is None:
                transient = ET.SubElement(state, 'transient_attributes', id=state.get('id'))
                attributes = ET.SubElement(transient, 'instance_attributes', id='status-%s' % state.get('id'))
            ET.SubElement(
                attributes, 'nvpair', id='fail-%s-%s' % (node, ve), name='fail-count-%s#start_0' % ve, value='INFINITY'
            )

        happenings.edit(self.cluster, change)

    def forget(self, ve):
        def change(root):
            for parent in root.find('status').iter():
                for child in list(parent):
                    if (
                        child.get('id') == ve
                        and child.tag == 'lrm_resource'
                        or 'fail-count-%s#' % ve in child.get('name', '')
                    ):
                        parent.remove(child)

        happenings.edit(self.cluster, change)
        for key in [key for key in self.history if key[1] == ve]:
            del self.history[key]
        self.made_for = None

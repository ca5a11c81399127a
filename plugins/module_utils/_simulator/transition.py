# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker's scheduler wants done (a transition graph), when its controller would do it, and the CIB after that.

    look = ask(runner, root)                 # crm_simulate, nothing is executed
    done = replay(look.graph, ...)           # the controller's way through the graph, under its limits
    apply(root, done, now)                   # what the nodes would have reported of it, written into the tree

Nothing in here knows of VEs or of scenarios. Times are seconds.
"""

from __future__ import annotations

import bisect
import hashlib
import heapq
import os
import re
import sys
import tempfile
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._base import tools
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

INFINITY = 1000000
_MD5_HAS_A_PURPOSE = sys.version_info >= (3, 9)  # a host with FIPS has no MD5 for security
# Operations that leave nothing in the history of a resource.
_UNRECORDED = ('notify', 'cancel', 'delete', 'meta-data')
# What a reload leaves there looks like a start.
_RELOADS = ('reload', 'reload-agent')
MIGRATIONS = ('migrate_to', 'migrate_from')


class Action:
    """One thing to do. ``kind``: 'rsc_op', 'crm_event' (fencing and such) or 'pseudo_event' (a mere mark, done at once)."""

    def __init__(self, element, synapse):
        attributes = element.find('attributes')
        self.synapse = synapse
        self.kind = element.tag
        self.id = element.get('id')
        self.operation = element.get('operation')
        self.node, self.node_id = element.get('on_node'), element.get('on_node_uuid')
        self.router = element.get('router_node')  # the node that a remote node is connected to
        self.parameters = {} if attributes is None else attributes.attrib
        self.interval = int(self.meta('interval', 0))
        self.timeout = int(self.meta('timeout', 0)) / 1000
        self.target_rc = int(self.meta('op_target_rc', 0))
        primitive = element.find('primitive')
        self.agent = (
            {}
            if primitive is None
            else {name: primitive.get(name) for name in ('class', 'provider', 'type') if primitive.get(name)}
        )
        # An instance of an anonymous clone is written into the history without its number.
        self.recorded = None if primitive is None else primitive.get('id')
        self.resource = None if primitive is None else primitive.get('long-id', primitive.get('id'))
        self.ready = self.begin = self.end = self.rc = None
        self.waited = 0.0

    def meta(self, name, default=None):
        return self.parameters.get('CRM_meta_' + name, default)

    @property
    def fencing(self):
        return self.kind == 'crm_event' and self.operation == 'stonith'

    @property
    def probe(self):
        return self.kind == 'rsc_op' and self.operation == 'monitor' and not self.interval

    @property
    def places(self):
        """The nodes whose limits it counts against."""
        if self.kind != 'rsc_op' or not self.node:
            return ()
        if self.router:
            return (self.router,)
        if self.operation in MIGRATIONS:
            return tuple(node for node in (self.meta('migrate_source'), self.meta('migrate_target')) if node)
        return (self.node,)


class Synapse:
    """Actions, and the actions that have to be over before."""

    def __init__(self, element, number):
        self.number = number
        self.priority = int(element.get('priority') or 0)
        self.actions = [Action(child, self) for child in element.findall('action_set/*')]
        self.inputs = [child.get('id') for child in element.findall('inputs/trigger/*')]


class Graph:
    """A transition graph as the scheduler wrote it: the order in it is the order in which the controller looks for work."""

    def __init__(self, root):
        self.batch_limit = max(0, int(root.get('batch-limit') or 0))  # -1 is no limit, too
        self.migration_limit = int(root.get('migration-limit') or -1)
        self.synapses = [Synapse(element, number) for number, element in enumerate(root.findall('synapse'))]

    @property
    def actions(self):
        return [action for synapse in self.synapses for action in synapse.actions]


class Look:
    """What the scheduler says of a CIB. ``where``: {resource: (role, [nodes])}."""

    def __init__(self, graph, where):
        self.graph, self.where = graph, where


def ask(runner, root):
    """Have the scheduler look at a CIB."""
    with tempfile.TemporaryDirectory(prefix='openve-') as folder:
        source, graph = (os.path.join(folder, name) for name in ('cib.xml', 'graph.xml'))
        with open(source, 'w', encoding='utf-8') as stream:
            stream.write(tree.text(root))
        out = tools.call(
            runner, ['crm_simulate', '--run', '--xml-file', source, '--save-graph', graph, '--output-as=xml']
        )
        try:
            return Look(Graph(ET.parse(graph).getroot()), dict(_where(ET.fromstring(out))))
        except (OSError, ET.ParseError) as error:
            raise CibError('crm_simulate left no transition graph that can be read: %s' % error) from error


def _where(result):
    for resource in result.find('cluster_status').iter('resource'):
        yield resource.get('id'), (resource.get('role'), [node.get('name') for node in resource.findall('node')])


# The replay


class Limits:
    """How much the controller lets run at once.

    ``per_node``: {node: operations}. ``halved``: {node: until when}: before it has announced its limit, 30 s after its
    controller started, a node counts as loaded, and gets half. ``batch``: in the cluster, 0 is no limit; None: as the
    graph says.
    """

    def __init__(self, per_node, halved=None, batch=None):
        self.per_node, self.halved, self.batch = per_node, halved or {}, batch

    def at(self, node, now):
        limit = self.per_node.get(node)
        if limit is not None and now < self.halved.get(node, 0):
            return max(1, limit // 2)
        return limit


def replay(graph, begin, limits, duration, gate=lambda action: 0, answer=lambda action: action.target_rc):
    """Go through the graph as the controller does; returns the actions that were done, in the order of their ends.
    These are the graph's own, so that the next replay writes its times over them.

    ``duration(action)``: its seconds. ``gate(action)``: how many such actions the agent lets run at once on a node, those
    behind wait inside it; 0 where it does not. ``answer(action)``: its return code. After one that is not the expected one
    nothing new begins, and the rest of the graph is left undone.

    The controller goes through the synapses in their order and fires what it may; whenever something ended it begins anew.
    """
    return _Replay(graph, begin, limits, duration, gate, answer).run()


class _Replay:
    def __init__(self, graph, begin, limits, duration, gate, answer):
        self.graph, self.now = graph, begin
        self.limits, self.duration, self.gate, self.answer = limits, duration, gate, answer
        self.batch = graph.batch_limit if limits.batch is None else limits.batch
        self.jobs, self.migrations, self.pending = {}, {}, 0
        self.abort = 0  # only synapses of at least this priority are still fired
        self.running, self.count = [], 0  # heap of (end, number, action)
        self.gates = {}  # node: [how many are in, those that wait]
        self.done = []
        # {places: numbers of the synapses that could be fired, sorted}: only for nodes with room need any be looked at
        self.ready = {}
        self.left = [len(synapse.inputs) for synapse in graph.synapses]
        self.open = [len(synapse.actions) for synapse in graph.synapses]
        self.waiting = {}  # id of an action: synapses that it is an input of
        for synapse in graph.synapses:
            for ident in synapse.inputs:
                self.waiting.setdefault(ident, []).append(synapse)
            if not synapse.inputs:
                self._becomes_ready(synapse)

    def run(self):
        changes = sorted({until for until in self.limits.halved.values() if until > self.now})
        while True:
            self._fire()
            if not self.running:
                return self.done
            if changes and changes[0] < self.running[0][0]:
                self.now = changes.pop(0)  # a node announces its limit
                continue
            self.now = self.running[0][0]
            while self.running and self.running[0][0] <= self.now:
                self._ended(heapq.heappop(self.running)[2])

    def _becomes_ready(self, synapse):
        for action in synapse.actions:
            action.ready, action.begin, action.end, action.rc, action.waited = self.now, None, None, None, 0.0
        places = tuple(sorted({place for action in synapse.actions for place in action.places}))
        migrates = any(action.operation in MIGRATIONS for action in synapse.actions)
        bisect.insort(self.ready.setdefault((places, migrates), []), synapse.number)
        self.news.append((synapse.number, (places, migrates)))

    news = []  # what became ready since the pass looked

    def _fire(self):
        """Passes through the synapses until one of them fires nothing."""
        while self._pass():
            pass

    def _pass(self):
        fired = 0
        self.news = []
        heads = [(numbers[0], key) for key, numbers in self.ready.items() if numbers]
        heapq.heapify(heads)
        while heads:
            if self.batch and self.pending >= self.batch:
                break
            number, key = heapq.heappop(heads)
            numbers, synapse = self.ready[key], self.graph.synapses[number]
            place = bisect.bisect_left(numbers, number)
            if place == len(numbers) or numbers[place] != number or not self._room(key):
                continue  # taken already; or nothing of this kind before something ends
            if (
                self.abort
                and synapse.priority < self.abort
                and any(action.kind != 'pseudo_event' for action in synapse.actions)
            ):
                del numbers[place]
            else:
                del numbers[place]
                fired += 1
                self.pending += 1
                self.news = []
                for action in synapse.actions:
                    self._begins(action)
                # What this made ready further down is still found in this pass, what is further up in the next.
                for later in self.news:
                    if later[0] > number:
                        heapq.heappush(heads, later)
            if place < len(numbers):
                heapq.heappush(heads, (numbers[place], key))
        return fired

    def _room(self, key):
        places, migrates = key
        for node in places:
            limit = self.limits.at(node, self.now)
            if limit is not None and self.jobs.get(node, 0) >= limit:
                return False
            if migrates and 0 < self.graph.migration_limit <= self.migrations.get(node, 0):
                return False
        return True

    def _begins(self, action):
        action.begin = self.now
        if action.kind == 'pseudo_event' or action.meta('op_no_wait') == 'true':
            action.end, action.rc = self.now, action.target_rc
            self._confirm(action)
            return
        self._count(action, 1)
        slots = self.gate(action)
        if slots:
            place = self.gates.setdefault(action.node, [0, []])
            if place[0] >= slots:
                place[1].append((slots, action))
                return
            place[0] += 1
        self._runs(action)

    def _runs(self, action):
        action.waited = self.now - action.begin
        action.end = self.now + self.duration(action)
        self.count += 1
        heapq.heappush(self.running, (action.end, self.count, action))

    def _ended(self, action):
        action.rc = self.answer(action)
        self._count(action, -1)
        if self.gate(action):
            place = self.gates[action.node]
            place[0] -= 1
            while place[1] and place[0] < place[1][0][0]:
                place[0] += 1
                self._runs(place[1].pop(0)[1])
        self._confirm(action)

    def _count(self, action, change):
        for node in action.places:
            self.jobs[node] = self.jobs.get(node, 0) + change
            if action.operation in MIGRATIONS:
                self.migrations[node] = self.migrations.get(node, 0) + change

    def _confirm(self, action):
        self.done.append(action)
        synapse = action.synapse
        self.open[synapse.number] -= 1
        if not self.open[synapse.number]:
            self.pending -= 1
        failed = action.rc != action.target_rc and action.meta('on_fail') != 'ignore'
        if failed:
            self.abort = max(self.abort, synapse.priority + 1)
        for other in self.waiting.get(action.id, ()):
            if failed and other.priority < INFINITY:
                continue
            self.left[other.number] -= 1
            if not self.left[other.number]:
                self._becomes_ready(other)


# The CIB afterwards


class Digests:
    """How Pacemaker sums up the parameters that an operation ran with. Where the sum is not what it expects of the
    configuration it restarts the resource.

    ``root``: a CIB; ``version``: of the tools, as (2, 1, 5). How special characters are written before they are summed up
    depends on it.
    """

    def __init__(self, root, version):
        self.old = version < (2, 1, 8)
        self.known = {
            (resource.get('id'), entry.get('operation_key')): entry.get('op-digest')
            for resource in root.iter('lrm_resource')
            for entry in resource.findall('lrm_rsc_op')
            if entry.get('op-digest')
        }

    def of(self, name, operation_key, action):
        parameters = {
            key: value
            for key, value in action.parameters.items()
            if not key.startswith('CRM_meta_') and key not in ('id', 'crm_feature_set', 'pcmk_external_ip')
        }
        if action.interval:
            parameters['CRM_meta_timeout'] = action.meta('timeout', '')
        if any(re.search(r'[^ !#-%(-;=?-~]', value) for value in parameters.values()):
            known = self.known.get((name, operation_key))
            if known:
                return known
        text = b' <parameters%s/>\n' % b''.join(
            b' %s="%s"' % (key.encode(), self._written(parameters[key].encode()))
            for key in sorted(parameters, key=str.encode)
        )
        md5 = hashlib.new('md5', usedforsecurity=False) if _MD5_HAS_A_PURPOSE else hashlib.new('md5')
        md5.update(text)
        return md5.hexdigest()

    def _written(self, value):
        head, tail = value, b''
        special = {b'<': b'&lt;', b'>': b'&gt;', b'&': b'&amp;', b'"': b'&quot;'}
        if self.old:
            # Nothing behind the first letter that is not ASCII is touched.
            found = re.search(rb'[\x80-\xff]{2}', value)
            if found:
                head, tail = value[: found.start()], value[found.start() :]
            special.update({b"'": b'&apos;', b'\t': b'    ', b'\n': b'\\n', b'\r': b'\\r'})
        return (
            re.sub(
                rb'[<>&"\'\x00-\x1f\x7f]',
                lambda found: special.get(
                    found[0], found[0] if found[0] == b"'" else (b'\\%.3o' if self.old else b'&#x%.2X;') % found[0][0]
                ),
                head,
            )
            + tail
        )


def apply(root, done, now, digests):
    """Write what the nodes would have reported into the status. ``now``: seconds since the epoch at the event."""
    status = root.find('status')
    states = {state.get('uname'): state for state in status.findall('node_state')}
    feature_set = root.get('crm_feature_set', '')
    known = {}
    for action in done:
        if action.fencing:
            if action.meta('stonith_action') != 'on':
                _down(states.get(action.node))
                known.pop(action.node, None)
        elif action.kind == 'crm_event' and action.operation == 'do_shutdown':
            _down(states.get(action.node))
        elif action.kind == 'crm_event' and action.operation == 'clear_failcount':
            _clear_failures(states.get(action.node), action.resource)
        elif action.recorded is None or action.kind == 'pseudo_event':
            continue
        elif action.operation in ('delete', 'lrm_delete'):
            history = _history(status, states, known, action, make=False)
            if history is not None:
                history.clear()
                history.set('id', action.recorded)
                history.attrib.update(action.agent)
        elif action.kind == 'rsc_op':
            _record(_history(status, states, known, action), action, int(now + action.end), feature_set, digests)


def _down(state):
    if state is None:
        return
    state.attrib.update(in_ccm='false', crmd='offline', join='down', expected='down')
    for child in list(state):
        if child.tag in ('lrm', 'transient_attributes'):
            state.remove(child)


def _clear_failures(state, resource):
    if state is None or resource is None:
        return
    starts = tuple(
        '%s-%s' % (kind, name)
        for kind in ('fail-count', 'last-failure')
        for name in (resource + '#', resource.split(':')[0] + '#')
    )
    for pairs in state.findall('transient_attributes/instance_attributes'):
        for pair in list(pairs):
            if (pair.get('name') or '').startswith(starts):
                pairs.remove(pair)


def _history(status, states, known, action, make=True):
    """The place of a resource's history on a node. ``known``: {node: (lrm_resources, {id: lrm_resource})}"""
    if action.node not in known:
        state = states.get(action.node)
        if state is None:  # a remote node that was never up
            if not make:
                return None
            state = states[action.node] = ET.SubElement(
                status,
                'node_state',
                {'id': action.node_id or action.node, 'uname': action.node, 'remote_node': 'true', 'in_ccm': 'true'},
            )
        lrm = state.find('lrm')
        if lrm is None:
            lrm = ET.SubElement(state, 'lrm', id=state.get('id'))
        resources = lrm.find('lrm_resources')
        if resources is None:
            resources = ET.SubElement(lrm, 'lrm_resources')
        known[action.node] = resources, {resource.get('id'): resource for resource in resources}
    resources, by_name = known[action.node]
    # The history of an earlier life of the cluster may be there under the instance's name.
    found = by_name.get(action.recorded)
    if found is None:
        found = by_name.get(action.resource)
    if found is None:
        found = by_name[action.recorded] = ET.SubElement(
            resources, 'lrm_resource', dict({'id': action.recorded}, **action.agent)
        )
    return found


def _record(history, action, when, feature_set, digests):
    name = history.get('id')
    if action.operation in _UNRECORDED:
        if action.operation == 'cancel':
            gone = '%s_%s_%d' % (name, action.meta('operation', 'monitor'), action.interval)
            for entry in history.findall('lrm_rsc_op'):
                if entry.get('id') == gone:
                    history.remove(entry)
        return
    operation = 'start' if action.operation in _RELOADS else action.operation
    operation_key = '%s_%s_%d' % (name, operation, action.interval)
    failed = action.rc != action.target_rc
    entries = {entry.get('id'): entry for entry in history.findall('lrm_rsc_op')}
    call = 1 + max([int(entry.get('call-id') or 0) for entry in entries.values()], default=0)
    idents = [operation_key if action.interval else '%s_last_0' % name]
    if failed:
        idents = ['%s_last_failure_0' % name] + ([] if action.interval else idents)
    key = '%s:0:%d:00000000-0000-0000-0000-000000000000' % (action.id, action.target_rc)
    for ident in idents:
        if ident in entries:
            history.remove(entries[ident])
        entry = ET.SubElement(
            history,
            'lrm_rsc_op',
            {
                'id': ident,
                'operation_key': operation_key,
                'operation': operation,
                'crm_feature_set': feature_set,
                'transition-key': key,
                'transition-magic': '0:%d;%s' % (action.rc, key),
                'exit-reason': '',
                'on_node': action.node,
                'call-id': str(call),
                'rc-code': str(action.rc),
                'op-status': '0',
                'interval': str(action.interval),
                'last-rc-change': str(when),
                'exec-time': '0',
                'queue-time': '0',
                'op-digest': digests.of(name, operation_key, action),
            },
        )
        for name_ in ('migrate_source', 'migrate_target'):
            if action.operation in MIGRATIONS and action.meta(name_):
                entry.set(name_, action.meta(name_))

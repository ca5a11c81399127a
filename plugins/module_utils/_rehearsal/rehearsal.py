# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_rehearsal: scenarios on a copy of the CIB, what the cluster would do in them, and what is wrong with that.

Pacemaker's scheduler says what is to be done, module_utils/_simulator/transition.py when. Nothing is executed. Times are seconds.
"""

from __future__ import annotations

import copy
import itertools
import math
import os
import re
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.openve.pacemaker.plugins.module_utils._base import text, times, tools
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests, history, operations, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import TIMEOUTS
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import transition

WISHES = {
    'peak_per_node': {'type': 'int'},
    'peak_total': {'type': 'int'},
    'recovery': {'type': 'str'},
}
TIMES = {
    'start': {'type': 'str', 'default': '60s'},
    'stop': {'type': 'str', 'default': '20s'},
    'monitor': {'type': 'str', 'default': '200ms'},
    'probe': {'type': 'str'},
    'other': {'type': 'str', 'default': '1s'},
    'fence': {'type': 'str', 'default': '30s'},
    'detect': {'type': 'str', 'default': '5s'},
    'join': {'type': 'str', 'default': '2s'},
    'elect': {'type': 'str'},
}
FIELDS = {
    'scenarios': {'type': 'list', 'elements': 'str', 'default': ['boot', 'lose', 'drain', 'return']},
    'probe_rc': {'type': 'list', 'elements': 'int', 'default': [1, 5, 6]},
    'assert': {'type': 'dict', 'options': WISHES},
    'advice': {'type': 'bool', 'default': False},
    'times': {'type': 'dict', 'options': TIMES},
    'durations': {'type': 'dict', 'default': {}},
    'limits': {'type': 'dict', 'default': {}},
    'cores': {'type': 'int'},
}
KINDS = ('boot', 'lose', 'drain', 'return', 'join')
DURATIONS = ('start', 'stop', 'monitor')

# Of a node whose CIB is in a file nobody knows how many cores it has.
CORES = 4
# A controller announces its limit so long after it started; until then it gets half.
ANNOUNCED = 30
# More transitions in a row do not end by themselves.
ROUNDS = 12
# crm_simulate runs at once, and as many scenarios with them.
WORKERS = 2
# What is tried for node-action-limit.
TRIED = range(1, 17)
# A boot that is longer than the next longest by this factor, and longer than this, is an outlier.
OUTLIER, OUTLIER_SECONDS = 2, 60
TEXT_LIMIT = 5


def run(runner, arguments, _check=False):
    """The module ve_rehearsal."""
    path = arguments['cib'] or os.environ.get('CIB_file')
    root = tree.read_file(path) if path else tree.query(runner)
    declared = validate.read(arguments['ves'], arguments['policy']) if arguments['ves'] else None
    result = rehearse(runner, root, arguments, declared, live=not path)
    refuse_broken(result)
    return dict(result, changed=False)


def refuse_broken(result, what='What was asserted does not hold', details=None):
    """Fail where a wish is broken, with ``details``, by default the whole result."""
    if result['broken']:
        best = next((row for row in result['advice'] or [] if row['recommended']), None)
        if best:
            hint = 'With node-action-limit %s and batch-limit %d it would hold.' % (
                best['starts_per_node'],
                best['batch_limit'],
            )
        else:
            hint = 'No node-action-limit from %d to %d makes it hold.' % (TRIED[0], TRIED[-1])
        raise Error(
            '%s:\n- %s\n%s' % (what, '\n- '.join(result['broken']), hint), **(result if details is None else details)
        )


def short(result):
    """A result for a task that fails, as Ansible prints all of that: without what only drawings need."""
    return dict(
        result,
        durations={},
        scenarios=[
            {key: value for key, value in scenario.items() if key not in ('actions', 'downtime')}
            for scenario in result['scenarios']
        ],
    )


def rehearse(runner, root, arguments, declared=None, live=False):
    """Rehearse on this CIB, which stays as it is. ``arguments``: as FIELDS has them. Returns the module's result."""
    return _Rehearsal(runner, copy.deepcopy(root), arguments, declared, live).result()


class _Scenario:
    def __init__(self, kind, nodes=(), probe_rc=None):
        self.kind, self.nodes, self.probe_rc = kind, tuple(nodes), probe_rc
        self.name = ' '.join(
            (kind,) + (() if kind == 'boot' else self.nodes) + (() if probe_rc is None else ('rc', str(probe_rc)))
        )


class _Played:
    """What became of a CIB: the transitions as (graph, when it begins), the rows of the result, the CIB afterwards."""

    def __init__(self):
        self.graphs, self.rows, self.where, self.settled, self.free = [], [], {}, False, None


class _Rehearsal:
    def __init__(self, runner, root, arguments, declared, live):
        self.runner, self.live, self.root = runner, live, root
        self.now = time.time()
        self.assumptions = []
        self.feature_set = root.get('crm_feature_set', '')
        self.version = self._tools()
        if root.find('status') is None:
            ET.SubElement(root, 'status')
        self.nodes = [
            node.get('uname')
            for node in tree.section(root, 'nodes').findall('node')
            if node.get('type') not in ('remote', 'ping')
        ]
        self.primitives = {element.get('id'): element for element in tree.section(root, 'resources').iter('primitive')}
        self.ves = [name for name, element in self.primitives.items() if guests.is_ours(element)]
        self.is_ve = frozenset(self.ves)
        self._read(arguments)
        self.per_node, self.batch_limit = self._limits()
        self.durations = self._durations(declared)
        self.timings = self._timings()

    def result(self):
        self._base()
        with ThreadPoolExecutor(WORKERS) as pool:
            self.lost = dict(zip(self._losses(), pool.map(self._lose, self._losses())))
            played = list(pool.map(self._play_scenario, self.scenarios))
        described = [self._describe(scenario, result) for scenario, result in zip(self.scenarios, played)]
        broken = [
            '%s: %s' % (row['name'], verdict['text'])
            for row in described
            for verdict in row['verdicts']
            if verdict['asserted'] and verdict['level'] == 'broken'
        ]
        result = {
            'scenarios': described,
            'verdicts': self._verdicts(),
            'advice': self._advice(played) if broken or self.asked_advice else None,
            'durations': self.durations,
            'limits': self.per_node,
            'batch_limit': self.batch_limit,
            'nodes': self.nodes,
            'others': [
                name
                for name, element in self.primitives.items()
                if name not in self.is_ve and element.get('class') != 'stonith'
            ],
            'assumptions': self.assumptions,
            'wishes': self.wishes,
            'broken': broken,
            'source': 'live' if self.live else 'file',
            'pacemaker': '.'.join(map(str, self.version)),
            'feature_set': self.feature_set,
        }
        return result

    # What is given

    def _tools(self):
        """The version of the tools; refuses a CIB that they cannot read."""
        found = re.search(r'(\d+)\.(\d+)\.(\d+)', tools.call(self.runner, ['crm_simulate', '--version']))
        version = tuple(map(int, found.groups())) if found else (0, 0, 0)
        empty = ET.fromstring(tools.call(self.runner, ['cibadmin', '--empty']))
        known, theirs = empty.get('validate-with', ''), self.root.get('validate-with', '')
        if _numbers(theirs) > _numbers(known):
            raise CibError(
                'This CIB is of a newer Pacemaker (schema %s) than the tools on this node (%s, up to %s). Run this '
                'where Pacemaker is as new as there, such as on a node of that cluster.'
                % (theirs, '.'.join(map(str, version)), known)
            )
        if _numbers(self.feature_set) > _numbers(empty.get('crm_feature_set', '')):
            self._assume(
                'the CIB was written by a newer Pacemaker (feature set %s) than the tools that are asked (%s, feature set '
                '%s); they are taken to decide alike'
                % (self.feature_set, '.'.join(map(str, version)), empty.get('crm_feature_set'))
            )
        return version

    def _read(self, arguments):
        problems = []

        def seconds(where, text):
            try:
                return times.parse(text) / 1000
            except ValueError as error:
                problems.append('%s: %s; %s' % (where, error, times.FORMS))
                return 0.0

        given = arguments.get('times') or {}
        self.times = {}
        for name, spec in TIMES.items():
            value = given.get(name) if given.get(name) is not None else spec.get('default')
            self.times[name] = None if value is None else seconds('times.%s' % name, value)
        if self.times['probe'] is None:
            self.times['probe'] = self.times['monitor']
        if self.times['elect'] is None:
            self.times['elect'] = 1 + _seconds(attributes.get_property(self.root, 'dc-deadtime'), 20)

        self.given = {}
        for name, values in (arguments.get('durations') or {}).items():
            if name not in self.primitives:
                problems.append('durations.%s: the cluster has no such resource' % name)
            elif not isinstance(values, dict) or not set(values) <= set(DURATIONS):
                problems.append('durations.%s: give some of %s, such as {start: 90s}' % (name, ', '.join(DURATIONS)))
            else:
                self.given[name] = {
                    key: seconds('durations.%s.%s' % (name, key), value) for key, value in values.items()
                }

        self.overrides = {}
        for node, value in (arguments.get('limits') or {}).items():
            if node not in self.nodes:
                problems.append('limits.%s: %s' % (node, self._no_such_node()))
            elif not re.match(r'[1-9]\d{0,5}\Z', str(value)):
                problems.append('limits.%s: %r is no number of operations from 1 on' % (node, value))
            else:
                self.overrides[node] = int(value)
        self.cores = arguments.get('cores')
        if self.cores is not None and self.cores < 1:
            problems.append('cores: %d is no number of cores from 1 on' % self.cores)

        self.wishes = {}
        for name, value in (arguments.get('assert') or {}).items():
            if value is None:
                continue
            if name == 'recovery':
                self.wishes[name] = seconds('assert.recovery', value)
            elif value < 1:
                problems.append('assert.%s: %d is out of range; from 1 on' % (name, value))
            else:
                self.wishes[name] = value
        self.asked_advice = arguments.get('advice') or False

        codes = arguments.get('probe_rc') or FIELDS['probe_rc']['default']
        problems += [
            'probe_rc: %d is no failure of a probe; give 1, 5 or 6' % code
            for code in codes
            if code not in (1, 2, 3, 4, 5, 6)
        ]
        self.scenarios = []
        for name in arguments.get('scenarios') or FIELDS['scenarios']['default']:
            self.scenarios += self._scenarios(name, codes, problems)
        if 'recovery' in self.wishes and not any(scenario.kind == 'lose' for scenario in self.scenarios):
            problems.append('assert.recovery: none of the scenarios loses a node; add lose')
        if problems:
            raise InputError(problems)

    def _no_such_node(self):
        return 'the cluster has no such node; it has %s' % (', '.join(self.nodes) or 'none')

    def _scenarios(self, text, codes, problems):
        kind, *nodes = text.split() or ['']
        where = 'scenarios: %r: ' % text
        if kind not in KINDS:
            problems.append(where + 'there is no such scenario; there are %s' % ', '.join(KINDS))
            return []
        if kind == 'boot':
            if nodes:
                problems.append(where + 'a boot is of all nodes; write boot')
            return [_Scenario('boot', self.nodes)]
        if kind == 'lose' and nodes == ['pairs']:
            return [_Scenario('lose', pair) for pair in itertools.combinations(self.nodes, 2)]
        unknown = [node for node in nodes if node not in self.nodes]
        if unknown:
            problems.append(where + '%s: %s' % (', '.join(unknown), self._no_such_node()))
            return []
        if not self.nodes:
            problems.append(where + self._no_such_node())
        if len(set(nodes)) < len(nodes):
            problems.append(where + 'a node is there twice')
        groups = [nodes] if nodes and kind == 'lose' else [[node] for node in nodes or self.nodes]
        return [_Scenario(kind, group, code) for group in groups for code in (codes if kind == 'join' else [None])]

    def _assume(self, text):
        if text not in self.assumptions:
            self.assumptions.append(text)

    def _limits(self):
        """({node: operations at once}, batch-limit)"""
        number = _whole(attributes.get_property(self.root, node_limit.PROPERTY))
        if number < 1:
            cores = self.cores or ((os.cpu_count() or 1) if self.live else CORES)
            number = 2 * cores
            self._assume(
                'node-action-limit is not set, so it is 2 x cores; a node has %d cores (%s)'
                % (cores, 'cores' if self.cores else 'as this one' if self.live else 'nothing tells; cores')
            )
        per_node = {node: self.overrides.get(node, number) for node in self.nodes}
        self.own_limit = None
        if self.live:
            here = node_limit.own_name(self.runner)
            self.own_limit = next((row for row in node_limit.look(here, self.root) if row['node'] == here), None)
            if self.own_limit and here not in self.overrides and _whole(self.own_limit['override']) > 0:
                per_node[here] = _whole(self.own_limit['override'])
        if not self.overrides and not self.live:
            self._assume('no node has a PCMK_node_action_limit of its own (limits)')
        return per_node, max(0, _whole(attributes.get_property(self.root, 'batch-limit')))

    def _durations(self, declared):
        boots = (
            {} if declared is None else {ve.name: (ve.boot_time + declared.policy.settle) / 1000 for ve in declared.ves}
        )
        starts = {
            name: start.seconds
            for name, start in history.last_starts(self.root, self.is_ve).items()
            if start.result == 'ok' and start.seconds > 0
        }
        stops, monitors = {}, {}
        for operation in history.operations(self.root):
            if operation.result == 'ok' and operation.seconds > 0:
                kept = {'stop': stops, 'monitor': monitors}.get(operation.name)
                if kept is not None:
                    kept[operation.resource] = max(kept.get(operation.resource, 0), operation.seconds)
        result = {}
        for name in self.ves:
            given = self.given.get(name, {})
            worked_back = _boot_of(self.primitives[name], self.root)
            start, origin = next(
                (value, source)
                for value, source in (
                    (given.get('start'), 'given'),
                    (starts.get(name), 'history'),
                    (boots.get(name), 'boot_time'),
                    (worked_back, 'timeout'),
                    (self.times['start'], 'default'),
                )
                if value is not None
            )
            stop, stop_origin = next(
                (value, source)
                for value, source in (
                    (given.get('stop'), 'given'),
                    (stops.get(name), 'history'),
                    (self.times['stop'], 'default'),
                )
                if value is not None
            )
            result[name] = {
                'start': start,
                'stop': stop,
                'from': origin,
                'stop_from': stop_origin,
                'monitor': given.get('monitor', monitors.get(name, self.times['monitor'])),
            }
        for key, what, source in (('start', 'start', 'from'), ('stop', 'stop', 'stop_from')):
            unknown = [name for name, row in result.items() if row[source] == 'default']
            if unknown:
                self._assume(
                    'the %s of %s takes %s (times: %s); nothing tells how long it took or is to take'
                    % (what, _some(unknown), say(self.times[key]), key)
                )
        return result

    def _timings(self):
        """{(resource, operation): seconds} of what is no VE, from the history."""
        result = {}
        for operation in history.operations(self.root):
            name = operation.resource.split(':')[0]
            if name not in self.is_ve and operation.result == 'ok' and operation.seconds > 0:
                key = name, operation.name
                result[key] = max(result.get(key, 0), operation.seconds)
        return result

    def _duration(self, action):
        if action.fencing:
            return self.times['fence']
        if action.kind != 'rsc_op':
            return 0.0
        name, operation = action.recorded, action.operation
        if name in self.is_ve:
            row = self.durations[name]
            if operation == 'monitor':
                return (
                    row['monitor']
                    if action.interval or name in self.given and 'monitor' in self.given[name]
                    else self.times['probe']
                )
            if operation in ('start', 'stop'):
                return row[operation]
            if operation == 'migrate_to':
                return row['stop']
        elif (name, operation) in self.timings:
            return self.timings[name, operation]
        elif operation == 'monitor':
            return self.times['monitor'] if action.interval else self.times['probe']
        return 0.0 if operation in ('cancel', 'delete') else self.times['other']

    def _gate(self, action):
        if action.operation != 'start' or action.recorded not in self.is_ve:
            return 0
        return _whole(action.parameters.get('start_slots'))

    # What is played

    def _base(self):
        """The cluster as it is when nothing is under way, as ``self.root``; every scenario begins there."""
        running = [
            (entry, past)
            for past in self.root.iter('lrm_resource')
            for entry in past
            if entry.get('op-status') == history.PENDING
        ]
        for entry, past in running:
            # In flight it has none yet. The scheduler takes the highest to be the last, and would monitor for ever what it takes to have just started.
            entry.set('call-id', str(1 + max(_whole(other.get('call-id')) for other in past)))
            target = _whole(
                (entry.get('transition-key') or '').split(':')[2:3] and entry.get('transition-key').split(':')[2]
            )
            entry.attrib.update(
                {
                    'op-status': '0',
                    'rc-code': str(target),
                    'transition-magic': '0:%d;%s' % (target, entry.get('transition-key')),
                }
            )
        if running:
            self._assume('operations that are in flight (%d) succeed before a scenario begins' % len(running))
        self._assume(
            'a lost node is noticed after %s (times: detect), and fencing takes %s (times: fence)'
            % (say(self.times['detect']), say(self.times['fence']))
        )
        self._assume('the nodes\' load stays below load-threshold; above it they start fewer at once')
        self._assume('every operation succeeds, and takes as long however many others run')
        if any(scenario.kind == 'boot' for scenario in self.scenarios):
            self._assume(
                'a cold boot: the nodes start Pacemaker at once, and have a DC %s later (dc-deadtime and 1 s; times: elect)'
                % say(self.times['elect'])
            )
        if self.per_node and any(scenario.kind in ('boot', 'return', 'join') for scenario in self.scenarios):
            self._assume('a node gets half its limit until %d s after its Pacemaker started' % ANNOUNCED)
        if any(scenario.kind == 'lose' for scenario in self.scenarios):
            self._assume(
                'a fenced node does not come back within the scenario; each node has one vote, and of two nodes one has quorum'
            )
            self._assume('the DC is not the node that is lost, or its successor knows the limits of all nodes')
        if not any(_is_up(state) for state in self.root.findall('status/node_state')):
            if all(scenario.kind == 'boot' for scenario in self.scenarios):
                return
            self._assume('no node is up in this CIB; the scenarios but boot begin after a cold boot')
            self._bring_up(self.root, self.nodes)
        played = self._play(self.root, 0.0, {})
        self.where, self.root = played.where, played.root
        if played.rows:
            self._assume(
                'before a scenario begins the cluster does what is due: %s'
                % _some(
                    [
                        '%s %s on %s' % (row['operation'], row['resource'], row['node'])
                        for row in played.rows
                        if row['operation'] not in ('monitor', 'probe') or len(played.graphs) < 2
                    ]
                )
            )
        if not played.settled:
            self._assume('the cluster is not settled even before a scenario begins')

    def _losses(self):
        """Nodes that a scenario of another kind needs lost first."""
        return sorted(
            {
                scenario.nodes
                for scenario in self.scenarios
                if scenario.kind in ('return', 'join')
                and self._is_up(scenario.nodes[0])
                and not self._standby(scenario.nodes[0])
            }
        )

    def _lose(self, nodes):
        root = copy.deepcopy(self.root)
        self._fail(root, nodes)
        return self._play(root, self.times['detect'], {})

    def _play_scenario(self, scenario):
        if scenario.kind == 'lose':
            return self.lost[scenario.nodes] if scenario.nodes in self.lost else self._lose(scenario.nodes)
        if scenario.kind == 'boot':
            root = copy.deepcopy(self.root)
            self._bring_up(root, self.nodes)
            return self._play(root, self.times['elect'], {node: ANNOUNCED for node in self.nodes})
        node = scenario.nodes[0]
        before = self.lost.get(scenario.nodes) if scenario.kind in ('return', 'join') else None
        root = copy.deepcopy(before.root if before else self.root)
        if scenario.kind == 'drain':
            attributes.set_node(root, node, 'standby', 'on')
            played = self._play(root, 0.0, {})
        elif self._standby(node) and scenario.kind == 'return':
            attributes.set_node(root, node, 'standby', 'off')
            played = self._play(root, 0.0, {})
        else:
            _state(root, node).attrib.update(in_ccm='true', crmd='online', join='member', expected='member')
            self._set_quorum(root)
            played = self._play(
                root,
                self.times['join'],
                {node: ANNOUNCED},
                None if scenario.probe_rc is None else (node, scenario.probe_rc),
            )
        played.before = before.where if before else self.where
        return played

    def _play(self, root, begin, halved, probe_rc=None):
        """Transition after transition, until nothing is left to do."""
        played = _Played()
        played.begin, played.halved, played.probe_rc, played.before = (
            begin,
            halved,
            probe_rc,
            getattr(self, 'where', {}),
        )
        digests = transition.Digests(root, self.version)
        for _round in range(ROUNDS):
            look = transition.ask(self.runner, root)
            played.where = look.where
            graph = look.graph
            if not any(action.kind != 'pseudo_event' for action in graph.actions):
                played.settled = True
                break
            done = self._replay(graph, begin, halved, probe_rc)
            played.graphs.append(graph)
            played.rows += self._rows(done, len(played.graphs))
            begin = max([begin] + [action.end for action in done])
            transition.apply(root, done, self.now, digests)
            if any(action.fencing for action in done):
                self._set_quorum(root)
        played.root = root
        self._note_waits(played.rows, played)
        return played

    def _note_waits(self, rows, played):
        """How much later than without any limit each start of a VE begins."""
        if played.free is None:
            played.free = {
                (row['transition'], row['resource'], row['node']): row['begin']
                for row in self._again(played, lambda node: None, 0, 0, {})
                if row['ve'] and row['operation'] == 'start'
            }
        for row in rows:
            if row['ve'] and row['operation'] == 'start':
                key = row['transition'], row['resource'], row['node']
                row['wait'] = max(0.0, row['begin'] + row['waited'] - played.free.get(key, row['begin']))
        rows.sort(key=lambda row: (row['begin'], row['end']))

    def _replay(self, graph, begin, halved, probe_rc, per_node=None, batch=None, gate=None):
        """``probe_rc``: (node, what the probes of VEs answer there), or None."""

        def answer(action):
            if probe_rc and action.probe and action.recorded in self.is_ve and action.node == probe_rc[0]:
                return probe_rc[1]
            return action.target_rc

        bounds = transition.Limits(per_node or self.per_node, halved, batch)
        return transition.replay(graph, begin, bounds, self._duration, gate or self._gate, answer)

    def _rows(self, done, number):
        rows = []
        for action in done:
            if not (action.fencing or action.kind == 'rsc_op' and action.operation not in ('cancel', 'delete')):
                continue
            rows.append(
                {
                    'resource': None if action.fencing else action.resource,
                    'operation': 'fence' if action.fencing else 'probe' if action.probe else action.operation,
                    'node': action.node,
                    'begin': round(action.begin, 3),
                    'waited': round(action.waited, 3),
                    'end': round(action.end, 3),
                    've': action.recorded in self.is_ve,
                    'transition': number,
                    'rc': None if action.rc == action.target_rc or action.fencing else action.rc,
                    # for the judgements only
                    'wait': 0.0,
                    'timeout': action.timeout,
                }
            )
        return rows

    # Nodes

    def _is_up(self, node):
        return any(state.get('uname') == node and _is_up(state) for state in self.root.findall('status/node_state'))

    def _standby(self, node):
        value = attributes.get_node(self.root, node, 'standby')
        return text.is_true(value)

    def _bring_up(self, root, nodes):
        """As after a cold boot: the nodes are up and know nothing."""
        status = root.find('status')
        for state in list(status):
            status.remove(state)
        for node in nodes:
            _state(root, node).attrib.update(in_ccm='true', crmd='online', join='member', expected='member')
        self._set_quorum(root)

    def _fail(self, root, nodes):
        for node in nodes:
            # as crm_simulate --node-fail does it
            _state(root, node).attrib.update(in_ccm='false', crmd='online', join='member', expected='member')
        self._set_quorum(root)

    def _set_quorum(self, root):
        up = sum(_is_up(state) for state in root.findall('status/node_state') if state.get('uname') in self.nodes)
        total = len(self.nodes)
        root.set('have-quorum', '1' if 2 * up > total or total == 2 and up else '0')

    # What is said

    def _describe(self, scenario, played):
        rows = played.rows
        figures = self._figures(rows)
        named = set(scenario.nodes)
        before = (
            {
                name: nodes
                for name, (role, nodes) in played.before.items()
                if name in self.is_ve and role not in ('Stopped', None) and nodes
            }
            if scenario.kind != 'boot'
            else {}
        )
        # On a node that is lost and not fenced the scheduler takes them to run still.
        alive = {
            state.get('uname')
            for state in played.root.findall('status/node_state')
            if _is_up(state) or state.get('remote_node') == 'true'
        }
        after = {
            name
            for name, (role, nodes) in played.where.items()
            if name in self.is_ve and role != 'Stopped' and alive.intersection(nodes)
        }
        downtime = self._downtime(scenario, rows, before, after)
        stopped = {
            row['resource']
            for row in rows
            if row['ve']
            and row['operation'] == 'stop'
            and row['node'] not in (named if scenario.kind in ('lose', 'drain') else ())
        }
        fenced = {row['node']: row['end'] for row in rows if row['operation'] == 'fence'}
        hit = {name for name, nodes in before.items() if any(node in fenced and node not in named for node in nodes)}
        healthy = [
            name
            for name in self.ves
            if name in before
            and name in stopped | hit
            and not (scenario.kind in ('lose', 'drain') and set(before[name]) <= named)
        ]
        wanted = [name for name in self.ves if name in before or self._is_to_run(name)]
        result = {
            'name': scenario.name,
            'kind': scenario.kind,
            'nodes': list(scenario.nodes),
            'probe_rc': scenario.probe_rc,
            'actions': [{key: value for key, value in row.items() if key not in ('wait', 'timeout')} for row in rows],
            'peak': {
                'per_node': dict({node: 0 for node in self.nodes}, **figures['per_node']),
                'total': figures['total'],
            },
            'fenced': fenced,
            'last_up': figures['last_up'],
            'duration': round(max([row['end'] for row in rows], default=0), 3),
            'downtime': downtime,
            'longest_wait': figures['longest_wait'],
            'reaction': figures['reaction'],
            'healthy_down': healthy,
            'cannot_run': [name for name in wanted if name not in after],
            'transitions': len(played.graphs),
            'settled': played.settled,
        }
        result['verdicts'] = list(self._judge(scenario, result, rows, before))
        return result

    def _figures(self, rows):
        boots = [row for row in rows if row['ve'] and row['operation'] == 'start']
        per_node, marks = {}, []
        for row in boots:
            marks += [(round(row['begin'] + row['waited'], 3), 1, row['node']), (row['end'], -1, row['node'])]
        total = most = 0
        running = {}
        for _when, change, node in sorted(
            marks, key=lambda mark: mark[:2]
        ):  # an end before a beginning at the same time
            total += change
            running[node] = running.get(node, 0) + change
            most = max(most, total)
            per_node[node] = max(per_node.get(node, 0), running[node])
        return {
            'per_node': per_node,
            'total': most,
            'last_up': max([row['end'] for row in boots], default=None),
            'longest_wait': round(max([row['wait'] for row in boots], default=0.0), 3),
            'reaction': round(max([row['end'] - row['begin'] for row in rows], default=0.0), 3),
        }

    def _downtime(self, scenario, rows, before, after):
        """{VE: seconds}, of those that were down and are up at the end."""
        since, total = {}, {}
        up = {name: set(nodes) for name, nodes in before.items()}
        for name in self.ves:
            if scenario.kind == 'lose' and name in up:
                up[name] -= set(scenario.nodes)
            if not up.get(name):
                since[name] = 0.0
        marks = []
        for row in rows:
            if row['ve'] and row['rc'] is None:
                if row['operation'] in ('start', 'migrate_from'):
                    marks.append((row['end'], 1, row['resource'], row['node']))
                elif row['operation'] in ('stop', 'demote'):
                    marks.append((row['begin'], 0, row['resource'], row['node']))
            elif row['operation'] == 'fence':
                marks += [(row['end'], 0, name, row['node']) for name in self.ves]
        moved = {row['resource'] for row in rows if row['operation'] == 'migrate_to' and row['rc'] is None}
        for when, is_up, name, node in sorted(marks):
            places = up.setdefault(name, set())
            if is_up:
                if name in since:
                    total[name] = total.get(name, 0.0) + when - since.pop(name)
                places.add(node)
            elif node in places and name not in moved:
                places.discard(node)
                if not places:
                    since.setdefault(name, when)
        return {name: round(total[name], 3) for name in self.ves if name in total and name in after}

    def _is_to_run(self, name):
        element = self.primitives[name]
        if text.is_false(attributes.get(element, attributes.META, 'is-managed')):
            return False
        return (attributes.get(element, attributes.META, 'target-role') or 'Started').lower() != 'stopped'

    def _judge(self, scenario, result, rows, before):
        boots = [row for row in rows if row['ve'] and row['operation'] == 'start']
        if boots:
            yield from self._judge_wishes(scenario, result, boots)
            yield self._judge_starts(boots)
        late = [
            row
            for row in rows
            if row['ve'] and row['operation'] == 'stop' and 0 < row['timeout'] < row['end'] - row['begin']
        ]
        if late:
            worst = max(late, key=lambda row: row['end'] - row['begin'] - row['timeout'])
            yield _verdict(
                'stop-timeout',
                'broken',
                'the stop of %s takes %s, its timeout is %s: the cluster fences %s%s'
                % (
                    worst['resource'],
                    say(worst['end'] - worst['begin']),
                    say(worst['timeout']),
                    worst['node'],
                    _more(late),
                ),
                ve=worst['resource'],
                stop=worst['end'] - worst['begin'],
                timeout=worst['timeout'],
                node=worst['node'],
                count=len(late),
            )
        if scenario.kind == 'drain':
            yield from self._judge_drain(scenario, rows)
        if scenario.kind == 'return':
            back = [row['resource'] for row in boots if row['node'] in scenario.nodes and row['resource'] in before]
            if back:
                yield _verdict(
                    'failback',
                    'warning',
                    '%d VEs that ran elsewhere are stopped and go back to %s: %s'
                    % (len(back), scenario.nodes[0], _some(back)),
                    ves=back,
                    count=len(back),
                )
            else:
                yield _verdict(
                    'failback',
                    'ok',
                    'no VE that runs elsewhere is stopped to go back to %s' % scenario.nodes[0],
                    count=0,
                )
        if result['healthy_down']:
            count = len(result['healthy_down'])
            yield _verdict(
                'healthy-down',
                'warning',
                '%d %s that nothing had happened to %s stopped all the same: %s'
                % (count, 'VE' if count == 1 else 'VEs', 'is' if count == 1 else 'are', _some(result['healthy_down'])),
                ves=result['healthy_down'],
                count=count,
            )
        if result['cannot_run']:
            count = len(result['cannot_run'])
            yield _verdict(
                'cannot-run',
                'broken',
                '%d %s nowhere at the end: %s'
                % (count, 'VE runs' if count == 1 else 'VEs run', _some(result['cannot_run'])),
                ves=result['cannot_run'],
                count=count,
            )
        if not result['settled']:
            yield _verdict(
                'unsettled',
                'broken',
                'after %d transitions the cluster still has something to do' % result['transitions'],
                transitions=result['transitions'],
            )

    def _judge_wishes(self, scenario, result, boots):
        per_node = result['peak']['per_node']
        node = max(per_node, key=per_node.get)
        wish = self.wishes.get('peak_per_node')
        text = 'at most %s at once on a node (%s)' % (_boots(per_node[node]), node)
        limit = self.per_node.get(node)
        yield _verdict(
            'peak',
            'broken' if wish is not None and per_node[node] > wish else 'ok',
            text + ('; asked for at most %d' % wish if wish is not None else '; its limit is %s' % limit),
            asserted=wish is not None,
            peak=per_node[node],
            node=node,
            limit=limit,
            asked=wish,
        )
        if 'peak_total' in self.wishes:
            total, wish = result['peak']['total'], self.wishes['peak_total']
            yield _verdict(
                'peak-total',
                'broken' if total > wish else 'ok',
                'at most %s at once in the cluster; asked for at most %d' % (_boots(total), wish),
                asserted=True,
                peak=total,
                asked=wish,
            )
        last = max(boots, key=lambda row: row['end'])
        wish = self.wishes.get('recovery') if scenario.kind == 'lose' else None
        yield _verdict(
            'recovery',
            'broken' if wish is not None and last['end'] > wish else 'ok',
            'the last VE (%s) is up after %s%s'
            % (last['resource'], say(last['end']), '' if wish is None else '; asked for %s' % say(wish)),
            asserted=wish is not None,
            last_up=last['end'],
            ve=last['resource'],
            asked=wish,
        )

    def _judge_starts(self, boots):
        """The start timeout against the start here, and against the longest there may be."""
        longest = {}
        for row in boots:
            longest.setdefault(row['node'], []).append((row['end'] - row['begin'] - row['waited'], row['resource']))
        worst, late, tight = None, 0, 0
        for row in boots:
            if not row['timeout']:
                continue
            start = row['end'] - row['begin']
            # After the takeover of the DC the agent may have to wait for one that is under way.
            others = [seconds for seconds, name in longest[row['node']] if name != row['resource']]
            gated = _whole(_parameter(self.primitives[row['resource']], 'start_slots'))
            most = start + (max(others) if others and gated else 0.0)
            late += start > row['timeout']
            tight += start <= row['timeout'] < most
            key = (start > row['timeout'], most - row['timeout'])
            if worst is None or key > worst[0]:
                worst = key, row, start, most
        if worst is None:
            return _verdict('start-timeout', 'ok', 'no start has a timeout')
        _key, row, start, most = worst
        numbers = {
            've': row['resource'],
            'start': round(start, 3),
            'longest': round(most, 3),
            'timeout': row['timeout'],
            'count': late or tight,
        }
        if late:
            return _verdict(
                'start-timeout',
                'broken',
                'the start of %s takes %s, its timeout is %s: it fails (here it is taken to '
                'succeed)%s' % (row['resource'], say(start), say(row['timeout']), _more([0] * late)),
                **numbers,
            )
        if tight:
            return _verdict(
                'start-timeout',
                'warning',
                'the start of %s takes %s, and up to %s after a change of the DC; its timeout is '
                '%s%s' % (row['resource'], say(start), say(most), say(row['timeout']), _more([0] * tight)),
                **numbers,
            )
        return _verdict(
            'start-timeout',
            'ok',
            'no start can take longer than its timeout; the nearest is %s with up to %s of %s'
            % (row['resource'], say(most), say(row['timeout'])),
            **numbers,
        )

    def _judge_drain(self, scenario, rows):
        node = scenario.nodes[0]
        stops = [row for row in rows if row['operation'] == 'stop' and row['node'] == node]
        if not stops:
            return
        escalation = _seconds(
            attributes.get_property(self.root, 'shutdown-escalation'), timeouts.SHUTDOWN_ESCALATION / 1000
        )
        last = max(row['end'] for row in stops)
        worst = math.ceil(len(stops) / self.per_node[node]) * max(row['timeout'] for row in stops)
        level = 'broken' if last > escalation else 'warning' if worst > escalation else 'ok'
        yield _verdict(
            'shutdown-escalation',
            level,
            '%s is empty after %s, and within %s if each stop takes its whole timeout; '
            'shutdown-escalation is %s%s'
            % (
                node,
                say(last),
                say(max(worst, last)),
                say(escalation),
                ': a clean shutdown of the node ends with its fencing' if level == 'broken' else '',
            ),
            node=node,
            stops=last,
            worst=max(worst, last),
            escalation=escalation,
            count=len(stops),
        )

    # The cluster as a whole

    def _verdicts(self):
        result = []
        if text.is_true(attributes.get_property(self.root, 'maintenance-mode')):
            result.append(
                _verdict(
                    'maintenance',
                    'warning',
                    'the cluster is in maintenance mode: it starts and stops nothing, whatever happens',
                )
            )
        if text.is_false(attributes.get_property(self.root, 'stonith-enabled')):
            result.append(
                _verdict(
                    'fencing-off',
                    'warning',
                    'fencing is off: VEs of a lost node are started elsewhere while they may still run there',
                )
            )
        elif not any(element.get('class') == 'stonith' for element in self.primitives.values()):
            result.append(
                _verdict(
                    'fencing-off',
                    'warning',
                    'there is no fencing device: after the loss of a node nothing starts elsewhere',
                )
            )
        if _whole(attributes.get_property(self.root, node_limit.PROPERTY)) < 1 and not self.overrides:
            gated = [name for name in self.ves if _whole(_parameter(self.primitives[name], 'start_slots')) < 1]
            if gated:
                result.append(
                    _verdict(
                        'no-limit',
                        'warning',
                        'neither node-action-limit nor start_slots limits how many VEs start at once on '
                        'a node; %d operations do' % max(self.per_node.values(), default=0),
                        limit=max(self.per_node.values(), default=0),
                        ves=gated,
                    )
                )
        if self.own_limit and self.own_limit['in_force'] == 'false' and not self.own_limit['override']:
            result.append(
                _verdict(
                    'limit-not-in-force',
                    'warning',
                    'node-action-limit %s is not in force on %s: %s; this rehearsal '
                    'takes it to be' % (self.own_limit['limit'], self.own_limit['node'], self.own_limit['why']),
                    node=self.own_limit['node'],
                )
            )
        result += self._judge_priorities()
        result += self._judge_reaction()
        return result

    def _judge_priorities(self):
        priority = {
            name: _whole(attributes.get(element, attributes.META, 'priority'))
            for name, element in self.primitives.items()
        }
        fights = []
        for order in tree.section(self.root, 'constraints').findall('rsc_order'):
            first, then = order.get('first'), order.get('then')
            if (
                first in self.is_ve
                and then in self.is_ve
                and priority[then] > priority[first]
                and order.get('first-action', 'start') == 'start'
            ):
                fights.append((first, then))
        if fights:
            first, then = fights[0]
            yield _verdict(
                'priority',
                'warning',
                '%s has priority %d and waits for %s, which has %d: what %s is to come before it starts '
                'late%s' % (then, priority[then], first, priority[first], first, _more(fights)),
                first=first,
                then=then,
                count=len(fights),
            )
        others = [
            name
            for name, element in self.primitives.items()
            if name not in self.is_ve and element.get('class') != 'stonith'
        ]
        ahead = [name for name in self.ves if priority[name] > 0]
        behind = [name for name in others if ahead and priority[name] < max(priority[ve] for ve in ahead)]
        if behind:
            yield _verdict(
                'priority',
                'warning',
                'VEs have priorities above that of %s, which start behind them' % _some(behind),
                others=behind,
                ves=ahead,
            )
        if not fights and not behind:
            yield _verdict('priority', 'ok', 'no priority is against the order of the constraints')

    def _judge_reaction(self):
        starts = sorted(((row['start'], name) for name, row in self.durations.items()), reverse=True)
        if not starts:
            return
        start, name = starts[0]
        following = starts[1][0] if len(starts) > 1 else 0.0
        timeout = next(
            (
                times.parse(row['timeout']) / 1000
                for row in operations.declared(self.root, self.primitives[name])
                if row['name'] == 'start'
            ),
            0.0,
        )
        outlier = start >= OUTLIER_SECONDS and len(starts) > 1 and start > OUTLIER * following
        yield _verdict(
            'fencing-held-up',
            'warning' if outlier else 'ok',
            'while %s boots (%s, at most its start timeout of %s) the cluster '
            'fences no other node%s'
            % (
                name,
                say(start),
                say(timeout),
                '; the next longest takes %s' % say(following) if len(starts) > 1 else '',
            ),
            ve=name,
            start=start,
            timeout=timeout,
            next=following,
        )

    # What would help

    def _advice(self, played):
        """The same transitions under other limits."""
        losing = any(scenario.kind == 'lose' for scenario in self.scenarios)
        has_limit = _whole(attributes.get_property(self.root, node_limit.PROPERTY)) > 0
        now = (
            _whole(attributes.get_property(self.root, node_limit.PROPERTY))
            if has_limit
            else max(self.per_node.values(), default=0)
        )

        def row(number, batch, current=False):
            peak = total = 0
            wait = reaction = 0.0
            last = []
            satisfies = True
            for scenario, result in zip(self.scenarios, played):
                rows = (
                    result.rows
                    if current
                    else self._again(
                        result, lambda node: self.overrides.get(node, number), batch, number, result.halved
                    )
                )
                self._note_waits(rows, result)
                figures = self._figures(rows)
                here = max(figures['per_node'].values(), default=0)
                peak, total = max(peak, here), max(total, figures['total'])
                wait, reaction = max(wait, figures['longest_wait']), max(reaction, figures['reaction'])
                if figures['last_up'] is not None and (scenario.kind == 'lose' or not losing):
                    last.append(figures['last_up'])
                satisfies = (
                    satisfies
                    and here <= self.wishes.get('peak_per_node', here)
                    and figures['total'] <= self.wishes.get('peak_total', figures['total'])
                    and not (
                        scenario.kind == 'lose' and (figures['last_up'] or 0) > self.wishes.get('recovery', math.inf)
                    )
                )
            return {
                'starts_per_node': number,
                'batch_limit': batch,
                'peak': peak,
                'peak_total': total,
                'recovery': max(last, default=None),
                'longest_wait': wait,
                'reaction': reaction,
                'satisfies': satisfies,
                'recommended': False,
                'current': current,
            }

        current = row(now if has_limit else None, self.batch_limit, True)
        rows = [row(number, self.batch_limit) for number in TRIED if not (has_limit and number == now)]
        if not any(one['satisfies'] for one in [current] + rows):
            batches = {0, self.wishes.get('peak_total', 0)} - {self.batch_limit}
            rows += [row(number, batch) for batch in sorted(batches) for number in TRIED]
        if not current['satisfies']:
            good = [one for one in rows if one['satisfies']]
            if good:
                min(
                    good,
                    key=lambda one: (
                        (one['starts_per_node'] != now) + (one['batch_limit'] != self.batch_limit),
                        abs(one['starts_per_node'] - now),
                        one['batch_limit'],
                    ),
                )['recommended'] = True
        return [current] + rows

    def _again(self, played, limit, batch, slots, halved):
        """The rows of the same transitions under other limits: ``limit(node)``, and ``slots`` in the agents where they have any."""
        begin, rows = played.begin, []
        for place, graph in enumerate(played.graphs, 1):
            done = self._replay(
                graph,
                begin,
                halved,
                played.probe_rc,
                {node: limit(node) for node in self.nodes},
                batch,
                lambda action: slots if self._gate(action) else 0,
            )
            rows += self._rows(done, place)
            begin = max([begin] + [action.end for action in done])
        return rows


def say(seconds):
    """A time for people."""
    if seconds < 120:
        return '%s s' % _number(round(seconds, 1))
    minutes, rest = divmod(int(round(seconds)), 60)
    return '%d min %d s' % (minutes, rest) if rest else '%d min' % minutes


def _number(value):
    return '%d' % value if value == int(value) else '%g' % value


def _boots(count):
    return '%d VE boots' % count if count == 1 else '%d VEs boot' % count


def _verdict(rule, level, text, asserted=False, **numbers):
    return {
        'rule': rule,
        'level': level,
        'asserted': asserted,
        'text': text,
        'numbers': {name: round(value, 3) if isinstance(value, float) else value for name, value in numbers.items()},
    }


def _some(names):
    return ', '.join(names[:TEXT_LIMIT]) + (
        ' and %d more' % (len(names) - TEXT_LIMIT) if len(names) > TEXT_LIMIT else ''
    )


def _more(rows):
    return '; %d more like it' % (len(rows) - 1) if len(rows) > 1 else ''


def _state(root, node):
    """The state of a node, made if it is not there."""
    status = root.find('status')
    for state in status.findall('node_state'):
        if state.get('uname') == node:
            return state
    element = next(found for found in tree.section(root, 'nodes').findall('node') if found.get('uname') == node)
    return ET.SubElement(status, 'node_state', id=element.get('id'), uname=node)


def _is_up(state):
    """Newer versions have the time since when in there."""
    return all(
        value in ('true', 'online') or value.isdigit() and int(value) > 0
        for value in (state.get('in_ccm', 'false'), state.get('crmd', 'offline'))
    )


def _boot_of(primitive, root):
    """The declared boot time behind a start timeout that is above what the agent advertises; None where it tells nothing."""
    timeout = next(
        (_seconds(row['timeout'], 0) for row in operations.declared(root, primitive) if row['name'] == 'start'), 0
    )
    if timeout * 1000 <= TIMEOUTS['start', 0] * timeouts.SECOND:
        return None
    milliseconds = int(timeout * 1000)
    return max(0, milliseconds - timeouts.reserve(milliseconds) - timeouts.START_MARGIN) / 2000


def _parameter(primitive, name):
    for pairs in primitive.findall('instance_attributes'):
        for pair in pairs.findall('nvpair'):
            if pair.get('name') == name:
                return pair.get('value')
    return None


def _seconds(text, default):
    try:
        return times.parse(text) / 1000
    except ValueError:
        return default


def _whole(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0


def _numbers(text):
    """A version as numbers that can be compared."""
    return tuple(int(number) for number in re.findall(r'\d+', text))

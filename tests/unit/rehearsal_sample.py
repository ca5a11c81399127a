# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up results of ve_rehearsal of any size, for what draws them: a node takes the next VE when one of its K places is free."""

from __future__ import annotations

import heapq
import random

FENCE = 12.0
GAP = 0.05


class Sample:
    """A cluster of `nodes` nodes whose `ves` VEs take turns; `limit` None: all at once."""

    def __init__(self, nodes=3, ves=24, limit=2, boot=30.0, asserted=600, seed=1, names='ve-%d'):
        self.random = random.Random(seed)
        self.nodes = ['n%d' % (i + 1) for i in range(nodes)]
        self.ves = [names % (101 + i) for i in range(ves)]
        self.limit, self.asserted = limit, asserted
        self.where = {ve: self.nodes[i % nodes] for i, ve in enumerate(self.ves)}
        self.durations = {
            ve: {
                'start': round(boot * self.random.uniform(0.6, 1.4), 1),
                'stop': round(boot * self.random.uniform(0.1, 0.4), 1),
                'monitor': 0.5,
                'from': 'boot_time' if i % 5 == 0 else 'history',
                'stop_from': 'default',
            }
            for i, ve in enumerate(self.ves)
        }

    def jobs(self, kind, where, at, transition=1):
        """One operation for each VE of `where` ({ve: node}), K at once on a node, none before at[ve]."""
        free, made = {}, []
        for ve, node in where.items():
            places = free.setdefault(node, [])
            begin = at[ve]
            if self.limit and len(places) >= self.limit:
                begin = max(begin, heapq.heappop(places) + GAP)
            end = begin + self.durations[ve][kind]
            heapq.heappush(places, end)
            made.append(action(ve, kind, node, begin, end, transition=transition))
        return made

    def scenario(self, name, kind, nodes, actions, fenced=None, downtime=None, **more):
        starts = [a for a in actions if a['operation'] == 'start']
        return dict(
            {
                'name': name,
                'kind': kind,
                'nodes': nodes,
                'probe_rc': None,
                'actions': sorted(actions, key=lambda a: a['begin']),
                'peak': {
                    'per_node': {node: peak([a for a in starts if a['node'] == node]) for node in self.nodes},
                    'total': peak(starts),
                },
                'fenced': fenced or {},
                'last_up': max((a['end'] for a in starts), default=None),
                'duration': max((a['end'] for a in actions), default=0.0),
                'downtime': downtime or {},
                'longest_wait': max((a['begin'] for a in starts), default=0.0),
                'healthy_down': [],
                'cannot_run': [],
                'reaction': max((a['end'] - a['begin'] for a in actions), default=0.0),
                'transitions': 1,
                'settled': True,
                'verdicts': [],
            },
            **more,
        )

    def boot(self):
        probes = [action(ve, 'probe', node, 0.0, 0.4) for node in self.nodes for ve in self.ves[:20]]
        starts = self.jobs('start', self.where, dict.fromkeys(self.ves, 1.0))
        return self.scenario(
            'boot', 'boot', self.nodes, probes + starts, downtime={a['resource']: a['end'] for a in starts}
        )

    def lose(self, *lost):
        left = [node for node in self.nodes if node not in lost]
        fenced = {node: round(FENCE * (i + 1), 1) for i, node in enumerate(lost)}
        dead = [ve for ve in self.ves if self.where[ve] in lost]
        where = {ve: left[i % len(left)] for i, ve in enumerate(dead)}
        fence = [action(None, 'fence', node, 3.0, at) for node, at in fenced.items()]
        starts = self.jobs('start', where, dict.fromkeys(dead, max(fenced.values())))
        return self.scenario(
            'lose ' + ' '.join(lost),
            'lose',
            list(lost),
            fence + starts,
            fenced,
            {a['resource']: a['end'] for a in starts},
        )

    def drain(self, node):
        left = [other for other in self.nodes if other != node]
        gone = [ve for ve in self.ves if self.where[ve] == node]
        stops = self.jobs('stop', dict.fromkeys(gone, node), dict.fromkeys(gone, 0.5))
        starts = self.jobs(
            'start', {ve: left[i % len(left)] for i, ve in enumerate(gone)}, {a['resource']: a['end'] for a in stops}
        )
        begun = {a['resource']: a['begin'] for a in stops}
        return self.scenario(
            'drain ' + node,
            'drain',
            [node],
            stops + starts,
            downtime={a['resource']: round(a['end'] - begun[a['resource']], 3) for a in starts},
        )

    def comes_back(self, node):
        return self.scenario('return ' + node, 'return', [node], [])

    def badly_set_up(self, node, rc=1):
        """Its probes say `rc` of every VE: those that run elsewhere are stopped and started again."""
        probes = [action(ve, 'probe', node, 0.2, 0.6, rc=rc) for ve in self.ves]
        where = {ve: at for ve, at in self.where.items() if at != node}
        stops = self.jobs('stop', where, dict.fromkeys(where, 1.0))
        starts = self.jobs('start', where, {a['resource']: max(b['end'] for b in stops) for a in stops}, transition=2)
        begun = {a['resource']: a['begin'] for a in stops}
        return self.scenario(
            'join %s rc %d' % (node, rc),
            'join',
            [node],
            probes + stops + starts,
            probe_rc=rc,
            downtime={a['resource']: round(a['end'] - begun[a['resource']], 3) for a in starts},
            healthy_down=sorted(where),
            verdicts=[
                verdict(
                    'healthy-down',
                    'broken',
                    '%d VEs that were healthy are stopped and started again, because the probes on %s '
                    'answer %d' % (len(where), node, rc),
                    ves=len(where),
                )
            ],
        )

    def result(self, pairs=True):
        scenarios = [self.boot()] + [self.lose(node) for node in self.nodes]
        if pairs and len(self.nodes) > 3:
            scenarios += [self.lose(a, b) for i, a in enumerate(self.nodes) for b in self.nodes[i + 1 :]]
        scenarios += [self.drain(node) for node in self.nodes]
        scenarios += [self.comes_back(self.nodes[0]), self.badly_set_up(self.nodes[-1])]
        longest = max(ve['start'] for ve in self.durations.values())
        for scenario in scenarios:
            if scenario['kind'] in ('boot', 'lose'):
                late = scenario['last_up'] > self.asserted
                last = max(scenario['actions'], key=lambda a: a['end'])['resource']
                scenario['verdicts'].append(
                    verdict(
                        'recovery',
                        'broken' if late else 'ok',
                        'the last VE (%s) is up after %.1f s; asked for %d s'
                        % (last, scenario['last_up'], self.asserted),
                        asserted=True,
                        last_up=scenario['last_up'],
                        ve=last,
                        asked=self.asserted,
                    )
                )
        broken = [
            '%s: %s' % (s['name'], v['text'])
            for s in scenarios
            for v in s['verdicts']
            if v['asserted'] and v['level'] == 'broken'
        ]
        last = max(s['last_up'] for s in scenarios if s['kind'] == 'lose')
        return {
            'scenarios': scenarios,
            'nodes': self.nodes,
            'others': ['cluster-ip', 'web:0'],
            'limits': dict.fromkeys(self.nodes, self.limit),
            'batch_limit': 0,
            'durations': self.durations,
            'pacemaker': '2.1.5',
            'feature_set': '3.16.2',
            'source': 'file',
            'assertions': {'recovery': self.asserted},
            'broken': broken,
            'commands': ['cibadmin --query'],
            'assumptions': [
                'detection: a lost node is noticed after 3 s (times: detect)',
                'the load of the nodes stays below load-threshold; above it they start fewer at once',
            ],
            'advice': [
                self.other_limit(k, last, longest)
                for k in [self.limit] + [k for k in (1, 2, 3, 4, 6, 8) if k != self.limit]
            ]
            if broken and self.limit
            else None,
            'verdicts': [
                verdict(
                    'fencing-held-up',
                    'warning',
                    'while ve-102 boots (%s s, at most its start timeout of 150 s) the cluster fences no other node; the '
                    'next longest takes 40 s' % longest,
                    ve='ve-102',
                    start=longest,
                    timeout=150.0,
                ),
                verdict('priority', 'ok', 'no two priorities fight each other'),
            ],
        }

    def other_limit(self, k, last, longest):
        recovery = last * self.limit / k
        return {
            'starts_per_node': k,
            'batch_limit': 0,
            'peak': k,
            'peak_total': k * (len(self.nodes) - 1),
            'recovery': round(recovery, 1),
            'longest_wait': max(0.0, round(recovery - longest, 1)),
            'reaction': longest,
            'current': k == self.limit,
            'satisfies': 4 <= k < 8,
            'recommended': k == 4,
        }


def action(resource, operation, node, begin, end, transition=1, rc=None):
    return {
        'resource': resource,
        'operation': operation,
        'node': node,
        'begin': round(begin, 3),
        'waited': 0.0,
        'end': round(end, 3),
        've': resource is not None,
        'transition': transition,
        'rc': rc,
    }


def verdict(rule, level, text, asserted=False, **numbers):
    return {'rule': rule, 'level': level, 'asserted': asserted, 'text': text, 'numbers': numbers}


def peak(actions):
    edges = sorted([(a['begin'], 1) for a in actions] + [(a['end'], -1) for a in actions])
    most = now = 0
    for _at, step in edges:
        now += step
        most = max(most, now)
    return most

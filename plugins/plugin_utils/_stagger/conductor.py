# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop of ve_stagger, on the controller: release, look, tell, and withdraw what must wait.

It knows neither Ansible nor Pacemaker: ``node(request)`` has something done on a node (stagger.serve) and returns the
result, ``say(text)`` shows a line, ``loads()`` returns the load of each node, ``interrupted()`` says whether to end.
A failure of the node is an Error.
"""

from __future__ import annotations

import time

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import plan

INTERVAL = 2  # seconds between two looks
SILENCE = 20  # seconds without news until a line says what is waited for
QUIET_LOOKS = 3  # looks at an idle cluster until what is not done counts as staying so

DONE = {'started': 'up', 'stopped': 'down', 'restarted': 'up', 'moved': 'up'}
# What of the state of a VE is an event of the timeline.
EVENTS = {
    'starting': 'starting',
    'started': 'up',
    'stopping': 'stopping',
    'stopped': 'down',
    'migrating': 'migrating',
    'failed': 'failed',
    'unmanaged': 'unmanaged',
    'removed': 'removed',
}


# What takes a VE out of a run, in words.
LEFT = {'unmanaged': 'is unmanaged now, and left alone', 'removed': 'was removed by somebody else'}


class _Over(Exception):
    """The run ends before its time; says why."""


class Phase:
    """One patch, and what is waited for."""

    def __init__(self, names, request, goal, undo=None, only_in=None, role=None):
        self.names, self.request, self.goal = list(names), request, goal
        # undo: the request that takes the patch back, for those that are in a state of only_in: they have not begun
        self.undo, self.only_in = undo, only_in
        self.role = role  # the target-role that this phase sets; where it is another one now, an admin set that
        self.edited = set()  # what this run released and has not withdrawn


class Conductor:
    def __init__(
        self, node, arguments, say, loads=None, interrupted=lambda: False, now=time.monotonic, sleep=time.sleep
    ):
        self.node, self.arguments, self.loads, self.interrupted = node, arguments, loads, interrupted
        self.now, self.sleep, self._show = now, sleep, say
        self.state = arguments['state']

    def run(self):
        self.plan = self.node({'do': 'plan'})
        self.options = self.plan['options']
        self.begin = self._news = self.now()
        self.timeline, self.failed, self.taken, self.tries, self.last, self.nodes = [], {}, [], {}, {}, {}
        self.up_after, self.took, self.released, self.withdrawn, self.changed = {}, {}, [], [], False
        self.reached = set()  # those that are where they are to be
        self.counts = {}  # failures in this run
        self.known_failures = dict(self.plan['failures'])
        self._gate_ignored = False
        self._quiet = 0
        self.quorum, self.maintenance = True, False
        self._preface()
        over = None
        try:
            self._look(self.plan['names'])
            for number, names in enumerate(self.plan['batches']):
                if number and self.options['gap']:
                    self._pause(self.options['gap'])
                self._batch(names)
            if not self.plan['batches']:
                self._wait(Phase([], {}, self._goal()))
            elif self.state in ('started', 'stopped'):
                self._wait(Phase([], {}, self._goal()))
            if self.state == 'moved':
                self._after_move()
        except _Over as reason:
            over = str(reason)
            if self.state == 'moved':
                self._put({'clear': [row['name'] for row in self.plan['plan']]})
        return self._result(over)

    # What is done

    def _batch(self, names):
        roles = self.plan['roles']
        back = {name: roles[name].capitalize() if roles[name] else None for name in names}
        if self.state == 'started':
            down = {name: 'Stopped' for name in names}
            self._do(
                Phase(
                    names,
                    {'roles': {name: 'Started' for name in names}},
                    self._goal(),
                    {'roles': down},
                    ('stopped', 'failed'),
                    'started',
                )
            )
        elif self.state == 'stopped':
            self._do(
                Phase(
                    names,
                    {'roles': {name: 'Stopped' for name in names}},
                    self._goal(),
                    {'roles': back},
                    ('started',),
                    'stopped',
                )
            )
        elif self.state == 'restarted':
            # taken back as a whole: what is being stopped starts when that stop has ended
            self._do(
                Phase(names, {'roles': {name: 'Stopped' for name in names}}, _is_down, {'roles': back}, None, 'stopped')
            )
            left = [name for name in names if name not in self.taken]
            self._do(Phase(left, {'roles': {name: back[name] for name in left}}, self._goal(), role=None))
        else:
            away = self.arguments['nodes'] or []
            request = {'away': {name: away for name in names}} if away else {}
            if self.arguments['to']:
                request['to'] = {name: self.arguments['to'] for name in names}
            if self.arguments['standby'] is False:
                request['standby'] = {self.arguments['to']: False}
            self._do(Phase(names, request, self._goal(), {'clear': names}))

    def _after_move(self):
        """Nothing of ours stays in the CIB, and nodes are handed over or taken back."""
        standby = self.arguments['standby']
        request = {'clear': [row['name'] for row in self.plan['plan']]}
        if standby:
            came = {row['name']: row['node'] for row in self.plan['plan']}
            if self.failed:
                raise _Over(
                    '%d VEs did not come up elsewhere, so the nodes were not put into standby' % len(self.failed)
                )
            request['standby'] = {node: True for node in self.arguments['nodes']}
            request['moved'] = {node: [name for name in came if came[name] == node] for node in self.arguments['nodes']}
        elif standby is False:
            request['standby'] = {self.arguments['to']: False}
        if self._put(request)['changed'] and standby is not None:
            for node in request['standby']:
                self._event(None, 'standby' if standby else 'back', node)
                self._say('%s is %s' % (node, 'in standby' if standby else 'out of standby'))

    def _goal(self):
        if self.state == 'stopped':
            return _is_down
        if self.state == 'moved':
            away, to = self.arguments['nodes'] or [], self.arguments['to']
            return lambda ve: ve['state'] == 'started' and (ve['node'] == to if to else ve['node'] not in away)
        return lambda ve: ve['state'] == 'started'

    def _do(self, phase):
        self._phase = phase
        self._gate(phase)
        self._release(phase)
        self._wait(phase)

    def _release(self, phase, names=None):
        names = [name for name in (phase.names if names is None else names) if name not in self.taken]
        if not names:
            return
        request = {
            key: {name: value for name, value in part.items() if name in names}
            if key in ('roles', 'away', 'to')
            else part
            for key, part in phase.request.items()
        }
        # What somebody else has set already is not ours to withdraw.
        mine = [name for name in names if phase.role is None or (self.seen[name]['role'] or 'started') != phase.role]
        self._put(request)
        phase.edited.update(mine)
        for name in mine:
            if name not in self.released:
                self.released.append(name)
            self._event(name, 'released')
        self.withdrawn = [name for name in self.withdrawn if name not in names]
        self._quiet = 0

    def _withdraw(self, phase, why):
        """Take back what was released and has not begun; what has begun goes on undisturbed."""
        names = sorted(phase.edited)
        if not phase.undo or not names:
            return []
        request = {
            key: {name: part[name] for name in names if name in part}
            if isinstance(part, dict)
            else [name for name in part if name in names]
            for key, part in phase.undo.items()
        }
        done = self._put(dict(request, only_in=phase.only_in) if phase.only_in else request)['done']
        phase.edited.difference_update(done)
        for name in done:
            self.withdrawn.append(name)
            self._event(name, 'withdrawn')
        self._say(
            '%s: %s'
            % (
                why,
                '%d VEs that had not begun are withdrawn%s'
                % (len(done), '; what is under way goes on' if len(done) < len(names) else '')
                if phase.only_in
                else 'taken back for %d VEs' % len(done),
            ),
            True,
        )
        return done

    def _put(self, request):
        result = self.node(dict(request, do='put'))
        self.changed = self.changed or result['changed']
        return result

    # What is waited for

    def _wait(self, phase):
        """Until all are done, failed, or in somebody else's hands."""
        while True:
            status = self._look(self.plan['names'])
            by_name = {ve['name']: ve for ve in status['ves']}
            waited = phase.names or self.plan['names']
            self._taken_over(phase, by_name)
            self._failures(phase, status, by_name)
            left = [
                name
                for name in waited
                if not phase.goal(by_name[name])
                and name not in self.failed
                and name not in self.taken
                and by_name[name]['state'] not in LEFT
            ]
            if not left:
                return
            # Counted at the first failure beyond its retries: where the storage is broken, Pacemaker tries every node in
            # turn, and gives up the first VE when it has started the last.
            spent = [
                name
                for name in waited
                if name in self.failed or name in left and self.counts.get(name, 0) > self.arguments['retries']
            ]
            if self.arguments['max_failures'] and len(spent) >= self.arguments['max_failures']:
                self._stop(phase, '%d VEs failed (max_failures)' % len(spent))
            if self.interrupted():
                self._stop(phase, 'interrupted')
            if self.now() - self.begin > self.options['timeout']:
                if self.state == 'restarted':
                    self._withdraw(phase, 'timeout')  # none stays down for good
                raise _Over(
                    'they are not %s after %d s (the cluster goes on with them)'
                    % (DONE[self.state], self.options['timeout'])
                )
            closed = self._closed() if self.state == 'started' and phase.undo else ''
            if closed:
                self._withdraw(phase, 'the gate is closed (%s)' % closed)
                self._gate(phase)
                self._release(phase, [name for name in self.withdrawn if name in phase.names])
                continue
            self._quiet = self._quiet + 1 if status['idle'] and not status['maintenance'] else 0
            if self._quiet >= QUIET_LOOKS:
                for name in left:
                    self.failed[name] = 'it stays as it is'
                continue
            self._tell_waiting(status, left)
            self._nap(INTERVAL)

    def _stop(self, phase, why):
        self._withdraw(phase, why)
        raise _Over(why)

    def _taken_over(self, phase, by_name):
        for name in sorted(phase.edited):
            if phase.role and (by_name[name]['role'] or 'started') != phase.role and name not in self.taken:
                self.taken.append(name)
                phase.edited.discard(name)
                self._event(name, 'taken over')
                self._say(
                    '%s: somebody else set target-role=%s; it is left alone'
                    % (name, by_name[name]['role'] or 'started')
                )

    def _failures(self, phase, status, by_name):
        for name in status['given_up']:
            ve = by_name[name]
            new = ve['failures'][len(self.plan['failures'].get(name, [])) :] or ve['failures']
            if (
                name in self.failed
                or name in self.taken
                or (phase.names and name not in phase.names)
                or self.state == 'stopped'
            ):
                continue
            if self.tries.get(name, 0) < self.arguments['retries']:
                self.tries[name] = self.tries.get(name, 0) + 1
                self._say(
                    '%s failed; it is tried again (%d of %d)' % (name, self.tries[name], self.arguments['retries'])
                )
                self.node({'do': 'forget', 'names': [name]})
                self._event(name, 'retried')
                self._quiet = 0
            else:
                self.failed[name] = '; '.join(new)
                phase.edited.discard(name)
                self._event(name, 'given up')
                self._say('%s is given up: Pacemaker will not try it again' % name)

    def _pause(self, seconds):
        end = self.now() + seconds
        while self.now() < end:
            if self.interrupted():
                raise _Over('interrupted')
            self._nap(min(INTERVAL, end - self.now()))

    def _nap(self, seconds):
        if not self.interrupted():
            self.sleep(seconds)

    # The gate

    def _closed(self):
        """Why no VE may start now: the nodes whose load is too high; empty where the gate is open."""
        most, pressure = self.arguments['max_load'], self.arguments['max_pressure']
        if most is None and pressure is None or self.loads is None:
            return ''
        found = []
        for node, load in sorted(self.loads().items()):
            if most is not None and load.get('load') is not None and load['load'] > most:
                found.append('load %.2f per core on %s' % (load['load'], node))
            if pressure is not None and load.get('pressure') is not None and load['pressure'] > pressure:
                found.append('pressure %.0f %% on %s' % (load['pressure'], node))
        if not found:
            self._gate_ignored = False
        return '' if self._gate_ignored else ', '.join(found)

    def _gate(self, phase):
        """Wait until the gate is open, at most gate_timeout."""
        if self.state == 'stopped' or (self.state == 'restarted' and phase.undo is None):
            return
        why = self._closed()
        if not why:
            return
        since = self.now()
        self._event(None, 'gate closed')
        self._say('waiting for the gate: %s' % why)
        while why:
            if self.interrupted():
                raise _Over('interrupted')
            if self.now() - since > self.options['gate_timeout']:
                self._gate_ignored = True
                self._say(
                    'the gate was closed for %d s (gate_timeout): going on without it until it has been open once'
                    % self.options['gate_timeout']
                )
                return
            self._nap(INTERVAL)
            self._taken_over(phase, {ve['name']: ve for ve in self._look(self.plan['names'])['ves']})
            why = self._closed()
        self._event(None, 'gate open')
        self._say('the gate is open after %d s' % (self.now() - since))

    # What is told

    def _preface(self):
        made, rows = self.plan, self.plan['plan']
        verb = {'started': 'start', 'stopped': 'stop', 'restarted': 'restart', 'moved': 'move'}[self.state]
        self._say(
            '%d of %d VEs to %s%s'
            % (
                len(rows),
                len(made['names']),
                verb,
                ', %s at once on a node%s, %s %s'
                % (
                    made['per_node'] or 'as many as Pacemaker likes',
                    ', %d in total' % made['total'] if made['total'] else '',
                    _about(self.state),
                    _clock(made['expected']),
                )
                if rows
                else '',
            )
        )
        unknown = [row['node'] for row in made['limits'] if row['in_force'] == 'unknown']
        if rows and made['why_batches']:
            self._say('in %d batches, because %s' % (len(made['batches']), made['why_batches']))
            if 'expected_without_gap' in made:
                self._say(
                    'the gap of %d s costs about %s; policy settle pauses in a failover too'
                    % (self.options['gap'], _clock(made['expected'] - made['expected_without_gap']))
                )
        elif rows and made['limit'] and unknown and self.state == 'started':
            self._say('whether the limit is in force is not known for %s' % ', '.join(unknown))
        for name in made['unmanaged']:
            self._say('%s is unmanaged and left alone' % name)

    def _look(self, names):
        status = self.node({'do': 'look', 'names': names})
        self.seen = {ve['name']: ve for ve in status['ves']}
        self._tell_cluster(status)
        now = self.now() - self.begin
        for node, state in status['nodes'].items():
            before = self.nodes.get(node)
            if before is not None and state != before:
                self._event(None, state, node)
                self._say(
                    '%s is %s%s'
                    % (
                        node,
                        {'lost': 'lost, and not fenced yet'}.get(state, state),
                        ('; fencing waits for what is under way' if state == 'lost' else ''),
                    )
                )
            self.nodes[node] = state
        for ve in status['ves']:
            name, before = ve['name'], self.last.get(ve['name'])
            if before is None or before['state'] != ve['state'] or before['node'] != ve['node']:
                if before is not None:
                    self._event(name, EVENTS[ve['state']], ve['node'])
                    if ve['state'] in LEFT:
                        self._say('%s %s' % (name, LEFT[ve['state']]))
                elif self._goal()(ve):
                    self.reached.add(name)
                self.last[name] = dict(ve, since=now)
                if before is not None or name in self.released:
                    self._tell(ve, status['ves'])
            failures = ve['failures']
            known = len(self.known_failures.get(name, []))
            for failure in failures[known:]:
                self._event(name, 'failure', text=failure)
                self.counts[name] = self.counts.get(name, 0) + 1
                self._say('%s: %s' % (name, failure), always=True)
            self.known_failures[name] = list(failures)
        return status

    def _tell_cluster(self, status):
        """What holds up the cluster as a whole, as it begins and ends."""
        if status['maintenance'] != self.maintenance:
            self.maintenance = status['maintenance']
            self._event(None, 'maintenance' if self.maintenance else 'maintenance ended')
            self._say(
                'the cluster is in maintenance mode: Pacemaker starts and stops nothing until somebody ends it'
                if self.maintenance
                else 'maintenance mode has ended',
                always=True,
            )
        if status['quorum'] != self.quorum:
            self.quorum = status['quorum']
            self._event(None, 'quorum' if self.quorum else 'no quorum')
            self._say(
                'this part of the cluster has quorum again'
                if self.quorum
                else 'this part of the cluster has lost its quorum (no-quorum-policy=%s)' % status['no_quorum_policy'],
                always=True,
            )

    def _tell(self, ve, ves):
        name = ve['name']
        goal = self._goal()
        if not goal(ve):
            self.reached.discard(name)
            return
        self.up_after[name] = round(self.now() - self.begin, 1)
        if ve['took'] and ve['state'] == 'started':
            self.took[name] = ve['took']
        self.reached.add(name)
        rest = self._rest([other for other in ves if not goal(other)])
        where = 'down' if ve['state'] == 'stopped' else 'up on %s' % ve['node']
        took = ' after %.1f s' % ve['took'] if ve['took'] and ve['state'] == 'started' else ''
        left = ', %s %s left' % (_about(self.state), _clock(rest)) if rest else ''
        self._say('%s is %s%s (%d of %d%s)' % (name, where, took, len(self.reached), len(ves), left))

    def _rest(self, ves):
        """The estimated rest, by what was measured so far in this run, else by what was expected."""
        rows = {row['name']: row for row in self.plan['plan']}
        left = [
            rows[ve['name']]
            for ve in ves
            if ve['name'] in rows and ve['name'] not in self.failed and ve['name'] not in self.taken
        ]
        mean = sum(self.took.values()) / len(self.took) if self.took else None
        return plan.schedule(
            [(row['to'] or row['node'], mean or row['seconds']) for row in left],
            self.plan['per_node'],
            self.plan['total'],
        )

    def _tell_waiting(self, status, left):
        if self.now() - self._news <= SILENCE:
            return
        now = self.now() - self.begin
        busy = [
            '%s %s on %s (%.0f s)'
            % (
                ve['name'],
                'starts' if ve['state'] == 'starting' else ve['state'],
                ve['node'],
                now - self.last[ve['name']]['since'],
            )
            for ve in status['ves']
            if ve['state'] in ('starting', 'stopping', 'migrating')
        ]
        why = [
            text
            for text, holds in (
                ('the cluster is in maintenance mode', status['maintenance']),
                ('there is no quorum', not status['quorum']),
            )
            if holds
        ]
        queued = len(left) - len(
            [ve for ve in status['ves'] if ve['name'] in left and ve['state'] in ('starting', 'stopping', 'migrating')]
        )
        self._say('waiting: %s; %d queued' % (', '.join(why + busy) or 'nothing is under way', max(0, queued)))

    def _event(self, name, event, node=None, **more):
        self.timeline.append(
            dict({'at': round(self.now() - self.begin, 1), 've': name, 'event': event, 'node': node}, **more)
        )

    def _say(self, text, always=False):
        self._news = self.now()
        self._show('  [%5.0f s] %s' % (self._news - self.begin, text), always)

    # The result

    def _result(self, over):
        goal, names = self._goal(), self.plan['names']
        ves = [
            dict(
                {key: self.seen[name][key] for key in ('name', 'state', 'node', 'failures', 'took')},
                up_after=self.up_after.get(name),
            )
            for name in names
        ]
        for ve in ves:
            ve['failures'] = self.known_failures.get(ve['name'], [])
        good = [ve for ve in ves if goal(ve)]
        result = {
            key: self.plan[key]
            for key in ('plan', 'names', 'unmanaged', 'limit', 'per_node', 'limits', 'why_batches', 'expected')
        }
        result.update(
            changed=self.changed,
            released=self.released,
            withdrawn=self.withdrawn,
            left_alone=self.taken,
            ves=ves,
            timeline=self.timeline,
            seconds=round(self.now() - self.begin, 1),
            interrupted=over == 'interrupted',
        )
        bad = [ve for ve in ves if not goal(ve) and ve['name'] not in self.taken and ve['state'] not in LEFT]
        if over is None and not bad:
            others = [ve['name'] for ve in ves if ve not in good]
            self._say(
                '%d of %d VEs are %s%s'
                % (len(good), len(ves), DONE[self.state], '; left alone: %s' % ', '.join(others) if others else ''),
                always=True,
            )
            return result
        reasons = [
            '%s (%s): %s'
            % (
                ve['name'],
                'withdrawn' if ve['name'] in self.withdrawn else ve['state'],
                '; '.join(ve['failures'])
                or (
                    'run again to go on'
                    if ve['name'] in self.withdrawn
                    else 'no failure is recorded; look with crm_resource --why --resource=%s' % ve['name']
                ),
            )
            for ve in bad
        ]
        why = over or 'the cluster has nothing left to do and they are not %s%s' % (
            DONE[self.state],
            '' if self.quorum else '; this part of it has no quorum, and goes on by itself when enough nodes are back',
        )
        result.update(failed=True, msg='%d VEs: %s.\n- %s' % (len(bad), why, '\n- '.join(reasons)))
        return result


def _is_down(ve):
    # on a node that is lost and not fenced yet nobody knows
    return ve['state'] == 'stopped' and ve['node'] is None


def _about(state):
    """A stop takes as long as the guest likes; what is known of it is stop_grace, its limit."""
    return 'at most' if state == 'stopped' else 'about'


def _clock(seconds):
    return '%d s' % seconds if seconds < 120 else '%d min' % round(seconds / 60)


def print_plan(made, state, say):
    """The plan as lines, for check mode."""
    verb = {'started': 'started', 'stopped': 'stopped', 'restarted': 'restarted', 'moved': 'moved'}[state]
    say(
        '%d VEs would be %s, %s at once on a node%s%s'
        % (
            len(made['plan']),
            verb,
            made['per_node'] or 'as many as Pacemaker likes',
            ', in %d batches because %s' % (len(made['batches']), made['why_batches'])
            if made['why_batches'] and made['plan']
            else '',
            ', %s %s' % (_about(state), _clock(made['expected'])) if made['plan'] else '',
        )
    )
    for row in made['plan']:
        where = (
            ' -> '.join(node for node in (row['node'], row['to']) if node) if row['node'] != row['to'] else row['node']
        )
        say(
            '  %3d  %-20s order %-4d %-14s %s%s'
            % (
                row['batch'],
                row['name'],
                row['start_order'],
                where or 'nowhere',
                'live' if row['live'] else '%s %s' % (_about(state), _clock(row['seconds'])),
                ', after %s' % ', '.join(row['after']) if row['after'] else '',
            )
        )

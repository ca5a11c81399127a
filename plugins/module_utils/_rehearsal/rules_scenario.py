# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about one scenario: each a function, its id, when it finds what, and the mend."""

from __future__ import annotations

import math
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, guests, quorum
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes, rules_boots
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.figures import Outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import (
    Finding,
    Table,
    broken,
    more,
    ok,
    warning,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.transitions import ROUNDS

RULES: Table[Outcome] = Table()


@RULES.rule(
    'peak',
    levels=('broken',),
    explanation='how many VEs boot at once on a node; broken where that is more than `assert`, `peak_per_node` allows',
    mend='Lower policy.starts_per_node (node-action-limit), and see that it is in force (ve_info, limits).',
)
def peak(outcome: Outcome) -> Iterator[Finding]:
    if not outcome.boots:
        return
    per_node = outcome.per_node
    node = max(per_node, key=lambda name: per_node[name])
    most, limit = per_node[node], outcome.setup.limits.per_node.get(node)
    asked = outcome.setup.options.assertions.get('peak_per_node')
    text = 'at most %s at once on a node (%s)' % (_booting(outcome, most), node)
    yield Finding(
        'broken' if asked is not None and most > asked else 'ok',
        text + ('; its limit is %s' % limit if asked is None else '; asked for at most %d' % asked),
        {'peak': most, 'node': node, 'limit': limit, 'asked': asked},
        asserted=asked is not None,
    )


@RULES.rule(
    'peak-total',
    levels=('broken',),
    explanation='how many VEs boot at once in the cluster; broken where that is more than `assert`, `peak_total` allows',
    mend='Set policy.starts_total (batch-limit).',
)
def peak_total(outcome: Outcome) -> Iterator[Finding]:
    asked = outcome.setup.options.assertions.get('peak_total')
    if asked is None or not outcome.boots:
        return
    total = outcome.figures.total
    yield Finding(
        'broken' if total > asked else 'ok',
        'at most %s at once in the cluster; asked for at most %d' % (_booting(outcome, total), asked),
        {'peak': total, 'asked': asked},
        asserted=True,
    )


@RULES.rule(
    'recovery',
    levels=('broken',),
    explanation='when the last VE is up; broken where that is later after the loss of a node than `assert`, `recovery` allows',
    mend='Raise policy.starts_per_node as far as the nodes can take it, see the table of other limits; or shorten the boots.',
)
def recovery(outcome: Outcome) -> Iterator[Finding]:
    if not outcome.boots:
        return
    last = max(outcome.boots, key=lambda step: step.up)
    asked = outcome.setup.options.assertions.get('recovery') if outcome.scenario.kind == 'lose' else None
    text = 'the last %s (%s) is up after %s' % (outcome.setup.cluster.noun, last.resource, words(last.up))
    yield Finding(
        'broken' if asked is not None and last.up > asked else 'ok',
        text + ('' if asked is None else '; asked for %s' % words(asked)),
        {'last_up': last.up, 've': last.resource, 'asked': asked},
        asserted=asked is not None,
    )


RULES.rule(
    'start-does-not-wait',
    levels=('warning',),
    explanation='more guests boot at once on a node than operations may run there, as their starts return while they still boot: the limit '
    'does not limit the boots',
    mend='Have the starts wait until the guest has booted: with ocf:openve:ManageVE (start_wait), or with a script that start waits for.',
)(rules_boots.start_does_not_wait)


@RULES.rule(
    'start-timeout',
    levels=('broken', 'warning'),
    explanation='broken where a start takes longer than its timeout; a warning where it would if it had to wait in the agent '
    'for the longest other start on that node, as after the takeover of the DC',
    mend='Declare the boot_time that the VE needs (ves, boot_time); ve_resources computes the timeout from it.',
)
def start_timeout(outcome: Outcome) -> Iterator[Finding]:
    """The start timeout against the start here, and against the longest there may be."""
    timed = [(step, rules_boots.longest_start(outcome, step)) for step in outcome.boots if step.timeout]
    if not timed:
        if outcome.boots:
            yield ok('no start has a timeout')
        return
    late = sum(step.length > step.timeout for step, _longest in timed)
    tight = sum(step.length <= step.timeout < longest for step, longest in timed)
    step, longest = max(timed, key=lambda row: (row[0].length > row[0].timeout, row[1] - row[0].timeout))
    numbers = {
        've': step.resource,
        'start': step.length,
        'longest': longest,
        'timeout': step.timeout,
        'count': late or tight,
    }
    start, most, timeout = words(step.length), words(longest), words(step.timeout)
    if late:
        text = 'the start of %s takes %s, its timeout is %s: it fails (here it is taken to succeed)%s'
        mend = rules_boots.timeout_mend(outcome, step)
        yield Finding('broken', text % (step.resource, start, timeout, more(late)), numbers, mend=mend)
    elif tight:
        text = 'the start of %s takes %s, and up to %s after a change of the DC; its timeout is %s%s'
        mend = rules_boots.timeout_mend(outcome, step)
        yield Finding('warning', text % (step.resource, start, most, timeout, more(tight)), numbers, mend=mend)
    else:
        text = 'no start can take longer than its timeout; the nearest is %s with up to %s of %s'
        yield ok(text % (step.resource, most, timeout), **numbers)


@RULES.rule(
    'stop-timeout',
    levels=('broken',),
    explanation='broken where a stop takes longer than its timeout: the node would be fenced',
    mend='Declare the stop_grace that the VE needs (ves, stop_grace); ve_resources computes the timeout from it.',
)
def stop_timeout(outcome: Outcome) -> Iterator[Finding]:
    late = [step for step in outcome.steps if step.ve and step.operation == 'stop' and 0 < step.timeout < step.length]
    if not late:
        return
    step = max(late, key=lambda one: one.length - one.timeout)
    text = 'the stop of %s takes %s, its timeout is %s: the cluster fences %s%s'
    numbers = {'ve': step.resource, 'stop': step.length, 'timeout': step.timeout, 'node': step.node, 'count': len(late)}
    yield Finding(
        'broken',
        text % (step.resource, words(step.length), words(step.timeout), step.node, more(len(late))),
        numbers,
        mend=rules_boots.timeout_mend(outcome, step),
    )


@RULES.rule(
    'shutdown-escalation',
    levels=('broken', 'warning'),
    explanation='of a drain: broken where the last stop is later than it; a warning where it would be with every stop as long '
    'as its timeout, a limit\'s worth at once',
    mend='Have ve_resources set shutdown-escalation from the policy, or raise policy.starts_per_node: it limits stops too.',
)
def shutdown_escalation(outcome: Outcome) -> Iterator[Finding]:
    if outcome.scenario.kind != 'drain':
        return
    setup, node = outcome.setup, outcome.scenario.nodes[0]
    stops = [step for step in outcome.steps if step.operation == 'stop' and step.node == node]
    if not stops:
        return
    allowed = attributes.get_property(setup.cluster.root, 'shutdown-escalation')
    escalation = times.seconds(allowed, timeouts.SHUTDOWN_ESCALATION / times.SECOND)
    last = max(step.end for step in stops)
    rounds = math.ceil(len(stops) / setup.limits.per_node[node])
    worst = max(last, rounds * max(step.timeout for step in stops))
    level = 'broken' if last > escalation else 'warning' if worst > escalation else 'ok'
    text = '%s is empty after %s, and within %s if each stop takes its whole timeout; shutdown-escalation is %s' % (
        node,
        words(last),
        words(worst),
        words(escalation),
    )
    if level == 'broken':
        text += ': a clean shutdown of the node ends with its fencing'
    numbers = {'node': node, 'stops': last, 'worst': worst, 'escalation': escalation, 'count': len(stops)}
    yield Finding(level, text, numbers)


@RULES.rule(
    'failback',
    levels=('warning',),
    explanation='VEs that a node takes back when it returns',
    mend='Set policy.failback: false, so that a VE stays where it runs; other guests need a resource-stickiness above the score of their '
    'location constraints.',
)
def failback(outcome: Outcome) -> Iterator[Finding]:
    if outcome.scenario.kind != 'return':
        return
    node = outcome.scenario.nodes[0]
    back = [step.resource for step in outcome.boots if step.node == node and step.resource in outcome.before]
    if back:
        noun = outcome.setup.cluster.noun
        one, many = (
            noun + ' that ran elsewhere is stopped and goes back',
            noun + 's that ran elsewhere are stopped and go back',
        )
        text = '%s to %s: %s'
        yield warning(
            text % (count(len(back), one, many), node, some([str(name) for name in back])), ves=back, count=len(back)
        )
    else:
        yield ok('no %s that runs elsewhere is stopped to go back to %s' % (outcome.setup.cluster.noun, node), count=0)


@RULES.rule(
    'healthy-down',
    levels=('warning',),
    explanation='VEs that ran on a node that nothing happened to, and are stopped, restarted or moved',
    mend='Keep the node in standby until it is set up like the others (engine, storage, agent).',
)
def healthy_down(outcome: Outcome) -> Iterator[Finding]:
    names = outcome.healthy_down
    if names:
        noun = outcome.setup.cluster.noun
        one = noun + ' that nothing had happened to is stopped all the same'
        many = noun + 's that nothing had happened to are stopped all the same'
        text = '%s: %s' % (count(len(names), one, many), some(names))
        yield Finding('warning', text, {'ves': names, 'count': len(names)}, mend=_stay(outcome, names))


@RULES.rule(
    'cannot-run',
    levels=('broken',),
    explanation='VEs that run nowhere at the end, or on a lost node that nobody fences; where there is no quorum it says so',
    mend='See where the VE may run: prefer, needs, bans, the place that is left on the other nodes.',
)
def cannot_run(outcome: Outcome) -> Iterator[Finding]:
    names = outcome.cannot_run
    if names:
        noun = outcome.setup.cluster.noun
        text = count(len(names), noun + ' runs nowhere', noun + 's run nowhere')
        why = _without_quorum(outcome)
        yield Finding(
            'broken',
            '%s at the end%s: %s' % (text, why, some(names)),
            {'ves': names, 'count': len(names)},
            mend='Bring back the nodes that are down, or add nodes or a quorum device.' if why else '',
        )


@RULES.rule(
    'unsettled',
    levels=('broken',),
    explanation='after %d transitions the cluster still has something to do' % ROUNDS,
    mend='The cluster goes round in circles: look for constraints that contradict each other.',
)
def unsettled(outcome: Outcome) -> Iterator[Finding]:
    if not outcome.played.settled:
        number = len(outcome.played.graphs)
        yield broken('after %d transitions the cluster still has something to do' % number, transitions=number)


def _stay(outcome: Outcome, names: list[str]) -> str:
    """The mend where they are moved because nothing keeps them where they run; empty where that is not so, or a node joins."""
    cluster = outcome.setup.cluster
    above = guests.above(cluster.root)
    kept = [guests.meta(cluster.ves[name], above[name], 'resource-stickiness') for name in names]
    if outcome.scenario.kind == 'join' or any(value not in (None, '0') for value in kept):
        return ''
    return 'Give them a resource-stickiness (policy.failback: false), so that they stay where they run.'


def _without_quorum(outcome: Outcome) -> str:
    """That this is the cause, with the nodes that are missing; empty where it is not."""
    root, known = outcome.played.root, outcome.setup.cluster.nodes
    if not quorum.missing(root):
        return ''
    up = [node for node in known if nodes.is_up(root, node)]
    before = [node for node in known if node not in up and node not in outcome.scenario.nodes]
    return ', because there is no quorum (%d of %s up%s; no-quorum-policy=%s)' % (
        len(up),
        count(len(known), 'node'),
        '; down before it: %s' % ', '.join(before) if before else '',
        attributes.get_property(root, quorum.POLICY) or 'stop',
    )


def _booting(outcome: Outcome, number: int) -> str:
    noun = outcome.setup.cluster.noun
    return count(number, noun + ' boots', noun + 's boot')

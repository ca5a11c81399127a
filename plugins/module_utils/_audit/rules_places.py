# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about where guests run: constraints, storage, room, and who manages them."""

from __future__ import annotations

import posixpath
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import places
from ansible_collections.openve.pacemaker.plugins.module_utils._audit import subject as subjects
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Finding, Table
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    conditions,
    guests,
    leftovers,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY

RULES = Table()

# Parameters that name a file or a directory that a guest cannot do without.
FILES = ('config', 'xmfile', 'lxc_path', 'backingfile', 'snapshot')


@RULES.rule(
    'failback',
    'warning',
    explanation='a guest prefers a node by more than its resource-stickiness, or has none',
    why='When a node comes back, guests that run elsewhere by then are stopped and started once more, to go back to it.',
    mend='Set policy.failback: false; for guests of other agents a resource-stickiness above the score of their location constraints.',
)
def failback(subject: Subject) -> Iterator[Finding]:
    for name in subject.guests:
        stickiness = places.number(subject.meta(name, 'resource-stickiness'))
        scores = places.preferences(subject, name)
        node = max(scores, key=lambda one: scores[one], default=None)
        if node is not None and (scores[node] > stickiness or scores[node] >= INFINITY):
            text = 'it goes back to %s: it prefers that by %s, and its resource-stickiness is %d'
            endless = scores[node] >= INFINITY
            wanted = '' if endless else subjects.set_meta(name, 'resource-stickiness', str(scores[node] + 1))
            score = 'INFINITY' if endless else scores[node]
            yield Finding(text % (node, score, stickiness), resource=name, command=wanted)
        elif stickiness <= 0 and len(subject.nodes) > 1:
            command = subjects.set_meta(name, 'resource-stickiness', '1')
            yield Finding(
                'it has no resource-stickiness: it may be moved to balance the nodes', resource=name, command=command
            )


@RULES.rule(
    'temporary-constraint',
    'warning',
    explanation='a constraint that a move or a ban by hand left over (cli-prefer, cli-ban)',
    why='It holds until somebody clears it: the guest does not run where one expects it, or has no second place.',
    mend='Clear it, when the work that it was for is done.',
)
def temporary_constraint(subject: Subject) -> Iterator[Finding]:
    for left in leftovers.by_tools(subject.root):
        yield Finding(
            'the constraint %s is left over' % left.id,
            resource=left.resource,
            node=left.node,
            command='crm_resource --clear --resource %s' % left.resource,
        )


@RULES.rule(
    'no-order-after-storage',
    'warning',
    explanation='a file of a guest is below the directory of a Filesystem resource, and the two have no order, or no colocation',
    why='The guest is started before its storage is there, or where it is not: the start fails, or a probe says "not installed".',
    mend='Put both into a group, or give them an order and a colocation constraint.',
)
def no_order_after_storage(subject: Subject) -> Iterator[Finding]:
    mounts = places.mounts(subject)
    for name in subject.guests:
        files = [value for key, value in subject.parameters(name).items() if key in FILES and value.startswith('/')]
        for mount, directory in mounts.items():
            if directory == '/' or not any(posixpath.normpath(file).startswith(directory + '/') for file in files):
                continue
            missing = [
                what
                for what, found in (('order', 'rsc_order'), ('colocation', 'rsc_colocation'))
                if not places.follows(subject, name, mount, found)
            ]
            if missing:
                text = 'it has a file on %s (%s), and no %s with it'
                yield Finding(text % (directory, mount, ' and no '.join(missing)), resource=name)


@RULES.rule(
    'promoted-not-followed',
    'warning',
    explanation='a constraint follows a promotable clone, such as DRBD, without the promoted role',
    why='What follows it may run where the storage is not promoted, or start before the promotion, and cannot write there.',
    mend='Order after the action promote (first-action), and colocate with the promoted role (with-rsc-role).',
)
def promoted_not_followed(subject: Subject) -> Iterator[Finding]:
    resources = tree.section(subject.root, 'resources')
    promotable = {
        clone.get('id', '')
        for clone in resources.iter()
        if clone.tag == 'master'
        or (clone.tag == 'clone' and (attributes.get(clone, attributes.META, 'promotable') or '').lower() == 'true')
    }
    for order in subject.constraints('rsc_order'):
        if (
            order.get('first') in promotable
            and order.get('first-action', 'start') == 'start'
            and order.get('then') not in promotable
        ):
            text = 'the order %s has it start after the start of %s, and not after its promotion'
            yield Finding(text % (order.get('id'), order.get('first')), resource=order.get('then'))
    for colocation in subject.constraints('rsc_colocation'):
        follows = colocation.get('with-rsc') in promotable and colocation.get('rsc') not in promotable
        if follows and not colocation.get('with-rsc-role') and places.number(colocation.get('score')) > 0:
            text = 'the colocation %s has it run where %s does, promoted or not'
            yield Finding(text % (colocation.get('id'), colocation.get('with-rsc')), resource=colocation.get('rsc'))


@RULES.rule(
    'second-manager',
    'critical',
    explanation='two resources manage the same guest: the same VE, or the same configuration of a virtual machine',
    why='Both start it: it runs twice on the same storage, or Pacemaker takes the one to run where the other started it.',
    mend='Remove one of the two resources, after you have set it to is-managed=false.',
)
def second_manager(subject: Subject) -> Iterator[Finding]:
    owners: dict[tuple[str, str], list[str]] = {}
    for name in subject.guests:
        identity = _identity(subject, name)
        if identity:
            owners.setdefault(identity, []).append(name)
    for (what, ident), names in owners.items():
        if len(names) > 1:
            yield Finding('the %s %s is managed by %s too' % (what, ident, some(names[1:])), resource=names[0])


@RULES.rule(
    'capacity',
    'warning',
    explanation='with one node lost a guest has no place: it may run on one node only, or the utilization of all is more than the others have',
    why='A guest without a place stays down until the node is back.',
    mend='Allow it on more nodes, add a node, or lower what the guests take (utilization).',
)
def capacity(subject: Subject) -> Iterator[Finding]:
    for name in subject.guests:
        allowed = places.allowed(subject, name)
        if len(subject.nodes) > 1 and len(allowed) == 1 and subject.is_to_run(name):
            yield Finding('it may run on %s only' % allowed[0], resource=name, node=allowed[0])
    if conditions.ignores_utilization(subject.root):
        return
    room = {node.get('uname', ''): attributes.pairs(node, attributes.UTILIZATION) for node in tree.nodes(subject.root)}
    taken: dict[str, int] = {}
    for name, primitive in subject.primitives.items():
        if subject.is_to_run(name):
            for what, value in attributes.pairs(primitive, attributes.UTILIZATION).items():
                taken[what] = taken.get(what, 0) + whole(value)
    for what, sum_ in sorted(taken.items()):
        each = {node: whole(room.get(node, {}).get(what)) for node in subject.nodes}
        largest = max(each, key=lambda node: each[node], default='')
        left = sum(each.values()) - each.get(largest, 0)
        if any(each.values()) and len(each) > 1 and sum_ > left:
            text = 'without it the others have %d of %s, and the guests take %d'
            yield Finding(text % (left, what, sum_), node=largest)


@RULES.rule(
    'utilization-ignored',
    'warning',
    explanation='resources have utilization, and the cluster property placement-strategy is not set',
    why='Pacemaker ignores utilization then, and puts more on a node than it can take.',
    mend='Set placement-strategy, such as to balanced, once every node has its utilization.',
)
def utilization_ignored(subject: Subject) -> Iterator[Finding]:
    having = [name for name in subject.guests if attributes.pairs(subject.primitives[name], attributes.UTILIZATION)]
    if having and conditions.ignores_utilization(subject.root):
        yield Finding('Pacemaker ignores the utilization of %s' % some(having))


@RULES.rule(
    'old-agent',
    'info',
    explanation='a VE of ocf:heartbeat:ManageVE, of ocf:heartbeat:lxc or of a unit lxc@',
    why='Adopted by ocf:openve:ManageVE its start waits until it has booted, its stop fits its timeout, and failures say why.',
    mend='Declare the VE with ve_resources, and remove this resource while it is not managed, so that the VE runs on.',
)
def old_agent(subject: Subject) -> Iterator[Finding]:
    for name, guest in subject.guests.items():
        if subject.agents[name].is_ve and not guests.is_ours(guest):
            yield Finding('a VE of %s' % guests.agent_of(guest), resource=name)


def _identity(subject: Subject, name: str) -> tuple[str, str] | None:
    """What it manages for sure, as what and which: by the first of its agent's parameters that is set."""
    agent, parameters = subject.agents[name], subject.parameters(name)
    found = agent.fits(guests.agent_of(subject.guests[name]))
    ident = next((parameters[key] for key in agent.names if parameters.get(key)), '')
    ident = found.group('id') if found and not agent.names and 'id' in found.groupdict() else ident
    if not ident:
        return None
    if agent.is_ve:
        return 'VE', '%s (%s)' % (ident, agent.engine or parameters.get('engine') or DEFAULTS['engine'])
    return agent.what, ident

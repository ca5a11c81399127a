# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the cluster as a whole: each a function, its id, when it finds what, and the mend."""

from __future__ import annotations

from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    conditions,
    guests,
    operations,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import Finding, Table, more, ok, warning
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import digests

RULES: Table[Setup] = Table()

# A boot that is longer than the next longest by this factor, and longer than this, is an outlier.
OUTLIER, OUTLIER_SECONDS = 2, 60


@RULES.rule(
    'no-guests',
    levels=('broken',),
    explanation='there is no guest, of our agent or of another (see the table of agents), or none that is to run, so nothing was rehearsed; no '
    'assertion holds then',
    mend='Rehearse the CIB of the cluster that has them, declare the VEs with ve_resources, or name the agents whose resources are guests (guests).',
)
def no_guests(setup: Setup) -> Iterator[Finding]:
    cluster = setup.cluster
    above = guests.above(cluster.root)
    idle = [name for name, guest in cluster.ves.items() if not guests.is_to_run(guest, above[name])]
    if len(idle) < len(cluster.ves):
        return
    text = 'the cluster has no VE of %s, and no guest of another agent: nothing was rehearsed' % guests.NAME
    if idle:
        text = 'no guest of the cluster is to run (%s: target-role, is-managed): nothing was rehearsed' % some(idle)
    yield Finding('broken', text, {}, asserted=bool(setup.options.assertions))


@RULES.rule(
    'maintenance',
    levels=('warning',),
    explanation='the cluster is in maintenance mode',
    mend='Switch the cluster property maintenance-mode off when the work is done.',
)
def maintenance(setup: Setup) -> Iterator[Finding]:
    if conditions.in_maintenance(setup.cluster.root):
        yield warning('the cluster is in maintenance mode: it starts and stops nothing, whatever happens')


@RULES.rule(
    'fencing-off',
    levels=('warning',),
    explanation='fencing is off, or there is no fencing device',
    mend='Set up fencing: only then is it sure that a VE of a dead node does not run twice, and that it starts elsewhere.',
)
def fencing_off(setup: Setup) -> Iterator[Finding]:
    if attributes.fencing_is_off(setup.cluster.root):
        yield warning('fencing is off: VEs of a lost node are started elsewhere while they may still run there')
    elif conditions.has_no_fencing_device(setup.cluster.root):
        yield warning('there is no fencing device: after the loss of a node nothing starts elsewhere')


@RULES.rule(
    'no-limit',
    levels=('warning',),
    explanation='neither `node-action-limit` nor `start_slots` limits how many VEs start at once on a node',
    mend='Set policy.starts_per_node (node-action-limit).',
)
def no_limit(setup: Setup) -> Iterator[Finding]:
    free = [
        name
        for name, ve in setup.cluster.ves.items()
        if whole(attributes.get(ve, attributes.INSTANCE, 'start_slots')) < 1
    ]
    if free and not setup.limits.configured and not setup.options.limits:
        yield warning(
            'neither node-action-limit nor start_slots limits how many VEs start at once on a node; %s'
            % count(setup.limits.highest, 'operation does', 'operations do'),
            limit=setup.limits.highest,
            ves=free,
        )


@RULES.rule(
    'limit-not-in-force',
    levels=('warning',),
    explanation='`node-action-limit` was changed, and the node that was asked does not go by it yet',
    mend='Have the role resources apply it (resources_apply_limits: nudge), or restart Pacemaker node by node.',
)
def limit_not_in_force(setup: Setup) -> Iterator[Finding]:
    own = setup.limits.own
    if own and node_limit.is_stale(own):
        text = 'node-action-limit %s is not in force on %s: %s; this rehearsal takes it to be'
        yield warning(text % (own['limit'], own['node'], own['why']), node=own['node'])


@RULES.rule(
    'priority',
    levels=('warning',),
    explanation='a VE with a higher priority than one that it waits for; VEs with priorities above those of other resources',
    mend='Give what must be up first the lower start_order, and others a priority of their own.',
)
def priority(setup: Setup) -> Iterator[Finding]:
    priorities = {
        name: whole(attributes.get(primitive, attributes.META, 'priority'))
        for name, primitive in setup.cluster.primitives.items()
    }
    fights = _fights(setup, priorities)
    if fights:
        first, then = fights[0]
        yield warning(
            '%s has priority %d and waits for %s, which has %d: what %s is to come before it starts late%s'
            % (then, priorities[then], first, priorities[first], first, more(len(fights))),
            first=first,
            then=then,
            count=len(fights),
        )
    ahead = [name for name in setup.cluster.ves if priorities[name] > 0]
    highest = max((priorities[name] for name in ahead), default=0)
    behind = [name for name in setup.cluster.others if ahead and priorities[name] < highest]
    if behind:
        text = 'VEs have priorities above that of %s, which start behind them'
        yield warning(text % some(behind), others=behind, ves=ahead)
    if not fights and not behind:
        yield ok('no priority is against the order of the constraints')


@RULES.rule(
    'fencing-held-up',
    levels=('warning',),
    explanation='a warning where one VE\'s boot is more than twice the next longest: so long nothing else is done, such as to '
    'fence another node',
    mend='Shorten that boot, or have its start return early with a ready_command that is true sooner.',
)
def fencing_held_up(setup: Setup) -> Iterator[Finding]:
    starts = sorted(((ve.start, name) for name, ve in setup.durations.ves.items()), reverse=True)
    if not starts:
        return
    start, name = starts[0]
    following = starts[1][0] if len(starts) > 1 else 0.0
    timeout = times.seconds(operations.timeout(setup.cluster.root, setup.cluster.ves[name], 'start'), 0.0)
    text = 'while %s boots (%s, at most its start timeout of %s) the cluster fences no other node' % (
        name,
        words(start),
        words(timeout),
    )
    if len(starts) > 1:
        text += '; the next longest takes %s' % words(following)
    outlier = start >= OUTLIER_SECONDS and len(starts) > 1 and start > OUTLIER * following
    numbers = {'ve': name, 'start': start, 'timeout': timeout, 'next': following}
    yield warning(text, **numbers) if outlier else ok(text, **numbers)


@RULES.rule(
    'restarts-at-upgrade',
    levels=('warning',),
    explanation='Pacemaker is older than 2.1.8, and a parameter of a VE has a character that later ones sum up otherwise, such as '
    'an apostrophe: they take the parameter as changed, and restart the VE while nodes are upgraded',
    mend='Write the value without such characters before the upgrade, an apostrophe as a quotation mark, or have these VEs '
    'stopped until the last node is upgraded.',
)
def restarts_at_upgrade(setup: Setup) -> Iterator[Finding]:
    if setup.cluster.tools.escapes_as_xml:
        return
    hit = {
        name: sorted(key for key, value in attributes.pairs(ve, attributes.INSTANCE).items() if digests.differs(value))
        for name, ve in setup.cluster.ves.items()
    }
    found = sorted(name for name, keys in hit.items() if keys)
    if found:
        yield warning(
            'an upgrade from Pacemaker %s to 2.1.8 or later, such as to 3.0, restarts %s: %s has a character that these '
            'sum up otherwise%s' % (setup.cluster.tools.name, some(found), hit[found[0]][0], more(len(found))),
            ves=found,
        )


def _fights(setup: Setup, priorities: dict[str, int]) -> list[tuple[str, str]]:
    """(first, then) of ordered VEs of which the second has the higher priority."""
    found = []
    for order in tree.section(setup.cluster.root, 'constraints').findall('rsc_order'):
        first, then = order.get('first', ''), order.get('then', '')
        starts = order.get('first-action', 'start') == 'start'
        if starts and first in setup.cluster.ves and then in setup.cluster.ves and priorities[then] > priorities[first]:
            found.append((first, then))
    return found

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VEs ve_stagger touches, in which order and in which batches, and how long that takes.

``make(runner, options)`` reads the cluster and changes nothing. Its Plan is what check mode shows, and what the loop on
the controller works through.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, edits, guests, leftovers, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status as cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import Status, VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import order as declared_order
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import (
    batches,
    choice,
    cut,
    destinations,
    estimate,
    handover,
    order,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.choice import Choice
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.destinations import Destinations
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Plan, PlanRequest, Row
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import AGAIN, Options
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.order import Order

# How many at once, where neither the user nor the cluster says anything.
DEFAULT_PER_NODE = 2
_NONE = Plan([], [], {}, {}, [], 0, 0, 0, [], '', 0, None)


def make(runner: Runner, options: Options, request: PlanRequest) -> Plan:
    """The plan; an Error where nothing can be done, or something is asked for that the cluster does not have."""
    status = cluster.read(runner)
    root = tree.query(runner)
    found = cut.find(root)
    if found and request.found_first:
        return replace(_NONE, found=found)
    _refuse_paralysed(status, found)
    _refuse_stops(status, options)
    ours = guests.ours(root)
    states = {ve.name: ve for ve in status.ves}
    declared = None if options.ves is None else validate.read(options.ves).ves
    _refuse_unknown(declared or [], ours)
    if declared is not None and options.standby is not None:
        declared = [ve for ve in declared if ve.name in ours]
    candidates = choice.candidates(root, ours, declared, options)
    order_ = order.read(root, ours, declared)
    choice.known_nodes(root, options.nodes + ([options.to] if options.to else []))
    kept = choice.kept_stopped(root, ours, declared, options)
    chosen = choice.choose(candidates, order_.ranks, states, options, kept)
    by_hand = handover.check(runner, root, states, chosen.todo, options)
    chosen, goes = _places(runner, root, candidates, chosen, states, options)
    seconds = estimate.seconds(ours, states, declared, options.state)
    todo = [name for name in chosen.todo if name not in goes.blocked and name not in request.without]
    chosen = replace(chosen, todo=todo)
    rows = _rows(chosen.todo, goes, order_, states, seconds, options)
    made = _plan(runner, root, options, rows, order_, chosen, states)
    drained = {node: edits.drained(root, node) for node in tree.node_names(root)}
    without_quorum = handover.without_quorum(runner, root, options)
    return replace(
        made,
        without_quorum=without_quorum,
        stopped_by_hand=chosen.by_hand,
        standby_by_hand=by_hand,
        handed=handover.changes(root, options, by_hand),
        warnings=[*leftovers.warnings(root), *([without_quorum] if without_quorum else [])],
        blocked=dict(goes.blocked),
        lost=[('%s. %s' % (lost.sentence, lost.mend)).strip() for lost in status.lost],
        drained={node: names for node, names in drained.items() if names},
        found=found,
    )


def _refuse_unknown(declared: Sequence[VE], ours: Mapping[str, Element]) -> None:
    problems = list(declared_order.unknown(declared, ours))
    if problems:
        raise InputError(problems, 'The declared VEs')


def _places(
    runner: Runner,
    root: Element,
    candidates: Sequence[str],
    chosen: Choice,
    states: Mapping[str, VeStatus],
    options: Options,
) -> tuple[Choice, Destinations]:
    goes = destinations.find(runner, root, chosen.todo, states, options)
    if options.state == 'started' and options.nodes:
        chosen = chosen.within(
            {name for name in candidates if goes.nodes.get(name, states[name].node) in options.nodes}
        )
    return chosen, goes


def _rows(
    todo: Sequence[str],
    goes: Destinations,
    order_: Order,
    states: Mapping[str, VeStatus],
    seconds: Mapping[str, float],
    options: Options,
) -> list[Row]:
    """In the order in which they are released."""
    return [
        Row(
            name=name,
            start_order=order_.ranks[name][0],
            after=sorted(order_.before[name]),
            node=states[name].node,
            to=goes.nodes.get(name),
            live=name in goes.live,
            seconds=seconds[name],
        )
        for name in sorted(todo, key=lambda name: order_.ranks[name], reverse=options.state == 'stopped')
    ]


def _plan(
    runner: Runner,
    root: Element,
    options: Options,
    rows: list[Row],
    order_: Order,
    chosen: Choice,
    states: Mapping[str, VeStatus],
) -> Plan:
    limit, total_limit = _number(root, node_limit.PROPERTY), _number(root, 'batch-limit')
    per_node = options.per_node if options.per_node is not None else limit or DEFAULT_PER_NODE
    total = options.total or total_limit
    in_force = _in_force(runner, root, options.limits)
    why = batches.why(options, per_node, limit, total_limit, in_force)
    place = batches.place_of(options)
    made = batches.make(rows, options, order_.ranks, per_node, bool(why))
    expected = estimate.expected(made, place, per_node, total, options.gap)
    without_gap: float | None = None
    if why and options.gap:
        without_gap = (
            estimate.expected([rows], place, per_node, total, 0)
            if options.state == 'started'
            else expected - options.gap * (len(made) - 1)
        )
    return Plan(
        rows=[row for batch in made for row in batch],
        names=[row.name for row in rows] + sorted(chosen.waited, key=lambda name: order_.ranks[name]),
        roles={name: ve.role for name, ve in states.items()},
        failures={name: ve.failures for name, ve in states.items()},
        failure_keys={name: [failure.key for failure in ve.failed] for name, ve in states.items()},
        unmanaged=chosen.unmanaged,
        limit=limit,
        per_node=per_node,
        total=options.total,
        limits=in_force,
        why_batches=why,
        expected=expected,
        expected_without_gap=without_gap,
    )


def _refuse_paralysed(status: Status, found: Mapping[str, Any]) -> None:
    if status.maintenance and 'maintenance-mode' in found.get('properties', {}):
        raise Error(
            'The cluster is in maintenance mode because of a run that has not ended: %s. Nothing was changed. If that was cut, '
            'the next run ends what it has left, without check mode.' % found['sentence']
        )
    if status.maintenance:
        raise Error(
            'The cluster is in maintenance mode: Pacemaker starts and stops nothing. Nothing was changed. End it with '
            '"crm_attribute --name maintenance-mode --update false" and run again.'
        )
    if not status.quorum:
        raise Error(
            'This part of the cluster has no quorum (no-quorum-policy=%s): Pacemaker starts nothing. Nothing was changed. '
            'Bring back enough nodes and run again; "corosync-quorumtool -s" tells who is missing.'
            % status.no_quorum_policy,
            elsewhere=True,  # another part of it may have
        )


def _refuse_stops(status: Status, options: Options) -> None:
    """What is stopped while a node is lost would start nowhere."""
    if options.state in AGAIN and status.lost:
        lost = status.lost[0]
        said = ('%s. %s' % (lost.sentence, lost.mend)).strip()
        raise Error(
            'Nothing is %s while a node is lost, for Pacemaker starts nothing before that is fenced: %s Nothing was changed. Run '
            'again then.' % (options.state, said)
        )


def _in_force(runner: Runner, root: Element, reported: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whether the limit is in force, for each node: only the node itself can tell. ``reported``: what ve_info said on the others."""
    known = {row['node']: dict(row) for row in reported if row.get('in_force') in ('true', 'false')}
    return [
        known.get(row['node'], row) if row['in_force'] == 'unknown' else row
        for row in node_limit.look(node_limit.own_name(runner), root)
    ]


def _number(root: Element, name: str) -> int:
    value = attributes.get_property(root, name)
    return int(value) if value and value.isdigit() else 0

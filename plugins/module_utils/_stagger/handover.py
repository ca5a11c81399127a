# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether nodes may be put into standby, or brought back: what would stay there, what would have no place, whose standby it is."""

from __future__ import annotations

import copy
from typing import Container, Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import edits, modes
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler, votes
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Plan, PutRequest
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options

# Why a VE in this state does not leave a node, and what to do.
STAYS = {
    'unmanaged': 'is unmanaged, so Pacemaker would leave it there; have it managed again, or stop it yourself and run again',
    'failed': 'has failed there; mend what its failure says, clean it up (crm_resource --cleanup --resource %s) and run again',
    'starting': 'is starting there; run again when that has ended',
    'migrating': 'is being migrated; run again when that has ended',
    'lost': 'may run there, and the node is lost; have it fenced first',
    'unknown': 'may run there; this part of the cluster cannot tell',
    'started': 'is not among those that are to be moved (names, start_order); leave that out, as a standby is for all of them',
}


def check(
    runner: Runner, root: Element, states: Mapping[str, VeStatus], todo: Container[str], options: Options
) -> list[str]:
    """The nodes whose standby is somebody else's, and stays. A CibError where nodes cannot be emptied or are not ours to bring back.

    ``todo``: the VEs that are to be moved.
    """
    if options.standby is None:
        return []
    by_hand = [node for node in options.standby_of() or {} if edits.standby_by_hand(root, node)]
    if not options.standby:
        _refuse_back(by_hand)
        return []
    staying = [ve for ve in states.values() if ve.node in options.nodes and ve.name not in todo and not _leaves(ve)]
    problems = ['%s on %s %s' % (ve.name, ve.node, _why(ve)) for ve in staying]
    if not problems:
        new = [node for node in options.nodes if node not in by_hand]
        problems = list(_without_place(runner, root, states, new)) if new else []
    if problems:
        heading = '%s cannot be emptied. Nothing was changed:' % ', '.join(options.nodes)
        raise CibError(bullets(heading, problems))
    return by_hand


def changes(root: Element, options: Options, by_hand: Container[str]) -> dict[str, bool]:
    """{node that goes into standby, or comes out of it: which}, without those that are there already or stay ``by_hand``."""
    return {
        node: standby
        for node, standby in (options.standby_of() or {}).items()
        if node not in by_hand and any(modes.standby_of(root, node)) != standby
    }


def ended(options: Options, plan: Plan, failed: Container[str]) -> PutRequest:
    """The last patch of a move: nothing of ours stays in the CIB, and nodes are handed over or taken back. ``failed``: VEs that are not back."""
    drained = {}
    if options.standby:
        drained = left(options, plan, [row.name for row in plan.rows])
    elif options.standby is False:
        names, node = options.names, str(options.to)
        back = [
            name for name in plan.drained.get(node, []) if name in failed or names is not None and name not in names
        ]
        drained = {node: back}
    return PutRequest(clear=[row.name for row in plan.rows], standby=options.standby_of() or {}, drained=drained)


def left(options: Options, plan: Plan, released: Container[str]) -> dict[str, list[str]]:
    """{node that is emptied: all that has left it, or is about to, those of an earlier run that was cut too}"""
    here = {
        node: [row.name for row in plan.rows if row.node == node and row.name in released] for node in options.nodes
    }
    return {node: sorted({*plan.drained.get(node, []), *names}) for node, names in here.items()}


def without_quorum(runner: Runner, root: Element, options: Options) -> str:
    """What is to be known before nodes that are emptied are switched off; empty where the others keep their quorum."""
    return votes.lost_without(runner, root, options.nodes) if options.standby else ''


def _refuse_back(by_hand: Sequence[str]) -> None:
    for node in by_hand:
        raise CibError(
            '%s was put into standby by hand and not by a drain, so it stays there. Nothing was changed. Who put it there, or knows '
            'why it is, brings it back with "crm_standby --node %s --delete" (until a restart: with --lifetime reboot, too).'
            % (node, node)
        )


def _leaves(ve: VeStatus) -> bool:
    """Whether it is going down there by itself."""
    return ve.state == 'stopping' or ve.down or ve.state == 'started' and ve.role == 'stopped'


def _why(ve: VeStatus) -> str:
    text = STAYS.get(ve.state, 'is %s' % ve.state)
    return text % ve.name if '%s' in text else text


def _without_place(
    runner: Runner, root: Element, states: Mapping[str, VeStatus], nodes: Sequence[str]
) -> Iterator[str]:
    """VEs that run now, wherever, and that the cluster would only stop without these nodes."""
    drained = copy.deepcopy(root)
    for node in nodes:
        edits.set_standby(drained, node, True)
    stopped_anyway = _stopped(runner, root)
    for name, why in _stopped(runner, drained).items():
        if name in states and name not in stopped_anyway:
            yield (
                '%s on %s could run on no other node, and would only be stopped%s; make room for it (crm_mon -1rf), or stop it first'
                % (
                    name,
                    states[name].node,
                    ' (%s)' % why if why else '',
                )
            )


def _stopped(runner: Runner, root: Element) -> dict[str, str]:
    """{resource that would be stopped and started nowhere: why}"""
    actions = scheduler.actions(runner, root)
    return {action.resource: action.reason for action in actions if action.action == 'stop' and not action.blocked}

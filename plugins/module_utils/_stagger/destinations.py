# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Pacemaker's scheduler would put the VEs, and which of them it would migrate live."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import edits, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options


@dataclass(frozen=True)
class Destinations:
    """``nodes``: {VE: the node that it goes to}, without those that go nowhere. ``live``: those that are migrated live.
    ``blocked``: {VE that cannot go where it is to go back to: why}."""

    nodes: Mapping[str, str | None]
    live: frozenset[str]
    blocked: Mapping[str, str] = field(default_factory=dict)


def find(
    runner: Runner, root: Element, todo: Sequence[str], states: Mapping[str, VeStatus], options: Options
) -> Destinations:
    """For all of ``todo`` at once. A CibError where a VE that is to move could run nowhere else."""
    if not todo or options.state == 'stopped':
        return Destinations({}, frozenset())
    if options.state == 'restarted':
        return Destinations({name: states[name].node for name in todo}, frozenset())
    found = _simulate(runner, _edited(root, todo, options))
    stuck = [name for name in todo if options.state == 'moved' and name not in found.nodes]
    why = {name: _blocking(root, name, options) for name in stuck}
    if stuck and options.standby is not False:
        raise CibError(
            '%s could run on no other node%s: they would only be stopped. Nothing was changed. Look at the nodes that are up, '
            'at their constraints and failures (crm_mon -1rf), or stop these VEs first.%s'
            % (
                ', '.join(stuck),
                ' (%s)' % options.to if options.to else '',
                ''.join('\n- %s: %s' % pair for pair in why.items() if pair[1]),
            )
        )
    return Destinations(
        {name: found.nodes[name] for name in todo if name in found.nodes}, found.live.intersection(todo), why
    )


def _blocking(root: Element, name: str, options: Options) -> str:
    """What keeps a VE away from the nodes that it could go to, as far as constraints of its own do that."""
    targets = [options.to] if options.to else [node for node in tree.node_names(root) if node not in options.nodes]
    bans = [
        constraint.get('id', '')
        for constraint in tree.section(root, 'constraints').findall('rsc_location')
        if constraint.get('rsc') == name
        and constraint.get('node') in (None, *targets)
        and any(part.get('score') == '-INFINITY' for part in constraint.iter())
    ]
    return 'kept away by %s' % some(bans) if bans else ''


def _edited(root: Element, todo: Sequence[str], options: Options) -> Element:
    """The CIB as it would be with all of them released."""
    edited = copy.deepcopy(root)
    primitives = tree.primitives(edited)
    for name in todo:
        if options.state == 'started':
            edits.set_target_role(edited, primitives[name], 'Started')
        else:
            edits.place(edited, name, options.nodes, options.to)
    if options.standby is False and options.to:
        edits.set_standby(edited, options.to, False)
    return edited


def _simulate(runner: Runner, root: Element) -> Destinations:
    # blocked: what it would do, and cannot, such as without quorum
    actions = [action for action in scheduler.actions(runner, root) if not action.blocked]
    return Destinations(
        {
            action.resource: action.target
            for action in actions
            if action.action in ('start', 'move', 'migrate', 'recover') and action.target
        },
        frozenset(action.resource for action in actions if action.action == 'migrate'),
    )

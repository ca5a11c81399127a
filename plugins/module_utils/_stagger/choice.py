# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VEs a run is about: those that are named, declared, on a node or of a start order, and not yet as they are to be."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Container, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import edits, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.order import Rank


@dataclass(frozen=True)
class Choice:
    """``todo``: those that are to be edited. ``waited``: those that only have to be waited for. ``unmanaged``: left alone, as are
    those that were stopped ``by_hand``."""

    todo: list[str]
    waited: list[str]
    unmanaged: list[str]
    by_hand: list[str]

    def within(self, names: Container[str]) -> Choice:
        """The same with these VEs only."""
        return Choice(
            [name for name in self.todo if name in names],
            [name for name in self.waited if name in names],
            self.unmanaged,
            self.by_hand,
        )


def candidates(
    root: Element, ours: Mapping[str, Element], declared: Sequence[VE] | None, options: Options
) -> list[str]:
    """Those that were asked for, by declaration or name; a CibError for one that the cluster does not have.

    A node that goes into standby or comes back concerns all that run there, whoever declared them.
    """
    every = declared is None or options.standby is not None
    names = list(ours) if every else _declared(ours, declared or [], options.state)
    if options.names is not None:
        _known_ves(ours, options.names)
        return [name for name in names if name in options.names]
    if options.standby is False and options.to:
        known_nodes(root, [options.to])
        back = edits.drained(root, options.to)
        return [name for name in names if name in back]
    return names


def kept_stopped(
    root: Element, ours: Mapping[str, Element], declared: Sequence[VE] | None, options: Options
) -> set[str]:
    """Those that were stopped by hand, and are not started but by name or where a declaration says that they run."""
    if options.state != 'started' or options.all or options.names is not None:
        return set()
    return edits.stopped_by_hand(root, ours) - {ve.name for ve in declared or [] if ve.state == 'started'}


def choose(
    names: Sequence[str],
    ranks: Mapping[str, Rank],
    states: Mapping[str, VeStatus],
    options: Options,
    kept: Container[str] = (),
) -> Choice:
    """Of the candidates, by start order, node and state. In starts the node is where they would start: see destinations.py.

    ``kept``: kept_stopped().
    """
    chosen = list(names)
    if options.orders is not None:
        lowest, highest = options.orders
        chosen = [name for name in chosen if lowest <= ranks[name][0] <= highest]
    if options.state != 'started' and options.nodes:
        chosen = [name for name in chosen if states[name].node in options.nodes]
    unmanaged = [name for name in chosen if states[name].state == 'unmanaged']
    by_hand = [name for name in chosen if name in kept and name not in unmanaged]
    left = {*unmanaged, *by_hand}
    todo, waited = _todo([states[name] for name in chosen if name not in left], options)
    return Choice(todo, waited, unmanaged, by_hand)


def known_nodes(root: Element, nodes: Sequence[str]) -> None:
    """A CibError for one that the cluster does not have."""
    known = tree.node_names(root)
    for node in nodes:
        if node not in known:
            raise CibError('This cluster has no node %s; it has %s. Nothing was changed.' % (node, ', '.join(known)))


def _todo(ves: Sequence[VeStatus], options: Options) -> tuple[list[str], list[str]]:
    """(what is to be edited, what is only waited for)"""
    down = [ve.name for ve in ves if ve.role == 'stopped']
    other = [ve.name for ve in ves if ve.role != 'stopped']
    if options.state == 'started':
        return down, other
    if options.state == 'stopped':
        return other, [ve.name for ve in ves if ve.role == 'stopped' and ve.node is not None]
    there = options.to if options.state == 'moved' else None
    running = [ve for ve in ves if ve.state == 'started' and ve.role != 'stopped']
    return [ve.name for ve in running if there is None or ve.node != there], []


def _declared(ours: Mapping[str, Element], declared: Sequence[VE], state: str) -> list[str]:
    absent = [ve.name for ve in declared if ve.name not in ours]
    if absent:
        raise CibError(
            'This cluster has no resources for %s. Configure them first, with ve_resources or the role '
            'resources.' % ', '.join(absent)
        )
    skipped = ('stopped', 'unmanaged') if state in ('started', 'restarted') else ('unmanaged',)
    return [ve.name for ve in declared if ve.state not in skipped]


def _known_ves(ours: Mapping[str, Element], names: Sequence[str]) -> None:
    for name in names:
        if name not in ours:
            raise CibError(
                'This cluster has no VE %s%s; it has %s. Nothing was changed.'
                % (name, _meant(name, list(ours)), ', '.join(ours) or 'none')
            )


def _meant(name: str, ours: list[str]) -> str:
    """Somebody may have given an id."""
    close = difflib.get_close_matches(name, ours + [other[3:] for other in ours if other.startswith('ve-')], 1)
    if not close:
        return ''
    meant = close[0] if close[0] in ours else 've-' + close[0]
    return ' (did you mean %s? It takes names of resources)' % meant

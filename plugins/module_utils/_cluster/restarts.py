# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the CIB does to what runs, as Pacemaker's scheduler predicts it."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from typing import AbstractSet, Any, Callable, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.modes import Mode, ended, modes_of
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.scheduler import ScheduledAction

# (resource, action) of what was due without the change
Due = AbstractSet[Tuple[str, str]]


@dataclass(frozen=True)
class Prediction:
    """Something that Pacemaker does because of a change. ``held_back_by``: what has to end before; empty: nothing has to."""

    action: ScheduledAction
    held_back_by: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """As ve_resources returns it."""
        action = self.action
        return {
            'resource': action.resource,
            'action': action.action,
            'node': action.node or action.source or 'unknown',
            'reason': action.reason,
            'held_back_by': list(self.held_back_by),
        }

    @property
    def sentence(self) -> str:
        reason = ' (%s)' % self.action.reason if self.action.reason else ''
        later = ', once this has ended: %s' % some(self.held_back_by) if self.held_back_by else ''
        return '%(action)s %(resource)s on %(node)s' % self.row() + reason + later


@dataclass(frozen=True)
class View:
    """The CIB as it is, or as it is when the ``modes`` of the cluster have ended."""

    look: Callable[[Element], Element]
    modes: Sequence[Mode] = ()

    def holding(self, action: ScheduledAction) -> tuple[str, ...]:
        """What of its modes holds an action back, in words."""
        places = (action.node, action.source, action.dest)
        concerned = [
            mode.text
            for mode in self.modes
            if (mode.resources is None or action.resource in mode.resources)
            and (mode.node is None or mode.node in places)
        ]
        return tuple(concerned or [mode.text for mode in self.modes])


def predict(runner: Runner, draft: Draft[Any], ours: AbstractSet[str]) -> list[Prediction]:
    """What Pacemaker does with a change and would not have done without it anyway, but for mere starts.

    What it does not do yet, because it is in maintenance mode or the like, counts as well. Where a probe that found a VE
    running (``ours``: their names) is all that turns a reload into a restart, the draft is made to forget it, or where that
    would come back, to hold the VE until the probe was made anew (``reprobe``).
    """
    views = _views(draft.new)
    predicted = _predicted(runner, views, draft.old, draft.new, draft.document)
    interrupted = {prediction.action.resource for prediction in predicted if prediction.action.interrupts}
    probes = _probes(draft.new, interrupted & ours)
    if not probes:
        return predicted
    # Not even a start: what it does not know to run any more it would start elsewhere.
    without = _forgetting(draft.new, probes)
    planned = [action for view in views for action in scheduler.actions(runner, view.look(without))]
    bad = {action.resource for action in planned if action.interrupts or action.action == 'start'}
    helped = [key for key in probes if key[1] not in bad]
    if not helped:
        return predicted
    # a file has no controller that writes anything anew
    lasts = 'CIB_file' in os.environ or pacemaker.tools(runner).lets_history_go
    held = set() if lasts else {key[1] for key in helped}
    predicted = _predicted(runner, views, draft.old, _forgetting(draft.new, helped))
    (draft.forget if lasts else draft.hold)(helped)
    return [
        prediction
        for prediction in predicted
        if not (prediction.action.action == 'reload' and prediction.action.resource in held)
    ]


def _views(root: Element) -> list[View]:
    """The CIB as it is, and as it will be: when Pacemaker manages everything again, and when nodes and quorum are back too."""
    modes = modes_of(root)
    views = [View(lambda cib: cib)]
    managing = [mode for mode in modes if not mode.absence]
    if managing:
        views.append(View(lambda cib: ended(cib, False), managing))
    if len(managing) < len(modes):
        views.append(View(lambda cib: ended(cib, True), modes))
    return views


def _predicted(
    runner: Runner, views: Sequence[View], old: Element, new: Element, document: str = ''
) -> list[Prediction]:
    """The first view that shows an action tells from when on it is done. ``document``: the text of ``new``, if there is one."""
    found: dict[tuple[str, str], Prediction] = {}
    for view in views:
        seen = view.look(new)
        planned = scheduler.actions(runner, seen, document if seen is new else '')
        if all(action.action == 'start' for action in planned):
            continue  # what was due anyway does not matter then
        due = {(action.resource, action.action) for action in scheduler.actions(runner, view.look(old))}
        for action in _news(planned, due):
            found.setdefault((action.resource, action.action), Prediction(action, view.holding(action)))
    return list(found.values())


def _news(actions: Sequence[ScheduledAction], due: Due) -> list[ScheduledAction]:
    return [action for action in actions if action.action != 'start' and (action.resource, action.action) not in due]


def _probes(root: Element, names: AbstractSet[str]) -> list[EntryKey]:
    """The probes that found one of these VEs running, as Pacemaker does after it was restarted under it.

    It expected not to find it, so it keeps them as failures; and without the digest of what cannot be reloaded, so that
    every changed parameter means a restart.
    """
    return [
        key
        for key, entry in history.entries(root).items()
        if key[1] in names
        and key[2] == key[1] + '_last_failure_0'
        and entry.get('rc-code') == '0'
        and entry.get('operation') == 'monitor'
        and entry.get('interval') == '0'
    ]


def _forgetting(root: Element, keys: Sequence[EntryKey]) -> Element:
    """The CIB without these entries of the history."""
    rest = copy.deepcopy(root)
    entries = history.entries(rest)
    parents = {entry: parent for parent in rest.iter('lrm_resource') for entry in parent}
    for key in keys:
        parents[entries[key]].remove(entries[key])
    return rest

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the CIB does to what runs, as Pacemaker's scheduler predicts it."""

from __future__ import annotations

import copy
import os
from typing import AbstractSet, Any, Sequence, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.scheduler import ScheduledAction

# (resource, action) of what was due without the change
Due = AbstractSet[Tuple[str, str]]


def predict(runner: Runner, draft: Draft[Any], ours: AbstractSet[str]) -> list[ScheduledAction]:
    """What Pacemaker does with a change and would not have done without it anyway, but for mere starts.

    Where a probe that found a VE running (``ours``: their names) is all that turns a reload into a restart, the draft is
    made to forget it, or where that would come back, to hold the VE until the probe was made anew (``reprobe``).
    """
    planned = scheduler.actions(runner, draft.new)
    if all(action.action == 'start' for action in planned):
        return []  # what was due anyway does not matter then
    due = {(action.resource, action.action) for action in scheduler.actions(runner, draft.old)}
    news = _news(planned, due)
    interrupted = {action.resource for action in news if action.interrupts}
    probes = _probes(draft.new, interrupted & ours)
    if not probes:
        return news
    without = scheduler.actions(runner, _forgetting(draft.new, probes))
    # Not even a start: what it does not know to run any more it would start elsewhere.
    bad = {action.resource for action in without if action.interrupts or action.action == 'start'}
    helped = [key for key in probes if key[1] not in bad]
    if not helped:
        return news
    # a file has no controller that writes anything anew
    lasts = 'CIB_file' in os.environ or pacemaker.tools(runner).lets_history_go
    (draft.forget if lasts else draft.hold)(helped)
    if len(helped) < len(probes):
        without = scheduler.actions(runner, _forgetting(draft.new, helped))
    held = set() if lasts else {key[1] for key in helped}
    return [action for action in _news(without, due) if not (action.action == 'reload' and action.resource in held)]


def row(action: ScheduledAction) -> dict[str, str]:
    """As ve_resources returns it."""
    return {
        'resource': action.resource,
        'action': action.action,
        'node': action.node or action.source or 'unknown',
        'reason': action.reason,
    }


def sentence(action: ScheduledAction) -> str:
    return '%(action)s %(resource)s on %(node)s' % row(action) + (' (%s)' % action.reason if action.reason else '')


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

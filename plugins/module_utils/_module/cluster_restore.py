# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives a cluster a configuration that it had before, and says first what becomes of what runs."""

from __future__ import annotations

import copy
import os
from typing import Any, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import without_values
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    backup,
    expansion,
    guests,
    quorum,
    transaction,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.backup import Backup
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import removal, reprobe, restarts, scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.restarts import Prediction
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import stop_first


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Put a saved configuration in the place of the one that is there, or say why not."""
    path = arguments['path'] or backup.newest()
    saved = tree.read_file(path)
    stopped: list[Prediction] = []
    kept: Backup | None = None
    for draft in transaction.drafts(runner, lambda root: _put(root, saved)):
        if not draft.changed:
            break
        predicted = restarts.predict(runner, draft, set(guests.ours(draft.new)))
        result = _result(runner, draft, [*stopped, *predicted], path)
        _refuse(draft, predicted, result, arguments['allow_restart'])
        if check:
            return result
        kept = kept or backup.save(draft.old, arguments['backup_keep'])
        leaving = _leaving(draft, predicted)
        if leaving and 'CIB_file' not in os.environ and draft.old.get('dc-uuid') is not None:
            # else Pacemaker would give them its default timeout, and fence the node where that is too short
            names = [prediction.action.resource for prediction in leaving]
            transaction.change(runner, lambda root, names=names: stop_first(root, names))  # type: ignore[misc]
            removal.wait_until_down(runner, draft.old, names)
            stopped = [*stopped, *leaving]
        elif draft.push():
            if draft.held:
                reprobe.renew(runner, draft.held)
            break
        elif kept and not stopped:
            kept.discard()
            kept = None
    if not draft.changed and not stopped:
        return _result(runner, draft, [], path)
    result.update(backup=kept.path if kept else None, attempts=draft.attempts, changed=True)
    result['warnings'] = draft.warnings + (kept.rotate(arguments['backup_keep']) if kept else [])
    return result


def _put(root: Element, saved: Element) -> None:
    """All of the configuration, but which nodes there are: that is not this file's to say.

    A node that it does not know yet stays, and one that is gone does not come back: Pacemaker would fence it.
    """
    nodes = {node.get('id'): node for node in tree.nodes(root)}
    place = tree.configuration(root)
    position = list(root).index(place)
    root.remove(place)
    root.insert(position, copy.deepcopy(tree.configuration(saved)))
    section = tree.section(root, 'nodes')
    for node in list(section.findall('node')):
        if node.get('id') not in nodes:
            section.remove(node)
    known = {node.get('id') for node in section}
    section.extend(node for ident, node in nodes.items() if ident not in known)


def _leaving(draft: Draft[None], predicted: Sequence[Prediction]) -> list[Prediction]:
    """VEs that run, and that the configuration does not have any more."""
    gone = set(guests.ours(draft.old)) - set(expansion.primitives(draft.new))
    return [
        prediction for prediction in predicted if prediction.action.resource in gone and prediction.action.interrupts
    ]


def _refuse(draft: Draft[None], predicted: Sequence[Prediction], result: Result, allow_restart: bool) -> None:
    details = {name: result[name] for name in ('predicted', 'will', 'diff', 'restored')}
    complaint = quorum.complaint(draft.old, draft.new)
    if complaint:
        raise CibError(complaint, **details)
    held = [prediction.action.resource for prediction in _leaving(draft, predicted) if prediction.held_back_by]
    if held:
        raise CibError(
            'That configuration does not have %s, and they cannot be stopped before they are removed: %s. Nothing was '
            'changed. Run again when that has ended.' % (some(held), some(sorted(_modes(predicted)))),
            **details,
        )
    hit = [prediction for prediction in predicted if prediction.action.interrupts]
    if hit and not allow_restart:
        heading = 'This would interrupt what runs, nothing was changed:'
        listed = bullets(heading, [prediction.sentence for prediction in hit])
        raise CibError('%s\nWith allow_restart: true it is made all the same.' % listed, **details)


def _modes(predicted: Sequence[Prediction]) -> set[str]:
    return {mode for prediction in predicted for mode in prediction.held_back_by}


def _starts(runner: Runner, draft: Draft[None]) -> list[Prediction]:
    """What is started because of it."""
    due = {action.resource for action in scheduler.actions(runner, draft.old) if action.action == 'start'}
    planned = scheduler.actions(runner, draft.new, draft.document)
    return [Prediction(action) for action in planned if action.action == 'start' and action.resource not in due]


def _result(runner: Runner, draft: Draft[None], predicted: Sequence[Prediction], path: str) -> dict[str, Any]:
    everything = [*predicted, *(_starts(runner, draft) if draft.changed else [])]
    return {
        'changed': draft.changed,
        'restored': path,
        'predicted': [prediction.row() for prediction in everything],
        'will': [prediction.sentence for prediction in everything],
        'patch': without_values(draft.patch),
        'attempts': draft.attempts,
        'backup': None,
        'warnings': draft.warnings,
        'diff': lambda: {
            'before': draft.before,
            'after': draft.after,
            'prepared': ''.join('Pacemaker will %s\n' % prediction.sentence for prediction in everything),
        },
    }

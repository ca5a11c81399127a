# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the cluster's CIB in line with the declared VEs, or says why not."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import without_values
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    backup,
    edits,
    faithful,
    guests,
    leftovers,
    operations,
    quorum,
    transaction,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.backup import Backup
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit, removal, reprobe, restarts
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.restarts import Prediction
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.wait import wait
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import OWNER, Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import options
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Edited, Wanted, edit, stop_first
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.explain import explain


@dataclass
class Outcome:
    """The last draft, and what was found on the way to it."""

    draft: Draft[Edited]
    predicted: list[Prediction] = field(default_factory=list)
    rehearsed: dict[str, Any] | None = None
    saved: Backup | None = None
    stopped: bool = False  # VEs that are to be removed were stopped for that


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """The module's result."""
    wanted = _wanted(arguments)
    timeout = options.read(arguments)
    _refuse_unfaithful(runner, wanted.declaration)

    # Before the patch: after it the controller, which knows the name, has other things to do.
    here = None if check else node_limit.own_name(runner)
    outcome = _change(runner, wanted, arguments, check)
    result = _result(outcome, wanted)
    if outcome.saved:
        result['warnings'] += outcome.saved.rotate(arguments['backup_keep'])
    if not check:
        result['limits'] = node_limit.look(here, outcome.draft.new)
        result['warnings'] += _not_in_force(result['limits'])
    if timeout and not check:
        wait(runner, timeout, [ve.name for ve in wanted.declaration.ves], result)
    return result


def _wanted(arguments: Arguments) -> Wanted:
    declaration, owner = validate.read(arguments['ves'], arguments['policy']), arguments.get('owner')
    for ve in declaration.ves if owner else ():
        ve.meta[OWNER] = str(owner)
    return Wanted(declaration, arguments['purge'], arguments['new'], owner)


def _refuse_unfaithful(runner: Runner, declaration: Declaration) -> None:
    """What the CIB of this release would keep as something else, and report as changed on every run."""
    values = {}
    for ve in declaration.ves:
        texts = {'monitor.command': ve.monitor_command or ''}
        texts.update({'params.%s' % name: value for name, value in ve.params.items()})
        texts.update({'meta.%s' % name: value for name, value in ve.meta.items()})
        values.update({'%s: %s' % (ve.where, field): text for field, text in texts.items()})
    problems = list(faithful.problems(runner, values))
    if problems:
        raise InputError(problems, 'The declared VEs or the policy')


def _change(runner: Runner, wanted: Wanted, arguments: Arguments, check: bool) -> Outcome:
    stopped: list[Prediction] = []
    saved: Backup | None = None
    for draft in transaction.drafts(runner, lambda root: edit(root, wanted)):
        outcome = Outcome(draft, list(stopped), saved=saved, stopped=bool(stopped))
        if not draft.changed:
            break
        predicted = restarts.predict(runner, draft, wanted.names)
        outcome.predicted = [*stopped, *predicted]
        _refuse(outcome, wanted, arguments['allow_restart'])
        if arguments.get('rehearse') is not None:
            outcome.rehearsed = _rehearse(runner, outcome, arguments['rehearse'], wanted)
        if check:
            break
        outcome.saved = saved or backup.save(draft.old, arguments['backup_keep'])
        running = _running(predicted, draft.found.removed)
        if running and _is_live(draft):
            _stop(runner, draft.old, [prediction.action.resource for prediction in running])
            stopped, saved = [*stopped, *running], outcome.saved
        elif draft.push():
            if draft.held:
                reprobe.renew(runner, draft.held)
            break
        elif outcome.saved and not saved:
            outcome.saved.discard()
    return outcome


def _refuse(outcome: Outcome, wanted: Wanted, allow_restart: bool) -> None:
    hit = [] if allow_restart else _interruptions(outcome, wanted)
    _refuse_without_quorum(outcome, hit)
    _refuse_rename(outcome, wanted, allow_restart)
    _refuse_interruptions(outcome, hit)


def _stop(runner: Runner, root: Element, names: Sequence[str]) -> None:
    """Have the cluster stop VEs with the timeouts that they have, and wait for that."""
    transaction.change(runner, lambda edited: stop_first(edited, names))
    removal.wait_until_down(runner, root, names)


def _running(predicted: Sequence[Prediction], removed: Sequence[str]) -> list[Prediction]:
    """Those that are to be removed, and that Pacemaker would stop because of that, and now."""
    return [
        prediction
        for prediction in predicted
        if prediction.action.resource in removed and prediction.action.interrupts and not prediction.held_back_by
    ]


def _cut_short(outcome: Outcome) -> list[str]:
    """Of those that are removed while they run."""
    removed, live = outcome.draft.found.removed, _is_live(outcome.draft)
    names = [
        prediction.action.resource
        for prediction in outcome.predicted
        if prediction.action.resource in removed
        and prediction.action.interrupts
        and (prediction.held_back_by or not live)
    ]
    return [
        'These are removed while they run: %s. With its resource the timeouts of a VE go, so Pacemaker stops it with its '
        'default of %s.' % (some(names), operations.DEFAULT_TIMEOUT)
        for _once in names[:1]
    ]


def _is_live(draft: Draft[Edited]) -> bool:
    """Whether there is a controller that stops something, and no file."""
    return 'CIB_file' not in os.environ and draft.old.get('dc-uuid') is not None


def _interruptions(outcome: Outcome, wanted: Wanted) -> list[Prediction]:
    """A VE that runs goes on running, unless it was declared stopped. Foreign resources are only reported."""
    to_be_stopped = {ve.name for ve in wanted.declaration.ves if ve.state == 'stopped'}
    absent = {ve.name for ve in wanted.declaration.absent}
    ours = set(guests.ours(outcome.draft.new)).union(outcome.draft.found.removed)
    return [
        prediction
        for prediction in outcome.predicted
        if prediction.action.interrupts
        and prediction.action.resource in ours
        and not (prediction.action.resource in to_be_stopped and prediction.action.action == 'stop')
        # later it would be stopped without the timeouts that it has now
        and not (prediction.action.resource in absent and not prediction.held_back_by)
    ]


def _refuse_without_quorum(outcome: Outcome, hit: Sequence[Prediction]) -> None:
    complaint = quorum.complaint(outcome.draft.old, outcome.draft.new)
    if complaint and hit:
        heading = '\nIt would interrupt VEs that run, too:'
        complaint += bullets(heading, [prediction.sentence for prediction in hit])
    if complaint:
        raise _refusal(complaint, outcome)


def _refuse_interruptions(outcome: Outcome, hit: Sequence[Prediction]) -> None:
    if hit:
        heading = 'This change would interrupt VEs that run, nothing was changed:'
        listed = bullets(heading, [prediction.sentence for prediction in hit])
        raise _refusal('%s\nWith allow_restart: true it is made all the same.' % listed, outcome)


def _refuse_rename(outcome: Outcome, wanted: Wanted, allow_restart: bool) -> None:
    """A VE that runs is not renamed. Where it may be stopped it is, and later it would be while it runs under the new name."""
    ours = guests.ours(outcome.draft.old)
    declared = {(ve.engine, ve.id): ve for ve in wanted.declaration.ves}
    for prediction in outcome.predicted:
        name = prediction.action.resource
        renamed = name in outcome.draft.found.removed and prediction.action.interrupts and name in ours
        if not renamed or allow_restart and not prediction.held_back_by:
            continue
        for engine, ve_id in guests.managed(ours[name]):
            ve = declared.get((engine, validate.canonical_id(ve_id, engine)))
            if ve:
                raise _refusal(
                    '%s: name: its VE runs as the resource %s, and cannot be renamed while it runs; nothing was changed. Keep '
                    'that name, or stop the VE first.' % (ve.where, name),
                    outcome,
                )


def _refusal(msg: str, outcome: Outcome) -> CibError:
    predicted = [prediction.row() for prediction in outcome.predicted]
    return CibError(msg, predicted=predicted, diff=_diff(outcome), **({'changed': True} if outcome.stopped else {}))


def _rehearse(runner: Runner, outcome: Outcome, options: Arguments, wanted: Wanted) -> dict[str, Any]:
    # Only here: a run without a rehearsal does not pay for twenty files more.
    from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run as rehearsal

    live = 'CIB_file' not in os.environ
    # those that wait for a run to start them count as what they will be: a new cluster has no others
    root = copy.deepcopy(outcome.draft.new)
    awaited = edits.start_awaited(root, guests.ours(root))
    result = rehearsal.rehearse(runner, root, options, wanted.declaration, live=live)
    if awaited:
        result['assumptions'].append('what is stopped until a run starts it is started: %s' % some(awaited))
    rehearsal.refuse_broken(
        result,
        'After this change what was asserted would not hold, so nothing was changed',
        {
            'rehearsal': rehearsal.short(result),
            'diff': _diff(outcome),
            **({'changed': True} if outcome.stopped else {}),
        },
    )
    return result


def _diff(outcome: Outcome) -> Callable[[], dict[str, str]]:
    def diff() -> dict[str, str]:
        shown = {'before': outcome.draft.before, 'after': outcome.draft.after}
        if outcome.predicted:
            lines = ['Pacemaker will %s\n' % prediction.sentence for prediction in outcome.predicted]
            shown['prepared'] = ''.join(lines)
        return shown

    return diff


def _result(outcome: Outcome, wanted: Wanted) -> Result:
    draft, saved = outcome.draft, outcome.saved
    edited = draft.found
    return {
        'changed': draft.changed or outcome.stopped,
        'created': edited.created,
        'updated': edited.updated,
        'removed': edited.removed,
        'spared': edited.spared,
        'predicted': [prediction.row() for prediction in outcome.predicted],
        'explain': explain(wanted.declaration, edited.escalation),
        'properties': [change.row() for change in edited.properties],
        'reprobed': sorted({key[1] for key, _entry in draft.held}),
        'patch': without_values(draft.patch),
        'attempts': draft.attempts,
        'backup': saved.path if saved else None,
        'restore': saved.restore if saved else None,
        'rehearsal': outcome.rehearsed,
        'warnings': leftovers.warnings(draft.old) + edited.warnings + draft.warnings + _cut_short(outcome),
        'diff': _diff(outcome),
    }


def _not_in_force(limits: Sequence[dict[str, Any]]) -> list[str]:
    return [
        'node-action-limit %s is not in force on %s: %s. Role resources puts it in force '
        '(resources_apply_limits).' % (row['limit'], row['node'], row['why'])
        for row in limits
        if row['in_force'] == 'false' and not row['override']
    ]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the cluster's CIB in line with the declared VEs, or says why not."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    backup,
    faithful,
    guests,
    quorum,
    transaction,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.backup import Backup
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit, restarts
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.restarts import Prediction
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.wait import read_timeout, wait
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Edited, Wanted, edit
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.explain import explain


@dataclass
class Outcome:
    """The last draft, and what was found on the way to it."""

    draft: Draft[Edited]
    predicted: list[Prediction] = field(default_factory=list)
    rehearsed: dict[str, Any] | None = None
    saved: Backup | None = None


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """The module's result."""
    wanted = Wanted(validate.read(arguments['ves'], arguments['policy']), arguments['purge'], arguments['new'])
    timeout = read_timeout(arguments['wait_timeout']) if arguments['wait'] else None
    keep = arguments['backup_keep']
    if keep < 0:
        raise InputError(['backup_keep: %d is out of range; write how many to keep, or 0 for none' % keep])
    if wanted.purge and not wanted.names and not arguments.get('purge_all'):
        raise InputError(
            [
                'purge: ves is empty, so every VE would be removed from this cluster; is its variable misspelt? If all of them '
                'are to go, say purge_all: true'
            ]
        )
    _refuse_unfaithful(runner, wanted.declaration)

    # Before the patch: after it the controller, which knows the name, has other things to do.
    here = None if check else node_limit.own_name(runner)
    outcome = _change(runner, wanted, arguments, check)
    result = _result(outcome, wanted)
    if outcome.saved:
        result['warnings'] += outcome.saved.rotate(keep)
    if not check:
        result['limits'] = node_limit.look(here, outcome.draft.new)
        result['warnings'] += _not_in_force(result['limits'], here)
    if timeout and not check:
        wait(runner, timeout, [ve.name for ve in wanted.declaration.ves], result)
    return result


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
    for draft in transaction.drafts(runner, lambda root: edit(root, wanted)):
        outcome = Outcome(draft)
        if not draft.changed:
            break
        outcome.predicted = restarts.predict(runner, draft, wanted.names)
        hit = [] if arguments['allow_restart'] else _interruptions(outcome, wanted)
        _refuse_without_quorum(outcome, hit)
        _refuse_interruptions(outcome, hit)
        if arguments.get('rehearse') is not None:
            outcome.rehearsed = _rehearse(runner, outcome, arguments['rehearse'], wanted)
        if check:
            break
        outcome.saved = backup.save(draft.old, arguments['backup_keep'])
        if draft.push():
            break
        if outcome.saved:
            outcome.saved.discard()
    return outcome


def _interruptions(outcome: Outcome, wanted: Wanted) -> list[Prediction]:
    """A VE that runs goes on running, unless it was declared stopped. Foreign resources are only reported."""
    to_be_stopped = {ve.name for ve in wanted.declaration.ves if ve.state == 'stopped'}
    ours = set(guests.ours(outcome.draft.new)).union(outcome.draft.found.removed)
    return [
        prediction
        for prediction in outcome.predicted
        if prediction.action.interrupts
        and prediction.action.resource in ours
        and not (prediction.action.resource in to_be_stopped and prediction.action.action == 'stop')
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


def _refusal(msg: str, outcome: Outcome) -> CibError:
    predicted = [prediction.row() for prediction in outcome.predicted]
    return CibError(msg, predicted=predicted, diff=_diff(outcome))


def _rehearse(runner: Runner, outcome: Outcome, options: Arguments, wanted: Wanted) -> dict[str, Any]:
    # Only here: a run without a rehearsal does not pay for twenty files more.
    from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run as rehearsal

    live = 'CIB_file' not in os.environ
    result = rehearsal.rehearse(runner, outcome.draft.new, options, wanted.declaration, live=live)
    rehearsal.refuse_broken(
        result,
        'After this change what was asserted would not hold, so nothing was changed',
        {'rehearsal': rehearsal.short(result), 'diff': _diff(outcome)},
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
        'changed': draft.changed,
        'created': edited.created,
        'updated': edited.updated,
        'removed': edited.removed,
        'predicted': [prediction.row() for prediction in outcome.predicted],
        'explain': explain(wanted.declaration, edited.escalation),
        'properties': [change.row() for change in edited.properties],
        'patch': draft.patch,
        'attempts': draft.attempts,
        'backup': saved.path if saved else None,
        'restore': saved.restore if saved else None,
        'rehearsal': outcome.rehearsed,
        'warnings': edited.warnings + draft.warnings,
        'diff': _diff(outcome),
    }


def _not_in_force(limits: Sequence[dict[str, Any]], here: str | None) -> list[str]:
    return [
        'node-action-limit %s is not in force on %s: %s. Role resources puts it in force '
        '(resources_apply_limits).' % (row['limit'], here, row['why'])
        for row in limits
        if row['in_force'] == 'false' and not row['override']
    ]

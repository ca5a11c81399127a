# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks a cluster as that of one run, and takes back what a run that was cut has left."""

from __future__ import annotations

from typing import Any, Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import run as run_tool
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, edits, mark, transaction
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim, Mark, Properties, Undo

# What a task gives that did not come through its action plugin: nobody knows then whether it still works.
NOBODY = {'run': 'task', 'owner': 'a task', 'process': '', 'over': ''}


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Begin, end or take back."""
    who = dict(NOBODY, **arguments['_run'] or {})
    claim = Claim(
        who['run'], who['owner'], who['process'], arguments['what'], _seconds('lasts', arguments), who['over']
    )
    if arguments['wait'] is not None and not check:
        _wait(runner, _seconds('wait', arguments))
    state = arguments['state']
    values = {name: attributes.written(value) for name, value in arguments['properties'].items()}

    def edit(root: Element) -> tuple[Mark | None, Mark | None]:
        before = mark.read(root)
        if state == 'ended':
            _end(root, claim, before)
        elif before is not None or state == 'begun':
            _begin(root, claim, values, before, state)
        return before, mark.read(root)

    draft = transaction.change(runner, edit, check)
    before, now = draft.found
    cut = before if before is not None and before.run != claim.run and state != 'ended' else None
    return {
        'changed': draft.changed,
        'found': cut and {'owner': cut.owner, 'what': cut.what, 'since': cut.since},
        'properties': {name: was for name, (_ours, was) in now.undo.properties.items()} if now else {},
        'warnings': ['; '.join(_said(cut))] if cut else [],
    }


def _begin(root: Element, claim: Claim, values: dict[str, str], before: Mark | None, state: str) -> None:
    if before is not None and before.run not in (claim.run, claim.over):
        # whether it still works is known where it was begun: the action plugin looks, and asks again
        raise CibError(mark.busy(before), other={'run': before.run, 'process': before.process, 'stale': before.stale})
    if before is not None and (before.run != claim.run or state == 'recovered'):
        mark.go_back(root, before)
        for name in edits.placed(root):
            edits.place(root, name)
        mark.end(root, Claim(before.run, '', '', '', 0))
        before = None
    if state == 'begun':
        undo: Properties = dict(before.undo.properties) if before else {}
        for name, value in values.items():
            undo.setdefault(name, [value, attributes.get_property(root, name)])
            attributes.set_property(root, name, value)
        mark.claim(root, claim, Undo(properties=undo))


def _end(root: Element, claim: Claim, before: Mark | None) -> None:
    """Where another run has come in its place, that one has taken back what was to be."""
    if before is not None and before.run == claim.run:
        mark.go_back(root, before)
        mark.end(root, claim)


def _said(cut: Mark) -> Iterator[str]:
    yield 'Found a run that was cut: %s' % cut.sentence
    if cut.undo.roles:
        yield '%s may start again, which it had stopped for a while' % some(sorted(cut.undo.roles))
    for name, (ours, before) in cut.undo.properties.items():
        yield '%s, which it had set to %s, is %s again' % (name, ours, 'not set' if before is None else before)


def _seconds(name: str, arguments: Arguments) -> float:
    try:
        return times.parse(arguments[name]) / times.SECOND
    except ValueError as error:
        raise InputError([times.complaint(name, error)]) from error


def _wait(runner: Runner, seconds: float) -> None:
    rc, out, err = run_tool(runner, ['crm_resource', '--wait', '--timeout=%d' % seconds])
    if rc != 0:
        details: dict[str, Any] = {'stdout': out, 'stderr': err}
        said = ' '.join((err or out).split())
        raise Error('The cluster had not settled after %d s: %s (%d).' % (seconds, said, rc), **details)

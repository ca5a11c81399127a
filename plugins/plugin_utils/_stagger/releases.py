# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run releases, withdraws, leaves alone and tries again: all that it does to the cluster."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim, Roles, Undo
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import PutRequest, PutResult, VeLook
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import report as texts
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import UNANSWERED, Done, Node, Phase


class Releases:
    """Has the node do it, and notes in ``done`` what was done. ``claim``: what marks the cluster as this run's meanwhile."""

    def __init__(self, node: Node, options: Options, report: Report, done: Done, claim: Claim) -> None:
        self._node, self._options, self._report, self._done, self._claim = node, options, report, done, claim

    def end(self) -> None:
        """The cluster is not this run's any more, nor that of the one in whose place it came."""
        if self._claim.held or self._claim.over:
            self.put(PutRequest(), end=True)

    def put(self, request: PutRequest, for_a_while: Roles | None = None, end: bool = False) -> PutResult:
        """One patch. What was asked for, and got no answer, may have been done. ``for_a_while``: the target-roles that are to
        come back, where the patch sets others. ``end``: the last one."""
        done = [name for name in self._done.released if name not in (for_a_while or ())]
        undo = Undo(roles=for_a_while or {}, done=done if self._options.state == 'restarted' else [])
        try:
            result = self._node.put(replace(request, claim=asdict(self._claim), undo=asdict(undo), end=end))
        except Error as error:
            self._done.changed = self._done.changed or error.details.pop(UNANSWERED, False)
            raise
        self._claim = replace(self._claim, held=not end, over='')
        self._done.changed = self._done.changed or result.changed
        return result

    def release(self, phase: Phase, names: list[str], ves: Mapping[str, VeLook]) -> bool:
        """Release these VEs of a phase, in one patch. ``ves``: as they were last seen. Whether there were any."""
        names = [name for name in names if name not in self._done.left_alone]
        if not names:
            return False
        # What somebody else has set already is not ours to withdraw.
        ours = [name for name in names if phase.role is None or role_of(ves[name]) != phase.role]
        self.put(
            phase.request.of(names), {name: phase.for_a_while[name] for name in names if name in phase.for_a_while}
        )
        phase.edited.update(ours)
        for name in ours:
            if name not in self._done.released:
                self._done.released.append(name)
            self._report.event(name, 'released')
        self._done.withdrawn[:] = [name for name in self._done.withdrawn if name not in names]
        return True

    def withdraw(self, phase: Phase, why: str) -> None:
        """Take back what was released and has not begun; what has begun goes on undisturbed."""
        names = sorted(phase.edited)
        if phase.undo is None or not names:
            return
        back = self.put(phase.undo.of(names)).done
        phase.edited.difference_update(back)
        for name in back:
            self._done.withdrawn.append(name)
            self._report.event(name, 'withdrawn')
        self._report.say(texts.withdrawal(why, len(back), len(names), bool(phase.undo.only_in)), always=True)

    def leave_alone(self, phase: Phase, ves: Mapping[str, VeLook]) -> None:
        """What somebody else has set meanwhile is left alone from then on."""
        for name in sorted(phase.edited):
            role = role_of(ves[name])
            if phase.role and role != phase.role and name not in self._done.left_alone:
                self._done.left_alone.append(name)
                phase.edited.discard(name)
                self._report.event(name, 'taken over')
                self._report.say('%s: somebody else set target-role=%s; it is left alone' % (name, role))

    def retry(self, phase: Phase, given_up: Sequence[str]) -> bool:
        """What Pacemaker has given up is tried again, or given up here too. Whether any is tried again."""
        if self._options.state == 'stopped':
            return False
        again, retries = False, self._options.retries
        for name in given_up:
            if name in self._done.failed or name in self._done.left_alone or phase.names and name not in phase.names:
                continue
            tries = self._done.tries.get(name, 0) + 1
            if tries > retries:
                self._give_up(phase, name)
                continue
            self._done.tries[name] = tries
            self._report.say('%s failed; it is tried again (%d of %d)' % (name, tries, retries))
            self._done.changed = True  # what is cleaned up is started
            self._node.forget([name])
            self._report.event(name, 'retried')
            again = True
        return again

    def _give_up(self, phase: Phase, name: str) -> None:
        self._done.failed.append(name)
        phase.edited.discard(name)
        self._report.event(name, 'given up')
        self._report.say(
            '%s is given up: Pacemaker will not try it again. Mend what its failure says, then run again with retries: 1, or say '
            '"crm_resource --cleanup --resource %s"' % (name, name)
        )


def role_of(ve: VeLook) -> str:
    """Without a target-role Pacemaker starts it."""
    return ve.role or 'started'

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ve_stagger does on a node: each of the requests of messages.py.

What may run is released in one patch, and Pacemaker slides the window by node-action-limit and priority. Released one by
one they would start in batches: every edit ends the transition, and the next one waits for every action in flight.
"""

from __future__ import annotations

import time
from typing import Collection, Dict, Optional, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    edits,
    guests,
    history,
    mark,
    modes,
    transaction,
    tree,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim, Undo
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status as cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.status import VeStatus
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import STOPPED
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import handover, plan
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    Answer,
    BackRequest,
    ForgetRequest,
    ForgetResult,
    LookRequest,
    LookResult,
    Plan,
    PutRequest,
    PutResult,
    Request,
    VeLook,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options

Roles = Dict[str, Optional[str]]

REMARKED = ('cibadmin', '--query', '--xpath', '//lrm_rsc_op[@rc-code="0" and string-length(@exit-reason)>0]')


def serve(runner: Runner, options: Options, request: Request) -> Answer:
    """Do what is asked for."""
    if isinstance(request, PutRequest):
        return put(runner, request)
    if isinstance(request, BackRequest):
        return back(runner, request)
    if isinstance(request, LookRequest):
        return look(runner, request)
    if isinstance(request, ForgetRequest):
        return forget(runner, request)
    return plan.make(runner, options, request)


def put(runner: Runner, request: PutRequest) -> PutResult:
    """One guarded patch.

    Between the look and the patch a VE may have begun. It gets back what it had: a transition waits for the actions in
    flight, so that the start goes on undisturbed.
    """
    draft = transaction.change(runner, lambda root: _edit(root, request, _free(runner, request)))
    done, before = draft.found
    late: list[str] = []
    if request.only_in and draft.changed and request.roles:
        free = _free(runner, request)
        late = [name for name in done if name not in free]
    if late:
        back = PutRequest(roles={name: before[name] for name in late if name in before})
        transaction.change(runner, lambda root: _edit(root, back, late))
    # that the mark of the run was renewed is no change
    changed = draft.changed and mark.changes_more(draft.old, draft.new)
    return PutResult(changed=changed, done=[name for name in done if name not in late])


def back(runner: Runner, request: BackRequest) -> PutResult:
    """Undo what stands in the mark of a run that was cut; from then on the cluster is marked as this run's."""
    claim = Claim(**request.claim)

    def edit(root: Element) -> None:
        cut = mark.read(root)
        mark.claim(root, claim, Undo())
        if cut is not None and cut.run == claim.over:
            mark.go_back(root, cut)

    return PutResult(changed=transaction.change(runner, edit).changed, done=[])


def preview(runner: Runner, made: Plan, options: Options) -> Draft[tuple[list[str], Roles]]:
    """What all batches of a plan together become of the CIB; nothing is pushed."""
    goal = {'started': 'Started', 'stopped': 'Stopped'}.get(options.state)
    request = PutRequest(roles={row.name: goal for row in made.rows} if goal else {})
    if options.state == 'moved':
        request = handover.ended(options, made, ())
    return transaction.change(runner, lambda root: _edit(root, request, request.names), check=True)


def look(runner: Runner, request: LookRequest) -> LookResult:
    """What the loop needs to know: of these VEs, of the nodes, and of the cluster."""
    status = cluster.read(runner)
    remarks = history.remarks(_remarked(runner))
    known = {ve.name: _ve(ve, status.maintenance, remarks.get(ve.name, [])) for ve in status.ves}
    wanted = list(known) if request.names is None else request.names
    ves = [known[name] if name in known else _removed(name) for name in wanted]
    return LookResult(
        ves=ves,
        idle=cluster.idle(runner, status),
        given_up=_given_up(runner, ves),
        nodes={node.name: node.state for node in status.nodes},
        quorum=status.quorum,
        no_quorum_policy=status.no_quorum_policy,
        maintenance=status.maintenance,
        lost={lost.node: ('%s. %s' % (lost.sentence, lost.mend)).strip() for lost in status.lost},
        stuck=[lost.node for lost in status.lost if lost.stuck],
    )


def forget(runner: Runner, request: ForgetRequest) -> ForgetResult:
    """Pacemaker forgets the failures, and tries again."""
    for name in request.names:
        call(runner, ['crm_resource', '--cleanup', '--resource', name])
    return ForgetResult()


def _free(runner: Runner, request: PutRequest) -> list[str]:
    """The VEs of a request that it leaves none out of, by what they do now."""
    if not request.only_in:
        return request.names
    states = {ve.name: ve.state for ve in cluster.read(runner).ves}
    return [name for name in request.names if states.get(name) in request.only_in]


def _edit(root: Element, request: PutRequest, names: Collection[str]) -> tuple[list[str], Roles]:
    """Edit what is asked for of these VEs. Returns them, and {name: its target-role before}."""
    if request.claim:
        claim = Claim(**request.claim)
        if request.end:
            mark.end(root, claim)
        else:
            mark.claim(root, claim, Undo(**request.undo))
    before: Roles = {}
    elements = tree.primitives(root)
    for name, read in guests.ours(root).items():  # one that was removed meanwhile is nobody's any more
        if name not in names:
            continue
        element = elements[name]
        if name in request.roles:
            before[name] = attributes.get(element, attributes.META, 'target-role')
            edits.set_target_role(root, element, request.roles[name], _mark(read, request.roles[name]))
        if name in request.away or name in request.to or name in request.clear:
            edits.place(root, name, request.away.get(name, ()), request.to.get(name))
    by_hand = [node for node in {*request.standby, *request.drained} if edits.standby_by_hand(root, node)]
    for node, standby in request.standby.items():
        if node not in by_hand:
            edits.set_standby(root, node, standby)
    for node, left in request.drained.items():
        into = request.standby.get(node, False)
        # an empty node that goes into standby has the mark as well: it says whose standby it is
        noted = sorted(left) if (left or into) and node not in by_hand else None
        edits.set_drained(root, node, noted, into or any(modes.standby_of(root, node)))
    return list(names), before


def _mark(read: Element, role: str | None) -> str | None:
    """That it is stopped here, from now on; of one that is to be stopped already, whatever says by whom."""
    if role != 'Stopped':
        return None
    if edits.is_stopped(read):
        return attributes.get(read, attributes.META, STOPPED)
    return times.iso(time.time())


def _remarked(runner: Runner) -> list[Element]:
    """The entries of the history that say something of a success; the whole CIB would be much to read at every look."""
    rc, out, _err = run(runner, REMARKED)
    return list(tree.parse(out).iter('lrm_rsc_op')) if rc == 0 else []


def _ve(ve: VeStatus, maintenance: bool, remarks: Sequence[tuple[str, str]]) -> VeLook:
    return VeLook(
        name=ve.name,
        # that the whole cluster is unmanaged for a while is not said of each VE
        state=ve.actual if maintenance else ve.state,
        node=ve.node,
        failures=ve.failures,
        role=ve.role,
        took=ve.took,
        failure_keys=[failure.key for failure in ve.failed],
        remarks=dict(remarks),
    )


def _removed(name: str) -> VeLook:
    return VeLook(name=name, state='removed', node=None, failures=[], role=None, took=None)


def _given_up(runner: Runner, ves: list[VeLook]) -> list[str]:
    """Those that failed and that Pacemaker will not start again, by its own scheduler.

    What it starts at this very moment it has no need to schedule; ``ves`` are what they were a moment before.
    """
    failed = [ve.name for ve in ves if ve.failures and ve.state in ('stopped', 'failed') and ve.role != 'stopped']
    if not failed:
        return []
    root = tree.query(runner)
    going = {
        action.resource for action in scheduler.actions(runner, root) if action.action != 'stop' and not action.blocked
    }
    going |= {key[1] for key, entry in history.entries(root).items() if entry.get('op-status') == '-1'}
    return [name for name in failed if name not in going]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run begins: one at a time on a cluster; and what a run that was cut has left is said, and taken back, first."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Found, Plan, PutRequest
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import MOVING, SILENCE, Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import INTERRUPTED, INTERVAL, Outside

# Seconds by which a run may be late before it counts as dead: lost connections, modules that are copied.
LATE = 300
# Looks at an idle cluster until it counts as settled: after a patch it may not have begun yet.
QUIET_LOOKS = 2


@dataclass(frozen=True)
class Begun:
    """``claim``: held where there was something to go back to. ``changed``: whether something was taken back."""

    plan: Plan
    claim: Claim
    changed: bool = False


def begin(outside: Outside, options: Options, report: Report) -> Begun:
    """The plan; an Error where another run is at work."""
    claim = Claim(
        run=uuid.uuid4().hex[:12],
        owner=outside.owner,
        process=outside.process,
        what=options.what(),
        lasts=options.timeout + options.load_gate_timeout + options.gap + LATE,
    )
    plan = outside.node.plan(found_first=True)
    if not plan.found:
        return Begun(plan, claim)
    found = Found.read(plan.found)
    why = _may_come_in_its_place(outside, options, found) if found.run else ''
    same = options.state == 'restarted' and found.what == claim.what
    for line in lines(found, why, same):
        report.say(line, always=True)
    claim = replace(claim, over=found.run)
    changed = False
    if found.roles or found.properties or found.placed or options.state in ('restarted', 'moved'):
        changed = outside.node.back(asdict(claim)).changed
        claim = replace(claim, over='', held=True)
    without = [*found.done, *found.roles] if same else []
    try:
        plan = _after(outside, options, report, claim, found.placed, without)
    except Error as error:
        error.details.setdefault('changed', changed)
        raise
    if options.state == 'restarted':  # those that start again because of that belong to it
        plan = replace(plan, names=plan.names + [name for name in found.roles if name not in plan.names])
    return Begun(plan, claim, changed)


def _after(
    outside: Outside, options: Options, report: Report, claim: Claim, placed: list[str], without: list[str]
) -> Plan:
    """The plan when the cluster is at rest again. ``placed``: VEs of which constraints are left."""
    try:
        # starts and stops plan with what is on its way, and an edit would only hold it up
        if claim.held:
            _settle(outside, options, report)
        if placed:
            outside.node.put(PutRequest(clear=placed, claim=asdict(claim)))
        return outside.node.plan(without=without)
    except Error:
        with contextlib.suppress(Error):
            outside.node.put(PutRequest(claim=asdict(claim), end=True))
        raise


def lines(found: Found, why: str, same: bool) -> Iterator[str]:
    """What was found, and what becomes of it. ``why``: why the run counts as ended. ``same``: this run is another one of it."""
    if found.run:
        yield 'found the run of %s; %s' % (found.sentence, why)
    if found.roles:
        yield 'it goes back first: %s %s stopped for a while, and may start again' % (
            some(found.roles),
            'was' if len(found.roles) == 1 else 'were',
        )
    for name, before in found.properties.items():
        yield 'it goes back first: %s is %s again' % (name, 'not set' if before is None else before)
    if found.placed:
        yield 'found constraints of a move that has not ended; they go when what is under way has ended: %s' % some(
            found.placed
        )
    if same and found.done:
        yield 'it goes on where that was: %s %s been restarted' % (
            some(found.done),
            'has' if len(found.done) == 1 else 'have',
        )


def _may_come_in_its_place(outside: Outside, options: Options, found: Found) -> str:
    """Why the run that is marked counts as ended; an Error where it does not."""
    alive = outside.alive(found.process)
    if alive is False:
        return 'it was cut: its process is gone'
    if options.take_over:
        return 'this one takes its place (take_over)'
    if alive is None and found.stale:
        return 'it was cut: nothing was heard of it for longer than it may take'
    raise Error(found.busy)


def _settle(outside: Outside, options: Options, report: Report) -> None:
    """Wait until the cluster has nothing under way: what is on its way is in no plan."""
    end, quiet = outside.now() + options.timeout, 0
    while quiet < QUIET_LOOKS:
        if outside.interrupted():
            raise Error(INTERRUPTED)
        outside.sleep(INTERVAL)
        status = outside.node.look(None)
        moving = [ve.name for ve in status.ves if ve.state in MOVING]
        quiet = quiet + 1 if status.idle or status.stuck and not moving else 0
        if outside.now() > end:
            raise Error('The cluster had not settled after %d s. Nothing more was changed.' % options.timeout)
        if report.silent() > SILENCE:
            report.say('waiting for what is under way%s' % (': %s' % some(moving) if moving else ''))

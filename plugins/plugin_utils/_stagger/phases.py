# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each batch of a run does: the patches, what is waited for after each, and what takes it back."""

from __future__ import annotations

from typing import Container, Dict, Optional

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import handover
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Plan, PutRequest
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Phase, goal_of, is_down

Roles = Dict[str, Optional[str]]


def of_batch(options: Options, plan: Plan, names: list[str]) -> list[Phase]:
    """The phases of one batch, one after the other."""
    if options.state == 'started':
        return [_start(options, names)]
    back: Roles = {name: _written(plan.roles[name]) for name in names}
    if options.state == 'stopped':
        return [_stop(options, names, back)]
    if options.state == 'restarted':
        return _restart(options, names, back)
    so_far = {row.name for row in plan.rows if row.batch <= max(each.batch for each in plan.rows if each.name in names)}
    return [_move(options, plan, names, so_far)]


def waiting(options: Options) -> Phase:
    """Nothing is done any more, and all are waited for."""
    return Phase([], PutRequest(), goal_of(options))


def _start(options: Options, names: list[str]) -> Phase:
    return Phase(
        names,
        PutRequest(roles=_all(names, 'Started')),
        goal_of(options),
        undo=PutRequest(roles=_all(names, 'Stopped'), only_in=['stopped', 'failed']),
        role='started',
    )


def _stop(options: Options, names: list[str], back: Roles) -> Phase:
    return Phase(
        names,
        PutRequest(roles=_all(names, 'Stopped')),
        goal_of(options),
        undo=PutRequest(roles=back, only_in=['started']),
        role='stopped',
    )


def _restart(options: Options, names: list[str], back: Roles) -> list[Phase]:
    return [
        # taken back as a whole: what is being stopped starts when that stop has ended
        Phase(
            names,
            PutRequest(roles=_all(names, 'Stopped')),
            is_down,
            undo=PutRequest(roles=back),
            role='stopped',
            for_a_while=back,
        ),
        Phase(names, PutRequest(roles=back), goal_of(options)),
    ]


def _move(options: Options, plan: Plan, names: list[str], so_far: Container[str]) -> Phase:
    request = PutRequest(
        away={name: options.nodes for name in names} if options.nodes else {},
        to={name: options.to for name in names} if options.to else {},
        standby=(options.standby_of() or {}) if options.standby is False else {},
        # noted before they go: whoever comes after a run that was cut knows who is to go back
        drained=handover.left(options, plan, so_far) if options.standby else {},
    )
    return Phase(names, request, goal_of(options), undo=PutRequest(clear=names))


def _all(names: list[str], role: str) -> Roles:
    return {name: role for name in names}


def _written(role: str | None) -> str | None:
    return role.capitalize() if role else None

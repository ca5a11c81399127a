# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is given of the world, what it waits for, and what it has done so far.

The loop knows neither Ansible nor Pacemaker: all that it needs is in Outside.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    BackRequest,
    ForgetRequest,
    ForgetResult,
    LookRequest,
    LookResult,
    Plain,
    Plan,
    PlanRequest,
    PutRequest,
    PutResult,
    VeLook,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import Options

Goal = Callable[[VeLook], bool]

INTERVAL = 2  # seconds between two looks


class Node:
    """The node on which it is done. ``ask(request)`` gets the answer, both as plain data; a failure is an Error."""

    def __init__(self, ask: Callable[[Plain], Plain]) -> None:
        self._ask = ask

    def plan(self, found_first: bool = False, without: Sequence[str] = ()) -> Plan:
        return Plan.read(self._ask(PlanRequest(found_first, list(without)).plain()))

    def back(self, claim: Plain) -> PutResult:
        return PutResult.read(self._ask(BackRequest(claim).plain()))

    def put(self, request: PutRequest) -> PutResult:
        return PutResult.read(self._ask(request.plain()))

    def look(self, names: list[str] | None) -> LookResult:
        return LookResult.read(self._ask(LookRequest(names).plain()))

    def forget(self, names: list[str]) -> ForgetResult:
        return ForgetResult.read(self._ask(ForgetRequest(names).plain()))


@dataclass(frozen=True)
class Load:
    """Of a node: the load average of the last minute per core, the pressure in percent; None where it is not known."""

    load: float | None = None
    pressure: float | None = None


@dataclass(frozen=True)
class Outside:
    """``show(text, always)``: a line on the screen; ``always``: in a summary too. ``loads()``: {host: Load}, None where
    nobody measures. ``warn(text)``: before all else. ``interrupted()``: whether to end. ``now`` and ``sleep``: in seconds.
    ``owner``: who runs this, in words; ``process``: what tells this process from all others. ``alive(process)``: whether it
    runs; None where nobody can know here."""

    node: Node
    show: Callable[[str, bool], None]
    loads: Callable[[], Mapping[str, Load]] | None = None
    warn: Callable[[str], None] = lambda text: None
    interrupted: Callable[[], bool] = lambda: False
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    owner: str = 'somebody'
    process: str = ''
    alive: Callable[[str], bool | None] = lambda process: None


class Over(Exception):
    """The run ends before its time; says why."""


INTERRUPTED = 'interrupted'
# A detail of an Error: that the node has given no answer, so that nobody knows what it did.
UNANSWERED = '_unanswered'


@dataclass
class Phase:
    """One patch, and what is waited for.

    ``undo``: what takes the patch back; its ``only_in`` leaves out VEs that have begun. ``role``: the target-role that the
    patch sets; where it is another one now, an admin set that. ``for_a_while``: the target-roles before, where the patch sets
    others for a while. ``edited``: what was released and not withdrawn.
    """

    names: list[str]
    request: PutRequest
    goal: Goal
    undo: PutRequest | None = None
    role: str | None = None
    for_a_while: dict[str, str | None] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)


@dataclass
class Done:
    """What the loop has done, and what it has given up.

    ``left_alone``: VEs that somebody else stopped or started. ``failed``: VEs that are waited for no more. ``tries``:
    {VE: how often it was tried again}.
    """

    changed: bool = False
    released: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)


def is_up(ve: VeLook) -> bool:
    return ve.state == 'started'


def is_down(ve: VeLook) -> bool:
    # on a node that is lost and not fenced yet nobody knows
    return ve.state == 'stopped' and ve.node is None


def goal_of(options: Options) -> Goal:
    """Whether a VE is where it is to be at the end of the run."""
    if options.state == 'stopped':
        return is_down
    if options.state != 'moved':
        return is_up
    away, to = options.nodes, options.to
    return lambda ve: is_up(ve) and (ve.node == to if to else ve.node not in away)

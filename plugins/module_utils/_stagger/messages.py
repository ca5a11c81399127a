# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What controller and node say to each other: the protocol of ve_stagger. It is nobody's interface, and in no documentation.

The action plugin runs the module on a node with its own options and one more, ARGUMENT. The module does what is asked
for, and its result has ``changed`` and ``answer``. Both travel as plain data (JSON), and both ends are of one version.

| request | the node | answer |
|---|---|---|
| PlanRequest | reads the cluster: which VEs, in which order and batches; changes nothing | Plan |
| BackRequest | undoes what a run that was cut has left, and marks the cluster as this run's, in one guarded patch | PutResult |
| PutRequest | edits the CIB in one guarded patch; made twice, it changes nothing | PutResult |
| LookRequest | reads the cluster: what the VEs and the nodes do now | LookResult |
| ForgetRequest | cleans up the failures of VEs, so that Pacemaker tries them again | ForgetResult |
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, ClassVar, Collection, Dict, Mapping, TypeVar, Union

# The module's argument that holds a request. Ansible's checks want it in the documentation, which only says that it is internal.
ARGUMENT = '_request'

Plain = Dict[str, Any]
M = TypeVar('M', bound='Message')


@dataclass(frozen=True)
class Message:
    """What travels: ``plain`` writes it, ``read`` reads it."""

    # Fields that are lists of messages themselves.
    INSIDE: ClassVar[tuple[tuple[str, type[Message]], ...]] = ()
    # What a request is told apart by.
    DO: ClassVar[str] = ''

    def plain(self) -> Plain:
        return dict(asdict(self), do=self.DO) if self.DO else asdict(self)

    @classmethod
    def read(cls: type[M], plain: Mapping[str, Any]) -> M:
        values = {item.name: plain[item.name] for item in fields(cls)}
        for name, kind in cls.INSIDE:
            values[name] = [kind.read(row) for row in values[name]]
        return cls(**values)


# The plan


@dataclass(frozen=True)
class PlanRequest(Message):
    """``found_first``: where another run has left something, only that is wanted. ``without``: VEs that are to be left alone."""

    DO: ClassVar[str] = 'plan'

    found_first: bool = False
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found(Message):
    """What another run has left: its mark (see _cib/mark.py), in ``run`` none without one.

    ``roles``: VEs that it has stopped for a while. ``properties``: {what it has set: what it was before}. ``done``: VEs that it
    was done with. ``placed``: VEs with constraints of a move.
    """

    run: str
    owner: str
    process: str
    what: str
    stale: bool
    sentence: str
    busy: str
    roles: list[str]
    properties: dict[str, str | None]
    done: list[str]
    placed: list[str]


@dataclass(frozen=True)
class BackRequest(Message):
    """``claim``: this run, as in _cib/mark.py."""

    DO: ClassVar[str] = 'back'

    claim: Plain


@dataclass(frozen=True)
class Row(Message):
    """One VE of a plan, as a user gets it too.

    ``batch``: number of the patch in which it is released, from 1. ``start_order``: its own, or the highest of those that
    start before it. ``to``: where Pacemaker's scheduler would put it. ``seconds``: how long it is expected to take.
    """

    name: str
    start_order: int
    after: list[str]
    node: str | None
    to: str | None
    live: bool
    seconds: float
    batch: int = 0


@dataclass(frozen=True)
class Plan(Message):
    """Which VEs, in which order and batches.

    ``rows``: those that are edited, in order. ``names``: those and the ones that are only waited for. ``roles`` and
    ``failures``: of all VEs of the cluster, as they are. ``unmanaged``: left alone. ``limit``: the cluster's
    node-action-limit, 0 for none. ``limits``: whether it is in force, for each node. ``expected``: seconds.
    ``failure_keys``: what tells each of the ``failures`` from every other one. ``lost``: nodes that are lost, in words.
    ``blocked``: {VE that cannot go back: why}; left where they are. ``stopped_by_hand``: VEs that stay stopped.
    ``standby_by_hand``: nodes that somebody else put into standby, where they stay. ``drained``: {node: the VEs that have
    left it, as is noted there}. ``found``: what another run has left, as Found has it; empty where it is nothing.
    ``warnings``: what is left over in the cluster. ``handed``: {node that goes into standby, or comes out of it: which}.
    ``without_quorum``: in words, where the other nodes have none when those that are emptied go down.
    """

    INSIDE: ClassVar[tuple[tuple[str, type[Message]], ...]] = (('rows', Row),)

    rows: list[Row]
    names: list[str]
    roles: dict[str, str | None]
    failures: dict[str, list[str]]
    unmanaged: list[str]
    limit: int
    per_node: int
    total: int
    limits: list[dict[str, Any]]
    why_batches: str
    expected: float
    expected_without_gap: float | None
    failure_keys: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    blocked: dict[str, str] = field(default_factory=dict)
    stopped_by_hand: list[str] = field(default_factory=list)
    standby_by_hand: list[str] = field(default_factory=list)
    drained: dict[str, list[str]] = field(default_factory=dict)
    found: Plain = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    handed: dict[str, bool] = field(default_factory=dict)
    without_quorum: str = ''

    @property
    def batches(self) -> list[list[str]]:
        """Names, batch by batch."""
        return [
            [row.name for row in self.rows if row.batch == number]
            for number in sorted({row.batch for row in self.rows})
        ]

    def public(self) -> Plain:
        """What a user gets of it."""
        result: Plain = {
            'plan': [row.plain() for row in self.rows],
            'names': self.names,
            'unmanaged': self.unmanaged,
            'stopped_by_hand': self.stopped_by_hand,
            'standby_by_hand': self.standby_by_hand,
            'limit': self.limit,
            'per_node': self.per_node,
            'total': self.total,
            'limits': self.limits,
            'why_batches': self.why_batches,
            'expected': self.expected,
        }
        if self.expected_without_gap is not None:
            result['expected_without_gap'] = self.expected_without_gap
        if self.warnings:
            result['warnings'] = self.warnings
        return result


# The edit


@dataclass(frozen=True)
class PutRequest(Message):
    """One patch.

    ``roles``: {VE: its target-role, None to take it away}. ``away``: {VE: the nodes that it is to leave}. ``to``: {VE: the
    node that it is to go to}. ``clear``: VEs of which nothing of the latter two is to stay. ``standby``: {node: whether}.
    ``drained``: {node: the VEs that have left it}, noted there. ``only_in``: leave out VEs that are in none of these
    states, such as those that have begun to start; empty: none is left out. ``claim``: the run whose patch it is, as in
    _cib/mark.py, empty for none; ``undo``: what takes it back from now on; ``end``: it is the last one.
    """

    DO: ClassVar[str] = 'put'

    roles: dict[str, str | None] = field(default_factory=dict)
    away: dict[str, list[str]] = field(default_factory=dict)
    to: dict[str, str] = field(default_factory=dict)
    clear: list[str] = field(default_factory=list)
    standby: dict[str, bool] = field(default_factory=dict)
    drained: dict[str, list[str]] = field(default_factory=dict)
    only_in: list[str] = field(default_factory=list)
    claim: Plain = field(default_factory=dict)
    undo: Plain = field(default_factory=dict)
    end: bool = False

    @property
    def names(self) -> list[str]:
        """The VEs that it is about."""
        return sorted({*self.roles, *self.away, *self.to, *self.clear})

    def of(self, names: Collection[str]) -> PutRequest:
        """The same for these VEs only; what is of nodes stays."""
        return replace(
            self,
            roles={name: role for name, role in self.roles.items() if name in names},
            away={name: nodes for name, nodes in self.away.items() if name in names},
            to={name: node for name, node in self.to.items() if name in names},
            clear=[name for name in self.clear if name in names],
        )


@dataclass(frozen=True)
class PutResult(Message):
    """``done``: the VEs that were not left out."""

    changed: bool
    done: list[str]


# The look


@dataclass(frozen=True)
class LookRequest(Message):
    """``names``: the VEs; None: all of the cluster."""

    DO: ClassVar[str] = 'look'

    names: list[str] | None = None


@dataclass(frozen=True)
class VeLook(Message):
    """A VE now.

    ``state``: as in _cluster/status.py, or removed. ``took``: seconds of the start by which it runs. ``failure_keys``: what
    tells each of the ``failures`` from every other one. ``remarks``: {such a key: what the agent says of a success}.
    """

    name: str
    state: str
    node: str | None
    failures: list[str]
    role: str | None
    took: float | None
    failure_keys: list[str] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> dict[str, str]:
        """{key: text} of its failures."""
        return dict(zip(self.failure_keys or self.failures, self.failures))


@dataclass(frozen=True)
class LookResult(Message):
    """The cluster now.

    ``idle``: it has nothing under way. ``given_up``: VEs that failed and that Pacemaker will not start again. ``nodes``:
    {node: its state, as in _cluster/status.py}. ``lost``: {node that is lost: what is known, and what to do}. ``stuck``: those
    of them that need a human.
    """

    INSIDE: ClassVar[tuple[tuple[str, type[Message]], ...]] = (('ves', VeLook),)

    ves: list[VeLook]
    idle: bool
    given_up: list[str]
    nodes: dict[str, str]
    quorum: bool
    no_quorum_policy: str | None
    maintenance: bool
    lost: dict[str, str] = field(default_factory=dict)
    stuck: list[str] = field(default_factory=list)


# Another try


@dataclass(frozen=True)
class ForgetRequest(Message):
    DO: ClassVar[str] = 'forget'

    names: list[str]


@dataclass(frozen=True)
class ForgetResult(Message):
    pass


Request = Union[PlanRequest, BackRequest, PutRequest, LookRequest, ForgetRequest]
Answer = Union[Plan, PutResult, LookResult, ForgetResult]

REQUESTS: Mapping[str, type[Request]] = {
    kind.DO: kind for kind in (PlanRequest, BackRequest, PutRequest, LookRequest, ForgetRequest)
}


def read_request(plain: Mapping[str, Any] | None) -> Request:
    """The request that a node was sent; without one it is asked for its plan."""
    return PlanRequest() if plain is None else REQUESTS[plain['do']].read(plain)

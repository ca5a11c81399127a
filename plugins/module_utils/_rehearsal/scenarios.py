# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios that can be rehearsed, and how they are asked for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Sequence

KINDS = ('boot', 'lose', 'drain', 'return', 'join')


@dataclass(frozen=True)
class Scenario:
    """``nodes``: those that it is about; for a boot all. ``probe_rc``: what the probes of VEs answer on a node that joins."""

    kind: str
    nodes: tuple[str, ...] = ()
    probe_rc: int | None = None

    @property
    def name(self) -> str:
        words = [self.kind]
        if self.kind != 'boot':
            words += self.nodes
        if self.probe_rc is not None:
            words += ['rc', str(self.probe_rc)]
        return ' '.join(words)


def read(text: str, codes: Sequence[int], nodes: Sequence[str]) -> tuple[list[Scenario], list[str]]:
    """What a text such as "lose n1 n2" asks for, and what is wrong with it. ``codes``: for joins; ``nodes``: of the cluster."""
    kind, *named = text.split() or ['']
    where = 'scenarios: %r: ' % text
    if kind not in KINDS:
        return [], [where + 'there is no such scenario; there are %s' % ', '.join(KINDS)]
    if kind == 'boot':
        problems = [where + 'a boot is of all nodes; write boot'] if named else []
        return [Scenario('boot', tuple(nodes))], problems
    if kind == 'lose' and named == ['pairs']:
        return [Scenario('lose', pair) for pair in itertools.combinations(nodes, 2)], []
    unknown = [node for node in named if node not in nodes]
    if unknown:
        return [], [where + '%s: %s' % (', '.join(unknown), no_such_node(nodes))]
    problems = []
    if not nodes:
        problems.append(where + no_such_node(nodes))
    if len(set(named)) < len(named):
        problems.append(where + 'a node is there twice')
    groups = [tuple(named)] if named and kind == 'lose' else [(node,) for node in named or nodes]
    answers: Sequence[int | None] = codes if kind == 'join' else [None]
    return [Scenario(kind, group, code) for group in groups for code in answers], problems


def no_such_node(nodes: Sequence[str]) -> str:
    return 'the cluster has no such node; it has %s' % (', '.join(nodes) or 'none')

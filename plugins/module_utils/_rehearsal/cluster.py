# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that a rehearsal is about: what its CIB says of nodes and resources, and what reads it."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools, numbers, written
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import expansion, guests, tree, upgrade
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guest_agents import Agent


@dataclass(frozen=True)
class Cluster:
    """``root``: the CIB, a copy that the rehearsal may write its status into. ``nodes``: the full ones, that have a vote.

    ``ves``: the guests, those of other agents too; ``agents``: what is known of theirs; ``waiting``: those whose start waits until
    the guest has booted.
    ``live``: whether this is the CIB of the running cluster. ``tools``: those on this node; ``feature_set``: of the Pacemaker
    that wrote the CIB. ``now``: seconds since the epoch.
    """

    root: Element
    live: bool
    nodes: list[str]
    primitives: dict[str, Element]
    ves: dict[str, Element]
    agents: dict[str, Agent]
    waiting: set[str]
    others: list[str]  # fencing devices are not among them
    tools: Tools
    feature_set: str
    now: float

    @property
    def noun(self) -> str:
        """What a guest is called: a VE, where all are."""
        return 'VE' if all(agent.is_ve for agent in self.agents.values()) else 'guest'


def look(runner: Runner, root: Element, live: bool, asked: Sequence[str] = ()) -> tuple[Cluster, list[str]]:
    """The cluster, and what is assumed of it. Refuses a CIB that the tools cannot read.

    ``asked``: agents whose resources are to be taken for guests, too.
    """
    tools = pacemaker.tools(runner)
    assumptions = _compare(root, tools)
    root = upgrade.upgraded(runner, root, tools)
    if root.find('status') is None:
        ET.SubElement(root, 'status')
    primitives = expansion.primitives(root)
    found = guests.everyone(root, asked)
    agents = {name: guests.agent(guest, asked) for name, guest in found.items()}
    assumptions += _of_guests(root, found, asked)
    cluster = Cluster(
        root=root,
        live=live,
        nodes=[node.get('uname', '') for node in tree.nodes(root) if node.get('type') not in ('remote', 'ping')],
        primitives={**primitives, **found},
        ves=found,
        agents={name: agent for name, agent in agents.items() if agent},
        waiting={name for name, guest in found.items() if guests.waits(guest, asked)},
        others=[name for name, one in primitives.items() if name not in found and not guests.is_fencing(one)],
        tools=tools,
        feature_set=root.get('crm_feature_set', ''),
        now=time.time(),
    )
    return cluster, assumptions


def _compare(root: Element, tools: Tools) -> list[str]:
    """What is assumed where a newer Pacemaker wrote the CIB."""
    theirs = root.get('validate-with', '')
    if numbers(theirs) > tools.schema:
        raise CibError(
            'This CIB is of a newer Pacemaker (schema %s) than the tools on this node (%s, up to pacemaker-%s). Run this '
            'where Pacemaker is as new as there, such as on a node of that cluster.'
            % (theirs, tools.name, written(tools.schema))
        )
    theirs = root.get('crm_feature_set', '')
    if numbers(theirs) > tools.feature_set:
        return [
            'the CIB was written by a newer Pacemaker (feature set %s) than the tools that are asked (%s, feature set '
            '%s); they are taken to decide alike' % (theirs, tools.name, written(tools.feature_set))
        ]
    return []


def _of_guests(root: Element, found: dict[str, Element], asked: Sequence[str]) -> list[str]:
    """What is assumed of what their agents do, and which guests are not among them."""
    assumed = []
    unknown = [name for name, guest in found.items() if not guests.is_known(guest)]
    if unknown:
        assumed.append(
            'the start of %s is taken to return while the guest still boots, as nothing is known of the agent; where it waits, give '
            'boot: 0s (durations)' % some(unknown)
        )
    several = [name for name in guests.in_clones(root) if guests.agent(expansion.primitives(root)[name], asked)]
    if several:
        assumed.append('the instances of %s (in a clone or a bundle) are not taken for guests' % some(several))
    return assumed

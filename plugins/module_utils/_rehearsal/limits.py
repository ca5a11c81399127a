# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many operations run at once, on each node and in the cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import Cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.options import Options

# Of a node whose CIB is in a file nobody knows how many cores it has.
CORES = 4


@dataclass(frozen=True)
class AtOnce:
    """``configured``: node-action-limit, 0 where it is not set. ``batch``: batch-limit, 0 is no limit. ``own``: whether the
    limit is in force on the node that this runs on, as node_limit.look() says it; None where that is none of the cluster.
    """

    configured: int
    per_node: dict[str, int]
    batch: int
    own: Mapping[str, Any] | None

    @property
    def highest(self) -> int:
        return max(self.per_node.values(), default=0)


def read(runner: Runner, cluster: Cluster, options: Options) -> tuple[AtOnce, list[str]]:
    """The limits, and what is assumed of them."""
    assumptions = []
    configured = max(0, whole(attributes.get_property(cluster.root, node_limit.PROPERTY)))
    number = configured
    if not configured:
        cores, why = _cores(cluster, options)
        number = 2 * cores
        assumptions.append(
            'node-action-limit is not set, so it is 2 x cores; a node has %s (%s)' % (count(cores, 'core'), why)
        )
    per_node = {node: options.limits.get(node, number) for node in cluster.nodes}
    own = None
    if cluster.live:
        here = node_limit.own_name(runner)
        own = next((row for row in node_limit.look(here, cluster.root) if row['node'] == here), None)
        if here is not None and own and here not in options.limits and whole(own['override']) > 0:
            per_node[here] = whole(own['override'])
    elif not options.limits:
        assumptions.append('no node has a PCMK_node_action_limit of its own (limits)')
    batch = max(0, whole(attributes.get_property(cluster.root, 'batch-limit')))
    return AtOnce(configured, per_node, batch, own), assumptions


def _cores(cluster: Cluster, options: Options) -> tuple[int, str]:
    if options.cores:
        return options.cores, 'cores'
    if cluster.live:
        return os.cpu_count() or 1, 'as this one'
    return CORES, 'nothing tells; cores'

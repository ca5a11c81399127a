# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user has to know of a cluster, though it is not ours to change."""

from __future__ import annotations

from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, conditions, expansion, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived


def cluster_warnings(root: Element, declaration: Declaration, escalation: Derived | None) -> Iterator[str]:
    if conditions.delays_fencing_by_priority(root):
        yield (
            'priority-fencing-delay is set: it adds up the priorities of the resources on a node, and every VE '
            'counts there with -start_order, so a node with VEs on it counts less than one without.'
        )
    if not declaration.policy.retry_start and conditions.retries_starts(root):
        yield 'start-failure-is-fatal is false in this cluster; retry_start: false leaves that as it is.'
    if any(ve.utilization for ve in declaration.ves) and conditions.ignores_utilization(root):
        yield ('utilization is declared, but the cluster property placement-strategy is not set: Pacemaker ignores it.')
    if escalation and escalation.value >= timeouts.SERVICE_STOP:
        yield (
            'A clean stop of a node may take %s, and systemd gives pacemaker.service 30 min unless told '
            'otherwise: set its TimeoutStopSec above that.' % times.cib(escalation.value)
        )
    known = set(tree.node_names(root)).union(_remote_nodes(root))
    unknown = sorted({node for ve in declaration.ves for node in ve.prefer} - known)
    if unknown and known:
        yield 'prefer names nodes that this cluster does not know (yet): %s.' % ', '.join(unknown)


def _remote_nodes(root: Element) -> Iterator[str]:
    for name, primitive in expansion.primitives(root).items():
        if primitive.get('provider') == 'pacemaker' and primitive.get('type') == 'remote':
            yield name
        guest = attributes.get(primitive, attributes.META, 'remote-node')
        if guest:
            yield guest

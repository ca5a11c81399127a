# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster says of itself now: the only reader of crm_mon.

``read(runner)`` returns a Status. With ``CIB_file`` in the environment it is the status of that file.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import AbstractSet, Any, Container, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import tools
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import failures, lost
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.failures import Failure
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.lost import Lost

CRM_MON = ('crm_mon', '--one-shot', '--inactive', '--output-as=xml')

# What a node can be beside online; the first that holds.
NODE_STATES = ('pending', 'maintenance', 'standby')


@dataclass(frozen=True)
class VeStatus:
    """One VE.

    ``actual``: started, starting, stopping, migrating, stopped or failed, whether Pacemaker manages it or not; lost: on a
    node that is lost and not fenced, where it may run on; unknown: it may run in another part of the cluster. ``role``: its
    target-role in small letters, None where it has none. ``failed``: failed operations, with the agent's reason. ``took``:
    seconds that the start lasted by which it runs, where the history has it.
    """

    name: str
    actual: str
    managed: bool
    node: str | None
    role: str | None
    failed: list[Failure]
    took: float | None

    @property
    def state(self) -> str:
        """``actual``, or unmanaged. In the cluster's maintenance mode every VE is unmanaged."""
        return self.actual if self.managed or self.actual in ('lost', 'unknown') else 'unmanaged'

    @property
    def failures(self) -> list[str]:
        """The failed operations in words."""
        return [failure.text for failure in self.failed]

    @property
    def down(self) -> bool:
        """Whether it runs nowhere, for sure."""
        return self.actual == 'stopped' and self.node is None

    def row(self) -> dict[str, Any]:
        """As modules return it."""
        return {'name': self.name, 'state': self.state, 'node': self.node, 'failures': list(self.failures)}


@dataclass(frozen=True)
class NodeStatus:
    """One node. ``state``: online, standby, maintenance, pending (it is joining), offline, or lost (and not fenced yet).

    ``alive``: Pacemaker can work with it; one that is online and to be fenced is not.
    """

    name: str
    state: str
    alive: bool
    pending: bool


@dataclass(frozen=True)
class Status:
    """The cluster. ``dc``: the node that is its controller, None where there is none. ``quorum``: whether it may work.
    ``lost``: its nodes that are lost and not fenced."""

    ves: list[VeStatus]
    nodes: list[NodeStatus]
    dc: str | None
    quorum: bool
    no_quorum_policy: str | None
    maintenance: bool
    lost: list[Lost]

    def alive(self) -> list[str]:
        """Names of the nodes that Pacemaker can work with."""
        return [node.name for node in self.nodes if node.alive]


def read(runner: Runner, names: Sequence[str] | None = None, among: Container[str] | None = None) -> Status:
    """The status, with all VEs or with those that are named, in that order; a CibError where one of these is none.

    ``among``: the ids of the guests that count, of other agents too; by default the VEs of our agent.
    """
    root = _crm_mon(runner)
    dc, options = root.find('summary/current_dc'), _attributes(root.find('summary/cluster_options'))
    policy = options.get('no-quorum-policy')
    nodes = [_node(element) for element in root.findall('nodes/node')]
    quorum = dc is None or dc.get('with_quorum') == 'true' or policy == 'ignore'
    # Without quorum those that are offline may be another part of the cluster, that goes on.
    elsewhere = not quorum and any(node.state in ('offline', 'lost') for node in nodes)
    ves = _ves(_guests(root, among), root, {node.name for node in nodes if node.alive}, elsewhere, names)
    lost_nodes = [node.name for node in nodes if node.state == 'lost']
    return Status(
        ves=ves,
        nodes=nodes,
        dc=dc.get('name') if dc is not None and dc.get('present') == 'true' else None,
        quorum=quorum,
        no_quorum_policy=policy,
        maintenance=options.get('maintenance-mode') == 'true',
        lost=lost.find(root, lost_nodes, {ve.name: ve.node for ve in ves if ve.node}),
    )


def idle(runner: Runner, status: Status) -> bool:
    """Whether the cluster has nothing under way: then what is not up by now stays down."""
    if status.dc is None or any(node.state == 'lost' or node.pending for node in status.nodes):
        return False
    try:
        # A DC that dies while it is asked never answers, and crmadmin 2.1.5 then spins for ever.
        rc, out, _err = runner(['timeout', '5', 'crmadmin', '--status', status.dc])
    except OSError:
        return False  # unknown; the timeout ends the wait
    return rc == 0 and 'S_IDLE' in out


def _crm_mon(runner: Runner) -> ET.Element:
    rc, out, err = tools.run(runner, list(CRM_MON))
    # It may end with 0, too, where it could not read the CIB; then it says so instead of showing nodes.
    root = _parsed(out)
    if rc or root is None or root.find('nodes') is None:
        said = '' if root is None else '; '.join((error.text or '').strip() for error in root.iter('error'))
        raise ToolError(
            'crm_mon failed with %d: %s. Is Pacemaker running on this node?' % (rc, said or (err or out).strip()),
            CRM_MON,
            rc,
            out,
            err,
        )
    return root


def _parsed(out: str) -> ET.Element | None:
    try:
        return ET.fromstring(out)
    except ET.ParseError:  # such as nothing at all
        return None


def _attributes(element: ET.Element | None) -> Mapping[str, str]:
    return {} if element is None else element.attrib


def _node(element: ET.Element) -> NodeStatus:
    online, unclean = element.get('online') == 'true', element.get('unclean') == 'true'
    if unclean:
        state = 'lost'
    elif not online:
        state = 'offline'
    else:
        state = next((state for state in NODE_STATES if element.get(state) == 'true'), 'online')
    return NodeStatus(
        name=element.get('name', ''),
        state=state,
        alive=online and not unclean,
        pending=element.get('pending') == 'true',
    )


def _guests(root: ET.Element, among: Container[str] | None) -> dict[str, ET.Element]:
    """{id: resource}"""
    found: dict[str, ET.Element] = {}
    for resource in root.findall('resources//resource'):
        name = resource.get('id', '')
        if resource.get('resource_agent') == guests.NAME if among is None else name in among:
            found.setdefault(name, resource)
    return found


def _ves(
    resources: Mapping[str, ET.Element],
    root: ET.Element,
    alive: AbstractSet[str],
    elsewhere: bool,
    names: Sequence[str] | None,
) -> list[VeStatus]:
    wanted = list(resources) if names is None else list(names)
    for name in wanted:
        if name not in resources:
            raise CibError('This cluster has no VE %s; it has %s.' % (name, ', '.join(resources) or 'none'))
    took, failed = _took(root), failures.of(root, wanted)
    return [_ve(resources[name], alive, elsewhere, failed[name], took) for name in wanted]


def _ve(
    resource: ET.Element,
    alive: AbstractSet[str],
    elsewhere: bool,
    failed: list[Failure],
    took: Mapping[tuple[str, str], float],
) -> VeStatus:
    name, place = resource.get('id', ''), resource.find('node')
    node = None if place is None else place.get('name')
    # A stop that failed without fencing, or with on-fail=block: Pacemaker gives the resource up, and calls that unmanaged
    given_up = resource.get('blocked') == 'true' and resource.get('failed') == 'true'
    return VeStatus(
        name=name,
        actual='failed' if given_up else _actual(resource, node is None or node in alive, elsewhere),
        managed=given_up or not (resource.get('managed') == 'false' or resource.get('maintenance') == 'true'),
        node=node,
        role=(resource.get('target_role') or '').lower() or None,
        failed=failed,
        took=took.get((name, node or '')),
    )


def _actual(resource: ET.Element, alive: bool, elsewhere: bool) -> str:
    """From crm_mon's attributes of a resource.

    An action in flight is in ``role`` (Starting). ``pending`` holds only what is no change of state: Monitoring, the
    first run of a recurring monitor, when the start has ended.
    """
    # Until a lost node is fenced, Pacemaker lists its resources as they last were.
    if not alive:
        return 'lost'
    role = resource.get('role', '')
    if role in ('Starting', 'Stopping', 'Migrating'):
        return role.lower()
    if resource.get('failed') == 'true':
        return 'failed'
    if role == 'Started':
        return 'started'
    return 'unknown' if elsewhere or role == 'Unknown' else 'stopped'


def _took(root: ET.Element) -> dict[tuple[str, str], float]:
    """{(name, node): how many seconds the start lasted by which it runs there}."""
    took: dict[tuple[str, str], float] = {}
    for node in root.findall('node_history/node'):
        for history in node.findall('resource_history'):
            for operation in history.findall('operation_history'):
                lasted = operation.get('exec-time') or ''
                if operation.get('task') == 'start' and operation.get('rc') == '0' and lasted.endswith('ms'):
                    took[history.get('id', ''), node.get('name', '')] = int(lasted[:-2]) / 1000
    return took

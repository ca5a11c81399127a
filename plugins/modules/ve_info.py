#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_info
short_description: What the cluster says of its VEs and other guests
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - State, node, failures and operations of the VEs, as Pacemaker knows them now.
  - Guests of other agents are there too, C(VirtualDomain), C(Xen), C(lxc) and C(ocf:heartbeat:ManageVE); what is said of VEs holds
    for them.
  - A VE on a node that is lost and not fenced yet does not count as started, whatever the cluster still lists.
  - From the history of operations in the CIB the last start of each VE, and how many of these starts ran at once on a
    node.
  - What is in flight, because until it has ended the cluster does nothing else, such as to fence another node.
  - Whether the limit on simultaneous starts is in force.
options:
  names:
    description: Names of the resources. By default all guests, those of C(ocf:openve:ManageVE) and of other agents.
    type: list
    elements: str
  guests:
    description: As O(openve.pacemaker.ve_rehearsal#module:guests).
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Changes nothing, in check mode or without.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - Run it on one node of the cluster (C(run_once)); on every node for RV(limits), because a node can tell that only of
    itself.
  - When an operation began is written by the node where it ran, so the nodes' clocks have to agree.
  - With E(CIB_file) in the environment it reads that file instead of a running cluster.
"""

EXAMPLES = r"""
- name: Which VEs are not up
  openve.pacemaker.ve_info:
  register: found
  run_once: true

- name: Show them
  ansible.builtin.debug:
    msg: "{{ found.ves | rejectattr('state', 'equalto', 'started') }}"
  run_once: true

- name: Whether each node is held to the limit
  openve.pacemaker.ve_info:
    names: []
  register: found

- name: Show what each node says of itself
  ansible.builtin.debug:
    msg: "{{ found.limits | selectattr('node', 'equalto', found.node) }}"
"""

RETURN = r"""
ves:
  description: The VEs.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the resource.
      type: str
    state:
      description: V(started), V(starting), V(stopping), V(migrating), V(stopped), V(failed) or V(unmanaged). V(lost) where its
        node is lost and not fenced, so that it may run on there. V(unknown) where this part of the cluster has no quorum, so
        that it may run in another one.
      type: str
    node:
      description: The node it is on, null where it is on none.
      type: str
    agent:
      description: Its agent, such as C(ocf:openve:ManageVE).
      type: str
    start_waits:
      description: Whether its start waits until the guest has booted. Where it does not, RV(ves[].last_start) and RV(peak_starts) are of
        the start, and the guest may boot on for long after that.
      type: bool
    failures:
      description: Failed operations, with the agent's reason.
      type: list
      elements: str
    remarks:
      description: What the agent has to say of the last start or stop though it succeeded, such as that the VE was not ready in
        time and was let through, or that it was stopped by force.
      type: list
      elements: str
    operations:
      description: Its operations with V(name), V(interval) and V(timeout). Where the configuration gives no timeout it is
        the one of op_defaults, or Pacemaker's own 20 s.
      type: list
      elements: dict
    last_start:
      description: Its last start, null where the history has none, such as after a stop, or after Pacemaker was
        restarted under the running VE. Pacemaker writes a reload of changed parameters down as a start, too.
      type: dict
      contains:
        node:
          description: Where it was started.
          type: str
        at:
          description: When the start began, in UTC.
          type: str
        seconds:
          description: How long it took; how long it has taken by now where it is in flight.
          type: float
        queued:
          description: For how many seconds the node had it before it began, null while it is in flight. Waiting for a
            free place under the limit comes before that and is not in it.
          type: float
        result:
          description: V(ok), V(failed), V(timed out) or V(in flight).
          type: str
        rc:
          description: Return code of the agent, null while it is in flight.
          type: int
        reason:
          description: Why, in the agent's own words; empty where it gave none.
          type: str
  sample:
    - name: ve-101
      state: started
      node: n1
      failures: []
      agent: ocf:openve:ManageVE
      start_waits: true
      remarks: []
      operations:
        - {name: start, interval: 0s, timeout: 180s}
        - {name: stop, interval: 0s, timeout: 150s}
        - {name: monitor, interval: 10s, timeout: 30s}
      last_start: {node: n1, at: "2026-11-22T20:11:04Z", seconds: 3.184, queued: 0.0, result: ok, rc: 0, reason: ""}
    - name: ve-102
      state: stopped
      node: null
      failures: ["start on n2: not installed (there is no such container on this host)"]
      agent: ocf:openve:ManageVE
      start_waits: true
      remarks: []
      operations:
        - {name: start, interval: 0s, timeout: 180s}
        - {name: stop, interval: 0s, timeout: 150s}
        - {name: monitor, interval: 10s, timeout: 30s}
      last_start: {node: n2, at: "2026-11-22T20:11:04Z", seconds: 0.112, queued: 0.0, result: failed, rc: 5,
                   reason: "there is no such container on this host"}
lost:
  description:
    - Nodes that are lost and not fenced. Pacemaker starts what ran there nowhere else before.
    - One that needs a human is a warning, too.
  returned: success
  type: list
  elements: dict
  contains:
    node:
      description: Its name.
      type: str
    fencing:
      description: V(failed), V(pending) or V(none).
      type: str
    reason:
      description: Why fencing failed, as the device says it.
      type: str
    at:
      description: When it failed, null where it did not.
      type: str
    ves:
      description: Names of the VEs that ran there.
      type: list
      elements: str
    why:
      description: All that in a sentence.
      type: str
    mend:
      description: What to do, empty while fencing goes on.
      type: str
  sample: []
leftovers:
  description:
    - What is left over in the cluster and may surprise, in words, with what ends it. M(openve.pacemaker.ve_resources) and
      M(openve.pacemaker.ve_stagger) warn of these.
    - Constraints of a move or ban by hand (C(cli-ban-), C(cli-prefer-)) whose time is not over, maintenance-mode, and fencing devices that have failed or
      are switched off.
  type: list
  elements: str
  returned: success
  sample: []
fencing:
  description: The cluster's fencing devices.
  type: list
  elements: dict
  returned: success
  contains:
    device:
      description: Name of the resource.
      type: str
    state:
      description: V(started); V(failed), and on no node it runs; V(disabled) by its target-role; V(stopped), where nothing is known of it.
      type: str
    why:
      description: What failed last, where and when, in the agent's words; only of one that has failed.
      type: str
  sample:
    - {device: fence-podman, state: started, why: ""}
idle:
  description: Whether the cluster has nothing under way, so that what is not up by now stays down.
  type: bool
  returned: success
  sample: true
peak_starts:
  description:
    - For each node how many of the VEs' last starts ran there at once, at least. When a start began is recorded to the
      second, so starts that overlapped for less than a second do not count.
  type: dict
  returned: success
  sample: {n1: 2, n2: 2, n3: 2}
in_flight:
  description: Operations that have not ended, of any resource, on the nodes that are up.
  type: list
  elements: dict
  returned: success
  contains:
    resource:
      description: Id of the resource.
      type: str
    operation:
      description: Name of the operation.
      type: str
    node:
      description: Where it runs.
      type: str
    since:
      description: When it began, in UTC.
      type: str
    timeout:
      description: Its timeout.
      type: str
    seconds_left:
      description: In how many seconds it is timed out at the latest.
      type: float
  sample:
    - {resource: ve-103, operation: start, node: n1, since: "2026-11-22T20:11:07Z", timeout: 180s, seconds_left: 176.5}
cannot_fence_for:
  description: For how many seconds at most the cluster could do nothing else right now, such as fence a node that is
    lost, because of what is RV(in_flight).
  type: float
  returned: success
  sample: 176.5
node:
  description: The node that the module ran on, null with E(CIB_file) in the environment.
  type: str
  returned: success
  sample: n1
limits:
  description: For each node whether it is held to the cluster property C(node-action-limit).
  type: list
  elements: dict
  returned: success
  contains:
    node:
      description: The node.
      type: str
    limit:
      description: The property, null where it is not set.
      type: str
    in_force:
      description: V(true), V(false) or V(unknown). For every node but the one that the module runs on it is V(unknown).
      type: str
    override:
      description: C(PCMK_node_action_limit) of that node's Pacemaker, which overrides the property there; null where it is
        not set or not known.
      type: str
    why:
      description: What that is concluded from.
      type: str
  sample:
    - node: n1
      limit: "2"
      in_force: "true"
      override: null
      why: its controller started after the last change (2026-11-22T20:09:41Z)
    - node: n2
      limit: "2"
      in_force: unknown
      override: null
      why: only n2 itself can tell; run this there
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info


def main():
    names = {'type': 'list', 'elements': 'str'}
    module.run({'names': names, 'guests': dict(names, default=[])}, ve_info.run)


if __name__ == '__main__':
    main()

#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_stagger
short_description: Starts, stops, restarts or moves VEs a few at once, in order, and shows how it goes
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Starts release all VEs in one patch. Pacemaker then starts them by priority, as many at once on a node as its
    C(node-action-limit) allows (see O(openve.pacemaker.ve_resources#module:policy.starts_per_node)), and the next one as soon
    as there is room. Where that limit is missing, not in force or larger than O(per_node), they are released in batches instead.
  - Stops go in reverse order. VEs of one C(start_order) stop together; those that start before them stop when they are down.
  - Restarts and moves go in batches, so that at most O(per_node) VEs of a node are away at the same time.
  - Watches until all is done, and prints a line for each VE.
  - What it released and what has not begun is withdrawn (its target-role is set back) when O(max_failures) is reached, at Ctrl-C,
    and while the load is above O(max_load) or O(max_pressure). What has begun goes on. What an admin set meanwhile is left alone.
  - Warns at its beginning of what is left over in the cluster, see RV(openve.pacemaker.ve_info#module:leftovers).
  - What an admin has stopped by hand stays stopped, and a node in standby by hand stays in standby.
  - A VE that is where it is to be costs nothing, so that it can be run again after a failure or Ctrl-C and goes on where it was.
  - Fails when the cluster has nothing left to do and a VE is not where it is to be, and says why, in the agent's own words.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
options:
  state:
    description:
      - What is to become of the VEs.
      - V(restarted) and V(moved) are about VEs that run; others are left alone. A VE moves by live migration where its meta
        attribute C(allow-migrate) allows it, else by stop and start.
    type: str
    choices: [started, stopped, restarted, moved]
    default: started
  ves:
    description:
      - The VEs, each with at least an O(ves[].id). By default all VEs of the cluster.
      - Those with O(ves[].state=unmanaged), and in starts and restarts also those with O(ves[].state=stopped), are left alone.
      - With O(standby) it is about all VEs of the cluster, whatever is declared here.
    required: false
  names:
    description: Only the VEs with these names of resources.
    type: list
    elements: str
  all:
    description:
      - With O(state=started), whether VEs that were stopped by hand are started as well.
      - By default they stay stopped, and are reported. What is started is what this module has stopped, what is new (see
        O(openve.pacemaker.ve_resources#module:new)), what is declared with O(ves[].state=started), and what is in O(names).
      - Stopped by hand is what has a target-role of C(Stopped) without this module's mark, the meta attribute C(openve-stopped), or has run since
        the mark was made. Of what a release without the mark has stopped nobody knows, so that it counts as stopped by hand.
    type: bool
    default: false
  nodes:
    description:
      - Only VEs that are on these nodes, in starts those that Pacemaker would start there.
      - With O(state=moved) these are the nodes that are left.
    type: list
    elements: str
  start_order:
    description: Only VEs of this start order, as V(10), V(10-20), V(10-) or V(-20).
    type: str
  to:
    description: With O(state=moved), the node to go to. By default any but O(nodes).
    type: str
  standby:
    description:
      - With O(state=moved), V(true) puts O(nodes) into standby when they are empty, and notes there which VEs have left (node attribute
        C(openve-drained)). It is refused before anything is changed where a VE would stay on such a node, as it is unmanaged or has failed there,
        or where one of the cluster would be stopped for want of a place.
      - V(false) takes the node O(to) out of standby. Without O(names) the VEs that had left it move back.
      - A standby that somebody set by hand stays. V(true) leaves it as it is, and V(false) is refused.
    type: bool
  per_node:
    description:
      - How many VEs at once on a node. By default the cluster's C(node-action-limit), and 2 where there is none. V(0) leaves it to Pacemaker.
    type: int
  total:
    description: How many VEs at once in the whole cluster. By default as many as C(batch-limit) allows.
    type: int
  limits:
    description:
      - RV(openve.pacemaker.ve_info#module:limits) as the nodes reported it. Only a node itself can tell whether its limit is in force.
      - By default the node on which this runs is asked, and nothing is known of the others.
    type: list
    elements: dict
  gap:
    description:
      - A pause between batches. It makes batches where otherwise the next VE would start as soon as there is room, and each batch waits for
        its slowest. The C(policy.settle) of M(openve.pacemaker.ve_resources) is a pause after each VE, and holds in a failover too.
    type: str
    default: 0s
  max_load:
    description:
      - The load average of the last minute, per core, above which no VE starts. Measured on all hosts of the play, which are to be the nodes.
    type: float
  max_pressure:
    description:
      - The pressure in percent (PSI, C(some avg10), the highest of CPU, memory and I/O) above which no VE starts. Where the kernel has none it is not
        looked at.
    type: float
  load_gate_timeout:
    description: How long O(max_load) and O(max_pressure) may hold up the run. After that it goes on without them until they have been kept once.
    type: str
    default: 10min
  max_failures:
    description:
      - After how many VEs that failed the rest is withdrawn. A VE counts from its first failure beyond its O(retries), while it is not up.
      - By default a run that starts or stops goes on with the others, and fails at its end. One that moves or restarts ends before its next batch.
    type: int
  retries:
    description: How often a VE is tried again (its failures are cleaned up) that Pacemaker has given up.
    type: int
    default: 0
  timeout:
    description: How long it may take until all is done. The cluster goes on after that.
    type: str
    default: 1h
  take_over:
    description:
      - There is one run at a time on a cluster. A second one is refused while the first is at work, and told whose it is and since when.
      - One that was cut (its process is gone, or it was not heard of for longer than its O(timeout)) is finished or taken back by the next
        run, which says so first. V(true) does that with one of which it is not known whether it still works; if it does, it changes
        nothing any more from then on.
    type: bool
    default: false
  progress:
    description: V(full) is a line for each VE, V(summary) only failures, withdrawals and the end, V(none) nothing.
    type: str
    choices: [full, summary, none]
    default: full
  _request:
    description: Internal, set by the collection itself.
    type: dict
attributes:
  check_mode:
    description: Can run in check mode; it prints the plan, and returns it as RV(plan).
    support: full
  diff_mode:
    description: Shows the change of the target-roles, in check mode.
    support: partial
notes:
  - Run it on one node of the cluster (C(run_once)).
  - With a slow start in flight the cluster cannot fence another node, with this module or without it.
"""

EXAMPLES = r"""
- name: Start the VEs, a few at once
  openve.pacemaker.ve_stagger:
    ves:
      - {id: 101, start_order: 10}
      - {id: 102}
    timeout: 20min
  run_once: true

- name: Stop everything but what starts first
  openve.pacemaker.ve_stagger:
    state: stopped
    start_order: 11-
  run_once: true

- name: Empty a node, and put it into standby
  openve.pacemaker.ve_stagger:
    state: moved
    nodes: [n1]
    standby: true
  run_once: true

- name: Start what is left, not more than the nodes can take
  openve.pacemaker.ve_stagger:
    max_load: 1.5
    load_gate_timeout: 15min
    max_failures: 3
  run_once: true
"""

RETURN = r"""
plan:
  description: What is to be done, in this order. In check mode that is all that happens.
  type: list
  elements: dict
  returned: when there is a plan
  contains:
    name:
      description: Name of the resource.
      type: str
    batch:
      description: Number of the patch in which it is released.
      type: int
    start_order:
      description: As declared, or the highest of the VEs that start before it.
      type: int
    after:
      description: VEs that start before it.
      type: list
    node:
      description: Where it is.
      type: str
    to:
      description: Where Pacemaker's scheduler would put it.
      type: str
    live:
      description: Whether Pacemaker would migrate it live.
      type: bool
    seconds:
      description: How long it is expected to take; the last start if that is known, else boot_time; for a stop at most stop_grace.
      type: float
  sample:
    - {name: ve-101, batch: 1, start_order: 10, after: [], node: null, to: n1, live: false, seconds: 60}
    - {name: ve-102, batch: 1, start_order: 50, after: [], node: null, to: n2, live: false, seconds: 60}
    - {name: ve-103, batch: 1, start_order: 50, after: [ve-101], node: null, to: n3, live: false, seconds: 60}
names:
  description: Names of all VEs that are waited for.
  type: list
  elements: str
  returned: when there is a plan
  sample: [ve-101, ve-102, ve-103]
unmanaged:
  description: Names of VEs that are unmanaged and left alone.
  type: list
  elements: str
  returned: when there is a plan
  sample: []
stopped_by_hand:
  description: Names of VEs that were stopped by hand and stay so, see O(all).
  type: list
  elements: str
  returned: when there is a plan
  sample: []
standby_by_hand:
  description: Those of O(nodes) that somebody has put into standby by hand. They stay so, and are not to be brought back.
  type: list
  elements: str
  returned: when there is a plan
  sample: []
limit:
  description: The cluster's C(node-action-limit), 0 where there is none.
  type: int
  returned: when there is a plan
  sample: 2
per_node:
  description: How many VEs at once on a node, 0 where that is left to Pacemaker.
  type: int
  returned: when there is a plan
  sample: 2
total:
  description: O(total), 0 where it is not given.
  type: int
  returned: when there is a plan
  sample: 0
limits:
  description: For each node whether the limit is in force, see RV(openve.pacemaker.ve_info#module:limits).
  type: list
  elements: dict
  returned: when there is a plan
  sample:
    - node: n1
      limit: "2"
      in_force: "true"
      override: null
      why: its controller started after the last change (2026-11-22T20:09:41Z)
why_batches:
  description: Why the VEs are released in batches, such as V(the cluster has no node-action-limit); empty where Pacemaker's limits do the work.
  type: str
  returned: when there is a plan
  sample: ""
expected:
  description: Seconds that all of it would take without delays.
  type: float
  returned: when there is a plan
  sample: 60
expected_without_gap:
  description: Seconds that it would take without O(gap).
  type: float
  returned: when there is a plan, with O(gap)
  sample: 180
standby:
  description: For each node whether it would go into standby or come out of it; null without O(standby).
  type: dict
  returned: in check mode
  sample: {n1: true}
without_quorum:
  description: In words, where the other nodes have no quorum when those that would be emptied go down; else empty.
  type: str
  returned: in check mode
  sample: ""
released:
  description: Names of the VEs that this run released.
  type: list
  elements: str
  returned: when there is a plan, but not in check mode
  sample: [ve-101, ve-102, ve-103]
withdrawn:
  description: Those of them that were withdrawn.
  type: list
  elements: str
  returned: when there is a plan, but not in check mode
  sample: []
left_alone:
  description: Those of them that somebody else stopped or started meanwhile.
  type: list
  elements: str
  returned: when there is a plan, but not in check mode
  sample: []
ves:
  description: The VEs at the end.
  type: list
  elements: dict
  returned: when there is a plan, but not in check mode
  contains:
    name:
      description: Name of the resource.
      type: str
    state:
      description: V(started), V(starting), V(stopping), V(migrating), V(stopped), V(failed), V(unmanaged) or V(removed). On a node
        that is lost and not fenced yet it counts as V(stopped).
      type: str
    node:
      description: The node it is on, null where it is on none.
      type: str
    failures:
      description: Failed operations and their reasons.
      type: list
      elements: str
    took:
      description: Seconds that the start lasted by which it runs.
      type: float
    up_after:
      description: Seconds from the beginning until it was seen done, by one look every two seconds; null if it was so before.
      type: float
  sample:
    - {name: ve-101, state: started, node: n1, failures: [], took: 5.0, up_after: 6}
    - {name: ve-102, state: started, node: n2, failures: [], took: 5.0, up_after: 6}
    - {name: ve-103, state: started, node: n3, failures: [], took: 5.0, up_after: 6}
timeline:
  description: All that was seen.
  type: list
  elements: dict
  returned: when there is a plan, but not in check mode
  contains:
    at:
      description: Seconds since the beginning.
      type: float
    ve:
      description: Name of the resource; null for what is of a node or of the run.
      type: str
    event:
      description:
        - Of a VE V(released), V(withdrawn), V(taken over) (somebody else set its target-role), V(starting), V(up), V(stopping), V(down),
          V(migrating), V(failure), V(failed), V(retried), V(given up), V(unmanaged) or V(removed).
        - Of a node its new state, such as V(lost), V(offline), V(online) or V(standby), or V(back) when the run took it out of standby.
        - Of the run V(load gate closed), V(load gate open), V(maintenance), V(maintenance ended), V(no quorum) or V(quorum).
      type: str
    node:
      description: The node, where there is one.
      type: str
    text:
      description: What failed, and why; only with V(failure).
      type: str
  sample:
    - {at: 0, ve: ve-101, event: released, node: null}
    - {at: 0, ve: ve-102, event: released, node: null}
    - {at: 0, ve: ve-103, event: released, node: null}
    - {at: 2, ve: ve-101, event: starting, node: n1}
seconds:
  description: How long the run took.
  type: float
  returned: when there is a plan, but not in check mode
  sample: 6
interrupted:
  description: Whether Ctrl-C ended it.
  type: bool
  returned: when there is a plan, but not in check mode
  sample: false
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import ARGUMENT
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import ARGUMENTS


def main() -> None:
    module.run({**ARGUMENTS, ARGUMENT: {'type': 'dict'}}, ve_stagger.run)


if __name__ == '__main__':
    main()

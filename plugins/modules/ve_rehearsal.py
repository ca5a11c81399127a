#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r'''
module: ve_rehearsal
short_description: What the cluster will do when a node dies, before it does
version_added: "0.1.0"
author:
  - openve contributors (@openve)
description:
  - Asks Pacemaker's own scheduler what it would do at a cold boot, when a node is lost, drained or comes back, and replays
    that second by second under the limits of the cluster, as its controller would do it.
  - Guests of other agents are rehearsed too, C(VirtualDomain), C(Xen), C(lxc) and C(ocf:heartbeat:ManageVE); what is said of VEs
    holds for them, and where a start returns while the guest still boots, it boots on in the rehearsal as it does in the cluster.
  - Says for each scenario what starts where and when, how many VEs start at once on a node, when the last VE is up, how
    long each VE is down, and whether a timeout, a limit or C(shutdown-escalation) is too small for it.
  - Nothing is executed. The cluster is only read, or a file with its CIB is.
  - Where an assertion is given with O(assert) and broken, the module fails, with all it found and with what would help.
options:
  cib:
    description:
      - A file on the node that the module runs on with the CIB of a cluster, as C(cibadmin --query) prints it. The
        cluster need not be there.
      - By default the CIB of the cluster that this node belongs to.
    type: path
  scenarios:
    description:
      - What to rehearse. A kind, or a kind and the nodes that it is about.
      - V(boot), a cold boot of all nodes.
      - V(lose), each node alone, lost all of a sudden; V(lose n1 n2), these at once; V(lose pairs), each pair.
      - V(drain), each node put into standby; V(drain n1), this one.
      - V(return), each node comes back, after its loss where it is up, or out of standby; V(return n1), this one.
      - V(join), each node comes back as in V(return), but badly set up, so that the probes of the VEs answer what O(probe_rc)
        says there; V(join n1), this one.
    type: list
    elements: str
    default: [boot, lose, drain, return]
  probe_rc:
    description:
      - What the probes of the VEs answer on the node in a V(join), 1 to 6. Each is a scenario of its own.
    type: list
    elements: int
    default: [1, 5, 6]
  assert:
    description:
      - What is asserted. Where one of these does not hold the module fails.
    type: dict
    suboptions:
      peak_per_node:
        description:
          - At most so many VEs boot at once on a node, in any scenario.
        type: int
      peak_total:
        description:
          - At most so many VEs boot at once in the cluster, in any scenario.
        type: int
      recovery:
        description:
          - Within this time after the loss of nodes (V(lose)) the last VE is up.
        type: str
  advice:
    description:
      - Whether to try other limits even where no assertion is broken.
    type: bool
    default: false
  times:
    description:
      - How long things take of which nothing else tells. Times are written as V(90) or V(90s) (seconds), V(2m) or V(2min),
        V(1h), V(1500ms).
      - How long a start of a VE takes is taken from O(durations), else from its last start, which the CIB has, else from
        O(ves), else worked back from its start timeout where that is above the agent's own, else from here. The other
        times are taken from O(durations), else from the history in the CIB, else from here.
    type: dict
    suboptions:
      start:
        description:
          - The start of a VE.
        type: str
        default: 60s
      boot:
        description:
          - For how long a guest boots on after a start that does not wait for that. By default as O(times[start]); the start itself
            takes as long as the history says, else O(times[other]).
        type: str
      stop:
        description:
          - The stop of a VE.
        type: str
        default: 20s
      monitor:
        description:
          - The first run of a monitor.
        type: str
        default: 200ms
      probe:
        description:
          - A look whether a resource runs on a node. By default as O(times[monitor]).
        type: str
      other:
        description:
          - Any operation of a resource that is no VE, but its monitors and probes.
        type: str
        default: 1s
      fence:
        description:
          - Fencing of a node.
        type: str
        default: 30s
      detect:
        description:
          - From the loss of a node until the cluster acts on it.
        type: str
        default: 5s
      join:
        description:
          - From the start of Pacemaker on one node until the others have taken it in.
        type: str
        default: 2s
      elect:
        description:
          - From the start of Pacemaker on all nodes until they have a DC that acts. By default the cluster property
            C(dc-deadtime) and a second.
        type: str
  durations:
    description:
      - How long operations of single resources take, by the id of the resource, each with any of C(start), C(stop) and C(monitor),
        such as C(start=90s), and C(boot), for how long the guest boots on after a start that does not wait. It goes before all that is measured or declared.
    type: dict
    default: {}
  limits:
    description:
      - For nodes that have a C(PCMK_node_action_limit) of their own, this. A CIB does not have it.
    type: dict
    default: {}
  cores:
    description:
      - How many cores a node has. It matters where C(node-action-limit) is not set, as the limit is two operations for each
        core then. By default as many as the node that the module runs on has, and 4 where the CIB is in a file.
    type: int
  guests:
    description:
      - Agents whose resources are guests too, such as V(ocf:heartbeat:podman), beside those that are known as such (see the page of the
        rehearsal in the docs). With V(ocf:heartbeat:podman) or V(ocf:heartbeat:docker) the containers of bundles are guests, too.
    type: list
    elements: str
    default: []
  ves:
    description:
      - The VEs as they are declared to M(openve.pacemaker.ve_resources). Only their C(boot_time) is taken, for VEs
        whose last start the CIB does not know. What runs and where it runs is the CIB's to say.
    type: list
    elements: dict
  policy:
    description:
      - The policy as it is declared to M(openve.pacemaker.ve_resources), with O(ves). Only its C(boot_time) and C(settle) are
        taken.
    type: dict
  page:
    description:
      - A file on the controller for the page, self-contained HTML. By default none is written.
      - It is a report and no change, so it is written in check mode too.
    type: path
  show:
    description:
      - Whether to show it on the terminal.
    type: bool
    default: true
  measured:
    description:
      - What really happened, to be shown with what was rehearsed.
    type: dict
    suboptions:
      scenario:
        description:
          - The name of the scenario that it was, such as V(lose n1).
        type: str
        required: true
      since:
        description:
          - When it began, in UTC, such as V(2026-11-22T20:11:04Z).
        type: str
        required: true
      ves:
        description:
          - What M(openve.pacemaker.ve_info) says of the VEs afterwards, its RV(openve.pacemaker.ve_info#module:ves).
        type: list
        elements: dict
        required: true
attributes:
  check_mode:
    description: Changes nothing, in check mode or without; O(page) is written in both.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
requirements:
  - Python 3.8 or newer and Pacemaker 2.1 or newer, with its command line tools, on the node
notes:
  - Run it on one node of the cluster (C(run_once)), or with O(cib) anywhere, such as on the controller.
  - With E(CIB_file) in the environment it reads that file instead of a running cluster.
'''

EXAMPLES = r'''
- name: What happens when a node dies
  openve.pacemaker.ve_rehearsal:
  register: rehearsal
  run_once: true

- name: No more than two VEs start at once on a node, and all are up within 15 minutes, or this fails
  openve.pacemaker.ve_rehearsal:
    scenarios: [boot, lose]
    assert:
      peak_per_node: 2
      recovery: 15min
  run_once: true

- name: A cluster that is somewhere else
  openve.pacemaker.ve_rehearsal:
    cib: /tmp/their-cib.xml
    scenarios: [lose n1 n2, lose pairs, join n3]
    cores: 32
    times: {start: 90s, fence: 20s}
  delegate_to: localhost
'''

RETURN = r'''
scenarios:
  description: What happens in each scenario, in the order in which they were asked for.
  returned: success, or when an assertion is broken
  type: list
  elements: dict
  contains:
    name:
      description: The scenario, such as C(lose n1) or C(join n3 rc 5).
      type: str
    kind:
      description: V(boot), V(lose), V(drain), V(return) or V(join).
      type: str
    nodes:
      description: The nodes that it is about; for a boot all that start.
      type: list
      elements: str
    probe_rc:
      description: What every probe of a VE answers on the node that joins, in a V(join); otherwise null.
      type: int
    actions:
      description:
        - What is done, in the order in which it begins. What takes no time and is done with no resource is left out.
        - Times are seconds after the event. The event is the moment in which the node is lost, is put into standby or taken
          out of it, or starts Pacemaker.
      type: list
      elements: dict
      contains:
        resource:
          description: Id of the resource, with C(:NUMBER) for an instance of a clone; null where a node is fenced.
          type: str
        operation:
          description: V(start), V(stop), V(monitor) (the first run of a recurring one), V(probe), V(fence), V(migrate_to),
            V(migrate_from), V(promote), V(demote), V(notify), V(reload) or another of Pacemaker's.
          type: str
        node:
          description: Where it is done; the node that is fenced.
          type: str
        begin:
          description: When it begins.
          type: float
        waited:
          description: For how many seconds after RV(scenarios[].actions[].begin) it waits inside the agent for a free
            place (C(start_slots)) before the VE begins to boot. Nearly always 0.
          type: float
        end:
          description: When it has ended.
          type: float
        up:
          description: When the guest has booted, of a start that does not wait for that.
          type: float
          returned: where that is after RV(scenarios[].actions[].end)
        ve:
          description: Whether the resource is a guest, a VE or one of another agent.
          type: bool
        transition:
          description: In which of Pacemaker's transitions, from 1.
          type: int
        rc:
          description: What it returns, null where that is success (or, for a probe, that it does not run there).
          type: int
    peak:
      description: How many VEs boot at once at most, as C(per_node) (every node of the cluster) and C(total).
      type: dict
    fenced:
      description: The nodes that are fenced, with the second in which that is done.
      type: dict
    last_up:
      description: When the last VE that starts is up. Null where none starts.
      type: float
    duration:
      description: When the cluster has nothing left to do.
      type: float
    downtime:
      description: For each VE that is down for a while, for how many seconds it is. One that stays down is not in here.
      type: dict
    longest_wait:
      description: The longest time that a VE boots later than it would without any limits.
      type: float
    reaction:
      description: The longest operation. For so long, at worst, the cluster does nothing about a second failure, such as to
        fence that node.
      type: float
    healthy_down:
      description: VEs that ran on a node that nothing happened to and are stopped all the same, restarted or moved.
      type: list
      elements: str
    cannot_run:
      description: VEs that ran, or are to run, and at the end run nowhere.
      type: list
      elements: str
    transitions:
      description: How many transitions it took.
      type: int
    settled:
      description: Whether at the end nothing is left to do. If not, the cluster goes round in circles, and what is said
        here is of the first rounds only.
      type: bool
    verdicts:
      description: Judgements on this scenario.
      type: list
      elements: dict
      contains:
        rule:
          description: V(peak), V(peak-total), V(recovery), V(start-does-not-wait), V(start-timeout), V(stop-timeout),
            V(shutdown-escalation), V(failback), V(healthy-down), V(cannot-run) or V(unsettled).
          type: str
        level:
          description: V(ok), V(warning), or V(broken), an assertion that does not hold, or something that would fail.
          type: str
        asserted:
          description: Whether this is what O(assert) asked for. Only such a verdict makes the module fail.
          type: bool
        text:
          description: The judgement in words.
          type: str
        numbers:
          description: The numbers behind it; times in seconds.
          type: dict
        mend:
          description: What to do about it, where that is not what the rule advises.
          type: str
          returned: such as without quorum
  sample:
    - name: lose n1
      kind: lose
      nodes: [n1]
      probe_rc: null
      actions:
        - {resource: null, operation: fence, node: n1, begin: 5.0, waited: 0.0, end: 35.0, ve: false, transition: 1, rc: null}
        - {resource: ve-103, operation: start, node: n3, begin: 35.0, waited: 0.0, end: 76.8, ve: true, transition: 1, rc: null}
        - {resource: ve-101, operation: start, node: n2, begin: 35.0, waited: 0.0, end: 95.0, ve: true, transition: 1, rc: null}
        - {resource: ve-102, operation: start, node: n2, begin: 35.0, waited: 0.0, end: 125.0, ve: true, transition: 1, rc: null}
        - {resource: ve-103, operation: monitor, node: n3, begin: 76.8, waited: 0.0, end: 77.0, ve: true, transition: 1, rc: null}
        - {resource: ve-101, operation: monitor, node: n2, begin: 95.0, waited: 0.0, end: 95.2, ve: true, transition: 1, rc: null}
        - {resource: ve-104, operation: start, node: n2, begin: 95.2, waited: 0.0, end: 158.45, ve: true, transition: 1, rc: null}
        - {resource: ve-102, operation: monitor, node: n2, begin: 125.0, waited: 0.0, end: 125.2, ve: true, transition: 1, rc: null}
        - {resource: ve-104, operation: monitor, node: n2, begin: 158.45, waited: 0.0, end: 158.65, ve: true, transition: 1, rc: null}
      peak:
        per_node: {n1: 0, n2: 2, n3: 1}
        total: 3
      fenced: {n1: 35.0}
      last_up: 158.45
      duration: 158.65
      downtime: {ve-101: 95.0, ve-102: 125.0, ve-103: 76.8, ve-104: 158.45}
      longest_wait: 60.2
      reaction: 90.0
      healthy_down: []
      cannot_run: []
      transitions: 1
      settled: true
      verdicts:
        - rule: peak
          level: ok
          asserted: true
          text: at most 2 VEs boot at once on a node (n2); asked for at most 3
          numbers: {peak: 2, node: n2, limit: 2, asked: 3}
        - rule: recovery
          level: broken
          asserted: true
          text: the last VE (ve-104) is up after 2 min 38 s; asked for 2 min 10 s
          numbers: {last_up: 158.45, ve: ve-104, asked: 130.0}
        - rule: start-timeout
          level: ok
          asserted: false
          text: no start can take longer than its timeout; the nearest is ve-102 with up to 2 min 33 s of 3 min
          numbers: {ve: ve-102, start: 90.0, longest: 153.25, timeout: 180.0, count: 0}
    - name: drain n2
      kind: drain
      nodes: [n2]
      probe_rc: null
      actions:
        - {resource: ve-105, operation: stop, node: n2, begin: 0.0, waited: 0.0, end: 20.0, ve: true, transition: 1, rc: null}
        - {resource: ve-105, operation: start, node: n3, begin: 20.0, waited: 0.0, end: 65.0, ve: true, transition: 1, rc: null}
        - {resource: ve-105, operation: monitor, node: n3, begin: 65.0, waited: 0.0, end: 65.2, ve: true, transition: 1, rc: null}
      peak:
        per_node: {n1: 0, n2: 0, n3: 1}
        total: 1
      fenced: {}
      last_up: 65.0
      duration: 65.2
      downtime: {ve-105: 65.0}
      longest_wait: 0.0
      reaction: 45.0
      healthy_down: []
      cannot_run: []
      transitions: 1
      settled: true
      verdicts:
        - rule: peak
          level: ok
          asserted: true
          text: at most 1 VE boots at once on a node (n3); asked for at most 3
          numbers: {peak: 1, node: n3, limit: 2, asked: 3}
        - rule: recovery
          level: ok
          asserted: false
          text: the last VE (ve-105) is up after 65 s
          numbers: {last_up: 65.0, ve: ve-105, asked: null}
        - rule: start-timeout
          level: ok
          asserted: false
          text: no start can take longer than its timeout; the nearest is ve-105 with up to 45 s of 3 min
          numbers: {ve: ve-105, start: 45.0, longest: 45.0, timeout: 180.0, count: 0}
        - rule: shutdown-escalation
          level: ok
          asserted: false
          text: n2 is empty after 20 s, and within 2 min 30 s if each stop takes its whole timeout; shutdown-escalation is 20 min
          numbers: {node: n2, stops: 20.0, worst: 150.0, escalation: 1200.0, count: 1}
verdicts:
  description: Judgements on the cluster as a whole, in the shape of RV(scenarios[].verdicts). Here RV(scenarios[].verdicts[].rule)
    is V(no-guests), V(maintenance), V(fencing-off), V(no-limit), V(limit-not-in-force), V(priority),
    V(fencing-held-up) or V(restarts-at-upgrade).
  returned: success, or when an assertion is broken
  type: list
  elements: dict
  sample:
    - rule: priority
      level: ok
      asserted: false
      text: no priority is against the order of the constraints
      numbers: {}
    - rule: fencing-held-up
      level: ok
      asserted: false
      text: while ve-102 boots (90 s, at most its start timeout of 3 min) the cluster fences no other node; the next longest takes 63.2 s
      numbers: {ve: ve-102, start: 90.0, timeout: 180.0, next: 63.25}
advice:
  description:
    - What other limits would do, each rehearsed with the same scenarios. The first row is the cluster as it is.
    - Null unless an assertion is broken, or O(advice) asks for it.
  returned: success, or when an assertion is broken
  type: list
  elements: dict
  contains:
    starts_per_node:
      description: C(node-action-limit), and C(start_slots) of every VE. Null where none is set.
      type: int
    batch_limit:
      description: C(batch-limit); 0 is none.
      type: int
    peak:
      description: The highest peak on a node over all scenarios.
      type: int
    peak_total:
      description: The highest peak in the cluster over all scenarios.
      type: int
    recovery:
      description: The longest time until the last VE is up, over all scenarios in which nodes are lost, or over all where
        none is. Null where no VE starts.
      type: float
    longest_wait:
      description: As in RV(scenarios[].longest_wait), over all scenarios.
      type: float
    reaction:
      description: The longest operation.
      type: float
    satisfies:
      description: Whether all assertions hold.
      type: bool
    recommended:
      description: Whether this is the smallest change that satisfies them. At most one row is.
      type: bool
    current:
      description: Whether this is how the cluster is now.
      type: bool
  sample:
    - {starts_per_node: 2, batch_limit: 0, peak: 2, peak_total: 3, recovery: 158.45, longest_wait: 60.2, reaction: 90.0, satisfies: false, recommended: false,
      current: true}
    - {starts_per_node: 1, batch_limit: 0, peak: 1, peak_total: 2, recovery: 248.65, longest_wait: 150.4, reaction: 90.0, satisfies: false, recommended: false,
      current: false}
    - {starts_per_node: 3, batch_limit: 0, peak: 3, peak_total: 4, recovery: 125.0, longest_wait: 0.0, reaction: 90.0, satisfies: true, recommended: true,
      current: false}
durations:
  description: For each VE how many seconds its operations are taken to last.
  returned: success, or when an assertion is broken
  type: dict
  contains:
    start:
      description: Its start.
      type: float
    stop:
      description: Its stop.
      type: float
    monitor:
      description: A monitor or a probe.
      type: float
    boot:
      description: For how long it boots on after a start that does not wait for that.
      type: float
      returned: for guests whose start does not wait
    boot_from:
      description: Where that comes from, V(given), V(boot_time) or V(default), O(times[boot]).
      type: str
      returned: for guests whose start does not wait
    from:
      description:
        - Where the time of the start comes from.
        - V(given), with O(durations). V(history), its last start, which the CIB has. V(boot_time), declared with O(ves).
          V(timeout), the declared boot time worked back from its start timeout. V(default), O(times[start]).
      type: str
    stop_from:
      description: The same of the stop; V(given), V(history) or V(default).
      type: str
  sample:
    ve-101: {start: 60.0, stop: 20.0, monitor: 0.2, from: default, stop_from: default}
    ve-102: {start: 90.0, stop: 20.0, monitor: 0.2, from: boot_time, stop_from: default}
    ve-103: {start: 41.8, stop: 12.0, monitor: 0.2, from: history, stop_from: given}
    ve-104: {start: 63.25, stop: 20.0, monitor: 0.2, from: history, stop_from: default}
    ve-105: {start: 45.0, stop: 20.0, monitor: 0.2, from: given, stop_from: default}
limits:
  description: For each node how many operations run there at once at most.
  returned: success, or when an assertion is broken
  type: dict
  sample: {n1: 2, n2: 2, n3: 2}
batch_limit:
  description: How many operations run at once in the whole cluster at most. 0 is no limit.
  returned: success, or when an assertion is broken
  type: int
  sample: 0
nodes:
  description: The nodes of the cluster.
  returned: success, or when an assertion is broken
  type: list
  elements: str
  sample: [n1, n2, n3]
guests:
  description: The guests, VEs and those of other agents, by the agent. Instances of clones are not among them.
  returned: success, or when an assertion is broken
  type: dict
  sample:
    ocf:openve:ManageVE: [ve-101, ve-102, ve-103, ve-104, ve-105]
others:
  description: Resources that are no guests, fencing devices left out. They take part, and count against the limits.
  returned: success, or when an assertion is broken
  type: list
  elements: str
  sample: [cluster-ip]
assumptions:
  description: What was assumed because nothing tells it, a sentence each.
  returned: success, or when an assertion is broken
  type: list
  elements: str
  sample:
    - no node has a PCMK_node_action_limit of its own (limits)
    - 'the start of ve-101 takes 60 s (times: start); nothing tells how long it took or is to take'
    - 'the stop of ve-101, ve-102, ve-104, ve-105 takes 20 s (times: stop); nothing tells how long it took or is to take'
    - 'a lost node is noticed after 5 s (times: detect), and fencing takes 30 s (times: fence)'
    - the nodes' load stays below load-threshold; above it they start fewer at once
    - every operation succeeds, and takes as long however many others run
    - a fenced node does not come back within the scenario; each node has one vote, and of two nodes one has quorum
    - the DC is not the node that is lost, or its successor knows the limits of all nodes
assertions:
  description: What O(assert) asked for; times in seconds.
  returned: success, or when an assertion is broken
  type: dict
  sample: {peak_per_node: 3, recovery: 130.0}
broken:
  description: The texts of the broken assertions, each with the name of its scenario.
  returned: success, or when an assertion is broken
  type: list
  elements: str
  sample:
    - 'lose n1: the last VE (ve-104) is up after 2 min 38 s; asked for 2 min 10 s'
source:
  description: V(live) or V(file).
  returned: success, or when an assertion is broken
  type: str
  sample: file
pacemaker:
  description: The version of the tools that were asked.
  returned: success, or when an assertion is broken
  type: str
  sample: 2.1.5
feature_set:
  description: The feature set of Pacemaker that wrote the CIB.
  returned: success, or when an assertion is broken
  type: str
  sample: 3.16.1
page:
  description: The file with the page.
  returned: when O(page) is given
  type: str
  sample: /home/me/rehearsal.html
commands:
  description: The commands that were run.
  returned: always
  type: list
  elements: str
  sample: [cibadmin --query]
'''

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_rehearsal
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS


def main() -> None:
    module.run(
        dict(
            FIELDS,
            cib=dict(type='path'),
            ves=dict(type='list', elements='dict'),
            policy=dict(type='dict'),
            # These are for the controller, and are not handed on to here.
            page=dict(type='path'),
            show=dict(type='bool', default=True),
            measured=dict(
                type='dict',
                options=dict(
                    scenario=dict(type='str', required=True),
                    since=dict(type='str', required=True),
                    ves=dict(type='list', elements='dict', required=True),
                ),
            ),
        ),
        ve_rehearsal.run,
        validate.complaint,
    )


if __name__ == '__main__':
    main()

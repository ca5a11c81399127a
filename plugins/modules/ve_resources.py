#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r'''
module: ve_resources
short_description: Declare system containers as Pacemaker resources
version_added: "0.1.0"
author:
  - openve contributors (@openve)
description:
  - Brings the resources, constraints and cluster properties of all declared VEs into the cluster's configuration (CIB),
    in one patch.
  - Computes the timeouts, priorities and limits that make them start a few at once and stop in time, and says of every
    number where it comes from.
  - Owns only what it declares. A declared VE's resource is set as a whole, but for target-role, is-managed and
    maintenance, which stay as an admin set them unless O(ves[].state) or O(ves[].meta) says otherwise, and for attribute
    sets with a rule. Other resources, constraints and properties are never changed.
  - When somebody else edits the CIB at the same time, nobody's edit is lost.
  - Wrong input is refused as a whole, with every mistake in one message.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
  - openve.pacemaker.model.policy
options:
  purge:
    description:
      - Whether to remove the resources of the agent C(ocf:openve:ManageVE) that are not declared, and their constraints.
      - Nothing else is removed. Of the VEs that have an owner only those of O(owner) are, and with O(owner) no others, see
        RV(spared).
      - Not for a list beside others on the same cluster, unless each has its O(owner).
      - One that runs is a reason to refuse, see O(allow_restart). It is stopped first, with its own timeout.
      - Refused with an empty list, see O(purge_all).
    type: bool
    default: false
  purge_all:
    description:
      - Whether O(purge) may find the list O(ves) empty, and so remove every VE. A misspelt variable would be enough for that.
    type: bool
    default: false
  owner:
    description:
      - A name for this list, where several teams or plays have each their own on one cluster. It is noted at every VE that is
        declared here, as the meta attribute C(openve-owner).
      - A VE with another owner is refused, whether it is declared here, with O(ves[].state=absent) or otherwise.
    type: str
  new:
    description:
      - Whether the cluster starts VEs that it did not have before. V(stopped) creates them stopped, so that the role
        P(openve.pacemaker.stagger#role) can start them a few at once.
      - Holds where O(ves[].state) is not given. VEs that exist keep their state.
    type: str
    choices:
      - started
      - stopped
    default: started
  allow_restart:
    description:
      - Whether the change may stop, restart or move VEs that run. By default such a change is refused, with the list.
      - Pacemaker's scheduler is asked what it would do with and without the change, so what was due anyway does not
        count. Stopping a VE that is declared with O(ves[].state=stopped) or O(ves[].state=absent) is no reason to refuse.
      - What Pacemaker does only later counts as well. In maintenance mode (of the cluster, a node or a resource), with
        C(is-managed=false), with nodes in standby and without quorum it is asked what it does when that has ended.
    type: bool
    default: false
  rehearse:
    description:
      - Rehearse on the configuration that is about to be applied, as M(openve.pacemaker.ve_rehearsal) does, and apply it only
        if what O(rehearse[assert]) asks for holds then. Where nothing changes nothing is rehearsed.
      - V({}) rehearses the usual scenarios and refuses nothing.
    type: dict
    suboptions:
      scenarios:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:scenarios).
        type: list
        elements: str
        default: [boot, lose, drain, return]
      probe_rc:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:probe_rc).
        type: list
        elements: int
        default: [1, 5, 6]
      assert:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:assert).
        type: dict
        suboptions:
          peak_per_node:
            description:
              - At most so many VEs boot at once on a node.
            type: int
          peak_total:
            description:
              - At most so many VEs boot at once in the cluster.
            type: int
          recovery:
            description:
              - Within this time after the loss of nodes the last VE is up.
            type: str
      advice:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:advice).
        type: bool
        default: false
      times:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:times).
        type: dict
        suboptions:
          start:
            description:
              - The start of a VE.
            type: str
            default: 60s
          boot:
            description:
              - For how long a guest boots on after a start that does not wait for that.
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
              - A look whether a resource runs on a node.
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
              - From the start of Pacemaker on all nodes until they have a DC that acts.
            type: str
      guests:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:guests).
        type: list
        elements: str
        default: []
      durations:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:durations).
        type: dict
        default: {}
      limits:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:limits).
        type: dict
        default: {}
      cores:
        description:
          - As O(openve.pacemaker.ve_rehearsal#module:cores).
        type: int
  backup_keep:
    description:
      - How many earlier configurations to keep. Before each change the configuration is saved on the node where the module
        runs, in C(/var/lib/openve/cib), readable by root only; where that fails nothing is changed.
      - With E(CIB_file) in the environment it is saved beside that file.
      - V(0) saves nothing, and removes nothing.
    type: int
    default: 10
  wait:
    description:
      - Whether to wait until the cluster has nothing left to do. It is a failure when a declared VE that is to run is not
        up then, with the agent's reason.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait at most, as V(600s) or V(10min).
    type: str
    default: 10min
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status without modifying the cluster.
    support: full
    details:
      - Computes and verifies the very same patch.
  diff_mode:
    description: Returns what differs in the configuration, before and after, as readable XML.
    support: full
  idempotent:
    description: A second run with the same arguments changes nothing.
    support: full
requirements:
  - Python 3.8 or newer and Pacemaker 2.1 or newer, with its command line tools, on the node
notes:
  - Run it on one node of the cluster (C(run_once)); the configuration is the cluster's.
  - With E(CIB_file) in the environment it works on that file instead of a running cluster.
  - A changed C(node-action-limit) is not in force on a node before that node's Pacemaker restarts or its throttle mode
    changes. RV(limits) says so, and the role P(openve.pacemaker.resources#role) can put it in force.
'''

EXAMPLES = r'''
- name: Three VEs, two starts at once on a node
  openve.pacemaker.ve_resources:
    ves:
      - id: 101
        name: db
        start_order: 10
        boot_time: 90s
        stop_grace: 5min
      - id: 102
        name: web1
        after: [db]
        apart: [web2]
        prefer: [n1, n2]
      - id: 103
        name: web2
        after: [db]
        prefer: [n2, n1]
    policy:
      starts_per_node: 2
  run_once: true

- name: Change it only if a rehearsal of the result says that all is up again 15 minutes after a node was lost
  openve.pacemaker.ve_resources:
    ves: "{{ openve_ves }}"
    rehearse:
      scenarios: [lose]
      assert: {recovery: 15min, peak_per_node: 2}
  run_once: true

- name: LXC containers on shared storage, created stopped, for the role stagger to start them
  openve.pacemaker.ve_resources:
    ves:
      - id: mail
        engine: lxc
        needs: [fs-vz-clone]
        monitor:
          command: "nc -z localhost 25"
    new: stopped
  run_once: true

- name: See what would change, and where the numbers come from
  openve.pacemaker.ve_resources:
    ves: "{{ openve_ves }}"
    policy: "{{ openve_policy }}"
    purge: true
  run_once: true
  check_mode: true
  diff: true
  register: planned
'''

RETURN = r'''
created:
  description: Names of the VEs whose resources were created.
  returned: success
  type: list
  elements: str
  sample: [web1]
updated:
  description: Names of the VEs whose resources or constraints were changed.
  returned: success
  type: list
  elements: str
  sample: [db]
removed:
  description: Names of the VEs whose resources were removed, absent ones and with O(purge) undeclared ones.
  returned: success
  type: list
  elements: str
  sample: [web2]
predicted:
  description: What Pacemaker does because of this change with what runs, other people's resources too.
  returned: success, or when the change was refused
  type: list
  elements: dict
  contains:
    resource:
      description: Id of the resource.
      type: str
    action:
      description: What is done with it, such as V(restart), V(stop), V(move), V(recover), V(migrate) or V(reload).
      type: str
    node:
      description: Where it runs.
      type: str
    reason:
      description: Pacemaker's reason.
      type: str
    held_back_by:
      description: What has to end before that is done, such as maintenance mode; empty where it is done at once.
      type: list
      elements: str
  sample:
    - resource: db
      action: restart
      node: n2
      reason: ""
      held_back_by: []
    - resource: web2
      action: stop
      node: n3
      reason: node availability
      held_back_by: []
reprobed:
  description:
    - VEs at which Pacemaker looks anew after this change, so that it knows them by their new parameters.
    - With Pacemaker 3, after it was restarted under running VEs. Nothing is done with them, not even a reload.
    - While it looks, for some seconds, they are not managed.
  returned: success
  type: list
  elements: str
  sample: []
explain:
  description: Where each derived number comes from. A number that holds for several VEs is there once.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: What the number is.
      type: str
    value:
      description: The number as it is in the CIB. For shutdown-escalation what is needed at least.
      type: str
    formula:
      description: How it was computed.
      type: str
    inputs:
      description: What went into the formula.
      type: dict
    ves:
      description: Names of the VEs that it holds for; empty where it holds for the cluster.
      type: list
      elements: str
  sample:
    - what: stop timeout
      value: 365s
      formula: stop_grace + forced stop and unmount + the agent's reserve, at least what the agent advertises
      inputs:
        advertised: 150s
        forced: 54750ms
        reserve: 10s
        stop_grace: 300s
      ves: [db]
spared:
  description: Names of undeclared VEs that O(purge) left, because they are another owner's, or nobody's.
  returned: success
  type: list
  elements: str
  sample: []
properties:
  description: The cluster properties that the policy decides.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The property.
      type: str
    old:
      description: Its value before, null where it was not set.
      type: str
    new:
      description: Its value now.
      type: str
    changed:
      description: Whether the value changed.
      type: bool
    foreign:
      description: Ids of the resources that are no VEs of ours and that the property concerns too.
      type: list
      elements: str
    concerns:
      description: What the property means for these.
      type: str
  sample:
    - name: node-action-limit
      old: null
      new: "2"
      changed: true
      foreign: [cluster-ip]
      concerns: their starts, stops and probes on a node count against this limit as well
patch:
  description: The patch that was given to C(cibadmin --patch), or in check mode would be; empty where nothing changed.
  returned: success
  type: str
  sample: '<diff format="2">...<change operation="create" path="/cib/configuration/resources" ...>...</change>...</diff>...'
attempts:
  description: How often the patch was pushed until it found the CIB unedited by others; 0 where nothing was pushed.
  returned: success
  type: int
  sample: 1
limits:
  description: For each node whether it is held to C(node-action-limit), as in RV(openve.pacemaker.ve_info#module:limits).
  returned: success, but not in check mode
  type: list
  elements: dict
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
rehearsal:
  description:
    - What the rehearsal said, as M(openve.pacemaker.ve_rehearsal) returns it. Null where none was asked for, or nothing changed.
    - Where it made the change be refused, without the single actions and times down.
  returned: success, or when it made the change be refused
  type: dict
  sample: null
backup:
  description: The file with the configuration as it was before, null where nothing was changed or saved.
  returned: success
  type: str
  sample: /var/lib/openve/cib/cib-20261122T201104Z-0.17.xml
restore:
  description:
    - The command that brings that configuration back, on this node. It takes back what others changed after that, too.
    - Null where nothing was changed or saved.
  returned: success
  type: str
  sample: cibadmin --replace --scope configuration --xml-file /var/lib/openve/cib/cib-20261122T201104Z-0.17.xml
commands:
  description: The commands that were run.
  returned: always
  type: list
  elements: str
  sample: [cibadmin --query, crm_verify --verbose --xml-pipe, cibadmin --patch --xml-pipe --timeout=300]
pending:
  description: What the cluster had still to do.
  returned: when it had not settled within O(wait_timeout)
  type: list
  elements: str
  sample: [web1_start_0 on n1]
not_up:
  description: The declared VEs that are to run and are not up.
  returned: when waiting failed
  type: list
  elements: dict
  contains:
    name:
      description: Name of the VE.
      type: str
    state:
      description: As in RV(openve.pacemaker.ve_info#module:ves[].state).
      type: str
    node:
      description: The node it is on, null where it is on none.
      type: str
    failures:
      description: Failed operations, with the agent's reason.
      type: list
      elements: str
  sample:
    - name: web1
      state: stopped
      node: null
      failures: ["start on n2: not installed (there is no such container on this host)"]
problems:
  description: Every mistake in the arguments, or everything in this cluster that stands in their way.
  returned: when the arguments are refused
  type: list
  elements: str
  sample: ["VE web1: after: no VE dbs is declared, here or in this cluster; did you mean db?"]
'''

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.options import ARGUMENTS


def main():
    module.run(
        dict(ARGUMENTS, rehearse=dict(type='dict', options=FIELDS)),
        ve_resources.run,
        validate.complaint,
    )


if __name__ == '__main__':
    main()

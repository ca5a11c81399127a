# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module about declared VEs takes; the fields are those of module_utils/_declaration/model.py."""

from __future__ import annotations


class ModuleDocFragment:
    VES = r'''
options:
  ves:
    description:
      - The VEs, each with at least an O(ves[].id).
      - Times are written as V(90) or V(90s) (seconds), V(2m) or V(2min), V(1h), V(1500ms).
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description:
          - The id of the VE, as its engine knows it. For V(vzctl) a number, a name or a UUID, where V(0101) is the same
            as V(101). For V(lxc) the name of the container.
          - Quote an id that begins with V(0) or is a word like V(on). To YAML an unquoted V(0101) is the octal number 65.
        type: raw
        required: true
      name:
        description:
          - The id of its resource in the cluster. By default V(ve-) and the O(ves[].id).
        type: str
      engine:
        description:
          - What runs the VE.
        type: str
        choices:
          - vzctl
          - lxc
        default: vzctl
      start_order:
        description:
          - Lower starts first, among those that wait for a free place. Resources that are not declared here, such as
            an IP address or a database, start before all VEs.
        type: int
        default: 50
      boot_time:
        description:
          - How long the slowest boot takes, while others boot too. By default C(policy.boot_time).
        type: str
      stop_grace:
        description:
          - How long the VE may take to shut down before it is stopped by force. By default C(policy.stop_grace).
        type: str
      settle:
        description:
          - A pause after the VE has booted, before the next one starts in its place; in a failover too. By default
            C(policy.settle).
        type: str
      monitor:
        description:
          - How the VE is watched.
        type: dict
        suboptions:
          interval:
            description:
              - Time between two looks at the VE's state.
            type: str
            default: 10s
          timeout:
            description:
              - How long one look may take.
            type: str
            default: 30s
          command:
            description:
              - A command that is run inside the VE in addition, once a minute; if it fails, the VE counts as failed.
            type: str
      prefer:
        description:
          - Nodes, the first choice first. Where none of them is up the VE runs on any other node.
        type: list
        elements: str
        default: []
      after:
        description:
          - Names of VEs that start before this one where they start together. When one of them restarts or fails,
            this one stays as it is.
        type: list
        elements: str
        default: []
      needs:
        description:
          - Resources of the cluster (storage, network) that have to be up on the same node before the VE starts.
            They must exist; they are never changed.
          - Of a promotable clone (such as DRBD) the VE needs the promoted instance. It starts after the promotion, and on that node.
          - A resource is given by its name, or as a mapping of C(name) and C(role). V(started) is enough with an instance
            that is not promoted; V(promoted) is refused where nothing is ever promoted.
        type: list
        elements: raw
        default: []
      apart:
        description:
          - Names of VEs that had better not be on the same node. Where there is no other node they share one.
        type: list
        elements: str
        default: []
      utilization:
        description:
          - What the VE takes of a node's capacity, as whole numbers without a unit. Needs the cluster property
            C(placement-strategy).
        type: dict
        default: {}
      state:
        description:
          - V(started) and V(stopped) set the resource's target-role and make it managed; V(unmanaged) has the cluster
            leave the VE alone. V(absent) stops the VE and removes its resource; the VE stays on its host.
          - Left out, whatever an admin has set by hand on target-role and is-managed stays.
        type: str
        choices: [started, stopped, unmanaged, absent]
      params:
        description:
          - More parameters of the agent, such as C(ready_command), C(ready_timeout), C(start_wait), C(force_stop),
            C(on_dump), C(monitor_failures) and C(lxc_path). Those that another field or the C(policy) decides are refused here.
        type: dict
        default: {}
      meta:
        description:
          - More meta attributes of the resource, such as C(allow-migrate). Those that another field or the C(policy)
            decides are refused here.
        type: dict
        default: {}
'''

    POLICY = r'''
options:
  policy:
    description:
      - What holds for all VEs.
    type: dict
    suboptions:
      starts_per_node:
        description:
          - How many VEs start or stop at once on a node. Sets the cluster property C(node-action-limit), and the same
            limit in the agent as a second line.
          - V(0) means no limit of ours; C(node-action-limit) is left as it is.
        type: int
        default: 2
      starts_total:
        description:
          - How many actions the whole cluster runs at once. Sets the cluster property C(batch-limit).
          - V(0) leaves it as it is.
        type: int
        default: 0
      boot_time:
        description:
          - How long the slowest boot takes, while others boot too.
        type: str
        default: 60s
      settle:
        description:
          - A pause after a VE has booted, before the next one starts in its place; in a failover too.
        type: str
        default: 0s
      slow_boot:
        description:
          - What it means when a VE runs, but has not finished booting in time. V(proceed) takes it for started, with a
            warning in the log; V(fail) takes it for failed.
        type: str
        choices:
          - proceed
          - fail
        default: proceed
      stop_grace:
        description:
          - How long a VE may take to shut down before it is stopped by force.
        type: str
        default: 120s
      failback:
        description:
          - Whether a running VE moves back when a node returns that it prefers.
        type: bool
        default: false
      load_threshold:
        description:
          - The load at which Pacemaker slows down, as V(80%); V(0%) switches that off. Sets the property C(load-threshold).
          - Left out, it is left as it is; Pacemaker's own default is 80%.
        type: str
      failures_before_move:
        description:
          - After how many failures on a node a VE moves to another one. V(0) never moves it, and a failed start is tried again there
            without end, whatever O(policy.retry_start) says.
        type: int
        default: 3
      retry_start:
        description:
          - Whether a failed start is tried again on the same node until O(policy.failures_before_move). Sets the cluster
            property C(start-failure-is-fatal) to V(false), which holds for every resource of the cluster.
          - V(false) leaves the property as it is.
        type: bool
        default: false
      failure_timeout:
        description:
          - After how long a failure is forgotten.
        type: str
        default: 1h
'''

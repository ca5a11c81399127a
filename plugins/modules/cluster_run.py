#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_run
short_description: Marks a cluster as that of one run of several steps, and takes back what a run that was cut has left
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - A run of several steps, such as a restart of Pacemaker on one node after another in C(maintenance-mode), may be ended at any of them, by
    Ctrl-C, with the controller or with a node. What it has begun stands in the CIB from its first step to its last, so that the
    next run can take it back, and no second one begins meanwhile. M(openve.pacemaker.ve_stagger) and M(openve.pacemaker.cluster_nudge) mark
    their runs themselves; any of these takes back what any other has left.
  - The mark is a set C(openve-run) among the cluster properties, with names that Pacemaker passes by.
options:
  state:
    description:
      - V(begun) marks the cluster and sets O(properties), in one patch. Another run must not be at work.
      - V(ended) sets the properties back and takes the mark away, in one patch. What somebody else has set meanwhile stays. It changes
        nothing where the run has ended already.
      - V(recovered) only takes back what a run that was cut has left, and reports it as a warning. It fails where another run is at work; in
        check mode that is a warning.
    type: str
    choices: [begun, ended, recovered]
    default: recovered
  what:
    description: What the run does, as others are told while it is at work, such as V(restarts Pacemaker).
    type: str
    default: does something
  properties:
    description: Cluster properties that are to be other ones during the run.
    type: dict
    default: {}
  wait:
    description: First wait until the cluster has nothing left to do, at most for so long, and fail where it has. By default nothing is waited for.
    type: str
  lasts:
    description: For how long the run may be at work before one of another controller takes it for dead.
    type: str
    default: 1h
  take_over:
    description: Take the place of another run of which it is not known whether it still works.
    type: bool
    default: false
  _run:
    description: Internal, set by the collection itself.
    type: dict
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Only the mark and the properties are changed.
    support: none
notes:
  - Run it on one node of the cluster (C(run_once)).
  - A run is that of one C(ansible-playbook). When its process has ended, the next run on the same controller takes it for cut.
"""

EXAMPLES = r"""
- name: Do something in maintenance mode
  block:
    - name: Have the cluster leave its resources alone
      openve.pacemaker.cluster_run:
        state: begun
        what: changes the network
        properties: {maintenance-mode: true}
        wait: 10min
      run_once: true

    - name: Change the network
      ansible.builtin.include_tasks: network.yml
  always:
    - name: Have the cluster manage its resources again
      openve.pacemaker.cluster_run:
        state: ended
      run_once: true
"""

RETURN = r"""
found:
  description: The run that was cut and is taken back, as it stood in the CIB; null where there was none.
  type: dict
  returned: success
  sample:
    owner: root@controller
    what: restarts Pacemaker
    since: "2026-11-29T10:00:00Z"
properties:
  description: The properties that are set for the time of the run, with what they were before it; null for one that was not set.
  type: dict
  returned: success
  sample: {maintenance-mode: null}
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_run

ARGUMENTS = {
    'state': {'type': 'str', 'choices': ['begun', 'ended', 'recovered'], 'default': 'recovered'},
    'what': {'type': 'str', 'default': 'does something'},
    'properties': {'type': 'dict', 'default': {}},
    'wait': {'type': 'str'},
    'lasts': {'type': 'str', 'default': '1h'},
    'take_over': {'type': 'bool', 'default': False},
    '_run': {'type': 'dict'},
}


def main():
    module.run(ARGUMENTS, cluster_run.run)


if __name__ == '__main__':
    main()

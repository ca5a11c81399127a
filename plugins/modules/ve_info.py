#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_info
short_description: What the cluster says of its VEs
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - State, node and failures of the VEs, as Pacemaker knows them now.
  - A VE on a node that is lost and not fenced yet does not count as started, whatever the cluster still lists.
options:
  names:
    description: Names of the resources. By default all resources of the agent C(ocf:openve:ManageVE).
    type: list
    elements: str
attributes:
  check_mode:
    description: Changes nothing, in check mode or without.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - Run it on one node of the cluster (C(run_once)).
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
      description: V(started), V(starting), V(stopping), V(migrating), V(stopped), V(failed) or V(unmanaged).
      type: str
    node:
      description: The node it is on, null where it is on none.
      type: str
    failures:
      description: Failed operations, with the agent's reason.
      type: list
      elements: str
  sample:
    - {name: ve-101, state: started, node: n1, failures: []}
    - {name: ve-102, state: stopped, node: null, failures: ["start on n2: error (no configuration of CT 102)"]}
idle:
  description: Whether the cluster has nothing under way, so that what is not up by now stays down.
  type: bool
  returned: success
  sample: true
"""

from ansible_collections.openve.pacemaker.plugins.module_utils import module, stagger


def main():
    module.run({'names': {'type': 'list', 'elements': 'str'}}, stagger.info)


if __name__ == '__main__':
    main()

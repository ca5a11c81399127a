#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_stagger
short_description: Starts VEs a few at once, in order, and shows how it goes
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Releases all declared VEs that are stopped in one patch. Pacemaker then starts them by priority, as many at once on
    a node as its C(node-action-limit) allows (see O(openve.pacemaker.ve_resources#module:policy.starts_per_node)).
  - Watches until all are up, and prints a line for each as it comes up.
  - A VE that is up costs nothing, so that it can be run again after a failure or Ctrl-C and goes on where it was.
  - Fails when the cluster has nothing left to do and a VE is not up, and says why, in the agent's own words.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
options:
  timeout:
    description: How long it may take until all are up. The cluster goes on starting them after that.
    type: str
    default: 1h
attributes:
  check_mode:
    description: Can run in check mode, and tells what would be released.
    support: full
  diff_mode:
    description: Shows the CIB's change.
    support: full
notes:
  - Run it on one node of the cluster (C(run_once)).
"""

EXAMPLES = r"""
- name: Start the VEs, a few at once
  openve.pacemaker.ve_stagger:
    ves:
      - {id: 101, start_order: 10}
      - {id: 102}
    timeout: 20min
  run_once: true
"""

RETURN = r"""
released:
  description: Names of the VEs that were stopped and were released.
  type: list
  elements: str
  returned: success
  sample: [ve-101, ve-102]
names:
  description: Names of all VEs that are to run, in the order of their start.
  type: list
  elements: str
  returned: success
  sample: [ve-101, ve-102, ve-103]
ves:
  description: The VEs in the order of their start.
  type: list
  elements: dict
  returned: always, but in check mode
  contains:
    name:
      description: Name of the resource.
      type: str
    start_order:
      description: As declared.
      type: int
    state:
      description: V(started), V(starting), V(stopping), V(migrating), V(stopped), V(failed) or V(unmanaged). On a node
        that is lost and not fenced yet it counts as V(stopped).
      type: str
    node:
      description: The node it is on, null where it is on none.
      type: str
    failures:
      description: Failed operations and their reasons.
      type: list
      elements: str
    up_after:
      description: Seconds from the release until it was seen up, by one look every two seconds; null if it was up before.
      type: float
  sample:
    - {name: ve-101, state: started, node: n1, failures: [], up_after: 8.1}
"""

from ansible_collections.openve.pacemaker.plugins.module_utils import module, stagger
from ansible_collections.openve.pacemaker.plugins.module_utils.model import VE_FIELDS


def main():
    module.run({
        'ves': {'type': 'list', 'elements': 'dict', 'required': True, 'options': VE_FIELDS},
        'timeout': {'type': 'str', 'default': '1h'},
    }, stagger.release)


if __name__ == '__main__':
    main()

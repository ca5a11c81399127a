#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_settings
short_description: Fencing devices and cluster options, from the first second of a cluster
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Puts fencing devices, cluster options and the policy's limits into the CIB, in one guarded patch.
  - With O(seed) it writes them into the first CIB of a node whose Pacemaker never ran. A limit on starts that is set
    later than that is not in force until the node's Pacemaker is restarted.
  - Owns what it is given and nothing else. Removes no fencing device.
options:
  fencing:
    description:
      - Fencing devices. An empty list sets C(stonith-enabled) to V(false); where a cluster calls it C(fencing-enabled), that.
      - A device that is not there yet is tried again 5 min after it failed (C(failure-timeout)), and its operations may take 60 s.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Name of the resource.
        type: str
        required: true
      agent:
        description: The fencing agent, such as V(fence_ipmilan).
        type: str
        required: true
      hosts:
        description: Nodes that the device can fence (C(pcmk_host_list)). Not needed with C(pcmk_host_map) among the options.
        type: list
        elements: str
        default: []
      options:
        description: The agent's parameters, and Pacemaker's own that begin with C(pcmk_).
        type: dict
        default: {}
      secrets:
        description: The agent's parameters that must not be shown or logged, such as C(password).
        type: dict
        default: {}
  disable_fencing:
    description:
      - Whether an empty O(fencing) may switch off the fencing of a cluster that has a fencing device. Without it that is an error, and
        nothing is changed.
    type: bool
    default: false
  properties:
    description: Cluster options, by name.
    type: dict
    default: {}
  seed:
    description: Whether to write the first CIB of this node instead. Changes nothing where there is a CIB.
    type: bool
    default: false
extends_documentation_fragment:
  - openve.pacemaker.model.policy
attributes:
  check_mode:
    description: Can run in check mode, and tells what would change.
    support: full
  diff_mode:
    description: Shows the CIB's change, the secrets in it hidden.
    support: full
"""

EXAMPLES = r"""
- name: Fence by IPMI
  openve.pacemaker.cluster_settings:
    policy:
      starts_per_node: 2
    fencing:
      - id: ipmi-n1
        agent: fence_ipmilan
        hosts: [n1]
        options: {ip: 192.0.2.1, username: pacemaker, lanplus: true}
        secrets: {password: "{{ ipmi_password }}"}
"""

RETURN = r"""
attempts:
  description: How often the patch was pushed until no one else's edit came between; 0 where nothing was pushed.
  type: int
  returned: success
  sample: 1
commands:
  description: The commands that were run.
  type: list
  elements: str
  returned: always
  sample: [cibadmin --query, crm_verify --verbose --xml-pipe, cibadmin --patch --xml-pipe --timeout=300]
problems:
  description: Every mistake in the arguments, or everything in this cluster that stands in their way.
  type: list
  elements: str
  returned: when the arguments are refused
  sample: ["fencing device ipmi-n1: hosts: is empty; name the nodes that it can fence"]
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import FENCING_FIELDS, POLICY_FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_settings


def main():
    module.run(
        {
            'fencing': {'type': 'list', 'elements': 'dict', 'required': True, 'options': FENCING_FIELDS},
            'policy': {'type': 'dict', 'options': POLICY_FIELDS},
            'disable_fencing': {'type': 'bool', 'default': False},
            'properties': {'type': 'dict', 'default': {}},
            'seed': {'type': 'bool', 'default': False},
        },
        cluster_settings.run,
    )


if __name__ == '__main__':
    main()

#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_host
short_description: Leaves starting the VEs of a host to Pacemaker
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Edits the configuration of each declared VE that this host has, so that the host does not start the VE by itself
    at boot. A VE that both the host and the cluster start is soon running twice.
  - For C(vzctl) that is C(ONBOOT=no), and C(ALLOWREBOOT=no) so that vz does not restart a VE that reboots itself
    while Pacemaker sees it down and starts it elsewhere; in C(/etc/vz/conf/ID.conf). For C(lxc) it is
    C(lxc.start.auto = 0) in the container's C(config).
  - Starts and stops nothing.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
  - openve.pacemaker.model.policy
attributes:
  check_mode:
    description: Can run in check mode, and tells what would change.
    support: full
  diff_mode:
    description: Shows the settings before and after.
    support: full
"""

EXAMPLES = r"""
- name: Leave starting the VEs to Pacemaker
  openve.pacemaker.ve_host:
    ves:
      - id: 101
      - id: web
        engine: lxc
"""

RETURN = r"""
edited:
  description: Files that were edited.
  type: list
  elements: str
  returned: always
  sample: [/etc/vz/conf/101.conf]
missing:
  description:
    - VEs that have no configuration on this host, by resource name. They cannot run here; a warning names them.
  type: list
  elements: str
  returned: always
  sample: [ve-102]
stop_seconds:
  description: How long stopping all declared VEs on this one host may take, in seconds, a few at once as the policy says.
  type: int
  returned: always
  sample: 1320
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import POLICY_FIELDS, VE_FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_host


def main():
    module.run(
        {
            'ves': {'type': 'list', 'elements': 'dict', 'required': True, 'options': VE_FIELDS},
            'policy': {'type': 'dict', 'options': POLICY_FIELDS},
        },
        ve_host.run,
        validate.complaint,
    )


if __name__ == '__main__':
    main()

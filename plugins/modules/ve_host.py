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
  - Switches off whatever else on this host starts a declared VE at boot. A VE that both the host and the cluster start
    is soon running twice. What starts others is left as it is.
  - For C(vzctl) that is C(ONBOOT=no), whether it was C(yes), C(auto) (as C(prlctl set --autostart) writes it) or not set
    (legacy vz starts what ran at its last stop), and C(ALLOWREBOOT=no) so that vz does not restart a VE that reboots
    itself while Pacemaker sees it down and starts it elsewhere; in C(/etc/vz/conf/ID.conf).
  - For C(lxc) it is C(lxc.start.auto = 0) in the container's C(config), where it is in force also after what the file
    includes (C(lxc.include), files and directories, which are not edited since others may share them); the instance of
    C(lxc@.service), disabled as C(systemctl disable) does it; and the link in C(/etc/lxc/auto) (a file there is moved to
    C(/etc/lxc/auto.off)). Where the options of C(lxc.service) (C(/etc/default/lxc), C(/etc/sysconfig/lxc)) have C(-A), so
    that it starts containers by their group alone, the VE gets C(lxc.group = pacemaker).
  - What cannot be switched off for one VE alone is a warning. C(lxc.service) with C(-a -A) starts every container. A unit
    of a package, or a dependency in a unit file, starts C(lxc@NAME.service).
  - Starts and stops nothing. An instance of C(lxc@.service) that is active stays so.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
  - openve.pacemaker.model.policy
options:
  reported:
    description:
      - In check mode, RV(stamps) of other hosts. Files on storage that is shared are reported by these, and here not again. Otherwise it
        has no effect, as what one host has edited is in order on all.
    type: list
    elements: str
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
stamps:
  description: For each of these what tells it from every other file, and is the same on all hosts that share it.
  type: list
  elements: str
  returned: always
  sample: ["/etc/vz/conf/101.conf 1835081:412:1790000000000000000"]
autostart:
  description: What started a declared VE at boot, or restarted it, and was switched off.
  type: list
  elements: dict
  returned: always
  contains:
    ve:
      description: Resource name of the VE.
      type: str
      sample: ve-101
    by:
      description:
        - The setting (C(ONBOOT), C(ALLOWREBOOT), C(lxc.start.auto), C(lxc.group)), the unit (C(lxc@NAME.service)), or the
          directory (C(/etc/lxc/auto)).
      type: str
      sample: ONBOOT
    path:
      description: The file that was edited, or the link or file that was removed from its place.
      type: str
      sample: /etc/vz/conf/101.conf
    was:
      description: What it was; V(null) for a setting that was not there. Of a link what it pointed to, of a file V(file).
      type: str
      sample: 'yes'
  sample:
    - {ve: ve-101, by: ONBOOT, path: /etc/vz/conf/101.conf, was: 'yes'}
    - {ve: ve-101, by: ALLOWREBOOT, path: /etc/vz/conf/101.conf, was: null}
missing:
  description:
    - VEs that have no configuration on this host, by resource name. They cannot run here; a warning names them.
  type: list
  elements: str
  returned: always
  sample: [ve-102]
stop_seconds:
  description:
    - How long stopping all VEs of the cluster on this one host may take, in seconds, a few at once as the policy says, or without O(policy) as the
      cluster's C(node-action-limit) says. The cluster's are those of every list, by its CIB, and those declared here.
    - Until the cluster has all that is declared here, not less than what stands on the host.
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
            'reported': {'type': 'list', 'elements': 'str'},
        },
        ve_host.run,
        validate.complaint,
    )


if __name__ == '__main__':
    main()

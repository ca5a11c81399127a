#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_nudge
short_description: Puts a changed limit on simultaneous starts in force without a restart
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - A node tells the others its C(node-action-limit) only when its throttle mode changes, so a limit that was changed in a
    running cluster is not in force. This sets the cluster property C(load-threshold) to 1% for 35 seconds, so that the
    modes change, sets it back, and waits until the modes have changed back.
  - It takes 70 seconds, in which the cluster starts and stops one resource at a time on a node that has any load.
  - On a node without load nothing happens, because its mode does not change. Look with M(openve.pacemaker.ve_info) on each
    node whether the limit is in force now, and restart Pacemaker where it is not. The role
    P(openve.pacemaker.resources#role) does all that.
attributes:
  check_mode:
    description: Can run in check mode, and changes nothing then.
    support: full
  diff_mode:
    description: The configuration is the same before and after.
    support: none
notes:
  - Run it on one node of the cluster (C(run_once)).
  - When it is ended by a signal, C(load-threshold) is set back. When its process is killed outright it stays at 1%, until
    the next run of M(openve.pacemaker.cluster_run), of M(openve.pacemaker.ve_stagger) or of this finds it (two minutes later) and sets it back.
"""

EXAMPLES = r"""
- name: Have the nodes announce their limits
  openve.pacemaker.cluster_nudge:
  run_once: true
"""

RETURN = r"""
load_threshold:
  description: C(load-threshold) as it was before and is again, null where it was not set.
  type: str
  returned: success
  sample: 80%
limits:
  description: As in RV(openve.pacemaker.ve_info#module:limits), after it, in check mode before it.
  type: list
  elements: dict
  returned: success
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
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_nudge


def main():
    module.run({}, cluster_nudge.run)


if __name__ == '__main__':
    main()

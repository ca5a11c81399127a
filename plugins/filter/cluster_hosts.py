# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_hosts
short_description: The hosts of the one cluster that an inventory has
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Says to which hosts a playbook of this collection goes, where C(openve_hosts) is not set.
  - Those of the group C(openve), if there is one; else all hosts of the inventory, if no group has only some of them.
  - Fails in an inventory with more than that, as its hosts may be of two clusters, or of none, and in one without hosts.
options:
  _input:
    description: The variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: A play on the nodes of the cluster
  hosts: "{{ openve_hosts | default(groups | openve.pacemaker.cluster_hosts) }}"
  tasks:
    - name: Ask each node
      openve.pacemaker.ve_info:
"""

RETURN = r"""
_value:
  description: The pattern for C(hosts), V(openve) or V(all).
  type: str
"""

from typing import Mapping, Sequence

from ansible import context
from ansible.errors import AnsibleFilterError

GROUP = "openve"
SAY = "Set openve_hosts to the group or the hosts of one cluster (-e openve_hosts=GROUP), or call that group openve."


def cluster_hosts(groups: Mapping[str, Sequence[str]]) -> str:
    if context.CLIARGS.get("syntax"):
        return "all"  # nothing will be done, and nobody gives an inventory for it
    every = set(groups.get("all", ()))
    if not every:
        raise AnsibleFilterError("The inventory has no hosts, so there is no cluster. Give one with -i.")
    if GROUP in groups:
        if not groups[GROUP]:
            raise AnsibleFilterError("The group openve has no hosts. " + SAY)
        return GROUP
    parts = sorted(
        name for name, hosts in groups.items() if name not in ("all", "ungrouped") and 0 < len(set(hosts)) < len(every)
    )
    if parts:
        raise AnsibleFilterError(
            "Which hosts are the cluster? The inventory has %d, and not all of them are in %s. Nothing was changed. %s"
            % (len(every), "its groups " + ", ".join(parts) if parts[1:] else "its group " + parts[0], SAY)
        )
    return "all"


class FilterModule:
    def filters(self):
        return {"cluster_hosts": cluster_hosts}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_declaration
short_description: Refuses what no cluster can be formed from
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Reads all that role P(openve.pacemaker.cluster#role) was given, on the controller and before anything is changed, and fails with every
    mistake. What M(openve.pacemaker.cluster_settings) refuses of texts is refused here, by the same code.
  - Shows no value of the secrets of a fencing device.
options:
  _input:
    description:
      - V(name), V(token), V(totem), V(quorum), V(logging), V(system) and V(packages), as the role's variables
        O(openve.pacemaker.cluster#role:openve_cluster_name) and others.
      - V(fencing) and V(properties) as O(openve.pacemaker.cluster_settings#module:fencing) and
        O(openve.pacemaker.cluster_settings#module:properties); V(fencing) may be V(false). V(policy).
      - V(members), the hosts as for P(openve.pacemaker.corosync_nodes#filter); devices may fence no others but the nodes that these
        know already.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See what would be refused
  ansible.builtin.assert:
    that: given | openve.pacemaker.cluster_declaration
  vars:
    given:
      name: openve
      token: 3000
      system: {}
      packages: []
      properties: {}
      policy: {}
      fencing: [{id: ipmi, agent: fence_ipmilan, hosts: [n1]}]
      members: [{host: n1, name: n1, addresses: [192.0.2.1]}]
"""

RETURN = r"""
_value:
  description: V(true).
  type: bool
"""

from typing import Any, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import cluster, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.corosync import is_fresh, parse


def cluster_declaration(given: Mapping[str, Any]) -> bool:
    problems: list[str] = []
    nodes = {str(member["name"]) for member in given["members"]}
    for member in given["members"]:
        conf = member.get("conf") or ""
        nodes.update(node["name"] for node in parse(conf)[1] if not is_fresh(conf))
    for check in (
        lambda: cluster.refuse_corosync(given),
        lambda: cluster.refuse(given["fencing"] or [], given["properties"], nodes),
        lambda: validate.read([], given["policy"]),
    ):
        try:
            check()
        except InputError as error:
            problems += error.problems
    if problems:
        raise AnsibleFilterError(bullets("The cluster cannot be formed like this, nothing was changed:", problems))
    return True


class FilterModule:
    def filters(self):
        return {"cluster_declaration": cluster_declaration}

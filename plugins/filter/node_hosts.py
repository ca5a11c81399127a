# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: node_hosts
short_description: The hosts of a cluster's nodes that are not in a play
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Finds the host of the inventory for each node, by its name or by what that is before the first dot.
  - Says which hosts of the cluster a play lacks, and of which nodes the inventory knows nothing.
options:
  _input:
    description: The names of the nodes, as the cluster calls them.
    type: list
    elements: str
    required: true
  inventory:
    description: All hosts of the inventory.
    type: list
    elements: str
    required: true
  play:
    description: The hosts of the play.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Who is not here
  ansible.builtin.debug:
    msg: "{{ ['n1', 'n2', 'n3'] | openve.pacemaker.node_hosts(['n1.example.com', 'n2.example.com'], ['n1.example.com']) }}"
  # {beside: [n2.example.com], unknown: [n3]}
"""

RETURN = r"""
_value:
  description:
    - V(beside), the hosts of the cluster that are not in the play.
    - V(unknown), the nodes without a host. Hosts of the play whose node is not known, such as those named by an address, count for as many.
  type: dict
"""

from typing import Sequence


def node_hosts(nodes: Sequence[str], inventory: Sequence[str], play: Sequence[str]) -> dict[str, list[str]]:
    found = {node: _host(node, inventory, play) for node in nodes}
    unknown = [node for node in nodes if found[node] is None]
    strangers = set(play) - set(found.values())
    return {
        "beside": sorted(host for host in found.values() if host is not None and host not in play),
        "unknown": unknown if len(unknown) > len(strangers) else [],
    }


def _host(node: str, inventory: Sequence[str], play: Sequence[str]) -> str | None:
    """None where none has that name, or several have: two clusters may have an n1 each."""
    if node in inventory:
        return node
    alike = [host for host in inventory if host.split(".")[0] == node.split(".")[0]]
    here = [host for host in alike if host in play]
    if len(here or alike) == 1:
        return (here or alike)[0]
    return None


class FilterModule:
    def filters(self):
        return {"node_hosts": node_hosts}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: corosync_nodes
short_description: The node list of a cluster that is formed or that grows
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Compares the hosts that are to form a cluster with the C(corosync.conf) that each of them has.
  - A node keeps the id it has; a new one gets the next that is free. A renumbered cluster would fall apart.
  - A play with only some nodes of the running cluster changes nothing of it, and no host can join in it.
  - Fails where a host belongs to another cluster or to one whose nodes have no ids of their own, where a host is to join and a node of the
    running cluster is not among the hosts, and where two hosts have the same node name or address.
options:
  _input:
    description:
      - The hosts, each a dictionary with V(host) (inventory name), V(name) (node name), V(addresses) (one a link) and
        V(conf) (the text of its C(corosync.conf), empty if it has none).
    type: list
    elements: dict
    required: true
  cluster_name:
    description: Name of the cluster that they are to form.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The nodes of the cluster
  ansible.builtin.debug:
    msg: "{{ members | openve.pacemaker.corosync_nodes('openve') }}"
  vars:
    members:
      - {host: n1, name: n1, addresses: [192.0.2.1], conf: ''}
      - {host: n2, name: n2, addresses: [192.0.2.2], conf: ''}
"""

RETURN = r"""
_value:
  description:
    - V(nodes), a list of dictionaries with V(name), V(nodeid) and V(addresses), by id; and V(fresh), the hosts that
      belong to no cluster yet (Debian's package configures a cluster of its own on the loopback address, which
      counts as none); and V(partial), whether nodes of the cluster are not among the hosts.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.corosync import is_fresh, parse


def corosync_nodes(members, cluster_name):
    known = ids_in_use(members, cluster_name)
    absent = sorted(set(known) - {member["name"] for member in members})
    joining = [member["host"] for member in members if member["name"] not in known or is_fresh(member["conf"])]
    if absent and joining:
        raise AnsibleFilterError(
            "The cluster %s has nodes that are not in this play: %s. Nothing was changed. For %s to join run it for all nodes "
            "(without --limit); this role removes no nodes." % (cluster_name, ", ".join(absent), ", ".join(joining))
        )
    refuse_twins(members)
    free = max(known.values(), default=0) + 1
    nodes = []
    for member in members:
        nodeid = known.get(member["name"])
        if nodeid is None:
            nodeid, free = free, free + 1
        nodes.append({"name": member["name"], "nodeid": nodeid, "addresses": member["addresses"]})
    return {
        "nodes": sorted(nodes, key=lambda node: node["nodeid"]),
        "fresh": [member["host"] for member in members if is_fresh(member["conf"])],
        "partial": bool(absent),
    }


def ids_in_use(members, cluster_name):
    """{node: id} of the cluster that exists already; refused is what is another cluster, or is not clear."""
    known = {}
    for member in members:
        if is_fresh(member["conf"]):
            continue
        name, nodes = parse(member["conf"])
        if name != cluster_name:
            raise AnsibleFilterError(
                "%s belongs to the cluster %r already, and cluster_name is %r. Nothing was changed. Set cluster_name, "
                "or take the host out of the play." % (member["host"], name, cluster_name)
            )
        if not nodes:
            raise AnsibleFilterError(
                "%s belongs to the cluster %s, and its corosync.conf has no node list, so the ids of the nodes are not "
                "known. Nothing was changed. Give its nodes a nodelist with their ids first, or take the host out of the "
                "play." % (member["host"], name)
            )
        for node in nodes:
            if known.setdefault(node["name"], node["nodeid"]) != node["nodeid"]:
                raise AnsibleFilterError(
                    "The hosts disagree about the id of node %s (%d and %d, the latter on %s): make "
                    "/etc/corosync/corosync.conf the same on all of them first."
                    % (node["name"], known[node["name"]], node["nodeid"], member["host"])
                )

    owners = {}
    for name, nodeid in known.items():
        if owners.setdefault(nodeid, name) != name:
            raise AnsibleFilterError(
                "The nodes %s and %s have the same id %d: they come from two clusters of the same name, or their "
                "corosync.conf has no nodeid for them. Nothing was changed. Give the nodes ids of their own there first."
                % (owners[nodeid], name, nodeid)
            )
    return known


def refuse_twins(members):
    """Names and addresses are of one host, and every host has as many links."""
    taken = {}
    for member in members:
        for what in ["node name %s" % member["name"]] + ["address %s" % address for address in member["addresses"]]:
            if what in taken:
                raise AnsibleFilterError(
                    "%s and %s have the same %s: set cluster_node_name or cluster_addresses "
                    "for one of them." % (taken[what], member["host"], what)
                )
            taken[what] = member["host"]
        if len(member["addresses"]) != len(members[0]["addresses"]):
            raise AnsibleFilterError(
                "%s has %s and %s has %d: cluster_addresses needs one a link on every host."
                % (
                    members[0]["host"],
                    count(len(members[0]["addresses"]), "address", "addresses"),
                    member["host"],
                    len(member["addresses"]),
                )
            )


class FilterModule:
    def filters(self):
        return {"corosync_nodes": corosync_nodes}

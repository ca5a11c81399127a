# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: corosync_conf
short_description: A corosync.conf with declared nodes and options
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Writes nodes and options into the text of a C(corosync.conf). All else stays as it is, whoever wrote it (options, a quorum device, comments, the
    order), so that the same text comes back where nothing has to change.
  - Where the number of nodes changes, C(two_node) is set or taken away with it (not beside a quorum device), and C(expected_votes) that was the old number
    becomes the new one.
positional: nodes, options
options:
  _input:
    description: The text.
    type: str
    required: true
  nodes:
    description: The nodes, each a dictionary with V(name), V(nodeid) and V(addresses), as of P(openve.pacemaker.corosync_nodes#filter).
    type: list
    elements: dict
    required: true
  options:
    description: For each section, such as V(totem), V(quorum), V(logging) and V(system), its options. An option that is a dictionary is a section in it.
    type: dict
"""

EXAMPLES = r"""
- name: The configuration with a quorum device
  ansible.builtin.debug:
    msg: "{{ text | openve.pacemaker.corosync_conf(plan.nodes, {'quorum': {'device': {'model': 'net', 'net': {'host': '192.0.2.9', 'algorithm': 'lms'}}}}) }}"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import corosync


def corosync_conf(conf, nodes, options=None):
    return corosync.declared(conf, nodes, options or {})


class FilterModule:
    def filters(self):
        return {"corosync_conf": corosync_conf}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: one_declaration
short_description: Checks that all hosts of a cluster declare the same VEs and the same policy
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - A cluster has one list of VEs and one policy. Where hosts have different ones (C(host_vars)), that of the first host would silently be
    the cluster's.
  - Fails with every mistake in a declaration, as M(openve.pacemaker.ve_resources) does, and with everything in which the hosts differ.
options:
  _input:
    description:
      - The hosts, each a dictionary with V(host), V(ves), V(policy) and V(cluster_name). What is left out or null is as if it were not set.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that all hosts declare the same
  ansible.builtin.assert:
    that: declared | openve.pacemaker.one_declaration
  vars:
    declared:
      - {host: n1, ves: [{id: 101}]}
      - {host: n2, ves: [{id: "101"}]}
"""

RETURN = r"""
_value:
  description: V(true). What differs is a failure.
  type: bool
"""

from dataclasses import fields
from typing import Any, Dict, Iterator, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration

# {what: its value} of one host
Facts = Dict[str, Any]


def one_declaration(declared: Sequence[Mapping[str, Any]]) -> bool:
    hosts = [dict(each, ves=each.get("ves") or [], policy=each.get("policy") or {}) for each in declared]
    for host in _unlike(hosts):
        _read(host, host["policy"])
    # read with one policy: what a VE takes over from it is no difference of the VE
    problems = list(_differences({host["host"]: _facts(host, hosts[0]["policy"]) for host in hosts}))
    if problems:
        raise AnsibleFilterError(
            "%s\nA cluster has one list of VEs and one policy: set them once for all its hosts, such as in the group_vars of their group."
            % bullets("The hosts of this cluster do not declare the same, nothing was changed:", problems)
        )
    return True


def _unlike(hosts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of hosts that declare the same one."""
    found: list[dict[str, Any]] = []
    for host in hosts:
        if not any((host["ves"], host["policy"]) == (other["ves"], other["policy"]) for other in found):
            found.append(host)
    return found


def _read(host: Mapping[str, Any], policy: Mapping[str, Any]) -> Declaration:
    try:
        return validate.read_given(host["ves"], policy)
    except InputError as error:
        raise AnsibleFilterError("%s: %s" % (host["host"], error.msg)) from error


def _facts(host: Mapping[str, Any], policy: Mapping[str, Any]) -> Facts:
    own = _read(dict(host, ves=[]), host["policy"]).policy
    facts = {"openve_cluster_name": host.get("cluster_name")}
    facts.update({"openve_policy: " + name: value for name, value in _values(own)})
    for ve in _read(host, policy).ves:
        facts["VE " + ve.name] = "declared"
        facts.update({"VE %s: %s" % (ve.name, name): value for name, value in _values(ve)})
    return facts


def _values(of: Any) -> Iterator[tuple[str, Any]]:
    """The fields as they are called in YAML."""
    for field in fields(of):
        name, value = field.name.replace("monitor_", "monitor."), getattr(of, field.name)
        if isinstance(value, dict):
            yield from (("%s.%s" % (name, key), inner) for key, inner in value.items())
        elif name not in ("name", "where"):
            yield name, value


def _differences(facts: Mapping[str, Facts]) -> Iterator[str]:
    """A sentence for each VE that is not declared everywhere, and for each field in which hosts differ."""
    for what in dict.fromkeys(name for each in facts.values() for name in each):
        ve, _colon, field = what.partition(": ")
        if field and ve.startswith("VE ") and not all(ve in each for each in facts.values()):
            continue
        camps: list[tuple[Any, list[str]]] = []
        for host, each in facts.items():
            for value, hosts in camps:
                if value == each.get(what):
                    hosts.append(host)
                    break
            else:
                camps.append((each.get(what), [host]))
        if len(camps) > 1 and what.startswith("VE ") and not field:
            there = {value: ", ".join(hosts) for value, hosts in camps}
            yield "%s: is declared on %s and not on %s" % (what, there["declared"], there[None])
        elif len(camps) > 1:
            yield "%s: differs between %s" % (what, " and ".join(", ".join(hosts) for _value, hosts in camps))


class FilterModule:
    def filters(self):
        return {"one_declaration": one_declaration}

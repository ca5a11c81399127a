#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_audit
short_description: What is wrong with how a cluster is set up, and what mends it
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Looks at any Pacemaker cluster with guests, VEs and virtual machines of whatever agent, and says what will go wrong some night, why, and
    what mends it.
  - The cluster is only read, or a file with its CIB is. What a CIB cannot tell is in RV(not_checked).
  - The rules are documented one by one in C(docs/audit.md), each with an example.
options:
  cib:
    description:
      - A file on the node that the module runs on with the CIB of a cluster, as C(cibadmin --query) prints it.
      - By default the CIB of the cluster that this node belongs to.
    type: path
  guests:
    description: As O(openve.pacemaker.ve_rehearsal#module:guests).
    type: list
    elements: str
    default: []
  silence:
    description:
      - What is not to be said, because it is known and meant so; a rule, such as V(old-agent), or a rule and a resource or node, such as
        V(capacity:vm1). How many findings this leaves out is in RV(silenced).
    type: list
    elements: str
    default: []
  fail_on:
    description: Fail where there is a finding of this severity or a graver one.
    type: str
    choices: [critical, warning, never]
    default: never
  page:
    description:
      - A file on the controller for the page, self-contained HTML. By default none is written.
      - It is a report and no change, so it is written in check mode too.
    type: path
  show:
    description: Whether to show it on the terminal.
    type: bool
    default: true
attributes:
  check_mode:
    description: Changes nothing, in check mode or without; O(page) is written in both.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
requirements:
  - Python 3.8 or newer and Pacemaker 2.1 or newer, with its command line tools, on the node
notes:
  - Run it on one node of the cluster (C(run_once)), or with O(cib) anywhere, such as on the controller. Rules that need the node itself look at
    the one that it runs on.
  - With E(CIB_file) in the environment it reads that file instead of a running cluster.
"""

EXAMPLES = r"""
- name: What will go wrong some night
  openve.pacemaker.ve_audit:
  run_once: true

- name: A cluster that is somewhere else; nothing critical may be wrong with it
  openve.pacemaker.ve_audit:
    cib: /tmp/their-cib.xml
    silence: [old-agent, "capacity:vm-licence"]
    fail_on: critical
  delegate_to: localhost
"""

RETURN = r"""
findings:
  description: What is wrong, the gravest first.
  returned: success, or when O(fail_on) makes it fail
  type: list
  elements: dict
  contains:
    rule:
      description: The id of the rule, such as V(stop-timeout-below-grace). It stays the same from release to release.
      type: str
    severity:
      description: V(critical), guests are lost, or run twice; V(warning), they are down for longer, or an operation fails; V(info).
      type: str
    resource:
      description: The resource that it is about, null where it is about none.
      type: str
    node:
      description: The node that it is about, null where it is about none.
      type: str
    text:
      description: What was found.
      type: str
    why:
      description: Why it matters.
      type: str
    mend:
      description: What to do.
      type: str
    command:
      description: A command that mends it, on a node of the cluster; empty where no single command does. Read it before you run it.
      type: str
  sample:
    - rule: stop-timeout-below-grace
      severity: critical
      resource: ve-101
      node: null
      text: its stop is ended after 75 s, and it is let shut down for 2 min
      why: A guest that takes its time has not been killed yet when Pacemaker ends the stop.
      mend: Raise the timeout of stop above the grace, or shorten the grace.
      command: >-
        cibadmin --modify --allow-create --scope resources --xml-text '<primitive id="ve-101"><operations><op id="ve-101-stop" name="stop"
        interval="0s" timeout="150s"/></operations></primitive>'
not_checked:
  description: What was not looked at.
  returned: success, or when O(fail_on) makes it fail
  type: list
  elements: dict
  contains:
    rule:
      description: The rule.
      type: str
    why:
      description: Why not.
      type: str
  sample:
    - {rule: limit-not-in-force, why: "only the node itself can tell, and this is a CIB in a file"}
silenced:
  description: How many findings O(silence) left out.
  returned: success, or when O(fail_on) makes it fail
  type: int
  sample: 0
summary:
  description: How many findings there are of each severity.
  returned: success, or when O(fail_on) makes it fail
  type: dict
  sample: {critical: 1, warning: 0, info: 0}
guests:
  description: The guests, by the agent.
  returned: success, or when O(fail_on) makes it fail
  type: dict
  sample: {"ocf:heartbeat:ManageVE": [ve-101]}
nodes:
  description: The nodes of the cluster.
  returned: success, or when O(fail_on) makes it fail
  type: list
  elements: str
  sample: [n1, n2, n3]
source:
  description: V(live) or V(file).
  returned: success, or when O(fail_on) makes it fail
  type: str
  sample: file
page:
  description: The file with the page.
  returned: when O(page) is given
  type: str
  sample: /home/me/audit.html
commands:
  description: The commands that were run.
  returned: always
  type: list
  elements: str
  sample: [cibadmin --query]
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_audit

NAMES = {'type': 'list', 'elements': 'str', 'default': []}


def main() -> None:
    module.run(
        {
            'cib': {'type': 'path'},
            'guests': NAMES,
            'silence': NAMES,
            'fail_on': {'type': 'str', 'choices': ['critical', 'warning', 'never'], 'default': 'never'},
            # These are for the controller, and are not handed on to here.
            'page': {'type': 'path'},
            'show': {'type': 'bool', 'default': True},
        },
        ve_audit.run,
    )


if __name__ == '__main__':
    main()

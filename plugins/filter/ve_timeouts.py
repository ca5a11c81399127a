# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ve_timeouts
short_description: The timeouts that declared VEs have in the cluster
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Computes the timeouts as M(openve.pacemaker.ve_resources) does, without a cluster. For playbooks that wait for VEs, or
    that check timeouts of something else against them.
  - Fails with every mistake in the declarations, as the module does.
positional: policy
options:
  _input:
    description: The VEs, as O(openve.pacemaker.ve_resources#module:ves).
    type: list
    elements: dict
    required: true
  policy:
    description: The policy, as O(openve.pacemaker.ve_resources#module:policy). By default all of its defaults.
    type: dict
"""

EXAMPLES = r"""
- name: The longest stop of all VEs, in seconds
  ansible.builtin.debug:
    msg: "{{ (openve_ves | openve.pacemaker.ve_timeouts(openve_policy)).values() | map(attribute='stop') | max }}"
  vars:
    openve_ves:
      - {id: 101, name: db, stop_grace: 5min}
      - {id: 102}
    openve_policy: {boot_time: 90s}
  # 365
"""

RETURN = r"""
_value:
  description: For each VE, by the name of its resource, the timeouts of V(start), V(stop) and V(monitor) in seconds.
  type: dict
  sample:
    db: {start: 220, stop: 365, monitor: 30}
    ve-102: {start: 220, stop: 150, monitor: 30}
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import derived, validate


def ve_timeouts(ves, policy=None):
    try:
        declared = validate.read_given(ves, policy)
    except InputError as error:
        raise AnsibleFilterError("ve_timeouts: %s" % error.msg.replace(", nothing was changed", "")) from error
    numbers = derived.numbers(declared)
    return {
        ve.name: {
            "start": _seconds(numbers[ve.name].start.value),
            "stop": _seconds(numbers[ve.name].stop.value),
            "monitor": _seconds(ve.monitor_timeout),
        }
        for ve in declared.ves
    }


def _seconds(milliseconds):
    return -(-milliseconds // 1000)


class FilterModule:
    def filters(self):
        return {"ve_timeouts": ve_timeouts}

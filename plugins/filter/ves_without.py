# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ves_without
short_description: Declared VEs without some of them
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - For check mode, in which VEs that are new are not in the cluster yet, so that there is no plan for them. The names are taken out of
    the C(after) and C(apart) of the others as well.
positional: names
options:
  _input:
    description: The VEs, as O(openve.pacemaker.ve_resources#module:ves).
    type: list
    elements: dict
    required: true
  names:
    description: The names of the resources of those that are left out.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Those that the cluster has
  ansible.builtin.debug:
    msg: "{{ openve_ves | openve.pacemaker.ves_without(['ve-102']) }}"
  vars:
    openve_ves:
      - {id: 101, name: db, after: [ve-102, ve-103]}
      - {id: 102}
      - {id: 103}
  # [{id: 101, name: db, after: [ve-103]}, {id: 103}]
"""

RETURN = r"""
_value:
  description: The others, as they were written.
  type: list
  elements: dict
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate


def ves_without(ves, names):
    return validate.without(ves, names)


class FilterModule:
    def filters(self):
        return {"ves_without": ves_without}

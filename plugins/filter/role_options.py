# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
short_description: Refuses options of a role that its module would refuse
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Reads what a role hands to its module on the controller, by the module's own code, and fails with every mistake. So a play can refuse it
    before it changes anything, and where the module could not run yet.
  - Reads what can be said of them alone. What the cluster cannot take, such as a VE that is not there, the module refuses.
positional: role
options:
  _input:
    description: The module's options. One that is V(null) or empty counts as not given.
    type: dict
    required: true
  role:
    description: V(resources), for M(openve.pacemaker.ve_resources), or V(stagger), for M(openve.pacemaker.ve_stagger).
    type: str
    choices: [resources, stagger]
    required: true
"""

EXAMPLES = r"""
- name: Refuse a gap that is no time
  ansible.builtin.assert:
    that: "{'gap': my_gap} | openve.pacemaker.role_options('stagger')"
"""

RETURN = r"""
_value:
  description: V(true).
  type: bool
"""

from typing import Any, Mapping

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.options import read_assertions
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import options as resources
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options as stagger


def _resources(arguments: Mapping[str, Any]) -> None:
    resources.read(arguments)
    wrong = read_assertions((arguments["rehearse"] or {}).get("assert") or {})[1]
    if wrong:
        raise InputError(["rehearse.%s" % problem for problem in wrong])


ROLES = {
    "resources": (dict(resources.ARGUMENTS, rehearse={"type": "dict", "options": FIELDS}), _resources),
    "stagger": (stagger.ARGUMENTS, stagger.read),
}


def role_options(given: Mapping[str, Any], role: str) -> bool:
    spec, read = ROLES[role]
    given = {name: value for name, value in given.items() if value not in (None, "")}
    checked = ArgumentSpecValidator(spec).validate(given)
    try:
        if checked.error_messages:
            unusable = "The options cannot be used: %s" % "; ".join(checked.error_messages)
            raise AnsibleFilterError("%s: %s" % (role, validate.complaint(given, unusable)))
        read(checked.validated_parameters)
    except InputError as error:
        heading = "The options of role %s cannot be used, nothing was changed:" % role
        raise AnsibleFilterError(bullets(heading, error.problems)) from error
    return True


class FilterModule:
    def filters(self):
        return {"role_options": role_options}

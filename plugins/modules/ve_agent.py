#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_agent
short_description: Installs the agent ocf:openve:ManageVE on a host
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Installs the agent's library, compiles it for C(/usr/bin/python3), and then installs the launcher that wants it. An
    operation that runs meanwhile never gets parts of two agents, and none fails.
  - The library lies under the name of its content in C(/usr/lib/ocf/lib/openve). Earlier ones are removed when nobody can
    want them any more; the last one stays.
  - Starts, stops and restarts nothing. Role P(openve.pacemaker.agent#role) gives it the files of this collection.
options:
  launcher:
    description: The text of C(files/ManageVE).
    type: str
    required: true
  library:
    description: The texts of the files in C(files/manageve), by their names.
    type: dict
    required: true
attributes:
  check_mode:
    description: Can run in check mode, and returns what would change.
    support: full
  diff_mode:
    description: Shows the builds before and after, and the files that are installed and removed.
    support: full
"""

EXAMPLES = r"""
- name: Install the agent
  openve.pacemaker.ve_agent:
    launcher: "{{ lookup('ansible.builtin.file', 'ManageVE', rstrip=false) }}"
    library: "{{ dict(files | map('basename') | zip(lookup('ansible.builtin.file', *files, rstrip=false, wantlist=true))) }}"
  vars:
    files: "{{ query('ansible.builtin.fileglob', 'manageve/*.py') }}"
"""

RETURN = r"""
build:
  description: The name of what is installed, made from the agent's version and the content of its library.
  type: str
  returned: success
  sample: 1.0.0-f47907e99c06
installed:
  description: Files that were written, in this order.
  type: list
  elements: str
  returned: success
  sample:
    - /usr/lib/ocf/lib/openve/manageve-1.0.0-f47907e99c06/__init__.py
    - /usr/lib/ocf/lib/openve/manageve-1.0.0-f47907e99c06/__pycache__/manageve.cpython-311.pyc
    - /usr/lib/ocf/resource.d/openve/ManageVE
removed:
  description: Earlier libraries that were removed, and what was no part of the library.
  type: list
  elements: str
  returned: success
  sample: [/usr/lib/ocf/lib/openve/manageve-1.0.0-0123456789ab]
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_agent


def main():
    module.run(
        {
            'launcher': {'type': 'str', 'required': True},
            'library': {'type': 'dict', 'required': True},
        },
        ve_agent.run,
    )


if __name__ == '__main__':
    main()

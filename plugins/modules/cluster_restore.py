#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_restore
short_description: Gives a cluster an earlier configuration back, and says what becomes of what runs
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Puts a saved configuration, such as one that M(openve.pacemaker.ve_resources) has saved before a change, in the place of the one that the
    cluster has, in one guarded patch. It takes back what others changed after it was saved, too.
  - Says what Pacemaker would do, by asking its scheduler with the saved configuration and the status that the cluster has now. A saved
    configuration by itself has no status, so C(crm_simulate) on the file alone shows something else.
  - Which nodes there are is left as it is. A VE that runs and that the saved configuration does not have is stopped first, with the timeout
    that it has.
options:
  path:
    description: The file, on the node. By default the newest of those that the collection has saved there.
    type: path
  allow_restart:
    description: Whether what runs may be stopped, restarted or moved. Without it that is an error, and nothing is changed.
    type: bool
    default: false
  backup_keep:
    description: How many earlier configurations are kept; the one that is replaced is among them. V(0) saves none.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in check mode, and says what would change and what Pacemaker would do.
    support: full
  diff_mode:
    description: Shows the CIB's change, the secrets in it hidden, and what Pacemaker will do because of it.
    support: full
notes:
  - Run it on one node of the cluster (C(run_once)), that where the file is.
seealso:
  - module: openve.pacemaker.ve_resources
"""

EXAMPLES = r"""
- name: See what it would do to take the last change back
  openve.pacemaker.cluster_restore:
  check_mode: true
  register: restore

- name: Take it back
  openve.pacemaker.cluster_restore:
    path: "{{ restore.restored }}"
    allow_restart: true
"""

RETURN = r"""
restored:
  description: The file.
  type: str
  returned: when it can be read
  sample: /var/lib/openve/cib/cib-20261122T201104Z-0.17.xml
will:
  description: What Pacemaker will do because of it, a sentence each.
  type: list
  elements: str
  returned: when it can be read
  sample: [restart web1 on n2 (resource definition change), start web2 on n3]
predicted:
  description: The same, as in RV(openve.pacemaker.ve_resources#module:predicted), and starts.
  type: list
  elements: dict
  returned: when it can be read
  sample:
    - {resource: web1, action: restart, node: n2, reason: resource definition change, held_back_by: []}
    - {resource: web2, action: start, node: n3, reason: "", held_back_by: []}
patch:
  description: The patch, secrets in it hidden.
  type: str
  returned: success
  sample: <diff format="2">...</diff>
attempts:
  description: How often the patch was pushed until no one else's edit came between; 0 where nothing was pushed.
  type: int
  returned: success
  sample: 1
backup:
  description: The file with the configuration that was replaced, null where nothing was changed.
  type: str
  returned: success
  sample: /var/lib/openve/cib/cib-20261122T201530Z-0.19.xml
commands:
  description: The commands that were run.
  type: list
  elements: str
  returned: always
  sample: [cibadmin --query]
"""

from ansible_collections.openve.pacemaker.plugins.module_utils._base import module
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_restore


def main():
    module.run(
        {
            'path': {'type': 'path'},
            'allow_restart': {'type': 'bool', 'default': False},
            'backup_keep': {'type': 'int', 'default': 10},
        },
        cluster_restore.run,
    )


if __name__ == '__main__':
    main()

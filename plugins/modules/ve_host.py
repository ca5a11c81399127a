#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ve_host
short_description: Leaves starting the VEs of a host to Pacemaker
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Edits the configuration of each declared VE that this host has, so that the host does not start the VE by itself
    at boot. A VE that both the host and the cluster start is soon running twice.
  - For C(vzctl) that is C(ONBOOT=no), and C(ALLOWREBOOT=no) so that vz does not restart a VE that reboots itself
    while Pacemaker sees it down and starts it elsewhere; in C(/etc/vz/conf/ID.conf). For C(lxc) it is
    C(lxc.start.auto = 0) in the container's C(config).
  - Starts and stops nothing.
extends_documentation_fragment:
  - openve.pacemaker.model.ves
  - openve.pacemaker.model.policy
attributes:
  check_mode:
    description: Can run in check mode, and tells what would change.
    support: full
  diff_mode:
    description: Shows the settings before and after.
    support: full
"""

EXAMPLES = r"""
- name: Leave starting the VEs to Pacemaker
  openve.pacemaker.ve_host:
    ves:
      - id: 101
      - id: web
        engine: lxc
"""

RETURN = r"""
edited:
  description: Files that were edited.
  type: list
  elements: str
  returned: always
  sample: [/etc/vz/conf/101.conf]
missing:
  description:
    - VEs that have no configuration on this host, by resource name. They cannot run here; a warning names them.
  type: list
  elements: str
  returned: always
  sample: [ve-102]
stop_seconds:
  description: How long stopping all declared VEs on this one host may take, in seconds, a few at once as the policy says.
  type: int
  returned: always
  sample: 1320
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openve.pacemaker.plugins.module_utils import model, timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils.errors import Error

VZ_CONF = '/etc/vz/conf'
LXC_PATH = '/var/lib/lxc'  # the agent's default for lxc_path


def vz_config(ve_id):
    """A number or UUID has its file; a name is a link to one (legacy), or stands in one as NAME (vz7)."""
    path = os.path.join(VZ_CONF, ve_id + '.conf')
    if os.path.exists(path):
        return path
    link = os.path.join('/etc/vz/names', ve_id)
    if os.path.exists(link):
        return os.path.realpath(link)
    for entry in sorted(os.listdir(VZ_CONF)) if os.path.isdir(VZ_CONF) else []:
        candidate = os.path.join(VZ_CONF, entry)
        if entry.endswith('.conf') and os.path.isfile(candidate):
            with open(candidate, encoding='utf-8', errors='surrogateescape') as stream:
                if re.search(r'^\s*NAME\s*=\s*"?%s"?\s*$' % re.escape(ve_id), stream.read(), re.M):
                    return candidate
    return None


def lxc_config(ve):
    path = os.path.join(ve.params.get('lxc_path', LXC_PATH), ve.id, 'config')
    return path if os.path.exists(path) else None


# engine: how its settings look, and which are wanted
SETTINGS = {
    'vzctl': (r'\s*%s\s*=', '%s="%s"', (('ONBOOT', 'no'), ('ALLOWREBOOT', 'no'))),
    'lxc': (r'\s*%s\s*=', '%s = %s', (('lxc.start.auto', '0'),)),
}


def edited(text, engine):
    """The text with the wanted settings: in place where they stand, else at the end."""
    pattern, form, wanted = SETTINGS[engine]
    lines = text.splitlines()
    for name, value in wanted:
        places = [n for n, line in enumerate(lines) if re.match(pattern % re.escape(name), line)]
        line = form % (name, value)
        if not places:
            lines.append(line)
            continue
        # the last one is in force
        if not re.match((pattern % re.escape(name)) + r'\s*"?%s"?\s*(#.*)?\Z' % re.escape(value), lines[places[-1]]):
            lines[places[-1]] = line
    new = '\n'.join(lines) + '\n'
    return text if new == text + '\n' or new == text else new


def run(module):
    declared = model.read(module.params['ves'], module.params['policy'])
    files, missing, diff = [], [], []
    for ve in declared.ves:
        path = vz_config(ve.id) if ve.engine == 'vzctl' else lxc_config(ve)
        if path is None:
            missing.append(ve.name)
            continue
        path = os.path.realpath(path)  # a link to shared storage stays a link
        with open(path, encoding='utf-8', errors='surrogateescape') as stream:
            before = stream.read()
        after = edited(before, ve.engine)
        if after == before:
            continue
        files.append(path)
        diff.append({'before_header': path, 'after_header': path, 'before': before, 'after': after})
        if not module.check_mode:
            new = '%s.openve-%s-%d' % (path, os.uname().nodename, os.getpid())  # other nodes may edit the same shared file
            with open(new, 'w', encoding='utf-8', errors='surrogateescape') as stream:
                stream.write(after)
            module.atomic_move(new, path)
    if missing:
        module.warn('No configuration on this host for %s: they cannot run here until they have one (is the storage '
                    'mounted?).' % ', '.join(missing))
    module.exit_json(changed=bool(files), edited=files, missing=missing, diff=diff, stop_seconds=stop_seconds(declared))


def stop_seconds(declared):
    """Every VE may be on this node in the end, and without a limit of the policy's own one at a time is the worst."""
    longest = max([timeouts.stop_timeout(ve.stop_grace).value for ve in declared.ves], default=0)
    at_once = declared.policy.starts_per_node or 1
    return timeouts.shutdown_escalation(len(declared.ves), at_once, longest).value // 1000


def main():
    module = AnsibleModule(
        argument_spec={
            'ves': {'type': 'list', 'elements': 'dict', 'required': True, 'options': model.VE_FIELDS},
            'policy': {'type': 'dict', 'default': {}, 'options': model.POLICY_FIELDS},
        },
        supports_check_mode=True,
    )
    try:
        run(module)
    except Error as error:
        module.fail_json(msg=error.msg, **error.details)
    except OSError as error:
        module.fail_json(msg='%s: %s' % (error.filename, error.strerror))


if __name__ == '__main__':
    main()

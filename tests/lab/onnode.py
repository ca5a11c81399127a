# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's module_utils on a node of the lab, without Ansible; for what has to be measured or broken there.

The checkout's plugins/ and tests/lab/ are copied to the node by `tests/lab/onnode NODE SCRIPT ARGUMENTS...`.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import types

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
NAME = 'ansible_collections.openve.pacemaker.plugins.module_utils'

for depth in range(1, len(NAME.split('.')) + 1):
    package = types.ModuleType('.'.join(NAME.split('.')[:depth]))
    package.__path__ = [str(CHECKOUT / 'plugins' / 'module_utils')] if package.__name__ == NAME else []
    sys.modules[package.__name__] = package

# The work of a module names types of _base/module.py, which meets Ansible; nothing of Ansible is called.
basic = types.ModuleType('ansible.module_utils.basic')
basic.AnsibleModule = object
for package in (types.ModuleType('ansible'), types.ModuleType('ansible.module_utils'), basic):
    sys.modules[package.__name__] = package


def runner(argv, stdin=None, environment=None):
    done = subprocess.run(
        argv,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, LC_ALL='C', **(environment or {})),
    )
    return done.returncode, done.stdout, done.stderr


def tool(*argv, stdin=None):
    rc, out, err = runner(list(argv), stdin)
    if rc != 0:
        raise RuntimeError('%s: %d: %s' % (' '.join(argv), rc, err or out))
    return out


def arguments(ves, policy=None, **others):
    """As Ansible hands them to ve_resources."""
    return dict(
        {
            'ves': ves,
            'policy': policy,
            'purge': False,
            'new': 'stopped',
            'allow_restart': False,
            'backup_keep': 3,
            'wait': False,
            'wait_timeout': '10min',
        },
        **others,
    )

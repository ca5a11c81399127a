# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says whose run it is, and whether the one that is marked still works: both are known on the controller alone."""

from __future__ import annotations

import hashlib
import os

from ansible.plugins.action import ActionBase

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote import process
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.asking import Asking, Plain


class ActionModule(Asking):
    MODULE = 'openve.pacemaker.cluster_run'

    def run(self, tmp: str | None = None, task_vars: Plain | None = None) -> Plain:
        ActionBase.run(self, tmp, task_vars)
        # that of ansible-playbook, whose tasks have a process each
        here = process.identity(os.getppid())
        owner = process.owner()
        # the same for all tasks of a play, and no other play's
        name = hashlib.sha256((here or owner).encode()).hexdigest()[:12]
        who = {'run': name, 'owner': owner, 'process': here, 'over': ''}
        arguments = dict(self._task.args)
        result = self.ask(dict(arguments, _run=who), task_vars or {})
        other = result.pop('other', None)
        if other is None:
            return result
        alive = process.alive(other['process'])
        if alive is False or is_true(arguments.get('take_over')) or alive is None and other['stale']:
            return self.ask(dict(arguments, _run=dict(who, over=other['run'])), task_vars or {})
        if self._task.check_mode and arguments.get('state', 'recovered') == 'recovered':
            return {'changed': False, 'found': None, 'properties': {}, 'warnings': [result['msg']]}
        return result

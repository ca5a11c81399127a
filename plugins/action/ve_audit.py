# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the module audit on a node, and shows it on the screen."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.plugin_utils._audit import text as audit_text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.asking import Asking


class ActionModule(Asking):
    MODULE = 'openve.pacemaker.ve_audit'

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        ActionBase.run(self, tmp, task_vars)
        arguments = dict(self._task.args)
        try:
            show = boolean(arguments.pop('show', True))
        except TypeError as error:
            return {'failed': True, 'msg': 'The arguments cannot be used: show: %s' % error}
        result = self.ask(arguments, task_vars or {})
        if show and 'findings' in result:
            for line in audit_text.text(result):
                Display().display(line)
        return result

    def about_the_cluster(self, arguments: dict[str, Any]) -> bool:
        """A file is on one node."""
        return not arguments.get('cib')

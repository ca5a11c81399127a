# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the module audit on a node; shows it on the screen and writes the page on the controller."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.plugin_utils._audit import page as audit_page
from ansible_collections.openve.pacemaker.plugins.plugin_utils._audit import text as audit_text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._look import files
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.asking import Asking

# Options that are for here and not for the module
OWN = {'page': {'type': 'path'}, 'show': {'type': 'bool', 'default': True}}


class ActionModule(Asking):
    MODULE = 'openve.pacemaker.ve_audit'

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        ActionBase.run(self, tmp, task_vars)
        own = {key: value for key, value in self._task.args.items() if key in OWN}
        checked = ArgumentSpecValidator(OWN).validate(own)
        if checked.error_messages:
            return {'failed': True, 'msg': 'The arguments cannot be used: %s' % '; '.join(checked.error_messages)}
        own = checked.validated_parameters
        try:
            page = files.place(own['page'], 'audit.html')
        except Error as error:
            return dict(error.details, failed=True, msg=error.msg)
        arguments = {key: value for key, value in self._task.args.items() if key not in OWN}
        result = self.ask(arguments, task_vars or {})
        if 'findings' not in result:
            return result
        if own['show']:
            for line in audit_text.text(result):
                Display().display(line)
        if page:
            try:
                files.write(page, audit_page.page(result))
            except OSError as error:
                why = 'The page cannot be written to %s: %s.' % (page, error.strerror or error)
                return dict(result, failed=True, msg=why)
            result['page'] = page
            if own['show']:
                Display().display('\nThe page: %s' % page)
        return result

    def about_the_cluster(self, arguments: dict[str, Any]) -> bool:
        """A file is on one node."""
        return not arguments.get('cib')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the module rehearse on a node; shows it on the screen and writes the page on the controller."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run as rehearsal
from ansible_collections.openve.pacemaker.plugins.plugin_utils._look import files
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import measured as happened
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page as rehearsal_page
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import text as rehearsal_text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.asking import Asking

# Options that are for here and not for the module
OWN = {
    'page': {'type': 'path'},
    'show': {'type': 'bool', 'default': True},
    'measured': {
        'type': 'dict',
        'options': {
            'scenario': {'type': 'str', 'required': True},
            'since': {'type': 'str', 'required': True},
            'ves': {'type': 'list', 'elements': 'dict', 'required': True},
        },
    },
}


class ActionModule(Asking):
    MODULE = 'openve.pacemaker.ve_rehearsal'
    _supports_diff = False
    _supports_async = False

    def about_the_cluster(self, arguments: dict[str, Any]) -> bool:
        return not arguments.get('cib')  # a file of that host

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        ActionBase.run(self, tmp, task_vars)
        checked = ArgumentSpecValidator(OWN).validate(
            {key: value for key, value in self._task.args.items() if key in OWN}
        )
        if checked.error_messages:
            return {'failed': True, 'msg': 'The arguments cannot be used: %s' % '; '.join(checked.error_messages)}
        own = checked.validated_parameters
        try:
            page = files.place(own['page'], 'rehearsal.html')
            measured = [happened.history(**own['measured'])] if own['measured'] else []
        except Error as error:
            return dict(error.details, failed=True, msg=error.msg)
        result = self.ask({key: value for key, value in self._task.args.items() if key not in OWN}, task_vars or {})
        if 'scenarios' not in result:
            return result
        if own['show']:
            for line in rehearsal_text.text(result, measured):
                Display().display(line)
        if page:
            try:
                files.write(page, rehearsal_page.page(result, measured))
            except OSError as error:
                return dict(
                    rehearsal.short(result),
                    failed=True,
                    msg='The page cannot be written to %s: %s.' % (page, error.strerror or error),
                )
            result['page'] = page
            if own['show']:
                Display().display('\nThe page: %s' % page)
        return rehearsal.short(result) if result.get('failed') else result

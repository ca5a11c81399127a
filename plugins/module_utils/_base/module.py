# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge to Ansible: the only place where a module starts, runs commands, succeeds and fails."""

from __future__ import annotations

import shlex
from xml.sax.saxutils import escape

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error


class Module(AnsibleModule):
    """Ansible names the wrong field of a VE, and not the VE."""

    read = False

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.read = True

    def fail_json(self, msg, **more):
        super().fail_json(msg=msg if self.read else model.complaint(self.params, msg), **more)


def run(argument_spec, work):
    """Run a module. ``work(runner, arguments, check)`` returns its result.

    ``runner(argv, stdin=None, environment=None)`` returns ``(rc, stdout, stderr)``.

    Keys of the result, or of an Error's details, that are for this place: ``warnings`` (texts); ``diff``, a
    function that is called only where a diff was asked for; ``hide``, texts to be masked in all that is returned.
    """
    module = Module(argument_spec=argument_spec, supports_check_mode=True)
    commands = []

    def runner(argv, stdin=None, environment=None):
        commands.append(' '.join(shlex.quote(word) for word in argv))
        return module.run_command(
            argv,
            data=stdin,
            binary_data=False,
            handle_exceptions=False,
            environ_update=dict(environment or {}, LC_ALL='C'),
        )

    def finished(result):
        for warning in result.pop('warnings', []):
            module.warn(warning)
        diff = result.pop('diff', None)
        if diff and module._diff:  # pylint: disable=protected-access
            result['diff'] = diff()
        module.no_log_values.update(result.pop('hide', []))
        # A tool may return its XML, and Ansible masks a secret only as it was given.
        module.no_log_values.update([escape(secret, {'"': '&quot;'}) for secret in module.no_log_values])
        result['commands'] = commands
        return result

    try:
        result = work(runner, module.params, module.check_mode)
    except Error as error:
        module.fail_json(msg=error.msg, **finished(error.details))
    module.exit_json(**finished(result))

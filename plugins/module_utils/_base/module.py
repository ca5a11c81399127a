# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge to Ansible: the only place where a module starts, runs commands, succeeds and fails."""

from __future__ import annotations

import copy
import grp
import os
import shlex
import tempfile
from typing import Any, Callable, Dict, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openve.pacemaker.plugins.module_utils._base import secrets
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner

Arguments = Dict[str, Any]
Result = Dict[str, Any]
# run(runner, arguments, check) of a file in _module/: returns the result
Work = Callable[[Runner, Arguments, bool], Result]
# explain(arguments, message): what is wrong with the arguments, else the message
Explain = Callable[[Arguments, str], str]


class Module(AnsibleModule):  # type: ignore[misc]
    """Ansible's words for bad arguments are given to ``explain`` first: it names the wrong field of a VE, and not the VE.

    Secrets are masked however they are spelled, in the log of the node too.
    """

    explain: Explain | None = None
    params: Arguments
    read = False

    def __init__(self, explain: Explain | None, **arguments: Any) -> None:
        self.explain = explain
        self.given: Arguments = {}
        super().__init__(**arguments)
        self.read = True

    def _load_params(self) -> None:
        super()._load_params()
        # as they were given: what Ansible makes of them has null for all that was left out
        self.given = copy.deepcopy(self.params)
        self._hide()

    def _hide(self) -> None:
        self.no_log_values.update(secrets.spellings(secrets.given(self.argument_spec, self.params)))

    def _log_invocation(self) -> None:
        self._hide()  # what was given as a text, such as "password=...", has become a mapping
        if not self.no_log_values:
            super()._log_invocation()
            return
        params: Arguments = self.params
        # now, while each is still by itself: the log is one text, in which they are escaped
        self.params = secrets.masked(params, sorted(self.no_log_values, key=len, reverse=True))
        super()._log_invocation()
        self.params = params

    def fail_json(self, msg: str, **more: Any) -> None:
        if not self.read:  # what could not be read may be a piece of anything
            shown = {
                name: value
                for name, value in self.given.items()
                if not name.startswith('_ansible') and not secrets.holds(self.argument_spec.get(name, {}))
            }
            more.setdefault('invocation', {'module_args': shown})
        super().fail_json(msg=msg if self.read or not self.explain else self.explain(self.given, msg), **more)


def _why(error: Error) -> str:
    """Its message; where it only shows that this user may not do that, that in one sentence."""
    denied = isinstance(error, ToolError) or isinstance(error.__cause__, PermissionError)
    if os.geteuid() == 0 or 'CIB_file' in os.environ or not denied or isinstance(error, ToolError) and _is_member():
        return error.msg
    return 'This needs root, and runs as uid %d: set "become: true" for the task or the play (it said: %s).' % (
        os.geteuid(),
        ' '.join(error.msg.split()).rstrip('.')[:200],
    )


def _is_member() -> bool:
    """Whether Pacemaker lets this user in without being root."""
    try:
        return grp.getgrnam('haclient').gr_gid in os.getgroups()
    except KeyError:
        return False


def run(argument_spec: Mapping[str, Any], work: Work, explain: Explain | None = None) -> None:
    """Run a module.

    Keys of the result, or of an Error's details, that are for this place: ``warnings`` (texts); ``diff``, a
    function that is called only where a diff was asked for.
    """
    module = Module(explain, argument_spec=argument_spec, supports_check_mode=True)
    commands: list[str] = []

    def runner(
        argv: Sequence[str], stdin: str | None = None, environment: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        commands.append(' '.join(shlex.quote(word) for word in argv))
        done: tuple[int, str, str] = module.run_command(
            argv,
            data=stdin,
            binary_data=False,
            handle_exceptions=False,
            environ_update=dict(environment or {}, LC_ALL='C'),
        )
        return done

    def finished(result: Result) -> Result:
        for warning in result.pop('warnings', []):
            module.warn(warning)
        diff = result.pop('diff', None)
        if diff and module._diff:  # pylint: disable=protected-access
            result['diff'] = diff()
        result['commands'] = commands
        return result

    try:
        result = work(runner, module.params, module.check_mode)
    except Error as error:
        module.fail_json(msg=_why(error), **finished(error.details))
    except OSError as error:  # what is nobody's subject, such as a full disk for temporary files
        where = error.filename or tempfile.gettempdir()
        module.fail_json(msg='%s: %s.' % (where, error.strerror or error), **finished({}))
    module.exit_json(**finished(result))

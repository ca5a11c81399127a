# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the loop (plugin_utils/_stagger/loop.py) to Ansible: the node, the load of all nodes, the screen, Ctrl-C."""

from __future__ import annotations

import copy
import os
import signal
import time
from types import FrameType
from typing import Any, Callable, Mapping

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.validate import complaint
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options as options_
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import (
    ARGUMENT,
    LookRequest,
    Plain,
    Plan,
    PlanRequest,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import ARGUMENTS, Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger import loop
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import plan_lines
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import UNANSWERED, Load, Node, Outside

PATIENCE = 120  # seconds for which a lost connection is tried again: the cluster goes on meanwhile
LOAD = 'nproc; cat /proc/loadavg; cat /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory 2>/dev/null || true'

# show(text, always): a line; always: where only a summary is wanted, too
Show = Callable[[str, bool], None]


class ActionModule(ActionBase):  # type: ignore[misc]
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Plain:
        super().run(tmp, task_vars)
        checked = ArgumentSpecValidator(ARGUMENTS).validate(self._task.args)
        if checked.error_messages:
            unusable = 'The arguments cannot be used: %s' % '; '.join(checked.error_messages)
            return {'failed': True, 'msg': complaint(self._task.args, unusable)}
        try:
            options = options_.read(checked.validated_parameters)
            if self._task.check_mode:
                return self._plan(options, task_vars or {})
            return self._loop(options, task_vars or {})
        except Error as error:
            details = {key: value for key, value in error.details.items() if key != UNANSWERED}
            return dict(details, failed=True, msg=error.msg)

    def _plan(self, options: Options, task_vars: dict[str, Any]) -> Plain:
        show = _shown(options.progress, Screen())
        result = self._node(task_vars, show).ask(PlanRequest().plain())
        plan = Plan.read(result.pop('answer'))
        for line in plan_lines(plan, options):
            show(line, False)
        standby = options.standby_of()
        if standby is not None:
            standby = {node: value for node, value in standby.items() if node not in plan.standby_by_hand}
        return dict(result, standby=standby, **plan.public())

    def _loop(self, options: Options, task_vars: dict[str, Any]) -> Plain:
        screen = Screen()
        show = _shown(options.progress, screen)
        node = self._node(task_vars, show)
        with CtrlC(screen) as pressed:
            return loop.run(
                Outside(
                    node=Node(lambda request: dict(node.ask(request)['answer'])),
                    show=show,
                    warn=Display().warning,
                    loads=Loads(self._connection, self._play_context, task_vars).read,
                    interrupted=pressed.was,
                ),
                options,
            )

    def _node(self, task_vars: dict[str, Any], show: Show) -> RemoteNode:
        def execute(request: Plain) -> Plain:
            result: Plain = self._execute_module(
                module_name='openve.pacemaker.ve_stagger',
                module_args={**self._task.args, ARGUMENT: request},
                task_vars=task_vars,
            )
            return result

        return RemoteNode(execute, getattr(self._connection, 'reset', lambda: None), show)


class RemoteNode:
    """The node, through a connection that may drop. ``execute(request)`` runs the module, ``reset()`` ends the connection."""

    def __init__(self, execute: Callable[[Plain], Plain], reset: Callable[[], None], show: Show) -> None:
        self._execute, self._reset, self._show = execute, reset, show

    def ask(self, request: Plain) -> Plain:
        """The module's result, or an Error. What is lost is asked again, an edit too: made twice, it changes nothing."""
        began, lost = time.monotonic(), False
        while True:
            result, what = self._try(request)
            if not what:
                break
            why = ' '.join(str(result.get('msg') or result.get('module_stderr') or 'no answer').split())
            if request['do'] == PlanRequest.DO or time.monotonic() > began + PATIENCE:
                raise Error(
                    '%s: %s. The cluster goes on with what was released; run again to go on.'
                    % (what[0].upper() + what[1:], why),
                    **{UNANSWERED: True},
                )
            if not lost:
                self._show(
                    '  %s; trying again for %d s, and the cluster goes on meanwhile (%s)' % (what, PATIENCE, why[:200]),
                    True,
                )
            lost = True
            time.sleep(2)
            self._reset()
        if lost:
            self._show('  it answers again after %d s' % (time.monotonic() - began), True)
        if result.get('failed'):
            details = {key: value for key, value in result.items() if key not in ('failed', 'msg')}
            raise Error(result.get('msg', 'the module failed'), **details)
        return result

    def _try(self, request: Plain) -> tuple[Plain, str]:
        """(the result, what is lost if that is no answer of the module, or none of a Pacemaker that answered before)"""
        try:
            result = self._execute(request)
        except AnsibleError as error:
            return {'msg': str(error)}, 'the node cannot be reached'
        if result.get('unreachable') or 'commands' not in result and 'module_stderr' in result:
            return result, 'the node cannot be reached'
        # such as a node under a load that its daemons do not keep up with; a ToolError has cmd
        if request['do'] == LookRequest.DO and result.get('failed') and 'cmd' in result:
            return result, 'Pacemaker does not answer on the node'
        return result, ''


class Loads:
    """The load of the hosts of the play."""

    def __init__(self, connection: Any, play_context: Any, task_vars: dict[str, Any]) -> None:
        self._play_context, self._task_vars = play_context, task_vars
        self._connections = {task_vars.get('inventory_hostname', ''): connection}
        self._transport = connection.transport

    def read(self) -> Mapping[str, Load]:
        """{host: Load}; nothing is known of a host that does not answer."""
        return {host: self._of(host) for host in self._task_vars.get('ansible_play_hosts', [])}

    def _of(self, host: str) -> Load:
        try:
            rc, out, _err = self._connection_to(host).exec_command(
                '/bin/sh -c "%s"' % LOAD, in_data=None, sudoable=False
            )
            return read_load(out.decode('utf-8', 'replace')) if rc == 0 else Load()
        except (AnsibleError, OSError, ValueError, IndexError):
            return Load()  # such as a node that died

    def _connection_to(self, host: str) -> Any:
        if host not in self._connections:
            variables = dict(self._task_vars['hostvars'][host])
            context = copy.copy(self._play_context)
            context.remote_addr = variables.get('ansible_host', host)
            # as Ansible itself calls them: not every plugin has a default for new_stdin
            kind = variables.get('ansible_connection', self._transport)
            connection = connection_loader.get(kind, context, new_stdin=None)
            connection.set_options(var_options=variables)
            self._connections[host] = connection
        return self._connections[host]


def read_load(text: str) -> Load:
    """What LOAD says: the load of the last minute per core, and the highest pressure (some, avg10) where the kernel has it."""
    lines = text.splitlines()
    pressures = [float(line.split('avg10=')[1].split()[0]) for line in lines[2:] if line.startswith('some ')]
    return Load(float(lines[1].split()[0]) / int(lines[0]), max(pressures) if pressures else None)


# The screen, and Ctrl-C


class Screen:
    """Where lines are shown."""

    def __init__(self) -> None:
        self._descriptor: int | None = None

    def show(self, text: str) -> None:
        if self._descriptor is None:
            Display().display(text)
        else:
            try:
                os.write(self._descriptor, text.encode() + b'\n')
            except OSError:
                pass

    def go_around_ansible(self) -> None:
        """Ansible has told its workers to end, and waits for them, but shows nothing of them any more."""
        try:
            self._descriptor = os.open('/proc/%d/fd/1' % os.getppid(), os.O_WRONLY | os.O_NOCTTY | os.O_APPEND)
        except OSError:
            pass  # nothing is shown then


def _shown(progress: str, screen: Screen) -> Show:
    """The lines that are wanted: full, summary or none."""
    if progress == 'full':
        return lambda text, always: screen.show(text)
    if progress == 'summary':
        return lambda text, always: screen.show(text) if always else None
    return lambda text, always: None


class CtrlC:
    """While it lasts, SIGINT and SIGTERM are noted instead of ending this process."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._pressed = screen, False
        self._before: dict[int, Any] = {}

    def was(self) -> bool:
        """Whether it was pressed."""
        return self._pressed

    def __enter__(self) -> CtrlC:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._press)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        if not self._pressed:
            self._pressed = True
            self._screen.go_around_ansible()

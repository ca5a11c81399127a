# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the loop (plugin_utils/_stagger/loop.py) to Ansible: the node, the load of all nodes, the screen, Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Any, Callable, Mapping, Sequence

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
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
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote import asking, process
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.connections import Connections
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
        connections = Connections(self._connection, self._play_context, task_vars or {}, self._task)
        try:
            options = options_.read(checked.validated_parameters)
            run = self._plan if self._task.check_mode else self._loop
            return run(options, task_vars or {}, connections)
        except Error as error:
            details = {key: value for key, value in error.details.items() if key != UNANSWERED}
            return dict(details, failed=True, msg=error.msg)
        finally:
            connections.close()

    def _plan(self, options: Options, task_vars: dict[str, Any], connections: Connections) -> Plain:
        show = _shown(options.progress, Screen())
        result = self._node(task_vars, connections, show).ask(PlanRequest().plain())
        plan = Plan.read(result.pop('answer'))
        for line in plan_lines(plan, options):
            show(line, False)
        standby = options.standby_of()
        if standby is not None:
            standby = {node: value for node, value in standby.items() if node not in plan.standby_by_hand}
        return dict(result, standby=standby, without_quorum=plan.without_quorum, **plan.public())

    def _loop(self, options: Options, task_vars: dict[str, Any], connections: Connections) -> Plain:
        screen = Screen()
        show = _shown(options.progress, screen)
        node = self._node(task_vars, connections, show)
        with CtrlC(screen) as pressed:
            return loop.run(
                Outside(
                    node=Node(lambda request: dict(node.ask(request)['answer'])),
                    show=show,
                    warn=Display().warning,
                    loads=Loads(connections, task_vars.get('ansible_play_hosts', [])).read,
                    interrupted=pressed.was,
                    owner=process.owner(),
                    process=process.identity(os.getpid()),
                    alive=process.alive,
                ),
                options,
            )

    def _node(self, task_vars: dict[str, Any], connections: Connections, show: Show) -> RemoteNode:
        def execute(host: str, request: Plain) -> Plain:
            arguments = {**self._task.args, ARGUMENT: request}
            return asking.execute(self, connections, host, 'openve.pacemaker.ve_stagger', arguments)

        return RemoteNode(asking.hosts_of(self._task, task_vars), execute, connections.reset, show)


class RemoteNode:
    """The node, through connections that may drop: where it does not answer, another one of ``hosts`` is asked from then on.

    ``execute(host, request)`` runs the module, ``reset(host)`` ends a connection.
    """

    def __init__(
        self, hosts: list[str], execute: Callable[[str, Plain], Plain], reset: Callable[[str], None], show: Show
    ) -> None:
        self._hosts, self._execute, self._reset, self._show = hosts, execute, reset, show

    def ask(self, request: Plain) -> Plain:
        """The module's result, or an Error. What is lost is asked again, an edit too: made twice, it changes nothing."""
        began, lost = time.monotonic(), 0
        refused: list[Plain] = []
        while True:
            host = self._hosts[0]
            result = self._execute(host, request)
            what = self._lost(result, request)
            if not what and not (result.get(asking.ELSEWHERE) and len(refused) + 1 < len(self._hosts)):
                break
            if what:
                lost += 1
                self._refuse_silence(request, '%s %s' % (host, what), result, began, lost)
            else:
                refused.append(result)
            self._next(host, what, result, lost)
        if lost >= len(self._hosts):
            self._show('  it answers again after %d s' % (time.monotonic() - began), True)
        if result.get('failed'):
            result = refused[0] if result.get(asking.ELSEWHERE) and refused else result
            raise Error(result.get('msg', 'the module failed'), **_details(result))
        return result

    def _lost(self, result: Plain, request: Plain) -> str:
        """What is lost if that is no answer of the module, or none of a Pacemaker that answered before."""
        # such as a node under a load that its daemons do not keep up with; a ToolError has cmd
        silent = request['do'] == LookRequest.DO and result.get('failed') and 'cmd' in result
        return asking.silence(result) or ('has no Pacemaker that answers' if silent else '')

    def _refuse_silence(self, request: Plain, what: str, result: Plain, began: float, lost: int) -> None:
        """An Error where all have been asked, and it is no use to go on."""
        if lost % len(self._hosts):
            return
        if request['do'] == PlanRequest.DO and asking.silence(result) != 'cannot be reached':
            raise Error(result.get('msg', 'the module failed'), **_details(result))
        if request['do'] == PlanRequest.DO or time.monotonic() > began + PATIENCE:
            raise Error(
                '%s: %s. The cluster goes on with what was released; run again to go on.' % (what, asking.why(result)),
                **{UNANSWERED: True},
            )

    def _next(self, host: str, what: str, result: Plain, lost: int) -> None:
        """Go over to the next host; wait where all of them have been asked."""
        self._hosts = [*self._hosts[1:], host]
        if lost < len(self._hosts) or not what:
            reason = '%s (%s)' % (what, asking.why(result)) if what else 'is in a part without quorum'
            self._show('  %s %s; %s is asked instead' % (host, reason, self._hosts[0]), True)
            return
        if lost == len(self._hosts):
            whom = host if lost == 1 else 'no host'
            self._show(
                '  %s %s; trying again for %d s, and the cluster goes on meanwhile (%s)'
                % (whom, what if lost == 1 else 'answers', PATIENCE, asking.why(result)),
                True,
            )
        if not lost % len(self._hosts):
            time.sleep(2)
        self._reset(self._hosts[0])


def _details(result: Plain) -> Plain:
    return {key: value for key, value in result.items() if key not in ('failed', 'msg', asking.ELSEWHERE)}


class Loads:
    """The load of these hosts."""

    def __init__(self, connections: Connections, hosts: Sequence[str]) -> None:
        self._connections, self._hosts = connections, hosts

    def read(self) -> Mapping[str, Load]:
        """{host: Load}; nothing is known of a host that does not answer."""
        return {host: self._of(host) for host in self._hosts}

    def _of(self, host: str) -> Load:
        try:
            rc, out, _err = self._connections.of(host).exec_command(
                '/bin/sh -c "%s"' % LOAD, in_data=None, sudoable=False
            )
            return read_load(out.decode('utf-8', 'replace')) if rc == 0 else Load()
        except (AnsibleError, OSError, ValueError, IndexError):
            return Load()  # such as a node that died


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
            try:
                Display().display(text)
            except OSError:
                pass  # Ansible itself was killed
        else:
            try:
                os.write(self._descriptor, text.encode() + b'\n')
            except OSError:
                pass

    def go_around_ansible(self) -> None:
        """Ansible has told its workers to end, and waits for them, but shows nothing of them any more."""
        if self._descriptor is not None or os.getppid() == 1:
            return
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
    """While it lasts, SIGINT, SIGTERM and SIGHUP are noted instead of ending this process; and that Ansible itself was killed."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._pressed, self._parent = screen, False, os.getppid()
        self._before: dict[int, Any] = {}

    def was(self) -> bool:
        """Whether it was pressed."""
        return self._pressed or os.getppid() != self._parent

    def __enter__(self) -> CtrlC:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._press)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        if not self._pressed:
            self._pressed = True
            self._screen.go_around_ansible()

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that is asked is one that works: where Pacemaker does not answer on the first, the next one of the play is asked.

Only with ``run_once``: then the task is one of the cluster, and the hosts of the play are its nodes.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.connections import Connections

Plain = Dict[str, Any]

# Exit codes of Pacemaker's tools where nobody answered; None: they are not installed, 0: they showed nothing.
SILENT = (None, 0, 102, 124)
# A result of the module has this where another part of the cluster may be able to do what this one refuses.
ELSEWHERE = 'elsewhere'


def hosts_of(task: Any, task_vars: Plain) -> list[str]:
    """Whom a task may ask, its own host first."""
    own = task_vars.get('inventory_hostname', '')
    others = task_vars.get('ansible_play_hosts', []) if task.run_once else []
    return [own] + [host for host in others if host != own]


def silence(result: Plain) -> str:
    """What is wrong with a host by what it gave for a result; empty where a module has answered, with a failure or without."""
    if result.get('unreachable') or 'commands' not in result and 'module_stderr' in result:
        return 'cannot be reached'
    if result.get('failed') and 'cmd' in result and result.get('rc') in SILENT:
        return 'has no Pacemaker that answers'
    return ''


def why(result: Plain) -> str:
    """What it said, in one line."""
    return ' '.join(str(result.get('msg') or result.get('module_stderr') or 'no answer').split())[:200]


def execute(action: Any, connections: Connections, host: str, module: str, arguments: Plain, **more: Any) -> Plain:
    """Run a module on a host. One that cannot be reached is a result, too."""
    try:
        there = connections.action(action, host)
        result: Plain = there._execute_module(
            module_name=module, module_args=arguments, task_vars=connections.task_vars(host), **more
        )
    except AnsibleError as error:
        return {'failed': True, 'unreachable': True, 'msg': str(error)}
    return result


class Asking(ActionBase):  # type: ignore[misc]
    """The action of a module that is about the whole cluster."""

    MODULE = ''
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Plain | None = None) -> Plain:
        super().run(tmp, task_vars)
        return self.ask(dict(self._task.args), task_vars or {})

    def _show(self, line: str) -> None:
        """A task that is to say nothing says only that another host is asked."""
        Display().display('  another host is asked' if self._task.no_log else line)

    def about_the_cluster(self, _arguments: Plain) -> bool:
        """Whether every node would give the same answer."""
        return True

    def ask(self, arguments: Plain, task_vars: Plain) -> Plain:
        """The result of the first host that answers; of the first where none does."""
        connections = Connections(self._connection, self._play_context, task_vars, self._task)
        return first_answer(
            hosts_of(self._task, task_vars)
            if self.about_the_cluster(arguments)
            else hosts_of(self._task, task_vars)[:1],
            lambda host: execute(
                self, connections, host, self.MODULE, arguments, wrap_async=bool(self._task.async_val)
            ),
            self._show,
        )


def first_answer(hosts: list[str], ask: Callable[[str], Plain], show: Callable[[str], None]) -> Plain:
    """``ask(host)``: its result. ``show(line)``: on the screen."""
    first: Plain = {}  # hosts has at least the task's own
    for number, host in enumerate(hosts, 1):
        result = ask(host)
        first = first or result
        what = silence(result)
        if not what:
            return result
        if number < len(hosts):
            show('  %s %s (%s); %s is asked instead' % (host, what, why(result), hosts[number]))
    return first

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other hosts of the play than the one that a task runs on: connections to them, and modules run there."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Mapping

from ansible.errors import AnsibleError
from ansible.plugins.loader import become_loader, connection_loader

# Of the task's own host, and not to be taken for those of another one.
OWN = ('ansible_python_interpreter', 'ansible_facts', 'discovered_interpreter_python')


class Connections:
    """One to each host, made when it is first asked for. ``task``: whose keywords hold, None for none."""

    def __init__(self, connection: Any, play_context: Any, task_vars: Mapping[str, Any], task: Any = None) -> None:
        self._context, self._vars, self._task = play_context, task_vars, task
        self._own = task_vars.get('inventory_hostname', '')
        self._made = {self._own: connection}
        self._actions: dict[str, Any] = {}
        self._transport = connection.transport

    def of(self, host: str) -> Any:
        """The connection to a host; an AnsibleError where there can be none."""
        if host not in self._made:
            self._made[host] = self._make(host)
        return self._made[host]

    def action(self, action: Any, host: str) -> Any:
        """An action plugin as it would be on that host."""
        if host == self._own:
            return action
        if host not in self._actions:
            other = self._actions[host] = copy.copy(action)
            other._connection, other._play_context = self.of(host), self._context_of(host, self._variables(host))
        return self._actions[host]

    def close(self) -> None:
        """Leave nothing on other hosts; on its own Ansible sees to that."""
        for other in self._actions.values():
            with contextlib.suppress(AnsibleError, OSError):
                other.cleanup()
                other._connection.close()

    def task_vars(self, host: str) -> dict[str, Any]:
        """What the task would be given on that host, as far as a module is run with it."""
        if host == self._own:
            return dict(self._vars)
        return {**{name: value for name, value in self._vars.items() if name not in OWN}, **self._variables(host)}

    def reset(self, host: str) -> None:
        """End it, so that the next one is a new one."""
        getattr(self._made.get(host), 'reset', lambda: None)()

    def _variables(self, host: str) -> dict[str, Any]:
        """Those that Ansible reads itself; one that cannot be templated is as good as none."""
        given, found = self._vars['hostvars'][host], {}
        for name in given:
            if name.startswith('ansible_') or name in (*OWN, 'inventory_hostname'):
                try:
                    found[name] = given[name]
                except AnsibleError:
                    continue
        return found

    def _context_of(self, host: str, variables: Mapping[str, Any]) -> Any:
        context = copy.copy(self._context)
        context.remote_addr = variables.get('ansible_host', host)
        return context

    def _make(self, host: str) -> Any:
        variables = self._variables(host)
        context = self._context_of(host, variables)
        kind = variables.get('ansible_connection', self._transport)
        # as Ansible itself calls them: not every plugin has a default for new_stdin
        connection = connection_loader.get(kind, context, new_stdin=None)
        if connection is None:
            raise AnsibleError('%s: there is no connection plugin %s' % (host, kind))
        keys = self._keys(context)
        become = self._become(variables)
        if become is not None:
            become.set_options(task_keys=keys, var_options=variables)
            connection.set_become_plugin(become)
        connection.set_options(task_keys=keys, var_options=variables)
        shell = getattr(connection, '_shell', None)
        if shell is not None:
            shell.set_options(task_keys=keys, var_options=variables)
        return connection

    def _keys(self, context: Any) -> dict[str, Any] | None:
        """The task's keywords, as TaskExecutor hands them on."""
        if self._task is None:
            return None
        keys: dict[str, Any] = dict(self._task.dump_attrs(), timeout=context.timeout)
        keys.pop('retries', None)
        if context.password:
            keys['password'] = context.password
        if context.become_pass:
            keys['become_pass'] = context.become_pass
        return keys

    def _become(self, variables: Mapping[str, Any]) -> Any:
        wanted = variables.get('ansible_become')
        if wanted is None:
            wanted = self._task is not None and self._task.become
        if not wanted or str(wanted).lower() in ('false', 'no', '0'):
            return None
        method = variables.get('ansible_become_method') or self._task and self._task.become_method or 'sudo'
        return become_loader.get(method)

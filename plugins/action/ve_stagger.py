# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the conductor (plugin_utils/_stagger/conductor.py) to Ansible: the node, the load of all nodes, the screen, Ctrl-C."""

from __future__ import annotations

import copy
import os
import signal
import time

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.validate import complaint
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.stagger import ARGUMENTS
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.conductor import Conductor, print_plan

PATIENCE = 120  # seconds for which a lost connection is tried again: the cluster goes on meanwhile
LOAD = 'nproc; cat /proc/loadavg; cat /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory 2>/dev/null || true'


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        self._task_vars, self._others, self._interrupted, self._screen = task_vars, {}, False, None
        checked = ArgumentSpecValidator(ARGUMENTS).validate(
            {key: value for key, value in self._task.args.items() if key != 'request'}
        )
        if checked.error_messages:
            return {
                'failed': True,
                'msg': complaint(
                    self._task.args, 'The arguments cannot be used: %s' % '; '.join(checked.error_messages)
                ),
            }
        self._arguments = checked.validated_parameters
        show = self._tell = {
            'full': self._show,
            'summary': lambda text, always=False: always and self._show(text),
            'none': lambda text, always=False: None,
        }[self._arguments['progress']]
        try:
            if self._task.check_mode:
                made = self._node({'do': 'plan'})
                print_plan(made, self._arguments['state'], show)
                return {
                    key: value for key, value in made.items() if key not in ('batches', 'roles', 'failures', 'options')
                }
            with self._signals():
                return Conductor(self._node, self._arguments, show, self._loads, lambda: self._interrupted).run()
        except Error as error:
            return dict(error.details, failed=True, msg=error.msg)

    def _node(self, request):
        """Have it done on the node. A connection that drops is tried again, an edit too: made twice, it changes nothing."""
        began, lost = time.monotonic(), False
        while True:
            try:
                result = self._execute_module(
                    module_name='openve.pacemaker.ve_stagger',
                    module_args=dict(self._task.args, request=request),
                    task_vars=self._task_vars,
                )
                what = self._lost(request, result)
                if not what:
                    break
                why = result.get('msg') or result.get('module_stderr') or 'no answer'
            except AnsibleError as error:
                what, why = 'the node cannot be reached', str(error)
            why = ' '.join(why.split())
            if request['do'] == 'plan' or time.monotonic() > began + PATIENCE:
                raise Error(
                    '%s: %s. The cluster goes on with what was released; run again to go on.'
                    % (what[0].upper() + what[1:], why)
                )
            if not lost:
                self._tell(
                    '  %s; trying again for %d s, and the cluster goes on meanwhile (%s)' % (what, PATIENCE, why[:200]),
                    always=True,
                )
            lost = True
            time.sleep(2)
            if hasattr(self._connection, 'reset'):
                self._connection.reset()
        if lost:
            self._tell('  it answers again after %d s' % (time.monotonic() - began), always=True)
        if result.get('failed'):
            raise Error(
                result.pop('msg', 'the module failed'),
                **{key: value for key, value in result.items() if key != 'failed'},
            )
        return result

    @staticmethod
    def _lost(request, result):
        """What is lost, if this is no answer of the module, or none of a Pacemaker that answered before."""
        if result.get('unreachable') or 'commands' not in result and 'module_stderr' in result:
            return 'the node cannot be reached'
        # such as a node under a load that its daemons do not keep up with; a ToolError has cmd
        return (
            'Pacemaker does not answer on the node'
            if request['do'] == 'look' and result.get('failed') and 'cmd' in result
            else ''
        )

    # Load

    def _loads(self):
        """{host: {load (per core), pressure (percent)}} of the hosts of the play; None where it is not known."""
        result = {}
        for host in self._task_vars.get('ansible_play_hosts', []):
            try:
                rc, out, _err = self._connection_to(host).exec_command(
                    '/bin/sh -c "%s"' % LOAD, in_data=None, sudoable=False
                )
                result[host] = read_load(out.decode('utf-8', 'replace')) if rc == 0 else {}
            except (AnsibleError, OSError, ValueError, IndexError):
                result[host] = {}  # such as a node that died
        return result

    def _connection_to(self, host):
        if host == self._task_vars['inventory_hostname']:
            return self._connection
        if host not in self._others:
            variables = dict(self._task_vars['hostvars'][host])
            context = copy.copy(self._play_context)
            context.remote_addr = variables.get('ansible_host', host)
            connection = connection_loader.get(variables.get('ansible_connection', self._connection.transport), context)
            connection.set_options(var_options=variables)
            self._others[host] = connection
        return self._others[host]

    # The screen, and Ctrl-C

    def _show(self, text, always=False):
        if self._screen is None:
            Display().display(text)
        else:
            try:
                os.write(self._screen, text.encode() + b'\n')
            except OSError:
                pass

    def _signals(self):
        return _Signals(self._interrupt)

    def _interrupt(self):
        """Ansible has told its workers to end, and waits for them, but shows nothing of them any more."""
        if not self._interrupted:
            self._interrupted = True
            try:
                self._screen = os.open('/proc/%d/fd/1' % os.getppid(), os.O_WRONLY | os.O_NOCTTY | os.O_APPEND)
            except OSError:
                pass  # nothing is shown then


class _Signals:
    """While it lasts, SIGINT and SIGTERM are told instead of ending this process."""

    def __init__(self, tell):
        self._tell, self._before = tell, {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, lambda *_arguments: self._tell())

    def __exit__(self, *_exception):
        for number, handler in self._before.items():
            signal.signal(number, handler)


def read_load(text):
    """What LOAD says: the load of the last minute per core, and the highest pressure (some, avg10) where the kernel has it."""
    lines = text.splitlines()
    pressures = [float(line.split('avg10=')[1].split()[0]) for line in lines[2:] if line.startswith('some ')]
    return {'load': float(lines[1].split()[0]) / int(lines[0]), 'pressure': max(pressures) if pressures else None}

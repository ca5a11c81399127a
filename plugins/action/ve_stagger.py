# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases the VEs by module ve_stagger, looks by module ve_info, and prints what happens as it happens."""

from __future__ import annotations

import time

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.openve.pacemaker.plugins.module_utils.model import parse_time

INTERVAL = 2  # seconds between two looks
SILENCE = 20  # seconds without news until a line says what is waited for
QUIET_LOOKS = 3  # looks at an idle cluster until what is down counts as staying down


class ActionModule(ActionBase):
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        self._task_vars = task_vars
        try:
            timeout = parse_time(self._task.args.get('timeout', '1h')) / 1000
        except ValueError as error:
            return {'failed': True, 'msg': 'timeout: %s; write 90s, 20min or 1h' % error}
        result = self._module('ve_stagger', self._task.args)
        if result.get('failed') or self._task.check_mode:
            return result

        self._start = time.monotonic()
        self._news = self._start
        seen = {}
        quiet = 0
        while True:
            status = self._module('ve_info', {'names': result['names']})
            if status.get('failed'):
                return dict(status, changed=result['changed'], released=result['released'])
            self._tell(status['ves'], seen, result)
            result['ves'] = [dict(ve, up_after=seen[ve['name']]['up_after']) for ve in status['ves']]
            down = [ve for ve in status['ves'] if ve['state'] not in ('started', 'unmanaged')]
            if not down:
                self._say('%d of %d VEs are up' % (len([ve for ve in status['ves'] if ve['state'] == 'started']), len(status['ves'])))
                return result
            quiet = quiet + 1 if status['idle'] else 0
            if quiet >= QUIET_LOOKS:
                return self._failed(result, down, 'the cluster has nothing left to do and they are not up')
            if time.monotonic() - self._start > timeout:
                return self._failed(result, down, 'they are not up after %d s (the cluster goes on starting them)' % timeout)
            time.sleep(INTERVAL)

    def _module(self, name, arguments):
        return self._execute_module(module_name='openve.pacemaker.' + name, module_args=dict(arguments), task_vars=self._task_vars)

    def _tell(self, ves, seen, result):
        """A line for each VE that came up since the last look; what is waited for, when nothing happened for long."""
        now = time.monotonic()
        if not seen:
            waiting = len([ve for ve in ves if ve['state'] not in ('started', 'unmanaged')])
            self._say('%d VEs released now, %d of %d still to come up, %s at once on a node' % (
                len(result['released']), waiting, len(ves), result['limit'] or 'as many as Pacemaker likes'))
        up = len([ve for ve in ves if ve['state'] == 'started'])
        for ve in ves:
            known = seen.setdefault(ve['name'], {'state': None, 'since': now, 'up_after': None, 'failures': 0})
            if ve['state'] == 'unmanaged' and known['state'] is None:
                self._say('%s is unmanaged and left alone' % ve['name'])
            was_down = ve['name'] in result['released'] if known['state'] is None else known['state'] != 'started'
            if ve['state'] == 'started' and was_down:
                known['up_after'] = round(now - self._start, 1)
                took = ', %.0f s after its start was seen' % (now - known['since']) if known['state'] == 'starting' else ''
                self._say('%s is up on %s%s (%d of %d)' % (ve['name'], ve['node'], took, up, len(ves)))
            for failure in ve['failures'][known['failures']:]:
                self._say('%s: %s' % (ve['name'], failure))
            known['failures'] = len(ve['failures'])
            if ve['state'] != known['state']:
                known.update(state=ve['state'], since=now)
        if now - self._news > SILENCE:
            starting = ['%s on %s (%.0f s)' % (ve['name'], ve['node'], now - seen[ve['name']]['since'])
                        for ve in ves if ve['state'] == 'starting']
            queued = len([ve for ve in ves if ve['state'] == 'stopped'])
            self._say('waiting: %s; %d queued' % (', '.join(starting) or 'no VE starts', queued))

    def _say(self, text):
        self._news = time.monotonic()
        Display().display('  [%5.0f s] %s' % (self._news - self._start, text))

    def _failed(self, result, down, why):
        reasons = ['%s (%s): %s' % (ve['name'], ve['state'], '; '.join(ve['failures']) or 'no failure is recorded; '
                   'look with crm_resource --why --resource=%s' % ve['name']) for ve in down]
        return dict(result, failed=True, msg='%d VEs: %s.\n- %s' % (len(down), why, '\n- '.join(reasons)))

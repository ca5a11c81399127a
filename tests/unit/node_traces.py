# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller leaves behind on its node, made up: its process, its log, the CIBs on the disk."""

from __future__ import annotations

import os
import time

NOW = 1700000000.0  # 2023-11-14
PID = 4711


class Node:
    def __init__(self, path):
        self.path = path
        self.log_lines = []
        (path / 'proc' / 'self' / 'ns').mkdir(parents=True)
        os.symlink('pid:[1]', path / 'proc' / 'self' / 'ns' / 'pid')
        (path / 'proc' / 'uptime').write_text('100000.00 1.00\n')
        (path / 'cib').mkdir()
        self.count = 0

    def process(
        self, pid=PID, ago=1000.0, name='/usr/lib/pacemaker/pacemaker-controld', space='pid:[1]', **environment
    ):
        """Started so many seconds ago."""
        folder = self.path / 'proc' / str(pid)
        (folder / 'ns').mkdir(parents=True)
        os.symlink(space, folder / 'ns' / 'pid')
        (folder / 'cmdline').write_text(name + '\0')
        (folder / 'environ').write_text('A=1\0' + ''.join('%s=%s\0' % pair for pair in environment.items()))
        ticks = (100000 - ago) * os.sysconf('SC_CLK_TCK')
        (folder / 'stat').write_text('%d (pace (m) aker) S %s %d 0\n' % (pid, ' '.join(['1'] * 18), ticks))

    def version(self, ago, limit):
        """A CIB was written so many seconds ago; called from old to new."""
        newest = self.path / 'cib' / 'cib.xml'
        if newest.exists():
            newest.rename(self.path / 'cib' / ('cib-%d.raw' % self.count))
            self.count += 1
        newest.write_text(
            '<cib epoch="1"><configuration><crm_config><cluster_property_set id="c">%s'
            '</cluster_property_set></crm_config><resources/></configuration></cib>'
            % ('' if limit is None else '<nvpair id="n" name="node-action-limit" value="%s"/>' % limit)
        )
        os.utime(newest, (NOW - ago, NOW - ago))

    def announced(
        self,
        ago,
        pid=PID,
        form='%s n1 pacemaker-controld  [%d] (throttle_send_command) \tinfo: New throttle mode: 0000 (was ffffffff)',
    ):
        self.log_lines.append(form % (time.strftime('%b %d %H:%M:%S', time.localtime(NOW - ago)), pid))
        (self.path / 'log').write_text('\n'.join(self.log_lines) + '\n')

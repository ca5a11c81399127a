# SPDX-License-Identifier: GPL-3.0-or-later
"""What ve_resources costs, on a node of the lab: one call in a process of its own, and what it spent in Pacemaker's tools.

usage: config_bench.py live COUNT [CHANGED]      COUNT VEs, declared stopped; CHANGED: the number of one with another stop_grace
       config_bench.py offline COUNT             from nothing, on a CIB in a file
Prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

from onnode import arguments, runner, tool

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

PREFIX = 'bench-'
POLICY = {'load_threshold': '0%'}


def declared(count, changed=0):
    return [
        dict(
            {'id': str(90000 + number), 'name': '%s%d' % (PREFIX, number), 'engine': 'lxc', 'state': 'stopped'},
            **({'stop_grace': '99s'} if number == changed else {}),
        )
        for number in range(1, count + 1)
    ]


def age():
    """How long this process has been there: Python's start and the imports are a part of the module's time."""
    with open('/proc/self/stat', encoding='utf-8') as stream:
        ticks = int(stream.read().rpartition(')')[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf('SC_CLK_TCK')


def main():
    what, count = sys.argv[1], int(sys.argv[2])
    changed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    spent = {}

    def run(argv, stdin=None, environment=None):
        begin = time.monotonic()
        try:
            return runner(argv, stdin, environment)
        finally:
            name = ' '.join(argv[:2]) if argv[0] == 'cibadmin' else argv[0]
            spent[name] = spent.get(name, 0) + time.monotonic() - begin

    with tempfile.TemporaryDirectory() as folder:
        before = 0
        if what == 'offline':
            os.environ['CIB_file'] = os.path.join(folder, 'cib.xml')
            with open(os.environ['CIB_file'], 'w', encoding='utf-8') as stream:
                stream.write(tool('cibadmin', '--empty'))
            before = age()
        result = ve_resources.run(run, arguments(declared(count, changed), POLICY, purge=True, purge_all=True))
        seconds = age() - before
        epoch = int(tree.query(runner).get('epoch'))
    print(
        json.dumps(
            {
                'seconds': seconds,
                'tools': spent,
                'changed': result['changed'],
                'attempts': result['attempts'],
                'epoch': epoch,
                'ves': [len(result[key]) for key in ('created', 'updated', 'removed')],
                'paths': [change.get('path') for change in ET.fromstring(result['patch']).findall('change')]
                if changed
                else [],
            }
        )
    )


main()

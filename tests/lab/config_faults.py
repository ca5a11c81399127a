# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources against others who edit the same CIB, and killed, on a node of a running cluster. Ends with 1 where something is
lost or half done.

usage: config_faults.py WHAT N [WHAT N...]
       rounds N     N changes, each while another writer edits at a random moment
       storm N      N VEs in one patch, while the status section is updated 20 times a second
       kills N      N changes, each killed at a random moment
       push N       N VEs in one patch; says "push" as it begins with that, for those who break something then. Leaves the VEs
       gone 0       removes them
"""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time

from onnode import arguments, runner, tool

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

PREFIX = 'fault-'
LOG = '/var/log/pacemaker/pacemaker.log'


def ve(number, **fields):
    return dict(
        {'id': str(90000 + number), 'name': '%s%d' % (PREFIX, number), 'engine': 'lxc', 'state': 'stopped'}, **fields
    )


def clean():
    """Nothing of this is left, and new resources are not probed: hundreds of probes are not what is measured here."""
    tool('crm_attribute', '--type', 'crm_config', '--name', 'enable-startup-probes', '--update', 'false')
    for what in (
        "//rsc_location[starts-with(@id,'%s')]",
        "//primitive[starts-with(@id,'%s')]",
        "//crm_config//nvpair[starts-with(@name,'%s')]",
    ):
        runner(['cibadmin', '--delete-all', '--force', '--xpath', what % PREFIX])


def leave():
    clean()
    tool('crm_attribute', '--type', 'crm_config', '--name', 'enable-startup-probes', '--delete')


# Another writer


class Writer(threading.Thread):
    """Makes one edit at a random moment, and knows how to tell whether it is still there."""

    def __init__(self, number, within):
        super().__init__()
        self.number, self.kind = number, random.choice(('resource', 'property', 'meta', 'none'))
        self.delay = random.uniform(0, within)
        self.value = 'v%d' % number

    def run(self):
        time.sleep(self.delay)
        if self.kind == 'resource':
            tool(
                'cibadmin',
                '--modify',
                '--allow-create',
                '--scope',
                'resources',
                '--xml-text',
                '<primitive id="%stheirs" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="%stheirs-i">'
                '<nvpair id="%stheirs-state" name="state" value="/run/%s"/></instance_attributes><meta_attributes id="%stheirs-m">'
                '<nvpair id="%stheirs-role" name="target-role" value="Stopped"/></meta_attributes></primitive>'
                % (PREFIX, PREFIX, PREFIX, self.value, PREFIX, PREFIX),
            )
        elif self.kind == 'property':
            tool('crm_attribute', '--type', 'crm_config', '--name', PREFIX + 'property', '--update', self.value)
        elif self.kind == 'meta':  # of the very VE that is changed
            tool(
                'crm_resource',
                '--resource',
                PREFIX + '1',
                '--meta',
                '--set-parameter',
                'maintenance',
                '--parameter-value',
                ('true', 'false')[self.number % 2],
            )

    def kept(self, root):
        if self.kind == 'resource':
            return any(pair.get('value') == '/run/' + self.value for pair in root.iter('nvpair'))
        if self.kind == 'property':
            return attributes.get_property(root, PREFIX + 'property') == self.value
        if self.kind == 'meta':
            return (
                attributes.get(primitive(root, PREFIX + '1'), attributes.META, 'maintenance')
                == ('true', 'false')[self.number % 2]
            )
        return True


def primitive(root, name):
    return next(element for element in root.iter('primitive') if element.get('id') == name)


def grace(root, name):
    return next(pair.get('value') for pair in primitive(root, name).iter('nvpair') if pair.get('name') == 'stop_grace')


def rounds(count):
    lost, conflicts, kinds = [], 0, {}
    begin = time.monotonic()
    ve_resources.run(runner, arguments([ve(1), ve(2)]))
    took = time.monotonic() - begin
    for number in range(1, count + 1):
        writer = Writer(number, took)
        kinds[writer.kind] = kinds.get(writer.kind, 0) + 1
        writer.start()
        wanted = '%ds' % (100 + number % 100)
        begin = time.monotonic()
        try:
            result = ve_resources.run(runner, arguments([ve(1, stop_grace=wanted), ve(2, stop_grace=wanted)]))
        finally:
            took = time.monotonic() - begin
            writer.join()
        conflicts += result['attempts'] > 1
        root = tree.query(runner)
        if not writer.kept(root):
            lost.append('round %d: their edit (%s)' % (number, writer.kind))
        if [grace(root, PREFIX + str(n)) for n in (1, 2)] != [wanted] * 2:
            lost.append('round %d: our edit' % number)
    print(
        '%d rounds, edits by others %s; %d conflicts, all tried again; %d edits lost'
        % (count, kinds, conflicts, len(lost))
    )
    return lost


# Updates of the status section


def noise(stop):
    """20 updates a second, as attributes of this node, until it is told to stop. A tool for each would be 20 processes a second;
    Pacemaker's attribute manager is told what they would tell it."""
    update = ctypes.CDLL('libcrmcommon.so.34').pcmk__attrd_api_update
    update.argtypes = [ctypes.c_void_p] + [ctypes.c_char_p] * 6 + [ctypes.c_uint32]
    is_value = 1 << 3
    due = time.monotonic()
    for number in itertools.count():
        # Never faster than that, to make up for what was late: the CIB manager would be flooded, and when it has not answered
        # pacemakerd five times, for half a minute, pacemakerd ends it, and the node is fenced.
        due = max(due + 1 / 20, time.monotonic())
        if stop.wait(due - time.monotonic()):
            return
        # 40 names: an attribute whose last value is still on its way takes no other one meanwhile
        rc = update(
            None, None, b'%snoise-%d' % (PREFIX.encode(), number % 40), b'%d' % number, None, None, None, is_value
        )
        if rc:
            raise RuntimeError('pcmk__attrd_api_update: %d' % rc)


def updates(since):
    """How many of them the CIB manager has taken since that place in its log."""
    with open(LOG, encoding='utf-8', errors='replace') as stream:
        stream.seek(since)
        return sum(
            'Completed cib_modify operation for section status: OK' in line and '/attrd/' in line for line in stream
        )


def storm(count):
    stop = threading.Event()
    thread = threading.Thread(target=noise, args=[stop])
    thread.start()
    time.sleep(2)
    begin, place = time.monotonic(), os.path.getsize(LOG)
    try:
        result = ve_resources.run(runner, arguments([ve(number) for number in range(1, count + 1)]))
    finally:
        seconds, taken = time.monotonic() - begin, updates(place)
        stop.set()
        thread.join()
    have = len([element for element in tree.query(runner).iter('primitive') if element.get('id').startswith(PREFIX)])
    print(
        '%d VEs in one patch in %.1f s, pushed %d times; %.0f updates of the status section a second meanwhile; %d VEs in the CIB'
        % (count, seconds, result['attempts'], taken / seconds, have)
    )
    return [] if have == count else ['%d VEs are missing' % (count - have)]


# The end of ve_resources

KILLED = 30


def change(seconds):
    ve_resources.run(runner, arguments([ve(number, stop_grace='%ds' % seconds) for number in range(1, KILLED + 1)]))
    return []


def kills(count):
    wrong, seen = [], {'before': 0, 'after': 0}
    change(99)
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, __file__, 'change', '100'], check=True
    )  # as those that are killed: Python's start takes long, too
    took, old = time.monotonic() - begin, '100s'
    for number in range(1, count + 1):
        new = '%ds' % (100 + number)
        process = subprocess.Popen([sys.executable, __file__, 'change', new[:-1]], start_new_session=True)
        time.sleep(random.uniform(0, took * 1.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # An edit of this node's that came later is in force later: what was under way has ended with it.
        tool('crm_attribute', '--type', 'crm_config', '--name', PREFIX + 'barrier', '--update', new)
        root = tree.query(runner)
        graces = {grace(root, PREFIX + str(n)) for n in range(1, KILLED + 1)}
        if graces == {old}:
            seen['before'] += 1
        elif graces == {new}:
            seen['after'] += 1
        else:
            wrong.append('kill %d: %s of %s and %s' % (number, sorted(graces), old, new))
        old = sorted(graces)[0]
    print(
        'killed %d times: %d times as before, %d times as after, %d times between'
        % (count, seen['before'], seen['after'], len(wrong))
    )
    return wrong


def push(count):
    def run(argv, stdin=None, environment=None):
        if argv[:2] == list(transaction.PUSH[:2]):
            print('push', flush=True)
        return runner(argv, stdin, environment)

    begin = time.monotonic()
    result = ve_resources.run(run, arguments([ve(number) for number in range(1, count + 1)]))
    print('%d created in %.1f s, %d attempts' % (len(result['created']), time.monotonic() - begin, result['attempts']))
    return []


def main():
    random.seed()
    wrong = []
    for what, count in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
        if what == 'change':  # kills
            wrong += change(count)
            continue
        clean()
        if what == 'push':
            wrong += push(count)
            continue
        try:
            wrong += {'rounds': rounds, 'storm': storm, 'kills': kills, 'gone': lambda _count: []}[what](count)
        finally:
            leave()
        sys.stdout.flush()
    print('\n'.join(wrong))
    sys.exit(bool(wrong))


main()

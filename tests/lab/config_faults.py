# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources against others who edit the same CIB, on a node of a running cluster. Ends with 1 where an edit was lost.

usage: config_faults.py WHAT N [WHAT N...]
       rounds N     N changes, each while another writer edits at a random moment
       storm N      N VEs in one patch, while operation results come in, 20 a second if the CIB manager takes so many
"""
from __future__ import annotations

import itertools
import random
import sys
import threading
import time

from onnode import arguments, runner, tool

from ansible_collections.openve.pacemaker.plugins.module_utils import cib, primitives, resources

PREFIX = 'fault-'


def ve(number, **fields):
    return dict({'id': str(90000 + number), 'name': '%s%d' % (PREFIX, number), 'engine': 'lxc', 'state': 'stopped'}, **fields)


def clean():
    for what in ("//rsc_location[starts-with(@id,'%s')]", "//primitive[starts-with(@id,'%s')]", "//nvpair[starts-with(@name,'%s')]"):
        runner(['cibadmin', '--delete-all', '--force', '--xpath', what % PREFIX])


# Another writer

class Writer(threading.Thread):
    """Makes one edit at a random moment, and knows how to tell whether it is still there."""

    def __init__(self, number):
        super().__init__()
        self.number, self.kind = number, random.choice(('resource', 'property', 'meta', 'none'))
        self.delay = random.uniform(0, 0.6)
        self.value = 'v%d' % number

    def run(self):
        time.sleep(self.delay)
        if self.kind == 'resource':
            tool('cibadmin', '--modify', '--allow-create', '--scope', 'resources', '--xml-text',
                 '<primitive id="%stheirs" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="%stheirs-i">'
                 '<nvpair id="%stheirs-state" name="state" value="/run/%s"/></instance_attributes><meta_attributes id="%stheirs-m">'
                 '<nvpair id="%stheirs-role" name="target-role" value="Stopped"/></meta_attributes></primitive>'
                 % (PREFIX, PREFIX, PREFIX, self.value, PREFIX, PREFIX))
        elif self.kind == 'property':
            tool('crm_attribute', '--type', 'crm_config', '--name', PREFIX + 'property', '--update', self.value)
        elif self.kind == 'meta':  # of the very VE that is changed
            tool('crm_resource', '--resource', PREFIX + '1', '--meta', '--set-parameter', 'maintenance',
                 '--parameter-value', ('true', 'false')[self.number % 2])

    def kept(self, root):
        if self.kind == 'resource':
            return any(pair.get('value') == '/run/' + self.value for pair in root.iter('nvpair'))
        if self.kind == 'property':
            return cib.get_property(root, PREFIX + 'property') == self.value
        if self.kind == 'meta':
            return primitives.meta_value(primitive(root, PREFIX + '1'), 'maintenance') == ('true', 'false')[self.number % 2]
        return True


def primitive(root, name):
    return next(element for element in root.iter('primitive') if element.get('id') == name)


def grace(root, name):
    return next(pair.get('value') for pair in primitive(root, name).iter('nvpair') if pair.get('name') == 'stop_grace')


def rounds(count):
    lost, conflicts, kinds = [], 0, {}
    resources.apply(runner, arguments([ve(1), ve(2)]))
    for number in range(1, count + 1):
        writer = Writer(number)
        kinds[writer.kind] = kinds.get(writer.kind, 0) + 1
        writer.start()
        wanted = '%ds' % (100 + number % 100)
        try:
            result = resources.apply(runner, arguments([ve(1, stop_grace=wanted), ve(2, stop_grace=wanted)]))
        finally:
            writer.join()
        conflicts += result['attempts'] > 1
        root = cib.query(runner)
        if not writer.kept(root):
            lost.append('round %d: their edit (%s)' % (number, writer.kind))
        if [grace(root, PREFIX + str(n)) for n in (1, 2)] != [wanted] * 2:
            lost.append('round %d: our edit' % number)
    print('%d rounds, edits by others %s; %d conflicts, all tried again; %d edits lost' % (count, kinds, conflicts, len(lost)))
    return lost


# Operation results

def storm(count):
    stop, done = threading.Event(), []

    def results():
        begin = time.monotonic()
        for number in itertools.count():
            if stop.wait(max(0, begin + number / 20 - time.monotonic())):
                return
            tool('cibadmin', '--modify', '--allow-create', '--scope', 'status', '--xml-text',
                 '<node_state id="1"><transient_attributes id="1"><instance_attributes id="status-1"><nvpair '
                 'id="status-1-%snoise" name="%snoise" value="%d"/></instance_attributes></transient_attributes></node_state>'
                 % (PREFIX, PREFIX, number))
            done.append(time.monotonic())

    thread = threading.Thread(target=results)
    thread.start()
    time.sleep(1)
    begin = time.monotonic()
    try:
        result = resources.apply(runner, arguments([ve(number) for number in range(1, count + 1)]))
    finally:
        end = time.monotonic()
        stop.set()
        thread.join()
    rate = len([when for when in done if begin <= when <= end]) / (end - begin)
    have = len([element for element in cib.query(runner).iter('primitive') if element.get('id').startswith(PREFIX)])
    print('%d VEs in one patch in %.1f s, pushed %d times; %.0f operation results a second meanwhile; %d VEs in the CIB'
          % (count, end - begin, result['attempts'], rate, have))
    return [] if have == count else ['%d VEs are missing' % (count - have)]


def main():
    random.seed()
    wrong = []
    for what, count in zip(sys.argv[1::2], sys.argv[2::2]):
        clean()
        try:
            wrong += {'rounds': rounds, 'storm': storm}[what](int(count))
        finally:
            clean()
        sys.stdout.flush()
    print('\n'.join(wrong))
    sys.exit(bool(wrong))


main()

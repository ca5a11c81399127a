# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources while others edit, and while it is killed. `make faults` has more rounds."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, transaction, tree

from conftest import CHECKOUT
from declarations import declare, declare_once, values

ROUNDS = int(os.environ.get('ROUNDS', 25))


class Others:
    """They edit before a command of the module's that is drawn: the file is touched by commands only, so there is no other
    moment. Everything that they wrote is remembered, and has to be there in the end."""

    def __init__(self, cluster, draw):
        self.cluster, self.draw = cluster, draw
        self.resources, self.property, self.maintenance = set(), None, None
        self.moments = []

    def __call__(self, argv):
        if self.moments and not self.moments.pop(0):
            return
        value = str(self.draw.randrange(10**6))
        kind = self.draw.choice(('create', 'remove', 'property', 'meta', 'result'))
        if kind == 'create':
            self.cluster.tool(
                'cibadmin',
                '--create',
                '--scope',
                'resources',
                '--xml-text',
                '<primitive id="t%s" class="ocf" provider="heartbeat" type="Dummy"/>' % value,
            )
            self.resources.add('t' + value)
        elif kind == 'remove' and self.resources:
            gone = self.draw.choice(sorted(self.resources))
            self.cluster.tool(
                'cibadmin', '--delete', '--scope', 'resources', '--xml-text', '<primitive id="%s"/>' % gone
            )
            self.resources.remove(gone)
        elif kind == 'property':
            self.cluster.tool('crm_attribute', '--type', 'crm_config', '--name', 'theirs', '--update', value)
            self.property = value
        elif kind == 'meta':  # of the very VE that is changed
            self.cluster.tool(
                'crm_resource',
                '--resource',
                've-1',
                '--meta',
                '--set-parameter',
                'maintenance',
                '--parameter-value',
                'true' if int(value) % 2 else 'false',
            )
            self.maintenance = 'true' if int(value) % 2 else 'false'
        elif kind == 'result':
            root = ET.fromstring(self.cluster.text())
            root.set('num_updates', str(int(root.get('num_updates')) + 1))
            self.cluster.path.write_text(ET.tostring(root, encoding='unicode'))


def test_no_edit_is_lost_whoever_made_it(cluster, monkeypatch):
    monkeypatch.setattr(transaction.time, 'sleep', lambda seconds: None)
    seed = random.randrange(10**9)
    print('seed', seed)  # shown where it fails
    draw = random.Random(seed)
    declare(cluster, [{'id': 1}, {'id': 2}])
    others = Others(cluster, draw)
    cluster.before = others
    conflicts = 0
    for number in range(ROUNDS):
        others.moments = [draw.random() < 0.3 for _ in range(20)] + [
            False
        ] * 100  # they get tired: it must come to an end
        grace = '%ds' % (100 + number % 150)
        result = declare_once(cluster, [{'id': 1, 'stop_grace': grace}, {'id': 2, 'stop_grace': grace}])
        conflicts += result['attempts'] > 1
        others.moments = []
        cluster.before = lambda argv: None
        root = tree.query(cluster.run)
        assert [values(cluster, name, 'instance_attributes')['stop_grace'] for name in ('ve-1', 've-2')] == [grace] * 2
        resources = {element.get('id'): element for element in tree.section(root, 'resources')}
        assert set(resources) == others.resources | {'ve-1', 've-2'}
        assert attributes.get_property(root, 'theirs') == others.property
        assert attributes.get(resources['ve-1'], attributes.META, 'maintenance') == others.maintenance
        again = declare_once(cluster, [{'id': 1, 'stop_grace': grace}, {'id': 2, 'stop_grace': grace}])
        assert not again['changed'], again['diff']()
        cluster.before = others
    assert conflicts > ROUNDS / 10, 'or this tests nothing'


def test_killed_at_any_moment_the_cib_is_as_before_or_as_after(cluster, collections):
    old = [{'id': number} for number in range(1, 41)]
    new = [dict(ve, stop_grace='%ds' % (100 + number)) for number, ve in enumerate(old)]
    declare(cluster, old)
    before = cluster.text()

    def start():
        process = subprocess.Popen(
            [sys.executable, str(CHECKOUT / 'plugins' / 'modules' / 've_resources.py')],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=dict(cluster.env, PYTHONPATH=str(collections)),
            text=True,
            start_new_session=True,
        )
        process.stdin.write(json.dumps({'ANSIBLE_MODULE_ARGS': {'ves': new, 'backup_keep': 0}}))
        process.stdin.close()
        return process

    def configuration():
        return ET.fromstring(cluster.text()).find('configuration')

    begin = time.monotonic()
    assert start().wait(60) == 0
    lasted, after = time.monotonic() - begin, configuration()
    seen = set()
    for part in range(8):
        cluster.path.write_text(before)
        process = start()
        time.sleep(lasted * (part + 1) / 8)
        os.killpg(process.pid, 9)
        process.wait(60)
        now = configuration()
        assert tree.same(now, after) or tree.same(now, ET.fromstring(before).find('configuration'))
        seen.add(tree.same(now, after))
    assert False in seen, 'or it was never killed in time'


@pytest.mark.parametrize('tool', ['--query', 'crm_verify', 'crm_diff', 'crm_simulate', '--patch'])
def test_a_tool_that_is_gone_leaves_the_cib_as_it_was(cluster, tool):
    declare(cluster, [{'id': 1}])
    before = cluster.text()

    def dies(argv):
        if tool in argv:
            raise OSError(2, 'gone', argv[0])

    cluster.before = dies
    with pytest.raises(ToolError, match='Cannot run .*gone'):
        declare_once(cluster, [{'id': 1, 'stop_grace': '90s'}, {'id': 2}])
    assert cluster.text() == before

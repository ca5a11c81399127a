# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long operations are taken to last."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run


def test_where_durations_come_from(rehearse, cluster):
    ves = [{'id': 1, 'boot_time': '5min'}, {'id': 2}, {'id': 3}, {'id': 4, 'boot_time': '70s'}, {'id': 5}]
    rehearse(ves, ask=False)
    root = ET.fromstring(cluster.text())
    for entry in root.iter('lrm_rsc_op'):
        if entry.get('id') == 've-2_last_0' and entry.get('operation') == 'start':
            entry.set('exec-time', '12500')
        if entry.get('id') == 've-2_monitor_10000':
            entry.set('exec-time', '340')
    result = run.rehearse(
        cluster.run,
        root,
        {'scenarios': ['lose n1'], 'durations': {'ve-3': {'start': '33s', 'stop': '7s', 'monitor': '2s'}}},
    )
    rows = result['durations']
    assert (rows['ve-1']['start'], rows['ve-1']['from']) == (300, 'timeout')
    assert (rows['ve-2']['start'], rows['ve-2']['from'], rows['ve-2']['monitor']) == (12.5, 'history', 0.34)
    assert rows['ve-3'] == {'start': 33, 'stop': 7, 'monitor': 2, 'from': 'given', 'stop_from': 'given'}
    assert (rows['ve-4']['start'], rows['ve-4']['from'], rows['ve-4']['stop_from']) == (60, 'default', 'default'), (
        '180 s is the agent\'s own'
    )
    assert any('ve-4, ve-5 takes 60 s' in text for text in result['assumptions'])
    declared = validate.read(ves, {'boot_time': '40s', 'settle': '5s'})
    rows = run.rehearse(cluster.run, root, {'scenarios': ['lose n1']}, declared)['durations']
    assert [(rows[name]['start'], rows[name]['from']) for name in ('ve-1', 've-2', 've-3', 've-4')] == [
        (305, 'boot_time'),
        (12.5, 'history'),
        (45, 'boot_time'),
        (75, 'boot_time'),
    ]

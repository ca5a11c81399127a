# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearsals of clusters whose CIB is a file, with Pacemaker's real scheduler; what such a result says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules, run
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Wanted, edit

from happenings import with_dc
from simulated import settle

ADDRESS = '<primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2"/>'


def on(cluster):
    """rehearse(ves, policy, *other resources, arguments) -> (result, {name: scenario}) of a cluster with all of these up"""
    with_dc(cluster)

    def rehearse(ves=(), policy=None, *others, up=True, change=lambda root: None, ask=True, declared=None, **arguments):
        root = ET.fromstring(cluster.text())
        for other in others:
            root.find('configuration/resources').append(ET.fromstring(other))
        if ves:
            edit(root, Wanted(validate.read(ves, policy)))
        if up:
            settle(cluster.run, root)
        change(root)
        cluster.path.write_text(ET.tostring(root, encoding='unicode'))
        if not ask:
            return None
        result = run.rehearse(cluster.run, root, arguments, declared)
        assert ET.tostring(root, encoding='unicode') == cluster.text(), 'the CIB stays as it is'
        for one in result['verdicts'] + [row for scenario in result['scenarios'] for row in scenario['verdicts']]:
            assert one['level'] in ('ok', *rules.BY_ID[one['rule']].levels), one
        return result, {scenario['name']: scenario for scenario in result['scenarios']}

    return rehearse


def many(count, **more):
    return [dict({'id': number}, **more) for number in range(101, 101 + count)]


def verdict(scenario, rule):
    found = [row for row in scenario['verdicts'] if row['rule'] == rule]
    assert len(found) == 1, (rule, scenario['verdicts'])
    return found[0]


def starts(scenario):
    return [
        (row['resource'], row['node'], row['begin'], row['end'])
        for row in scenario['actions']
        if row['operation'] == 'start' and row['ve']
    ]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the cluster as a whole."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.limits import AtOnce
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rules_cluster import (
    limit_not_in_force,
    restarts_at_upgrade,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.run import refuse_broken
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import view

from rehearsed import ADDRESS, many, starts, verdict


def meta(root, name, key, value):
    primitive = next(element for element in root.iter('primitive') if element.get('id') == name)
    pair = next((pair for pair in primitive.findall('meta_attributes/nvpair') if pair.get('name') == key), None)
    if pair is None:
        pair = ET.SubElement(primitive.find('meta_attributes'), 'nvpair', id='%s-%s' % (name, key), name=key)
    pair.set('value', value)


def test_without_fencing_it_starts_at_once(rehearse):
    result, scenarios = rehearse(
        many(3), scenarios=['lose n1'], change=lambda root: attributes.set_property(root, 'stonith-enabled', 'false')
    )
    assert not scenarios['lose n1']['fenced'] and starts(scenarios['lose n1'])[0][2] == 5
    assert verdict(result, 'fencing-off')['level'] == 'warning'


MACHINES = [
    '<primitive id="vm%d" class="ocf" provider="heartbeat" type="%s"><instance_attributes id="vm%d-i"><nvpair id="vm%d-c" '
    'name="%s" value="/etc/vm%d.xml"/></instance_attributes></primitive>'
    % (number, kind, number, number, parameter, number)
    for number, (kind, parameter) in enumerate(
        [('VirtualDomain', 'config'), ('Xen', 'xmfile'), ('lxc', 'config'), ('ManageVE', 'veid')], 1
    )
]


@pytest.mark.parametrize('asserted', [None, {'peak_per_node': 1}, {'recovery': '1h'}])
def test_an_empty_look_is_not_fine(rehearse, asserted):
    result, _scenarios = rehearse((), None, ADDRESS, scenarios=['lose'], **{'assert': asserted})
    row = verdict(result, 'no-guests')
    assert row['level'] == 'broken' and row['asserted'] == bool(asserted) == bool(result['broken'])
    shown = view(result)
    assert shown.headline == (
        'Nothing to see: the cluster has no VE of ocf:openve:ManageVE, and no guest of another agent: nothing was rehearsed.'
    )
    assert shown.level == 'broken'


@pytest.mark.parametrize('ves', [(), many(2)], ids=['theirs alone', 'beside ours'])
def test_guests_of_other_agents_are_rehearsed(rehearse, ves):
    result, scenarios = rehearse(ves, None, ADDRESS, *MACHINES, scenarios=['boot'], **{'assert': {'peak_total': 3}})
    agents = ('VirtualDomain', 'Xen', 'lxc', 'ManageVE')
    theirs = {'ocf:heartbeat:' + agent: ['vm%d' % number] for number, agent in enumerate(agents, 1)}
    assert {agent: names for agent, names in result['guests'].items() if agent != 'ocf:openve:ManageVE'} == theirs
    assert result['others'] == ['address'] and scenarios['boot']['peak']['total'] == 4 + len(ves)
    assert not view(result).headline.startswith('Fine')
    with pytest.raises(
        Error, match='What was asserted does not hold:\n- boot: at most %d guests boot' % (4 + len(ves))
    ):
        refuse_broken(result)


def test_priorities_that_fight(rehearse):
    result, _scenarios = rehearse(
        [{'id': 101, 'start_order': 90}, {'id': 102, 'start_order': 10, 'after': ['ve-101']}], scenarios=['lose n1']
    )
    row = verdict(result, 'priority')
    assert row['level'] == 'warning' and (row['numbers']['first'], row['numbers']['then']) == ('ve-101', 've-102')


def test_priorities_above_those_of_others(rehearse):
    result, _scenarios = rehearse(many(2), None, ADDRESS, scenarios=['lose n1'])
    assert verdict(result, 'priority')['level'] == 'ok'
    result, _scenarios = rehearse(
        up=False, scenarios=['lose n1'], change=lambda root: meta(root, 've-101', 'priority', '10')
    )
    assert verdict(result, 'priority')['numbers']['others'] == ['address']


def test_one_boot_that_holds_up_fencing(rehearse):
    result, _scenarios = rehearse(many(3), scenarios=['lose n1'], durations={'ve-102': {'start': '170s'}})
    row = verdict(result, 'fencing-held-up')
    assert row['level'] == 'warning' and (
        row['numbers']['ve'],
        row['numbers']['start'],
        row['numbers']['next'],
        row['numbers']['timeout'],
    ) == ('ve-102', 170, 60, 180)
    result, _scenarios = rehearse(up=False, scenarios=['lose n1'])
    assert verdict(result, 'fencing-held-up')['level'] == 'ok'


def test_maintenance_mode(rehearse):
    result, scenarios = rehearse(
        many(3), scenarios=['lose n1'], change=lambda root: attributes.set_property(root, 'maintenance-mode', 'true')
    )
    assert verdict(result, 'maintenance')['level'] == 'warning' and not starts(scenarios['lose n1'])


def test_no_limit_is_two_for_each_core(rehearse):
    def without(root):
        attributes.remove_property(root, 'node-action-limit')

    result, _scenarios = rehearse(many(3), {'starts_per_node': 0}, scenarios=['lose n1'], cores=3, change=without)
    assert result['limits'] == {'n1': 6, 'n2': 6, 'n3': 6} and verdict(result, 'no-limit')['numbers']['limit'] == 6
    assert any('3 cores' in text for text in result['assumptions'])


@pytest.mark.parametrize(
    'in_force, override, found', [('false', None, 1), ('true', None, 0), ('unknown', None, 0), ('false', '4', 0)]
)
def test_a_limit_that_is_not_in_force(in_force, override, found):
    own = {'node': 'n1', 'limit': '2', 'in_force': in_force, 'override': override, 'why': 'it announced 4'}
    setup = SimpleNamespace(limits=AtOnce(2, {'n1': 2}, 0, own))
    findings = list(limit_not_in_force(setup))
    assert len(findings) == found
    if found:
        assert (findings[0].level, findings[0].numbers) == ('warning', {'node': 'n1'})
        assert (
            findings[0].text
            == 'node-action-limit 2 is not in force on n1: it announced 4; this rehearsal takes it to be'
        )


def test_without_a_fencing_device(rehearse):
    def none(root):
        resources = root.find('configuration/resources')
        resources.remove(next(element for element in resources if element.get('class') == 'stonith'))

    result, _scenarios = rehearse(many(1), scenarios=['boot'], change=none)
    assert verdict(result, 'fencing-off')['text'].startswith('there is no fencing device')


@pytest.mark.parametrize(
    'version, value, found',
    [
        ((2, 1, 5), "test -e '/run/booted'", 1),
        ((2, 1, 7), 'two\nlines', 1),
        ((2, 1, 5), 'grün "quoted"', 1),
        ((2, 1, 5), 'plain "quoted" <&>', 0),
        ((2, 1, 8), "test -e '/run/booted'", 0),
        ((3, 0, 0), "test -e '/run/booted'", 0),
    ],
)
def test_values_that_restart_a_ve_at_an_upgrade(version, value, found):
    """Seen from 2.1.5 to 3.0.0: the digest of the history is not the one that the newer one computes."""
    ve = ET.Element('primitive', id='ve-1')
    attributes.fill(ve, attributes.INSTANCE, 've-1', {'veid': '1', 'ready_command': value})
    cluster = SimpleNamespace(tools=Tools(version, (3, 16, 1), (3, 9)), ves={'ve-1': ve})
    findings = list(restarts_at_upgrade(SimpleNamespace(cluster=cluster)))
    assert [(finding.level, finding.numbers) for finding in findings] == [('warning', {'ves': ['ve-1']})] * found
    assert all('restarts ve-1: ready_command has' in finding.text for finding in findings)

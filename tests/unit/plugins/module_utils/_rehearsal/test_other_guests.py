# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of other agents, and starts that return while the guest still boots: what a rehearsal says of them.

The clusters are made after published ones: 48 of ocf:heartbeat:VirtualDomain, 65 of ocf:heartbeat:Xen, all of which start at once.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.run import refuse_broken
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page, text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import view

from rehearsed import ADDRESS, many, verdict


def guest(number, agent='ocf:heartbeat:VirtualDomain', more='', meta='', **parameters):
    kind, provider, name = agent.split(':')
    pairs = ''.join(
        '<nvpair id="g%d-%s" name="%s" value="%s"/>' % (number, *[key] * 2, value) for key, value in parameters.items()
    )
    return (
        '<primitive id="g%d" class="%s" provider="%s" type="%s"><instance_attributes id="g%d-i">%s</instance_attributes>'
        '<meta_attributes id="g%d-m">%s</meta_attributes>%s</primitive>'
        % (number, kind, provider, name, number, pairs, number, meta, more)
    )


def machines(count, **more):
    return [guest(number, config='/etc/libvirt/qemu/g%d.xml' % number, **more) for number in range(1, count + 1)]


def limit(number):
    return lambda root: attributes.set_property(root, 'node-action-limit', str(number))


XEN = [guest(number, 'ocf:heartbeat:Xen', xmfile='/etc/xen/g%d.cfg' % number) for number in range(1, 66)]


@pytest.mark.parametrize('guests, agent, peak', [(machines(48), 'VirtualDomain', 16), (XEN, 'Xen', 22)])
def test_a_storm_is_told(rehearse, guests, agent, peak):
    """48 and 65 of them on three nodes, with a limit of 4: all of a node boot at once, each for 60 s."""
    result, scenarios = rehearse(
        (), None, *guests, scenarios=['boot'], change=limit(4), **{'assert': {'peak_per_node': 1}}
    )
    boot = scenarios['boot']
    assert max(boot['peak']['per_node'].values()) == peak and boot['peak']['total'] == len(guests)
    row = verdict(boot, 'start-does-not-wait')
    assert (row['level'], row['numbers']['peak'], row['numbers']['limit'], row['numbers']['waiting_peak']) == (
        'warning',
        peak,
        4,
        4,
    )
    assert row['text'].startswith(
        '%d guests boot at once on %s, although at most 4 operations run there at once: '
        % (peak, row['numbers']['node'])
    )
    assert 'ocf:heartbeat:' + agent in row['text'] and 'monitor_scripts' in row['mend']
    assert row['numbers']['waiting_last_up'] > boot['last_up'] > 60
    assert verdict(boot, 'peak')['level'] == 'broken' and result['broken'][0].startswith(
        'boot: at most %d guests boot' % peak
    )
    with pytest.raises(Error, match='No limit makes it hold: starts return while the guests still boot'):
        refuse_broken(result)
    shown = view(result)
    assert shown.headline.startswith(
        'Not fine. In 1 of 1 scenario something breaks. A boot storm: %d guests boot' % peak
    )
    drawn = page.page(result)
    for said in (drawn, '\n'.join(text.text(result))):
        assert 'A boot storm: %d guests boot at once on n' % peak in said and 'VE ' not in said and 'VEs' not in said


def test_without_an_assertion_the_headline_tells_it_too(rehearse):
    result, _scenarios = rehearse((), None, *machines(12), scenarios=['boot', 'lose n1'], change=limit(1))
    assert (
        view(result).headline
        == 'Not fine: a boot storm: 4 guests boot at once on n1, although at most 1 operation runs there at once.'
    )


def test_as_long_as_history_or_times_say_and_then_it_boots_on(rehearse):
    result, scenarios = rehearse(
        (),
        None,
        *machines(3),
        scenarios=['lose n1'],
        durations={'g1': {'start': '7s', 'boot': '33s'}, 'g2': {'boot': '11s'}},
        times={'boot': '25s', 'other': '3s'},
    )
    rows = result['durations']
    assert [(rows[name]['start'], rows[name]['boot'], rows[name]['boot_from']) for name in ('g1', 'g2', 'g3')] == [
        (7, 33, 'given'),
        (3, 11, 'given'),
        (3, 25, 'default'),
    ]
    start = next(row for row in scenarios['lose n1']['actions'] if row['operation'] == 'start' and row['ve'])
    boot = rows[start['resource']]
    assert (start['end'] - start['begin'], start['up'] - start['end']) == (boot['start'], boot['boot'])
    assert scenarios['lose n1']['downtime'][start['resource']] == start['up'] <= scenarios['lose n1']['last_up']


@pytest.mark.parametrize(
    'one, waits',
    [
        (guest(1, config='/a.xml'), False),
        (guest(1, config='/a.xml', monitor_scripts='/usr/local/bin/answers'), True),
        (guest(1, 'ocf:heartbeat:Xen', xmfile='/a'), False),
        (guest(1, 'ocf:heartbeat:Xen', xmfile='/a', monitor_scripts='/bin/x'), True),
        (guest(1, 'ocf:heartbeat:lxc', container='a'), False),
        (guest(1, 'ocf:heartbeat:ManageVE', veid='101'), False),
        (guest(1, 'ocf:acme:ManageVE', veid='101'), False),
        (guest(1, 'ocf:acme:VirtualDomain', config='/a.xml'), False),
        (guest(1, 'ocf:openve:ManageVE', veid='101'), True),
        (guest(1, 'ocf:openve:ManageVE', veid='101', start_wait='native'), True),
        (guest(1, 'ocf:openve:ManageVE', veid='101', start_wait='none'), False),
    ],
)
def test_whose_starts_wait(rehearse, one, waits):
    result, _scenarios = rehearse((), None, one, scenarios=['lose n1'])
    assert ('boot' in result['durations']['g1']) == (not waits)


@pytest.mark.parametrize('agent', ['ocf:heartbeat:podman', 'ocf:acme:vm'])
def test_what_is_asked_for_is_a_guest_too(rehearse, agent):
    others = [guest(number, agent) for number in (1, 2)]
    result, _scenarios = rehearse((), None, *others, scenarios=['boot'])
    assert verdict(result, 'no-guests')['level'] == 'broken' and result['others'] == ['g1', 'g2']
    result, scenarios = rehearse(scenarios=['boot'], guests=[agent])
    assert result['guests'] == {agent: ['g1', 'g2']} and result['others'] == []
    assert scenarios['boot']['peak']['total'] == 2
    assert any('nothing is known of the agent' in line for line in result['assumptions']) == (agent == 'ocf:acme:vm')


def test_what_cannot_be_an_agent_is_refused(rehearse):
    with pytest.raises(InputError, match="guests: 'podman' is no agent; write ocf:PROVIDER:TYPE"):
        rehearse((), None, ADDRESS, scenarios=['boot'], guests=['podman'])


def test_lxd_info_is_no_guest(rehearse):
    result, _scenarios = rehearse(many(1), None, guest(1, 'ocf:heartbeat:lxd-info'), scenarios=['boot'])
    assert result['others'] == ['g1'] and result['guests'] == {'ocf:openve:ManageVE': ['ve-101']}


def test_ours_that_do_not_wait(rehearse):
    """As in the demo's STORM=1: what the boots take is declared."""
    ves = many(12, params={'start_wait': 'none'}, boot_time='15s')
    result, scenarios = rehearse(ves, {'starts_per_node': 2}, scenarios=['boot'], declared=None, times={'boot': '15s'})
    row = verdict(scenarios['boot'], 'start-does-not-wait')
    assert row['numbers']['peak'] == 4 and 'start_wait' in row['mend'] and row['text'].startswith('4 VEs boot at once')
    assert not [
        one for one in scenarios['boot']['verdicts'] if one['rule'] == 'start-timeout' and one['level'] == 'broken'
    ]


def test_where_starts_wait_nothing_is_said(rehearse):
    _result, scenarios = rehearse(many(9), {'starts_per_node': 2}, scenarios=['boot', 'lose n1'])
    assert not [
        one for scenario in scenarios.values() for one in scenario['verdicts'] if one['rule'] == 'start-does-not-wait'
    ]
    assert not [row for row in scenarios['boot']['actions'] if 'up' in row]


def test_none_that_is_to_run_is_an_empty_look_too(rehearse):
    stopped = '<nvpair id="t%d" name="target-role" value="Stopped"/>'
    guests = [guest(number, config='/g%d.xml' % number, meta=stopped % number) for number in (1, 2)]
    result, _scenarios = rehearse((), None, *guests, scenarios=['boot'], **{'assert': {'peak_per_node': 1}})
    assert (
        verdict(result, 'no-guests')['asserted']
        and 'no guest of the cluster is to run (g1, g2' in view(result).headline
    )


def test_a_group_that_is_to_be_stopped_is_no_guest_without_a_place(rehearse):
    group = '<group id="gr"><meta_attributes id="gr-m"><nvpair id="gr-t" name="target-role" value="Stopped"/></meta_attributes>%s</group>'
    _result, scenarios = rehearse(many(1), None, group % guest(1, config='/g1.xml'), scenarios=['boot'])
    assert scenarios['boot']['cannot_run'] == []


def test_instances_of_clones_are_named(rehearse):
    clone = '<clone id="c">%s</clone>' % guest(1, config='/g1.xml')
    result, _scenarios = rehearse(many(1), None, clone, scenarios=['lose n1'])
    assert result['guests'] == {'ocf:openve:ManageVE': ['ve-101']}
    assert 'the instances of g1 (in a clone or a bundle) are not taken for guests' in result['assumptions']


def test_timeouts_of_others_are_raised_by_hand(rehearse):
    ops = '<operations><op id="g1-o" name="start" interval="0s" timeout="30s"/></operations>'
    one = guest(1, more=ops, config='/a.xml', monitor_scripts='/bin/x')
    _result, scenarios = rehearse((), None, one, scenarios=['boot'], durations={'g1': {'start': '40s'}})
    row = verdict(scenarios['boot'], 'start-timeout')
    assert row['level'] == 'broken' and row['mend'] == 'Raise the timeout of the operation start of this resource.'


def test_what_nothing_keeps_where_it_runs(rehearse):
    result, scenarios = rehearse((), None, *machines(9), scenarios=['lose n1'])
    if scenarios['lose n1']['healthy_down']:
        assert 'resource-stickiness' in verdict(scenarios['lose n1'], 'healthy-down')['mend']
    kept = '<rsc_defaults><meta_attributes id="d"><nvpair id="d-s" name="resource-stickiness" value="100"/></meta_attributes></rsc_defaults>'
    result, scenarios = rehearse(
        change=lambda root: root.find('configuration').append(ET.fromstring(kept)), scenarios=['lose n1']
    )
    assert not scenarios['lose n1']['healthy_down'] and result['guests']


BUNDLE = (
    '<bundle id="web"><podman image="web:1" replicas="3"/>%s</bundle>',
    '<network control-port="3121"/><primitive id="httpd" class="ocf" provider="heartbeat" type="apache"/>',
)


@pytest.mark.parametrize('inside, waits', [('', False), (BUNDLE[1], True)])
def test_containers_of_bundles_are_guests_where_asked_for(rehearse, inside, waits):
    result, scenarios = rehearse(many(1), None, BUNDLE[0] % inside, scenarios=['boot'], guests=['ocf:heartbeat:podman'])
    assert result['guests']['ocf:heartbeat:podman'] == ['web-podman-0', 'web-podman-1', 'web-podman-2']
    assert ('boot' in result['durations']['web-podman-0']) == (not waits)
    assert scenarios['boot']['peak']['total'] == 4 and not scenarios['boot']['cannot_run']
    result, _scenarios = rehearse(scenarios=['boot'])
    assert list(result['guests']) == ['ocf:openve:ManageVE']

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources interrupts no VE that runs, in no mode of the cluster: what Pacemaker only does later counts as well."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError

from declarations import create, declare, element
from happenings import edit, state

VES = [{'id': 1, 'engine': 'lxc'}, {'id': 2, 'engine': 'lxc'}, {'id': 3, 'engine': 'lxc', 'state': 'stopped'}]


def prop(name, value):
    return lambda cluster: cluster.tool('crm_attribute', '--name', name, '--update', value)


def meta(name, value):
    return lambda cluster: cluster.tool(
        'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', name, '--parameter-value', value
    )


def default(name, value):
    def change(root):
        section = root.find('configuration/rsc_defaults')
        if section is None:
            section = ET.SubElement(root.find('configuration'), 'rsc_defaults')
        ET.SubElement(ET.SubElement(section, 'meta_attributes', id='all'), 'nvpair', id='one', name=name, value=value)

    return lambda cluster: edit(cluster, change)


def node(name, value):
    def set_it(cluster):
        where = cluster.where()['ve-1']
        cluster.tool('crm_attribute', '--node', where, '--name', name, '--update', value)

    return set_it


def transient(name, value):
    """Until the node restarts: the daemon that would write it does not run on a file"""

    def set_it(cluster):
        xml = (
            '<transient_attributes id="{0}"><instance_attributes id="status-{0}"><nvpair id="status-{0}-m" name="{1}" '
            'value="{2}"/></instance_attributes></transient_attributes>'
        )
        where = cluster.where()['ve-1']
        edit(cluster, lambda root: state(root, where).append(ET.fromstring(xml.format(where, name, value))))

    return set_it


def grouped(cluster):
    """The VE in a group that nobody manages"""

    def change(root):
        resources = root.find('configuration/resources')
        ve = resources.find('primitive[@id="ve-1"]')
        group = ET.SubElement(resources, 'group', id='both')
        resources.remove(ve)
        group.append(ve)
        values = ET.SubElement(group, 'meta_attributes', id='both-m')
        ET.SubElement(values, 'nvpair', id='both-i', name='is-managed', value='false')

    edit(cluster, change)


def without_quorum(cluster):
    prop('no-quorum-policy', 'freeze')(cluster)
    edit(cluster, lambda root: root.attrib.update({'have-quorum': '0'}))


MODES = {
    'maintenance-mode': prop('maintenance-mode', 'true'),
    'a default of is-managed': default('is-managed', 'false'),
    'a default of maintenance': default('maintenance', 'true'),
    'is-managed=false': meta('is-managed', 'false'),
    'is-managed=off': meta('is-managed', 'off'),
    'maintenance of the resource': meta('maintenance', 'true'),
    'maintenance of the node': node('maintenance', 'true'),
    'maintenance of the node for now': transient('maintenance', 'true'),
    'a group that is not managed': grouped,
}

# Each would interrupt ve-1: another place, another VE, another host of it, another agent's option.
CHANGES = {
    'lxc_path': [dict(VES[0], params={'lxc_path': '/srv/lxc'}), *VES[1:]],
    'id': [{'id': 11, 'name': 've-1', 'engine': 'lxc'}, *VES[1:]],
    'engine': [dict(VES[0], engine='vzctl'), *VES[1:]],
}


@pytest.fixture
def running(cluster):
    declare(cluster, VES)
    cluster.settle()
    assert set(cluster.where()) == {'ve-1', 've-2'}
    return cluster


@pytest.mark.parametrize('mode', MODES)
def test_a_change_that_strikes_when_the_mode_ends_is_refused(running, mode):
    MODES[mode](running)
    text = running.text()
    with pytest.raises(CibError, match='restart ve-1 on') as caught:
        declare(running, CHANGES['lxc_path'])
    assert 've-2' not in caught.value.msg and running.text() == text
    (row,) = caught.value.details['predicted']
    assert row['action'] == 'restart' and row['held_back_by']
    assert 'once this has ended: ' in caught.value.msg
    result = declare(running, CHANGES['lxc_path'], allow_restart=True)
    assert [row['resource'] for row in result['predicted']] == ['ve-1']
    assert 'once this has ended' in result['diff']()['prepared']


@pytest.mark.parametrize('change', CHANGES)
def test_every_parameter(running, change):
    MODES['maintenance-mode'](running)
    with pytest.raises(CibError, match='restart ve-1 on'):
        declare(running, CHANGES[change])


@pytest.mark.parametrize('mode', ['maintenance-mode', 'a default of is-managed', 'maintenance of the node'])
def test_a_purge_that_strikes_when_the_mode_ends_is_refused(running, mode):
    MODES[mode](running)
    with pytest.raises(CibError, match='stop ve-1 on'):
        declare(running, VES[1:], purge=True)
    result = declare(running, VES[:2], purge=True)
    assert result['removed'] == ['ve-3'] and result['predicted'] == []


def test_what_is_declared_stopped_may_stop_later(running):
    MODES['maintenance-mode'](running)
    result = declare(running, [dict(VES[0], state='stopped'), *VES[1:]])
    assert [(row['resource'], row['action']) for row in result['predicted']] == [('ve-1', 'stop')]


def test_unmanaged_here_and_changed_here(running):
    with pytest.raises(CibError, match='restart ve-1 .*once this has ended: is-managed=false of ve-1'):
        declare(running, [dict(CHANGES['lxc_path'][0], state='unmanaged'), *VES[1:]])
    assert declare(running, [dict(VES[0], state='unmanaged'), *VES[1:]])['predicted'] == []


def test_where_nobody_is_in_standby_any_more(running):
    """A VE that goes back as soon as its node returns"""
    policy = {'failback': True}
    where = running.where()['ve-1']
    other = next(name for name in ('n1', 'n2', 'n3') if name != where)
    declare(running, VES, policy)
    running.tool('crm_attribute', '--node', other, '--name', 'standby', '--update', 'on')
    running.settle()
    assert running.where()['ve-1'] == where
    change = [dict(VES[0], prefer=[other]), *VES[1:]]
    with pytest.raises(CibError, match='move ve-1 on %s.*once this has ended: standby of %s' % (where, other)):
        declare(running, change, policy)
    assert not [action for action in running.actions() if action[1] == 've-1']


def test_what_was_due_when_the_mode_ends_is_not_the_changes_fault(running):
    MODES['maintenance-mode'](running)
    declare(running, CHANGES['lxc_path'], allow_restart=True)
    result = declare(running, [dict(CHANGES['lxc_path'][0], start_order=7), *VES[1:]])
    assert result['changed'] and result['predicted'] == []


def test_a_harmless_change_goes_through_in_every_mode(running):
    for mode in ('maintenance-mode', 'is-managed=false', 'maintenance of the node'):
        MODES[mode](running)
    result = declare(running, [dict(VES[0], start_order=7), *VES[1:]])
    assert result['updated'] == ['ve-1'] and result['predicted'] == []


def test_shared_values_and_rules_are_looked_past(running):
    xml = '<nvpair id="off" name="is-managed" value="false"/>'
    create(
        running,
        '<primitive id="d" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="m">%s'
        '</meta_attributes></primitive>' % xml,
    )
    edit(
        running,
        lambda root: root.find('.//meta_attributes[@id="ve-1-meta_attributes"]').append(
            ET.Element('nvpair', {'id-ref': 'off'})
        ),
    )
    assert element(running, 'off') is not None
    with pytest.raises(CibError, match='restart ve-1 on'):
        declare(running, CHANGES['lxc_path'])

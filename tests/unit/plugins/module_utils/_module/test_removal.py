# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ve_resources removes: VEs that are declared absent, what a purge finds, and what belongs to another list."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import removal
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

import stagger_world
from declarations import create, declare, element, ids, values
from happenings import edit, happened, with_dc

VES = [{'id': 1}, {'id': 2, 'after': ['ve-1'], 'prefer': ['n1']}]


def gone(number, **more):
    return dict({'id': number, 'state': 'absent'}, **more)


def test_an_absent_ve_goes_with_its_constraints_and_nothing_else(cluster):
    declare(cluster, [*VES, {'id': 3}])
    result = declare(cluster, [VES[0], gone(2)])
    assert (result['removed'], result['created'], result['updated']) == (['ve-2'], [], [])
    assert ids(cluster, 'primitive') == ['ve-1', 've-3'] and not ids(cluster, 'rsc_order') + ids(
        cluster, 'rsc_location'
    )
    assert not declare(cluster, [gone(2), gone(77)])['changed']


def test_one_that_runs_may_be_stopped_by_that_and_it_is_said_before(cluster):
    declare(cluster, VES)
    cluster.settle()
    planned = declare(cluster, [VES[0], gone(2)], check=True)
    assert [(row['resource'], row['action']) for row in planned['predicted']] == [('ve-2', 'stop')]
    assert 'Pacemaker will stop ve-2 on' in planned['diff']()['prepared']
    result = declare(cluster, [VES[0], gone(2)])
    assert result['removed'] == ['ve-2'] and 'default of 20s' in result['warnings'][0]


@pytest.mark.parametrize('name', ['maintenance-mode', 'is-managed'])
def test_where_it_cannot_be_stopped_now_it_is_refused(cluster, name):
    declare(cluster, VES)
    cluster.settle()
    if name == 'maintenance-mode':
        cluster.tool('crm_attribute', '--name', name, '--update', 'true')
    else:
        edit(
            cluster,
            lambda root: root.find('configuration').append(
                stagger_world.ET.fromstring(
                    '<rsc_defaults><meta_attributes id="d"><nvpair id="d-i" name="is-managed" value="false"/>'
                    '</meta_attributes></rsc_defaults>'
                )
            ),
        )
    with pytest.raises(CibError, match='stop ve-2 on .*once this has ended: %s' % name):
        declare(cluster, [VES[0], gone(2)])


def test_what_still_names_it_is_an_error(cluster):
    with pytest.raises(InputError, match='VE ve-9: after: ve-2 is declared absent; remove it here'):
        declare(cluster, [gone(2), {'id': 9, 'name': 've-9', 'after': ['ve-2']}])
    declare(cluster, VES)
    create(cluster, '<rsc_location id="theirs" rsc="ve-2" node="n3" score="5"/>', 'constraints')
    with pytest.raises(CibError, match='ve-2 is to be removed, but theirs still refers to it'):
        declare(cluster, [gone(2)])


@pytest.mark.parametrize(
    'declared, message',
    [
        (gone(7, name='ve-1'), r'the resource ve-1 does not manage 7 \(vzctl\)'),
        (gone(1, engine='lxc'), r'the resource ve-1 does not manage 1 \(lxc\)'),
        (gone(1, name='web1'), 'the resource ve-1 manages this VE; add name: ve-1'),
    ],
)
def test_another_ve_than_is_meant_is_not_removed(cluster, declared, message):
    declare(cluster, VES)
    with pytest.raises(CibError, match=message):
        declare(cluster, [declared])


def test_another_agents_resource_is_not_removed(cluster):
    create(
        cluster,
        '<primitive id="ve-1" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="i"><nvpair '
        'id="i-v" name="veid" value="1"/></instance_attributes></primitive>',
    )
    with pytest.raises(CibError, match='the resource ve-1 is not of this agent'):
        declare(cluster, [gone(1)])


def test_one_in_a_group_is_not_removed(cluster):
    declare(cluster, VES)

    def group(root):
        resources = root.find('configuration/resources')
        ve = resources.find('primitive[@id="ve-1"]')
        resources.remove(ve)
        stagger_world.ET.SubElement(resources, 'group', id='both').append(ve)

    edit(cluster, group)
    with pytest.raises(CibError, match='ve-1 is to be removed, but it is part of the group both'):
        declare(cluster, [gone(1)])


# A rename


@pytest.mark.parametrize('more', [{}, {'purge': True}])
def test_a_ve_that_runs_keeps_its_name(cluster, more):
    declare(cluster, [{'id': 1}])
    cluster.settle()
    text = cluster.text()
    with pytest.raises(CibError, match='ve-1'):
        declare(cluster, [{'id': 1, 'name': 'web1'}], **more)
    assert cluster.text() == text


def test_it_is_said_plainly(cluster):
    declare(cluster, [{'id': 1}])
    cluster.settle()
    with pytest.raises(
        CibError, match='VE web1: name: its VE runs as the resource ve-1, and cannot be renamed while it runs'
    ):
        declare(cluster, [{'id': 1, 'name': 'web1'}], purge=True)
    with pytest.raises(InputError, match='a VE cannot be renamed while it runs: stop it, declare only the old name'):
        declare(cluster, [{'id': 1, 'name': 'web1'}, gone(1)])


def test_where_it_could_only_be_stopped_later_it_is_refused_in_any_case(cluster):
    """Then the old name would stop what runs under the new one."""
    declare(cluster, [{'id': 1}])
    cluster.settle()
    cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', 'true')
    with pytest.raises(CibError, match='cannot be renamed while it runs'):
        declare(cluster, [{'id': 1, 'name': 'web1'}], purge=True, allow_restart=True)


def test_one_that_is_down_may_have_another(cluster):
    declare(cluster, [{'id': 1, 'state': 'stopped'}])
    result = declare(cluster, [{'id': 1, 'name': 'web1', 'state': 'stopped'}], purge=True)
    assert (result['created'], result['removed']) == (['web1'], ['ve-1'])


# Owners


def test_each_list_purges_its_own(cluster):
    declare(cluster, [{'id': 1}, {'id': 2}], owner='red')
    declare(cluster, [{'id': 3}, {'id': 4}], owner='blue')
    declare(cluster, [{'id': 5}, {'id': 6}])
    assert values(cluster, 've-1', 'meta_attributes')['openve-owner'] == 'red'
    result = declare(cluster, [{'id': 1}], owner='red', purge=True)
    assert result['removed'] == ['ve-2'] and result['spared'] == ['ve-3', 've-4', 've-5', 've-6']
    result = declare(cluster, [{'id': 5}], purge=True)
    assert result['removed'] == ['ve-6'] and result['spared'] == ['ve-1', 've-3', 've-4']
    assert ids(cluster, 'primitive') == ['ve-1', 've-3', 've-4', 've-5']


@pytest.mark.parametrize('owner', [None, 'blue'])
@pytest.mark.parametrize('ve', [{'id': 1}, gone(1)])
def test_another_owners_ve_is_refused(cluster, owner, ve):
    declare(cluster, [{'id': 1}], owner='red')
    with pytest.raises(CibError, match='the resource ve-1 belongs to the list of owner red, and this is the list of'):
        declare(cluster, [ve], owner=owner)


def test_what_nobody_owns_is_taken_over(cluster):
    declare(cluster, [{'id': 1}])
    assert declare(cluster, [{'id': 1}], owner='red')['updated'] == ['ve-1']


@pytest.mark.parametrize('owner', ['', 'a b', '"', 'team/1'])
def test_a_name_that_is_none(cluster, owner):
    with pytest.raises(InputError, match='owner: '):
        declare(cluster, [{'id': 1}], owner=owner)
    with pytest.raises(InputError, match='meta.openve-owner: is decided by owner'):
        declare(cluster, [{'id': 1, 'meta': {'openve-owner': 'red'}}])


# Live: one that runs is stopped before its resource goes


class Live(stagger_world.World):
    def __init__(self, cluster):
        super().__init__(cluster)
        self.patches = []

    def run_tool(self, argv, stdin=None):
        if '--patch' in argv:
            self.patches.append(stdin)
        return super().run_tool(argv, stdin)


@pytest.fixture
def live(cluster, monkeypatch):
    declare(cluster, [{'id': 1}, {'id': 2, 'stop_grace': '10min'}])
    cluster.settle()
    with_dc(cluster)
    world = Live(cluster)
    world.made_for = world.configuration()
    monkeypatch.setattr(removal.time, 'sleep', world.sleep)
    return world


def conduct(live, ves, **more):
    arguments = {'ves': ves, 'policy': None, 'purge': False, 'new': 'started', 'wait': False, 'allow_restart': False}
    arguments.update({'wait_timeout': '10min', 'backup_keep': 0}, **more)
    return ve_resources.run(live.run_tool, arguments)


@pytest.mark.parametrize(
    'ves, more', [([{'id': 1}, gone(2)], {}), ([{'id': 1}], {'purge': True, 'allow_restart': True})]
)
def test_it_is_stopped_with_its_own_timeout_and_removed_when_it_is_down(live, ves, more):
    result = conduct(live, ves, **more)
    assert live.others == [('stop', 've-2')] and result['removed'] == ['ve-2'] and result['changed']
    assert [(row['resource'], row['action']) for row in result['predicted']] == [('ve-2', 'stop')]
    assert len(live.patches) == 2 and 'Stopped' in live.patches[0] and 'operation="delete"' in live.patches[1]
    assert element(live.cluster, 've-2') is None and not result['warnings']


def test_a_rename_that_may_stop_it_stops_it_first(live):
    result = conduct(live, [{'id': 1}, {'id': 2, 'name': 'web2'}], purge=True, allow_restart=True)
    assert (result['removed'], result['created']) == (['ve-2'], ['web2'])
    assert live.others == [('stop', 've-2')] and len(live.patches) == 2


def test_one_that_does_not_stop_stays_configured(live, monkeypatch):
    where = live.cluster.where()['ve-2']

    monkeypatch.setattr(live, 'begin', lambda action: None)  # a controller that does nothing, and says that it is idle
    monkeypatch.setattr(live, 'busy', lambda: False)
    live.cluster.tool(
        'crm_attribute', '--name', 'stonith-enabled', '--update', 'false'
    )  # else the node is fenced, and it is down

    def breaks(_seconds):
        if not live.others:
            live.others.append('broken')
            happened(live.cluster, where, 've-2', ('stop', (1, 0), 'it hangs'))

    monkeypatch.setattr(removal.time, 'sleep', breaks)
    with pytest.raises(Error, match='(?s)not down. They are still configured.*ve-2 is .*it hangs') as caught:
        conduct(live, [{'id': 1}, gone(2)])
    assert caught.value.details['changed'] and element(live.cluster, 've-2') is not None

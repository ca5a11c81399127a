# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VE of our agent through a template or with shared sets is ours: changed in place, and the others keep what they had."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, guests, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.operations import timeout
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info, ve_stagger
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import look as cluster_of
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import ARGUMENT, PutRequest

from declarations import create, declare, element
from happenings import edit, with_dc
from stagger_world import defaults

TEMPLATE = (
    '<template id="ve-template" class="ocf" provider="openve" type="ManageVE"><instance_attributes id="vt-i" score="3">'
    '<nvpair id="vt-e" name="engine" value="lxc"/><nvpair id="vt-o" name="on_dump" value="refuse"/></instance_attributes>'
    '<meta_attributes id="vt-m" score="2"><nvpair id="vt-p" name="priority" value="7"/></meta_attributes><operations>'
    '<op id="vt-start" name="start" interval="0" timeout="45s"/><op id="vt-stop" name="stop" interval="0" timeout="46s"/>'
    '<op id="vt-mon" name="monitor" interval="33s" timeout="34s"/></operations></template>'
)


def by_template(name, ve_id, meta=''):
    return (
        '<primitive id="%s" template="ve-template"><instance_attributes id="%s-own"><nvpair id="%s-v" name="veid" value="%s"/>'
        '</instance_attributes>%s</primitive>' % (name, name, name, ve_id, meta)
    )


@pytest.fixture
def templated(cluster):
    create(cluster, TEMPLATE)
    create(cluster, by_template('ve-web', 'web'))
    create(cluster, by_template('ve-db', 'db'))
    create(cluster, '<rsc_location id="all" rsc="ve-template" node="n1" score="5"/>', 'constraints')
    return cluster


def read(cluster, name):
    root = ET.fromstring(cluster.text())
    return root, expansion.primitives(root)[name]


def test_it_is_ours_and_changed_in_place(templated):
    text = templated.text()
    template, other = element(templated, 've-template'), element(templated, 've-db')
    result = declare(templated, [{'id': 'web', 'engine': 'lxc', 'boot_time': '2min'}])
    assert (result['created'], result['updated'], result['removed']) == ([], ['ve-web'], [])
    assert templated.text() != text
    assert tree.same(element(templated, 've-template'), template) and tree.same(element(templated, 've-db'), other)
    assert element(templated, 've-web').get('template') == 've-template'
    root, web = read(templated, 've-web')
    assert guests.is_ours(web)
    values = attributes.pairs(web, attributes.INSTANCE)
    # what the fields say holds, above the template's score too; what they do not say is the template's
    assert (values['veid'], values['engine'], values['on_dump']) == ('web', 'lxc', 'refuse')
    assert attributes.get(web, attributes.META, 'priority') == '-50'
    assert (timeout(root, web, 'start'), timeout(root, web, 'monitor', 10000)) == ('280s', '30s')
    assert [op.get('interval') for op in web.findall('operations/op') if op.get('name') == 'monitor'] == ['10s']


def test_a_field_holds_against_a_stronger_template(templated):
    declare(
        templated,
        [
            {'id': 'web', 'engine': 'vzctl', 'params': {'on_dump': 'restore'}},
            {'id': 'db', 'engine': 'lxc'},
        ],
        allow_restart=True,
    )
    _root, web = read(templated, 've-web')
    assert attributes.get(web, attributes.INSTANCE, 'engine') == 'vzctl'
    assert attributes.get(web, attributes.INSTANCE, 'on_dump') == 'restore'
    told = templated.tool('crm_resource', '--resource', 've-web', '--get-parameter', 'engine')
    assert told.strip() == 'vzctl'


def test_it_is_seen_like_any_other_ve(templated):
    """By ve_info, a staggered start and a rehearsal."""
    with_dc(templated)
    result = ve_info.run(templated.run, {'names': None})
    assert [ve['name'] for ve in result['ves']] == ['ve-web', 've-db']
    assert {row['name']: row['timeout'] for row in result['ves'][1]['operations']} == {
        'start': '45s',
        'stop': '46s',
        'monitor': '34s',
    }
    root = ET.fromstring(templated.text())
    rehearsed, _warnings = cluster_of(templated.run, root, live=False)
    assert set(rehearsed.ves) == {'ve-web', 've-db'} and rehearsed.others == []
    assert guests.is_to_run(rehearsed.ves['ve-db'])


def test_a_staggered_start_sets_the_role_beside_a_shared_one(templated):
    edit(
        templated,
        lambda root: (
            tree.section(root, 'resources')
            .find('template')
            .find('meta_attributes')
            .append(ET.fromstring('<nvpair id="vt-r" name="target-role" value="Stopped"/>'))
        ),
    )
    text = templated.text()
    request = {**defaults(), ARGUMENT: PutRequest(roles={'ve-web': 'Started'}).plain()}
    assert ve_stagger.run(templated.run, request)['changed']
    roles = {
        name: attributes.get(read(templated, name)[1], attributes.META, 'target-role') for name in ('ve-web', 've-db')
    }
    assert roles == {'ve-web': 'Started', 've-db': 'Stopped'}
    assert ('start', 've-web') in [action[:2] for action in templated.actions()]
    request = {**defaults(), ARGUMENT: PutRequest(roles={'ve-web': None}).plain()}
    assert ve_stagger.run(templated.run, request)['changed']
    assert attributes.get(read(templated, 've-web')[1], attributes.META, 'target-role') == 'Stopped'
    assert text.count('<nvpair') == templated.text().count('<nvpair')


def test_target_role_of_the_template_stays_where_the_ve_has_none(templated):
    declare(templated, [{'id': 'web', 'engine': 'lxc'}])
    assert attributes.get(element(templated, 've-web'), attributes.META, 'target-role') is None
    declare(templated, [{'id': 'web', 'engine': 'lxc', 'state': 'stopped'}])
    declare(templated, [{'id': 'web', 'engine': 'lxc'}])
    assert attributes.get(read(templated, 've-web')[1], attributes.META, 'target-role') == 'Stopped'


def test_purge_takes_it_and_leaves_the_template_and_its_other_users(templated):
    result = declare(templated, [{'id': 'web', 'engine': 'lxc'}], purge=True)
    assert result['removed'] == ['ve-db']
    assert element(templated, 've-template') is not None and element(templated, 've-web') is not None


def test_a_second_manager_through_a_template_is_refused(templated):
    with pytest.raises(
        CibError, match='the resource ve-web .ocf:openve:ManageVE. manages this VE already; declare it as name: ve-web'
    ):
        declare(templated, [{'id': 'web', 'engine': 'lxc', 'name': 'other'}])


SHARING = (
    '<primitive id="ve-1" class="ocf" provider="openve" type="ManageVE"><instance_attributes id="%s"><nvpair id="one-v" '
    'name="veid" value="1"/><nvpair id="one-e" name="engine" value="vzctl"/></instance_attributes>'
    '<meta_attributes id="common"><nvpair id="common-p" name="priority" value="3"/><nvpair id="common-r" name="target-role" '
    'value="Stopped"/></meta_attributes><operations id="ops"><op id="ops-m" name="monitor" interval="17s" timeout="18s"/>'
    '</operations></primitive>'
)
SHARERS = (
    '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id-ref="common"/>'
    '<operations id-ref="ops"/></primitive>',
    '<primitive id="pair" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="pair-m">'
    '<nvpair id-ref="common-p"/></meta_attributes></primitive>',
    '<primitive id="ve-2" class="ocf" provider="openve" type="ManageVE"><instance_attributes id="two"><nvpair id="two-v" '
    'name="veid" value="2"/></instance_attributes><meta_attributes id-ref="common"/><operations id-ref="ops"/></primitive>',
)


@pytest.fixture(params=['one', 've-1-instance_attributes'])
def sharing(cluster, request):
    root = ET.fromstring(cluster.text())
    for xml in (SHARING % request.param, *SHARERS):
        tree.section(root, 'resources').append(ET.fromstring(xml))
    cluster.path.write_text(tree.text(root))
    return cluster


def seen(cluster, name):
    root, primitive = read(cluster, name)
    return (
        attributes.pairs(primitive, attributes.META),
        [(op.get('name'), op.get('interval'), op.get('timeout')) for op in primitive.findall('operations/op')],
    )


def test_others_keep_what_they_shared_with_a_ve(sharing):
    before = {name: seen(sharing, name) for name in ('theirs', 'pair', 've-2')}
    assert before['theirs'] == ({'priority': '3', 'target-role': 'Stopped'}, [('monitor', '17s', '18s')])
    declare(sharing, [{'id': 1}])
    assert {name: seen(sharing, name) for name in before} == before
    assert seen(sharing, 've-1')[0]['priority'] == '-50' and seen(sharing, 've-1')[0]['target-role'] == 'Stopped'
    sharing.tool('crm_verify', '--xml-file', str(sharing.path))


def test_what_an_admin_set_in_a_shared_set_is_kept(sharing):
    declare(sharing, [{'id': 2}])
    assert seen(sharing, 've-2')[0]['target-role'] == 'Stopped' and seen(sharing, 've-2')[0]['priority'] == '-50'
    assert seen(sharing, 've-1')[0] == {'priority': '3', 'target-role': 'Stopped'}


def test_others_keep_what_they_shared_with_a_ve_that_is_purged(sharing):
    before = {name: seen(sharing, name) for name in ('theirs', 'pair')}
    assert declare(sharing, [{'id': 2}], purge=True)['removed'] == ['ve-1']
    assert {name: seen(sharing, name) for name in before} == before
    sharing.tool('crm_verify', '--xml-file', str(sharing.path))


def test_operations_that_have_an_id_are_not_lost(cluster):
    """crmsh writes one."""
    create(
        cluster,
        '<primitive id="ve-1" class="ocf" provider="openve" type="ManageVE"><operations id="ve-1-operations">'
        '<op id="ve-1-monitor-17" name="monitor" interval="17s"/></operations></primitive>',
    )
    declare(cluster, [{'id': 1}])
    assert element(cluster, 've-1-operations') is not None
    assert [op.get('name') for op in element(cluster, 've-1').iter('op')] == ['start', 'stop', 'monitor']

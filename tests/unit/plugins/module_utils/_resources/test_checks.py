# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster cannot take is refused, and nothing changes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError

from declarations import ADDRESS, STORAGE, create, declare


@pytest.mark.parametrize(
    'section, xml',
    [
        ('constraints', '<rsc_colocation id="theirs" rsc="address" with-rsc="ve-2" score="1"/>'),
        (
            'constraints',
            '<rsc_order id="theirs"><resource_set id="rs"><resource_ref id="ve-2"/>'
            '<resource_ref id="address"/></resource_set></rsc_order>',
        ),
        ('tags', '<tag id="theirs"><obj_ref id="ve-2"/></tag>'),
    ],
)
def test_purge_refuses_what_somebody_else_refers_to(cluster, section, xml):
    create(cluster, ADDRESS)
    declare(cluster, [{'id': 1}, {'id': 2}])
    if section == 'tags':
        cluster.tool(
            'cibadmin',
            '--modify',
            '--allow-create',
            '--scope',
            'configuration',
            '--xml-text',
            '<configuration><tags>%s</tags></configuration>' % xml,
        )
    else:
        create(cluster, xml, section)
    text = cluster.text()
    with pytest.raises(CibError, match='ve-2 is to be purged, but theirs still refers to it'):
        declare(cluster, [{'id': 1}], purge=True)
    assert cluster.text() == text


@pytest.mark.parametrize(
    'xml, ve, message',
    [
        (
            ADDRESS,
            {'id': 1, 'name': 'address'},
            'VE address: name: .* that is ocf:pacemaker:Dummy; give the VE another',
        ),
        (STORAGE, {'id': 1, 'name': 'fs-clone'}, 'that is clone; give the VE another name'),
        (
            '<primitive id="ve-1" class="ocf" provider="heartbeat" type="ManageVE"/>',
            {'id': 1},
            'remove it first, which stops its VE',
        ),
        (
            '<primitive id="other" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="i">'
            '<nvpair id="v" name="veid" value="001"/></instance_attributes></primitive>',
            {'id': 1},
            'VE 1: id: the resource other .* manages this VE already',
        ),
        (ADDRESS, {'id': 1, 'needs': ['storage']}, 'VE 1: needs: this cluster has no resource storage; create it'),
        (STORAGE, {'id': 1, 'needs': ['fs']}, 'VE 1: needs: fs is inside the clone fs-clone; name that'),
        (ADDRESS.replace('address', 've-1-prefer-n1'), {'id': 1, 'prefer': ['n1']}, 'The id ve-1-prefer-n1 is taken'),
    ],
)
def test_what_a_cluster_cannot_take_is_refused_and_nothing_changes(cluster, xml, ve, message):
    create(cluster, xml)
    text = cluster.text()
    for check in (True, False):
        with pytest.raises(CibError, match=message):
            declare(cluster, [ve], check=check)
    assert cluster.text() == text


def with_parameters(agent, more='', **parameters):
    kind, provider, name = ('%s::%s' % tuple(agent.split(':')) if agent.count(':') == 1 else agent).split(':')
    pairs = ''.join('<nvpair id="o-%s" name="%s" value="%s"/>' % (key, key, value) for key, value in parameters.items())
    return (
        '<primitive id="other" class="%s"%s type="%s">%s<instance_attributes id="o">%s</instance_attributes></primitive>'
        % (
            kind,
            ' provider="%s"' % provider if provider else '',
            name,
            more,
            pairs,
        )
    )


LXC = with_parameters('ocf:heartbeat:lxc', container='web')
BY_TEMPLATE = (
    '<template id="t" class="ocf" provider="heartbeat" type="lxc"/>',
    '<primitive id="other" template="t"><instance_attributes id="o"><nvpair id="o-c" name="container" value="web"/>'
    '</instance_attributes></primitive>',
)
IN_TEMPLATE = (
    '<template id="t" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="o"><nvpair id="o-c" name="veid" '
    'value="7"/></instance_attributes></template>',
    '<group id="g"><primitive id="other" template="t"/></group>',
)
BY_REFERENCE = (
    '<primitive id="spare" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="shared"><nvpair id="shared-c" '
    'name="container" value="web"/></instance_attributes></primitive>',
    '<primitive id="other" class="ocf" provider="heartbeat" type="lxc"><instance_attributes id-ref="shared"/></primitive>',
)
PAIR_BY_REFERENCE = (
    BY_REFERENCE[0],
    '<primitive id="other" class="ocf" provider="heartbeat" type="lxc"><instance_attributes id="o"><nvpair id-ref="shared-c"/>'
    '</instance_attributes></primitive>',
)
AT_NIGHT = with_parameters('ocf:heartbeat:lxc', container='web').replace(
    '<instance_attributes id="o">',
    '<instance_attributes id="o"><rule id="r" score="0" boolean-op="and"><expression id="e" attribute="#uname" '
    'operation="eq" value="n1"/></rule>',
)


@pytest.mark.parametrize(
    'resources, ve, agent',
    [
        ([LXC], {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (['<group id="g">%s</group>' % LXC], {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (['<clone id="c">%s</clone>' % LXC], {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (['<clone id="c"><group id="g">%s</group></clone>' % LXC], {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (
            [with_parameters('ocf:heartbeat:lxc', container='any', config='/var/lib/lxc/web/config')],
            {'id': 'web', 'engine': 'lxc'},
            'ocf:heartbeat:lxc',
        ),
        (
            [with_parameters('ocf:heartbeat:lxc', config='/srv//web//config')],
            {'id': 'web', 'engine': 'lxc'},
            'ocf:heartbeat:lxc',
        ),
        (
            [with_parameters('ocf:heartbeat:lxc', config='/etc/lxc/web.conf')],
            {'id': 'web', 'engine': 'lxc'},
            'ocf:heartbeat:lxc',
        ),
        ([with_parameters('ocf:site:lxd', container='web')], {'id': 'web', 'engine': 'lxc'}, 'ocf:site:lxd'),
        ([with_parameters('systemd:lxc@web')], {'id': 'web', 'engine': 'lxc'}, 'systemd:lxc@web'),
        ([with_parameters('ocf:heartbeat:ManageVE', veid='0007')], {'id': 7}, 'ocf:heartbeat:ManageVE'),
        ([with_parameters('ocf:site:ManageVE', veid='7')], {'id': 7}, 'ocf:site:ManageVE'),
        (
            [with_parameters('ocf:site:Guest', veid='web', engine='lxc')],
            {'id': 'web', 'engine': 'lxc'},
            'ocf:site:Guest',
        ),
        (BY_TEMPLATE, {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (IN_TEMPLATE, {'id': 7}, 'ocf:heartbeat:ManageVE'),
        (BY_REFERENCE, {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        (PAIR_BY_REFERENCE, {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
        ([AT_NIGHT], {'id': 'web', 'engine': 'lxc'}, 'ocf:heartbeat:lxc'),
    ],
)
def test_a_second_manager_is_refused_whatever_it_is_called(cluster, resources, ve, agent):
    root = ET.fromstring(cluster.text())
    for xml in resources:
        root.find('configuration/resources').append(ET.fromstring(xml))
    cluster.path.write_text(ET.tostring(root, encoding='unicode'))
    with pytest.raises(CibError) as failure:
        declare(cluster, [ve])
    assert len(failure.value.details['problems']) == 1
    # there is no other way yet than to do it by hand
    assert failure.value.details['problems'][0] == (
        'VE %s: id: the resource other (%s) manages this VE already; remove that resource first, which stops the VE, and run '
        'this again' % (ve['id'], agent)
    )


@pytest.mark.parametrize(
    'xml, ve',
    [
        (LXC, {'id': 'web2', 'engine': 'lxc'}),
        (with_parameters('ocf:heartbeat:lxc', container='7'), {'id': 7}),
        (with_parameters('ocf:heartbeat:ManageVE', veid='8'), {'id': 7}),
        (with_parameters('ocf:heartbeat:lxd-info', name='web'), {'id': 'web', 'engine': 'lxc'}),
        (with_parameters('systemd:lxc-net'), {'id': 'net', 'engine': 'lxc'}),
        (
            # the template's value is overridden
            '<primitive id="other" class="ocf" provider="heartbeat" type="ManageVE"><instance_attributes id="weak"><nvpair id="w" '
            'name="veid" value="7"/></instance_attributes><instance_attributes id="o"><nvpair id="o-v" name="veid" value="8"/>'
            '</instance_attributes></primitive>',
            {'id': 7},
        ),
    ],
)
def test_another_ves_manager_is_none_of_this_one(cluster, xml, ve):
    create(cluster, xml)
    assert declare(cluster, [ve])['created'] == ['ve-%s' % ve['id']]


def test_a_renamed_ve_is_refused_without_purge_and_replaced_with_it(cluster):
    declare(cluster, [{'id': 1}])
    with pytest.raises(CibError, match='the resource ve-1 .ocf:openve:ManageVE. manages this VE already'):
        declare(cluster, [{'id': 1, 'name': 'db'}])
    result = declare(cluster, [{'id': 1, 'name': 'db'}], purge=True)
    assert (result['created'], result['removed']) == (['db'], ['ve-1'])


def test_bad_input_changes_nothing(cluster):
    text = cluster.text()
    with pytest.raises(InputError):
        declare(cluster, [{'id': 1}, {'id': 2, 'boot_time': 'x'}])
    assert cluster.text() == text and cluster.calls == []

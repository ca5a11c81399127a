# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster cannot take is refused, and nothing changes."""

from __future__ import annotations

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

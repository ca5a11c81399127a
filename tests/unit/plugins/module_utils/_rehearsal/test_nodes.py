# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that come and go, and who has quorum then."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import nodes


def cib(count):
    names = ['n%d' % number for number in range(1, count + 1)]
    root = ET.fromstring(
        '<cib><configuration><nodes>%s</nodes></configuration><status/></cib>'
        % ''.join('<node id="%s" uname="%s"/>' % (name[1:], name) for name in names)
    )
    nodes.all_boot(root, names)
    return root, names


@pytest.mark.parametrize(
    'count, lost, quorum',
    [(1, 0, True), (2, 1, True), (2, 2, False), (3, 1, True), (4, 2, False), (5, 2, True), (5, 3, False)],
)
def test_quorum(count, lost, quorum):
    root, names = cib(count)
    nodes.are_lost(root, names[:lost], names)
    assert root.get('have-quorum') == ('1' if quorum else '0')
    assert [nodes.is_up(root, name) for name in names] == [False] * lost + [True] * (count - lost)
    assert nodes.alive(root) == set(names[lost:]) and nodes.any_up(root) == (lost < count)


def test_newer_versions_have_times_in_the_status():
    root, names = cib(2)
    root.find('status/node_state').attrib.update(in_ccm='1795000000', crmd='1795000001')
    assert nodes.is_up(root, 'n1')
    root.find('status/node_state').set('crmd', '0')
    assert not nodes.is_up(root, 'n1')
    nodes.comes_back(root, 'n1', names)
    assert nodes.is_up(root, 'n1')


def test_a_boot_forgets_what_was():
    root, names = cib(2)
    ET.SubElement(root.find('status/node_state'), 'lrm')
    ET.SubElement(root.find('status'), 'tickets')
    nodes.all_boot(root, names)
    assert [child.tag for child in root.find('status')] == ['node_state'] * 2 and root.find('.//lrm') is None

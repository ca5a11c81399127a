# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits leave alone what is equal."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


def test_merge_touches_only_what_differs(cib_file):
    root = ET.fromstring(
        '<resources><primitive id="a" type="Dummy"><operations>'
        '<op id="1" name="start"/><op id="2" name="stop"/></operations></primitive></resources>'
    )
    same = ET.fromstring(
        '<primitive type="Dummy" id="a"><operations>'
        '<op id="2" name="stop"/><op name="start" id="1"/></operations></primitive>'
    )
    child = root[0]
    tree.merge(root, same)
    assert root[0] is child
    other = ET.fromstring(
        '<primitive type="Dummy" id="a"><operations>'
        '<op id="3" name="monitor"/><op id="2" name="stop"/><op name="start" id="1"/>'
        '</operations></primitive>'
    )
    tree.merge(root, other)
    assert [op.get('id') for op in root[0].iter('op')] == ['1', '2', '3']
    assert len(root) == 1

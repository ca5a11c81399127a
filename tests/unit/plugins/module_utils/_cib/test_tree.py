# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CIB as a tree: read from files, and edits that leave alone what is equal."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
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


@pytest.mark.parametrize(
    'text,says',
    [
        ('', 'is empty; write it with "cibadmin --query > FILE"'),
        ('  \n', 'is empty'),
        ('no CIB', 'is no complete XML'),
        ('<cib><configuration><crm_config>', 'is no complete XML'),
        ('<config/>', 'is no CIB: its root is <config>'),
        ('<cib/>', 'is no CIB: its root is <cib> without <configuration>'),
        (b'\xff\xfe\x00', 'cannot be read'),
    ],
)
def test_files_that_are_no_cib(tmp_path, text, says):
    path = tmp_path / 'file'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CibError) as error:
        tree.read_file(str(path))
    assert says in error.value.msg and str(path) in error.value.msg
    with pytest.raises(CibError, match='cannot be read'):
        tree.read_file(str(tmp_path / 'none'))

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CIB in a file."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


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

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tool that is not installed, and one that fails."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


def test_a_missing_tool_and_a_failing_tool_say_so(cib_file):
    def missing(argv, stdin=None):
        raise FileNotFoundError(2, 'No such file or directory', argv[0])

    with pytest.raises(ToolError, match='Cannot run cibadmin.*pacemaker-cli'):
        tree.query(missing)
    with pytest.raises(ToolError, match='cibadmin --query failed with 102: Transport') as caught:
        tree.query(lambda argv, stdin=None: (102, '', 'Transport endpoint is not connected\n'))
    assert caught.value.details['rc'] == 102

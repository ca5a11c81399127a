# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib

import pytest

TOOLS = ('crm', 'cib', 'corosync', 'stonith', 'pacemaker', 'attrd_updater')


@pytest.fixture
def bare(tmp_path):
    """A directory for PATH, with all of this machine's programs but Pacemaker's and Corosync's."""
    tools = tmp_path / 'bin'
    tools.mkdir()
    for directory in os.environ['PATH'].split(os.pathsep):
        for tool in pathlib.Path(directory).glob('*'):
            if not tool.name.startswith(TOOLS) and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    return tools

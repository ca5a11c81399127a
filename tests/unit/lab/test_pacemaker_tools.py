# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""These tests run with the tools of the Debian release that was asked for."""

from __future__ import annotations

import os
import pathlib

VERSIONS = {'12': '2.1.5', '13': '3.0.0'}
SYSTEM = pathlib.Path('/etc/os-release')


def test_the_tools_are_of_the_release_that_was_asked_for(cib_file):
    said = cib_file.tool('crm_simulate', '--version')
    fields = dict(line.split('=', 1) for line in SYSTEM.read_text().splitlines() if '=' in line)
    host = fields['VERSION_ID'].strip('"') if fields['ID'] == 'debian' else None
    release = os.environ.get('DEBIAN') or host
    if release in VERSIONS:
        assert said.splitlines()[0] == 'Pacemaker ' + VERSIONS[release]
    else:
        assert said.startswith('Pacemaker ')  # some other system's own


def test_they_work_on_the_caller_s_files(cib_file):
    assert cib_file.tool('cibadmin', '--query') == cib_file.text()
    assert cib_file.tool(
        'crm_simulate', '--run', '--xml-file', str(cib_file.path), '--save-graph', str(cib_file.path) + '.g'
    ) and (pathlib.Path(str(cib_file.path) + '.g').exists())

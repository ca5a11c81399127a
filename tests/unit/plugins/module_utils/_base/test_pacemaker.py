# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the versions of Pacemaker differ."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker


def test_the_tools_say_what_they_are(cib_file):
    tools = pacemaker.tools(cib_file.run)
    said = cib_file.tool('crm_simulate', '--version')
    assert len(tools.version) == 3 and said.startswith('Pacemaker %s\n' % tools.name)
    assert tools.feature_set >= (3, 16, 1) and tools.schema >= (3, 9)


@pytest.mark.parametrize(
    'said', ['Pacemaker 3.0.0\nWritten by 2 people', 'Pacemaker 3.0.0-5.el10\n', 'Pacemaker 3.0.0+20240101.4\n']
)
def test_the_version_is_read_however_a_distribution_writes_it(said):
    def runner(argv, stdin=None):
        empty = '<cib crm_feature_set="3.20.0" validate-with="pacemaker-4.0"/>'
        return 0, empty if '--empty' in argv else said, ''

    tools = pacemaker.tools(runner)
    assert (tools.version, tools.feature_set, tools.schema) == ((3, 0, 0), (3, 20, 0), (4, 0))


@pytest.mark.parametrize(
    'code, words',
    [
        ('1', 'error'),
        ('5', 'not installed'),
        ('7', 'not running'),
        ('137', 'exit code 137'),
        (None, 'unknown'),
        ('', 'unknown'),
    ],
)
def test_a_return_code_has_the_same_words_with_every_version(code, words):
    assert pacemaker.return_code(code) == words


def test_the_renamed_properties_are_all_those_of_3_0_2():
    same = ('enabled', 'action', 'timeout', 'max-attempts', 'watchdog-timeout')
    assert set(pacemaker.RENAMED) == {
        *(('fencing-' + name, 'stonith-' + name) for name in same),
        ('fencing-reaction', 'fence-reaction'),
    }

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._host import vz_settings

WANTED = 'ONBOOT="no"\nALLOWREBOOT="no"\n'


@pytest.mark.parametrize(
    'before, after',
    [
        ('', WANTED),
        ('A=1\n', 'A=1\n' + WANTED),
        ('A=1', 'A=1\n' + WANTED),
        ('ONBOOT="yes"\nA=1\nALLOWREBOOT=yes\n', 'ONBOOT="no"\nA=1\nALLOWREBOOT="no"\n'),
        # only what is in force counts, and that is the last one
        ('ONBOOT=no\nONBOOT=yes\nALLOWREBOOT=no\n', 'ONBOOT=no\nONBOOT="no"\nALLOWREBOOT=no\n'),
        ('ONBOOT=yes\nONBOOT=no\nALLOWREBOOT=no\n', None),
        (' ONBOOT = "no"  # by hand\nALLOWREBOOT="no"\n', None),
        ('ONBOOT=no\nALLOWREBOOT=no', None),
        (
            '#ONBOOT=no\nXONBOOT=no\nONBOOTX=no\nALLOWREBOOT=no\n',
            '#ONBOOT=no\nXONBOOT=no\nONBOOTX=no\nALLOWREBOOT=no\nONBOOT="no"\n',
        ),
        ('ONBOOT="auto"\nALLOWREBOOT=no\n', 'ONBOOT="no"\nALLOWREBOOT=no\n'),  # prlctl set --autostart auto
        ('ONBOOT="nope"\nALLOWREBOOT=no\n', 'ONBOOT="no"\nALLOWREBOOT=no\n'),
        # what else is on a line, or in it, is not ours to change
        ('D="a\x0bb\u2028c"\r\nONBOOT=no\r\nALLOWREBOOT=no\r\n', None),
        ('D="a\x0bb\u2028c"\r\nALLOWREBOOT=no\r\n', 'D="a\x0bb\u2028c"\r\nALLOWREBOOT=no\r\nONBOOT="no"\n'),
    ],
)
def test_vzctl_settings(before, after):
    new = vz_settings.settled(before)
    assert new == (before if after is None else after)
    assert vz_settings.settled(new) == new


def test_what_it_was_is_told():
    before = 'ONBOOT=no\n ONBOOT = "yes" # by hand\n'
    assert vz_settings.differences(before, vz_settings.settled(before)) == {'ONBOOT': 'yes', 'ALLOWREBOOT': None}
    assert vz_settings.differences(before, before) == {}

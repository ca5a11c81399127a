# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the process of an earlier run still works."""

from __future__ import annotations

import os
import subprocess
import sys

from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote import process


def test_this_one_lives_and_one_that_ended_does_not():
    assert process.alive(process.identity(os.getpid())) is True
    with subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE) as other:
        identity = process.identity(other.pid)
        assert process.alive(identity) is True
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert process.alive(identity) is False, 'nobody has waited for it yet'
    assert process.alive(identity) is False


def test_another_one_of_the_same_number_is_not_it():
    boot, place, number, begin = process.identity(os.getpid()).split()
    assert process.alive(' '.join((boot, place, number, str(int(begin) - 1)))) is False


def test_of_another_controller_nothing_is_known():
    boot, place, number, begin = process.identity(os.getpid()).split()
    for other in (('another-boot', place), (boot, 'pid:[1]')):
        assert process.alive(' '.join((*other, number, begin))) is None
    assert process.alive('') is None


def test_without_proc_nothing_is_known(tmp_path, monkeypatch):
    here = process.identity(os.getpid())
    monkeypatch.setattr(process, 'PROC', tmp_path)
    assert process.identity(os.getpid()) == '' and process.alive(here) is None


def test_the_owner_is_named():
    assert '@' in process.owner()

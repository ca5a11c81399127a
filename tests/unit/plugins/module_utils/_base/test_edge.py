# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module says where it is not allowed to do something, or has no place for it."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files, module
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError, ToolError

DENIED = ToolError('cibadmin --query failed with 102: Could not connect.\nPermission denied', ['cibadmin'], 102)


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.delenv('CIB_file', raising=False)
    monkeypatch.setattr(os, 'geteuid', lambda: 65534)
    monkeypatch.setattr(os, 'getgroups', lambda: [65534])


@pytest.mark.parametrize(
    'error', [DENIED, caused(CibError('Cannot be saved.'), PermissionError(13, 'Permission denied'))]
)
def test_without_root_it_is_one_sentence(nobody, error):
    said = module._why(error)
    assert said.startswith('This needs root, and runs as uid 65534: set "become: true"') and '\n' not in said


@pytest.mark.parametrize(
    'error', [InputError(['ves: bad']), CibError('refused'), caused(CibError('x'), OSError(28, 'full'))]
)
def test_what_has_another_cause_is_said_as_it_is(nobody, error):
    assert module._why(error) == error.msg


def test_root_and_a_file_are_not_told_to_become_root(nobody, monkeypatch):
    monkeypatch.setenv('CIB_file', '/tmp/cib.xml')
    assert module._why(DENIED) == DENIED.msg
    monkeypatch.delenv('CIB_file')
    monkeypatch.setattr(os, 'geteuid', lambda: 0)
    assert module._why(DENIED) == DENIED.msg


@pytest.mark.parametrize('call', ['fsync', 'fdopen'])
def test_a_full_disk_names_the_path(tmp_path, monkeypatch, call):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(files.os, call, full)
    with pytest.raises(OSError) as caught:
        files.replace(str(tmp_path / 'cib.xml'), b'content')
    assert caught.value.filename == str(tmp_path / 'cib.xml') and 'cib.xml' in str(caught.value)
    assert os.listdir(tmp_path) == []

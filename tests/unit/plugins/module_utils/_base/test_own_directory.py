# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of root's on a node: its mode and owner are set, and a link that somebody planted is not followed."""

from __future__ import annotations

import os

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_its_mode_does_not_depend_on_the_umask(tmp_path, umask):
    for mode in (0o755, 0o700):
        files.own_directory(str(tmp_path / oct(mode)), mode)
        assert (tmp_path / oct(mode)).stat().st_mode & 0o7777 == mode


def test_one_that_anybody_could_write_is_set_right(tmp_path):
    (tmp_path / 'open').mkdir()
    (tmp_path / 'open').chmod(0o777)
    files.own_directory(str(tmp_path / 'open'), 0o755)
    assert (tmp_path / 'open').stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize('target', ['directory', 'nowhere'])
def test_a_link_is_refused_and_what_it_points_to_stays_as_it_is(tmp_path, target):
    (tmp_path / 'directory').mkdir(mode=0o750)
    (tmp_path / 'link').symlink_to(tmp_path / target)
    with pytest.raises(OSError, match="is a symbolic link; remove it: '.*/link'"):
        files.own_directory(str(tmp_path / 'link'), 0o700)
    assert (tmp_path / 'directory').stat().st_mode & 0o777 == 0o750 and not (tmp_path / 'nowhere').exists()


def test_a_file_in_its_place_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match="is no directory; remove it: '.*/file'"):
        files.own_directory(str(tmp_path / 'file'), 0o700)


def test_somebody_elses_is_refused(tmp_path, monkeypatch):
    (tmp_path / 'theirs').mkdir()
    monkeypatch.setattr(files.os, 'geteuid', lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="belongs to uid .*theirs'"):
        files.own_directory(str(tmp_path / 'theirs'), 0o700)

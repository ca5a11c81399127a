# SPDX-License-Identifier: GPL-3.0-or-later
"""Of which release the lab's nodes are, and where their packages come from."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

LAB = pathlib.Path(__file__).parents[3] / 'tests' / 'lab'


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != 'DEBIAN'}
    return subprocess.run(
        [str(LAB / argv[0]), *argv[1:]], capture_output=True, text=True, check=False, env=dict(kept, **environment)
    )


@pytest.mark.parametrize('release', ['12', '13'])
def test_debian_chooses(release: str) -> None:
    assert run('release', DEBIAN=release).stdout == release + '\n'


def test_by_default_it_is_that_of_this_machine() -> None:
    here = dict(
        line.split('=', 1)
        for line in pathlib.Path('/etc/os-release').read_text(encoding='utf-8').splitlines()
        if '=' in line
    )
    for environment in ({}, {'DEBIAN': ''}):
        assert run('release', **environment).stdout.strip() == here['VERSION_ID'].strip('"')


def test_another_one_is_refused() -> None:
    for script in ('release', 'image', 'setup'):
        done = run(script, 'demo', DEBIAN='11')
        assert done.returncode == 2 and done.stderr == 'DEBIAN=11 must be one of 12, 13.\n', script


@pytest.mark.parametrize('release, suite', [('12', 'bookworm'), ('13', 'trixie')])
def test_the_sources_of_either_release_are_this_machines(release: str, suite: str) -> None:
    lines = run('sources', release).stdout.splitlines()
    assert lines and all(line.startswith('deb [signed-by=') and line.endswith(' main') for line in lines)
    assert {line.split()[3].split('-')[0] for line in lines} == {suite}


def test_a_checkout_has_a_name_of_its_own(tmp_path: pathlib.Path) -> None:
    there = tmp_path / 'tests' / 'lab'
    there.mkdir(parents=True)
    (there / 'checkout').write_bytes((LAB / 'checkout').read_bytes())
    (there / 'checkout').chmod(0o755)
    other = subprocess.run([str(there / 'checkout')], capture_output=True, text=True, check=True).stdout
    assert len(other) == 9 and other != run('checkout').stdout

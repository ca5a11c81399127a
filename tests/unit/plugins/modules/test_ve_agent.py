# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent on a host: what is installed, in which order, and what is left alone."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_agent

FILES = pathlib.Path(__file__).resolve().parents[4] / 'files'
LAUNCHER = (FILES / 'ManageVE').read_text()
LIBRARY = {path.name: path.read_text() for path in (FILES / 'manageve').glob('*.py')}
BUILD = ve_agent.build_of(LAUNCHER)
DAY = 24 * 3600


class Host:
    """/usr/lib/ocf of a host, and the module."""

    def __init__(self, root):
        self.root = root
        self.launcher = root / 'resource.d' / 'openve' / 'ManageVE'
        self.libraries = root / 'lib' / 'openve'
        self.library = self.library_of(BUILD)
        self.commands = []

    def library_of(self, build):
        return self.libraries / ('manageve-' + build)

    def runner(self, argv, stdin=None, environment=None):
        # what the launcher finds at this moment
        self.commands.append((argv, self.launcher.read_text() if self.launcher.exists() else None))
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def install(self, build=BUILD, check=False):
        def of(text):
            return text.replace('"%s"' % BUILD, '"%s"' % build)

        library = dict(LIBRARY, **{'__init__.py': of(LIBRARY['__init__.py'])})
        return ve_agent.run(self.runner, {'launcher': of(LAUNCHER), 'library': library}, check)

    def files(self):
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob('*') if path.is_file()}

    def age(self, build, seconds):
        then = time.time() - seconds
        os.utime(self.library_of(build), (then, then))

    def agent(self, action='meta-data'):
        return subprocess.run([str(self.launcher), action], capture_output=True, text=True, check=False)


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setattr(ve_agent, 'OCF', str(tmp_path / 'ocf'))
    return Host(tmp_path / 'ocf')


def test_a_host_without_an_agent_gets_one(host):
    result = host.install()
    assert result['changed'] and result['build'] == BUILD and result['removed'] == []
    compiled = result['installed'][-2]
    assert result['installed'] == [str(host.library / name) for name in sorted(LIBRARY)] + [
        compiled,
        str(host.launcher),
    ]
    assert os.path.dirname(compiled) == str(host.library / '__pycache__') and os.path.exists(compiled)
    assert host.launcher.stat().st_mode & 0o7777 == 0o755 and host.library.stat().st_mode & 0o7777 == 0o755
    assert {path.stat().st_mode & 0o7777 for path in host.library.glob('*.py')} == {0o644}
    shown = host.agent()
    assert (shown.returncode, shown.stderr) == (0, '') and '<resource-agent name="ManageVE"' in shown.stdout


def test_whatever_the_umask(host):
    old = os.umask(0o077)
    try:
        host.install()
    finally:
        os.umask(old)
    paths = [path for path in host.root.rglob('*')] + [host.root]
    assert {path.stat().st_mode & 0o7777 for path in paths if path.is_dir()} == {0o755}
    assert {path.stat().st_mode & 0o7777 for path in paths if path.is_file() and path != host.launcher} == {0o644}


def test_the_library_is_there_and_compiled_before_a_launcher_wants_it(host):
    host.install('1.0.0-0')
    host.commands.clear()
    host.install()
    [(argv, launcher)] = host.commands
    assert argv[-1] == str(host.library / 'compile.py') and '"1.0.0-0"' in launcher
    assert sorted(path.name for path in host.library.glob('*.py')) == sorted(LIBRARY)


def test_once_more_changes_nothing(host):
    host.install()
    before = {path: path.stat().st_mtime_ns for path in host.root.rglob('*')}
    for check in (False, True):
        result = host.install(check=check)
        assert not result['changed'] and result['installed'] == [] and result['removed'] == []
    assert {path: path.stat().st_mtime_ns for path in host.root.rglob('*')} == before


def test_check_mode_says_what_would_be_installed_and_installs_nothing(host):
    result = host.install(check=True)
    assert result['changed'] and not host.root.exists() and host.commands == []
    assert result['installed'] == [str(host.library / name) for name in sorted(LIBRARY)] + [
        str(host.library / '__pycache__'),
        str(host.launcher),
    ]


def test_check_mode_sees_that_it_is_not_compiled(host):
    compiled = host.install()['installed'][-2]
    os.unlink(compiled)
    result = host.install(check=True)
    assert result['changed'] and result['installed'] == [compiled] and not os.path.exists(compiled)
    assert host.install()['installed'] == [compiled] and os.path.exists(compiled)


def test_the_diff_is_a_summary(host):
    host.install('1.0.0-0')
    diff = host.install()['diff']()
    assert diff['before'] == 'build: 1.0.0-0\n' and diff['after'].splitlines()[0] == 'build: ' + BUILD
    assert str(host.launcher) in diff['after'].splitlines()
    assert host.install()['diff']() == dict(diff, before='build: %s\n' % BUILD, after='build: %s\n' % BUILD)


@pytest.mark.parametrize('damage', ['text', 'missing', 'mode', 'directory', 'cache', 'compiled', 'stranger', 'torn'])
def test_damage_is_mended(host, damage):
    host.install()
    path = host.library / 'text.py'
    compiled = next((host.library / '__pycache__').iterdir())
    good = host.files()
    if damage == 'text':
        path.write_text(path.read_text() + '#')
    elif damage == 'missing':
        path.unlink()
    elif damage == 'mode':
        path.chmod(0o666)
    elif damage == 'directory':
        host.library.chmod(0o777)
    elif damage == 'cache':
        compiled.parent.chmod(0o777)
    elif damage == 'compiled':
        os.chown(compiled, 65534, 65534)
    elif damage == 'stranger':
        (host.library / 'strange.py').write_text('')
    else:
        compiled.write_bytes(compiled.read_bytes()[:-100])
    assert host.install(check=True)['changed'] == host.install()['changed'] is True
    assert not host.install()['changed']
    assert {name: text for name, text in host.files().items() if 'pyc' not in name} == {
        name: text for name, text in good.items() if 'pyc' not in name
    }
    assert compiled.stat().st_uid == os.geteuid() and compiled.parent.stat().st_mode & 0o7777 == 0o755
    assert host.library.stat().st_mode & 0o7777 == 0o755 and path.stat().st_mode & 0o7777 == 0o644


def test_the_library_before_stays_and_older_ones_go_after_a_day(host):
    for build in ('1.0.0-1', '1.0.0-2', '1.0.0-3'):
        host.install(build)
    assert host.install()['removed'] == [], 'whoever began with one of these may still run'
    host.age('1.0.0-1', 9 * DAY)
    host.age('1.0.0-2', 2 * DAY)
    assert host.install()['removed'] == [str(host.library_of('1.0.0-1'))], '2 was the last until a moment ago'
    host.age('1.0.0-3', 2 * DAY - 60)
    assert host.install(check=True)['removed'] == [str(host.library_of('1.0.0-2'))]
    assert host.library_of('1.0.0-2').exists()
    assert host.install()['removed'] == [str(host.library_of('1.0.0-2'))]
    host.age('1.0.0-3', 99 * DAY)
    assert host.install()['removed'] == [] and not host.install()['changed']
    assert {path.name for path in host.libraries.iterdir()} == {'manageve-' + BUILD, 'manageve-1.0.0-3'}


def test_the_way_back_makes_an_old_library_young(host):
    host.install('1.0.0-1')
    host.age('1.0.0-1', 99 * DAY)
    host.install()
    host.age(BUILD, 50 * DAY)
    assert host.install('1.0.0-1')['changed']
    host.install('1.0.0-2')
    assert host.library_of('1.0.0-1').exists(), 'it was wanted until a moment ago'


def test_what_does_not_belong_together_is_refused(host):
    library = dict(LIBRARY, **{'__init__.py': LIBRARY['__init__.py'].replace(BUILD, '1.0.0-0')})
    with pytest.raises(Error, match='do not belong together: the one is of build %s, the other of 1.0.0-0' % BUILD):
        ve_agent.run(host.runner, {'launcher': LAUNCHER, 'library': library})
    assert not host.root.exists()


def test_a_directory_that_cannot_be_made_is_an_error(host):
    host.root.mkdir()
    (host.root / 'lib').write_text('')
    with pytest.raises(Error, match='cannot be installed: .*lib'):
        host.install()


def test_where_it_was_one_file(host):
    host.launcher.parent.mkdir(parents=True)
    host.launcher.write_text('#!/usr/bin/python3 -IS\nVERSION = "1.0.0"\n')
    assert host.install()['diff']()['before'] == 'build: none\n'
    assert host.agent().returncode == 0
    shutil.rmtree(host.library)
    assert host.agent().returncode == 5


# An upgrade while monitors run


class Monitors:
    """As the executor runs them: one after another, several at once, as long as the context lasts.

    In processes of their own: a file that this one writes must be open nowhere else when it is run.
    """

    LOOP = 'while [ ! -e "$2/over" ]; do "$1" monitor 2>>"$2/said"; echo $? >>"$2/codes"; done'

    def __init__(self, host, tools, place, count=4):
        self.launcher, self.place, self.count = host.launcher, place, count
        self.env = {
            'PATH': '%s:/usr/sbin:/usr/bin:/sbin:/bin' % tools,
            'OCF_RESKEY_veid': '101',
            'OCF_RESKEY_CRM_meta_interval': '1000',
            'OCF_RESKEY_CRM_meta_timeout': '30000',
            'HA_LOGFILE': '/dev/null',
        }
        self.processes = []
        for name in ('codes', 'said'):
            (place / name).write_text('')

    def codes(self):
        return (self.place / 'codes').read_text().split()

    def said(self):
        return (self.place / 'said').read_text()

    def wait_for(self, more):
        until, end = len(self.codes()) + more, time.monotonic() + 60
        while len(self.codes()) < until:
            assert time.monotonic() < end
            time.sleep(0.01)

    def __enter__(self):
        argv = ['/bin/sh', '-c', self.LOOP, 'sh', str(self.launcher), str(self.place)]
        self.processes = [subprocess.Popen(argv, env=self.env) for _ in range(self.count)]
        return self

    def __exit__(self, *_):
        (self.place / 'over').write_text('')
        for process in self.processes:
            process.wait()


@pytest.fixture
def tools(tmp_path):
    """A vzctl under which the VE runs."""
    tool = tmp_path / 'tools' / 'vzctl'
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho VEID 101 exist mounted running\n')
    tool.chmod(0o755)
    return tool.parent


def another(build, word):
    """The same agent in other files: parts of two of them do not work together."""

    def of(text):
        return text.replace('"%s"' % BUILD, '"%s"' % build).replace('is_number', word)

    return {'launcher': of(LAUNCHER), 'library': {name: of(text) for name, text in LIBRARY.items()}}


def test_no_operation_fails_while_the_agent_is_upgraded(host, tools, tmp_path):
    ve_agent.run(host.runner, another('1.0.0-0', 'number_0'))
    with Monitors(host, tools, tmp_path) as monitors:
        for n in range(1, 9):
            monitors.wait_for(8)
            build = '1.0.0-%d' % n
            assert ve_agent.run(host.runner, another(build, 'number_%d' % n))['changed']
            host.age('1.0.0-%d' % (n - 1), 2 * DAY - n)  # so that the next one has something to remove
        monitors.wait_for(8)
    assert set(monitors.codes()) == {'0'} and len(monitors.codes()) >= 72 and monitors.said() == ''
    assert {path.name for path in host.libraries.iterdir()} == {'manageve-1.0.0-%d' % n for n in (6, 7, 8)}


def test_these_monitors_would_notice(host, tools, tmp_path):
    """An upgrade that writes into the library it is named by, and the launcher before the library."""
    ve_agent.run(host.runner, another('1.0.0-0', 'number_0'))
    with Monitors(host, tools, tmp_path) as monitors:
        monitors.wait_for(8)
        for name, text in sorted(another('1.0.0-0', 'number_1')['library'].items()):
            (host.library_of('1.0.0-0') / name).write_text(text)
            time.sleep(0.05)
        monitors.wait_for(8)
        ve_agent.put(str(host.launcher), another('1.0.0-1', 'number_1')['launcher'], 0o755, False)
        monitors.wait_for(8)
    assert {'0', '5'} <= set(monitors.codes()) and 'library' in monitors.said()

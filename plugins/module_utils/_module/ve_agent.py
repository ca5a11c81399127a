# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent on one host: its library first, then the launcher that wants just this one.

At no moment can a monitor find a launcher without its library, or a library that is half there: the library lies under
the name of its content, is complete and compiled before a launcher names it, and the last ones stay.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import Any

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call

OCF = '/usr/lib/ocf'
PYTHON = '/usr/bin/python3'  # the one in the launcher's first line
# So long after the last change nothing runs any more that began with a library from before.
KEPT = 24 * 3600


def launcher_path() -> str:
    return OCF + '/resource.d/openve/ManageVE'


def libraries_path() -> str:
    return OCF + '/lib/openve'


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Install the agent."""
    launcher: str = arguments['launcher']
    library: dict[str, str] = arguments['library']
    build = build_of(launcher)
    if build is None or build_of(library.get('__init__.py', '')) != build:
        raise Error(
            'The launcher and the library do not belong together: the one is of build %s, the other of %s.'
            % (build, build_of(library.get('__init__.py', '')))
        )
    directory = '%s/manageve-%s' % (libraries_path(), build)
    before = build_of(_read(launcher_path()) or '')
    written: list[str] = []
    removed: list[str] = []
    try:
        for path in (libraries_path(), directory, directory + '/__pycache__'):
            written += own(path, 0o755, check)
        for name in sorted(library):
            written += put('%s/%s' % (directory, name), library[name], 0o644, check)
        removed += remove_strangers(directory, set(library), check)
        compiled = compile_library(runner, directory, check, bool(written))
        for path in _entries(directory + '/__pycache__'):
            written += own('%s/__pycache__/%s' % (directory, path), 0o644, check)
        switched = put(launcher_path(), launcher, 0o755, check)
        if switched and not check:
            os.utime(directory)  # wanted from now on, however old it is
        removed += remove_old(build, check)
    except OSError as error:
        raise Error('The agent cannot be installed: %s.' % error, changed=bool(written)) from error
    files = written + compiled + switched
    return {
        'changed': bool(files or removed),
        'build': build,
        'installed': files,
        'removed': removed,
        'diff': lambda: difference(before, build, files, removed),
    }


def difference(before: str | None, build: str, files: list[str], removed: list[str]) -> dict[str, Any]:
    """A summary: the files themselves are one version against another."""
    return {
        'before_header': launcher_path(),
        'after_header': launcher_path(),
        'before': ''.join(line + '\n' for line in ['build: %s' % (before or 'none')] + removed),
        'after': ''.join(line + '\n' for line in ['build: %s' % build] + files),
    }


def build_of(text: str) -> str | None:
    """The build that a launcher wants, or that a library is."""
    found = re.search(r'^BUILD = "([\w.-]+)"$', text, re.MULTILINE)
    return found.group(1) if found else None


def put(path: str, text: str, mode: int, check: bool) -> list[str]:
    """Have this text at this path, whole or not at all: [path] where that is a change."""
    if _read(path) == text and _is_safe(path, mode):
        return []
    if not check:
        make_directory(os.path.dirname(path))
        draft = '%s/.%s.%d' % (os.path.dirname(path), os.path.basename(path), os.getpid())
        try:
            with open(draft, 'w', encoding='utf-8') as f:
                f.write(text)
                os.fchmod(f.fileno(), mode)
                f.flush()
                os.fsync(f.fileno())
            os.replace(draft, path)
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
    return [path]


def make_directory(path: str) -> None:
    """With its parents, whatever the umask."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path))
        os.mkdir(path)
        os.chmod(path, 0o755)


def own(path: str, mode: int, check: bool) -> list[str]:
    """Nobody but us writes to what is there: [path] where that is a change."""
    if not os.path.exists(path) or _is_safe(path, mode):
        return []
    if not check:
        os.chown(path, os.geteuid(), os.getegid())
        os.chmod(path, mode)
    return [path]


def remove_strangers(directory: str, names: set[str], check: bool) -> list[str]:
    """What lies in the library and is no part of it."""
    strangers = [name for name in _entries(directory) if name not in names and name != '__pycache__']
    return [_remove('%s/%s' % (directory, name), check) for name in strangers]


def compile_library(runner: Runner, directory: str, check: bool, changed: bool) -> list[str]:
    """[the compiled file] where it was not there, or not of this Python and these sources."""
    if check and changed:
        return [directory + '/__pycache__']
    argv = [PYTHON, '-IS', directory + '/compile.py'] + ['--check'] * check
    return call(runner, argv).split()


def remove_old(build: str, check: bool) -> list[str]:
    """Remove the libraries that nobody can want any more.

    Those from before are wanted by no launcher since the next one came; of those that came long enough ago the newest
    stays, as it may have been wanted until a moment ago.
    """
    paths = [
        '%s/%s' % (libraries_path(), name)
        for name in _entries(libraries_path())
        if name.startswith('manageve-') and name != 'manageve-' + build
    ]
    dates = {path: os.stat(path).st_mtime for path in paths}
    long_there = sorted((path for path in paths if dates[path] < time.time() - KEPT), key=lambda path: dates[path])
    return [_remove(path, check) for path in long_there[:-1]]


def _remove(path: str, check: bool) -> str:
    if not check:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    return path


def _entries(directory: str) -> list[str]:
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def _read(path: str) -> str | None:
    try:
        with open(path, encoding='utf-8', newline='') as f:
            return f.read()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def _is_safe(path: str, mode: int) -> bool:
    """Is it ours, and has it this mode?"""
    found = os.stat(path)
    return found.st_uid == os.geteuid() and found.st_mode & 0o7777 == mode

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of LXC says of starting at boot, with all that it includes, as lxc itself reads it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._host import configuration

AUTO = 'lxc.start.auto'
GROUP = 'lxc.group'
INCLUDE = 'lxc.include'
# A group of nobody's: in it a VE is in none of the groups that a host starts.
OUR_GROUP = 'pacemaker'


@dataclass(frozen=True)
class Boot:
    """What is in force. ``groups``: empty for a container in none."""

    auto: str | None
    groups: tuple[str, ...]

    @property
    def starts(self) -> bool:
        return self.auto not in (None, '', '0')


@dataclass(frozen=True)
class Selection:
    """Which containers the host's lxc.service starts although they say that they do not want to be: with lxc-autostart's -A.
    ``everything``: whatever their group."""

    everything: bool = False
    groups: tuple[str, ...] | None = None

    def takes(self, groups: tuple[str, ...]) -> bool:
        if self.groups is None or self.everything:  # whatever the group, so no group helps
            return False
        return any(group in self.groups for group in groups) if groups else '' in self.groups


def boot(text: str, seen: tuple[str, ...] = ()) -> Boot:
    auto: str | None = None
    groups: list[str] = []
    for key, value in _assignments(text, seen):
        if key == AUTO:
            auto = value
        elif key == GROUP:
            groups = groups + value.split() if value else []
    return Boot(auto, tuple(groups))


def settled(text: str, path: str, selection: Selection) -> str:
    """The text with autostart off: in place, and at the end where something that is included would be in force after it."""
    lines = text.split('\n')
    if not lines[-1]:
        lines.pop()
    own = [place for place, line in enumerate(lines) if _parse(line)[0] == AUTO]
    if not own:
        lines.append('%s = 0' % AUTO)
    elif boot(text, (path,)).starts:
        lines[own[-1]] = '%s = 0' % AUTO
    if boot('\n'.join(lines), (path,)).starts:
        lines.append('%s = 0' % AUTO)
    if selection.takes(boot(text, (path,)).groups):
        # what is included has its groups kept by nothing but a clear
        lines += ['%s =' % GROUP, '%s = %s' % (GROUP, OUR_GROUP)]
    new = '\n'.join(lines) + '\n'
    return text if new == text + '\n' else new


def differences(before: str, after: str, path: str) -> dict[str, str | None]:
    """{setting: what it was} of those that had it started, and no longer do. What is only written down was off before."""
    old, new = boot(before, (path,)), boot(after, (path,))
    found: dict[str, str | None] = {}
    if old.starts and not new.starts:
        found[AUTO] = old.auto
    if old.groups != new.groups:
        found[GROUP] = ' '.join(old.groups) or None
    return found


def service_selection(paths: tuple[str, ...]) -> Selection:
    """What the options of lxc.service select, where they have lxc-autostart ignore lxc.start.auto."""
    settings = {'LXC_AUTO': 'true', 'BOOTGROUPS': 'onboot,', 'OPTIONS': ''}
    for path in paths:
        if os.path.isfile(path):
            for name, value in re.findall(r'^\s*(?:export\s+)?(\w+)=(.*?)\s*$', configuration.read(path), re.M):
                settings[name] = value.split(' #')[0].strip().strip('"\'')
    words = settings['OPTIONS'].split()
    flags = ''.join(word[1:] for word in words if re.match(r'-[A-Za-z]+\Z', word))
    if settings['LXC_AUTO'] != 'true' or not ('A' in flags or '--ignore-auto' in words):
        return Selection()
    groups = settings['BOOTGROUPS'] + ''.join(',' + word[9:] for word in words if word.startswith('--groups='))
    return Selection('a' in flags or '--all' in words, tuple(group.strip() for group in groups.split(',')))


def lxc_path(path: str, default: str) -> str:
    """Where lxc's tools look for containers by themselves, by /etc/lxc/lxc.conf."""
    found = default
    if os.path.isfile(path):
        for line in re.split(r'[\r\n]', configuration.read(path)):
            key, value = _parse(line)
            if key == 'lxc.lxcpath' and value:
                found = value
    return found


def _assignments(text: str, seen: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for line in re.split(r'[\r\n]', text):
        key, value = _parse(line)
        if key == INCLUDE and value:
            yield from _included(value, seen)
        elif key in (AUTO, GROUP):
            yield key, value


def _included(path: str, seen: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A directory's *.conf come in no certain order: what switches autostart on there is taken for the last."""
    if os.path.isdir(path):
        inside = [os.path.join(path, name) for name in sorted(os.listdir(path)) if re.match(r'.+\.conf\Z', name)]
        found = [each for file in inside for each in _included(file, seen)]
        yield from sorted(found, key=lambda each: each[0] == AUTO and each[1] not in ('', '0'))
        return
    real = os.path.realpath(path)
    if real not in seen and os.path.isfile(real):
        yield from _assignments(configuration.read(real), seen + (real,))


def _parse(line: str) -> tuple[str, str]:
    """Key and value, or empty ones for what is none."""
    line = line.strip()
    if not line.startswith('lxc.') or '=' not in line:
        return '', ''
    key, _equals, value = line.partition('=')
    value = value.strip()
    if len(value) > 1 and value[0] in '"\'' and value[-1] == value[0]:
        value = value[1:-1]
    return key.strip(), value

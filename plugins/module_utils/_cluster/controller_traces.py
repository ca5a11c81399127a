# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this node's controller leaves behind: its process, its log, and the versions of the CIB on the disk."""

from __future__ import annotations

import os
import re
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Iterator, Sequence
from xml.etree.ElementTree import Element

PROC = '/proc'
CIBS = '/var/lib/pacemaker/cib'
LOG = '/var/log/pacemaker/pacemaker.log'
CONTROLLERS = ('pacemaker-controld', 'crmd')

# Clocks: the log and the start of a process are known to the second, and the CIB reaches the disk a moment after it
# is in force. What is nearer to a change than this is not told apart from it.
BLUR = 2

# So many old versions of the CIB are kept.
SERIES = 100

MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')


@dataclass(frozen=True)
class Controller:
    """The process. ``started``: seconds since the epoch."""

    pid: int
    started: float
    environment: dict[str, str]

    @property
    def log(self) -> str:
        return self.environment.get('PCMK_logfile') or LOG


def controller() -> Controller | None:
    """This node's controller; None where there is none, or more than one."""
    space = os.readlink(os.path.join(PROC, 'self', 'ns', 'pid'))
    found = []
    for entry in os.listdir(PROC):
        directory = os.path.join(PROC, entry)
        if entry.isdigit():
            try:
                name = _read(os.path.join(directory, 'cmdline')).split('\0')[0]
                # A container on this node may have a cluster of its own.
                if os.path.basename(name) in CONTROLLERS and os.readlink(os.path.join(directory, 'ns', 'pid')) == space:
                    found.append(directory)
            except OSError:
                pass  # it has ended
    if len(found) != 1:
        return None
    # the name, in brackets, may hold anything
    ticks = int(_read(os.path.join(found[0], 'stat')).rpartition(')')[2].split()[19])
    uptime = float(_read(os.path.join(PROC, 'uptime')).split()[0])
    environment = {}
    for pair in filter(None, _read(os.path.join(found[0], 'environ')).split('\0')):
        name, _equals, environment[name] = pair.partition('=')
    started = time.time() - uptime + ticks / os.sysconf('SC_CLK_TCK')
    return Controller(int(os.path.basename(found[0])), started, environment)


def announced(of: Controller) -> float | None:
    """When it announced its limit last, as seconds since the epoch; None if its log does not say."""
    last = None
    form = rb'(\w{3}) +(\d+) (\d\d):(\d\d):(\d\d)\S* \S+ (?:pacemaker-controld|crmd) *\[%d\] .*New throttle mode: '
    pattern = re.compile(form % of.pid)
    with open(of.log, 'rb') as stream:
        for line in stream:
            if b'New throttle mode: ' in line:
                found = pattern.match(line)
                if found:
                    last = found.groups()
    when = None if last is None else _epoch([field.decode('ascii') for field in last], time.time())
    return when if when is not None and when >= of.started - BLUR else None


def versions() -> Iterator[tuple[float, Element]]:
    """(when it was written, its beginning) of every version of the CIB on this node's disk, the newest first."""
    files = []
    try:
        for name in os.listdir(CIBS):
            if re.match(r'cib\.xml\Z|cib-\d+\.raw\Z', name):
                path = os.path.join(CIBS, name)
                files.append((os.stat(path).st_mtime, path))
    except OSError:
        return
    for written, path in sorted(files, reverse=True):
        try:
            yield written, _beginning(path)
        except (OSError, ET.ParseError):
            return  # what is older tells nothing any more


def all_versions_kept() -> bool:
    """Whether the versions on the disk are all that this node ever had.

    Pacemaker counts them from 0, and begins anew after the last of a hundred.
    """
    try:
        numbers = {
            int(found.group(1)): os.stat(os.path.join(CIBS, found.group(0))).st_mtime
            for found in (re.match(r'cib-(\d+)\.raw\Z', name) for name in os.listdir(CIBS))
            if found
        }
    except OSError:
        return False
    kept = [numbers[number] for number in sorted(numbers)]
    return sorted(numbers) == list(range(len(kept))) and len(kept) < SERIES and kept == sorted(kept)


def _beginning(path: str) -> Element:
    """A CIB up to the end of its options: 500 VEs are of no interest here."""
    root = None
    for event, element in ET.iterparse(path, ('start', 'end')):
        root = element if root is None else root
        if event == 'end' and element.tag == 'crm_config':
            break
    return Element('cib') if root is None else root


def _epoch(fields: Sequence[str], now: float) -> float | None:
    """The log has local time without a year: the last such time that is not in the future."""
    month, day, hour, minute, second = fields
    if month not in MONTHS:
        return None
    for year in (time.localtime(now).tm_year, time.localtime(now).tm_year - 1):
        moment = (year, MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), 0, 0, -1)
        when = time.mktime(moment)
        if when <= now + BLUR:
            return when
    return None


def _read(path: str) -> str:
    with open(path, 'rb') as stream:
        return stream.read().decode('utf-8', 'surrogateescape')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the cluster really uses its node-action-limit. A changed one is not in force at once.

Each node's controller announces its limit to the others half a minute after it started, and later only when its load
mode changes. So what a node is held to is the limit that was set when it announced one last. When that was stands in
the node's own log, and which limit was set then in the old versions of the CIB that the node keeps. Both are on that
node only: from another one nothing can be told.
"""

from __future__ import annotations

import os
import re
import time
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib

PROPERTY = 'node-action-limit'
# What overrides the property on one node, read as its Pacemaker starts.
OVERRIDE = 'PCMK_node_action_limit'

PROC = '/proc'
CIBS = '/var/lib/pacemaker/cib'
LOG = '/var/log/pacemaker/pacemaker.log'
CONTROLLERS = ('pacemaker-controld', 'crmd')

# Clocks: the log and the start of a process are known to the second, and the CIB reaches the disk a moment after it
# is in force. What is nearer to a change than this is not told apart from it.
BLUR = 2

UNKNOWN = object()
MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')


def look(here, root):
    """For each node whether its limit is in force: {node, limit, in_force (true, false or unknown), override, why}.

    ``here``: own_name().
    """
    limit = cib.get_property(root, PROPERTY)
    rows = []
    for node in cib.section(root, 'nodes').findall('node'):
        name, override = node.get('uname'), None
        if name == here:
            verdict, override, why = _own(limit)
        elif node.get('type') == 'remote':
            verdict, why = (
                'unknown',
                'it is a remote node, whose actions are counted by the node that it is connected to',
            )
        elif here is None:
            verdict, why = 'unknown', 'this is a CIB in a file, or Pacemaker does not run here'
        else:
            verdict, why = 'unknown', 'only %s itself can tell; run this there' % name
        rows.append({'node': name, 'limit': limit, 'in_force': verdict, 'override': override, 'why': why})
    return rows


def own_name(runner):
    """The name of the node that this runs on, None where that has no running Pacemaker or the CIB is a file."""
    if 'CIB_file' in os.environ:
        return None
    try:
        rc, out, _err = runner(['crm_node', '--name'])
    except OSError:
        return None
    return out.strip() if rc == 0 else None


def _own(limit):
    """(verdict, what overrides the limit, why) for the node that this runs on."""
    try:
        controller = _controller()
    except OSError as error:
        return 'unknown', None, 'the controller\'s process cannot be looked at: %s' % error
    if controller is None:
        return 'unknown', None, 'no controller of Pacemaker was found among the processes of this node'
    pid, started, environment = controller
    override = environment.get(OVERRIDE)
    if override is not None:
        return (
            'true' if override == limit else 'false',
            override,
            '%s=%s in the environment of this node\'s Pacemaker overrides the property' % (OVERRIDE, override),
        )
    verdict, why = _announcement(limit, pid, started, environment.get('PCMK_logfile') or LOG)
    return verdict, None, why


def _announcement(limit, pid, started, log):
    """(verdict, why) from when this node's controller announced its limit last."""
    versions = _on_disk(limit)
    if not versions or versions[0][1] != limit:
        return 'unknown', 'the CIB on this node\'s disk (%s) cannot be read, or is not the one in use' % CIBS
    if _values(versions, started, time.time()) == {limit}:
        return 'true', 'its controller started after the last change (%s)' % _clock(started)
    try:
        announced = _announced(log, pid, started)
    except OSError as error:
        return 'unknown', 'its log cannot be read: %s' % error
    if announced is None:
        return (
            'unknown',
            'its controller started before the last change, and when it announced its limit is not in %s' % log,
        )
    then = _values(versions, announced, announced)
    when = 'it announced its limit last at %s' % _clock(announced)
    if then == {limit}:
        return 'true', '%s, when this one was set' % when
    if UNKNOWN in then:
        return 'unknown', '%s, and the old versions of the CIB on its disk do not go back so far' % when
    if limit in then:
        return 'unknown', '%s, in the moment in which the property was changed' % when
    return 'false', '%s, when it was %s; the next time is when its load mode changes or Pacemaker restarts there' % (
        when,
        ' or '.join(sorted('not set' if value is None else value for value in then)),
    )


def _controller():
    """(pid, start as seconds since the epoch, environment) of this node's controller."""
    space = os.readlink(os.path.join(PROC, 'self', 'ns', 'pid'))
    found = []
    for entry in os.listdir(PROC):
        folder = os.path.join(PROC, entry)
        if entry.isdigit():
            try:
                name = _read(os.path.join(folder, 'cmdline')).split('\0')[0]
                # A container on this node may have a cluster of its own.
                if os.path.basename(name) in CONTROLLERS and os.readlink(os.path.join(folder, 'ns', 'pid')) == space:
                    found.append(folder)
            except OSError:
                pass  # it has ended
    if len(found) != 1:
        return None
    # the name, in brackets, may hold anything
    ticks = int(_read(os.path.join(found[0], 'stat')).rpartition(')')[2].split()[19])
    uptime = float(_read(os.path.join(PROC, 'uptime')).split()[0])
    environment = dict(
        pair.partition('=')[::2] for pair in _read(os.path.join(found[0], 'environ')).split('\0') if pair
    )
    return int(os.path.basename(found[0])), time.time() - uptime + ticks / os.sysconf('SC_CLK_TCK'), environment


def _on_disk(limit):
    """The versions of the CIB, once the last change has reached the disk."""
    for pause in (0, 0.2, 0.4, 0.8):
        time.sleep(pause)
        versions = list(_versions())
        if versions and versions[0][1] == limit:
            break
    return versions


def _versions():
    """(when it was written, its limit) of every version of the CIB on this node's disk, the newest first."""
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
            yield written, cib.get_property(_beginning(path), PROPERTY)
        except (OSError, ET.ParseError):
            return  # what is older tells nothing any more


def _beginning(path):
    """A CIB up to the end of its options: 500 VEs are of no interest here."""
    root = None
    for event, element in ET.iterparse(path, ('start', 'end')):
        root = element if root is None else root
        if event == 'end' and element.tag == 'crm_config':
            break
    return ET.Element('cib') if root is None else root


def _values(versions, begin, end):
    """The limits that were set between two times; UNKNOWN among them where the versions do not go back so far."""
    values = set()
    for written, value in versions:
        if written <= end + BLUR:
            values.add(value)
        if written <= begin - BLUR:
            return values
    return values | {UNKNOWN}


def _announced(path, pid, started):
    """When this controller announced its limit last, as seconds since the epoch; None if the log does not say."""
    last = None
    pattern = re.compile(
        rb'(\w{3}) +(\d+) (\d\d):(\d\d):(\d\d)\S* \S+ (?:pacemaker-controld|crmd) *\[%d\] .*New throttle mode: ' % pid
    )
    with open(path, 'rb') as stream:
        for line in stream:
            if b'New throttle mode: ' in line:
                found = pattern.match(line)
                if found:
                    last = found.groups()
    if last is None:
        return None
    when = _epoch(last, time.time())
    return when if when is not None and when >= started - BLUR else None


def _epoch(fields, now):
    """The log has local time without a year: the last such time that is not in the future."""
    month, day, hour, minute, second = (field.decode('ascii') for field in fields)
    if month not in MONTHS:
        return None
    for year in (time.localtime(now).tm_year, time.localtime(now).tm_year - 1):
        when = time.mktime((year, MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), 0, 0, -1))
        if when <= now + BLUR:
            return when
    return None


def _clock(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def _read(path):
    with open(path, 'rb') as stream:
        return stream.read().decode('utf-8', 'surrogateescape')

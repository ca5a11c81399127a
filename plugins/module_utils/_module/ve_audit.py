# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_audit: what is wrong with how a cluster is set up, why it matters, and what mends it."""

from __future__ import annotations

import os
import posixpath

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import run as audits
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Facts, Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import DEFAULTS
from ansible_collections.openve.pacemaker.plugins.module_utils._host import configuration, lxc_settings, vz_settings
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places

PLACES = Places()


def run(runner: Runner, arguments: Arguments, _check: bool = False) -> Result:
    """Only looks; check mode makes no difference."""
    path = arguments['cib'] or os.environ.get('CIB_file')
    root = tree.read_file(path) if path else tree.query(runner)
    result = audits.audit(runner, root, arguments, None if path else facts)
    audits.refuse(result, arguments['fail_on'])
    return dict(result, changed=False)


def facts(runner: Runner, subject: Subject) -> Facts | None:
    """What the node tells that this runs on; None where it is none of the cluster."""
    here = node_limit.own_name(runner)
    limit = next((row for row in node_limit.look(here, subject.root) if row['node'] == here), None)
    if here is None or limit is None:
        return None
    files = {name: configuration_of(subject, name) for name in subject.guests}
    known = {name: path for name, path in files.items() if path}
    return Facts(
        node=here,
        limit=limit,
        stop_seconds=_service_stop(runner),
        starters={name: by for name, path in known.items() for by in [_starter(subject, name, path)] if by},
        missing={name: path for name, path in known.items() if not os.path.exists(path)},
    )


def configuration_of(subject: Subject, name: str) -> str | None:
    """The file of a guest's configuration, as its parameters say; None where they do not."""
    parameters, agent = subject.parameters(name), subject.agents[name]
    if not agent.is_ve:
        return parameters.get('config') or parameters.get('xmfile')
    if parameters.get('config'):
        return parameters['config']
    for engine, ve_id in guests.managed(subject.guests[name]):
        if engine == 'vzctl':
            return posixpath.join(PLACES.vz_conf, ve_id + '.conf')
        return posixpath.join(parameters.get('lxc_path') or PLACES.of(DEFAULTS['lxc_path']), ve_id, 'config')
    return None


def _starter(subject: Subject, name: str, path: str) -> str:
    """What else starts it when the host boots; empty where nothing does."""
    if subject.agents[name].is_ve:
        if not os.path.isfile(path):
            return ''
        text = configuration.read(path)
        if path.startswith(PLACES.vz_conf):
            value = vz_settings.value(text, 'ONBOOT')
            return 'ONBOOT=%s in %s' % (value, path) if value in ('yes', 'auto') else ''
        return '%s in %s' % (lxc_settings.AUTO, path) if lxc_settings.boot(text, (path,)).starts else ''
    for directory in ('/etc/libvirt/qemu/autostart', '/etc/xen/auto'):
        link = posixpath.join(PLACES.of(directory), posixpath.basename(path))
        if os.path.lexists(link):
            return link
    return ''


def _service_stop(runner: Runner) -> float | None:
    """TimeoutStopSec of pacemaker.service in seconds, None where there is no such service or no end to it."""
    try:
        rc, out, _err = runner(['systemctl', 'show', 'pacemaker.service', '--property=TimeoutStopUSec', '--value'])
    except OSError:
        return None
    words = out.split()
    if rc or not words or words == ['infinity']:
        return None
    parts = [times.seconds(word, -1.0) for word in words]
    return sum(parts) if min(parts) >= 0 else None

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the cluster really uses its node-action-limit. A changed one is not in force at once.

Each node's controller announces its limit to the others half a minute after it started, and later only when its throttle
mode changes. So what a node is held to is the limit that was set when it announced one last. When that was stands in
the node's own log, and which limit was set then in the old versions of the CIB that the node keeps. Where all versions that
it ever had hold the same one, as after a cluster was formed with it, nothing else can have been announced. Both are on that
node only: from another one the status is unknown.
"""

from __future__ import annotations

import os
import time
from typing import Any, Mapping, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import controller_traces as traces

PROPERTY = 'node-action-limit'
# What overrides the property on one node, read as its Pacemaker starts.
OVERRIDE = 'PCMK_node_action_limit'

# (in force: true, false or unknown; why)
Verdict = Tuple[str, str]
# A limit that was set when nobody remembers what it was.
UNKNOWN = object()


def look(here: str | None, root: Element) -> list[dict[str, Any]]:
    """For each node whether its limit is in force: {node, limit, in_force (true, false or unknown), override, why}.

    ``here``: own_name().
    """
    limit = attributes.get_property(root, PROPERTY)
    rows = []
    for node in tree.nodes(root):
        name = node.get('uname')
        verdict, override, why = _own(limit) if name == here else _elsewhere(node, here)
        rows.append({'node': name, 'limit': limit, 'in_force': verdict, 'override': override, 'why': why})
    return rows


def is_stale(row: Mapping[str, Any]) -> bool:
    """Whether a node does not go by the property, by what look() says of it, though nothing overrides that there."""
    return row['in_force'] == 'false' and not row['override']


def own_name(runner: Runner) -> str | None:
    """The name of the node that this runs on, None where that has no running Pacemaker or the CIB is a file."""
    if 'CIB_file' in os.environ:
        return None
    try:
        rc, out, _err = runner(['crm_node', '--name'])
    except OSError:
        return None
    return out.strip() if rc == 0 else None


def _elsewhere(node: Element, here: str | None) -> tuple[str, None, str]:
    if node.get('type') == 'remote':
        why = 'it is a remote node, whose actions are counted by the node that it is connected to'
    elif here is None:
        why = 'this is a CIB in a file, or Pacemaker does not run here'
    else:
        why = 'only %s itself can tell; run this there' % node.get('uname')
    return 'unknown', None, why


def _own(limit: str | None) -> tuple[str, str | None, str]:
    """(verdict, what overrides the limit, why) for the node that this runs on."""
    try:
        controller = traces.controller()
    except OSError as error:
        return 'unknown', None, 'the controller\'s process cannot be looked at: %s' % error
    if controller is None:
        return 'unknown', None, 'no controller of Pacemaker was found among the processes of this node'
    override = controller.environment.get(OVERRIDE)
    if override is not None:
        why = '%s=%s in the environment of this node\'s Pacemaker overrides the property' % (OVERRIDE, override)
        return 'true' if override == limit else 'false', override, why
    verdict, why = _announcement(limit, controller)
    return verdict, None, why


def _announcement(limit: str | None, controller: traces.Controller) -> Verdict:
    """From when this node's controller announced its limit last."""
    versions = _on_disk(limit)
    if not versions or versions[0][1] != limit:
        return 'unknown', 'the CIB on this node\'s disk (%s) cannot be read, or is not the one in use' % traces.CIBS
    if {value for _written, value in versions} == {limit} and traces.all_versions_kept():
        return 'true', 'every version of the CIB that this node ever had holds it'
    if _values(versions, controller.started, time.time()) == {limit}:
        return 'true', 'its controller started after the last change (%s)' % times.iso(controller.started)
    try:
        announced = traces.announced(controller)
    except OSError as error:
        return 'unknown', 'its log cannot be read: %s' % error
    if announced is None:
        return 'unknown', (
            'its controller started before the last change, and when it announced its limit is not in %s'
            % controller.log
        )
    then = _values(versions, announced, announced)
    when = 'it announced its limit last at %s' % times.iso(announced)
    if then == {limit}:
        return 'true', '%s, when this one was set' % when
    if UNKNOWN in then:
        return 'unknown', '%s, and the old versions of the CIB on its disk do not go back so far' % when
    if limit in then:
        return 'unknown', '%s, in the moment in which the property was changed' % when
    return (
        'false',
        '%s, when it was %s; the next time is when its throttle mode changes or Pacemaker restarts there'
        % (
            when,
            ' or '.join(sorted('not set' if value is None else str(value) for value in then)),
        ),
    )


def _on_disk(limit: str | None) -> list[tuple[float, str | None]]:
    """(when it was written, its limit) of the versions of the CIB, once the last change has reached the disk."""
    versions: list[tuple[float, str | None]] = []
    for pause in (0, 0.2, 0.4, 0.8):
        time.sleep(pause)
        versions = [(written, attributes.get_property(root, PROPERTY)) for written, root in traces.versions()]
        if versions and versions[0][1] == limit:
            break
    return versions


def _values(versions: list[tuple[float, str | None]], begin: float, end: float) -> set[object]:
    """The limits that were set between two times; UNKNOWN among them where the versions do not go back so far."""
    values: set[object] = set()
    for written, value in versions:
        if written <= end + traces.BLUR:
            values.add(value)
        if written <= begin - traces.BLUR:
            return values
    return values | {UNKNOWN}

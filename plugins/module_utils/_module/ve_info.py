# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_info: what the cluster says of its VEs now, and what its history tells."""

from __future__ import annotations

import time

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit as limits
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import elements as primitives
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status as cluster


def look(runner, arguments, _check=False):
    """The result of ve_info."""
    status = cluster.read(runner, arguments['names'])
    result = {
        'changed': False,
        'ves': [ve.row() for ve in status.ves],
        'idle': cluster.idle(runner, status),
    }
    root = cib.query(runner)
    now = time.time()
    ours = {
        element.get('id'): element
        for element in cib.section(root, 'resources').iter('primitive')
        if primitives.is_ours(element)
    }
    starts = history.last_starts(root, ours)
    for ve in result['ves']:
        # One that was removed since the status was read is in neither.
        ve['operations'] = history.declared(root, ours[ve['name']]) if ve['name'] in ours else []
        ve['last_start'] = starts[ve['name']].describe(now) if ve['name'] in starts else None
    result['peak_starts'] = history.peaks(starts.values(), now)
    result['in_flight'] = history.in_flight(root, status.alive(), now)
    result['cannot_fence_for'] = max([row['seconds_left'] for row in result['in_flight']], default=0)
    result['node'] = limits.own_name(runner)
    result['limits'] = limits.look(result['node'], root)
    return result

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster says of its guests now, ours and those of other agents, and what its history tells."""

from __future__ import annotations

import time

from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests, history, leftovers, operations, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit, status


def run(runner: Runner, arguments: Arguments, _check: bool = False) -> Result:
    """Only looks; check mode makes no difference."""
    asked = guests.read_asked(arguments.get('guests'))
    found = guests.everyone(tree.query(runner), asked)
    cluster = status.read(runner, arguments['names'], found)
    idle = status.idle(runner, cluster)
    root, now = tree.query(runner), time.time()
    starts = history.last_starts(root, found)
    remarks = history.remarks(history.entries(root).values())
    ves = []
    for ve in cluster.ves:
        last_start = starts[ve.name].describe(now) if ve.name in starts else None
        said = [text for _key, text in remarks.get(ve.name, [])]
        guest = found[ve.name]
        row = {'agent': guests.agent_of(guest), 'start_waits': guests.waits(guest, asked)}
        row.update(remarks=said, operations=operations.declared(root, guest), last_start=last_start)
        ves.append(dict(ve.row(), **row))
    in_flight = history.in_flight(root, cluster.alive(), now)
    here = node_limit.own_name(runner)
    return {
        'changed': False,
        'ves': ves,
        'lost': [lost.row() for lost in cluster.lost],
        'leftovers': leftovers.warnings(root),
        'fencing': [device.row() for device in leftovers.devices(root)],
        'idle': idle,
        'peak_starts': history.peaks(starts.values(), now),
        'in_flight': in_flight,
        'cannot_fence_for': max([row['seconds_left'] for row in in_flight], default=0),
        'node': here,
        'limits': node_limit.look(here, root),
        'warnings': [' '.join([lost.sentence + '.', lost.mend]) for lost in cluster.lost if lost.stuck],
    }

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until the cluster has nothing left to do, and says what is not up then."""

from __future__ import annotations

import re
import time
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, history, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status

# Pacemaker's CRM_EX_TIMEOUT.
RC_TIMEOUT = 124

# More would hide the rest of the message; the result has all.
SHOWN = 10


def read_timeout(text: str) -> int:
    """The option wait_timeout, in milliseconds."""
    try:
        value = times.parse(text)
    except ValueError as error:
        raise InputError([times.complaint('wait_timeout', error)]) from error
    if value < times.SECOND:
        raise InputError(['wait_timeout: %s is too short; at least 1s' % text])
    return value


def wait(runner: Runner, timeout: int, names: Sequence[str], result: Mapping[str, Any]) -> None:
    """Until the cluster has nothing left to do; then those of the VEs ``names`` that are to run have to be up.

    ``timeout``: milliseconds. ``result``: what was done before, part of the failure.
    """
    end = time.monotonic() + timeout / times.SECOND
    while True:
        seconds = max(1, round(end - time.monotonic()))
        rc, out, err = run(runner, ['crm_resource', '--wait', '--timeout=%d' % seconds])
        if rc not in (0, RC_TIMEOUT):
            said = (err or out).strip()
            raise Error(
                'The configuration is in place, but waiting for the cluster failed: crm_resource --wait: %s (%d)'
                % (said, rc),
                **result,
            )
        try:
            down, in_flight = _look(runner, names)
        except Error as error:
            if rc == 0:
                raise Error(
                    'The configuration is in place and the cluster has settled, but what became of the VEs is unknown: '
                    '%s' % error.msg,
                    **result,
                ) from error
            down, in_flight = [], None
        # It sees an action in flight only by what is to follow it, such as a monitor; a VE of a template may have none.
        coming = {row['resource'] for row in in_flight or []} & {ve['name'] for ve in down}
        if coming and time.monotonic() >= end:
            rc = RC_TIMEOUT
        if rc == RC_TIMEOUT or not coming:
            break
        time.sleep(1)
    if rc == RC_TIMEOUT:
        pending = [' '.join(action.split()) for action in re.findall(r'Action \d+:\s+(\S.*)', out + '\n' + err)]
        raise Error(
            'The configuration is in place, but the cluster had not settled after %s. Still to be done: %s. Under '
            'way: %s. Give it a longer wait_timeout, or look with crm_mon -1rf.%s'
            % (
                times.cib(timeout),
                some(pending, SHOWN) or 'unknown',
                _under_way(in_flight),
                _reasons(down),
            ),
            pending=pending,
            not_up=down,
            **result,
        )
    if down:
        raise Error(
            'The configuration is in place and the cluster has settled, but %s not up. Mend what is said here; '
            'Pacemaker tries again after crm_resource --cleanup --resource NAME.%s'
            % (count(len(down), 'VE that is to run is', 'VEs that are to run are'), _reasons(down)),
            not_up=down,
            **result,
        )


def _look(runner: Runner, names: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(the VEs that are to run and are not up, the operations in flight)"""
    cluster = status.read(runner, names)
    root, now = tree.query(runner), time.time()
    roles = {
        name: attributes.get(primitive, attributes.META, 'target-role')
        for name, primitive in expansion.primitives(root).items()
    }
    stopped = {name for name, role in roles.items() if (role or '').lower() == 'stopped'}
    why = {lost.node: '%s. %s' % (lost.sentence, lost.mend) for lost in cluster.lost}
    down = [
        dict(ve.row(), failures=ve.failures + [why[ve.node]] if ve.state == 'lost' and ve.node in why else ve.failures)
        for ve in cluster.ves
        if ve.state not in ('started', 'unmanaged') and ve.name not in stopped
    ]
    return down, history.in_flight(root, cluster.alive(), now)


def _under_way(in_flight: Sequence[Mapping[str, Any]] | None) -> str:
    if in_flight is None:
        return 'unknown'
    rows = [
        '%(operation)s of %(resource)s on %(node)s, since %(since)s (its timeout is %(timeout)s)' % row
        for row in in_flight
    ]
    return some(rows, SHOWN) or 'nothing'


def _reasons(down: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for ve in down[:SHOWN]:
        unknown = 'no failure is recorded; look with crm_resource --why --resource=%s' % ve['name']
        lines.append('\n- %s (%s): %s' % (ve['name'], ve['state'], '; '.join(ve['failures']) or unknown))
    if len(down) > SHOWN:
        lines.append('\n- and %d more' % (len(down) - SHOWN))
    return ''.join(lines)

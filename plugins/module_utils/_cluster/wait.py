# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running cluster: waiting for it."""

from __future__ import annotations

import re
import time

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import elements as primitives
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import status as cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, ModelError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import (
    MEND_TIME,
    format_time,
    parse_time,
)

# Pacemaker's CRM_EX_TIMEOUT.
RC_TIMEOUT = 124

# More would hide the rest of the message; the result has all.
SHOWN = 10


def read_timeout(text):
    try:
        value = parse_time(text)
    except ValueError as error:
        raise ModelError(['wait_timeout: %s; %s' % (error, MEND_TIME)]) from error
    if value < 1000:
        raise ModelError(['wait_timeout: %s is too short; at least 1s' % text])
    return value


def wait(runner, timeout, names, result):
    """Until the cluster has nothing left to do; then those of the VEs ``names`` that are to run have to be up.

    ``result``: what was done before, part of the failure.
    """
    argv = ['crm_resource', '--wait', '--timeout=%d' % (timeout // 1000)]
    try:
        rc, out, err = runner(argv)
    except OSError as error:
        raise ToolError('Cannot run crm_resource: %s' % error, argv) from error
    if rc not in (0, RC_TIMEOUT):
        raise Error(
            'The configuration is in place, but waiting for the cluster failed: crm_resource --wait: %s (%d)'
            % ((err or out).strip(), rc),
            **result,
        )
    try:
        down, under_way = _look(runner, names)
    except Error as error:
        if rc == 0:
            raise Error(
                'The configuration is in place and the cluster has settled, but what became of the VEs is unknown: '
                '%s' % error.msg,
                **result,
            ) from error
        down, under_way = [], ['unknown']
    if rc == RC_TIMEOUT:
        pending = [' '.join(action.split()) for action in re.findall(r'Action \d+:\s+(\S.*)', out + '\n' + err)]
        raise Error(
            'The configuration is in place, but the cluster had not settled after %s. Still to be done: %s. Under '
            'way: %s. Give it a longer wait_timeout, or look with crm_mon -1rf.%s'
            % (
                format_time(timeout),
                _some(pending, ', ') or 'unknown',
                _some(under_way, ', ') or 'nothing',
                _reasons(down),
            ),
            pending=pending,
            not_up=down,
            **result,
        )
    if down:
        raise Error(
            'The configuration is in place and the cluster has settled, but of the VEs that are to run %d are not '
            'up.%s' % (len(down), _reasons(down)),
            not_up=down,
            **result,
        )


def _look(runner, names):
    """(the VEs that are to run and are not up, what is under way)"""
    status = cluster.read(runner, names)
    root, now = cib.query(runner), time.time()
    stopped = {
        primitive.get('id')
        for primitive in cib.section(root, 'resources').iter('primitive')
        if (primitives.meta_value(primitive, 'target-role') or '').lower() == 'stopped'
    }
    down = [ve.row() for ve in status.ves if ve.state not in ('started', 'unmanaged') and ve.name not in stopped]
    return down, [
        '%(operation)s of %(resource)s on %(node)s, since %(since)s (its timeout is %(timeout)s)' % row
        for row in history.in_flight(root, status.alive(), now)
    ]


def _reasons(down):
    return ''.join(
        '\n- %s (%s): %s'
        % (
            ve['name'],
            ve['state'],
            '; '.join(ve['failures'])
            or 'no failure is recorded; look with crm_resource --why --resource=%s' % ve['name'],
        )
        for ve in down[:SHOWN]
    ) + ('\n- and %d more' % (len(down) - SHOWN) if len(down) > SHOWN else '')


def _some(texts, separator):
    return separator.join(texts[:SHOWN]) + (' and %d more' % (len(texts) - SHOWN) if len(texts) > SHOWN else '')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running cluster: waiting for it."""

from __future__ import annotations

import re

from ansible_collections.openve.pacemaker.plugins.module_utils.errors import Error, ModelError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils.model import MEND_TIME, format_time, parse_time

# Pacemaker's CRM_EX_TIMEOUT.
RC_TIMEOUT = 124


def read_timeout(text):
    try:
        value = parse_time(text)
    except ValueError as error:
        raise ModelError(['wait_timeout: %s; %s' % (error, MEND_TIME)]) from error
    if value < 1000:
        raise ModelError(['wait_timeout: %s is too short; at least 1s' % text])
    return value


def wait(runner, timeout, result):
    """Until the cluster has nothing left to do. ``result``: what was done before, part of the failure."""
    argv = ['crm_resource', '--wait', '--timeout=%d' % (timeout // 1000)]
    try:
        rc, out, err = runner(argv)
    except OSError as error:
        raise ToolError('Cannot run crm_resource: %s' % error, argv) from error
    if rc == RC_TIMEOUT:
        pending = re.findall(r'Action \d+:\s+(\S.*)', out + '\n' + err)
        raise Error('The configuration is in place, but the cluster had not settled after %s. Still to be done: %s%s. '
                    'Look with crm_mon -1rf, or give it a longer wait_timeout.'
                    % (format_time(timeout), ', '.join(pending[:10]) or 'unknown',
                       ' and %d more' % (len(pending) - 10) if len(pending) > 10 else ''), pending=pending, **result)
    if rc != 0:
        raise Error('The configuration is in place, but waiting for the cluster failed: crm_resource --wait: %s (%d)'
                    % ((err or out).strip(), rc), **result)

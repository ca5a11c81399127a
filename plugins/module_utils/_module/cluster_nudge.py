# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the controllers announce their limits now, without a restart: their load mode has to change for that.

With a load-threshold of 1 % nearly every load is too high, so that the mode of every node changes that has any.
"""

from __future__ import annotations

import signal
import time

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit as limits
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error

PROPERTY = 'load-threshold'
LOW = '1%'  # the smallest that Pacemaker takes

# The controllers look at the load every 30 s.
LOOKS = 35


def apply(runner, _arguments, check=False):
    """The module cluster_nudge."""
    root = cib.query(runner)
    before = cib.get_property(root, PROPERTY)
    if before == LOW:
        raise CibError(
            'load-threshold is %s already; is another nudge under way, or was one killed? Set it back first, '
            'such as with crm_attribute --name load-threshold --delete.' % LOW
        )
    result = {'changed': True, 'load_threshold': before, 'limits': limits.look(limits.own_name(runner), root)}
    if check:
        return result
    # Whoever ends this, the threshold goes back: all of the cluster is slow meanwhile.
    _at_signals(_interrupted)
    try:
        cib.change(runner, lambda tree: cib.set_property(tree, PROPERTY, LOW))
        time.sleep(LOOKS)
    finally:
        _at_signals(signal.SIG_IGN)
        cib.change(runner, lambda tree: _restore(tree, before))
    _at_signals(_interrupted)
    time.sleep(LOOKS)  # until the modes are what they were
    result['limits'] = limits.look(limits.own_name(runner), cib.query(runner))
    return result


def _at_signals(handler):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)


def _interrupted(number, _frame):
    raise Error('Ended by signal %d; load-threshold is as it was before.' % number)


def _restore(root, before):
    if cib.get_property(root, PROPERTY) != LOW:
        return  # somebody else has set it meanwhile, and means it
    if before is None:
        cib.remove_property(root, PROPERTY)
    else:
        cib.set_property(root, PROPERTY, before)

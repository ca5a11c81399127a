# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the controllers announce their limits now, without a restart: their throttle mode has to change for that.

With a load-threshold of 1 % nearly every load is too high, so that the mode of every node changes that has any.
"""

from __future__ import annotations

import signal
import time
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, quorum, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit

PROPERTY = 'load-threshold'
LOW = '1%'  # the smallest that Pacemaker takes

# The controllers look at the load every 30 s.
LOOKS = 35


def run(runner: Runner, _arguments: Arguments, check: bool = False) -> Result:
    """Lower the threshold for a while."""
    root = tree.query(runner)
    before = attributes.get_property(root, PROPERTY)
    if before == LOW:
        raise CibError(
            'load-threshold is %s already; is another nudge under way, or was one killed? Set it back first, '
            'such as with crm_attribute --name load-threshold --delete.' % LOW
        )
    if quorum.missing(root):
        raise CibError('This part of the cluster has no quorum; nothing was changed. Run again when it has.')
    here = node_limit.own_name(runner)
    result = {'changed': True, 'load_threshold': before, 'limits': node_limit.look(here, root)}
    if check:
        return result
    # Whoever ends this, the threshold goes back: all of the cluster is slow meanwhile.
    _at_signals(_interrupted)
    try:
        transaction.change(runner, lambda edited: attributes.set_property(edited, PROPERTY, LOW))
        time.sleep(LOOKS)
    finally:
        _at_signals(signal.SIG_IGN)
        transaction.change(runner, lambda edited: _restore(edited, before))
    _at_signals(_interrupted)
    time.sleep(LOOKS)  # until the modes are what they were
    result['limits'] = node_limit.look(node_limit.own_name(runner), tree.query(runner))
    return result


def _at_signals(handler: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)


def _interrupted(number: int, _frame: Any) -> None:
    raise Error('Ended by signal %d; load-threshold is as it was before.' % number)


def _restore(root: Element, before: str | None) -> None:
    if attributes.get_property(root, PROPERTY) != LOW:
        return  # somebody else has set it meanwhile, and means it
    if before is None:
        attributes.remove_property(root, PROPERTY)
    else:
        attributes.set_property(root, PROPERTY, before)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the controllers announce their limits now, without a restart: their throttle mode has to change for that.

With a load-threshold of 1 % nearly every load is too high, so that the mode of every node changes that has any.
"""

from __future__ import annotations

import signal
import time
import uuid
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, mark, quorum, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim, Undo
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit

PROPERTY = 'load-threshold'
LOW = '1%'  # the smallest that Pacemaker takes

# The controllers look at the load every 30 s.
LOOKS = 35
# Seconds by which it may be late before it counts as killed.
LATE = 60
NOBODY = Claim('', '', '', '', 0)


def run(runner: Runner, _arguments: Arguments, check: bool = False) -> Result:
    """Lower the threshold for a while."""
    root = tree.query(runner)
    here = node_limit.own_name(runner)
    # it comes in the place of one that was killed, and is itself late soon: it works on this node alone
    cut = mark.read(root)
    claim = Claim(uuid.uuid4().hex[:12], 'cluster_nudge on %s' % here, '', 'lowers %s' % PROPERTY, 2 * LOOKS + LATE)
    if cut is not None:
        if not cut.stale:
            raise CibError(mark.busy(cut))
        claim = replace(claim, over=cut.run)
        mark.go_back(root, cut)
    before = attributes.get_property(root, PROPERTY)
    if before == LOW:
        raise CibError(
            'load-threshold is %s already; is another nudge under way, or was one killed? Set it back first, '
            'such as with crm_attribute --name load-threshold --delete.' % LOW
        )
    if quorum.missing(root):
        raise CibError('This part of the cluster has no quorum; nothing was changed. Run again when it has.')
    result: Result = {'changed': True, 'load_threshold': before, 'limits': node_limit.look(here, root)}
    if check:
        return result
    # Whoever ends this, the threshold goes back: all of the cluster is slow meanwhile.
    _at_signals(_interrupted)
    try:
        transaction.change(runner, lambda edited: _lower(edited, claim))
        time.sleep(LOOKS)
    finally:
        _at_signals(signal.SIG_IGN)
        transaction.change(runner, lambda edited: _restore(edited, before, claim.run))
    _at_signals(_interrupted)
    time.sleep(LOOKS)  # until the modes are what they were
    result['limits'] = node_limit.look(node_limit.own_name(runner), tree.query(runner))
    return result


def _at_signals(handler: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)


def _interrupted(number: int, _frame: Any) -> None:
    raise Error('Ended by signal %d; load-threshold is as it was before.' % number)


def _lower(root: Element, claim: Claim) -> None:
    """Together with what sets it back, should this be killed: the next run finds it."""
    cut = mark.read(root)
    if cut is not None and cut.run == claim.over:
        mark.go_back(root, cut)
    before = attributes.get_property(root, PROPERTY)
    mark.claim(root, claim, Undo(properties={PROPERTY: [LOW, before]}))
    attributes.set_property(root, PROPERTY, LOW)


def _restore(root: Element, before: str | None, run_: str) -> None:
    there = mark.read(root)
    if there is not None and there.run == run_:
        mark.end(root, replace(NOBODY, run=run_))
    if attributes.get_property(root, PROPERTY) != LOW:
        return  # somebody else has set it meanwhile, and means it
    if before is None:
        attributes.remove_property(root, PROPERTY)
    else:
        attributes.set_property(root, PROPERTY, before)

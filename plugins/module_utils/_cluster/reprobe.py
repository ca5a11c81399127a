# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Pacemaker look anew at VEs that are held, so that it knows them with the parameters that they have now.

Pacemaker compares the parameters of a VE with those in the history of its node, and restarts it where a probe of old stands
there with others. Where what is removed of the history comes back (Pacemaker 3) that probe has to be made anew, and while
the history is gone, the VE is held.
"""

from __future__ import annotations

import time
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history, hold, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.patch import Forgotten
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler

# For how many seconds the new probes are waited for, with one more for each, and how often they are looked for.
PATIENCE = 60
STEP = 0.3


def renew(runner: Runner, probes: Sequence[Forgotten]) -> None:
    """``probes``: those of old, whose VEs are held; afterwards they are not."""
    names = {name for (_node, name, _entry), _element in probes}
    try:
        for (_node, name, _entry), element in probes:
            node = element.get('on_node', '')
            # by force: of a group this member alone
            call(runner, ['crm_resource', '--refresh', '--force', '--resource', name, '--node', node])
        _await(runner, probes)
        transaction.change(runner, lambda root: hold.release(root, names))
    except Error as error:
        raise CibError(
            'The change was made, but Pacemaker does not know the new parameters of %s yet: %s. Until it does, Pacemaker '
            'watches and does not manage them (is-managed=false, for at most an hour; then it would restart them). Run '
            'again to finish this.' % (some(sorted(names)), error.msg.rstrip('.')),
            held=sorted(names),
        ) from error


def _await(runner: Runner, probes: Sequence[Forgotten]) -> None:
    """Until each has a new one, and nobody is restarted when it is let go."""
    patience = PATIENCE + len(probes)
    end = time.monotonic() + patience
    while True:
        root = tree.query(runner)
        entries = history.entries(root)
        old = sorted({key[1] for key, element in probes if not _renewed(entries, key, element.get('call-id'))})
        if not old:
            break
        if time.monotonic() > end:
            raise CibError('no node has looked anew at %s for %d s' % (some(old), patience))
        time.sleep(STEP)
    names = {name for (_node, name, _entry), _element in probes}
    hold.release(root, names)
    hit = sorted({a.resource for a in scheduler.actions(runner, root) if a.resource in names and a.action == 'restart'})
    if hit:
        raise CibError('it would restart %s all the same' % some(hit))


def _renewed(entries: dict[EntryKey, Element], key: EntryKey, call_id: str | None) -> bool:
    """Whether all that the node knows of the VE is newer than that probe: the ids of its calls count up. Mostly that is a
    probe; where a recurring monitor was under way as the history was removed, its result, and then there is no probe."""
    now = [entry for other, entry in entries.items() if other[:2] == key[:2]]
    newer = all(whole(entry.get('call-id')) > whole(call_id) for entry in now)
    return newer and any(entry.get('op-status') != history.PENDING for entry in now)

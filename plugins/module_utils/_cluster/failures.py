# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failed operations, each with what tells it from every other one: the operation, the node and the time."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker


@dataclass(frozen=True)
class Failure:
    """``key``: the same for the same failure, however often it is read and whatever else failed. ``text``: in words."""

    key: str
    text: str


def of(root: Element, names: Sequence[str]) -> dict[str, list[Failure]]:
    """{resource: its failures} in the status that Pacemaker's monitor prints."""
    found: dict[str, list[Failure]] = {name: [] for name in names}
    for entry in root.findall('failures/failure'):
        # RESOURCE_TASK_INTERVAL, where a resource's name and a task (migrate_to) may have underscores
        name = entry.get('op_key', '').rsplit('_%s_' % entry.get('task'), 1)[0]
        if name in found:
            found[name].append(_failure(entry))
    return found


def _failure(entry: Element) -> Failure:
    reason = html.unescape(entry.get('exitreason', ''))  # it is escaped twice
    where = '%s on %s' % (entry.get('task'), entry.get('node'))
    said = pacemaker.return_code(entry.get('exitcode')) + (' (%s)' % reason if reason else '')
    # the call is counted anew when Pacemaker restarts on the node, and an operation is repeated within a second
    when = [entry.get(name, '') for name in ('last-rc-change', 'interval', 'call')]
    return Failure(' '.join([where, *when]), '%s: %s' % (where, said))

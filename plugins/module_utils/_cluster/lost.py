# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that are lost and not fenced: what fencing said, and what a human can do, and must not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some

# What of an event of the history of fencing ends a node, and so its VEs.
ENDS = ('reboot', 'off')


@dataclass(frozen=True)
class Lost:
    """One such node. ``fencing``: failed, pending (it is under way), or none (not tried yet). ``reason``: of the failure.

    ``devices``: the fencing devices. ``ves``: those that ran there when it was last heard of.
    """

    node: str
    fencing: str
    reason: str
    at: str | None
    devices: tuple[str, ...]
    ves: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is known, in one sentence."""
        if self.fencing == 'failed':
            state = 'could not be fenced (%s)' % (self.reason or 'no reason is recorded')
        elif self.fencing == 'pending':
            state = 'is being fenced'
        else:
            state = 'is not fenced yet' if self.devices else 'cannot be fenced: this cluster has no fencing device'
        return '%s is lost and %s%s' % (self.node, state, self._run_on())

    @property
    def mend(self) -> str:
        """What to do; empty while fencing is under way."""
        if self.fencing == 'pending' or self.fencing == 'none' and self.devices:
            return ''
        clean = ', '.join('"crm_resource --cleanup --resource %s"' % device for device in self.devices)
        # given up after some tries, until something happens in the cluster (cluster-recheck-interval at the latest)
        mend = 'Mend the fencing device, then say %s: the cluster tries again at once' % clean
        return (
            '%s. Only where somebody has seen that %s is switched off: '
            '"stonith_admin --confirm %s". If it is not, these VEs run twice then, and their file systems are destroyed.'
            % (mend if self.devices else 'Give the cluster a fencing device', self.node, self.node)
        )

    @property
    def stuck(self) -> bool:
        """Whether it needs a human."""
        return bool(self.mend)

    def row(self) -> dict[str, Any]:
        """As modules return it."""
        return {
            'node': self.node,
            'fencing': self.fencing,
            'reason': self.reason,
            'at': self.at,
            'ves': list(self.ves),
            'why': self.sentence,
            'mend': self.mend,
        }

    def _run_on(self) -> str:
        if not self.ves:
            return ''
        return '; %s may run on there, so Pacemaker starts %s nowhere else' % (
            some(self.ves),
            'it' if len(self.ves) == 1 else 'them',
        )


def find(root: Element, nodes: Sequence[str], ves: dict[str, str]) -> list[Lost]:
    """For each of the ``nodes``. ``root``: the status that Pacemaker's monitor prints. ``ves``: {VE: the node that it ran on}."""
    devices = tuple(
        sorted(
            {
                resource.get('id', '').split(':')[0]
                for resource in root.findall('resources//resource')
                if resource.get('resource_agent', '').startswith('stonith:')
            }
        )
    )
    return [_lost(root, node, devices, tuple(name for name, place in ves.items() if place == node)) for node in nodes]


def _lost(root: Element, node: str, devices: tuple[str, ...], ves: tuple[str, ...]) -> Lost:
    # the newest first; what is under way stands in it as well
    events = [
        event
        for event in root.findall('fence_history/fence_event')
        if event.get('target') == node and event.get('action') in ENDS
    ]
    pending = any(event.get('status') == 'pending' for event in events)
    last = next((event for event in events if event.get('status') != 'pending'), None)
    failed = last is not None and last.get('status') == 'failed'
    reason, at = (last.get('exit-reason') or '', last.get('completed')) if failed and last is not None else ('', None)
    # A device that fails is tried again and again: what it said is worth more than that it is tried just now.
    return Lost(node, 'failed' if failed else 'pending' if pending else 'none', reason, at, devices, ves)

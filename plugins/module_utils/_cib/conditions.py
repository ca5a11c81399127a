# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be wrong with a cluster's properties: asked by the rules of the rehearsal and of the audit, and by the warnings of a push.

Who asks says it in words of its own, as the one tells of a scenario, the other of the cluster, and the third of a declaration.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, guests


def in_maintenance(root: Element) -> bool:
    return is_true(attributes.get_property(root, 'maintenance-mode'))


def has_no_fencing_device(root: Element) -> bool:
    return not any(guests.is_fencing(primitive) for primitive in expansion.primitives(root).values())


def delays_fencing_by_priority(root: Element) -> bool:
    """Whether the priorities of what runs on a node decide which of two survives."""
    return not is_off(attributes.get_property(root, 'priority-fencing-delay'))


def ignores_utilization(root: Element) -> bool:
    return attributes.get_property(root, 'placement-strategy') in (None, 'default')


def retries_starts(root: Element) -> bool:
    """Whether a start that failed is tried again on the same node."""
    return is_false(attributes.get_property(root, 'start-failure-is-fatal'))


def is_off(value: str | None) -> bool:
    """Whether a time is not set, or 0."""
    return times.milliseconds(value, 0, 1) == 0

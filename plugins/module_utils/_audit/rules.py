# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules of the audit, and those that are known and not looked at, with the reason."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import (
    rules_cluster,
    rules_history,
    rules_node,
    rules_operations,
    rules_places,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Rule

ALL: list[Rule] = [
    *rules_cluster.RULES.rules,
    *rules_node.RULES.rules,
    *rules_operations.RULES.rules,
    *rules_places.RULES.rules,
    *rules_history.RULES.rules,
]
BY_ID: dict[str, Rule] = {rule.id: rule for rule in ALL}

# What nothing in here looks at yet: a user is to know it.
NOT_LOOKED_AT = {
    'shutdown-order': 'what Pacemaker stops before is in systemd\'s units of each node (the role agent sets it)',
    'agent-differs': 'the agents\' files are on each node',
    'clock-skew': 'the clocks are on each node',
}

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules of the audit, and those that are known and not looked at, with the reason."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import (
    rules_cluster,
    rules_history,
    rules_operations,
    rules_places,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Rule

ALL: list[Rule] = [
    *rules_cluster.RULES.rules,
    *rules_operations.RULES.rules,
    *rules_places.RULES.rules,
    *rules_history.RULES.rules,
]
BY_ID: dict[str, Rule] = {rule.id: rule for rule in ALL}

# What nothing in here looks at yet: a user is to know it.
NOT_LOOKED_AT = {
    'service-stop-short': 'TimeoutStopSec of pacemaker.service is in a file of each node (the role agent sets it)',
    'autostart-beside-pacemaker': 'what else starts guests at boot is in files of each node (ve_host switches it off)',
    'shutdown-order': 'what Pacemaker stops before is in systemd\'s units of each node (the role agent sets it)',
    'guest-config-differs': 'the configuration and the storage of guests are on each node',
    'agent-differs': 'the agents\' files are on each node',
    'clock-skew': 'the clocks are on each node',
}

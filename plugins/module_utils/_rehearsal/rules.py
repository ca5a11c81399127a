# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules of the rehearsal, for those who tell of them: the page, the text, the documentation."""

from __future__ import annotations

from typing import Union

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules_cluster, rules_scenario
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.figures import Outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import Rule
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.setup import Setup

AnyRule = Union[Rule[Outcome], Rule[Setup]]

ALL: list[AnyRule] = [*rules_scenario.RULES.rules, *rules_cluster.RULES.rules]
BY_ID: dict[str, AnyRule] = {rule.id: rule for rule in ALL}

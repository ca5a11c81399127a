# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the rules. What each rule finds: test_rules_scenario.py, test_rules_cluster.py."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.rule import LEVELS, Finding, Table


def test_no_two_rules_have_one_id():
    assert len(rules.BY_ID) == len(rules.ALL) > 10


@pytest.mark.parametrize('rule', rules.ALL, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is_and_what_to_do(rule):
    assert rule.levels and set(rule.levels) < set(LEVELS) and 'ok' not in rule.levels
    assert rule.explanation and not rule.explanation.endswith('.') and rule.mend.endswith('.')
    assert rule.check.__name__ == rule.id.replace('-', '_'), 'one guess finds it'


def test_rules_judge_in_their_order():
    table = Table()

    @table.rule('first', levels=('warning',), explanation='...', mend='...')
    def first(subject):
        yield Finding('ok', '%s is fine' % subject, {'third': 1 / 3, 'count': 1})
        yield Finding('warning', 'and is not', {}, asserted=True)

    @table.rule('second', levels=('broken',), explanation='...', mend='...')
    def second(subject):
        return iter(())

    assert [rule.check for rule in table.rules] == [first, second]
    assert table.judge('it') == [
        {
            'rule': 'first',
            'level': 'ok',
            'asserted': False,
            'text': 'it is fine',
            'numbers': {'third': 0.333, 'count': 1},
        },
        {'rule': 'first', 'level': 'warning', 'asserted': True, 'text': 'and is not', 'numbers': {}},
    ]

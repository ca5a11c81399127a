# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts of one rule and level together, and what to do about them."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import view

from rehearsal_sample import Sample, verdict


def shown(*scenarios, **more):
    sample = Sample(3, 12)
    made = [getattr(sample, name)(*arguments) for name, *arguments in scenarios]
    result = dict(sample.result(), scenarios=made, verdicts=[], advice=None)
    return made, lambda: view(dict(result, **more))


def test_the_worst_scenario_stands_for_the_others():
    made, look = shown(('lose', 'n1'), ('lose', 'n2'), ('lose', 'n3'))
    for scenario, stay in zip(made, (1, 3, 2)):
        scenario['cannot_run'] = scenario['cannot_run'] + ['ve-%d' % number for number in range(stay)]
        scenario['verdicts'] = [verdict('cannot-run', 'broken', '%d stay' % stay)]
    (finding,) = look().findings
    assert finding.scenario.name == 'lose n2' and finding.text == '3 stay'
    assert [(other.name, text) for other, text in finding.more] == [('lose n3', '2 stay'), ('lose n1', '1 stay')]
    assert (
        finding.mend == rules.BY_ID['cannot-run'].mend and finding.explanation == rules.BY_ID['cannot-run'].explanation
    )


def test_a_node_that_joins_badly_set_up_is_to_be_set_up():
    made, look = shown(('badly_set_up', 'n3'))
    made[0]['verdicts'] = [verdict('start-timeout', 'broken', 'too short')]
    (finding,) = look().findings
    assert finding.mend == rules.BY_ID['healthy-down'].mend


def test_what_holds_needs_no_mend():
    made, look = shown(('boot',))
    made[0]['verdicts'] = [verdict('peak', 'ok', 'at most 2')]
    (finding,) = look().holds
    assert finding.mend == '' and finding.explanation


def test_advice_on_the_limits_is_the_mend_of_what_they_satisfy():
    rows = [dict(Sample(3, 12).other_limit(k, 90, 30)) for k in (2, 3, 4)]
    made, look = shown(('lose', 'n1'), advice=rows)
    made[0]['verdicts'] = [verdict('recovery', 'broken', 'late', asserted=True), verdict('cannot-run', 'broken', '1')]
    seen = look()
    assert [finding.mend.startswith('Set policy.starts_per_node: 4 (now 2)') for finding in seen.findings] == [
        True,
        False,
    ]
    assert seen.advice.said
    made[0]['verdicts'] = made[0]['verdicts'][1:]
    assert not look().advice.said


def test_a_rule_of_another_version_is_shown_all_the_same():
    made, look = shown(('boot',))
    made[0]['verdicts'] = [verdict('something-new', 'broken', 'it breaks')]
    (finding,) = look().findings
    assert (finding.text, finding.mend, finding.explanation) == ('it breaks', '', '')

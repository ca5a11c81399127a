# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other limits would do."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from rehearsed import many


def test_assertions_that_do_not_and_what_would_help(rehearse):
    result, _scenarios = rehearse(many(24), scenarios=['lose n1'], **{'assert': {'recovery': '100s'}})
    # four VEs land on each: two rounds of 60 s with a limit of 2, one with 4
    assert result['broken'] == [
        'lose n1: the last VE (%s) is up after 2 min 35 s; asked for 100 s'
        % result['broken'][0].split('(')[1].split(')')[0]
    ]
    current, *rows = result['advice']
    assert (current['starts_per_node'], current['peak'], current['recovery'], current['current']) == (2, 2, 155.2, True)
    assert [row['starts_per_node'] for row in rows] == [1] + list(range(3, 17))
    best = [row for row in rows if row['recommended']]
    assert [
        (row['starts_per_node'], row['batch_limit'], row['recovery'], row['peak'], row['longest_wait']) for row in best
    ] == [(4, 0, 95, 4, 0)]
    assert [row['satisfies'] for row in rows] == [row['starts_per_node'] >= 4 for row in rows]
    assert rows[0]['recovery'] == 275.6 and rows[0]['longest_wait'] == pytest.approx(180.6)
    with pytest.raises(Error, match='With node-action-limit 4 and batch-limit 0') as error:
        run.refuse_broken(result)
    assert error.value.details['scenarios'] == result['scenarios']


def test_the_advice_is_what_the_change_does(rehearse):
    result, scenarios = rehearse(many(24), scenarios=['lose n1', 'boot'], advice=True)
    for row in (result['advice'][0], result['advice'][3]):

        def limit(root):
            attributes.set_property(root, 'node-action-limit', str(row['starts_per_node']))
            for pair in root.iter('nvpair'):
                if pair.get('name') == 'start_slots':
                    pair.set('value', str(row['starts_per_node']))

        _result, changed = rehearse(up=False, change=limit, scenarios=['lose n1', 'boot'])
        assert row['recovery'] == changed['lose n1']['last_up']
        assert row['peak'] == max(max(scenario['peak']['per_node'].values()) for scenario in changed.values())
        assert row['longest_wait'] == max(scenario['longest_wait'] for scenario in changed.values())


def test_no_limit_helps(rehearse):
    result, _scenarios = rehearse(many(6), scenarios=['lose n1'], **{'assert': {'recovery': '10s'}})
    assert not any(row['recommended'] for row in result['advice'])
    with pytest.raises(Error, match='No node-action-limit from 1 to 16'):
        run.refuse_broken(result)


def test_batch_limit_in_the_advice(rehearse):
    result, scenarios = rehearse(
        many(12),
        scenarios=['lose n1'],
        advice=True,
        change=lambda root: attributes.set_property(root, 'batch-limit', '1'),
        **{'assert': {'recovery': '2min'}},
    )
    assert scenarios['lose n1']['peak']['total'] == 1 and result['batch_limit'] == 1
    (best,) = [row for row in result['advice'] if row['recommended']]
    assert (best['starts_per_node'], best['batch_limit'], best['recovery']) == (2, 0, 95)

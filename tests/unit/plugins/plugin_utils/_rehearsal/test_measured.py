# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What really happened, beside what was predicted."""

from __future__ import annotations

import re

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.measured import history

from rehearsal_sample import Sample
from shown import measured, page, sections, text


def test_measured_is_drawn_under_the_prediction():
    result = Sample(3, 24, boot=9).result()
    predicted = next(scenario for scenario in result['scenarios'] if scenario['name'] == 'lose n3')
    root = page(result, [measured()])
    section = next(section for scenario, section, _line in sections(root, result) if scenario is predicted)
    first, second = section.all('figure', 'chart')
    assert (first.one('figcaption').one('b').text, second.one('figcaption').one('b').text) == ('Predicted', 'Measured')
    assert [tick.attributes['style'] for tick in first.all(cls='tick')] == [
        tick.attributes['style'] for tick in second.all(cls='tick')
    ]  # one scale
    rows = {
        row.children[0].text: [cell.text for cell in row.all('td')]
        for row in section.one('table', 'compare').one('tbody').all('tr')
    }
    assert rows['n3 is fenced after'] == ['12 s', '10.5 s'] and rows['the last VE is up after'] == [
        words(predicted['last_up']),
        '60.5 s',
    ]
    assert rows['most at once on n1'] == ['2', '3']
    over = list(second.all('rect', 'over'))  # the third one is more than the limit
    assert len(over) == 1 and over[0].one('title').text.startswith('ve-109: start on n1, 13 s to 60.5 s')
    assert section.parent.tag == 'details' and 'open' in section.parent.attributes
    lines = '\n'.join(text(result, [measured()]))
    assert re.search(r'the last VE is up after +%s +60.5 s' % words(predicted['last_up']), lines)
    # beside what was measured, a sentence says whose it is
    assert '  Predicted: n3 is fenced after 12 s.' in lines and section.one('p', 'lead').text.startswith(
        'Predicted: n3 is fenced after 12 s.'
    )
    assert 'Predicted:' not in '\n'.join(text(result))


def test_only_measured():
    root = page(None, [dict(measured(), scenario='cold start')], title='make demo')
    assert root.one('h1').text == 'make demo' and not list(root.all('a', 'line'))
    assert 'last VE up after 60.5 s' in root.id('s1').text


def test_history():
    def ve(name, at, node='n1', rc=0):
        return {'name': name, 'last_start': at and {'node': node, 'at': at, 'seconds': 3.5, 'rc': rc, 'result': 'ok'}}

    found = history(
        'lose n3',
        '2026-11-22T20:11:04Z',
        [
            ve('a', '2026-11-22T20:11:14Z'),
            ve('b', '2026-11-22T20:11:03Z'),
            ve('c', None),
            ve('d', '2026-11-22T21:11:05+01:00', 'n2', 1),
        ],
    )
    assert [(one['resource'], one['node'], one['begin'], one['end'], one['rc']) for one in found['actions']] == [
        ('a', 'n1', 10.0, 13.5, None),
        ('d', 'n2', 1.0, 4.5, 1),
    ]
    with pytest.raises(Error, match='of 1 VE none was started since 2026-11-23'):
        history('lose n3', '2026-11-23T00:00:00Z', [ve('a', '2026-11-22T20:11:14Z')])
    with pytest.raises(Error, match='yesterday is no moment'):
        history('lose n3', 'yesterday', [])

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a rehearsal says what the result says."""

from __future__ import annotations

import re

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.chart import MOST_LANES
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.page import page as html

from rehearsal_sample import Sample, action, verdict
from shown import page, sections, text


def test_overview(result, root):
    for scenario, _section, line in sections(root, result):
        assert line.one(cls='value').text == (
            words(scenario['last_up']) if scenario['last_up'] is not None else 'no VE starts'
        )
        most, down = [side.text for side in line.all(cls='side')]
        if scenario['last_up'] is not None:
            assert most.split()[0] == str(max(scenario['peak']['per_node'].values()))
        number = len(scenario['healthy_down']) or len(scenario['downtime'])
        assert down.split()[0] == (str(number) if number else 'none')
        level = 'broken' if any(one['level'] == 'broken' for one in scenario['verdicts']) else 'ok'
        assert level in line.attributes['class'].split()


def test_the_table_of_each_scenario(result, root):
    for scenario, section, _line in sections(root, result):
        starts = {one['resource']: one for one in scenario['actions'] if one['operation'] == 'start'}
        if not starts:
            assert 'No VE goes down' in section.text
            continue
        rows = {
            row.one('th').text: [cell.text for cell in row.all('td')]
            for row in section.one('details', 'table').one('tbody').all('tr')
        }
        assert set(rows) == set(starts)
        for ve, (_from, to, begin, end, down) in rows.items():
            assert (to, begin, end) == (starts[ve]['node'], words(starts[ve]['begin']), words(starts[ve]['end']))
            assert down == words(scenario['downtime'][ve])


def test_every_start_is_a_bar_in_its_place(result, root):
    for scenario, section, _line in sections(root, result):
        starts = [one for one in scenario['actions'] if one['operation'] == 'start']
        if not starts:
            continue
        chart = section.one('figure', 'chart')
        rows = {
            row.one('div', 'label').one('b').text: row
            for row in chart.all('div', 'row')
            if 'axis' not in row.attributes['class'].split()
        }
        # the scale, from the mark of the last VE
        mark = next(line for line in rows['All nodes'].all('line', 'at') if 'up' in line.attributes['class'].split())
        seconds = scenario['last_up'] / float(mark.attributes['x1'].rstrip('%')) * 100
        for node, most in scenario['peak']['per_node'].items():
            mine = sorted((one['begin'], one['end']) for one in starts if one['node'] == node)
            if not mine:
                continue
            assert rows[node].one('div', 'label').text.startswith('%s %d at most' % (node, most))
            bars = [rect for rect in rows[node].all('rect') if rect.attributes['class'] in ('start', 'over')]
            if 'curve' in rows[node].attributes['class'].split():
                assert most > MOST_LANES and not bars
                continue
            drawn = sorted(
                (float(bar.attributes['x'].rstrip('%')), float(bar.attributes['width'].rstrip('%'))) for bar in bars
            )
            assert len(drawn) == len(mine)
            for (x, width), (begin, end) in zip(drawn, mine):
                assert x * seconds / 100 == pytest.approx(begin, abs=seconds / 2000)
                assert (x + width) * seconds / 100 == pytest.approx(end, abs=seconds / 2000)
            if not any(one['operation'] == 'stop' and one['node'] == node for one in scenario['actions']):
                assert len({bar.attributes['y'] for bar in bars}) == most  # as many lanes as the peak


def test_top_of_the_page(result, root):
    bad = sum(any(one['level'] == 'broken' for one in scenario['verdicts']) for scenario in result['scenarios'])
    assert root.one('h1').text == 'Not fine. In %d of %d scenarios something breaks.' % (bad, len(result['scenarios']))
    values = [value.text for value in root.one('dl', 'facts').all('dd', 'value')]
    assert values == [
        words(max(one['last_up'] for one in result['scenarios'] if one['kind'] == 'lose' and len(one['nodes']) == 1)),
        words(result['scenarios'][0]['last_up']),
        str(max(max(one['peak']['per_node'].values()) for one in result['scenarios'])),
        '0',
    ]
    said = root.id('findings').text
    for one in result['verdicts'] + [one for scenario in result['scenarios'] for one in scenario['verdicts']]:
        assert (one['text'] in said) == (one['level'] != 'ok'), one


def test_advice_and_what_it_is_based_on(result, root):
    rows = (
        [[cell.text for cell in row.children] for row in root.one('div', 'advice').one('tbody').all('tr')]
        if result['advice']
        else []
    )
    assert [(row[0].split()[0], row[1], row[2]) for row in rows] == [
        (str(one['starts_per_node']), str(one['peak']), words(one['recovery']))
        for one in sorted(result['advice'] or [], key=lambda one: one['starts_per_node'])
    ]
    if rows:
        assert [row[0] for row in rows if 'recommended' in row[0]] == ['4 (recommended)']
    tables = [table for table in root.all('details', 'table') if 'how long each takes' in table.one('summary').text]
    said = {row.one('th').text: [cell.text for cell in row.all('td')] for row in tables[0].one('tbody').all('tr')}
    assert said == {
        ve: [words(one['start']), one['from'], words(one['stop']), one['stop_from']]
        for ve, one in result['durations'].items()
    }
    for assumption in result['assumptions']:
        assert assumption in root.text


def test_many_limits():
    sample = Sample(3, 24, boot=9, asserted=30)
    result = dict(sample.result(), advice=[sample.other_limit(k, 36, 9) for k in [2, 1] + list(range(3, 17))])
    first, rest = page(result).all('div', 'advice')
    numbers = [[row.one('th').text.split()[0] for row in table.one('tbody').all('tr')] for table in (first, rest)]
    assert numbers == [[str(k) for k in range(1, 7)], [str(k) for k in range(7, 17)]]
    assert '  and 10 more, with higher limits' in text(result)


def test_self_contained(root):
    assert not list(root.all('script')) + list(root.all('link')) + list(root.all('img'))
    for element in root.all():
        for name, value in element.attributes.items():
            assert name not in ('src', 'srcset', 'data') and not name.startswith('on')
            assert name != 'href' or re.fullmatch('#[a-z0-9]+', value)
    for address in re.findall(r'url\(([^)]*)\)|@import', root.one('style').text):
        assert address == '#hatch'
    ids = [element.attributes['id'] for element in root.all() if 'id' in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes['href'][1:] for link in root.all('a')} <= set(ids)


def test_names_are_no_markup():
    evil = '"><script>alert(1)</script>&amp;%d'
    result = Sample(3, 24, names=evil).result()
    result['scenarios'][0]['cannot_run'] = [evil]
    result['assumptions'] = [evil]
    result['others'] = [evil]
    result['verdicts'].append(verdict('<b>', 'broken', evil))
    root = page(
        result,
        [{'scenario': 'lose n3', 'title': evil, 'note': evil, 'actions': [action(evil, 'start', 'n1', 1, 2)]}],
        title=evil,
    )
    assert not list(root.all('script')) and next(root.all('title')).text.startswith(evil)
    assert evil % 101 in {row.text for row in root.id('s1').one('details', 'table').all('th')}


@pytest.mark.parametrize('many', [3, 40])
def test_what_stays_down_is_said(many):
    result = Sample(3, 60).result()
    gone = result['scenarios'][1]
    gone['cannot_run'] = sorted(gone['downtime'])[:many] if many < 20 else ['ve-%d' % (500 + i) for i in range(many)]
    for ve in gone['cannot_run']:
        gone['downtime'].pop(ve, None)
        gone['actions'] = [one for one in gone['actions'] if one['resource'] != ve]
    gone['verdicts'] = [verdict('cannot-run', 'broken', '%d VEs run nowhere' % many)]
    root = page(result)
    section, line = root.id('s2'), next(line for line in root.all('a', 'line') if line.attributes['href'] == '#s2')
    for ve in gone['cannot_run']:
        assert ve in section.one('div', 'names').text
    assert line.text.endswith('%d stay down' % many)
    assert [value.text for value in root.one('dl', 'facts').all('dd', 'value')][3] == str(many)
    rows = {row.one('th').text: row.text for row in section.one('details', 'table').one('tbody').all('tr')}
    assert all('stays down' in rows[ve] for ve in gone['cannot_run'])
    assert '%d VEs run nowhere' % many in '\n'.join(text(result)) and 'stays down: %s' % gone['cannot_run'][
        0
    ] in '\n'.join(text(result))


def test_nothing_wrong():
    sample = Sample(3, 24, boot=9)
    result = dict(sample.result(), scenarios=[sample.boot(), sample.comes_back('n1')], verdicts=[])
    assert page(result).one('h1').text == 'Fine. Nothing breaks in 2 scenarios.'
    result['verdicts'] = [verdict('no-limit', 'warning', 'no limit')]
    assert page(result).one('h1').text == 'It holds, with 1 thing to watch.'
    assert text(result)[2] == 'It holds, with 1 thing to watch.'
    result['verdicts'] = [verdict('fencing-off', 'broken', 'fencing is off')]
    assert page(result).one('h1').text == 'Not fine. Something is broken, whatever happens.'


def test_a_large_one_can_be_mailed():
    assert len(html(Sample(8, 200, boot=60).result())) < 2e6

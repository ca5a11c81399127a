# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people look at: the page and the text of a rehearsal say what the result says."""

from __future__ import annotations

import html.parser
import os
import pathlib
import re
import subprocess
import sys
from datetime import datetime

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page as rehearsal_page
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import text as rehearsal_text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import view as rehearsal_view
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import span

from rehearsal_sample import Sample, action, peak, verdict

NOW = datetime(2026, 11, 26, 23, 40)
CHECKOUT = pathlib.Path(__file__).resolve().parents[5]
VOID = ('meta', 'br', 'hr', 'input', 'link', 'img')


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children, self.texts = tag, dict(attributes), parent, [], []

    def all(self, tag=None, cls=None):
        for child in self.children:
            if (tag is None or child.tag == tag) and (cls is None or cls in child.attributes.get('class', '').split()):
                yield child
            yield from child.all(tag, cls)

    def one(self, tag=None, cls=None):
        found = list(self.all(tag, cls))
        assert len(found) == 1, (tag, cls, found)
        return found[0]

    def id(self, name):
        return next(element for element in self.all() if element.attributes.get('id') == name)

    @property
    def raw(self):
        return ''.join(text if isinstance(text, str) else text.raw for text in self.texts)

    @property
    def text(self):
        return re.sub(r'\s+', ' ', self.raw).strip()


class Tree(html.parser.HTMLParser):
    """The page as a browser gets it; an element that is not closed, or closed where none is open, is an error."""

    def __init__(self, page):
        super().__init__()
        self.root = self.now = Element('root', {}, None)
        self.feed(page)
        self.close()
        assert self.now is self.root, 'not closed: %s' % self.now.tag

    def handle_starttag(self, tag, attributes):
        assert self.now.tag != 'p' or tag not in ('details', 'div', 'p', 'ul', 'table'), (
            'a browser closes <p> before <%s>' % tag
        )
        element = Element(tag, attributes, self.now)
        self.now.children.append(element)
        self.now.texts.append(element)
        if tag not in VOID:
            self.now = element

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.now = self.now.parent

    def handle_endtag(self, tag):
        assert self.now.tag == tag, 'line %d: </%s> closes <%s>' % (self.getpos()[0], tag, self.now.tag)
        self.now = self.now.parent

    def handle_data(self, data):
        self.now.texts.append(data)


def page(result, measured=(), **more):
    return Tree(rehearsal_page.page(result, measured, now=NOW, **more)).root


def text(result, measured=()):
    return rehearsal_text.text(result, measured, now=NOW)


def sections(root, result):
    """(scenario of the result, its section, its line in the overview)."""
    lines = {line.attributes['href']: line for line in root.all('a', 'line')}
    for number, scenario in enumerate(result['scenarios'], 1):
        yield scenario, root.id('s%d' % number), lines['#s%d' % number]


@pytest.fixture(scope='module', params=['small', 'large', 'no limit'])
def result(request):
    sample = {
        'small': Sample(3, 24, boot=9, wish=30),
        'large': Sample(8, 200, boot=60, wish=300),
        'no limit': Sample(3, 60, limit=None),
    }[request.param]
    return sample.result(pairs=False)


@pytest.fixture(scope='module')
def root(result):
    return page(result)


def test_overview(result, root):
    for scenario, _section, line in sections(root, result):
        assert line.one(cls='value').text == (
            span(scenario['last_up']) if scenario['last_up'] is not None else 'no VE starts'
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
            assert (to, begin, end) == (starts[ve]['node'], span(starts[ve]['begin']), span(starts[ve]['end']))
            assert down == span(scenario['downtime'][ve])


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
                assert most > rehearsal_page.MOST_LANES and not bars
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
        span(max(one['last_up'] for one in result['scenarios'] if one['kind'] == 'lose' and len(one['nodes']) == 1)),
        span(result['scenarios'][0]['last_up']),
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
        (str(one['starts_per_node']), str(one['peak']), span(one['recovery']))
        for one in sorted(result['advice'] or [], key=lambda one: one['starts_per_node'])
    ]
    if rows:
        assert [row[0] for row in rows if 'recommended' in row[0]] == ['4 (recommended)']
    tables = [table for table in root.all('details', 'table') if 'how long each takes' in table.one('summary').text]
    said = {row.one('th').text: [cell.text for cell in row.all('td')] for row in tables[0].one('tbody').all('tr')}
    assert said == {
        ve: [span(one['start']), one['from'], span(one['stop']), one['stop_from']]
        for ve, one in result['durations'].items()
    }
    for assumption in result['assumptions']:
        assert assumption in root.text


def test_what_to_do_about_each_rule():
    rules = re.findall(
        r"_verdict\(\s*'([a-z-]+)'", (CHECKOUT / 'plugins/module_utils/_rehearsal/rehearsal.py').read_text()
    )
    assert len(set(rules)) > 10 and set(rules) == set(rehearsal_view.HINTS)


def test_many_limits():
    sample = Sample(3, 24, boot=9, wish=30)
    result = dict(sample.result(), advice=[sample.other_limit(k, 36, 9) for k in [2, 1] + list(range(3, 17))])
    first, rest = page(result).all('div', 'advice')
    numbers = [[row.one('th').text.split()[0] for row in table.one('tbody').all('tr')] for table in (first, rest)]
    assert numbers == [[str(k) for k in range(1, 7)], [str(k) for k in range(7, 17)]]
    assert '  and 10 more, with higher limits' in text(result)


def test_the_terminal_says_the_same(result):
    lines = text(result)
    for scenario in result['scenarios']:
        line = next(
            line for line in lines if re.search(r'^  (broken|watch|fine) +%s  ' % re.escape(scenario['name']), line)
        )
        words = re.split(r' {2,}', line.strip())
        most = max(scenario['peak']['per_node'].values())
        assert words[2] == span(scenario['last_up']) and words[3].split()[0] == (str(most) if most else '-')
        assert words[4:] == [
            str(len(scenario['downtime'])),
            span(max(scenario['downtime'].values(), default=None)),
            str(len(scenario['healthy_down'])),
            '0',
        ]
    for one in result['advice'] or []:
        assert any(
            line.split()[0] == str(one['starts_per_node']) and span(one['recovery']) in line
            for line in lines
            if line.strip()
        )
    assert max(len(line) for line in lines) < 400


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


def measured():
    return {
        'scenario': 'lose n3',
        'title': 'Measured',
        'note': 'by a watch',
        'nodes': ['n1', 'n2', 'n3'],
        'lost': ['n3'],
        'fenced': {'n3': 10.5},
        'limits': {'n1': 2},
        'actions': [
            action('ve-103', 'start', 'n1', 11, 20),
            action('ve-106', 'start', 'n1', 12, 22),
            action('ve-109', 'start', 'n1', 13, 60.5),
        ],
    }


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
    assert rows['n3 is fenced after'] == ['12.0 s', '10.5 s'] and rows['the last VE is up after'] == [
        span(predicted['last_up']),
        '60.5 s',
    ]
    assert rows['most at once on n1'] == ['2', '3']
    over = list(second.all('rect', 'over'))  # the third one is more than the limit
    assert len(over) == 1 and over[0].one('title').text.startswith('ve-109: start on n1, 13.0 s to 60.5 s')
    assert section.parent.tag == 'details' and 'open' in section.parent.attributes
    lines = '\n'.join(text(result, [measured()]))
    assert re.search(r'the last VE is up after +%s +60.5 s' % span(predicted['last_up']), lines)
    # beside what was measured, a sentence says whose it is
    assert '  Predicted: n3 is fenced after 12.0 s.' in lines and section.one('p', 'lead').text.startswith(
        'Predicted: n3 is fenced after 12.0 s.'
    )
    assert 'Predicted:' not in '\n'.join(text(result))


def test_only_measured():
    root = page(None, [dict(measured(), scenario='cold start')], title='make demo')
    assert root.one('h1').text == 'make demo' and not list(root.all('a', 'line'))
    assert 'last VE up after 60.5 s' in root.id('s1').text


def test_history():
    def ve(name, at, node='n1', rc=0):
        return {'name': name, 'last_start': at and {'node': node, 'at': at, 'seconds': 3.5, 'rc': rc, 'result': 'ok'}}

    found = rehearsal_view.history(
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
    with pytest.raises(Error, match='none of the 1 VEs was started since 2026-11-23'):
        rehearsal_view.history('lose n3', '2026-11-23T00:00:00Z', [ve('a', '2026-11-22T20:11:14Z')])
    with pytest.raises(Error, match='yesterday is no moment'):
        rehearsal_view.history('lose n3', 'yesterday', [])


@pytest.mark.parametrize('seed', range(20))
def test_lanes_are_as_many_as_run_at_once(seed):
    sample = Sample(2, 40, limit=None if seed % 2 else 3, seed=seed)
    actions = [one for one in sample.boot()['actions'] if one['operation'] == 'start' and one['node'] == 'n1']
    placed, number = rehearsal_page.lanes(actions)
    assert number == peak(actions) and {one['resource'] for _lane, one in placed} == {
        one['resource'] for one in actions
    }
    for lane in range(number):
        mine = sorted((one['begin'], one['end']) for at, one in placed if at == lane)
        assert mine and all(a[1] <= b[0] for a, b in zip(mine, mine[1:]))


@pytest.mark.parametrize(
    'seconds, said',
    [
        (None, '-'),
        (0, '0.0 s'),
        (9.26, '9.3 s'),
        (99.94, '99.9 s'),
        (100, '100 s'),
        (119.4, '119 s'),
        (119.6, '2 min 0 s'),
        (337.2, '5 min 37 s'),
        (3599.4, '59 min 59 s'),
        (3599.6, '1 h 0 min'),
        (3931, '1 h 6 min'),
        (7199, '2 h 0 min'),
    ],
)
def test_span(seconds, said):
    assert span(seconds) == said


def test_a_large_one_can_be_mailed():
    assert len(rehearsal_page.page(Sample(8, 200, boot=60).result())) < 2e6


# The whole of it: playbook, action plugin, module, Pacemaker's tools


@pytest.fixture
def rehearse(tmp_path):
    def run(*more):
        done = subprocess.run(
            [
                'ansible-playbook',
                '-i',
                'localhost,',
                '-c',
                'local',
                'openve.pacemaker.rehearse',
                '-e',
                'ansible_python_interpreter=%s' % sys.executable,
                '-e',
                'cib=%s' % (CHECKOUT / 'tests/unit/data/started.xml'),
                *more,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env=dict(
                os.environ,
                ANSIBLE_COLLECTIONS_PATH=str(CHECKOUT / '.cache/collections'),
                PATH=os.environ['PATH'] + ':/usr/sbin:/sbin',
                LC_ALL='C.UTF-8',
            ),
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_playbook(rehearse, tmp_path):
    code, said = rehearse('-e', 'scenarios="boot,lose n1"')
    assert code == 0, said
    made = Tree((tmp_path / 'rehearsal.html').read_text()).root
    value = made.one('dl', 'facts').all('dd', 'value')
    for fact in value:
        assert fact.text in said
    assert [line.one(cls='what').text for line in made.all('a', 'line')] == ['Cold boot of all nodes', 'n1 dies']
    assert 'The page: %s\n' % (tmp_path / 'rehearsal.html') in said and 'changed=0' in said
    assert not list(tmp_path.glob('.rehearsal-*'))


def test_playbook_with_a_broken_wish(rehearse, tmp_path):
    code, said = rehearse(
        '-e', 'scenarios="lose n1"', '-e', '{"assert": {"recovery": "3s"}}', '-e', 'page=%s' % (tmp_path / 'other.html')
    )
    assert code == 2
    made = Tree((tmp_path / 'other.html').read_text()).root
    assert made.one('h1').text == 'Not fine. In 1 of 1 scenario something breaks.'
    assert (
        'asked for 3 s' in said and '"actions"' not in said and len(said) < 30000
    )  # not the whole result on the screen


@pytest.mark.parametrize(
    'page, why',
    [('/does/not/exist/page.html', '/does/not/exist on the controller does not exist'), ('.', 'is a folder')],
)
def test_page_that_cannot_be_written(rehearse, page, why):
    code, said = rehearse('-e', 'page=%s' % page)
    assert code == 2 and why in said and 'Predicted' not in said

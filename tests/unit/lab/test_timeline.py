# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's judge: it must not pass a demo that broke its promise."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from rehearsal_sample import Sample

FILE = pathlib.Path(__file__).resolve().parents[2] / 'lab' / 'timeline.py'
SPEC = importlib.util.spec_from_file_location('timeline', FILE)
timeline = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(timeline)

WALL = 1700000000  # 2023-11-14 22:13:20 UTC


def spans(*pairs):
    return [['ve', begin, end, True] for begin, end in pairs]


@pytest.mark.parametrize(
    'intervals, most',
    [
        ([], 0),
        ([(1, 2)], 1),
        ([(1, 2), (2, 3), (3, 4)], 1),  # one ends as the next begins
        ([(1, 3), (2, 4)], 2),
        ([(1, 10), (2, 3), (4, 5), (6, 7)], 2),
        ([(1, 10), (2, 9), (3, 8), (20, 30)], 3),
        ([(5, 6), (5, 6), (5, 6)], 3),
    ],
)
def test_peak(intervals, most):
    assert timeline.peak(spans(*intervals)) == most == timeline.peak(spans(*reversed(intervals)))


def test_boots():
    log = '1.5 101 begin\n2.0 102 begin\n3.5 101 ready\n4.0 101 begin\n9.0 103 ready\n'
    assert timeline.boots(log, 50.0) == [['101', 1.5, 3.5, True], ['102', 2.0, 50.0, False], ['101', 4.0, 50.0, False]]
    assert timeline.boots('', 50.0) == []


def test_a_boot_that_is_tried_again_is_not_two_at_once():
    found = timeline.boots('1 101 begin\n5 101 begin\n9 101 ready\n', 50.0)
    assert found == [['101', 1.0, 5.0, False], ['101', 5.0, 9.0, True]] and timeline.peak(found) == 1


def test_how_long_each_booted(tmp_path, monkeypatch, capsys):
    for node, log in (('n1', '1 101 begin\n5.25 101 ready\n6 102 begin\n'), ('n2', '1.5 103 begin\n3 103 ready\n')):
        (tmp_path / 'trace' / node).mkdir(parents=True)
        (tmp_path / 'trace' / node / 'log').write_text(log)
    monkeypatch.setattr('sys.argv', ['timeline.py', str(tmp_path), '--boots'])
    assert not timeline.main()
    assert json.loads(capsys.readouterr().out) == {'ve-101': {'boot': '4250ms'}, 've-103': {'boot': '1500ms'}}


def event(target='n1', status='success', completed='2023-11-14 22:13:20Z'):
    return '<fence_event target="%s" status="%s" completed="%s"/>' % (target, status, completed)


@pytest.mark.parametrize(
    'events, at',
    [
        (event(), 90.0),  # it is 10 s ago, and now is 100
        (event(completed='2023-11-14 23:13:20+01:00'), 90.0),
        (event(completed='2023-11-14 22:13:20'), 90.0),
        ('', None),
        (event('n2'), None),
        (event(status='failed'), None),
        (event(status='pending'), None),
        (event(status='failed') + event('n2') + event(completed='2023-11-14 22:13:25Z'), 95.0),
    ],
)
def test_fenced_at(events, at):
    assert (
        timeline.fenced_at(ET.fromstring('<x><fence_history>%s</fence_history></x>' % events), 'n1', WALL + 10, 100.0)
        == at
    )


@pytest.fixture
def demo(tmp_path):
    """demo(**what is different) -> exit code, the text, the numbers. Four VEs, two starts at once; n1 is killed at 50."""

    def run(logs=None, limit=2, ves=4, running=(1, 2, 3, 4), events=None):
        logs = dict(
            {
                'n1': '10 1 begin\n15 1 ready\n10 2 begin\n16 2 ready\n',
                'n2': '10 3 begin\n14 3 ready\n60 1 begin\n65 1 ready\n',
                'n3': '12 4 begin\n17 4 ready\n60 2 begin\n66 2 ready\n',
            },
            **(logs or {}),
        )
        for node, log in logs.items():
            (tmp_path / 'trace' / node).mkdir(parents=True, exist_ok=True)
            (tmp_path / 'trace' / node / 'log').write_text(log)
        (tmp_path / 'demo.json').write_text(
            json.dumps(
                {
                    'killed': 'n1',
                    'killed_at': 50.0,
                    'ended_at': 100.0,
                    'ended_wall': WALL + 45,
                    'ves': ves,
                    'limit': limit,
                }
            )
        )
        (tmp_path / 'cluster.xml').write_text(
            '<x>%s<resource id="fence" role="Started" resource_agent="stonith:x"/>%s</x>'
            % (
                ''.join(
                    '<resource id="ve-%d" role="Started" resource_agent="ocf:openve:ManageVE"/>' % number
                    for number in running
                ),
                event() if events is None else events,
            )
        )
        plain, numbers = (
            subprocess.run(
                [sys.executable, str(FILE), str(tmp_path)] + more, text=True, capture_output=True, check=False
            )
            for more in ([], ['--json'])
        )
        assert plain.returncode == numbers.returncode and not plain.stderr and not numbers.stderr
        numbers = json.loads(numbers.stdout)
        assert [line[8:-1] for line in plain.stdout.splitlines() if line.startswith('FAILED: ')] == numbers['problems']
        return plain.returncode, plain.stdout, numbers

    return run


def test_a_promise_that_was_kept(demo):
    code, text, numbers = demo()
    assert code == 0 and numbers['problems'] == []
    assert numbers == {
        'peaks': {'start': {'n1': 2, 'n2': 1, 'n3': 1}, 'failover': {'n2': 1, 'n3': 1}},
        'start': 7.0,
        'fenced': 5.0,
        'back': 16.0,
        'moved': 2,
        'running': 4,
        'problems': [],
    }
    assert 'n1 killed, to fenced' in text and '4 of 4' in text


@pytest.mark.parametrize(
    'different, problems',
    [
        ({'limit': 1}, ['n1 booted 2 VEs at once (start), and the limit is 1']),
        (
            {
                'logs': {
                    'n2': '10 3 begin\n14 3 ready\n60 1 begin\n60 2 begin\n60 5 begin\n65 1 ready\n65 2 ready\n66 5 ready\n'
                },
                'ves': 5,
                'running': (1, 2, 3, 4, 5),
            },
            ['n2 booted 3 VEs at once (failover), and the limit is 2'],
        ),
        ({'running': (1, 2, 3)}, ['3 of 4 VEs are up at the end (4 have booted to the end)']),
        (
            {'logs': {'n3': '12 4 begin\n17 4 ready\n60 2 begin\n'}},
            ['4 of 4 VEs are up at the end (3 have booted to the end)'],
        ),
        ({'events': ''}, ['n1 was never fenced']),
        (
            {'limit': 1, 'running': (), 'events': event('n2')},
            [
                '0 of 4 VEs are up at the end (4 have booted to the end)',
                'n1 was never fenced',
                'n1 booted 2 VEs at once (start), and the limit is 1',
            ],
        ),
    ],
)
def test_a_promise_that_was_broken(demo, different, problems):
    code, _text, numbers = demo(**different)
    assert code == 1 and numbers['problems'] == problems


def test_page_of_both_runs(demo, tmp_path):
    page = tmp_path / 'demo.html'

    def titles():
        subprocess.run([sys.executable, str(FILE), str(tmp_path), '--page', str(page)], check=True, capture_output=True)
        return re.findall('<figcaption><b>([^<]*)</b>', page.read_text())

    gentle, old = 'Measured, at most 2 starts on a node', 'Measured, old behaviour'
    demo()
    assert titles() == [gentle, gentle]  # the cold start, and n1's death
    demo(limit=0)
    assert titles() == [gentle, old, gentle, old]
    assert 'last VE up after 16 s' in page.read_text()
    demo(
        ves=5,
        running=(1, 2, 3, 4, 5),
        logs={'n2': '10 3 begin\n14 3 ready\n60 1 begin\n65 1 ready\n66 5 begin\n67 5 ready\n'},
    )
    assert titles() == [gentle, gentle]  # the other run had other VEs
    (tmp_path / 'rehearsal.json').write_text(
        json.dumps(dict(Sample(3, 4).result(), scenarios=[Sample(3, 4, boot=5).lose('n1')]))
    )
    assert titles() == ['Predicted', gentle, gentle]
    assert re.search(r'the last VE is up after +1\d(\.\d)? s +16 s', demo(ves=5, running=(1, 2, 3, 4, 5))[1])


def test_without_a_limit_there_is_none_to_break(demo):
    code, text, _numbers = demo(limit=0)
    assert code == 0 and 'no limit' in text

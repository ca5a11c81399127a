# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make test` makes of its parts: the counts, the second tries, and when it is red."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

PARTS = pathlib.Path(__file__).resolve().parents[2] / 'parts'


def sum_up(folder, *parts, only=''):
    """(exit code, the last line, all of them) of parts that end with these lines and exit codes"""
    commands = ["part %s sh -c 'echo \"$0\"; exit %d' '%s'" % (name, code, line) for name, line, code in parts]
    done = subprocess.run(
        ['bash', '-u', '-c', '. %s; logs=%s; only="%s"\n%s\nsummary' % (PARTS, folder, only, '\n'.join(commands))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    lines = done.stdout.splitlines()
    return done.returncode, lines[-1], done.stdout


def test_what_passed_is_added_up(tmp_path):
    code, last, shown = sum_up(
        tmp_path,
        ('unit', '12 passed in 3.50s', 0),
        ('lint', 'All checks passed!', 0),
        ('agent-3.6', '== 30 passed in 1.00s ==', 0),
    )
    assert code == 0 and last == '43 passed, 0 failed' and 'second try' not in shown


@pytest.mark.parametrize(
    'passed, again, good', [(1151, 11, True), (1151, 12, False), (100, 1, True), (99, 1, False), (1151, 0, True)]
)
def test_up_to_one_percent_may_want_a_second_try(tmp_path, passed, again, good):
    line = '%d passed, %d rerun in 100.00s' % (passed, again) if again else '%d passed in 100.00s' % passed
    code, last, shown = sum_up(tmp_path, ('agent-3.13', line, 0))
    assert (code == 0) == good and last == '%d passed, %d failed' % (passed, not good)
    assert ('%d of them only at the second try' % again in shown) == bool(again)
    assert ('agent-3.13: exit code 0, but 1 failed, and %d rerun' % again in shown) == (not good)


@pytest.mark.parametrize(
    'line, exit_code, last',
    [
        ('1 failed, 7 passed, 1 rerun in 9.00s', 1, '7 passed, 1 failed'),
        ('7 passed, 2 errors in 9.00s', 1, '7 passed, 2 failed'),
        ('nothing', 3, '0 passed, 1 failed'),
        ('7 passed in 9.00s', 1, '7 passed, 1 failed'),
    ],
)
def test_red(tmp_path, line, exit_code, last):
    code, found, _shown = sum_up(tmp_path, ('unit', line, exit_code))
    assert code != 0 and found == last


def test_the_last_line_of_a_scenario_is_in_colours_and_in_a_box(tmp_path):
    line = '  \x1b[2m│\x1b[0m \x1b[32m===== \x1b[32m\x1b[1m57 passed\x1b[0m, \x1b[33m3 deselected\x1b[0m\x1b[32m in 660.12s (0:11:00)\x1b[0m ====='
    assert sum_up(tmp_path, ('cluster', line, 0))[1] == '57 passed, 0 failed'


def test_only_the_parts_that_are_asked_for(tmp_path):
    code, last, shown = sum_up(
        tmp_path, ('unit', '12 passed in 3.50s', 0), ('agent-3.6', '30 passed in 1.00s', 0), only='agent'
    )
    assert code == 0 and last == '30 passed, 0 failed' and 'unit' not in shown


def test_where_nothing_was_run_it_is_red(tmp_path):
    (tmp_path / 'table').touch()
    assert sum_up(tmp_path)[0] != 0


BROKEN = '''
import pytest

def test_good():
    pass

@pytest.mark.parametrize('word', ['a b', 'c'])
def test_bad(word):
    assert word == 'c', 'it is no c, but %s' % ('x' * 100)

def test_bad_fixture(missing):
    pass

@pytest.mark.flaky(reruns=1)
def test_second_try(pytestconfig, record=[]):
    record.append(1)
    assert len(record) == 2, 'once more'
'''


def run_pytest(folder, text, *after, name='cluster'):
    """The summary after a part that is pytest of this text, with a shell's pipe behind it"""
    (folder / 'test_broken.py').write_text(text)
    command = 'cd %s && set -o pipefail && %s -m pytest -q -rfER -p no:cacheprovider test_broken.py' % (
        folder,
        sys.executable,
    )
    done = subprocess.run(
        [
            'bash',
            '-u',
            '-c',
            '. %s; logs=%s; only=""; part %s bash -c \'%s\'; echo SUMMARY; summary'
            % (PARTS, folder, name, ' '.join([command, *after])),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout.partition('SUMMARY\n')[2]


@pytest.mark.parametrize('after', ['', '| fold -w 30 | sed "s/^/  │ /"'], ids=['whole', 'torn'])
def test_what_failed_is_named_with_its_reason_whatever_became_of_the_lines_of_the_log(tmp_path, after):
    shown = run_pytest(tmp_path, BROKEN, after)
    assert 'cluster: test_broken.py::test_bad[a b]: AssertionError: it is no c, but xxx' in shown
    assert re.search(r"cluster: test_broken\.py::test_bad_fixture: .*'missing'", shown)
    assert 'test_good' not in shown and 'test_bad[c]' not in shown
    assert shown.count('test_bad_fixture: ') == 1 and shown.rstrip().endswith(' failed')
    assert ('cluster: test_broken.py::test_second_try: only at the second try' in shown) == ('fold' not in after)


def test_what_wanted_a_second_try_is_named_where_all_is_green(tmp_path):
    more = BROKEN.split('@pytest.mark.flaky')[1] + '\n@pytest.mark.parametrize("n", range(200))\ndef test_n(n): pass\n'
    shown = run_pytest(tmp_path, 'import pytest\n@pytest.mark.flaky' + more, name='agent-3.13')
    assert '201 passed, 0 failed' in shown
    assert 'agent-3.13: test_broken.py::test_second_try: only at the second try' in shown


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert 'cluster: test_broken.py: ' in (shown := run_pytest(tmp_path, 'import missing_module')), shown
    assert "No module named 'missing_module'" in shown


def test_where_pytest_was_not_reached_the_end_of_the_log_says_why(tmp_path):
    log = '\\n'.join(['fatal: [n1]: FAILED! => no space left', *['line %d' % n for n in range(50)], 'CRITICAL the end'])
    code, _last, shown = sum_up(tmp_path, ('cluster', log.encode().decode('unicode_escape'), 1))
    summary = shown.rpartition('cluster              ')[0].rpartition('failed\n')[2]
    assert code != 0 and 'cluster: fatal: [n1]: FAILED! => no space left' in summary
    assert 'cluster: line 49' in summary and 'cluster: CRITICAL the end' in summary and 'line 30' not in summary


def test_however_many_failed_the_table_is_in_the_last_80_lines(tmp_path):
    text = 'import pytest\n@pytest.mark.parametrize("n", range(300))\ndef test_n(n): assert n < 0\n'
    shown = run_pytest(tmp_path, text)
    assert len(shown.splitlines()) < 80 and 'and 288 more' in shown and 'test_n[0]' in shown

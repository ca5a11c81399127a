# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make test` makes of its parts: the counts, the second tries, and when it is red."""

from __future__ import annotations

import pathlib
import subprocess

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

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of it: playbook, action plugin, module, Pacemaker's tools."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from node_python import NODE_PYTHON
from shown import Tree

CHECKOUT = pathlib.Path(__file__).resolve().parents[4]


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
                'ansible_python_interpreter=%s' % NODE_PYTHON,
                '-e',
                'openve_cib=%s' % (CHECKOUT / 'tests/unit/data/started.xml'),
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


@pytest.mark.matrix
def test_playbook(rehearse, tmp_path):
    code, said = rehearse('-e', 'openve_scenarios="boot,lose n1"')
    assert code == 0, said
    made = Tree((tmp_path / 'rehearsal.html').read_text()).root
    value = made.one('dl', 'facts').all('dd', 'value')
    for fact in value:
        assert fact.text in said
    assert [line.one(cls='what').text for line in made.all('a', 'line')] == ['Cold boot of all nodes', 'n1 dies']
    assert 'The page: %s\n' % (tmp_path / 'rehearsal.html') in said and 'changed=0' in said
    assert not list(tmp_path.glob('.rehearsal-*'))


def test_the_page_is_a_report_and_written_in_check_mode_too(rehearse, tmp_path):
    code, said = rehearse('--check', '-e', 'openve_scenarios=boot', '-e', 'openve_page=night.html')
    assert code == 0 and 'changed=0' in said, said
    assert Tree((tmp_path / 'night.html').read_text()).root.one('h1')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['night.html']


def test_playbook_with_a_broken_assertion(rehearse, tmp_path):
    code, said = rehearse(
        '-e',
        'openve_scenarios="lose n1"',
        '-e',
        '{"openve_assert": {"recovery": "3s"}}',
        '-e',
        'openve_page=%s' % (tmp_path / 'other.html'),
    )
    assert code == 2
    made = Tree((tmp_path / 'other.html').read_text()).root
    assert made.one('h1').text == 'Not fine. In 1 of 1 scenario something breaks.'
    assert (
        'asked for 3 s' in said and '"actions"' not in said and len(said) < 30000
    )  # not the whole result on the screen


@pytest.mark.parametrize(
    'page, why',
    [('/does/not/exist/page.html', '/does/not/exist on the controller does not exist'), ('.', 'is a directory')],
)
def test_page_that_cannot_be_written(rehearse, page, why):
    code, said = rehearse('-e', 'openve_page=%s' % page)
    assert code == 2 and why in said and 'Predicted' not in said

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._host import lxc_settings
from ansible_collections.openve.pacemaker.plugins.module_utils._host.lxc_settings import Boot, Selection

NONE = Selection()


def settled(text, selection=NONE):
    return lxc_settings.settled(text, '/nowhere/config', selection)


@pytest.mark.parametrize(
    'before, after',
    [
        ('', 'lxc.start.auto = 0\n'),
        ('lxc.start.auto = 1\nlxc.start.delay = 5\n', 'lxc.start.auto = 0\nlxc.start.delay = 5\n'),
        ('lxc.start.auto=0\n', None),
        ('lxc.start.auto = 0\nlxc.start.auto = 1\n', 'lxc.start.auto = 0\nlxc.start.auto = 0\n'),
        ('lxc.start.auto = 10\n', 'lxc.start.auto = 0\n'),
        ('lxcxstart.auto = 0\n', 'lxcxstart.auto = 0\nlxc.start.auto = 0\n'),
    ],
)
def test_its_own_lines(before, after):
    assert settled(before) == (before if after is None else after)


@pytest.mark.parametrize(
    'text, auto, starts',
    [
        ('', None, False),
        ('lxc.start.auto = "1"\n', '1', True),
        ("lxc.start.auto = '0'\n", '0', False),
        ('lxc.start.auto = 1\nlxc.start.auto =\n', '', False),
        ('#lxc.start.auto = 1\n', None, False),
        (' \tlxc.start.auto\t=1', '1', True),
        ('lxc.start.auto = 1\r\nlxc.uts.name = x', '1', True),
        ('lxc.start.autos = 1\nlxc.start.auto.x = 1\n', None, False),
    ],
)
def test_it_is_read_as_lxc_reads_it(text, auto, starts):
    found = lxc_settings.boot(text)
    assert (found.auto, found.starts) == (auto, starts)


# What is included


@pytest.fixture
def included(tmp_path):
    """A file two deep, and a directory with it"""
    (tmp_path / 'deep').write_text('lxc.start.auto = 1\nlxc.group = web db\n')
    (tmp_path / 'file').write_text('lxc.include = "%s"\n' % (tmp_path / 'deep'))
    (tmp_path / 'd').mkdir()
    (tmp_path / 'd' / '1.conf').write_text('lxc.include = %s\n' % (tmp_path / 'file'))
    (tmp_path / 'd' / '2.conf').write_text('lxc.start.auto = 0\n')
    (tmp_path / 'd' / 'ignored').write_text('lxc.group = no\n')
    return tmp_path


@pytest.mark.parametrize('what', ['deep', 'file', 'd', 'd/'])
@pytest.mark.parametrize(
    'text, after',
    [
        ('lxc.include = %s\n', 'lxc.include = %s\nlxc.start.auto = 0\n'),
        # what comes later counts
        ('lxc.start.auto = 0\nlxc.include = %s\n', 'lxc.start.auto = 0\nlxc.include = %s\nlxc.start.auto = 0\n'),
        ('lxc.start.auto = 1\nlxc.include = %s\n', 'lxc.start.auto = 0\nlxc.include = %s\nlxc.start.auto = 0\n'),
        ('lxc.include = %s\nlxc.start.auto = 0\n', 'lxc.include = %s\nlxc.start.auto = 0\n'),
        ('lxc.include = %s\nlxc.start.auto = 1\n', 'lxc.include = %s\nlxc.start.auto = 0\n'),
    ],
)
def test_what_is_included_is_in_force_and_is_left_alone(included, what, text, after):
    path = '%s/%s' % (included, what)
    before = {file: file.read_text() for file in included.rglob('*') if file.is_file()}
    assert lxc_settings.boot('lxc.include = %s\n' % path) == Boot('1', ('web', 'db'))
    new = settled(text % path)
    assert new == after % path
    assert not lxc_settings.boot(new).starts and settled(new) == new
    assert before == {file: file.read_text() for file in included.rglob('*') if file.is_file()}


def test_an_include_of_itself_or_of_nothing_ends(tmp_path):
    (tmp_path / 'a').write_text('lxc.start.auto = 1\nlxc.include = %s\n' % (tmp_path / 'b'))
    (tmp_path / 'b').write_text('lxc.include = %s\nlxc.include = %s/none\n' % (tmp_path / 'a', tmp_path))
    assert lxc_settings.boot('lxc.include = %s\n' % (tmp_path / 'a')) == Boot('1', ())


# Groups: what the host's lxc.service starts although lxc.start.auto says no


@pytest.mark.parametrize(
    'options, everything, groups',
    [
        ('', False, None),
        ('OPTIONS="-a"\n', False, None),  # those that say yes, whatever their group
        ('OPTIONS="-A"\n', False, ('onboot', '')),
        ('OPTIONS=--ignore-auto\nBOOTGROUPS=web\n', False, ('web',)),
        ('BOOTGROUPS="db,web"\nOPTIONS="-A" # all of them\n', False, ('db', 'web')),
        ('OPTIONS="-a -A"\n', True, ('onboot', '')),
        ("OPTIONS='-aA'\n", True, ('onboot', '')),
        ('OPTIONS="-A"\nOPTIONS=\n', False, None),
        ('#OPTIONS="-A"\n', False, None),
        ('LXC_AUTO="false"\nOPTIONS="-a -A"\n', False, None),
        ('STOPOPTS="-a -A -s"\n', False, None),
    ],
)
def test_what_the_service_selects(tmp_path, options, everything, groups):
    (tmp_path / 'lxc').write_text(options)
    found = lxc_settings.service_selection((str(tmp_path / 'none'), str(tmp_path / 'lxc')))
    assert (found.everything, found.groups) == (everything, groups)


@pytest.mark.parametrize(
    'text, groups, taken_out',
    [
        ('lxc.group = web\n', ('web',), True),
        ('lxc.group = web db\n', ('db',), True),
        ('lxc.group = web\nlxc.group = db\n', ('db',), True),
        ('lxc.group = web\nlxc.group =\nlxc.group = db\n', ('web',), False),
        ('lxc.group = web\n', ('onboot', ''), False),
        ('', ('onboot', ''), True),  # in no group is a group as well
        ('', ('onboot',), False),
        ('lxc.group = web\n', None, False),
    ],
)
def test_a_ve_is_taken_out_of_a_group_that_is_started_in_spite_of_it(text, groups, taken_out):
    new = settled(text, Selection(False, groups))
    assert lxc_settings.boot(new).groups == (('pacemaker',) if taken_out else lxc_settings.boot(text).groups)
    assert settled(new, Selection(False, groups)) == new


def test_what_it_was_is_told():
    text = 'lxc.start.auto = 1\nlxc.group = web db\n'
    new = settled(text, Selection(False, ('web',)))
    was = lxc_settings.differences(text, new, '/nowhere/config')
    assert was == {'lxc.start.auto': '1', 'lxc.group': 'web db'}
    assert lxc_settings.differences('', settled(''), '/nowhere/config') == {}, 'it did not start before'

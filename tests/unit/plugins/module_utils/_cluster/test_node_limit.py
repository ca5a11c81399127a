# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is concluded from a controller's process, its log, and the old CIBs. That nodes look like this: molecule/cluster."""

from __future__ import annotations

import time

import pytest
from node_traces import NOW, PID

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import controller_traces, node_limit


def verdict(cluster, limit='2'):
    """of n1, where this runs"""
    root = tree.query(cluster.run)
    if limit is not None:
        attributes.set_property(root, 'node-action-limit', limit)
    rows = node_limit.look(node_limit.own_name(lambda argv: (0, 'n1\n', '')), root)
    assert [row['node'] for row in rows] == ['n1', 'n2', 'n3'] and {row['limit'] for row in rows} == {limit}
    # never more than it can know
    assert [row['in_force'] for row in rows[1:]] == ['unknown', 'unknown'] and 'only n2 itself can tell' in rows[1][
        'why'
    ]
    assert rows[0]['why'] and (rows[0]['override'] is None or 'overrides' in rows[0]['why'])
    return rows[0]['in_force'], rows[0]['why']


def test_a_controller_that_started_after_the_change_uses_it(cluster, node):
    node.version(2000, None)
    node.version(1500, '2')
    node.version(700, '2')
    node.process(ago=1000)
    assert verdict(cluster)[0] == 'true'


def test_one_that_announced_another_limit_last_does_not(cluster, node):
    node.version(2000, '8')
    node.version(500, '2')
    node.process(ago=1000)
    node.announced(970)
    said, why = verdict(cluster)
    assert said == 'false' and 'when it was 8' in why
    node.announced(400)
    assert verdict(cluster)[0] == 'true', 'its load mode changed since'


def test_a_limit_that_was_taken_away_is_still_in_force(cluster, node):
    node.version(2000, '8')
    node.version(500, None)
    node.process(ago=1000)
    node.announced(970)
    assert verdict(cluster, None)[0] == 'false'


def test_back_to_what_it_announced_is_in_force(cluster, node):
    for ago, limit in ((2000, '2'), (500, '8'), (300, '2')):
        node.version(ago, limit)
    node.process(ago=1000)
    node.announced(970)
    assert verdict(cluster)[0] == 'true'


def test_one_that_joined_and_got_the_cib_after_it_started(cluster, node):
    node.version(5000, '8')
    node.process(ago=20)
    node.version(18, '2')
    (node.path / 'log').write_text('')
    assert verdict(cluster)[0] == 'unknown', 'it announces half a minute after it started'


def test_and_announced_it_then(cluster, node):
    node.version(5000, '8')
    node.process(ago=60)
    node.version(58, '2')
    node.announced(30)
    assert verdict(cluster)[0] == 'true'


@pytest.mark.parametrize('ago', [499, 500, 501])
def test_in_the_very_moment_of_the_change_it_is_unknown(cluster, node, ago):
    node.version(2000, '8')
    node.version(500, '2')
    node.process(ago=1000)
    node.announced(ago)
    assert verdict(cluster)[0] == 'unknown'


def test_what_other_processes_logged_says_nothing(cluster, node):
    node.version(2000, '8')
    node.version(500, '2')
    node.process(ago=1000)
    node.announced(970)
    node.announced(400, pid=PID + 1)
    assert verdict(cluster)[0] == 'false'
    node.log_lines.append(
        '%s n1 agent [%d] who knows: pacemaker-controld [%d] New throttle mode: 0000'
        % (time.strftime('%b %d %H:%M:%S', time.localtime(NOW - 10)), PID, PID)
    )
    node.announced(970)
    assert verdict(cluster)[0] == 'false'


def test_an_earlier_process_of_the_same_number_says_nothing(cluster, node):
    node.version(2000, '8')
    node.version(500, '2')
    node.version(200, '8')
    node.version(100, '2')
    node.process(ago=150)
    node.announced(400)
    said, why = verdict(cluster)
    assert said == 'unknown' and 'is not in' in why


def test_the_words_of_newer_pacemakers_and_finer_clocks(cluster, node):
    node.version(2000, '8')
    node.version(500, '2')
    node.process(ago=1000)
    node.announced(
        400,
        form='%s.123 n1 pacemaker-controld  [%d] (throttle_send_command@controld_throttle.c:353) \tinfo: '
        'New throttle mode: negligible load (was undetermined)',
    )
    assert verdict(cluster)[0] == 'true'


def test_without_what_tells_it_is_unknown(cluster, node):
    assert 'no controller' in verdict(cluster)[1] and verdict(cluster)[0] == 'unknown'
    node.process(ago=1000)
    assert verdict(cluster) == (
        'unknown',
        'the CIB on this node\'s disk (%s) cannot be read, or is not the one in use' % controller_traces.CIBS,
    )
    node.version(2000, '8')
    node.version(500, '2')
    said, why = verdict(cluster)
    assert said == 'unknown' and 'its log cannot be read' in why
    (node.path / 'log').write_text('Nov 14 22:00:00 n1 pacemakerd [1] info: rotated\n')
    said, why = verdict(cluster)
    assert said == 'unknown' and 'when it announced its limit is not in' in why
    node.announced(400)
    assert verdict(cluster)[0] == 'true'
    assert verdict(cluster, '5')[0] == 'unknown', 'the disk is behind what is in use'


def test_older_than_the_cibs_that_are_kept_is_unknown(cluster, node):
    node.version(500, '8')
    node.version(300, '2')
    node.process(ago=1000)
    node.announced(970)
    said, why = verdict(cluster)
    assert said == 'unknown' and 'do not go back so far' in why


def test_the_environment_overrides_the_property(cluster, node):
    node.version(2000, '2')
    node.process(ago=1000, PCMK_node_action_limit='6')
    said, why = verdict(cluster)
    assert said == 'false' and 'PCMK_node_action_limit=6' in why
    assert verdict(cluster, '6')[0] == 'true'


def test_the_log_may_be_elsewhere(cluster, node):
    node.version(2000, '8')
    node.version(500, '2')
    node.announced(400)
    (node.path / 'log').rename(node.path / 'elsewhere')
    node.process(ago=1000, PCMK_logfile=str(node.path / 'elsewhere'))
    assert verdict(cluster)[0] == 'true'


def test_a_cluster_inside_a_ve_is_another_one(cluster, node):
    node.version(2000, None)
    node.version(1500, '2')
    node.process(ago=1000)
    node.process(pid=5000, ago=10, space='pid:[2]')
    assert verdict(cluster)[0] == 'true'
    node.process(pid=6000, ago=10)
    assert verdict(cluster)[0] == 'unknown', 'two here: which?'


def test_last_year_in_the_log(cluster, node, monkeypatch):
    """The log has no year."""
    new_year = time.mktime((2024, 1, 1, 0, 10, 0, 0, 0, -1))
    monkeypatch.setattr(node_limit.time, 'time', lambda: new_year)
    ago = NOW - new_year  # the helpers count from NOW
    node.process(ago=3000)
    node.version(ago + 5000, '8')
    node.version(ago + 1200, '2')  # 23:50
    node.announced(ago + 900)  # 23:55
    assert verdict(cluster)[0] == 'true'


def test_in_a_file_and_on_remote_nodes_it_is_unknown(cluster, monkeypatch):
    root = tree.query(cluster.run)
    here = node_limit.own_name(lambda argv: (1, '', 'no'))
    rows = node_limit.look(here, root)
    assert (
        here is None
        and {row['in_force'] for row in rows} == {'unknown'}
        and 'Pacemaker does not run here' in rows[0]['why']
    )
    monkeypatch.setenv('CIB_file', str(cluster.path))
    assert node_limit.own_name(lambda argv: (0, 'n1', '')) is None, 'the CIB in a file may be any cluster\'s'
    monkeypatch.delenv('CIB_file')
    root.find('configuration/nodes/node[@uname="n3"]').set('type', 'remote')
    assert 'remote node' in node_limit.look('n1', root)[2]['why']


@pytest.mark.parametrize('seeded, started', [(12, 11), (12, 8), (12, 12), (40, 38.5)])
def test_a_cluster_that_was_formed_with_it_uses_it(cluster, node, seeded, started):
    """The first CIB is written a moment before the controller starts, and for half a minute nothing is announced."""
    node.version(seeded, '2')
    node.process(ago=started)
    node.version(started - 1, '2')
    node.version(2, '2')
    (node.path / 'log').write_text('')
    assert verdict(cluster) == ('true', 'every version of the CIB that this node ever had holds it')


def test_one_with_its_first_version_alone_uses_it_too(cluster, node):
    node.version(3, '2')
    node.process(ago=2)
    assert verdict(cluster)[0] == 'true'


def test_a_first_version_without_it_is_no_such_cluster(cluster, node):
    node.version(12, None)
    node.process(ago=12)
    node.version(10, '2')
    (node.path / 'log').write_text('')
    assert verdict(cluster)[0] == 'unknown'


def test_where_older_versions_are_gone_it_may_have_been_another(cluster, node):
    """All that are there hold it; of what was before nothing is known."""
    node.count = 1  # cib-0.raw was removed
    node.version(12, '2')
    node.process(ago=11)
    node.version(10, '2')
    (node.path / 'log').write_text('')
    assert verdict(cluster)[0] == 'unknown'


@pytest.mark.parametrize('newest', [1, 57, 99])
def test_a_series_that_began_anew_has_lost_its_first(cluster, node, newest):
    """100 are kept, and the numbers begin anew: what is on the disk is not all that there was."""
    directory = node.path / 'cib'
    node.process(ago=11)
    for age in range(100):  # the number before the newest is the oldest
        node.count = (newest + 1 + age) % 100
        node.version(12 - age / 100, '2')
    node.version(1, '2')
    assert len(list(directory.glob('cib-*.raw'))) == 100
    (node.path / 'log').write_text('')
    assert verdict(cluster)[0] == 'unknown'

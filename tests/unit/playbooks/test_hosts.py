# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which hosts the playbooks go: to those of one cluster, or nowhere."""

from __future__ import annotations

import pytest
import source
import yaml

PLAYBOOKS = sorted(path.stem for path in (source.ROOT / 'playbooks').glob('*.yml'))


def inventory(*ungrouped, variables=None, **groups):
    children = {name: {'hosts': {host: {} for host in hosts}} for name, hosts in groups.items()}
    return {'all': {'hosts': {host: {} for host in ungrouped}, 'children': children, 'vars': variables or {}}}


ONE = inventory(nodes=['n1', 'n2'])
TWO = inventory(north=['n1', 'n2'], south=['s1', 's2'])
BESIDE = inventory('bastion', nodes=['n1', 'n2'])
NAMED = inventory(openve=['n1', 'n2'], south=['s1', 's2'])


@pytest.mark.parametrize(
    'hosts, options, expected',
    [
        (ONE, [], ['n1', 'n2']),
        (inventory('n1', 'n2'), [], ['n1', 'n2']),
        (inventory(nodes=['n1', 'n2'], debian=['n1', 'n2']), [], ['n1', 'n2']),
        (NAMED, [], ['n1', 'n2']),
        (NAMED, ['-e', 'openve_hosts=south'], ['s1', 's2']),
        (TWO, ['-e', 'openve_hosts=south'], ['s1', 's2']),
        (BESIDE, ['-e', 'openve_hosts=n1,n2'], ['n1', 'n2']),
        (TWO, ['-e', 'openve_hosts=south', '--limit', 's2'], ['s2']),
    ],
)
def test_they_are_those_of_one_cluster(ansible_playbook, hosts, options, expected):
    code, said = ansible_playbook('openve.pacemaker.site', hosts, '--list-hosts', *options)
    assert code == 0, said
    plays = said.split('play #')[1:]
    for play in plays:
        assert sorted(line.strip() for line in play.split('hosts (')[1].splitlines()[1:] if line.strip()) == expected
    assert len(plays) > 3


@pytest.mark.parametrize(
    'book, hosts, said',
    [
        ('site', inventory(), 'The inventory has no hosts'),
        ('site', inventory(nodes=[], openve=[]), 'The inventory has no hosts'),
        ('site', inventory(nodes=['n1'], openve=[]), 'The group openve has no hosts. Set openve_hosts'),
        ('site', BESIDE, 'has 3, and not all of them are in its group nodes. Nothing was changed. Set openve_hosts'),
        *(
            (book, TWO, 'not all of them are in its groups north, south. Nothing was changed. Set')
            for book in PLAYBOOKS
        ),
    ],
)
def test_they_are_asked_for_where_it_is_not_clear(ansible_playbook, book, hosts, said):
    code, output = ansible_playbook('openve.pacemaker.' + book, hosts)
    assert code != 0 and said in ' '.join(output.split()), output
    assert 'TASK [' not in output


@pytest.mark.parametrize('hosts', [inventory(), TWO])
def test_the_syntax_can_be_checked_with_any_inventory(ansible_playbook, hosts):
    code, output = ansible_playbook('openve.pacemaker.site', hosts, '--syntax-check')
    assert code == 0, output


def test_no_playbook_goes_elsewhere():
    hosts = 'openve_hosts | default(groups | openve.pacemaker.cluster_hosts)'
    # those of the play before it, in an order that this one has found
    noted = (
        "groups['all'] | map('extract', hostvars, 'rolling_order') | select('defined') | first | default(%s)" % hosts
    )
    for book in PLAYBOOKS:
        plays = yaml.safe_load((source.ROOT / 'playbooks' / (book + '.yml')).read_text())
        found = [' '.join(play['hosts'].split()) for play in plays if 'hosts' in play]
        assert found[:1] == ['{{ %s }}' % hosts] and set(found[1:]) <= {'{{ %s }}' % hosts, '{{ %s }}' % noted}, book

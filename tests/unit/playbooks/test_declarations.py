# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of one cluster that declare different VEs or policies, and plays that do not see all hosts: nothing changes, nothing is removed."""

from __future__ import annotations

import pytest

RESOURCES = [{'hosts': 'nodes', 'gather_facts': False, 'roles': ['openve.pacemaker.resources']}]
SITE = 'openve.pacemaker.site'


def inventory(n1, n2, n3, **variables):
    return {'all': {'children': {'nodes': {'hosts': {'n1': n1, 'n2': n2, 'n3': n3}}}, 'vars': variables}}


DB = {'id': 101, 'name': 'db'}
WEB = {'id': 102, 'name': 'web'}
SLOW = dict(DB, stop_grace='9min')


def flat(text):
    return ' '.join(text.split())


APART = inventory({'openve_ves': [DB]}, {'openve_ves': [DB, WEB]}, {'openve_ves': [SLOW]})
POLICY = inventory({'openve_policy': {'starts_per_node': 3}}, {}, {}, openve_ves=[DB])
VES_SAID = ['VE db: stop_grace: differs between n1, n2 and n3', 'VE web: is declared on n2 and not on n1, n3']
POLICY_SAID = ['openve_policy: starts_per_node: differs between n1 and n2, n3']


@pytest.mark.parametrize(
    'play, hosts, options, said',
    [
        (RESOURCES, APART, [], VES_SAID),
        (RESOURCES, APART, ['--check', '--limit', 'n1'], VES_SAID),
        (RESOURCES, POLICY, ['--limit', 'n1'], POLICY_SAID),
        (SITE, APART, [], VES_SAID),
        (SITE, APART, ['--tags', 'resources', '--limit', 'n1'], VES_SAID),
        (SITE, POLICY, ['--check'], POLICY_SAID),
        ([dict(RESOURCES[0], roles=['openve.pacemaker.agent'])], APART, ['--check'], VES_SAID),
        ([dict(RESOURCES[0], roles=['openve.pacemaker.stagger'])], APART, ['--check'], VES_SAID),
    ],
)
def test_what_differs_is_refused_before_anything_changes(ansible_playbook, cluster, play, hosts, options, said):
    before = cluster.text()
    code, output = ansible_playbook(play, hosts, *options, env=cluster.env)
    assert code == 2 and all(line in flat(output) for line in said), output
    assert 'nothing was changed' in output and 'changed=0' in output
    assert cluster.text() == before


def test_variables_of_a_play_count_as_each_host_sees_them(ansible_playbook, cluster):
    play = [dict(RESOURCES[0], vars={'openve_ves': '{{ mine }}'})]
    code, output = ansible_playbook(play, inventory({'mine': [DB]}, {'mine': [WEB]}, {'mine': [DB]}), env=cluster.env)
    assert code == 2 and 'VE web: is declared on n2 and not on n1, n3' in flat(output), output
    code, output = ansible_playbook(
        play, inventory({'mine': [DB]}, {'mine': [DB]}, {'mine': [dict(DB, id='101')]}), env=cluster.env
    )
    assert code == 0 and '<primitive' in cluster.text(), output


@pytest.fixture
def configured(run_module, cluster):
    result, output = run_module('ve_resources', cluster.env, ves=[DB, WEB])
    assert not result.get('failed'), output
    return cluster


@pytest.mark.parametrize(
    'hosts, options, said',
    [
        # the others' VEs, by the inventory
        (
            inventory({'openve_ves': [WEB]}, {'openve_ves': [DB]}, {'openve_ves': [DB]}),
            ['--limit', 'n2'],
            'is declared on',
        ),
        (inventory({}, {'openve_ves': [WEB]}, {}), ['--limit', 'n2', '--check'], 'is declared on'),
        # by nothing that is known
        (
            {'all': {'children': {'nodes': {'hosts': {'n2': {'openve_ves': [DB]}}}}}},
            [],
            'resources_purge would remove what the hosts of n1, n3 declare',
        ),
        # an empty list, or a misspelt one
        (inventory({}, {}, {}, openve_ves=[]), [], 'say purge_all: true'),
        (inventory({}, {}, {}, opnve_ves=[DB, WEB]), [], 'say purge_all: true'),
    ],
)
def test_what_a_play_does_not_see_is_not_removed(ansible_playbook, configured, hosts, options, said):
    before = configured.text()
    code, output = ansible_playbook(RESOURCES, hosts, '-e', 'resources_purge=true', *options, env=configured.env)
    assert code == 2 and said in flat(output), output
    assert configured.text() == before


@pytest.mark.parametrize(
    'hosts, options, left',
    [
        (inventory({}, {}, {}, openve_ves=[DB]), [], ['db']),
        # all of them declare the same, so that one is enough to know
        (inventory({}, {}, {}, openve_ves=[DB]), ['--limit', 'n2'], ['db']),
        (inventory({}, {}, {}, openve_ves=[]), ['-e', 'resources_purge_all=true'], []),
    ],
)
def test_what_is_seen_and_asked_for_is_removed(ansible_playbook, configured, hosts, options, left):
    code, output = ansible_playbook(RESOURCES, hosts, '-e', 'resources_purge=true', *options, env=configured.env)
    assert code == 0, output
    assert [name for name in ('db', 'web') if '<primitive id="%s"' % name in configured.text()] == left

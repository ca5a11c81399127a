# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of site.yml, and roles in the ways in which users put them into plays. In check mode, on a CIB in a file; on nodes: molecule/cluster."""

from __future__ import annotations

import os

import pytest

VES = [{'id': 101 + n, 'engine': 'lxc'} for n in range(9)]


@pytest.fixture
def world(run_module, cluster, tmp_path):
    """The environment of a cluster with the VEs; the packages are not there, so that role cluster ends where it would form one."""
    result, output = run_module('ve_resources', cluster.env, ves=VES, new='stopped')
    assert not result.get('failed'), output
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'bin/dpkg-query').write_text('#!/bin/sh\necho installed python3\n')
    (tmp_path / 'bin/dpkg-query').chmod(0o755)
    return dict(cluster.env, PATH=os.pathsep.join((str(tmp_path / 'bin'), os.environ['PATH'])))


def inventory(named=False, hosts=2, **variables):
    """``named``: they say who they are, as hosts that are one machine have to for role cluster. What the other parts need of a host's
    facts they have to gather: nothing stands in for these here. ``hosts``: how many; each costs a whole play's time."""
    names = ['n%d' % n for n in (1, 2)][:hosts]
    each = {
        name: {'cluster_node_name': name, 'cluster_addresses': ['192.0.2.1%s' % name[1:]]} if named else {}
        for name in names
    }
    fencing = [{'id': 'f', 'agent': 'fence_dummy', 'hosts': names}]
    return {'all': {'hosts': each, 'vars': dict({'cluster_fencing': fencing}, **variables)}}


@pytest.mark.parametrize(
    'options, parts',
    [
        (['--tags', 'cluster'], 'cluster'),
        (['--tags', 'agent'], 'agent'),
        (['--tags', 'resources'], 'resources'),
        (['--tags', 'stagger'], 'stagger'),
        (['--skip-tags', 'cluster'], 'agent resources stagger'),
        (['--skip-tags', 'cluster,resources'], 'agent stagger'),
        (['--skip-tags', 'cluster,stagger'], 'agent resources'),
        (['--limit', 'n2', '--skip-tags', 'cluster,agent'], 'resources stagger'),
    ],
    ids=lambda value: ' '.join(value) if isinstance(value, list) else '',
)
def test_every_part_of_site_runs_by_itself(ansible_playbook, world, options, parts):
    hosts = inventory(named='cluster' in parts, hosts=2 if '--limit' in options else 1, openve_ves=VES)
    code, output = ansible_playbook('openve.pacemaker.site', hosts, '--check', *options, env=world)
    assert code == 0, output
    ran = {
        'cluster': 'Install Corosync' in output or 'To be installed: corosync' in output,
        'agent': 'TASK [openve.pacemaker.agent : Install the agent]' in output,
        'resources': 'TASK [openve.pacemaker.resources : Configure the VEs in the cluster]' in output,
        'stagger': '9 VEs would be started' in output,
    }
    assert [part for part, there in ran.items() if there] == parts.split(), output


def test_a_plan_of_check_mode_leaves_out_what_is_not_there_yet(ansible_playbook, world):
    more = [*VES, {'id': 'new', 'engine': 'lxc'}]
    code, output = ansible_playbook(
        'openve.pacemaker.site',
        inventory(hosts=1, openve_ves=more),
        '--check',
        '--tags',
        'resources,stagger',
        env=world,
    )
    assert code == 0 and 'Not in the cluster yet: ve-new' in output and '9 VEs would be started' in output, output


@pytest.mark.parametrize(
    'play',
    [
        {
            'roles': ['openve.pacemaker.resources'],
            'tasks': [{'ansible.builtin.include_role': {'name': 'openve.pacemaker.stagger'}}],
        },
        {
            'tasks': [
                {'ansible.builtin.import_role': {'name': 'openve.pacemaker.' + role}}
                for role in ('agent', 'resources', 'stagger')
            ]
        },
    ],
)
def test_no_role_leaves_an_empty_list_to_the_next_one(ansible_playbook, world, play):
    code, output = ansible_playbook([dict(play, hosts='all', gather_facts=False)], inventory(), '--check', env=world)
    assert code == 0 and '9 VEs would be started' in output, output


def test_check_mode_reports_what_hosts_share_once(ansible_playbook, world, tmp_path):
    (tmp_path / 'lxc/web').mkdir(parents=True)
    (tmp_path / 'lxc/web/config').write_text('lxc.start.auto = 1\n')
    shared = [{'id': 'web', 'engine': 'lxc', 'params': {'lxc_path': str(tmp_path / 'lxc')}}]
    play = {'hosts': 'all', 'gather_facts': False, 'roles': ['openve.pacemaker.agent']}
    code, output = ansible_playbook([play], inventory(openve_ves=shared), '--check', '--diff', env=world)
    assert code == 0 and output.count('-lxc.start.auto = 1') == 1, output
    assert output.count('ve-web  lxc.start.auto') == 1, output

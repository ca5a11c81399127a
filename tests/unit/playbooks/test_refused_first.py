# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be refused is refused before the first change, in check mode and in a real run, by each role alone and by site.yml.

The host is this machine as if it had no Pacemaker. A play that would change something ends at once where apt-get, systemctl or a write is tried:
these tools say so in a file.
"""

from __future__ import annotations

import copy
import os
import pathlib

import pytest

CHANGERS = ('apt-get', 'apt', 'aptitude', 'dpkg', 'systemctl', 'service', 'useradd')
SITE = 'openve.pacemaker.site'
WATCHED = ('/etc/corosync', '/etc/systemd/system', '/usr/lib/ocf', '/etc/apt')


@pytest.fixture
def fresh(tmp_path, bare):
    """The environment of a host without Pacemaker, whose tools that change something only put down that they were called."""
    for name, text in {
        'dpkg-query': 'echo installed python3',
        **dict.fromkeys(CHANGERS, 'echo "$0 $*" >>%s; exit 1' % (tmp_path / 'called')),
    }.items():
        if os.path.lexists(bare / name):
            (bare / name).unlink()
        (bare / name).write_text('#!/bin/sh\n%s\n' % text)
        (bare / name).chmod(0o755)
    return dict(os.environ, PATH=str(bare))


def tree():
    """Names, times and sizes of all files that the roles would write to."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for top in WATCHED
        for path in [pathlib.Path(top), *pathlib.Path(top).rglob('*')]
        if os.path.lexists(path)
    }


VE = {'id': 101, 'engine': 'lxc'}
DEVICE = {'id': 'ipmi', 'agent': 'fence_ipmilan', 'hosts': ['n1'], 'secrets': {'password': 'hunter2'}}
GOOD = {
    'cluster_fencing': [DEVICE],
    'cluster_addresses': ['192.0.2.1'],
    'cluster_node_name': 'n1',
    'openve_ves': [VE],
    'openve_policy': {'starts_per_node': 2},
}

# One for each variable, as the role hands it on; what else of it is refused: tests/unit/plugins/filter/test_cluster_declaration.py
CLUSTER = [
    ({'cluster_fencing': ['ipmi']}, 'fencing device 1 of the list: must be a mapping'),
    ({'cluster_fencing': 'ipmi'}, 'cluster_fencing is not set'),
    (
        {'cluster_fencing': [dict(DEVICE, hosts=['n1', 'n9'])]},
        'fencing device ipmi: hosts: n9 is no node of this cluster',
    ),
    ({'openve_policy': {'starts_per_nod': 2}}, 'policy: starts_per_nod: there is no such field'),
    ({'openve_cluster_name': 'a b\nc'}, 'cannot be the name of a cluster'),
    ({'cluster_node_name': 'n 1'}, 'cannot be the name of a node'),
    ({'cluster_addresses': ['192.0.2.300']}, "cluster_addresses: '192.0.2.300' is no address"),
    ({'cluster_addresses': []}, 'set cluster_addresses for it'),
    ({'cluster_token': 3}, 'cluster_token: 3 is no number of milliseconds'),
    ({'cluster_properties': {'dc-deadtime': {'a': 1}}}, 'properties.dc-deadtime: must be a single value'),
    (
        {'cluster_corosync_system': {'sched_rr': 'no\n}'}},
        'cluster_corosync_system.sched_rr: must be a single value',
    ),
    ({'cluster_packages': ['fence-agents; reboot']}, 'is no name of a Debian package'),
]
DECLARED = [
    ({'openve_ves': [dict(VE, boot_time='x')]}, "VE 101: boot_time: 'x' is no time"),
    ({'openve_ves': [dict(VE, boottime='9s')]}, 'VE 101: boottime: there is no such field; did you mean boot_time?'),
    ({'openve_ves': [VE, dict(VE, engine='lxc')]}, 'VE 101'),
    ({'openve_ves': [101]}, '101'),
    ({'openve_policy': {'slow_boot': 'ignore'}}, 'policy: slow_boot'),
]
RESOURCES = [
    ({'resources_wait': True, 'resources_wait_timeout': 'x'}, 'wait_timeout'),
    ({'resources_backup_keep': -1}, 'backup_keep: -1 is out of range'),
    ({'resources_purge': True, 'openve_ves': []}, 'purge: ves is empty'),
    ({'resources_new': 'paused'}, 'must be one of'),
    ({'resources_rehearse': {'assert': {'recovery': 'x'}}}, 'assert.recovery'),
    ({'resources_rehearse': {'asserts': {}}}, 'asserts'),
]
STAGGER = [
    ({'stagger_gap': 'x'}, 'gap'),
    ({'stagger_retries': -1}, 'retries: -1 is too small'),
    ({'stagger_order': 'first'}, 'is no range'),
    ({'stagger_per_node': -1}, 'per_node: -1 is too small'),
    ({'stagger_state': 'running'}, 'must be one of'),
]
BY_ROLE = {
    'cluster': CLUSTER,
    'agent': DECLARED,
    'resources': DECLARED[:1] + RESOURCES,
    'stagger': DECLARED[:1] + STAGGER,
}


def run(ansible_playbook, fresh, tmp_path, play, bad, *options):
    """What it said, on one line. It changed nothing, and showed no secret."""
    before = tree()
    hosts = {'all': {'hosts': {'n1': {}}, 'vars': {**copy.deepcopy(GOOD), **bad}}}
    code, output = ansible_playbook(play, hosts, *options, env=fresh)
    assert 'changed=0' in output and 'hunter2' not in output, output
    assert tree() == before and not (tmp_path / 'called').exists()
    return code, ' '.join(output.replace('\\n', ' ').replace("\\'", "'").split())


@pytest.mark.parametrize('options', [[], ['--check']], ids=['run', 'check'])
@pytest.mark.parametrize('role', BY_ROLE)
def test_a_role_alone_refuses_each_of_them_first(ansible_playbook, fresh, tmp_path, role, options):
    """A play for each, in one run; in check mode for some, as it is the same tasks."""
    cases = BY_ROLE[role][:: 5 if options else 1]
    plays = [
        {
            'name': 'case %d' % number,
            'hosts': 'all',
            'gather_facts': False,
            'vars': bad,
            'tasks': [
                {
                    'block': [
                        {'ansible.builtin.include_role': {'name': 'openve.pacemaker.' + role}},
                        {'ansible.builtin.debug': {'msg': 'WENT THROUGH'}},
                    ],
                    'rescue': [{'ansible.builtin.debug': {'msg': 'REFUSED'}}],
                }
            ],
        }
        for number, (bad, _said) in enumerate(cases)
    ]
    code, output = run(ansible_playbook, fresh, tmp_path, plays, {}, *options)
    assert code == 0, output
    for number, (bad, said) in enumerate(cases):
        part = output.split('PLAY [case %d]' % number)[1].split('PLAY [')[0].split('PLAY RECAP')[0]
        assert said in part and 'REFUSED' in part and 'WENT THROUGH' not in part, (bad, part)


@pytest.mark.parametrize(
    'bad, said, options',
    [
        (*CLUSTER[2], []),
        (*CLUSTER[4], ['--check']),
        (*CLUSTER[3], []),
        (*RESOURCES[1], ['--check']),
        (*RESOURCES[4], []),
        (*STAGGER[0], []),
        (*STAGGER[0], ['--check']),
        (*STAGGER[0], ['--tags', 'agent,stagger']),
    ],
)
def test_site_refuses_it_before_its_first_part(ansible_playbook, fresh, tmp_path, bad, said, options):
    code, output = run(ansible_playbook, fresh, tmp_path, SITE, bad, *options)
    assert code == 2 and said in output, output
    assert 'PLAY [Form the cluster]' not in output and 'PLAY [Install the agent]' not in output


def test_what_is_not_asked_for_is_not_read(ansible_playbook, fresh, tmp_path):
    code, output = run(ansible_playbook, fresh, tmp_path, SITE, CLUSTER[2][0], '--check', '--tags', 'stagger')
    assert CLUSTER[2][1] not in output and "Pacemaker's command line tools are needed" in output, (code, output)

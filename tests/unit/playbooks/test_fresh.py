# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode on hosts without Pacemaker, Corosync and package lists: it goes through, and changes nothing.

The host is this machine, without the tools. Only in check mode, then.
"""

from __future__ import annotations

import os

import pytest

FENCING = [{'id': 'f', 'agent': 'fence_dummy', 'hosts': ['n1']}]


@pytest.fixture
def fresh(tmp_path, bare):
    """The environment of such a host."""
    # as if nothing were installed, and no list of packages had ever been fetched
    (bare / 'dpkg-query').unlink()
    (bare / 'dpkg-query').write_text('#!/bin/sh\necho installed python3\n')
    (bare / 'dpkg-query').chmod(0o755)
    (tmp_path / 'lists').mkdir()
    (tmp_path / 'apt.conf').write_text('Dir::State::lists "%s";\n' % (tmp_path / 'lists'))
    return dict(os.environ, PATH=str(bare), APT_CONFIG=str(tmp_path / 'apt.conf'))


def inventory(**variables):
    variables.setdefault('cluster_addresses', ['192.0.2.1'])
    return {
        'all': {
            'hosts': {'n1': {'cluster_node_name': 'n1'}},
            'vars': dict(variables, openve_ves=[{'id': 101, 'engine': 'lxc'}]),
        }
    }


ROLES = ['openve.pacemaker.' + role for role in ('cluster', 'agent', 'resources', 'stagger')]


@pytest.mark.parametrize('play', ['openve.pacemaker.site', [{'hosts': 'all', 'gather_facts': False, 'roles': ROLES}]])
def test_check_mode_goes_through(ansible_playbook, fresh, play):
    code, output = ansible_playbook(play, inventory(cluster_fencing=FENCING), '--check', '--diff', env=fresh)
    assert code == 0, output


@pytest.mark.parametrize('book', ['start', 'rehearse'])
def test_what_needs_a_cluster_says_so(ansible_playbook, fresh, book):
    code, output = ansible_playbook('openve.pacemaker.' + book, inventory(), '--check', env=fresh)
    assert code == 2 and "Pacemaker's command line tools are needed on this node" in ' '.join(output.split()), output

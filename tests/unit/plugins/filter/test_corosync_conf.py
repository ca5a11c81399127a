# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others wrote into corosync.conf stays, whatever the role writes. What comes out is read back by Corosync itself where it is there."""

from __future__ import annotations

import difflib
import importlib
import shutil
import subprocess

import pytest
import source

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.corosync import parse

corosync_conf = importlib.import_module(
    'ansible_collections.openve.pacemaker.plugins.filter.corosync_conf'
).corosync_conf

THEIRS = '''# do not touch without asking Ada
totem {
    version: 2
    cluster_name: openve
    transport: knet
    token: 10000@@
    # the link over the old switch
    interface {
        linknumber: 1
        knet_link_priority: 1
    }
}
nodelist {
    node {
        ring0_addr: 192.0.2.1
        ring1_addr: 198.51.100.1
        name: n1
        nodeid: 1
        quorum_votes: 2
    }

    node {
        # the one in the cellar
        ring0_addr: 192.0.2.2
        ring1_addr: 198.51.100.2
        name: n2
        nodeid: 7
    }
}
quorum {
    provider: corosync_votequorum
    wait_for_all: 1
    expected_votes: 2
    device {
        model: net
        votes: 1
        net {
            host: 203.0.113.9
            algorithm: ffsplit
        }
    }
}
logging {@
    to_syslog: yes
    logger_subsys {
        subsys: QUORUM
        debug: on
    }
}
'''.replace('@', ' ')  # at the end of a line nobody sees it


def node(number, nodeid=None, links=2):
    addresses = ['192.0.2.%d' % number, '198.51.100.%d' % number][:links]
    return {'name': 'n%d' % number, 'nodeid': nodeid or number, 'addresses': addresses}


NODES = [node(1), node(2, 7)]


def changes(before, after):
    """The lines that went and came, without their indentation."""
    lines = list(difflib.unified_diff(before.split('\n'), after.split('\n'), lineterm='', n=0))[2:]
    return [line[0] + line[1:].strip() for line in lines if line[0] in '+-']


def readable(text, tmp_path):
    """Corosync reads it."""
    if shutil.which('corosync'):
        (tmp_path / 'key').write_bytes(bytes(256))
        here = text.replace('192.0.2.1\n', '127.0.0.1\n').replace(
            '198.51.100.1\n', '127.0.0.2\n'
        )  # as a node has to be
        (tmp_path / 'conf').write_text(here.replace('totem {', 'totem {\n\tkeyfile: %s' % (tmp_path / 'key')))
        done = subprocess.run(
            ['corosync', '-t', '-c', str(tmp_path / 'conf')], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return text


@pytest.mark.parametrize(
    'conf', [THEIRS, THEIRS.rstrip('\n'), THEIRS.replace('    ', '\t'), THEIRS.replace('\n', '\r\n')]
)
def test_what_nobody_declares_stays_to_the_letter(conf):
    assert corosync_conf(conf, NODES) == conf
    assert (
        corosync_conf(conf, NODES, {'totem': {}, 'quorum': {'wait_for_all': True}, 'logging': {'to_syslog': True}})
        == conf
    )


def test_what_is_declared_is_changed_where_it_stands():
    options = {
        'totem': {'token': 5000, 'join': 100},
        'quorum': {
            'wait_for_all': False,
            'last_man_standing': True,
            'device': {'votes': 1, 'net': {'algorithm': 'lms'}},
        },
        'system': {'sched_rr': False},
    }
    after = corosync_conf(THEIRS, NODES, options)
    assert changes(THEIRS, after) == [
        '-token: 10000',
        '+token: 5000',
        '+join: 100',
        '-wait_for_all: 1',
        '+wait_for_all: 0',
        '+last_man_standing: 1',
        '-algorithm: ffsplit',
        '+algorithm: lms',
        '+system {',
        '+sched_rr: no',
        '+}',
        '+',
    ]
    assert corosync_conf(after, NODES, options) == after


def test_a_node_joins():
    after = corosync_conf(THEIRS, [*NODES, node(3, 8)])
    assert changes(THEIRS, after) == [
        '+node {',
        '+name: n3',
        '+nodeid: 8',
        '+ring0_addr: 192.0.2.3',
        '+ring1_addr: 198.51.100.3',
        '+}',
        '-expected_votes: 2',
        '+expected_votes: 3',
    ]
    assert [found['name'] for found in parse(after)[1]] == ['n1', 'n2', 'n3']
    assert corosync_conf(after, [*NODES, node(3, 8)]) == after


def test_addresses_are_those_that_are_declared():
    after = corosync_conf(THEIRS, [node(1, links=1), dict(node(2, 7), addresses=['192.0.2.22', '198.51.100.2'])])
    assert changes(THEIRS, after) == ['-ring1_addr: 198.51.100.1', '-ring0_addr: 192.0.2.2', '+ring0_addr: 192.0.2.22']


def fresh(nodes, **options):
    return corosync_conf(TEMPLATE, nodes, options)


TEMPLATE = (
    (source.ROOT / 'roles/cluster/templates/corosync.conf.j2')
    .read_text()
    .replace('{{ openve_cluster_name }}', 'openve')
)
TEMPLATE = TEMPLATE.replace('{{ ansible_managed }}', 'Ansible managed')


def test_two_node_comes_and_goes_with_the_number_of_nodes(tmp_path):
    one = readable(fresh([node(1)]), tmp_path)
    two = readable(corosync_conf(one, [node(1), node(2)]), tmp_path)
    three = readable(corosync_conf(two, [node(1), node(2), node(3)]), tmp_path)
    assert ['two_node' in text for text in (one, two, three)] == [False, True, False]
    assert fresh([node(1), node(2)]) == two and fresh([node(1), node(2), node(3)]) == three
    # somebody decided otherwise
    without = two.replace('\ttwo_node: 1\n', '')
    assert corosync_conf(without, [node(1), node(2)]) == without
    assert 'two_node: 0' in corosync_conf(two, [node(1), node(2)], {'quorum': {'two_node': False}})


def test_a_quorum_device_takes_the_place_of_two_node(tmp_path):
    device = {'model': 'net', 'votes': 1, 'net': {'host': '192.0.2.9', 'algorithm': 'ffsplit', 'tls': 'off'}}
    text = readable(fresh([node(1), node(2)], quorum={'device': device}), tmp_path)
    assert 'two_node' not in text
    section = text[text.index('quorum {') :]
    assert (
        '\tdevice {\n\t\tmodel: net\n\t\tvotes: 1\n\t\tnet {\n\t\t\talgorithm: ffsplit\n\t\t\thost: 192.0.2.9\n'
        in section
    )
    assert corosync_conf(text, [node(1), node(2)], {'quorum': {'device': device}}) == text

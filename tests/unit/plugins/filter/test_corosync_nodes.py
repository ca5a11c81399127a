# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import pathlib

import pytest
from ansible.errors import AnsibleFilterError

FILE = pathlib.Path(__file__).resolve().parents[4] / 'plugins' / 'filter' / 'corosync_nodes.py'
SPEC = importlib.util.spec_from_file_location('corosync_nodes', FILE)
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)
corosync_nodes = plugin.FilterModule().filters()['corosync_nodes']

# What Debian's package corosync 3.1 installs, shortened where it says nothing of nodes
DEBIAN = '''# Please read the corosync.conf.5 manual page
totem {
\tversion: 2

\t# Corosync itself works without a cluster name, but DLM needs one.
\tcluster_name: debian
\tcrypto_cipher: none
}

nodelist {
\t# Change/uncomment/add node sections to match cluster configuration

\tnode {
\t\t# Hostname of the node
\t\tname: node1
\t\t# Cluster membership node identifier
\t\tnodeid: 1
\t\t# Address of first link
\t\tring0_addr: 127.0.0.1
\t\t# When knet transport is used it's possible to define up to 8 links
\t\t#ring1_addr: 192.168.1.1
\t}
\t# ...
}
'''


def conf(nodes, name='openve'):
    """A corosync.conf; nodes: {name: (id, address, ...)}"""
    text = 'totem {\n  version: 2\n  cluster_name: %s\n}\nnodelist {\n' % name
    for node, (nodeid, *addresses) in nodes.items():
        text += '  node {\n    name: %s\n    nodeid: %d\n' % (node, nodeid)
        text += ''.join('    ring%d_addr: %s\n' % pair for pair in enumerate(addresses)) + '  }\n'
    return text + '}\n'


def member(name, text='', addresses=None):
    return {'host': name + '.example', 'name': name, 'addresses': addresses or ['192.0.2.' + name[1:]], 'conf': text}


def ids(plan):
    return [(node['name'], node['nodeid']) for node in plan['nodes']]


RUNNING = conf({'n1': (1, '192.0.2.1'), 'n2': (7, '192.0.2.2')})


@pytest.mark.parametrize('text', ['', ' \n', DEBIAN])
def test_hosts_without_a_cluster_form_one(text):
    plan = corosync_nodes([member('n2', text), member('n1', text)], 'openve')
    assert plan == {
        'fresh': ['n2.example', 'n1.example'],
        'partial': False,
        'nodes': [
            {'name': 'n2', 'nodeid': 1, 'addresses': ['192.0.2.2']},
            {'name': 'n1', 'nodeid': 2, 'addresses': ['192.0.2.1']},
        ],
    }


def test_a_running_cluster_is_as_it_was():
    plan = corosync_nodes([member('n2', RUNNING), member('n1', RUNNING)], 'openve')
    assert ids(plan) == [('n1', 1), ('n2', 7)] and plan['fresh'] == []


def test_some_nodes_of_a_running_cluster_are_left_as_they_are():
    plan = corosync_nodes([member('n2', RUNNING)], 'openve')
    assert plan['partial'] and ids(plan) == [('n2', 7)] and plan['fresh'] == []
    assert not corosync_nodes([member('n1', RUNNING), member('n2', RUNNING)], 'openve')['partial']


@pytest.mark.parametrize('text', ['', DEBIAN])
def test_ids_are_kept_when_a_host_is_added_in_front(text):
    plan = corosync_nodes(
        [member('n0', text), member('n1', RUNNING), member('n2', RUNNING), member('n3', text)], 'openve'
    )
    assert ids(plan) == [('n1', 1), ('n2', 7), ('n0', 8), ('n3', 9)] and plan['fresh'] == ['n0.example', 'n3.example']


def test_a_node_that_lost_its_configuration_keeps_its_id():
    plan = corosync_nodes([member('n2'), member('n1', RUNNING)], 'openve')
    assert ids(plan) == [('n1', 1), ('n2', 7)] and plan['fresh'] == ['n2.example']


def test_a_node_without_a_name_goes_by_its_address():
    text = RUNNING.replace('    name: n1\n', '').replace('192.0.2.1', 'n1')
    assert ids(corosync_nodes([member('n1', text), member('n2', text)], 'openve')) == [('n1', 1), ('n2', 7)]


def test_all_links_are_kept_in_their_order():
    text = conf({'n1': (3, '10.0.0.1', '10.1.0.1')})
    plan = corosync_nodes(
        [member('n1', text, ['10.0.0.1', '10.1.0.1']), member('n2', '', ['10.0.0.2', '10.1.0.2'])], 'openve'
    )
    assert [node['addresses'] for node in plan['nodes']] == [['10.0.0.1', '10.1.0.1'], ['10.0.0.2', '10.1.0.2']]
    assert plugin.parse(text)[1][0]['addresses'] == ['10.0.0.1', '10.1.0.1']


REFUSED = {
    'another cluster': (
        [member('n1', conf({'n1': (1, '192.0.2.1')}, 'theirs'))],
        "n1.example belongs to the cluster 'theirs' already",
    ),
    'a node of a package default that is in use': (
        [member('n1', DEBIAN.replace('127.0.0.1', '192.0.2.1'))],
        "n1.example belongs to the cluster 'debian' already",
    ),
    'a node that is missing': (
        [member('n1', RUNNING), member('n3')],
        'has nodes that are not in this play: n2. Nothing was changed. For n3.example to join .*--limit',
    ),
    'one name twice': (
        [member('n1'), dict(member('n1', addresses=['192.0.2.9']), host='x')],
        'n1.example and x have the same node name n1: set cluster_node_name',
    ),
    'one address twice': (
        [member('n1'), member('n2', '', ['192.0.2.1'])],
        'n1.example and n2.example have the same address 192.0.2.1',
    ),
    'one address twice on a host': ([member('n1', '', ['192.0.2.1', '192.0.2.1'])], 'have the same address 192.0.2.1'),
    'an unequal number of links': (
        [member('n1'), member('n2', '', ['192.0.2.2', '198.51.100.2'])],
        'n1.example has 1 address and n2.example has 2',
    ),
    'disagreement': (
        [member('n1', RUNNING), member('n2', RUNNING.replace('nodeid: 7', 'nodeid: 8'))],
        r'disagree about the id of node n2 \(7 and 8, the latter on n2.example\)',
    ),
    'two clusters of one name': (
        [member('n1', conf({'n1': (1, '192.0.2.1')})), member('n2', conf({'n2': (1, '192.0.2.2')}))],
        'nodes n1 and n2 have the same id 1',
    ),
    'a cluster without a node list': (
        [member('n1', 'totem {\n cluster_name: openve\n}\n')],
        'n1.example .* no node list',
    ),
    'another without a node list': (
        [member('n1', 'totem {\n cluster_name: old\n}\n')],
        "belongs to the cluster 'old' already",
    ),
}


@pytest.mark.parametrize('case', REFUSED)
def test_refused(case):
    members, message = REFUSED[case]
    with pytest.raises(AnsibleFilterError, match=message):
        corosync_nodes(members, 'openve')

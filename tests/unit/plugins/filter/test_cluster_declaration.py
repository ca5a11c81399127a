# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it refuses is tested through the role, in tests/unit/playbooks/test_refused_first.py; here what needs several hosts, and what is good."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.filter.cluster_declaration import cluster_declaration

DEVICE = {'id': 'ipmi', 'agent': 'fence_ipmilan', 'hosts': ['n1'], 'secrets': {'password': 'hunter2'}}


def fencing(*devices):
    return given(['192.0.2.1'], fencing=list(devices))


def given(*addresses, **more):
    return {
        'name': 'openve',
        'token': 3000,
        'system': {},
        'packages': [],
        'properties': {},
        'policy': {},
        'fencing': False,
        'members': [
            {'host': 'n%d' % number, 'name': 'n%d' % number, 'addresses': each}
            for number, each in enumerate(addresses, 1)
        ],
        **more,
    }


@pytest.mark.parametrize(
    'good',
    [
        given(['192.0.2.1'], ['192.0.2.2']),
        given(['192.0.2.1', '2001:db8::1'], ['192.0.2.2', '2001:db8::2'], name='2nd.cluster-A_1'),
        given(['n1.example.com'], ['192.0.2.2']),
        given(['192.0.2.1'], token='10000', system={'sched_rr': False, 'state_dir': '/var/lib/x'}),
        given(['192.0.2.1'], packages=['fence-agents', 'libc6:amd64', 'corosync=3.1.7-1', 'lxc/bookworm']),
        given(['192.0.2.1'], properties={'dc-deadtime': '2s', 'stonith-enabled': 'false'}),
        given(
            ['192.0.2.1'],
            fencing=[{'id': 'f', 'agent': 'external/ipmi', 'hosts': ['n1'], 'secrets': {'password': 'ü&'}}],
        ),
        given(['192.0.2.1'], fencing=[{'id': 'f', 'agent': 'fence_x', 'options': {'pcmk_host_list': 'n1 remote1'}}]),
    ],
)
def test_what_is_good_is_taken(good):
    assert cluster_declaration(good) is True


@pytest.mark.parametrize(
    'bad, said',
    [
        (given(['192.0.2.1'], ['2001:db8::2']), 'link 0 has an IPv4 address on n1 and an IPv6 address on n2'),
        (given(['192.0.2.1'], ['0.0.0.0']), "n2: cluster_addresses: '0.0.0.0' is no address by which"),
        (given('192.0.2.1'), 'n1: cluster_addresses: must be a list'),
        (given(['192.0.2.%d' % number for number in range(1, 10)]), 'must be a list of 1 to 8'),
        (given(['a b']), "'a b' is no address"),
        (given([7]), '7 is no address'),
        (given(['192.0.2.1'], system=[]), 'cluster_corosync_system: must be a mapping'),
        (given(['192.0.2.1'], token=True), 'cluster_token'),
        (given(['192.0.2.1'], fencing={'id': 'f'}), 'fencing: must be a list of devices'),
        (given(['192.0.2.1'], properties=[]), 'properties: must be a mapping'),
        (
            given(['192.0.2.1'], properties={'fencing-enabled': 'true'}),
            'properties.fencing-enabled: is true, and there are no',
        ),
        (fencing(DEVICE, dict(DEVICE)), 'fencing device ipmi: id: is taken by another device'),
        (fencing(dict(DEVICE, host=['n1'])), 'fencing device ipmi: host: there is no such field; did you mean hosts?'),
        (fencing(dict(DEVICE, options={'password': 'x'}, secrets={})), 'options.password: would be logged'),
        (fencing({'id': 'a b', 'hosts': ['n1']}), 'agent: is missing'),
        (
            fencing({'id': 'a b', 'agent': 'x', 'hosts': ['n1']}),
            'fencing device a b: id: cannot be the id of a resource',
        ),
        (fencing(dict(DEVICE, agent='fence me')), "agent: 'fence me' is no name of an agent"),
        (fencing(dict(DEVICE, hosts=[])), 'hosts: is empty'),
        (fencing(dict(DEVICE, hosts='n1')), 'hosts: must be a list'),
        (fencing(dict(DEVICE, hosts=['n1', 'n1'])), 'n1 is in it twice'),
        (given(['192.0.2.1'], policy={'starts_per_node': -1}), 'policy: starts_per_node: -1 is out of range'),
        (given(['192.0.2.1'], policy={'load_threshold': '80'}), 'policy: load_threshold'),
        (given(['192.0.2.1'], name='x{y}'), 'cannot be the name of a cluster'),
        (given(['127.0.0.1']), 'is no address by which other nodes can reach it'),
        (given(['192.0.2.1', '192.0.2.1']), '192.0.2.1 is in it twice'),
        (given(['192.0.2.1'], properties={'a b': 1}), "properties: 'a b' is no name"),
        (
            given(['192.0.2.1'], fencing=[DEVICE], properties={'stonith-enabled': False}),
            'properties.stonith-enabled: is false, and there are such fencing devices',
        ),
        (given(['192.0.2.1'], policy=[]), 'policy: must be a mapping'),
    ],
)
def test_what_is_bad_is_refused(bad, said):
    with pytest.raises(AnsibleFilterError) as caught:
        cluster_declaration(bad)
    assert said in str(caught.value)


def test_every_mistake_is_in_one_message_and_no_secret():
    bad = given(
        ['x y'],
        name='',
        fencing=[
            {
                'id': 'a',
                'agent': 'fence_x',
                'hosts': ['n9'],
                'secrets': {'password': 'hunter2\nx', 'token': ['hunter2']},
            },
            ['hunter2'],
            {'id': 'b', 'agent': 'fence_x', 'hosts': ['n1'], 'options': 'hunter2', 'secrets': 'hunter2'},
        ],
        policy={'settle': 'x'},
    )
    with pytest.raises(AnsibleFilterError) as caught:
        cluster_declaration(bad)
    text = str(caught.value)
    assert len(text.split('\n- ')) - 1 == 9 and 'hunter2' not in text, text


def test_a_device_may_fence_nodes_of_the_running_cluster_that_are_not_in_the_play():
    conf = 'totem {\n cluster_name: openve\n}\nnodelist {\n' + ''.join(
        'node {\n name: %s\n nodeid: %d\n ring0_addr: %s\n}\n' % each
        for each in (('n1', 1, '192.0.2.1'), ('n2', 2, '192.0.2.2'))
    )
    partial = given(['192.0.2.1'], fencing=[{'id': 'f', 'agent': 'fence_x', 'hosts': ['n1', 'n2']}])
    with pytest.raises(AnsibleFilterError, match='n2 is no node of this cluster'):
        cluster_declaration(partial)
    partial['members'][0]['conf'] = conf + '}\n'
    assert cluster_declaration(partial) is True

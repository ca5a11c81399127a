# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import pathlib

import pytest
from ansible.errors import AnsibleFilterError

FILE = pathlib.Path(__file__).resolve().parents[4] / 'plugins' / 'filter' / 'one_declaration.py'
SPEC = importlib.util.spec_from_file_location('one_declaration', FILE)
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)
one_declaration = plugin.FilterModule().filters()['one_declaration']


def hosts(*declared):
    return [dict(each, host='n%d' % number) for number, each in enumerate(declared, 1)]


@pytest.mark.parametrize(
    'declared',
    [
        [],
        [{'ves': [{'id': 101}]}],
        [
            {'ves': [{'id': 101, 'boot_time': '90s'}]},
            {'ves': [{'id': '101', 'name': 've-101', 'boot_time': '90000ms'}]},
        ],
        [{}, {'ves': None, 'policy': None}, {'ves': [], 'policy': {}}, {'policy': {'starts_per_node': 2}}],
        [{'ves': [{'id': 1}, {'id': 2}]}, {'ves': [{'id': 2}, {'id': 1}]}],
    ],
)
def test_what_means_the_same_is_the_same(declared):
    assert one_declaration(hosts(*declared)) is True


@pytest.mark.parametrize(
    'declared, said',
    [
        ([{'ves': [{'id': 1}]}, {'ves': []}, {}], ['VE ve-1: is declared on n1 and not on n2, n3']),
        (
            [{'ves': [{'id': 1, 'name': 'db'}]}, {'ves': [{'id': 1, 'name': 'db', 'stop_grace': '5min'}]}],
            ['VE db: stop_grace: differs between n1 and n2'],
        ),
        (
            [
                {'ves': [{'id': 1, 'monitor': {'interval': seconds}, 'params': {'ready_command': seconds}}]}
                for seconds in ('9s', '9s', '8s')
            ],
            [
                'VE ve-1: monitor.interval: differs between n1, n2 and n3',
                'VE ve-1: params.ready_command: differs between n1, n2 and n3',
            ],
        ),
        (
            [{'ves': [{'id': 1, 'meta': {'a': 1}}]}, {'ves': [{'id': 1}]}],
            ['VE ve-1: meta.a: differs between n1 and n2'],
        ),
        # not of every VE that takes it over
        (
            [{'ves': [{'id': 1}], 'policy': {'boot_time': '90s'}}, {'ves': [{'id': 1}]}],
            ['openve_policy: boot_time: differs between n1 and n2'],
        ),
        (
            [{'ves': [{'id': 1, 'needs': ['a']}]}, {'ves': [{'id': 1, 'needs': ['b']}]}],
            ['VE ve-1: needs: differs between n1 and n2'],
        ),
        ([{'cluster_name': 'a'}, {'cluster_name': 'b'}], ['openve_cluster_name: differs between n1 and n2']),
        (
            [{'ves': [{'id': 1, 'name': 'a'}]}, {'ves': [{'id': 2, 'name': 'a'}]}],
            ['VE a: id: differs between n1 and n2'],
        ),
    ],
)
def test_what_differs_is_named_with_the_hosts(declared, said):
    with pytest.raises(AnsibleFilterError) as caught:
        one_declaration(hosts(*declared))
    lines = str(caught.value).splitlines()
    assert 'nothing was changed' in lines[0] and 'set them once for all its hosts' in lines[-1]
    assert lines[1:-1] == ['- ' + line for line in said]


def test_a_mistake_is_named_with_its_host():
    with pytest.raises(AnsibleFilterError, match=r'n2: The declared VEs(.|\n)*VE 7: prefr: there is no such field'):
        one_declaration(hosts({'ves': [{'id': 7}]}, {'ves': [{'id': 7, 'prefr': []}]}))

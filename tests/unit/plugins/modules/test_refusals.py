# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad declarations, as a user meets them: refused with the VE and the field, before anything is changed. All rules: _declaration/test_validate.py."""

from __future__ import annotations

import pytest

BAD = [{'id': 101, 'prefr': ['n1'], 'boot_time': '1 fortnight'}, {'id': '0101', 'name': 'again'}]
SAID = (
    'VE 101: prefr: there is no such field; did you mean prefer?',
    'VE 101: boot_time: \'1 fortnight\' is no time',
    'VE again: id: 101 is declared twice',
)


@pytest.mark.parametrize(
    'module, more', [('ve_resources', {}), ('ve_resources', {'policy': {'starts_per_node': 2}}), ('ve_host', {})]
)
def test_a_module_names_the_ve_and_the_field(run_module, cib_file, module, more):
    before = cib_file.text()
    result, _output = run_module(module, cib_file.env, ves=BAD, **more)
    assert result['failed'] and all(text in result['msg'] for text in SAID), result['msg']
    assert cib_file.text() == before


def test_what_is_wrong_elsewhere_is_said_by_ansible(run_module, cib_file):
    result, _output = run_module('ve_resources', cib_file.env, ves=[{'id': 101}], plicy={})
    assert 'plicy' in result['msg']


@pytest.fixture
def ansible(ansible_playbook):
    """ansible(play, cib, **variables) -> exit code and all that it said, on one host that is this one"""

    def run(play, cib, **variables):
        return ansible_playbook(play, {'all': {'hosts': {'n1': {}}, 'vars': variables}}, env=cib.env)

    return run


@pytest.mark.parametrize(
    'play',
    [
        [{'ansible.builtin.import_playbook': 'openve.pacemaker.site'}],
        [{'hosts': 'all', 'gather_facts': False, 'roles': ['openve.pacemaker.agent']}],
    ],
)
def test_a_play_is_refused_by_its_first_task(ansible, cib_file, play):
    code, said = ansible(play, cib_file, openve_ves=BAD)
    assert code == 2, said
    assert all(text in said for text in SAID), said
    first = 'Put down what the host declares', 'Read the VEs and the policy, before anything is changed'
    ran = [
        line
        for line in said.splitlines()
        if line.startswith('TASK [') and 'See that all hosts declare the same' not in line
    ]
    assert all('Validating arguments' in line or any(name in line for name in first) for line in ran)
    assert 'changed=0' in said


@pytest.mark.matrix
def test_a_role_rehearses_and_refuses_what_breaks_an_assertion(ansible, cluster):
    before = cluster.text()
    code, said = ansible(
        [{'hosts': 'all', 'gather_facts': False, 'roles': ['openve.pacemaker.resources']}],
        cluster,
        openve_ves=[{'id': 101 + n} for n in range(6)],
        openve_policy={'starts_per_node': 2},
        resources_rehearse={'scenarios': ['boot'], 'assert': {'peak_per_node': 1}},
    )
    assert code == 2 and 'at most 2 VEs boot at once on a node (n1); asked for at most 1' in said, said
    assert cluster.text() == before


@pytest.mark.parametrize(
    'ves, said',
    [
        ([{'id': 1, 'prefer': None}], 'VE 1: prefer: is null; give it a value or leave it out'),
        ([{'id': 1, 'name': 'db', 'start_order': None}], 'VE db: start_order: is null'),
        ([{'id': 1}, {'id': 2, 'params': None, 'after': None}], 'VE 2: params: is null'),
        ([{'id': 1, 'prefer': [None]}], "VE 1: prefer: '' is not the name of a node"),
        ([{'id': True}], 'VE True: id: must be a single value, not True'),
        ([{'id': 1.5}], 'VE 1.5: id: must be a single value, not 1.5'),
        ([101], 'VE 101: must be a mapping of fields, such as {id: 101}, not 101'),
        (['web'], "VE web: must be a mapping of fields, such as {id: web}, not 'web'"),
        ([{'id': 1}, None], 'ves[1]: must be a mapping of fields, not None'),
        (
            [{'id': 1, 'starts_weight': 3}],
            'VE 1: starts_weight: there is no such field: node-action-limit and the agent',
        ),
    ],
)
@pytest.mark.parametrize('module', ['ve_resources', 've_host'])
def test_what_yaml_made_of_a_ve_is_refused_with_the_ve(run_module, cib_file, module, ves, said):
    before = cib_file.text()
    result, _output = run_module(module, cib_file.env, ves=ves)
    assert result['failed'] and said in result['msg'], result['msg']
    assert cib_file.text() == before


@pytest.mark.parametrize(
    'module', ['ve_resources', 've_host', 've_rehearsal', 've_stagger', 'role agent', 'role resources', 'role stagger']
)
def test_it_is_refused_with_the_ve_wherever_a_play_gives_it(ansible, cib_file, module):
    """As Ansible hands it over: action plugins and the specifications of roles read it first."""
    before = cib_file.text()
    ves = [{'id': 1, 'prefer': None}, {'id': True}, 101]
    if module.startswith('role '):
        code, said = ansible(
            [{'hosts': 'all', 'gather_facts': False, 'roles': ['openve.pacemaker.' + module[5:]]}],
            cib_file,
            openve_ves=ves,
        )
    else:
        code, said = ansible(
            [{'hosts': 'all', 'gather_facts': False, 'tasks': [{'openve.pacemaker.' + module: {'ves': ves}}]}], cib_file
        )
    assert code == 2, said
    for text in ('VE 1: prefer: is null', 'VE True: id: must be a single value', 'VE 101: must be a mapping of fields'):
        assert text in said, said
    assert cib_file.text() == before

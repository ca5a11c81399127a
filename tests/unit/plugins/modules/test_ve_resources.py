# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible runs it: a process of its own, arguments in, JSON out."""

from __future__ import annotations

import importlib
import re

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model, validate


@pytest.fixture
def ve_resources(run_module, cluster):
    """ve_resources(check=False, diff=False, **arguments) -> what the module returned"""
    return lambda **arguments: run_module('ve_resources', cluster.env, **arguments)[0]


@pytest.mark.matrix
def test_check_run_and_run_again(ve_resources, cluster):
    arguments = {'ves': [{'id': 101, 'monitor': {'command': 'a "b" <c'}}], 'policy': {'starts_per_node': 3}}
    text = cluster.text()
    planned = ve_resources(check=True, diff=True, **arguments)
    assert planned['changed'] and cluster.text() == text
    assert '<primitive id="ve-101"' in planned['diff']['after'] and 've-101' not in planned['diff']['before']
    done = ve_resources(**arguments)
    assert 'diff' not in done and cluster.text() != text
    differing = ('invocation', 'commands', 'attempts', 'backup', 'restore', 'limits')
    assert {key: value for key, value in done.items() if key not in differing} == {
        key: value for key, value in planned.items() if key not in differing + ('diff',)
    }
    push, read_back = done['commands'][-2:]
    assert push.startswith('cibadmin --patch') and read_back == 'cibadmin --query'
    assert not re.search('--patch', str(planned['commands']))
    text = cluster.text()
    again = ve_resources(**arguments)
    assert not again['changed'] and again['commands'] == ['cibadmin --query'] and cluster.text() == text


def test_mistakes_come_all_at_once(ve_resources, cluster):
    text = cluster.text()
    result = ve_resources(ves=[{'id': 1, 'boot_time': 'x', 'after': ['ve-1']}], policy={'settle': 'z'})
    assert result['failed'] and len(result['problems']) == 3
    assert all(problem in result['msg'] for problem in result['problems'])
    assert cluster.text() == text


@pytest.mark.parametrize(
    'arguments', [{}, {'ves': [{'name': 'x'}]}, {'ves': [{'id': 1, 'bogus': 2}]}, {'ves': [], 'new': 'maybe'}]
)
def test_ansible_refuses_what_the_argument_spec_does(ve_resources, arguments):
    assert ve_resources(**arguments)['failed']


def test_a_failing_tool_is_a_failed_module_with_its_words(ve_resources, cluster):
    cluster.path.write_text('no CIB')
    result = ve_resources(ves=[{'id': 1}])
    assert result['failed'] and 'cibadmin --query failed' in result['msg'] and result['rc'] != 0
    cluster.env['PATH'] = '/nowhere'
    result = ve_resources(ves=[{'id': 1}])
    assert result['failed']


def test_warnings_are_ansibles(ve_resources, cluster):
    result = ve_resources(ves=[{'id': 1, 'prefer': ['n9']}])
    assert any('n9' in str(warning) for warning in result['warnings'])


def documented():
    module = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.ve_resources')
    fragment = importlib.import_module('ansible_collections.openve.pacemaker.plugins.doc_fragments.model')
    options = yaml.safe_load(module.DOCUMENTATION)['options']
    for part in (fragment.ModuleDocFragment.VES, fragment.ModuleDocFragment.POLICY):
        options.update(yaml.safe_load(part)['options'])
    return module, options


def test_the_documentation_says_what_the_model_takes():
    _module, options = documented()
    for documented_fields, table in (
        (options['ves']['suboptions'], model.VE_FIELDS),
        (options['policy']['suboptions'], model.POLICY_FIELDS),
        (options['ves']['suboptions']['monitor']['suboptions'], model.MONITOR_FIELDS),
    ):
        assert list(documented_fields) == list(table)
        for name, spec in table.items():
            for key in ('type', 'default', 'choices', 'elements', 'required'):
                assert documented_fields[name].get(key) == spec.get(key), (name, key)
    for free in set(validate.PARAMETERS) - set(validate.OWNED_PARAMS):
        assert free in options['ves']['suboptions']['params']['description'][0], free


def test_examples_are_right_and_returns_are_what_is_returned(ve_resources, cluster):
    module, options = documented()
    for task in yaml.safe_load(module.EXAMPLES):
        arguments = task['openve.pacemaker.ve_resources']
        assert set(arguments) <= set(options)
        if not re.search('{{', str(arguments)):
            validate.read(arguments['ves'], arguments.get('policy'))
    result = ve_resources(ves=[{'id': 1}])
    returned = yaml.safe_load(module.RETURN)
    assert set(result) - {'changed', 'invocation', 'warnings'} == {
        name for name, value in returned.items() if not value['returned'].startswith('when')
    }
    for name in ('explain', 'properties'):
        assert set(result[name][0]) == set(returned[name]['contains']) == set(returned[name]['sample'][0])


@pytest.mark.parametrize('failed', ['start_0', 'monitor_10000'])
@pytest.mark.parametrize('threshold, then', [(0, 'n1'), (3, 'n2')])
def test_failures_before_move_0_never_moves_it(ve_resources, cluster, failed, threshold, then):
    ve_resources(ves=[{'id': 101, 'prefer': ['n1']}], policy={'failures_before_move': threshold})
    cluster.settle()
    cluster.settle('--op-inject', 've-101_%s@n1=1' % failed)
    # as Pacemaker's controller counts a failed start (start-failure-is-fatal), and a monitor that failed very often; crm_simulate
    # counts a start so since 3.0, and moves it at once
    many, count = re.subn(r'(name="fail-count-[^"]*" value=")(?:1|INFINITY)"', r'\g<1>INFINITY"', cluster.text())
    cluster.path.write_text(many)
    cluster.settle()
    assert count == 1 and cluster.where()['ve-101'] == then

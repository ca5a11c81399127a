# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_rehearsal, as Ansible runs it; and ve_resources, which rehearses."""

from __future__ import annotations

import importlib
import pathlib
import re
import sys

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import rules_cluster, rules_scenario
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS

from declarations import declare
from happenings import with_dc
from rehearsed import many

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))

import generate_rehearsal_docs as docs  # noqa: E402


@pytest.fixture
def module(run_module, cluster, rehearse):
    rehearse(many(12), ask=False)
    return lambda **arguments: run_module('ve_rehearsal', cluster.env, **arguments)[0]


def documented(name):
    found = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.%s' % name)
    return found, yaml.safe_load(found.DOCUMENTATION)['options']


@pytest.mark.matrix
def test_the_module(module, cluster, tmp_path):
    text = cluster.text()
    result = module(scenarios=['lose n1'])
    assert not result['changed'] and cluster.text() == text and result['scenarios'][0]['last_up'] == 95
    assert set(re.findall(r'\w+', ' '.join(command.split()[0] for command in result['commands']))) == {
        'cibadmin',
        'crm_simulate',
    }
    assert not any(word in ' '.join(result['commands']) for word in ('--patch', '--replace', '--live', '--simulate'))
    elsewhere = tmp_path / 'elsewhere.xml'
    elsewhere.write_text(text)
    cluster.env.pop('CIB_file')
    assert module(cib=str(elsewhere), scenarios=['lose n1'])['scenarios'] == result['scenarios']
    broken = module(cib=str(elsewhere), scenarios=['lose n1'], **{'assert': {'peak_per_node': 1}})
    assert (
        broken['failed']
        and broken['broken']
        and broken['scenarios']
        and broken['advice']
        and broken['broken'][0] in broken['msg']
    )
    bad = module(cib=str(tmp_path / 'none'))
    assert bad['failed'] and 'cannot be read' in bad['msg']


def _as_documented(row, contains):
    """What has a `returned` of its own is not always there."""
    return {name for name, value in contains.items() if 'returned' not in value} <= set(row) <= set(contains)


def test_the_documentation_says_what_is_taken_and_returned(module):
    found, taken = documented('ve_rehearsal')
    for shown in (taken, documented('ve_resources')[1]['rehearse']['suboptions']):
        assert set(FIELDS) <= set(shown)
        for name, spec in FIELDS.items():
            for key in ('type', 'default', 'elements'):
                assert shown[name].get(key) == spec.get(key), (name, key)
            if 'options' in spec:
                assert {
                    key: {field: value for field, value in row.items() if field != 'description'}
                    for key, row in shown[name]['suboptions'].items()
                } == spec['options']
    returned = yaml.safe_load(found.RETURN)
    result = module(scenarios=['lose n1', 'drain n2'], advice=True)
    assert set(result) - {'changed', 'invocation'} == {
        name for name, value in returned.items() if not value['returned'].startswith('when')
    }
    scenario = returned['scenarios']
    verdict = scenario['contains']['verdicts']['contains']
    action, duration = scenario['contains']['actions']['contains'], returned['durations']['contains']
    for row in result['scenarios'] + scenario['sample']:
        assert set(row) == set(scenario['contains'])
        assert all(_as_documented(one, action) for one in row['actions'])
        assert all(_as_documented(one, verdict) for one in row['verdicts'])
    assert all(
        set(row) == set(returned['advice']['contains']) for row in result['advice'] + returned['advice']['sample']
    )
    assert all(
        _as_documented(row, duration)
        for row in list(result['durations'].values()) + list(returned['durations']['sample'].values())
    )
    for task in yaml.safe_load(found.EXAMPLES):
        assert set(task['openve.pacemaker.ve_rehearsal'] or {}) <= set(taken)


def test_a_change_is_rehearsed_before_it_is_made(cluster):
    with_dc(cluster)
    asked = {'scenarios': ['lose n1'], 'assert': {'recovery': '100s'}}
    text = cluster.text()
    with pytest.raises(
        Error, match='After this change what was asserted would not hold, so nothing was changed:\n- lose n1'
    ) as error:
        declare(cluster, many(24), rehearse=asked)
    assert cluster.text() == text and error.value.details['rehearsal']['advice']
    assert not any(
        'actions' in scenario for scenario in error.value.details['rehearsal']['scenarios']
    )  # Ansible prints all of it
    result = declare(cluster, many(24), {'starts_per_node': 4}, rehearse=asked)
    assert result['changed'] and cluster.text() != text and result['rehearsal']['scenarios'][0]['last_up'] == 95
    again = declare(cluster, many(24), {'starts_per_node': 4}, rehearse=asked)
    assert not again['changed'] and again['rehearsal'] is None


def test_what_waits_for_its_first_start_is_rehearsed_as_started(cluster):
    with_dc(cluster)
    asked = {'scenarios': ['lose n1'], 'assert': {'recovery': '100s'}}
    with pytest.raises(Error, match='nothing was changed:\n- lose n1'):
        declare(cluster, many(24), new='stopped', rehearse=asked)
    result = declare(cluster, many(24), {'starts_per_node': 4}, new='stopped', rehearse=asked)
    assert result['rehearsal']['scenarios'][0]['last_up'] == 95
    assert any('until a run starts it is started: ve-' in text for text in result['rehearsal']['assumptions'])
    cluster.settle()
    assert set(cluster.where()) == {'fence'}, 'in the cluster itself they wait'


def test_check_mode_rehearses_too(cluster):
    with_dc(cluster)
    with pytest.raises(Error, match='would not hold'):
        declare(cluster, many(24), check=True, rehearse={'scenarios': ['lose n1'], 'assert': {'recovery': '100s'}})


def test_what_is_documented_of_the_code_is_what_the_code_says():
    stale = 'run tests/generate_rehearsal_docs.py'
    assert docs.page(docs.PAGE.read_text()) == docs.PAGE.read_text(), stale
    samples = docs.samples()
    assert docs.module(docs.MODULE.read_text(), samples) == docs.MODULE.read_text(), stale
    returned = yaml.safe_load(documented('ve_rehearsal')[0].RETURN)
    assert set(returned) - set(samples) == {'pacemaker', 'page', 'commands'}, 'the others are samples of a real run'
    assert any(row['recommended'] for row in returned['advice']['sample']) and returned['broken']['sample']


def test_the_rules_are_documented():
    returned = yaml.safe_load(documented('ve_rehearsal')[0].RETURN)
    of_scenarios = returned['scenarios']['contains']['verdicts']['contains']['rule']['description']
    for text, table in (
        (of_scenarios, rules_scenario.RULES),
        (returned['verdicts']['description'], rules_cluster.RULES),
    ):
        assert re.findall(r'V\(([a-z-]+)\)', text) == [rule.id for rule in table.rules]

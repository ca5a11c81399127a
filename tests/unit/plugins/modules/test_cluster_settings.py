# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib
import json
import os
import pwd
import subprocess
import xml.etree.ElementTree as ET

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, first_cib
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_settings

from declarations import declare

SECRET = 'pa<ss & "word"'
IPMI = {
    'id': 'ipmi-n1',
    'agent': 'fence_ipmilan',
    'hosts': ['n1', 'n2'],
    'options': {'ip': '192.0.2.1', 'lanplus': True, 'power_wait': 4},
    'secrets': {'password': SECRET},
}


def full(**arguments):
    """Arguments as Ansible hands them over, every default filled in."""
    arguments = dict(
        {'fencing': [IPMI], 'policy': None, 'properties': {}, 'seed': False, 'disable_fencing': False}, **arguments
    )
    arguments['fencing'] = [
        dict({'hosts': [], 'options': {}, 'secrets': {}}, **device) for device in arguments['fencing']
    ]
    return arguments


def put(cluster, check=False, **arguments):
    return cluster_settings.run(cluster.run, full(**arguments), check)


def configuration(path):
    return ET.parse(path).getroot().find('configuration')


def device(path, name='ipmi-n1'):
    found = [element for element in configuration(path).iter('primitive') if element.get('id') == name]
    assert len(found) == 1
    return found[0]


def values(path, name='ipmi-n1'):
    return {pair.get('name'): pair.get('value') for pair in device(path, name).findall('instance_attributes/nvpair')}


def prop(path, name):
    return attributes.get_property(ET.parse(path).getroot(), name)


WANTED = {'ip': '192.0.2.1', 'lanplus': 'true', 'power_wait': '4', 'password': SECRET, 'pcmk_host_list': 'n1 n2'}


# A running cluster


def test_devices_limits_and_options_reach_the_cib(cluster):
    result = put(
        cluster,
        policy={'starts_per_node': 3, 'starts_total': 7},
        properties={'stonith-timeout': '90s', 'enable-acl': True},
    )
    assert result['changed'] and result['attempts'] == 1
    ipmi = device(cluster.path)
    assert (ipmi.get('class'), ipmi.get('type'), ipmi.get('provider')) == ('stonith', 'fence_ipmilan', None)
    assert values(cluster.path) == WANTED
    assert [dict(op.attrib) for op in ipmi.iter('op')] == [
        {'id': 'ipmi-n1-start-0s', 'name': 'start', 'interval': '0s', 'timeout': '60s'},
        {'id': 'ipmi-n1-stop-0s', 'name': 'stop', 'interval': '0s', 'timeout': '60s'},
        {'id': 'ipmi-n1-monitor-60s', 'name': 'monitor', 'interval': '60s', 'timeout': '60s'},
    ]
    assert {
        name: prop(cluster.path, name)
        for name in (
            'stonith-enabled',
            'node-action-limit',
            'batch-limit',
            'stonith-timeout',
            'enable-acl',
            'load-threshold',
        )
    } == {
        'stonith-enabled': 'true',
        'node-action-limit': '3',
        'batch-limit': '7',
        'stonith-timeout': '90s',
        'enable-acl': 'true',
        'load-threshold': None,
    }
    assert prop(cluster.path, 'no-quorum-policy') == 'ignore', 'nobody declared it'


def test_the_second_run_changes_nothing(cluster):
    arguments = {'properties': {'stonith-timeout': '90s'}}
    put(cluster, **arguments)
    text = cluster.text()
    for check in (True, False):
        result = put(cluster, check, **arguments)
        assert (result['changed'], result['attempts'], result['diff']()) == (False, 0, {})
    assert cluster.text() == text
    assert not put(cluster, **dict(arguments, fencing=[dict(IPMI, agent='stonith:fence_ipmilan')]))['changed']


def test_check_mode_says_what_would_change_and_changes_nothing(cluster):
    text = cluster.text()
    planned = put(cluster, check=True)
    assert planned['changed'] and planned['attempts'] == 0 and cluster.text() == text
    assert put(cluster)['diff']() == planned['diff']()
    assert 'fence_ipmilan' in planned['diff']()['after'] and 'fence_ipmilan' not in planned['diff']()['before']


def test_what_was_set_by_hand_survives(cluster):
    put(cluster, fencing=[IPMI, dict(IPMI, id='old')], properties={'stonith-timeout': '90s'})
    cluster.tool(
        'crm_resource', '--resource', 'ipmi-n1', '--set-parameter', 'pcmk_delay_max', '--parameter-value', '5s'
    )
    cluster.tool(
        'crm_resource',
        '--resource',
        'ipmi-n1',
        '--meta',
        '--set-parameter',
        'target-role',
        '--parameter-value',
        'Stopped',
    )
    cluster.tool('crm_attribute', '--type', 'crm_config', '--name', 'stonith-action', '--update', 'off')
    cluster.tool(
        'cibadmin',
        '--modify',
        '--scope',
        'resources',
        '--xml-text',
        '<op id="ipmi-n1-monitor-60s" name="monitor" interval="60s" timeout="99s"/>',
    )
    assert not put(cluster)['changed']
    assert put(cluster, fencing=[dict(IPMI, options={'ip': '192.0.2.9'})])['changed']
    assert values(cluster.path) == dict(WANTED, ip='192.0.2.9', pcmk_delay_max='5s')
    assert attributes.get(device(cluster.path), attributes.META, 'target-role') == 'Stopped'
    assert device(cluster.path).find('operations/op[@name="monitor"]').get('timeout') == '99s'
    assert prop(cluster.path, 'stonith-action') == 'off' and prop(cluster.path, 'stonith-timeout') == '90s'
    assert values(cluster.path, 'old') == WANTED, 'no device is removed'


def test_a_set_with_a_rule_is_not_ours(cluster):
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="ipmi-n1" class="stonith" type="fence_ipmilan"><instance_attributes id="night">'
        '<rule id="night-r" score="0"><date_expression id="night-e" operation="gt" start="2030-01-01"/></rule>'
        '<nvpair id="night-p" name="power_wait" value="60"/></instance_attributes></primitive>',
    )
    assert put(cluster)['changed']
    sets = device(cluster.path).findall('instance_attributes')
    assert [len(found.findall('nvpair')) for found in sets] == [1, len(WANTED)]
    assert sets[0].find('nvpair').get('value') == '60'
    assert not put(cluster)['changed']


@pytest.mark.parametrize('name', ['pcmk_host_map', 'pcmk_host_list'])
def test_options_may_say_which_hosts(cluster, name):
    put(cluster, fencing=[dict(IPMI, options={name: 'n1:1'})])
    assert values(cluster.path) == {name: 'n1:1', 'password': SECRET}


def test_no_device_means_no_fencing(cluster):
    put(cluster)
    assert prop(cluster.path, 'stonith-enabled') == 'true'
    assert put(cluster, fencing=[], disable_fencing=True)['changed']
    assert prop(cluster.path, 'stonith-enabled') == 'false' and values(cluster.path) == WANTED
    assert not put(cluster, fencing=[])['changed'], 'it is off already'


@pytest.mark.parametrize('check', [True, False])
@pytest.mark.parametrize('device', ['ours', 'by hand, the default on', 'from a template'])
def test_fencing_that_works_is_not_switched_off_by_accident(cluster, device, check):
    attrib = 'class="stonith" type="fence_ipmilan"'
    if device == 'ours':
        put(cluster)
    elif device == 'from a template':
        cluster.tool('cibadmin', '--create', '--scope', 'resources', '--xml-text', '<template id="t" %s/>' % attrib)
        cluster.tool(
            'cibadmin', '--create', '--scope', 'resources', '--xml-text', '<primitive id="ipmi-n1" template="t"/>'
        )
    else:
        cluster.tool(
            'cibadmin', '--create', '--scope', 'resources', '--xml-text', '<primitive id="ipmi-n1" %s/>' % attrib
        )
    if device != 'ours':
        cluster.tool('crm_attribute', '--name', 'stonith-enabled', '--delete')
    text = cluster.text()
    with pytest.raises(CibError, match='Fencing stays on, nothing was changed: .* ipmi-n1, .* disable_fencing: true'):
        put(cluster, check=check, fencing=[], properties={'cluster-recheck-interval': '5min'})
    assert cluster.text() == text


def test_a_new_device_comes_back_after_an_outage_and_one_that_is_there_stays_as_it_is(cluster):
    put(cluster)
    meta = attributes.pairs(device(cluster.path), attributes.META)
    timeouts = {op.get('name'): op.get('timeout') for op in device(cluster.path).iter('op')}
    assert meta == {'failure-timeout': '5min'} and timeouts == {'start': '60s', 'stop': '60s', 'monitor': '60s'}
    cluster.tool('crm_resource', '--resource', 'ipmi-n1', '--meta', '--delete-parameter', 'failure-timeout')
    assert not put(cluster)['changed']
    cluster.tool('cibadmin', '--delete', '--xml-text', '<op id="ipmi-n1-start-0s"/>')
    assert not put(cluster)['changed']


def test_one_made_by_hand_without_operations_is_monitored_too(cluster):
    bare = '<primitive id="ipmi-n1" class="stonith" type="fence_ipmilan"/>'
    cluster.tool('cibadmin', '--create', '--scope', 'resources', '--xml-text', bare)
    put(cluster)
    assert {op.get('name') for op in device(cluster.path).iter('op')} == {'start', 'stop', 'monitor'}


def test_bad_devices_are_refused_with_every_problem_and_nothing_is_written(cluster, tmp_path, monkeypatch):
    first = tmp_path / 'first.xml'
    monkeypatch.setattr(first_cib, 'FIRST_CIB', str(first))
    text = cluster.text()
    bad = [
        {'id': 'a', 'agent': 'fence_x', 'options': {'password': 'leaked', 'ip': None}},
        {
            'id': 'b',
            'agent': 'fence_x',
            'hosts': ['n1'],
            'options': {'login': 'me', 'plug': [1]},
            'secrets': {'login': 'you'},
        },
        {'id': 'a', 'agent': 'fence_x', 'hosts': ['n2'], 'secrets': {'passwd': 'two\nlines'}},
        {'id': '1st', 'agent': 'fence_x', 'hosts': ['n2']},
    ]
    for arguments in ({}, {'seed': True}, {'check': True}):
        with pytest.raises(InputError) as caught:
            put(cluster, fencing=bad, properties={'stonith-timeout': ''}, **arguments)
        assert [problem.split(';')[0].replace('fencing device ', '') for problem in caught.value.problems] == [
            '1st: id: cannot be the id of a resource',
            'a: hosts: is empty',
            'a: id: is taken by another device',
            'a: options.ip: is empty',
            'a: options.password: would be logged',
            'a: secrets.passwd: holds a newline or another control character',
            'b: login: is both in options and in secrets',
            'b: options.plug: must be a single value',
            'properties.stonith-timeout: is empty',
        ]
        assert all(problem in caught.value.msg for problem in caught.value.problems)
        assert 'two' not in caught.value.msg and 'leaked' not in caught.value.msg
    with pytest.raises(InputError, match='policy: settle'):
        put(cluster, policy={'settle': 'x'})
    assert cluster.text() == text and not first.exists() and not cluster.calls


def test_names_of_other_resources_are_refused_all_at_once(cluster):
    for xml in (
        '<group id="g"><primitive id="address" class="ocf" provider="pacemaker" type="Dummy"/></group>',
        '<primitive id="other" class="stonith" type="fence_xvm"/>',
    ):
        cluster.tool('cibadmin', '--create', '--scope', 'resources', '--xml-text', xml)
    text = cluster.text()
    with pytest.raises(CibError) as caught:
        put(cluster, fencing=[dict(IPMI, id=name) for name in ('g', 'address', 'other', 'fine')])
    assert [problem.split(':')[0] for problem in caught.value.details['problems']] == [
        'fencing device g',
        'fencing device address',
        'fencing device other',
    ]
    assert cluster.text() == text


def test_the_diff_hides_old_secrets_and_new_ones_and_shows_that_they_changed(cluster):
    put(cluster)
    cluster.tool('crm_resource', '--resource', 'ipmi-n1', '--set-parameter', 'passwd', '--parameter-value', 'by hand')
    new = dict(IPMI, secrets={'password': 'other', 'pin': '1234'})
    diff = put(cluster, fencing=[new])['diff']()
    assert not [secret for secret in ('pa&lt;ss', 'word&quot;', 'by hand', 'other', '1234') if secret in str(diff)]
    assert 'name="password" value="hidden"' in diff['before'] and 'name="password" value="hidden, new"' in diff['after']
    assert 'name="passwd" value="hidden"' in diff['after'] and 'name="pin" value="hidden, new"' in diff['after']
    assert 'name="power_wait" value="4"' in diff['after'], 'what is no secret is shown'
    assert values(cluster.path)['password'] == 'other' and values(cluster.path)['passwd'] == 'by hand'


# The first CIB


class Node:
    """A node whose Pacemaker never ran: its tools, and the runner that says on which CIB they work."""

    def __init__(self, path, env):
        self.path, self.env, self.files = path, env, []

    def run(self, argv, stdin=None, environment=None):
        self.files.append((environment or {}).get('CIB_file'))
        done = subprocess.run(
            argv, input=stdin, env=dict(self.env, **(environment or {})), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def node(tmp_path, monkeypatch):
    folder = tmp_path / 'pacemaker'
    folder.mkdir()
    monkeypatch.setattr(first_cib, 'FIRST_CIB', str(folder / 'cib.xml'))
    # Its owner on a node is hacluster; only root could give it away, and a test machine may have no such user.
    monkeypatch.setattr(first_cib, 'OWNER', pwd.getpwuid(os.getuid()).pw_name)
    env = {name: value for name, value in os.environ.items() if name != 'CIB_file'}
    return Node(folder / 'cib.xml', dict(env, LC_ALL='C', PATH=os.environ['PATH'] + ':/usr/sbin:/sbin'))


def test_the_first_cib_is_whole_and_private(node):
    old = os.umask(0)
    try:
        result = put(node, seed=True, policy={'starts_per_node': 3})
    finally:
        os.umask(old)
    assert (
        result['changed'] and 'fence_ipmilan' in result['diff']()['after'] and SECRET[:4] not in str(result['diff']())
    )
    assert values(node.path) == WANTED
    assert (prop(node.path, 'node-action-limit'), prop(node.path, 'stonith-enabled')) == ('3', 'true')
    status = node.path.stat()
    assert (status.st_mode & 0o777, status.st_uid) == (0o600, os.getuid())
    assert os.listdir(node.path.parent) == ['cib.xml']
    # every tool but the one that makes an empty CIB worked on a file, and that is gone
    assert (
        node.files[0] is None and len(set(node.files[1:])) == 1 and not os.path.exists(os.path.dirname(node.files[1]))
    )
    # Pacemaker's own tools take it
    assert node.run(['crm_verify', '--xml-file', str(node.path)])[0] == 0
    assert 'crm_feature_set=' in node.path.read_text()


def test_all_nodes_write_the_same_configuration(node):
    put(node, seed=True)
    one = ET.tostring(configuration(node.path))
    node.path.unlink()
    put(node, seed=True)
    assert ET.tostring(configuration(node.path)) == one


def test_where_there_is_a_cib_seeding_changes_nothing(node):
    put(node, seed=True)
    content, stamp = node.path.read_bytes(), node.path.stat().st_mtime_ns
    result = put(node, seed=True, policy={'starts_per_node': 9})
    assert (result['changed'], result['attempts'], result['diff']()) == (False, 0, {})
    assert node.path.read_bytes() == content and node.path.stat().st_mtime_ns == stamp


def test_seeding_in_check_mode_writes_nothing(node):
    planned = put(node, check=True, seed=True)
    assert planned['changed'] and planned['attempts'] == 0 and os.listdir(node.path.parent) == []
    assert put(node, seed=True)['diff']() == planned['diff']()


def test_without_pacemakers_user_or_directory_nothing_is_written(node, monkeypatch):
    owner = first_cib.OWNER
    monkeypatch.setattr(first_cib, 'OWNER', 'no-such-user')
    for check in (False, True):
        with pytest.raises(CibError, match='no user no-such-user.*Install it first'):
            put(node, check=check, seed=True)
    assert os.listdir(node.path.parent) == []
    monkeypatch.setattr(first_cib, 'OWNER', owner)
    node.path.parent.rmdir()
    with pytest.raises(CibError, match='cannot be written.*directories that Pacemaker'):
        put(node, seed=True)


def test_a_cib_that_cannot_be_given_away_leaves_nothing_behind(node, monkeypatch):
    def refused(*_args):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(first_cib.os, 'chown', refused)
    with pytest.raises(CibError, match='Operation not permitted.*needs root'):
        put(node, seed=True)
    assert os.listdir(node.path.parent) == []


def test_a_missing_tool_is_named(node):
    def without_tools(argv, stdin=None, environment=None):
        raise FileNotFoundError(2, 'No such file or directory', argv[0])

    with pytest.raises(ToolError, match='Cannot run cibadmin'):
        cluster_settings.run(without_tools, full(seed=True))
    assert os.listdir(node.path.parent) == []


# As Ansible runs it


@pytest.fixture
def module(run_module, cluster):
    """module(check=False, **arguments) -> what it returned, and all that it wrote"""
    return lambda check=False, **arguments: run_module('cluster_settings', cluster.env, check, diff=True, **arguments)


def leaks(output, *secrets):
    """The secrets, or a piece of one, in the output in any of the ways in which it may be written."""
    return [
        form
        for secret in secrets
        for form in (
            secret,
            secret.replace('&', '&amp;').replace('<', '&lt;').replace('"', '&quot;'),
            json.dumps(secret)[1:-1],
        )
        if form in output or form in json.dumps(json.loads(output), ensure_ascii=False)
    ]


@pytest.mark.matrix
def test_secrets_never_leave_the_module(module, cluster):
    arguments = {'fencing': [IPMI]}
    for check in (True, False):
        result, output = module(check, **arguments)
        assert result['changed'] and 'fence_ipmilan' in result['diff']['after'] and '192.0.2.1' in output
        assert not leaks(output, SECRET) and 'pa<ss' not in output and 'pa&lt;ss' not in output
    assert values(cluster.path) == WANTED
    again, output = module(**arguments)
    assert not again['changed'] and again['commands'] == ['cibadmin --query'] and not leaks(output, SECRET)
    # the old secret is nobody's argument any more
    changed, output = module(fencing=[dict(IPMI, secrets={'password': 'n3w&<secret'})])
    assert changed['changed'] and not leaks(output, SECRET, 'n3w&<secret') and 'pa&lt;ss' not in output


def test_a_tool_that_returns_xml_returns_no_secret(module, cluster, tmp_path):
    """cibadmin fails, and shows what it was given."""
    tools = tmp_path / 'tools'
    tools.mkdir()
    real = subprocess.run(
        ['which', 'cibadmin'], env=cluster.env, capture_output=True, text=True, check=True
    ).stdout.strip()
    (tools / 'cibadmin').write_text('#!/bin/sh\ncase "$*" in *--patch*) cat >&2; exit 78;; esac\nexec %s "$@"\n' % real)
    (tools / 'cibadmin').chmod(0o755)
    cluster.env['PATH'] = '%s:%s' % (tools, cluster.env['PATH'])
    result, output = module(fencing=[IPMI])
    assert result['failed'] and result['rc'] == 78 and 'fence_ipmilan' in result['stderr']
    assert 'pa&lt;ss' not in output and not leaks(output, SECRET)


def test_a_secret_among_the_options_is_refused_and_not_repeated(module, cluster):
    text = cluster.text()
    result, output = module(fencing=[dict(IPMI, options={'passwd': 'k33p<out'}, secrets={})])
    assert result['failed'] and 'options.passwd' in result['msg'] and not leaks(output, 'k33p<out')
    assert cluster.text() == text


@pytest.mark.parametrize(
    'arguments',
    [
        {},
        {'fencing': [{'id': 'a'}]},
        {'fencing': [{'id': 'a', 'agent': 'b', 'bogus': 1}]},
        {'fencing': [], 'policy': {'bogus': 1}},
    ],
)
def test_ansible_refuses_what_the_argument_spec_does(module, arguments):
    result, output = module(**arguments)
    assert result['failed'] and 'Traceback' not in output


def test_the_documentation_says_what_the_module_takes_and_returns(module):
    source = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.cluster_settings')
    documented = yaml.safe_load(source.DOCUMENTATION)['options']
    fields = documented['fencing']['suboptions']
    assert list(fields) == list(source.FENCING_FIELDS)
    for name, spec in source.FENCING_FIELDS.items():
        for key in ('type', 'default', 'elements', 'required'):
            assert fields[name].get(key) == spec.get(key), (name, key)
    assert source.FENCING_FIELDS['secrets']['no_log'] is True
    for task in yaml.safe_load(source.EXAMPLES):
        result, _output = module(**task['openve.pacemaker.cluster_settings'])
        assert result['changed']
    returned = yaml.safe_load(source.RETURN)
    assert set(result) - {'changed', 'diff', 'invocation', 'warnings'} == {
        name for name, value in returned.items() if not value['returned'].startswith('when')
    }


def test_secrets_that_a_device_has_from_a_template_are_in_no_diff(cluster):
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<template id="fences" class="stonith" type="fence_ipmilan"><instance_attributes id="f"><nvpair id="f-p" name="password" '
        'value="hush-hush"/></instance_attributes></template>',
    )
    cluster.tool(
        'cibadmin', '--create', '--scope', 'resources', '--xml-text', '<primitive id="ipmi-n1" template="fences"/>'
    )
    result = put(cluster)
    assert 'hush' not in json.dumps(result['diff']()) and SECRET not in json.dumps(result['diff']())
    assert device(cluster.path).get('template') == 'fences' and values(cluster.path) == WANTED


def test_without_a_policy_the_ves_keep_the_limits_of_theirs(cluster):
    """A play with role cluster and no policy, and one that declares VEs with theirs: neither changes what the other set."""
    put(cluster)
    assert prop(cluster.path, 'node-action-limit') == '2', 'before there are any'
    declare(cluster, [{'id': 1}], {'starts_per_node': 4})
    assert not put(cluster)['changed'] and prop(cluster.path, 'node-action-limit') == '4'
    put(cluster, policy={'starts_per_node': 3})
    assert prop(cluster.path, 'node-action-limit') == '3', 'that is said'

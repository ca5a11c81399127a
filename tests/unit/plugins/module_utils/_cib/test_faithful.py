# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker keeps as something else is refused by what its tools do, and what was pushed is read back."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, faithful, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_settings

from declarations import create, declare, values

KEPT = ['plain & "x" <y>', 'grüß', 'a & b ü', "ü'x", 'ü>x', '日本語', '😀']
DAMAGED = [
    ('grüß && "x" <y>', '&'),
    ('ü"x', '"'),
    ('ü<x', '<'),
    ('日本 &', '&'),
    ('ü&amp;x', '&'),
    ('a & ü b " c', '"'),
]


def keeps(cib, value):
    """Whether plain cibadmin keeps a value: the only word that counts."""
    text = cib.text()
    try:
        create(
            cib,
            '<primitive id="p" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="i"><nvpair id="v" '
            'name="fake" value=%s/></instance_attributes></primitive>' % quoteattr(value),
        )
        root = ET.fromstring(cib.tool('cibadmin', '--query'))
        return attributes.get(tree.primitives(root)['p'], attributes.INSTANCE, 'fake') == value
    except (AssertionError, ET.ParseError):
        return False
    finally:
        cib.path.write_text(text)


@pytest.mark.parametrize('value', KEPT + [value for value, _character in DAMAGED])
def test_it_says_what_plain_cibadmin_does(cib_file, value):
    found = list(faithful.problems(cib_file.run, {'VE x: params.y': value}))
    assert bool(found) != keeps(cib_file, value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet='aü<>&"\'; 日', min_size=1, max_size=8).map(str.strip).filter(bool))
def test_it_says_what_plain_cibadmin_does_with_anything(cib_file, text):
    assert (not list(faithful.problems(cib_file.run, {'x': text}))) == keeps(cib_file, text)


def damages(cib):
    return not keeps(cib, 'ü & x')


@pytest.mark.parametrize('value, character', DAMAGED)
def test_a_command_that_would_be_mutilated_is_refused_and_nothing_changes(cluster, value, character):
    text = cluster.text()
    ve = {'id': 1, 'name': 'db', 'monitor': {'command': value}}
    if not damages(cluster):
        declare(cluster, [ve])
        assert values(cluster, 'db', 'instance_attributes')['monitor_command'] == value
        return
    with pytest.raises(InputError) as failure:
        declare(cluster, [ve])
    assert cluster.text() == text
    assert re.match(
        'VE db: monitor.command: .* cannot keep the character %s behind one that is not ASCII' % re.escape(character),
        failure.value.problems[0],
    )


def test_every_field_is_looked_at(cluster):
    bad = 'ü & x'
    ves = [
        {'id': 1, 'params': {'ready_command': bad}, 'meta': {'description': bad}},
        {'id': 2, 'monitor': {'command': bad}},
    ]
    if damages(cluster):
        with pytest.raises(InputError) as failure:
            declare(cluster, ves)
        assert [line.split(': ')[:2] for line in failure.value.problems] == [
            ['VE 1', 'params.ready_command'],
            ['VE 1', 'meta.description'],
            ['VE 2', 'monitor.command'],
        ]
    else:
        declare(cluster, ves)


def test_every_field_of_a_device_and_every_property_is_looked_at(cluster):
    bad, text = 'ü & x', cluster.text()
    device = {'id': 'f', 'agent': 'fence_x', 'hosts': ['n1'], 'options': {'ip': bad}, 'secrets': {'password': bad}}
    arguments = {'fencing': [device], 'policy': None, 'properties': {'dc-deadtime': bad}, 'seed': False}
    if not damages(cluster):
        pytest.skip('this Pacemaker keeps it')
    with pytest.raises(InputError) as failure:
        cluster_settings.run(cluster.run, arguments)
    assert sorted(line.split(' the Pacemaker')[0] for line in failure.value.problems) == [
        'fencing device f: options.ip:',
        'fencing device f: secrets.password:',
        'properties.dc-deadtime:',
    ]
    assert cluster.text() == text


@pytest.mark.parametrize('value', ['grüße', 'plain & <x>', 'a & ü'])
def test_what_is_kept_is_taken(cluster, value):
    declare(cluster, [{'id': 1, 'monitor': {'command': value}}])
    assert values(cluster, 've-1', 'instance_attributes')['monitor_command'] == value


@pytest.mark.parametrize('seed', [False, True])
def test_a_secret_that_would_be_mutilated_is_refused_and_not_shown(cluster, seed, tmp_path, monkeypatch):
    from ansible_collections.openve.pacemaker.plugins.module_utils._cib import first_cib

    monkeypatch.setattr(first_cib, 'FIRST_CIB', str(tmp_path / 'first.xml'))
    if not damages(cluster):
        pytest.skip('this Pacemaker keeps it')
    device = {'id': 'f1', 'agent': 'fence_x', 'hosts': ['n1'], 'options': {}, 'secrets': {'password': 'gehéim&niss'}}
    text = cluster.text()
    with pytest.raises(InputError) as failure:
        cluster_settings.run(cluster.run, {'fencing': [device], 'policy': None, 'properties': {}, 'seed': seed})
    assert failure.value.problems[0].startswith('fencing device f1: secrets.password: ') and ' & ' in failure.value.msg
    assert 'geh' not in str(failure.value.msg) and 'niss' not in str(failure.value.details)
    assert cluster.text() == text and not (tmp_path / 'first.xml').exists()


def test_a_cib_that_is_dumped_by_a_tool_is_not_shown(cluster):
    """As cibadmin does where what it is given does not conform to the schema."""
    from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import call

    broken = '<primitive id="x" class="ocf" nonsense="hush"/>'
    with pytest.raises(ToolError) as failure:
        call(cluster.run, ['cibadmin', '--create', '--scope', 'resources', '--xml-text', broken])
    assert 'hush' not in failure.value.msg + str(failure.value.details['stderr']) + str(failure.value.details['stdout'])
    assert 'schema' in failure.value.msg


# What was pushed is read back


def tampering(cluster, replace):
    """A runner whose cibadmin stores something else than what it is given."""

    def run(argv, stdin=None):
        done = cluster.run(argv, stdin)
        if '--patch' in argv:
            cluster.path.write_text(replace(cluster.text()))
        return done

    return run


def named(root, value):
    primitive = ET.SubElement(tree.section(root, 'resources'), 'primitive', id='p')
    primitive.attrib.update({'class': 'ocf', 'provider': 'pacemaker', 'type': 'Dummy'})
    attributes.put(primitive, attributes.INSTANCE, 'fake', value)


@pytest.mark.parametrize(
    'replace, name',
    [
        (lambda text: text.replace('value="given"', 'value="giv"'), 'p-instance_attributes-fake'),
        (lambda text: re.sub('<primitive.*</primitive>', '', text, flags=re.DOTALL), 'p'),
    ],
)
def test_what_was_stored_as_something_else_is_an_error(cluster, replace, name):
    with pytest.raises(CibError, match='stored something else than what it was given: %s' % name) as failure:
        transaction.change(tampering(cluster, replace), lambda root: named(root, 'given'))
    assert 'giv"' not in failure.value.msg


def test_what_was_not_removed_is_an_error(cluster):
    transaction.change(cluster.run, lambda root: named(root, 'given'))
    text = cluster.text()

    def remove(root):
        tree.section(root, 'resources').remove(tree.primitives(root)['p'])

    with pytest.raises(CibError, match='given: p. Look'):
        transaction.change(tampering(cluster, lambda _text: text), remove)


def test_what_others_did_meanwhile_is_none(cluster):
    def others(text):
        return text.replace('<nodes>', '<nodes><!-- theirs -->').replace(
            '"no-quorum-policy" value="ignore"', '"no-quorum-policy" value="stop"'
        )

    draft = transaction.change(tampering(cluster, others), lambda root: named(root, 'given'))
    assert draft.changed and draft.warnings == []


def test_a_cib_that_is_printed_as_no_xml_is_explained(cluster):
    """Somebody else's value, in a file that was not written by these tools."""
    if not damages(cluster):
        pytest.skip('this Pacemaker prints it as it should')
    cluster.path.write_text(
        cluster.text().replace(
            '<resources />',
            '<resources><primitive id="p" class="ocf" provider="pacemaker" type="Dummy" description="ü &lt; hush"/></resources>',
        )
    )
    with pytest.raises(CibError, match='is no XML .* behind a character that is not ASCII') as failure:
        declare(cluster, [{'id': 1}])
    assert 'hush' not in str(failure.value.msg)

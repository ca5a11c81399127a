# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates and references are read as Pacemaker reads them: compared with what its scheduler would run, on a file."""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker, times
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, operations, tree

from declarations import create

DUMMY = 'class="ocf" provider="pacemaker" type="Dummy"'


def fake(ident, value, more=''):
    return '<instance_attributes id="%s" %s><nvpair id="%s-f" name="fake" value="%s"/></instance_attributes>' % (
        ident,
        more,
        ident,
        value,
    )


RESOURCES = (
    '<template id="t" %s>%s<operations><op id="t-m" name="monitor" interval="10s" timeout="21s"/>'
    '<op id="t-m2" name="monitor" interval="20s" timeout="22s" role="Stopped"/>'
    '<op id="t-s" name="start" interval="0" timeout="23s"/></operations></template>' % (DUMMY, fake('t-i', 'template')),
    '<template id="strong" %s>%s</template>' % (DUMMY, fake('st-i', 'strong template', 'score="7"')),
    '<primitive id="two-sets" %s>%s%s</primitive>' % (DUMMY, fake('o1', 'first'), fake('o2', 'second')),
    '<primitive id="scores" %s>%s%s</primitive>'
    % (DUMMY, fake('s1', 'high', 'score="5"'), fake('s2', 'low', 'score="1"')),
    '<primitive id="by-template" template="t">%s<operations><op id="p-m" name="monitor" interval="30s" timeout="33s"/>'
    '</operations></primitive>' % fake('tp', 'primitive'),
    '<primitive id="bare" template="t"/>',
    '<primitive id="below" template="strong">%s</primitive>' % fake('b1', 'primitive'),
    '<primitive id="set" %s><instance_attributes id-ref="o1"/><operations id-ref="shared"/></primitive>' % DUMMY,
    '<primitive id="pair" %s><instance_attributes id="p1"><nvpair id-ref="t-i-f"/></instance_attributes></primitive>'
    % DUMMY,
    '<primitive id="renamed" %s><instance_attributes id="p2"><nvpair id-ref="t-i-f" name="op_sleep"/></instance_attributes>'
    '<operations id="shared"><op id="sh" name="monitor" interval="40s" timeout="44s"/></operations></primitive>'
    % DUMMY,
    '<primitive id="both" template="t"><operations id-ref="shared"/></primitive>',
    '<group id="g"><primitive id="in-group" template="t"/></group>',
    '<clone id="c"><primitive id="in-clone" template="t"/></clone>',
)


@pytest.fixture
def shared(cluster):
    with_them = ET.fromstring(cluster.text())
    for xml in RESOURCES:
        if pacemaker.tools(cluster.run).version >= (3,):
            # its schema has no operations, and no nvpair under another name, that refer to others: it refuses the whole CIB
            xml = xml.replace('<operations id-ref="shared"/>', '').replace(' name="op_sleep"/>', '/>')
        tree.section(with_them, 'resources').append(ET.fromstring(xml))
    cluster.path.write_text(ET.tostring(with_them, encoding='unicode'))
    return cluster


def scheduled(cluster):
    """{resource: {(operation, interval): (fake, op_sleep, timeout)}} of what Pacemaker would run."""
    with tempfile.TemporaryDirectory() as directory:
        graph = os.path.join(directory, 'graph')
        cluster.tool('crm_simulate', '--run', '--xml-file', str(cluster.path), '--save-graph', graph)
        root = ET.parse(graph).getroot()
    found = {}
    for action in root.iter('rsc_op'):
        parameters = action.find('attributes')
        if parameters is not None and action.get('operation') in ('start', 'monitor'):
            interval = int(parameters.get('CRM_meta_interval', 0))
            if action.get('operation') == 'start' or interval:
                found.setdefault(action.find('primitive').get('id'), {})[action.get('operation'), interval] = (
                    parameters.get('fake'),
                    parameters.get('op_sleep'),
                    int(parameters.get('CRM_meta_timeout')),
                )
    return found


def test_attributes_and_timeouts_are_those_that_pacemaker_runs_with(shared):
    root = ET.fromstring(shared.text())
    expected = scheduled(shared)
    primitives = expansion.primitives(root)
    assert set(expected) == set(primitives) and len(expected) == 11
    for name, primitive in primitives.items():
        values = attributes.pairs(primitive, attributes.INSTANCE)
        for (operation, interval), (value, sleep, timeout) in expected[name].items():
            assert (values.get('fake'), values.get('op_sleep')) == (value, sleep), name
            assert attributes.get(primitive, attributes.INSTANCE, 'fake') == value, name
            assert times.parse(operations.timeout(root, primitive, operation, interval)) == timeout, (name, operation)
        declared = {
            times.parse(row['interval']) for row in operations.declared(root, primitive) if row['name'] == 'monitor'
        }
        # the one of the role Stopped runs where the resource does not, and a clone is everywhere
        assert declared - {20000} == {interval for _operation, interval in expected[name] if interval} - {20000}, name
        assert (20000 in declared) == (primitive.find('operations/op[@role]') is not None), name


def test_the_agent_is_that_of_the_template(shared):
    for name, primitive in expansion.primitives(ET.fromstring(shared.text())).items():
        assert [primitive.get(key) for key in ('id', 'class', 'provider', 'type')] == [
            name,
            'ocf',
            'pacemaker',
            'Dummy',
        ]
        told = shared.tool('crm_resource', '--query-xml', '--resource', name)
        assert '(ocf:pacemaker:Dummy)' in told or '(ocf::pacemaker:Dummy)' in told or 'type="Dummy"' in told


def test_nothing_is_changed_and_what_has_no_reference_is_the_element_itself(shared):
    root = ET.fromstring(shared.text())
    before = tree.text(root)
    primitives = expansion.primitives(root)
    assert tree.text(root) == before
    assert primitives['two-sets'] is tree.primitives(root)['two-sets']
    assert primitives['bare'] is not tree.primitives(root)['bare']


@pytest.mark.parametrize(
    'resources',
    [
        '<primitive id="lost" template="nowhere"/>',
        '<primitive id="lost" class="ocf" provider="p" type="T"><meta_attributes id-ref="nowhere"/></primitive>',
    ],
)
def test_a_reference_to_nothing_says_nothing(cib_file, resources):
    root = ET.fromstring(cib_file.text())
    tree.section(root, 'resources').append(ET.fromstring(resources))
    lost = expansion.primitives(root)['lost']
    assert (
        attributes.pairs(lost, attributes.META) == {} and attributes.get(lost, attributes.META, 'target-role') is None
    )


def test_a_property_may_stand_in_a_set_that_is_referred_to(cib_file):
    create(
        cib_file,
        '<cluster_property_set id="theirs" score="2"><nvpair id="theirs-b" name="batch-limit" value="7"/></cluster_property_set>',
        'crm_config',
    )
    root = ET.fromstring(cib_file.text())
    assert attributes.get_property(root, 'batch-limit') == '7'
    # the tools' own set is stronger than every other
    attributes.set_property(root, 'no-quorum-policy', 'freeze')
    tree.section(root, 'crm_config').append(
        ET.fromstring(
            '<cluster_property_set id="late" score="INFINITY"><nvpair id="l" name="no-quorum-policy" value="stop"/></cluster_property_set>'
        )
    )
    assert attributes.get_property(root, 'no-quorum-policy') == 'freeze'


# What is written goes beside a reference, and holds


@pytest.mark.parametrize(
    'name', ['two-sets', 'scores', 'by-template', 'bare', 'below', 'set', 'pair', 'renamed', 'in-clone']
)
def test_what_is_put_holds_and_touches_nobody_else(shared, name):
    root = ET.fromstring(shared.text())
    others = {other: tree.text(primitive) for other, primitive in expansion.primitives(root).items() if other != name}
    attributes.put(tree.primitives(root)[name], attributes.INSTANCE, 'fake', 'put')
    shared.path.write_text(tree.text(root))
    if name != 'below':  # a template's score is its owner's word; elements.primitive knows how to stand above it
        assert scheduled(shared)[name]['start', 0][0] == 'put'
        assert attributes.get(expansion.primitives(root)[name], attributes.INSTANCE, 'fake') == 'put'
    now = expansion.primitives(root)
    assert {other: tree.text(now[other]) for other in others} == others
    attributes.remove(tree.primitives(root)[name], attributes.INSTANCE, 'fake')
    assert attributes.get(expansion.primitives(root)[name], attributes.INSTANCE, 'fake') != 'put'

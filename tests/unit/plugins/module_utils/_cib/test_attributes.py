# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster properties that Pacemaker 3.0.2 calls otherwise. Attributes of resources, with templates: test_expansion.py."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_settings

from rehearsed import many

NEW, OLD, NEITHER = '3.0.2-1.el10-abc', '2.1.5-a3f44794f94', None


def with_properties(cib, version=None, schema=None, **properties):
    root = ET.fromstring(cib.text())
    section = tree.section(root, 'crm_config')
    for name in ('stonith-enabled', 'fencing-enabled'):
        attributes.remove(section, attributes.PROPERTIES, name)
    if version:
        attributes.put(section, attributes.PROPERTIES, 'dc-version', version)
    for name, value in properties.items():
        attributes.put(section, attributes.PROPERTIES, name.replace('_', '-'), value)
    if schema:
        root.set('validate-with', schema)
    return root


def stored(root):
    pairs = attributes.pairs(tree.section(root, 'crm_config'), attributes.PROPERTIES)
    return {name: value for name, value in pairs.items() if name.startswith(('fenc', 'stonith'))}


@pytest.mark.parametrize(
    'version, properties, read',
    [
        (NEW, {'fencing_timeout': '70s'}, '70s'),
        (NEW, {'stonith_timeout': '80s'}, '80s'),
        (NEW, {'fencing_timeout': '70s', 'stonith_timeout': '80s'}, '70s'),
        (NEITHER, {'fencing_timeout': '70s'}, '70s'),
        (NEITHER, {'stonith_timeout': '80s'}, '80s'),
        # an older Pacemaker takes no notice of the new name
        (OLD, {'fencing_timeout': '70s', 'stonith_timeout': '80s'}, '80s'),
        (OLD, {'fencing_timeout': '70s'}, None),
        ('3.0.1', {'fencing_timeout': '70s'}, None),
        ('3.1.0', {'fencing_timeout': '70s'}, '70s'),
        (NEW, {}, None),
    ],
)
def test_both_names_are_read(cib_file, version, properties, read):
    root = with_properties(cib_file, version, **properties)
    assert attributes.get_property(root, 'stonith-timeout') == attributes.get_property(root, 'fencing-timeout') == read


@pytest.mark.parametrize(
    'version, properties, written',
    [
        (NEW, {'fencing_timeout': '70s'}, {'fencing-timeout': '90s'}),
        (NEW, {'stonith_timeout': '80s'}, {'stonith-timeout': '90s'}),
        (
            NEW,
            {'fencing_timeout': '70s', 'stonith_timeout': '80s'},
            {'fencing-timeout': '90s', 'stonith-timeout': '90s'},
        ),
        (NEW, {}, {'fencing-timeout': '90s'}),
        (NEITHER, {'fencing_timeout': '70s'}, {'fencing-timeout': '90s'}),
        (NEITHER, {}, {'stonith-timeout': '90s'}),
        (OLD, {}, {'stonith-timeout': '90s'}),
        (OLD, {'fencing_timeout': '70s'}, {'fencing-timeout': '70s', 'stonith-timeout': '90s'}),
    ],
)
def test_what_is_written_holds_and_is_spelled_as_there(cib_file, version, properties, written):
    for name in ('stonith-timeout', 'fencing-timeout'):
        root = with_properties(cib_file, version, **properties)
        attributes.set_property(root, name, '90s')
        assert stored(root) == written
        assert attributes.get_property(root, name) == '90s'
    attributes.remove_property(root, 'stonith-timeout')
    assert stored(root) == {}


@pytest.mark.parametrize('new, old', pacemaker.RENAMED)
def test_every_renamed_property_is_in_the_table(cib_file, new, old):
    root = with_properties(cib_file, NEW, **{new.replace('-', '_'): 'x'})
    assert attributes.get_property(root, old) == 'x'


def test_fencing_is_switched_under_the_name_that_it_has(cluster):
    cluster.path.write_text(tree.text(with_properties(cluster, NEW, fencing_enabled='true')))
    arguments = {
        'fencing': [],
        'policy': None,
        'properties': {'stonith-timeout': '90s'},
        'seed': False,
        'disable_fencing': False,
    }
    assert cluster_settings.run(cluster.run, arguments)['changed']
    assert stored(ET.fromstring(cluster.text())) == {'fencing-enabled': 'false', 'fencing-timeout': '90s'}
    assert not cluster_settings.run(cluster.run, arguments)['changed']


@pytest.mark.parametrize('version', [NEW, NEITHER])
def test_a_rehearsal_knows_that_fencing_is_off(rehearse, version):
    def off(root):
        section = tree.section(root, 'crm_config')
        attributes.remove(section, attributes.PROPERTIES, 'stonith-enabled')
        attributes.put(section, attributes.PROPERTIES, 'fencing-enabled', 'false')
        if version:
            attributes.put(section, attributes.PROPERTIES, 'dc-version', version)

    result, _scenarios = rehearse(many(1), change=off, scenarios=['boot'])
    assert [row['text'] for row in result['verdicts'] if row['rule'] == 'fencing-off'][0].startswith('fencing is off')

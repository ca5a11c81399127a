# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing on or off, by either name that Pacemaker has for it; the devices are tested with their module."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, fencing


def cib(**properties):
    root = ET.fromstring('<cib><configuration><crm_config/></configuration></cib>')
    for name, value in properties.items():
        attributes.put(root.find('configuration/crm_config'), attributes.PROPERTIES, name.replace('_', '-'), value)
    return root


def properties(root):
    return attributes.pairs(root.find('configuration/crm_config'), attributes.PROPERTIES)


@pytest.mark.parametrize(
    'before, after',
    [
        ({}, {'stonith-enabled': 'false'}),
        ({'stonith_enabled': 'true'}, {'stonith-enabled': 'false'}),
        ({'fencing_enabled': 'true'}, {'fencing-enabled': 'false'}),
        (
            {'stonith_enabled': 'true', 'fencing_enabled': 'true'},
            {'stonith-enabled': 'false', 'fencing-enabled': 'false'},
        ),
    ],
)
def test_it_is_switched_by_the_name_that_is_there(before, after):
    root = cib(**before)
    fencing.switch(root, False)
    assert properties(root) == after and attributes.fencing_is_off(root)
    fencing.switch(root, True)
    assert set(properties(root)) == set(after) and not attributes.fencing_is_off(root)


def test_the_new_name_counts_where_both_are_there():
    assert attributes.fencing_is_off(cib(stonith_enabled='true', fencing_enabled='false'))
    assert not attributes.fencing_is_off(cib(stonith_enabled='false', fencing_enabled='true'))
    assert not attributes.fencing_is_off(cib())

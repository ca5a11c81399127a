# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import pathlib
import xml.etree.ElementTree as ET

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

FILE = pathlib.Path(__file__).resolve().parents[4] / 'plugins' / 'filter' / 've_timeouts.py'
SPEC = importlib.util.spec_from_file_location('ve_timeouts', FILE)
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)
ve_timeouts = plugin.FilterModule().filters()['ve_timeouts']

VES = [
    {'id': 101, 'name': 'db', 'stop_grace': '5min', 'monitor': {'timeout': '1500ms'}},
    {'id': 102, 'boot_time': '3min'},
]


def test_they_are_those_that_reach_the_cib(cluster):
    policy = {'settle': '10s'}
    ve_resources.run(
        cluster.run,
        {
            'ves': VES,
            'policy': policy,
            'purge': False,
            'new': 'started',
            'wait': False,
            'wait_timeout': '10min',
            'allow_restart': False,
            'backup_keep': 0,
        },
    )
    written = {
        primitive.get('id'): {op.get('name'): op.get('timeout') for op in primitive.iter('op')}
        for primitive in ET.fromstring(cluster.text()).iter('primitive')
    }
    assert written['db']['monitor'] == '1500ms'
    written['db']['monitor'] = '2s'  # whole seconds, and never less than there are
    found = ve_timeouts(VES, policy)
    assert {
        name: {action: '%ds' % seconds for action, seconds in row.items()} for name, row in found.items()
    } == written


def test_the_policy_may_be_left_out():
    assert ve_timeouts([{'id': 1}]) == {'ve-1': {'start': 180, 'stop': 150, 'monitor': 30}} and ve_timeouts([]) == {}


def test_mistakes_are_the_models():
    with pytest.raises(
        AnsibleFilterError, match='(?s)ve_timeouts: .*cannot be used:\n- VE 1: boot_time: .x. is no time.*VE 2: after'
    ):
        ve_timeouts([{'id': 1, 'boot_time': 'x'}, {'id': 2, 'after': ['ve-2']}])


def test_the_sample_is_what_the_example_gives():
    given = yaml.safe_load(plugin.EXAMPLES)[0]['vars']
    timeouts = ve_timeouts(given['openve_ves'], given['openve_policy'])
    assert timeouts == yaml.safe_load(plugin.RETURN)['_value']['sample']
    assert '# %d' % max(row['stop'] for row in timeouts.values()) in plugin.EXAMPLES

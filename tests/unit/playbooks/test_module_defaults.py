# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action group has what modules have in common: the declaration, said once for all of them."""

from __future__ import annotations

import re

import source
import yaml

VES = [{'id': 101, 'engine': 'lxc'}]
GROUP = yaml.safe_load((source.ROOT / 'meta/runtime.yml').read_text())['action_groups']
COMMON = {'ves', 'policy'}


def test_it_has_the_modules_that_take_all_of_it_and_no_others():
    modules = sorted(path.stem for path in (source.ROOT / 'plugins/modules').glob('*.py'))
    assert GROUP == {'openve': [module for module in modules if COMMON <= source.options(module)]}


def test_its_defaults_work_for_each(ansible_playbook, cluster):
    play = {
        'hosts': 'all',
        'gather_facts': False,
        'module_defaults': {'group/openve.pacemaker.openve': {'ves': VES, 'policy': {'starts_per_node': 3}}},
        'tasks': [{'openve.pacemaker.' + module: {}} for module in GROUP['openve']],
    }
    code, output = ansible_playbook([play], {'all': {'hosts': {'n1': {}}}}, '--check', '--diff', env=cluster.env)
    assert code == 0 and re.search(r'name="node-action-limit"\s+value="3"', output), output
    # a task's own word goes before it, and others are not bothered
    own = dict(play, tasks=[{'openve.pacemaker.ve_resources': {'ves': []}}, {'openve.pacemaker.ve_info': {}}])
    code, output = ansible_playbook([own], {'all': {'hosts': {'n1': {}}}}, '--check', '--diff', env=cluster.env)
    assert code == 0 and '<primitive' not in output, output

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role cluster ends when fencing can act, and says why it cannot. Its own tasks, on a CIB in a file."""

from __future__ import annotations

import pytest
import source
import yaml

from declarations import create
from happenings import FAILED, OK, happened, with_dc

DEVICES = [{'id': 'ipmi-n1', 'agent': 'fence_ipmilan'}, {'id': 'ipmi-n2', 'agent': 'fence_ipmilan'}]


@pytest.fixture
def ended(cluster, ansible_playbook):
    """ended() -> exit code and what was shown"""
    for device in DEVICES:
        create(cluster, '<primitive id="%s" class="stonith" type="%s"/>' % (device['id'], device['agent']))
    with_dc(cluster, fencing='true')

    def run():
        [block] = yaml.safe_load((source.ROOT / 'roles/cluster/tasks/fencing.yml').read_text())
        assert block['block'][0]['retries'] == 30
        block['block'][0].update(retries=1, delay=0)
        play = {'hosts': 'all', 'gather_facts': False, 'vars': {'cluster_fencing': DEVICES}, 'tasks': [block]}
        return ansible_playbook([play], {'all': {'hosts': {'n1': {}}}}, env=cluster.env)

    return run


def test_what_cannot_fence_is_named_with_its_reason(cluster, ended):
    happened(cluster, 'n1', 'ipmi-n1', ('start', OK))
    happened(cluster, 'n2', 'ipmi-n2', ('start', FAILED, 'Login timed out'))
    code, shown = ended()
    last = shown[shown.index('Say which fencing device cannot') :]
    assert code == 2 and 'Fencing cannot act' in last and 'ipmi-n1' not in last, shown
    assert 'ipmi-n2 failed start on n2 at 2' in last and ': Login timed out. The cluster runs' in last, shown
    happened(cluster, 'n3', 'ipmi-n2', ('start', OK))
    assert ended()[0] == 0

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""restore.yml says what a restore would do before it is refused or done. That it is done: tests/unit/plugins/modules, molecule/cluster."""

from __future__ import annotations


def test_it_says_what_it_would_do_and_is_refused_where_that_interrupts_something(cluster, run_module, ansible_playbook):
    for number in (101, 201):
        run_module('ve_resources', cluster.env, ves=[{'id': number, 'name': 'web'}], allow_restart=True)
        cluster.settle()
    text = cluster.text()
    hosts = {'all': {'hosts': {'n1': {}}}}
    code, output = ansible_playbook('openve.pacemaker.restore', hosts, '--check', env=cluster.env)
    said = (
        output.index('Pacemaker will'),
        output.index('restart web on n'),
        output.index('This would interrupt what runs'),
    )
    assert code == 2 and list(said) == sorted(said) and 'openve_allow_restart' not in output, output
    code, output = ansible_playbook(
        'openve.pacemaker.restore', hosts, '--check', '-e', 'openve_allow_restart=true', env=cluster.env
    )
    assert code == 0 and 'changed=1' in output and cluster.text() == text, output

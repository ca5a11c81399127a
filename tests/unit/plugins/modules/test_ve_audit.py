# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_audit as Ansible runs it, and what it finds on the node that it runs on."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET

import audit_examples
import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import rules
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._host.places import Places
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_audit

GUESTS = '\n'.join(
    audit_examples.guest(parameters=parameters, agent=agent, name=name)
    for name, agent, parameters in (
        ('ve1', 'openve:ManageVE', {'veid': '101'}),
        ('ve2', 'openve:ManageVE', {'veid': 'web', 'engine': 'lxc'}),
        ('ve3', 'openve:ManageVE', {'veid': '103'}),
        ('vm1', 'heartbeat:VirtualDomain', {'config': '/etc/libvirt/qemu/vm1.xml'}),
        ('vm2', 'heartbeat:VirtualDomain', {'config': '/vm/vm2.xml'}),
        ('disk', 'heartbeat:Filesystem', {'directory': '/vm'}),
    )
)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """What a node has; the rules find what is wrong with it."""
    for path, text in (
        ('etc/vz/conf/101.conf', 'ONBOOT="yes"\n'),
        ('var/lib/lxc/web/config', 'lxc.start.auto = 1\n'),
        ('etc/libvirt/qemu/autostart/vm1.xml', ''),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.setattr(ve_audit, 'PLACES', Places(str(tmp_path)))
    limit = {'node': 'n1', 'limit': '2', 'in_force': 'true', 'override': None, 'why': ''}
    monkeypatch.setattr(ve_audit.node_limit, 'own_name', lambda _runner: 'n1')
    monkeypatch.setattr(ve_audit.node_limit, 'look', lambda _here, _root: [limit])
    return tmp_path


def look(cib, stop='30min', rc=0):
    subject = Subject(ET.fromstring(cib), (), None, 0.0)
    facts = ve_audit.facts(lambda _argv: (rc, stop + '\n', ''), subject)
    found = Subject(subject.root, (), facts, 0.0)
    return {rule.id: list(rule.findings(found)) for rule in rules.ALL if rule.needs}


def test_what_else_starts_a_guest_and_what_is_missing(host):
    found = look(audit_examples.cib({'resources': GUESTS}))
    starters = {one['resource']: one['text'] for one in found['autostart-beside-pacemaker']}
    assert set(starters) == {'ve1', 've2', 'vm1'}
    assert starters['ve1'].startswith('ONBOOT=yes in ') and 'lxc.start.auto' in starters['ve2']
    # vm2's is on a file system that the cluster mounts, where it runs
    assert {one['resource'] for one in found['guest-config-differs']} == {'ve3', 'vm1'}
    banned = '<rsc_location id="no" rsc="ve3" node="n1" score="-INFINITY"/>'
    found = look(audit_examples.cib({'resources': GUESTS, 'constraints': banned}))
    assert {one['resource'] for one in found['guest-config-differs']} == {'vm1'}


def test_switched_off_it_is_fine(host):
    (host / 'etc/vz/conf/101.conf').write_text('ONBOOT="no"\n')
    (host / 'var/lib/lxc/web/config').write_text('lxc.start.auto = 0\n')
    os.unlink(host / 'etc/libvirt/qemu/autostart/vm1.xml')
    assert not look(audit_examples.cib({'resources': GUESTS}))['autostart-beside-pacemaker']


@pytest.mark.parametrize(
    'stop, rc, found', [('1min 30s', 0, 1), ('30min', 0, 0), ('infinity', 0, 0), ('', 1, 0), ('1h 5min', 0, 0)]
)
def test_how_long_the_service_may_take_to_stop(host, stop, rc, found):
    example = {
        'resources': audit_examples.guest(audit_examples.ops(stop='20min')),
        'crm_config': {'node-action-limit': '1'},
    }
    assert len(look(audit_examples.cib(example), stop, rc)['service-stop-short']) == found


def test_as_ansible_runs_it(run_module, cluster):
    result, _output = run_module('ve_audit', cluster.env)
    assert result['changed'] is False and result['source'] == 'file' and result['findings']
    failed, _output = run_module('ve_audit', cluster.env, fail_on='critical')
    assert failed['failed'] and failed['msg'].startswith('The audit found ') and failed['findings']
    bad, _output = run_module('ve_audit', cluster.env, silence=['none-such'])
    assert bad['failed'] and 'there is no rule' in bad['msg']

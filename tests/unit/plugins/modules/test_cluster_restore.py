# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_restore on a CIB file: what it says a restore does is what Pacemaker's simulator then does."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import backup
from ansible_collections.openve.pacemaker.plugins.module_utils._module import cluster_restore, ve_resources

from happenings import edit, with_dc

OPTIONS = {
    'policy': None,
    'purge': True,
    'new': 'started',
    'wait': False,
    'wait_timeout': '10min',
    'allow_restart': True,
    'backup_keep': 10,
}


@pytest.fixture
def changed(cluster, tmp_path, monkeypatch):
    """changed(before, after): a cluster at rest after a change of its VEs; the backup from before it"""
    monkeypatch.setattr(backup, 'DIRECTORY', str(tmp_path / 'var' / 'cib'))
    (tmp_path / 'var').mkdir()

    def change(before, after):
        ve_resources.run(cluster.run, dict(OPTIONS, ves=before))
        cluster.settle()
        result = ve_resources.run(cluster.run, dict(OPTIONS, ves=after))
        cluster.settle()
        return result['backup']

    return change


def restore(cluster, check=False, path=None, allow_restart=True, keep=10):
    return cluster_restore.run(cluster.run, {'path': path, 'allow_restart': allow_restart, 'backup_keep': keep}, check)


def configuration(path):
    return ET.canonicalize(ET.tostring(ET.parse(path).getroot().find('configuration')), strip_text=True)


CASES = {
    'a VE that was removed': ([{'id': 101}, {'id': 102}], [{'id': 101}], {('ve-102', 'start')}),
    'a VE that is new': ([{'id': 101}], [{'id': 101}, {'id': 102}], {('ve-102', 'stop')}),
    'another container': (
        [{'id': 101, 'name': 'web'}],
        [{'id': 201, 'name': 'web'}],
        {('web', 'restart')},
    ),
    'started again': ([{'id': 101, 'state': 'started'}], [{'id': 101, 'state': 'stopped'}], {('ve-101', 'start')}),
    'a place': (
        [{'id': 101, 'prefer': ['n1']}],
        [{'id': 101, 'prefer': ['n2']}],
        set(),  # stickiness is above what they prefer
    ),
    'a timeout': ([{'id': 101, 'boot_time': '99s'}], [{'id': 101, 'boot_time': '77s'}], set()),
}


@pytest.mark.parametrize('before, after, expected', CASES.values(), ids=CASES)
def test_what_it_says_is_what_happens(cluster, changed, before, after, expected):
    path = changed(before, after)
    text = cluster.text()
    told = restore(cluster, check=True)
    assert cluster.text() == text and told['changed'] and told['restored'] == path and told['backup'] is None
    assert {(row['resource'], row['action']) for row in told['predicted']} == expected
    done = restore(cluster)
    assert done['predicted'] == told['predicted'] and done['will'] == told['will'] and done['changed']
    assert configuration(cluster.path) == configuration(path)
    # reload restarts nothing, and is of the new parameters
    assert {(name, action) for action, name, _node in cluster.actions() if action != 'reload'} == expected
    assert configuration(done['backup']) != configuration(path) and os.stat(done['backup']).st_mode & 0o777 == 0o600
    assert not restore(cluster, path=path)['changed']


def test_it_is_not_what_the_file_alone_says(cluster, changed):
    """What crm_simulate says of a backup: without a status every node is to be fenced, and everything to be started."""
    path = changed([{'id': 101, 'boot_time': '99s'}], [{'id': 101, 'boot_time': '77s'}])
    with_dc(cluster)
    alone = cluster.tool('crm_simulate', '--run', '--xml-file', path)
    assert 'start' in alone.lower() or 'fence' in alone.lower() or 'offline' in alone.lower()
    assert restore(cluster, check=True)['will'] == []


def test_it_is_undone_by_another(cluster, changed):
    changed([{'id': 101}], [{'id': 101}, {'id': 102}])
    text = configuration(cluster.path)
    restore(cluster)
    assert configuration(cluster.path) != text
    restore(cluster)
    assert configuration(cluster.path) == text


@pytest.mark.parametrize('check', [True, False])
def test_what_runs_is_not_interrupted_unless_that_is_allowed(cluster, changed, check):
    changed([{'id': 101, 'name': 'web'}], [{'id': 201, 'name': 'web'}])
    text = cluster.text()
    with pytest.raises(CibError) as failure:
        restore(cluster, check, allow_restart=False)
    assert 'restart web on n' in failure.value.msg and failure.value.msg.endswith('all the same.')
    assert failure.value.details['will'] and cluster.text() == text


def test_which_nodes_there_are_stays_as_it_is(cluster, changed):
    path = changed([{'id': 101}], [{'id': 101}, {'id': 102}])

    def nodes(root):
        section = root.find('configuration/nodes')
        section.remove(section.find("node[@uname='n3']"))
        root.find('status').remove(root.find("status/node_state[@uname='n3']"))
        ET.SubElement(section, 'node', id='4', uname='n4')

    edit(cluster, nodes)
    restore(cluster, path=path)
    names = [node.get('uname') for node in ET.parse(cluster.path).getroot().iter('node') if node.get('uname')]
    assert sorted(names) == ['n1', 'n2', 'n4'], 'a node that is gone would be fenced'


def test_a_part_without_quorum_is_left_alone(cluster, changed):
    changed([{'id': 101}], [{'id': 101}, {'id': 102}])
    cluster.tool('crm_attribute', '--name', 'no-quorum-policy', '--update', 'stop')
    edit(cluster, lambda root: root.set('have-quorum', '0'))
    with pytest.raises(CibError, match='no quorum'):
        restore(cluster)


def test_what_is_held_back_is_said(cluster, changed):
    changed([{'id': 101, 'name': 'web'}], [{'id': 201, 'name': 'web'}])
    path = backup.newest()
    root = ET.parse(path)
    cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', 'true')
    properties = ET.parse(cluster.path).getroot().find('configuration/crm_config')
    configuration_ = root.getroot().find('configuration')
    configuration_.remove(configuration_.find('crm_config'))
    configuration_.insert(0, properties)
    root.write(path)
    told = restore(cluster, check=True)
    assert [row['held_back_by'] != [] for row in told['predicted']] == [True] and 'maintenance' in told['will'][0]


def test_no_file(cluster, changed, tmp_path):
    with pytest.raises(CibError, match='There is no saved configuration in .* Give the path of one'):
        restore(cluster)
    with pytest.raises(CibError, match='cannot be read'):
        restore(cluster, path=str(tmp_path / 'away.xml'))
    (tmp_path / 'other.xml').write_text('<html/>')
    with pytest.raises(CibError, match='is no CIB'):
        restore(cluster, path=str(tmp_path / 'other.xml'))


def test_secrets_are_in_no_diff(cluster, changed):
    path = changed([{'id': 101}], [{'id': 101}, {'id': 102}])
    text = (
        open(path, encoding='utf-8')
        .read()
        .replace(
            '<resources>',
            '<resources><primitive id="f" class="stonith" type="fence_x"><instance_attributes id="f-i"><nvpair id="f-p" name="password" '
            'value="hush-hush"/></instance_attributes></primitive>',
        )
    )
    with open(path, 'w', encoding='utf-8') as stream:
        stream.write(text)
    result = restore(cluster, path=path)
    assert 'fence_x' in result['patch'] and 'hush' not in result['patch'] + str(result['diff']())
    assert 'hush-hush' in cluster.text()

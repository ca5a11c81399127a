# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import subprocess
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ConflictError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import backup, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a node keeps its backups"""
    monkeypatch.setattr(backup, 'DIRECTORY', str(tmp_path / 'openve' / 'cib'))
    return tmp_path / 'openve' / 'cib'


def declare(cluster, *numbers, check=False, keep=10):
    return ve_resources.run(
        cluster.run,
        {
            'ves': [{'id': number} for number in numbers],
            'policy': None,
            'purge': False,
            'new': 'started',
            'wait': False,
            'wait_timeout': '10min',
            'allow_restart': False,
            'backup_keep': keep,
        },
        check,
    )


def configuration(path):
    return ET.parse(path).getroot().find('configuration')


def ves(path):
    return [primitive.get('id') for primitive in configuration(path).iter('primitive')]


def somebody(cluster, name):
    cluster.tool(
        'cibadmin',
        '--create',
        '--scope',
        'resources',
        '--xml-text',
        '<primitive id="%s" class="ocf" provider="heartbeat" type="Dummy"/>' % name,
    )


def test_the_restore_command_brings_the_configuration_back(run_module, cluster, tmp_path):
    arguments = {'policy': None}
    first, _output = run_module('ve_resources', cluster.env, ves=[{'id': 1}], **arguments)
    before = configuration(cluster.path)
    second, _output = run_module('ve_resources', cluster.env, ves=[{'id': 1}, {'id': 2, 'prefer': ['n1']}], **arguments)
    assert ves(cluster.path) == ['ve-1', 've-2'] and second['backup'] != first['backup']
    env = {name: value for name, value in cluster.env.items() if name != 'CIB_file'}
    assert str(cluster.path) in second['restore'], 'without it the command would go to a running cluster'
    subprocess.run(second['restore'], shell=True, check=True, env=env)
    assert tree.same(configuration(cluster.path), before)
    subprocess.run(first['restore'], shell=True, check=True, env=env)
    assert ves(cluster.path) == []
    # and it is a change like any other
    again, _output = run_module('ve_resources', cluster.env, ves=[{'id': 1}], **arguments)
    assert again['changed'] and tree.same(configuration(cluster.path), before)


def test_a_node_keeps_as_many_as_asked_and_removes_nothing_else(cluster, folder):
    folder.mkdir(parents=True)
    for name in ('cib-mine.xml', 'other-20200101T000000Z-0.1.xml'):
        (folder / name).write_text('')
    kept = []
    for number in range(1, 5):
        result = declare(cluster, *range(1, number + 1), keep=2)
        kept.append(result['backup'])
        assert result['restore'] == 'cibadmin --replace --scope configuration --xml-file ' + result['backup']
    assert sorted(os.listdir(folder)) == sorted(
        [os.path.basename(path) for path in kept[-2:]] + ['cib-mine.xml', 'other-20200101T000000Z-0.1.xml']
    )
    assert [ves(path) for path in kept[-2:]] == [['ve-1', 've-2'], ['ve-1', 've-2', 've-3']]
    status = pathlib.Path(kept[-1]).stat()
    assert status.st_mode & 0o777 == 0o600, 'fencing devices have passwords'
    assert ET.parse(kept[-1]).getroot().find('status').findall('*') == []


def test_nothing_is_saved_where_nothing_changes_or_nothing_is_wanted(cluster, folder):
    assert declare(cluster, 1, check=True)['backup'] is None and not folder.exists()
    result = declare(cluster, 1, keep=0)
    assert result['changed'] and (result['backup'], result['restore']) == (None, None) and not folder.exists()
    declare(cluster, 1, 2)
    assert (declare(cluster, 1, 2)['backup'], len(os.listdir(folder))) == (None, 1)
    with pytest.raises(InputError, match='backup_keep: -1'):
        declare(cluster, 1, keep=-1)


def test_a_link_in_the_place_of_the_backups_is_not_followed(cluster, folder):
    elsewhere = folder.parent.parent / 'elsewhere'
    elsewhere.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    text = cluster.text()
    with pytest.raises(CibError, match='cannot be saved before it is changed, .* symbolic link; remove it: .*cib'):
        declare(cluster, 1)
    assert cluster.text() == text and list(elsewhere.iterdir()) == []


def test_nobody_else_can_put_anything_beside_the_backups(cluster, folder):
    before = os.umask(0)
    try:
        declare(cluster, 1)
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder)] == [0o755, 0o700]


def test_without_a_backup_there_is_no_patch(cluster, folder):
    folder.parent.mkdir()
    folder.write_text('in the way')
    text = cluster.text()
    with pytest.raises(
        CibError, match='cannot be saved before it is changed, so nothing was changed: .*backup_keep: 0'
    ):
        declare(cluster, 1)
    assert cluster.text() == text and not any('--patch' in argv for argv in cluster.calls)


def test_a_disk_that_is_full_leaves_no_piece_of_a_backup(cluster, folder, monkeypatch):
    def full(_handle):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(backup.os, 'fsync', full)
    text = cluster.text()
    with pytest.raises(CibError, match='No space left'):
        declare(cluster, 1)
    assert cluster.text() == text and os.listdir(folder) == []


def test_what_is_saved_is_what_the_patch_was_made_for(cluster, folder):
    """Somebody edits meanwhile: their edit is in the backup, and the backup before it is gone."""

    def edit(argv):
        if argv[1] == '--patch':
            cluster.before = lambda argv: None
            somebody(cluster, 'theirs')

    cluster.before = edit
    result = declare(cluster, 1)
    assert result['attempts'] == 2 and [str(path) for path in folder.iterdir()] == [result['backup']]
    assert ves(result['backup']) == ['theirs']


def test_no_patch_no_backup(cluster, folder, monkeypatch):
    monkeypatch.setattr(transaction.time, 'sleep', lambda seconds: None)
    monkeypatch.setattr(transaction, 'TRIES', 2)
    names = iter('abcdefgh')
    cluster.before = lambda argv: argv[1] == '--patch' and somebody(cluster, next(names))
    with pytest.raises(ConflictError):
        declare(cluster, 1)
    assert os.listdir(folder) == []

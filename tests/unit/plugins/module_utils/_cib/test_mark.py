# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a run in the CIB: who may write it, what it gives back, and that Pacemaker and everybody else pass it by."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, mark, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.mark import Claim, Undo

from stagger_world import declare

ONE = Claim('one', 'root@a "x" <ü>', 'p1', 'moves VEs', 60)
TWO = Claim('two', 'root@b', 'p2', 'starts VEs', 60)
UNDO = Undo(
    {'ve-1': None, 've-2': 'Started'}, {'maintenance-mode': ['true', None], 'load-threshold': ['1%', '80%']}, ['ve-3']
)


def change(cluster, edit):
    return transaction.change(cluster.run, edit).changed


def root(cluster):
    return tree.parse(cluster.text())


def test_it_is_read_as_it_was_written_and_goes_without_a_trace(cluster):
    text = attributes_of(cluster)
    assert mark.read(root(cluster)) is None and change(cluster, lambda edited: mark.claim(edited, ONE, UNDO))
    found = mark.read(root(cluster))
    assert (found.run, found.owner, found.process, found.what) == ('one', ONE.owner, 'p1', 'moves VEs')
    assert found.undo == UNDO and not found.stale and found.since < found.until
    change(cluster, lambda edited: mark.end(edited, ONE))
    assert attributes_of(cluster) == text
    assert not change(cluster, lambda edited: mark.end(edited, ONE)), 'the answer to the first may have been lost'


def attributes_of(cluster):
    return cluster.tool('cibadmin', '--query', '--scope', 'crm_config')


def test_pacemaker_does_nothing_because_of_it(cluster):
    declare(cluster, new='started')
    before = cluster.actions()
    change(cluster, lambda edited: mark.claim(edited, ONE, UNDO))
    assert before and cluster.actions() == before
    cluster.tool('crm_verify', '--xml-file', str(cluster.path), '--verbose')


def test_properties_do_not_get_into_it(cluster):
    """In a CIB without the tools' own set it would be the only one."""
    bare = root(cluster)
    section = tree.section(bare, 'crm_config')
    for each in list(section):
        section.remove(each)
    mark.claim(bare, ONE, UNDO)
    attributes.set_property(bare, 'maintenance-mode', 'true')
    mark.end(bare, ONE)
    assert attributes.get_property(bare, 'maintenance-mode') == 'true'


@pytest.mark.parametrize(
    'there, wanted, why',
    [
        (None, ONE, None),
        (ONE, ONE, None),
        (ONE, TWO, 'Another run is at work on this cluster: root@a'),
        (ONE, mark.Claim(**{**vars(TWO), 'over': 'one'}), None),
        (ONE, mark.Claim(**{**vars(TWO), 'over': 'three'}), 'Another run is at work'),
        (TWO, mark.Claim(**{**vars(ONE), 'held': True}), 'ended from outside by root@b'),
        (None, mark.Claim(**{**vars(ONE), 'held': True}), 'ended from outside[.]'),
    ],
)
def test_who_may_have_the_cluster(cluster, there, wanted, why):
    tree_ = root(cluster)
    if there:
        mark.claim(tree_, there, Undo())
    if why is None:
        mark.claim(tree_, wanted, Undo())
        assert mark.read(tree_).run == wanted.run
        return
    with pytest.raises(CibError, match=why):
        mark.claim(tree_, wanted, Undo())


def test_a_run_that_is_renewed_keeps_its_beginning(cluster, monkeypatch):
    tree_ = root(cluster)
    monkeypatch.setattr(mark.time, 'time', lambda: 0)
    mark.claim(tree_, ONE, Undo())
    monkeypatch.setattr(mark.time, 'time', lambda: 50)
    mark.claim(tree_, ONE, Undo())
    found = mark.read(tree_)
    assert (found.since, found.until) == ('1970-01-01T00:00:00Z', '1970-01-01T00:01:50Z') and not found.stale
    monkeypatch.setattr(mark.time, 'time', lambda: 111)
    assert found.stale


def test_what_somebody_else_set_since_is_not_taken_back(cluster):
    declare(cluster)
    for name, value in (('maintenance-mode', 'true'), ('load-threshold', '50%')):
        cluster.tool('crm_attribute', '--name', name, '--update', value)
    cluster.tool('crm_resource', '-r', 've-2', '--meta', '-p', 'target-role', '-v', 'Started')
    change(cluster, lambda edited: mark.claim(edited, ONE, UNDO))
    change(cluster, lambda edited: mark.go_back(edited, mark.read(edited)))
    now = root(cluster)
    assert attributes.get_property(now, 'maintenance-mode') is None
    assert attributes.get_property(now, 'load-threshold') == '50%'
    roles = {
        element.get('id'): attributes.get(element, attributes.META, 'target-role') for element in now.iter('primitive')
    }
    assert roles == {'ve-1': None, 've-2': 'Started', 've-3': 'Stopped'}


def test_only_the_mark_is_no_change(cluster):
    old, new = root(cluster), root(cluster)
    mark.claim(new, ONE, UNDO)
    assert not mark.changes_more(old, new)
    attributes.set_property(new, 'maintenance-mode', 'true')
    assert mark.changes_more(old, new)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reload stays a reload after Pacemaker was restarted under running VEs. That the VE's init stays the same:
molecule/cluster/tests."""

from __future__ import annotations

import pathlib
import time
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import history, hold, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import reprobe
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import agent as agent_metadata
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

from declarations import declare, values
from happenings import edit, state

# As the controller writes it: what cannot be reloaded
FIXED = ' %s ' % '  '.join(sorted(name for name, spec in agent_metadata.PARAMETERS.items() if not spec['reloadable']))
VES = [{'id': 1}, {'id': 2}]


def ran(cluster, node, ve, *entries):
    """Entries (kind, operation, interval, return code, more attributes) of a VE on a node."""

    def change(root):
        place = state(root, node)
        for tag, ident in (('lrm', place.get('id')), ('lrm_resources', None), ('lrm_resource', ve)):
            place = tree.child(place, tag, ident)
        place.attrib.update({'class': 'ocf', 'provider': 'openve', 'type': 'ManageVE'})
        place[:] = []
        for number, (kind, operation, interval, rc, more) in enumerate(entries, 1):
            key = '%d:1:%d:0d2c6b53-6e3f-4d6a-8a6b-1b1f1f1f1f1f' % (
                number,
                0 if interval != '0' or operation != 'monitor' else 7,
            )
            ET.SubElement(
                place,
                'lrm_rsc_op',
                dict(
                    {
                        'id': '%s_%s' % (ve, kind),
                        'operation_key': '%s_%s_%s' % (ve, operation, interval),
                        'operation': operation,
                        'crm_feature_set': root.get('crm_feature_set'),
                        'transition-key': key,
                        'transition-magic': '0:%s;%s' % (rc, key),
                        'exit-reason': '',
                        'on_node': node,
                        'call-id': str(number),
                        'rc-code': rc,
                        'op-status': '0',
                        'interval': interval,
                        'last-rc-change': str(int(time.time()) - 60),
                        'exec-time': '0',
                        'queue-time': '0',
                    },
                    **more,
                ),
            )

    edit(cluster, change)


def with_version(monkeypatch, *version):
    monkeypatch.setattr(pacemaker, 'tools', lambda runner: Tools(version, (3, 16, 1), (3, 9)))


@pytest.fixture(autouse=True)
def before_3(monkeypatch):
    """A cluster in which what is removed of the history stays removed, whatever the tools here are"""
    with_version(monkeypatch, 2, 1, 5)


def digests(cluster, node, ve):
    out = cluster.tool('crm_resource', '--digests', '--resource', ve, '--node', node, '--output-as=xml')
    return {digest.get('type'): digest.get('hash') for digest in ET.fromstring(out).iter('digest')}


def found_running(cluster, node, ve):
    """What is known of a VE after Pacemaker was restarted under it: the probe that found it twice, as the last failure and as
    the last operation, of which only the second says what can be reloaded; and the monitor that was begun then."""
    ran(cluster, node, ve, ('last_0', 'monitor', '0', '0', {'op-force-restart': FIXED, 'op-restart-digest': 'any'}))
    known = digests(cluster, node, ve)
    every = {'op-digest': known['nonprivate']}
    ran(
        cluster,
        node,
        ve,
        ('last_failure_0', 'monitor', '0', '0', every),
        (
            'last_0',
            'monitor',
            '0',
            '0',
            dict(every, **{'op-force-restart': FIXED, 'op-restart-digest': known['nonreloadable']}),
        ),
        ('monitor_10000', 'monitor', '10000', '0', every),
    )


def entries(cluster):
    return sorted('%s %s' % (key[0], key[2]) for key in history.entries(ET.fromstring(cluster.text())))


@pytest.fixture
def restarted(cluster):
    declare(cluster, VES)
    found_running(cluster, 'n1', 've-1')
    found_running(cluster, 'n2', 've-2')
    ran(cluster, 'n3', 've-1', ('last_failure_0', 'monitor', '0', '5', {}), ('last_0', 'monitor', '0', '5', {}))
    assert [action for action in cluster.actions() if action[0] != 'start'] == []
    del cluster.calls[:]
    return cluster


CHANGED = [{'id': 1, 'stop_grace': '100s'}, {'id': 2}]


def test_in_a_cib_that_a_real_cluster_had_then(cluster):
    """data/restarted.xml: three nodes, Pacemaker 2.1.5, restarted one after another in maintenance mode."""
    cluster.path.write_text((pathlib.Path(__file__).resolve().parents[3] / 'data' / 'restarted.xml').read_text())
    ves = [
        {'id': str(number), 'engine': 'lxc', 'params': {'ready_command': 'test -e /run/booted'}}
        for number in range(101, 110)
    ]
    for ve in ves[:3]:
        ve['start_order'] = 10
    ves[2]['stop_grace'] = '5min'
    ves[3]['monitor'] = {'command': 'test -e /run/booted'}
    ves[4]['boot_time'] = '100s'
    policy = {'load_threshold': '0%'}
    assert not declare(cluster, ves, policy)['changed']
    before = entries(cluster)
    assert sum(entry.endswith('_last_failure_0') for entry in before) == 9
    ves[0]['stop_grace'] = '100s'
    result = declare(cluster, ves, policy)
    assert [(row['resource'], row['action']) for row in result['predicted']] == [('ve-101', 'reload')]
    assert [entry for entry in before if entry not in entries(cluster)] == ['2 ve-101_last_failure_0']
    with pytest.raises(CibError, match='restart ve-102'):
        declare(cluster, [*ves[:1], dict(ves[1], engine='vzctl'), *ves[2:]], policy)


class WhereItComesBack:
    """A runner in a cluster of Pacemaker 3. ``looks``: how often the CIB is read until the node has answered; None: never."""

    def __init__(self, cluster, looks=2):
        self.cluster, self.looks, self.asked, self.held = cluster, looks, [], []

    def __call__(self, argv, stdin=None, environment=None):
        if list(argv[:2]) == ['crm_resource', '--refresh']:
            assert '--force' in argv, 'of a group the others would be looked at as well'
            ve, node = argv[argv.index('--resource') + 1], argv[argv.index('--node') + 1]
            self.asked.append((ve, node))
            self.held.append(not [action for action in self.cluster.actions() if action[1] == ve])
            ran(self.cluster, node, ve)  # gone, first
            return 0, '', ''
        if list(argv) == ['cibadmin', '--query'] and self.asked and self.looks is not None:
            self.looks -= 1
            if self.looks == 0:
                for ve, node in self.asked:
                    found_running(self.cluster, node, ve)
                edit(self.cluster, later)
        return self.cluster.run(argv, stdin, environment)


def later(root):
    for entry in root.iter('lrm_rsc_op'):
        entry.set('call-id', str(int(entry.get('call-id')) + 100))


def sets(cluster, name):
    primitive = tree.primitives(ET.fromstring(cluster.text()))[name]
    return [each.get('id') for each in primitive.findall('meta_attributes')]


@pytest.fixture
def comes_back(restarted, monkeypatch):
    with_version(monkeypatch, 3, 0, 0)
    monkeypatch.setattr(reprobe, 'STEP', 0)
    return WhereItComesBack(restarted)


ARGUMENTS = {
    'ves': CHANGED,
    'policy': None,
    'purge': False,
    'new': 'started',
    'wait': False,
    'wait_timeout': '10min',
    'allow_restart': False,
    'backup_keep': 0,
}


def test_where_the_history_comes_back_the_probe_is_made_anew_while_the_ve_is_held(comes_back):
    """Seen with Pacemaker 3.0.0: the patch removed the probe, the nodes wrote it anew, and the VE was restarted."""
    cluster = comes_back.cluster
    before = cluster.text()
    planned = ve_resources.run(comes_back, ARGUMENTS, True)
    assert cluster.text() == before and comes_back.asked == []
    result = ve_resources.run(comes_back, ARGUMENTS)
    assert result['changed'] and result['reprobed'] == planned['reprobed'] == ['ve-1']
    assert result['predicted'] == planned['predicted'] == []
    assert comes_back.asked == [('ve-1', 'n1')] and comes_back.held == [True], 'nothing would have been done with it'
    assert sets(cluster, 've-1') == ['ve-1-meta_attributes'] and 'openve-hold' not in result['diff']()['after']
    assert values(cluster, 've-1', 'instance_attributes')['stop_grace'] == '100s'
    assert [action for action in cluster.actions() if action[0] != 'start'] == []
    assert not ve_resources.run(comes_back, ARGUMENTS)['changed']


def test_a_monitor_that_was_under_way_is_an_answer_as_well(comes_back, monkeypatch):
    """Seen: its result came in as the history was gone, so that Pacemaker knew the VE to run, and made no probe."""
    cluster = comes_back.cluster
    probe = found_running

    def monitored(cluster, node, ve):
        probe(cluster, node, ve)
        edit(
            cluster,
            lambda root: [
                lrm.remove(entry) for lrm in root.iter('lrm_resource') for entry in list(lrm) if recent(entry)
            ],
        )

    def recent(entry):
        return entry.get('id') in ('ve-1_last_0', 've-1_last_failure_0') and entry.get('on_node') == 'n1'

    monkeypatch.setitem(globals(), 'found_running', monitored)
    assert ve_resources.run(comes_back, ARGUMENTS)['reprobed'] == ['ve-1']
    assert sets(cluster, 've-1') == ['ve-1-meta_attributes']
    assert [action for action in cluster.actions() if action[0] != 'start'] == []


def test_a_node_that_does_not_answer_leaves_it_held_and_the_next_run_finishes(comes_back, monkeypatch):
    cluster = comes_back.cluster
    monkeypatch.setattr(reprobe, 'PATIENCE', -1)
    comes_back.looks = None
    with pytest.raises(CibError, match='does not know the new parameters of ve-1 yet') as caught:
        ve_resources.run(comes_back, ARGUMENTS)
    assert caught.value.details['held'] == ['ve-1']
    assert 've-1-openve-hold-meta_attributes' in sets(cluster, 've-1')
    assert [action for action in cluster.actions() if action[1] == 've-1'] == [], 'it is left as it is'
    # the node has answered meanwhile
    found_running(cluster, 'n1', 've-1')
    edit(cluster, later)
    result = ve_resources.run(comes_back, ARGUMENTS)
    assert result['changed'] and result['reprobed'] == [] and sets(cluster, 've-1') == ['ve-1-meta_attributes']


def test_one_that_was_killed_before_it_asked_is_finished_by_the_next_run(comes_back, monkeypatch):
    cluster = comes_back.cluster
    with monkeypatch.context() as patched:
        patched.setattr(reprobe, 'renew', lambda runner, probes: None)
        ve_resources.run(comes_back, ARGUMENTS)
    assert 've-1-openve-hold-meta_attributes' in sets(cluster, 've-1') and comes_back.asked == []
    result = ve_resources.run(comes_back, ARGUMENTS)
    assert result['reprobed'] == ['ve-1'] and comes_back.asked == [('ve-1', 'n1')]
    assert sets(cluster, 've-1') == ['ve-1-meta_attributes']
    assert [action for action in cluster.actions() if action[0] != 'start'] == []


def test_a_hold_ends_by_itself(comes_back, monkeypatch):
    """Should nobody run it again."""
    monkeypatch.setattr(hold, 'LASTS', -1)
    with monkeypatch.context() as patched:
        patched.setattr(reprobe, 'renew', lambda runner, probes: None)
        ve_resources.run(comes_back, ARGUMENTS)
    assert ('restart', 've-1', 'n1') in comes_back.cluster.actions()


def test_where_the_history_comes_back_what_cannot_be_reloaded_is_refused(comes_back):
    before = comes_back.cluster.text()
    with pytest.raises(CibError, match='restart ve-1 on n1'):
        ve_resources.run(comes_back, dict(ARGUMENTS, ves=[{'id': 11, 'name': 've-1'}, {'id': 2}]))
    assert comes_back.cluster.text() == before and comes_back.asked == []


def test_the_premise_pacemaker_would_restart_it(restarted):
    restarted.tool('crm_resource', '--resource', 've-1', '--set-parameter', 'stop_grace', '--parameter-value', '100s')
    assert ('restart', 've-1', 'n1') in restarted.actions()
    edit(
        restarted,
        lambda root: (
            state(root, 'n1')
            .find('.//lrm_resource')
            .remove(state(root, 'n1').find('.//lrm_rsc_op[@id="ve-1_last_failure_0"]'))
        ),
    )
    assert ('reload', 've-1', 'n1') in restarted.actions()


def test_a_reloadable_change_is_a_reload(restarted):
    before = entries(restarted)
    planned = declare(restarted, CHANGED, check=True)
    assert entries(restarted) == before
    result = declare(restarted, CHANGED)
    assert [(row['resource'], row['action'], row['node']) for row in result['predicted']] == [('ve-1', 'reload', 'n1')]
    assert result['patch'] == planned['patch'] and result['predicted'] == planned['predicted']
    # the probe that found this VE, and no other entry: not the other VE's, not the real failure elsewhere
    assert set(before) - set(entries(restarted)) == {'1 ve-1_last_failure_0'}
    assert values(restarted, 've-1', 'instance_attributes')['stop_grace'] == '100s'
    assert sum('--patch' in argv for argv in restarted.calls) == 1
    due = restarted.actions()
    assert ('reload', 've-1', 'n1') in due and not [
        action for action in due if action[0] in ('restart', 'stop', 'move')
    ]
    assert not declare(restarted, CHANGED)['changed'] and set(entries(restarted)) == set(before) - {
        '1 ve-1_last_failure_0'
    }


def test_what_cannot_be_reloaded_is_refused_and_forgets_nothing(restarted):
    before = entries(restarted)
    other = [{'id': 11, 'name': 've-1'}, {'id': 2, 'stop_grace': '100s'}]
    with pytest.raises(CibError, match='restart ve-1 on n1') as caught:
        declare(restarted, other)
    assert 've-2' not in caught.value.msg and entries(restarted) == before
    result = declare(restarted, other, allow_restart=True)
    assert {(row['resource'], row['action']) for row in result['predicted']} == {
        ('ve-1', 'restart'),
        ('ve-2', 'reload'),
    }
    assert set(before) - set(entries(restarted)) == {'2 ve-2_last_failure_0'}


def test_where_the_probe_is_all_that_tells_that_it_runs_it_stays(restarted):
    """Without it Pacemaker would start the VE a second time."""
    ves = [*VES, {'id': 3}]
    declare(restarted, ves)
    ran(
        restarted,
        'n3',
        've-3',
        ('last_failure_0', 'monitor', '0', '0', {'op-digest': digests(restarted, 'n3', 've-3')['nonprivate']}),
    )
    before = entries(restarted)
    changed = [dict(ve, stop_grace='100s') for ve in ves]
    with pytest.raises(CibError, match='restart ve-3 on n3'):
        declare(restarted, changed)
    result = declare(restarted, changed, allow_restart=True)
    assert {(row['resource'], row['action']) for row in result['predicted']} == {
        ('ve-1', 'reload'),
        ('ve-2', 'reload'),
        ('ve-3', 'restart'),
    }
    assert set(before) - set(entries(restarted)) == {'1 ve-1_last_failure_0', '2 ve-2_last_failure_0'}


def test_a_change_that_touches_no_parameter_forgets_nothing(restarted):
    before = entries(restarted)
    assert declare(restarted, [{'id': 1, 'start_order': 3}, {'id': 2}])['changed'] and entries(restarted) == before

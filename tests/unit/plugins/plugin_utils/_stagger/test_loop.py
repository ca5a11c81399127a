# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ve_stagger does in the course of a run: with Pacemaker's CIB tools and scheduler, and a controller played by stagger_world."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import PutRequest
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import plan_lines
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import Load

from happenings import roles, with_dc
from stagger_world import World, declare, defaults

VES = [{'id': number, 'start_order': 10 * (number // 4)} for number in range(1, 10)]


@pytest.fixture
def world(cluster):
    declare(cluster, VES, policy={'starts_per_node': 2})
    with_dc(cluster, fencing='false')
    return World(cluster)


@pytest.fixture
def running(world):
    world.conduct()
    del world.started[:], world.lines[:]
    world.peak.clear()
    return world


def running_on(world):
    return {name: node for name, node in world.cluster.where().items() if name.startswith('ve-')}


def events(result, event):
    return [row['ve'] for row in result['timeline'] if row['event'] == event]


def test_started_all_at_once_and_never_more_than_k(world):
    result = world.conduct()
    assert not result.get('failed') and result['changed'] and len(running_on(world)) == 9
    assert max(world.peak.values()) == 2 and sorted(world.started) == sorted(result['released'])
    assert [row['name'] for row in result['plan']] == ['ve-%d' % n for n in range(1, 10)] and {
        row['batch'] for row in result['plan']
    } == {1}
    assert sorted(events(result, 'up')) == sorted(result['names']) and '9 of 9 VEs are up' in world.shown
    assert '  [    6 s] ve-3 is up on n3 after 5.0 s (3 of 9, about 5 s left)' in world.shown


def test_run_again_it_changes_nothing(running):
    text = running.cluster.text()
    result = running.conduct()
    assert (
        not result['changed'] and result['released'] == [] and running.started == [] and running.cluster.text() == text
    )


def test_stopped_in_reverse_order(running):
    result = running.conduct('stopped')
    assert not result.get('failed') and running_on(running) == {} and max(running.peak.values()) <= 2
    down = events(result, 'down')
    order = {ve['id']: ve['start_order'] for ve in VES}
    orders = [order[int(name[3:])] for name in down]
    assert orders == sorted(orders, reverse=True)
    assert set(sum(roles(running.cluster).values(), [])) == {'Stopped'}


def test_after_is_reversed_too(cluster):
    declare(cluster, [{'id': 1, 'after': ['ve-2']}, {'id': 2}], new='started')
    with_dc(cluster, fencing='false')
    world = World(cluster)
    world.sleep(15)
    assert len(running_on(world)) == 2
    assert events(world.conduct('stopped'), 'down') == ['ve-1', 've-2']


def test_restarted_k_of_a_node_away_at_once(running):
    where, away = running_on(running), []
    tick = running.tick

    def watch():
        tick()
        here = running_on(running)
        away.append(max(sum(where[name] == node for name in where if name not in here) for node in ('n1', 'n2', 'n3')))

    running.tick = watch
    result = running.conduct('restarted', per_node=1)
    assert not result.get('failed') and len(running_on(running)) == 9
    assert sorted(running.started) == sorted(where) and max(away) == 1
    assert len(result['plan']) == 9 and max(row['batch'] for row in result['plan']) == 3


def test_moved_away_and_nothing_of_ours_stays(running):
    there = [name for name, node in running_on(running).items() if node == 'n1']
    result = running.conduct('moved', nodes=['n1'])
    assert there and not result.get('failed') and sorted(result['released']) == sorted(there)
    assert 'n1' not in running_on(running).values() and len(running_on(running)) == 9
    assert 'openve-moved' not in running.cluster.text()


def test_drained_into_standby_and_back(running):
    there = sorted(name for name, node in running_on(running).items() if node == 'n1')
    result = running.conduct('moved', nodes=['n1'], standby=True)
    assert not result.get('failed') and 'n1' not in running_on(running).values()
    assert running.node.look([]).nodes['n1'] == 'standby'
    result = running.conduct('moved', to='n1', standby=False)
    assert not result.get('failed'), result
    assert sorted(name for name, node in running_on(running).items() if node == 'n1') == there
    assert running.node.look([]).nodes['n1'] == 'online'
    assert 'openve-' not in running.cluster.text().split('<status')[0].replace('openve"', '')


def test_moved_live_where_that_is_allowed(cluster):
    """LXC has no live migration, so this is the only test of it: with Pacemaker's scheduler and what crm_mon makes of its history."""
    declare(
        cluster,
        [dict(ve, meta={'allow-migrate': 'true'}) if ve['id'] % 2 else ve for ve in VES],
        policy={'starts_per_node': 2},
    )
    with_dc(cluster, fencing='false')
    world = World(cluster)
    world.conduct()
    there = sorted(name for name, node in running_on(world).items() if node == 'n1')
    able = {name for name in there if int(name[3:]) % 2}
    del world.started[:], world.others[:]
    world.arguments = {'state': 'moved', 'nodes': ['n1']}
    made = world.node.plan()
    assert {row.name for row in made.rows if row.live} == able and 0 < len(able) < len(there)
    lines = plan_lines(made, options.read(dict(defaults(), state='moved', nodes=['n1'])))
    assert sum(line.endswith(' live') for line in lines) == len(able)
    result = world.conduct('moved', nodes=['n1'])
    assert not result.get('failed') and 'n1' not in running_on(world).values() and len(running_on(world)) == 9
    assert 'openve-moved' not in world.cluster.text()
    assert {name for action, name in world.others if action == 'migrate_to'} == able, world.others
    assert {name for action, name in world.others if action == 'stop'} == set(world.started) == set(there) - able, (
        world.others,
        world.started,
    )
    seen = {name: [row['event'] for row in result['timeline'] if row['ve'] == name] for name in there}
    assert all(
        ('migrating' in seen[name]) == (name in able) and ('down' in seen[name]) <= (name not in able) for name in there
    ), seen


def test_a_move_that_has_nowhere_to_go_is_refused(running):
    text = running.cluster.text()
    with pytest.raises(CibError, match='could run on no other node.*Nothing was changed'):
        running.conduct('moved', nodes=['n1', 'n2', 'n3'])
    assert running.cluster.text() == text


@pytest.mark.parametrize(
    'arguments, chosen',
    [
        ({'names': ['ve-5', 've-2']}, {2, 5}),
        ({'start_order': '10'}, {4, 5, 6, 7}),
        ({'start_order': '10-'}, {4, 5, 6, 7, 8, 9}),
        ({'start_order': '-9'}, {1, 2, 3}),
        ({'start_order': '0-10', 'names': ['ve-4', 've-8']}, {4}),
        ({'ves': VES[:2]}, {1, 2}),
    ],
)
def test_selection(world, arguments, chosen):
    world.arguments = arguments
    assert {int(row.name[3:]) for row in world.node.plan().rows} == chosen


def test_selection_by_node_is_where_they_would_start(world):
    world.arguments = {'nodes': ['n2']}
    made = world.node.plan()
    assert len(made.rows) == 3 and {row.to for row in made.rows} == {'n2'}
    result = world.conduct(nodes=['n2'])
    assert len(result['released']) == 3 and not result.get('failed')


def test_k_larger_than_the_number(world):
    result = world.conduct(per_node=50, start_order='0')
    assert not result.get('failed') and len(result['released']) == 3


def test_fewer_at_once_than_the_clusters_limit_are_batches(world):
    result = world.conduct(per_node=1)
    assert not result.get('failed') and max(world.peak.values()) == 1
    assert 'in 3 batches, because the cluster\'s node-action-limit is 2, and per_node is 1' in world.shown


def test_a_limit_that_is_not_in_force_is_reported_and_replaced_by_batches(world):
    rows = [
        {'node': 'n2', 'limit': '2', 'in_force': 'false', 'why': 'it announced 40'},
        {'node': 'n1', 'in_force': 'true', 'why': ''},
    ]
    world.limit = 40
    result = world.conduct(limits=rows)
    assert not result.get('failed') and max(world.peak.values()) == 2, 'with batches of K it holds all the same'
    assert 'in 2 batches, because node-action-limit is not in force on n2 (it announced 40)' in world.shown
    assert [row['in_force'] for row in result['limits']] == ['true', 'false', 'unknown']


def test_without_a_limit_in_the_cluster_batches_of_two(cluster):
    declare(cluster, VES, policy={'starts_per_node': 0})
    with_dc(cluster, fencing='false')
    world = World(cluster, limit=40)
    assert not world.conduct().get('failed') and max(world.peak.values()) == 2
    assert 'because the cluster has no node-action-limit' in world.shown


def test_a_total_below_the_clusters_is_batches(world):
    result = world.conduct(total=2)
    assert not result.get('failed') and max(row['batch'] for row in result['plan']) == 5


def test_a_gap_says_what_it_costs(world):
    begun = []
    begin = world.begin
    world.begin = lambda action: (begun.append(world.clock), begin(action))
    result = world.conduct(gap='20s')
    assert not result.get('failed') and 'the gap of 20 s costs about' in world.shown
    assert max(later - sooner for sooner, later in zip(begun, begun[1:])) >= 20


# Withdrawal


def test_a_closed_load_gate_withdraws_what_has_not_begun_and_releases_it_again(world):
    def close():
        world.load = {'n2': Load(9.0, None)}

    def look_inside():
        held.extend(sorted(name for name, role in roles(world.cluster).items() if role == ['Stopped']))
        begun.extend(world.started)

    held, begun = [], []
    world.lasts = {'ve-%d' % n: 12 for n in range(1, 10)}
    world.when(4, close)
    world.when(18, look_inside)
    world.when(30, world.load.clear)
    world.when(31, lambda: setattr(world, 'load', {}))
    result = world.conduct(max_load=2.0, loads=True)
    assert not result.get('failed') and len(running_on(world)) == 9
    assert len(begun) == 6 and sorted(held) == sorted(result['names'][6:]) == sorted(set(events(result, 'withdrawn')))
    assert len(world.started) == 9, 'none is started twice'
    assert (
        'the load gate is closed (load 9.00 per core on n2): 3 VEs that had not begun are withdrawn; what is under way goes on'
        in world.shown
    )


def test_a_load_gate_that_stays_closed_is_passed_after_its_timeout(world):
    world.load = {'n1': Load(0.1, 80.0)}
    result = world.conduct(max_pressure=50.0, load_gate_timeout='30s', loads=True)
    assert not result.get('failed') and len(running_on(world)) == 9
    assert result['seconds'] >= 30 and 'pressure 80 % on n1' in world.shown and 'going on without it' in world.shown


def test_interrupted_what_has_not_begun_is_withdrawn_and_a_new_run_goes_on(world):
    result = world.conduct(interrupted=lambda: world.clock >= 4)
    begun = list(world.started)
    assert result['failed'] and result['interrupted'] and len(begun) == 6
    assert sorted(result['withdrawn']) == sorted(set(result['names']) - set(begun))
    assert 'interrupted' in result['msg'] and '(withdrawn): run again to go on' in result['msg']
    world.sleep(20)
    assert sorted(running_on(world)) == sorted(begun), 'starts in flight go on, and nothing else starts'
    result = world.conduct()
    assert not result.get('failed') and len(running_on(world)) == 9 and len(world.started) == 9


def test_interrupted_in_a_stop_what_still_runs_goes_on_running(running):
    began = running.clock
    result = running.conduct('stopped', interrupted=lambda: running.clock >= began + 3)
    assert result['failed'] and result['interrupted'] and 'run again to go on' in result['msg']
    running.sleep(20)
    up = running_on(running)
    assert 0 < len(up) < 9 and {name for name, role in roles(running.cluster).items() if role == ['Started']} == set(up)
    assert not running.conduct('stopped').get('failed') and running_on(running) == {} and running.started == []


def test_interrupted_in_a_restart_nothing_stays_down(running):
    began = running.clock
    result = running.conduct('restarted', interrupted=lambda: running.clock >= began + 3)
    assert result['failed'] and result['interrupted']
    running.sleep(20)
    assert len(running_on(running)) == 9


@pytest.mark.parametrize('seconds', [3, 13])  # in the first batch of a node's three VEs, and in the second
def test_interrupted_in_a_move_nothing_of_ours_stays(running, seconds):
    began = running.clock
    assert running.conduct('moved', nodes=['n1'], interrupted=lambda: running.clock >= began + seconds)['interrupted']
    assert 'openve-moved' not in running.cluster.text()
    running.sleep(20)
    assert len(running_on(running)) == 9


def test_what_begins_while_it_is_withdrawn_goes_on(world):
    """Between the look and the patch."""
    world.conduct(interrupted=lambda: True, names=['ve-9'])
    world.role('ve-9', 'Started')
    world.arguments = {}
    before = world.cluster.before

    def begin(argv):
        if argv[:2] == ['cibadmin', '--patch']:
            world.cluster.before = before
            world.cluster._run(['true'])
            world.tick()

    world.tick()
    world.flight.clear()
    world.history.clear()
    world.forget('ve-9')
    world.cluster.before = begin
    result = world.node.put(PutRequest(roles={'ve-9': 'Stopped'}, only_in=['stopped']))
    assert result.done == [] and roles(world.cluster)['ve-9'] == ['Started']


# Failures


def test_one_that_fails_everywhere_is_reported_and_the_others_come_up(world):
    world.fails = {'ve-2': ('n1', 'n2', 'n3')}
    result = world.conduct()
    assert result['failed'] and len(running_on(world)) == 8
    assert result['msg'].startswith('1 VE: ') and 'start on n1: error (no init)' in result['msg']
    assert 've-2 is given up' in world.shown and world.started.count('ve-2') == 3


@pytest.mark.parametrize('more', [{'state': 'restarted'}, {'state': 'moved', 'nodes': ['n1']}])
def test_what_does_not_come_up_again_ends_a_run_before_its_next_batch(running, more):
    there = sorted(name for name, node in running_on(running).items() if node == 'n1')
    running.fails = {name: ('n1', 'n2', 'n3') for name in there[:1]}
    result = running.conduct(names=there, per_node=1, **more)
    assert result['failed'] and result['released'] == there[:1], result
    assert '%s did not come up again, so nothing more is %s' % (there[0], more['state']) in result['msg']
    assert set(there[1:]) <= set(running_on(running))


@pytest.mark.parametrize('more', [{'state': 'restarted'}, {'state': 'moved', 'nodes': ['n1']}])
def test_unless_so_many_may_fail(running, more):
    there = sorted(name for name, node in running_on(running).items() if node == 'n1')
    running.fails = {name: ('n1', 'n2', 'n3') for name in there[:1]}
    result = running.conduct(names=there, per_node=1, max_failures=2, **more)
    assert result['failed'] and sorted(result['released']) == there, result


def test_the_budget_is_spent(world):
    world.fails = {name: ('n1', 'n2', 'n3') for name in ('ve-1', 've-2')}
    world.lasts, world.limit = {'ve-%d' % n: 15 for n in range(3, 10)}, 1
    result = world.conduct(max_failures=2)
    assert result['failed'] and result['msg'].count('(withdrawn)') == len(result['withdrawn']) > 0
    assert '2 VEs failed (max_failures)' in result['msg']
    assert {name for name, role in roles(world.cluster).items() if role == ['Stopped']} == set(result['withdrawn'])
    assert world.clock < 15 and {'ve-1', 've-2'} < set(result['withdrawn']), (
        'at once, and those that failed are not tried elsewhere'
    )


def test_retries(world):
    world.fails = {'ve-2': ('n1', 'n2', 'n3')}

    def mend(ve):
        world.fails = {}
        forget(ve)

    forget, world.forget = world.forget, mend
    result = world.conduct(retries=1)
    assert (
        not result.get('failed')
        and len(running_on(world)) == 9
        and 've-2 failed; it is tried again (1 of 1)' in world.shown
    )


# Others at work


def test_what_an_admin_stops_meanwhile_is_left_alone(world):
    world.when(3, lambda: world.role('ve-9', 'Stopped'))
    result = world.conduct()
    assert not result.get('failed') and result['left_alone'] == ['ve-9'] and roles(world.cluster)['ve-9'] == ['Stopped']
    assert 've-9: somebody else set target-role=stopped; it is left alone' in world.shown


def test_what_an_admin_started_is_never_withdrawn(world):
    world.role('ve-9', 'Started')
    result = world.conduct(interrupted=lambda: world.clock >= 3)
    assert (
        result['interrupted']
        and roles(world.cluster)['ve-9'] == ['Started']
        and 've-9' not in result['released'] + result['withdrawn']
    )


def test_what_an_admin_starts_behind_a_closed_load_gate_is_his(world):
    world.load = {'n1': Load(9.0, None)}
    world.when(5, lambda: world.role('ve-9', 'Started'))
    world.when(10, lambda: setattr(world, 'load', {}))
    result = world.conduct(max_load=1.0, loads=True, interrupted=lambda: world.clock >= 12)
    assert (
        roles(world.cluster)['ve-9'] == ['Started']
        and 've-9' not in result['withdrawn']
        and len(result['withdrawn']) > 0
    )


def test_what_an_admin_released_behind_a_closed_load_gate_is_not_withdrawn_either(world):
    """Nine at once, so that three of them have not begun when the run is interrupted."""
    world.load = {'n1': Load(9.0, None)}
    world.when(9, lambda: [world.role('ve-%d' % number, 'Started') for number in range(1, 10)])
    world.when(10, lambda: setattr(world, 'load', {}))
    result = world.conduct(max_load=1.0, loads=True, interrupted=lambda: world.clock >= 12)
    assert result['interrupted'] and len(set(world.started)) < 9
    assert result['withdrawn'] == result['released'] == [] and set(sum(roles(world.cluster).values(), [])) == {
        'Started'
    }


def test_maintenance_mode_in_the_middle_is_waited_for(world):
    def maintenance(value):
        return lambda: world.cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', value)

    world.when(4, maintenance('true'))
    world.when(60, maintenance('false'))
    result = world.conduct()
    assert not result.get('failed') and len(running_on(world)) == 9 and world.clock > 60, (
        'up is not said before it is so'
    )
    assert sorted(world.started) == sorted(set(world.started)) and max(world.peak.values()) == 2
    assert (
        'the cluster is in maintenance mode: Pacemaker starts and stops nothing' in world.shown
        and 'maintenance mode has ended' in world.shown
    )
    assert [row['event'] for row in result['timeline'] if row['ve'] is None] == ['maintenance', 'maintenance ended']


def test_quorum_lost_in_the_middle_is_reported(world):
    def lose():
        world.cluster.path.write_text(world.cluster.text().replace('have-quorum="1"', 'have-quorum="0"'))

    world.cluster.tool('crm_attribute', '--name', 'no-quorum-policy', '--update', 'stop')
    world.cluster.path.write_text(world.cluster.text().replace('have-quorum="0"', 'have-quorum="1"'))
    world.when(4, lose)
    result = world.conduct()
    assert result['failed'] and 'no quorum, and goes on by itself when enough nodes are back' in result['msg']
    assert 'has lost its quorum (no-quorum-policy=stop)' in world.shown
    assert set(sum(roles(world.cluster).values(), [])) == {'Started'} and max(world.peak.values()) == 2


def test_one_that_becomes_unmanaged_meanwhile_is_left_alone_and_named(world):
    world.when(
        3,
        lambda: world.cluster.tool(
            'crm_resource',
            '--resource',
            've-9',
            '--meta',
            '--set-parameter',
            'is-managed',
            '--parameter-value',
            'false',
        ),
    )
    result = world.conduct()
    assert not result.get('failed') and 've-9 is unmanaged now, and left alone' in world.shown
    assert '8 of 9 VEs are up; left alone: ve-9' in world.shown


def test_a_ve_that_is_removed_meanwhile(world):
    world.when(3, lambda: world.cluster.tool('cibadmin', '--delete', '--xml-text', '<primitive id="ve-9"/>'))
    result = world.conduct()
    assert not result.get('failed') and [ve['state'] for ve in result['ves'] if ve['name'] == 've-9'] == ['removed']


# Refused before anything is changed


def test_refusals(world):
    def refused(match, error=Error, **arguments):
        text = world.cluster.text()
        with pytest.raises(error, match=match):
            world.conduct(**arguments)
        assert world.cluster.text() == text

    refused('no VE ve-77 .did you mean ve-7?.*; it has ve-1', CibError, names=['ve-77'])
    refused('no VE 7 .did you mean ve-7', CibError, names=['7'])
    refused('no node n9; it has n1, n2, n3', CibError, nodes=['n9'])
    refused('start_order: \'x\' is no range', InputError, start_order='x')
    refused('gap: .*write 90', InputError, gap='soon')
    refused('needs nodes .* or to', InputError, state='moved')
    refused('after: .*in a circle', InputError, ves=[{'id': 1, 'after': ['ve-2']}, {'id': 2, 'after': ['ve-1']}])
    world.cluster.tool('crm_attribute', '--name', 'maintenance-mode', '--update', 'true')
    refused('maintenance mode.*Nothing was changed.*crm_attribute')


def test_a_circle_in_the_cib_is_refused(world):
    for first, then in (('ve-1', 've-2'), ('ve-2', 've-1')):
        world.cluster.tool(
            'cibadmin',
            '--create',
            '--scope',
            'constraints',
            '--xml-text',
            '<rsc_order id="o-%s" first="%s" then="%s" kind="Optional"/>' % (first, first, then),
        )
    with pytest.raises(CibError, match='ve-1 -> ve-2 -> ve-1 wait for each other in a circle'):
        world.conduct()


def test_without_quorum_nothing_is_changed(world):
    world.cluster.tool('crm_attribute', '--name', 'no-quorum-policy', '--update', 'stop')
    world.cluster.path.write_text(world.cluster.text().replace('have-quorum="1"', 'have-quorum="0"'))
    text = world.cluster.text()
    with pytest.raises(Error, match='no quorum .no-quorum-policy=stop.*Nothing was changed'):
        world.conduct()
    assert world.cluster.text() == text

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is cut after any of its edits, and the one after it; and a run while another one is at work."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import mark, transaction, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import plan_lines

from happenings import roles, with_dc
from stagger_world import World, declare, defaults

VES = [{'id': number} for number in range(1, 7)]
DRAIN = {'state': 'moved', 'nodes': ['n1'], 'standby': True, 'per_node': 1}
UNDO = {'state': 'moved', 'to': 'n1', 'standby': False, 'per_node': 1}
RESTART = {'state': 'restarted', 'per_node': 1}


class Killed(BaseException):
    """Nothing that a run could catch, as kill -9."""


class Cut:
    """A world whose run is killed when ``edits`` of it have arrived."""

    def __init__(self, world, edits):
        self.left, self.ask, self.world = edits, world.ask, world
        world.ask = self.asked

    def asked(self, request):
        if request['do'] in ('put', 'back', 'forget'):
            if not self.left:
                raise Killed()
            self.left -= 1
        return self.ask(request)

    def end(self):
        self.world.ask = self.ask
        self.world.alive = {'first': False}
        self.world.process = 'second'
        del self.world.lines[:]


@pytest.fixture
def running(cluster):
    declare(cluster, VES, policy={'starts_per_node': 2}, new='started')
    with_dc(cluster, fencing='false')
    world = World(cluster)
    world.sleep(20)
    assert len(where(world)) == 6
    del world.started[:]
    return world


def where(world):
    return {name: node for name, node in world.cluster.where().items() if name.startswith('ve-')}


def there(world, node='n1'):
    return sorted(name for name, other in where(world).items() if other == node)


def killed(world, edits, **arguments):
    """Whether a run was killed when this many edits had arrived; it needs fewer otherwise."""
    cut = Cut(world, edits)
    try:
        world.conduct(**arguments)
    except Killed:
        return True
    finally:
        cut.end()
    return False


def nothing_of_ours(world):
    return 'openve-' not in world.cluster.text().split('<status')[0].replace('openve"', '')


class At:
    """How a world was, to go back to it."""

    def __init__(self, world):
        self.text, self.history = world.cluster.text(), {key: list(past) for key, past in world.history.items()}

    def again(self, world):
        world.cluster.path.write_text(self.text)
        world.history = {key: list(past) for key, past in self.history.items()}
        world.flight, world.queue, world.made_for, world.settled = [], [], world.configuration(), None
        world.process, world.alive = 'first', {}
        del world.started[:], world.lines[:]


def cuts(world, check, before=lambda world: None, **arguments):
    """Cut a run after each of its edits, in turn have the world go on for half a minute or not, and have another run; then
    check(world, at). How often it was cut."""
    before(world)
    number, at = 0, At(world)
    while True:
        at.again(world)
        if not killed(world, number, **arguments):
            return number
        world.sleep(1 if number % 2 else 30)
        found = mark.read(tree.parse(world.cluster.text()))
        result = world.conduct(**arguments)
        assert not result.get('failed'), (number, result)
        assert (found is not None) == (number > 0) == ('found the run of root@controller, since ' in world.shown), (
            number
        )
        check(world, number)
        assert sum(role == ['Stopped'] for role in roles(world.cluster).values()) == 0, number
        assert len(where(world)) == 6, number
        number += 1


def test_a_drain_cut_anywhere_is_finished_and_brought_back_whole(running):
    left = there(running)

    def check(world, at):
        assert there(world) == [] and world.node.look([]).nodes['n1'] == 'standby', at
        assert 'openve-moved' not in world.cluster.text() and mark.read(tree.parse(world.cluster.text())) is None, at
        assert not world.conduct(**UNDO).get('failed') and there(world) == left, at
        assert nothing_of_ours(world), at

    assert len(left) == 2 and cuts(running, check, **DRAIN) == 3


def test_an_undo_cut_anywhere_is_finished(running):
    left = there(running)

    def check(world, at):
        assert there(world) == left and world.node.look([]).nodes['n1'] == 'online' and nothing_of_ours(world), at

    def drain(world):
        assert not world.conduct(**DRAIN).get('failed')

    assert cuts(running, check, before=drain, **UNDO) == 3


def test_a_restart_cut_anywhere_is_finished_and_none_is_down(running):
    def check(world, at):
        # once by either run, but those that were on their way up when it was cut: nobody knows of these that they will be
        assert sorted(set(world.started)) == sorted(where(world)) and nothing_of_ours(world), at
        assert len(world.started) <= 6 + 3 * (at % 2), (at, world.started)

    assert cuts(running, check, **RESTART) == 5


@pytest.mark.parametrize('arguments', [DRAIN, RESTART], ids=['drain', 'restart'])
def test_the_one_after_it_may_be_cut_as_well(running, arguments):
    left = there(running)
    assert killed(running, 1, **arguments)
    running.sleep(7)
    assert killed(running, 2, **arguments)
    running.sleep(1)
    running.process, running.alive = 'third', {'first': False, 'second': False}
    assert not running.conduct(**arguments).get('failed') and len(where(running)) == 6
    if arguments is DRAIN:
        assert there(running) == [] and not running.conduct(**UNDO).get('failed') and there(running) == left
    assert nothing_of_ours(running)


@pytest.mark.parametrize('chain', [[RESTART], [DRAIN, UNDO]], ids=['restart', 'drain'])
def test_an_edit_whose_answer_was_lost_arrives_twice(running, chain):
    ask, left = running.ask, there(running)
    running.ask = lambda request: [ask(request) for _twice in range(2 if request['do'] in ('put', 'back') else 1)][0]
    for arguments in chain:
        assert not running.conduct(**arguments).get('failed')
    assert there(running) == left and len(where(running)) == 6 and nothing_of_ours(running)


def test_what_a_restart_has_left_is_taken_back_by_any_other_run_and_said_first(running):
    assert killed(running, 1, **RESTART)
    running.sleep(30)
    down = sorted(name for name, role in roles(running.cluster).items() if role == ['Stopped'])
    assert len(down) == 3 == 6 - len(where(running))
    result = running.conduct('started')
    assert not result.get('failed') and result['changed'] and len(where(running)) == 6 and nothing_of_ours(running)
    assert 'it restarts VEs; it was cut: its process is gone' in running.lines[0]
    assert running.lines[1].endswith(
        'it goes back first: %s were stopped for a while, and may start again' % ', '.join(down)
    )


def test_a_start_that_was_cut_goes_on_and_is_held_up_by_no_edit(running):
    assert not running.conduct('stopped').get('failed') and where(running) == {}
    assert killed(running, 1, state='started')
    running.sleep(2)
    edits, ask = [], running.ask

    def asked(request):
        if request['do'] in ('put', 'back'):
            edits.append(len(where(running)))
        return ask(request)

    running.ask = asked
    assert not running.conduct('started').get('failed') and edits == [6] and nothing_of_ours(running)
    assert 'it starts VEs; it was cut: its process is gone' in running.lines[0]


def test_what_an_admin_has_set_since_is_left_alone(running):
    assert killed(running, 1, **RESTART)
    name = next(name for name, role in roles(running.cluster).items() if role == ['Stopped'])
    running.role(name, 'Unpromoted')
    assert not running.conduct('started', names=[]).get('failed')
    assert roles(running.cluster)[name] == ['Unpromoted']


def test_a_node_that_was_not_brought_back_is_named_by_every_run(running):
    left = there(running)
    assert not running.conduct(**DRAIN).get('failed')
    running.conduct('started')
    assert 'n1 had been left in an earlier run by %s, and is not brought back yet' % ', '.join(left) in running.shown
    assert 'n1 had been left' not in running.shown.split('is not brought back yet')[1]
    del running.lines[:]
    running.conduct(**UNDO)
    assert 'had been left' not in running.shown and nothing_of_ours(running)


def test_an_undo_of_some_keeps_the_others_in_mind(running):
    left = there(running)
    assert len(left) == 2 and not running.conduct(**DRAIN).get('failed')
    assert not running.conduct(**dict(UNDO, names=left[:1])).get('failed') and there(running) == left[:1]
    assert not running.conduct(**UNDO).get('failed') and there(running) == left and nothing_of_ours(running)


# One at a time


def test_a_second_run_is_refused_while_the_first_is_at_work(running):
    assert killed(running, 1, **DRAIN)
    running.alive = {'first': True}
    text = running.cluster.text()
    with pytest.raises(Error, match='root@controller, since .*Z: it moves VEs away from n1, into standby.*take_over'):
        running.conduct(**dict(DRAIN, nodes=['n2']))
    assert running.cluster.text() == text
    running.arguments = {}
    lines = plan_lines(running.node.plan(), options.read(defaults()))
    assert lines[0].startswith('a run that has not ended is found: root@controller, since ')


def test_one_of_another_controller_is_dead_when_it_is_late(running, monkeypatch):
    assert killed(running, 1, **dict(DRAIN, timeout='100s', load_gate_timeout='0s'))
    running.alive = {}
    with pytest.raises(Error, match='Another run is at work'):
        running.conduct(**DRAIN)
    now = mark.time.time()
    monkeypatch.setattr(mark.time, 'time', lambda: now + 100 + 301)
    assert not running.conduct(**DRAIN).get('failed')
    assert 'nothing was heard of it for longer than it may take' in running.shown and there(running) == []


def test_one_that_is_alive_is_broken_on_request_and_changes_nothing_any_more(running):
    """The second comes while the first waits for its first batch; the first finds out with its next edit."""
    after = []

    def interfere():
        there = mark.read(tree.parse(running.cluster.text()))
        taken = mark.Claim('second', 'admin@other', 'second', 'starts VEs', 60, over=there.run)
        transaction.change(running.cluster.run, lambda root: mark.claim(root, taken, mark.Undo()))
        after.append(running.configuration())

    running.when(running.clock + 3, interfere)
    with pytest.raises(Error, match='ended from outside by admin@other, since .*: it starts VEs'):
        running.conduct(**DRAIN)
    assert [running.configuration()] == after


def test_take_over(running):
    assert killed(running, 1, **DRAIN)
    running.alive = {'first': True}
    assert not running.conduct(take_over=True, **DRAIN).get('failed')
    assert 'this one takes its place (take_over)' in running.shown and there(running) == []


def test_a_run_with_nothing_to_do_leaves_no_mark_and_edits_nothing(running):
    text = running.cluster.text()
    running.conduct('started')
    assert running.cluster.text() == text


def test_a_mark_that_was_left_is_gone_when_the_next_run_is_refused(running):
    assert killed(running, 1, **DRAIN)
    with pytest.raises(CibError, match='no VE ve-77'):
        running.conduct('started', names=['ve-77'])
    assert mark.read(tree.parse(running.cluster.text())) is None and 'openve-moved' not in running.cluster.text()

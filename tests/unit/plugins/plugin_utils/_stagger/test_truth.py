# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says is what was: each failure once, what the agent remarks, and changed where something was changed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import failures
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_info
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import UNANSWERED

from declarations import create
from happenings import FAILED, OK, happened, with_dc
from stagger_world import World, declare


@pytest.fixture
def world(cluster):
    declare(cluster)
    return World(cluster)


def failed(world):
    return [(event['ve'], event['text']) for event in world.result['timeline'] if event['event'] == 'failure']


def test_a_failure_on_every_node_is_reported_once_each_in_whatever_order_they_come(world):
    """Pacemaker lists them by node: n1's is put before n3's that was reported already."""
    world.when(3, lambda: happened(world.cluster, 'n3', 've-1', ('start', FAILED, 'third')))
    world.when(9, lambda: happened(world.cluster, 'n1', 've-1', ('start', FAILED, 'first')))
    world.when(15, lambda: happened(world.cluster, 'n2', 've-1', ('start', FAILED, 'second')))
    world.seconds = 30
    world.result = world.conduct(timeout='25s')
    for text in ('start on n1: error (first)', 'start on n2: error (second)', 'start on n3: error (third)'):
        assert world.shown.count(text) == 1, world.shown
        assert failed(world).count(('ve-1', text)) == 1


def test_the_same_again_is_another_one():
    def said(*entries):
        root = ET.fromstring('<r><failures>%s</failures></r>' % ''.join(entries))
        return [failure.key for failure in failures.of(root, ['v'])['v']]

    entry = (
        '<failure op_key="v_start_0" node="{node}" exitcode="1" exitreason="x" call="{call}" task="start" interval="0" '
        'last-rc-change="{at}"/>'
    )
    first = entry.format(node='n1', call=7, at='2026-11-28 20:00:00Z')
    others = [
        entry.format(node='n2', call=7, at='2026-11-28 20:00:00Z'),
        entry.format(node='n1', call=7, at='2026-11-28 20:00:01Z'),
        entry.format(node='n1', call=8, at='2026-11-28 20:00:00Z'),
        first.replace('v_start_0', 'v_stop_0').replace('task="start"', 'task="stop"'),
    ]
    assert said(first) == said(first) and len(set(said(first, *others))) == 5


def test_what_the_agent_says_of_a_success_is_said(world):
    """That a VE was not ready in time and let through, or stopped by force"""
    world.when(2, lambda: happened(world.cluster, 'n1', 've-1', ('start', OK, 'it runs, but is not ready in time')))
    result = world.conduct(timeout='60s')
    assert world.shown.count('ve-1: start on n1: ok (it runs, but is not ready in time)') == 1
    assert [event['ve'] for event in result['timeline'] if event['event'] == 'remark'] == ['ve-1']


def test_what_was_said_in_an_earlier_run_is_not_news(world):
    happened(world.cluster, 'n1', 've-1', ('start', OK, 'it runs, but is not ready in time'))
    world.history[('n1', 've-1')] = [('start', OK, 'it runs, but is not ready in time')]
    world.conduct(timeout='60s')
    assert 'not ready in time' not in world.shown


def test_ve_info_has_it(cluster):
    declare(cluster)
    happened(cluster, 'n1', 've-1', ('start', OK, 'not ready in time'))
    happened(cluster, 'n2', 've-2', ('start', OK), ('stop', OK, 'stopped by force'))
    found = {ve['name']: ve['remarks'] for ve in ve_info.run(cluster.run, {'names': None})['ves']}
    assert found == {
        've-1': ['start on n1: ok (not ready in time)'],
        've-2': ['stop on n2: ok (stopped by force)'],
        've-3': [],
    }


# changed


def test_a_cleanup_that_starts_a_ve_is_a_change(world):
    world.cluster.tool(
        'crm_resource', '--resource', 've-1', '--meta', '--set-parameter', 'target-role', '-v', 'Started'
    )
    world.fails = {'ve-1': {'n1', 'n2', 'n3'}}
    world.sleep(40)
    assert not world.busy()
    world.fails = {}
    result = world.conduct(names=['ve-1'], retries=1)
    assert result['released'] == [] and result['changed'] and not result.get('failed')


def dies(world, when, **details):
    """A node that gives no answer any more"""
    ask = world.ask

    def asked(request):
        if when(request):
            raise Error('The node cannot be reached: gone.', **details)
        return ask(request)

    world.ask = asked


def test_a_run_whose_node_died_after_it_released_something(world):
    looks = []

    def when(request):
        looks.append(request['do'] == 'look')
        return sum(looks) > 3

    dies(world, when, changed=False)
    with pytest.raises(Error, match='cannot be reached') as caught:
        world.conduct()
    assert caught.value.details['changed'] and caught.value.details['released'] == ['ve-2', 've-1', 've-3']


@pytest.mark.parametrize('answered', [True, False])
def test_one_that_died_while_it_was_asked_may_have_done_it(world, answered):
    dies(world, lambda request: request['do'] == 'put', **({} if answered else {UNANSWERED: True}))
    with pytest.raises(Error) as caught:
        world.conduct()
    assert caught.value.details['changed'] is not answered and caught.value.details['released'] == []


# What blocks


@pytest.mark.parametrize('form', ['node="n1" score="-INFINITY"', 'rule'])
def test_a_ban_on_one_ve_does_not_keep_the_others_away(cluster, form):
    declare(
        cluster, [{'id': number, 'prefer': ['n1']} for number in (1, 2, 3)], new='started', policy={'failback': True}
    )
    with_dc(cluster, fencing='false')
    world = World(cluster)
    world.sleep(40)
    assert not world.conduct('moved', nodes=['n1'], standby=True).get('failed')
    rule = '<rule id="r" score="-INFINITY"><expression id="e" attribute="#uname" operation="eq" value="n1"/></rule>'
    create(
        cluster,
        '<rsc_location id="keep-2-away" rsc="ve-2" %s'
        % (form + '/>' if form != 'rule' else '>%s</rsc_location>' % rule),
        'constraints',
    )
    text = cluster.text()
    with pytest.raises(CibError, match='(?s)ve-2 could run on no other node .n1.*- ve-2: kept away by keep-2-away'):
        world.conduct('moved', names=['ve-2'], to='n1')
    assert cluster.text() == text
    result = world.conduct('moved', to='n1', standby=False)
    assert not result.get('failed') and sorted(result['released']) == ['ve-1', 've-3']
    assert 've-2 cannot go to n1 and stays where it is: kept away by keep-2-away' in world.shown
    assert world.node.look([]).nodes['n1'] == 'online'

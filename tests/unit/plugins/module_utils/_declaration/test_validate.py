# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model, order, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import CHOICES, PARAMETERS, TIMES
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources


def problems(ves, policy=None):
    with pytest.raises(InputError) as caught:
        validate.read(ves, policy)
    return caught.value.problems


@pytest.mark.parametrize(
    'text, milliseconds',
    [
        (120, 120000),
        ('120', 120000),
        ('120s', 120000),
        ('2m', 120000),
        ('2min', 120000),
        ('1500ms', 1500),
        ('1h', 3600000),
        ('0', 0),
        ('0s', 0),
        (' 5 s ', 5000),
    ],
)
def test_times(text, milliseconds):
    assert times.parse(text) == milliseconds


@pytest.mark.parametrize(
    'text', ['', 's', '-1', '1.5s', '5mn', '1d', '2 minutes', '1m30s', 'PT2M', '٣s', '5s\n5', True]
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError):
        times.parse(text)


@pytest.mark.parametrize('milliseconds, text', [(120000, '120s'), (1500, '1500ms'), (0, '0s')])
def test_times_are_written_in_whole_seconds_where_they_can_be(milliseconds, text):
    assert times.cib(milliseconds) == text
    assert times.parse(text) == milliseconds


def test_every_field_but_the_id_has_a_default():
    read = validate.read([{'id': 101}])
    ve, policy = read.ves[0], read.policy
    assert (ve.id, ve.name, ve.engine, ve.start_order, ve.boot_time, ve.stop_grace) == (
        '101',
        've-101',
        'vzctl',
        50,
        60000,
        120000,
    )
    assert (ve.monitor_interval, ve.monitor_timeout, ve.monitor_command) == (10000, 30000, None)
    assert (ve.prefer, ve.after, ve.needs, ve.apart, ve.utilization, ve.state, ve.params, ve.meta) == (
        [],
        [],
        [],
        [],
        {},
        None,
        {},
        {},
    )
    assert (
        policy.starts_per_node,
        policy.starts_total,
        policy.settle,
        policy.slow_boot,
        policy.failback,
        policy.load_threshold,
        policy.failures_before_move,
        policy.retry_start,
        policy.failure_timeout,
    ) == (2, 0, 0, 'proceed', False, None, 3, False, 3600000)


def test_every_field_is_read():
    read = validate.read(
        [
            {
                'id': '0101',
                'name': 've101',
                'engine': 'vzctl',
                'start_order': '10',
                'boot_time': '2m',
                'stop_grace': 300,
                'monitor': {'interval': '20s', 'timeout': '40s', 'command': 'true'},
                'prefer': ['n1', 'n2'],
                'after': ['ve102'],
                'needs': ['fs-vz-clone'],
                'apart': ['ve102'],
                'utilization': {'memory': 2048},
                'state': 'started',
                'params': {'force_stop': True, 'ready_timeout': '1h', 'ready_command': 'test -e /up'},
                'meta': {'allow-migrate': True},
            },
            {'id': 102, 'name': 've102'},
        ],
        {
            'starts_per_node': 3,
            'starts_total': 6,
            'boot_time': '90s',
            'settle': '5s',
            'slow_boot': 'fail',
            'stop_grace': '60s',
            'failback': 'yes',
            'load_threshold': '0%',
            'failures_before_move': 1,
            'retry_start': True,
            'failure_timeout': '10min',
        },
    )
    ve, other = read.ves
    assert (ve.id, ve.start_order, ve.boot_time, ve.stop_grace) == ('101', 10, 120000, 300000)
    assert (ve.monitor_interval, ve.monitor_timeout, ve.monitor_command) == (20000, 40000, 'true')
    assert ve.utilization == {'memory': '2048'} and ve.meta == {'allow-migrate': 'true'}
    # the agent knows no hours
    assert ve.params == {'force_stop': 'true', 'ready_timeout': '3600s', 'ready_command': 'test -e /up'}
    assert (other.boot_time, other.stop_grace) == (90000, 60000)
    assert (read.policy.failback, read.policy.load_threshold, read.policy.settle) == (True, '0%', 5000)


def test_none_is_absent_as_ansible_has_it():
    nothing = dict.fromkeys(model.VE_FIELDS)
    assert vars(validate.read([dict(nothing, id='7')], dict.fromkeys(model.POLICY_FIELDS)).ves[0]) == vars(
        validate.read([{'id': '7'}]).ves[0]
    )


@pytest.mark.parametrize(
    've, field, mend',
    [
        ({}, 'id', 'is missing'),
        ({'id': 'a b'}, 'id', 'letters, digits'),
        ({'id': '../101'}, 'id', 'letters, digits'),
        ({'id': 'x' * 65}, 'id', 'at most 64'),
        ({'id': 0}, 'id', 'the host itself'),
        ({'id': True}, 'id', 'single value'),
        ({'id': 1, 'name': '1x'}, 'name', 'begin with a letter'),
        ({'id': 1, 'engine': 'docker'}, 'engine', 'vzctl, lxc'),
        ({'id': 1, 'bootime': '5s'}, 'bootime', 'did you mean boot_time?'),
        ({'id': 1, 'boot_time': '5mn'}, 'boot_time', 'write 90, 90s, 2m'),
        ({'id': 1, 'boot_time': 0}, 'boot_time', 'too short'),
        ({'id': 1, 'stop_grace': '-5s'}, 'stop_grace', 'no time'),
        ({'id': 1, 'stop_grace': '800h'}, 'stop_grace', '30 days'),
        ({'id': 1, 'start_order': 'first'}, 'start_order', 'no whole number'),
        ({'id': 1, 'start_order': -1}, 'start_order', 'from 0 to'),
        ({'id': 1, 'monitor': {'intervall': '5s'}}, 'monitor.intervall', 'did you mean interval?'),
        ({'id': 1, 'monitor': {'interval': '0s'}}, 'monitor.interval', 'too short'),
        ({'id': 1, 'monitor': '10s'}, 'monitor', 'must be a mapping'),
        ({'id': 1, 'monitor': {'command': 'a\nb'}}, 'monitor.command', 'one line'),
        ({'id': 1, 'prefer': 'n1'}, 'prefer', 'must be a list'),
        ({'id': 1, 'prefer': ['n1', 'n1']}, 'prefer', 'twice'),
        ({'id': 1, 'prefer': ['n 1']}, 'prefer', 'not the name of a node'),
        ({'id': 1, 'after': ['ve-1']}, 'after', 'the VE itself'),
        ({'id': 1, 'apart': ['ve-1']}, 'apart', 'the VE itself'),
        ({'id': 1, 'needs': ['ve-1']}, 'needs', 'name it in after'),
        ({'id': 1, 'utilization': {'memory': '2G'}}, 'utilization.memory', 'whole number'),
        ({'id': 1, 'utilization': {'a b': 1}}, 'utilization.a b', 'begin with a letter'),
        ({'id': 1, 'state': 'running'}, 'state', 'started, stopped, unmanaged'),
        ({'id': 1, 'params': {'on_dmp': 'restore'}}, 'params.on_dmp', 'did you mean on_dump?'),
        ({'id': 1, 'params': {'on_dump': 'keep'}}, 'params.on_dump', 'set_aside, restore, refuse'),
        ({'id': 1, 'params': {'start_wait': 'boot'}}, 'params.start_wait', 'ready, native, none'),
        ({'id': 1, 'params': {'ready_timeout': 'long'}}, 'params.ready_timeout', 'write 90'),
        ({'id': 1, 'params': {'force_stop': 'maybe'}}, 'params.force_stop', 'true or false'),
        ({'id': 1, 'params': {'lxc_path': 'var'}}, 'params.lxc_path', 'absolute'),
        ({'id': 1, 'params': {'ready_command': ['a']}}, 'params.ready_command', 'single value'),
        ({'id': 1, 'params': {'ready_command': 'a\tb'}}, 'params.ready_command', 'control character'),
        ({'id': 1, 'params': {'ready_command': ''}}, 'params.ready_command', 'is empty'),
        ({'id': 1, 'meta': {'a b': 1}}, 'meta.a b', 'begin with a letter'),
    ]
    + [({'id': 1, 'params': {name: 'x'}}, 'params.' + name, owner) for name, owner in validate.OWNED_PARAMS.items()]
    + [({'id': 1, 'meta': {name: 'x'}}, 'meta.' + name, owner) for name, owner in validate.OWNED_META.items()],
)
def test_a_mistake_in_a_ve_names_the_ve_the_field_and_the_mend(ve, field, mend):
    found = problems([ve])
    assert len(found) == 1, found
    where = 'VE %s' % (ve.get('name') or ve.get('id') or '1 of the list')
    assert found[0].startswith('%s: %s' % (where, field)) and mend in found[0], found[0]


@pytest.mark.parametrize(
    'policy, field, mend',
    [
        ({'starts_per_nod': 2}, 'starts_per_nod', 'did you mean starts_per_node?'),
        ({'starts_per_node': -1}, 'starts_per_node', 'from 0 to'),
        ({'starts_total': 'all'}, 'starts_total', 'no whole number'),
        ({'boot_time': 'x'}, 'boot_time', 'write 90'),
        ({'settle': 'x'}, 'settle', 'write 90'),
        ({'slow_boot': 'wait'}, 'slow_boot', 'proceed, fail'),
        ({'stop_grace': 'x'}, 'stop_grace', 'write 90'),
        ({'failback': 'perhaps'}, 'failback', 'true or false'),
        ({'load_threshold': 80}, 'load_threshold', 'write 80%'),
        ({'failures_before_move': -1}, 'failures_before_move', 'from 0 to'),
        ({'retry_start': 3}, 'retry_start', 'true or false'),
        ({'failure_timeout': 'x'}, 'failure_timeout', 'write 90'),
    ],
)
def test_a_mistake_in_the_policy(policy, field, mend):
    found = problems([{'id': 1}], policy)
    assert len(found) == 1, found
    assert found[0].startswith('policy: %s' % field) and mend in found[0]


def test_one_ve_declared_twice():
    assert 'declared twice' in problems([{'id': '101', 'name': 'a'}, {'id': '0101', 'name': 'b'}])[0]
    assert 'taken by another VE' in problems([{'id': 1, 'name': 'a'}, {'id': 2, 'name': 'a'}])[0]
    # a container of each engine may have the same id
    assert len(validate.read([{'id': '1', 'name': 'a'}, {'id': '1', 'name': 'b', 'engine': 'lxc'}]).ves) == 2
    # and for lxc these are two names
    assert [
        ve.id
        for ve in validate.read(
            [{'id': '1', 'name': 'a', 'engine': 'lxc'}, {'id': '01', 'name': 'b', 'engine': 'lxc'}]
        ).ves
    ] == ['1', '01']


@pytest.mark.parametrize(
    'field, other, existing, said',
    [
        ('after', 've-2', [], 'VE 1: after: no VE ve-2 is declared, here or in this cluster; did you mean ve-100?'),
        (
            'apart',
            'nobody',
            [],
            'VE 1: apart: no VE nobody is declared, here or in this cluster; declare it or remove it here',
        ),
        ('after', 'dbs', ['db'], 'VE 1: after: no VE dbs is declared, here or in this cluster; did you mean db?'),
        (
            'after',
            '100',
            [],
            'VE 1: after: no VE 100 is declared, here or in this cluster; did you mean ve-100? It takes names, not ids',
        ),
        (
            'after',
            '1',
            [],
            'VE 1: after: no VE 1 is declared, here or in this cluster; that is the id of the VE itself; remove it',
        ),
        ('after', 'db', ['db'], None),
    ],
)
def test_a_name_of_no_ve(field, other, existing, said):
    ves = validate.read([{'id': 1, field: [other]}, {'id': 100}]).ves
    assert list(order.unknown(ves, existing)) == ([said] if said else [])


def test_ves_that_wait_for_each_other():
    found = problems(
        [
            {'id': 1, 'after': ['ve-3']},
            {'id': 2, 'after': ['ve-1']},
            {'id': 3, 'after': ['ve-2']},
            {'id': 4, 'after': ['ve-1']},
        ]
    )
    assert len(found) == 1 and 've-1 -> ve-3 -> ve-2 -> ve-1 wait for each other' in found[0]
    diamond = [
        {'id': 1},
        {'id': 2, 'after': ['ve-1']},
        {'id': 3, 'after': ['ve-1']},
        {'id': 4, 'after': ['ve-2', 've-3']},
    ]
    assert len(validate.read(diamond).ves) == 4
    chain = [{'id': number, 'after': ['ve-%d' % (number + 1)]} for number in range(1, 3000)] + [{'id': 3000}]
    assert len(validate.read(chain).ves) == 3000


def test_all_mistakes_at_once():
    found = problems(
        [
            {'boot_time': 'x', 'bogus': 1},
            {'id': 2, 'stop_grace': 'y', 'monitor': {'interval': 'z'}, 'params': {'veid': 3, 'none': 1}},
            've3',
        ],
        {'settle': 'w', 'bogus': 1},
    )
    for part in (
        'policy: settle',
        'policy: bogus',
        'VE 1 of the list: id',
        'VE 1 of the list: boot_time',
        'VE 1 of the list: bogus',
        'VE 2: stop_grace',
        'VE 2: monitor.interval',
        'VE 2: params.veid',
        'VE 2: params.none',
        'VE ve3: must be a mapping of fields, such as {id: ve3}',
    ):
        assert [line for line in found if line.startswith(part)], (part, found)
    assert len(found) == 10


@pytest.mark.parametrize('ves', [None, 'x', {}, {'id': 1}, 3])
def test_ves_must_be_a_list(ves):
    assert 'must be a list' in problems(ves)[0]


def test_every_parameter_of_the_agent_is_decided_by_a_field_or_free():
    assert set(validate.OWNED_PARAMS) <= set(PARAMETERS)
    assert set(CHOICES) | set(TIMES) <= set(PARAMETERS)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['101', 've-101', '5s', 'lxc', 'n1']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def fields(table, **nested):
    return st.dictionaries(
        st.sampled_from(sorted(table)) | st.text(max_size=4), JUNK, max_size=6
    ) | st.fixed_dictionaries({}, optional=dict({name: JUNK for name in table}, **nested))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(fields(model.VE_FIELDS, monitor=fields(model.MONITOR_FIELDS), params=fields(PARAMETERS)), max_size=3)
    | JUNK,
    fields(model.POLICY_FIELDS) | JUNK,
)
def test_whatever_comes_in_it_is_read_or_refused_with_reasons(ves, policy):
    try:
        read = validate.read(ves, policy)
    except InputError as error:
        assert error.problems
        for line in error.problems:  # which VE, which field, and what is wrong with it
            where, _colon, what = line.partition(': ')
            assert where.startswith(('VE ', 'ves', 'policy')) and what, line
        with pytest.raises(InputError):  # before any command is run
            ve_resources.run(None, {'ves': ves, 'policy': policy, 'purge': False, 'new': 'started'})
    else:
        assert all(
            isinstance(value, str) for ve in read.ves for value in list(ve.params.values()) + list(ve.meta.values())
        )
        assert all(ve.boot_time > 0 and ve.stop_grace >= 0 for ve in read.ves)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_resources waits until the cluster has settled, and says what is not up."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import wait
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

from declarations import declare
from happenings import FAILED, OK, PENDING, edit, happened, state


def test_waiting(cluster):
    waited = []

    def run(argv, stdin=None):
        if argv[0] == 'crm_resource':
            waited.append(argv)
            return 124, '', 'Pending actions:\n\tAction 12: ve-1_start_0\ton n1\ncrm_resource: Timeout occurred\n'
        return cluster._run(argv, stdin)

    arguments = {
        'ves': [{'id': 1}],
        'policy': None,
        'purge': False,
        'new': 'started',
        'wait': True,
        'wait_timeout': '90s',
        'allow_restart': False,
        'backup_keep': 0,
    }
    assert ve_resources.run(run, arguments, check=True)['changed'] and not waited
    with pytest.raises(Error, match='in place, but .* not settled after 90s. Still to be done: ve-1_start_0') as caught:
        ve_resources.run(run, arguments)
    assert waited == [['crm_resource', '--wait', '--timeout=90']]
    assert caught.value.details['changed'] and caught.value.details['created'] == ['ve-1']
    with pytest.raises(InputError, match='wait_timeout'):
        ve_resources.run(run, dict(arguments, wait_timeout='soon'))


def waiting(cluster, ves, rc, said=''):
    """What waiting ends with, where crm_resource --wait (which needs a running cluster) says that."""

    def run(argv, stdin=None):
        return (rc, '', said) if argv[0] == 'crm_resource' else cluster._run(argv, stdin)

    try:
        return ve_resources.run(
            run,
            {
                'ves': ves,
                'policy': None,
                'purge': False,
                'new': 'started',
                'wait': True,
                'wait_timeout': '90s',
                'allow_restart': False,
                'backup_keep': 0,
            },
        )
    except Error as error:
        return error


VES = [{'id': 1}, {'id': 2}, {'id': 3, 'state': 'stopped'}, {'id': 4, 'state': 'unmanaged'}, {'id': 5}]


def test_waiting_ends_well_only_where_all_that_are_to_run_are_up(cluster):
    declare(cluster, VES)
    for ve in ('ve-1', 've-2', 've-5'):
        happened(cluster, 'n1', ve, ('start', OK))
    assert waiting(cluster, VES, 0)['changed'] is False
    happened(cluster, 'n2', 've-6', ('start', FAILED, 'not declared'))
    assert waiting(cluster, VES, 0)['changed'] is False

    declare(cluster, [*VES, {'id': 7}, {'id': 8}])
    happened(cluster, 'n2', 've-7', ('start', FAILED, "init doesn't start"), ('stop', OK))
    error = waiting(cluster, [*VES, {'id': 7}, {'id': 8}], 0)
    assert error.msg == (
        'The configuration is in place and the cluster has settled, but 2 VEs that are to run are not up. Mend what '
        'is said here; Pacemaker tries again after crm_resource --cleanup --resource NAME.\n'
        "- ve-7 (stopped): start on n2: error (init doesn't start)\n"
        '- ve-8 (stopped): no failure is recorded; look with crm_resource --why --resource=ve-8'
    )
    assert [ve['name'] for ve in error.details['not_up']] == ['ve-7', 've-8'] and error.details['changed'] is False


def test_waiting_that_takes_too_long_says_what_is_under_way_and_what_failed(cluster):
    ves = [{'id': number} for number in range(1, 4)]
    declare(cluster, ves)
    happened(cluster, 'n1', 've-1', ('start', PENDING))
    happened(cluster, 'n2', 've-2', ('start', FAILED, 'no init'), ('stop', OK))
    happened(cluster, 'n3', 've-3', ('start', OK))
    error = waiting(cluster, ves, 124, 'Pending actions:\n\tAction 12: ve-2_start_0\ton n1\n')
    assert (
        'not settled after 90s. Still to be done: ve-2_start_0 on n1. Under way: start of ve-1 on n1, since '
        in error.msg
    )
    assert '(its timeout is 180s)' in error.msg and '- ve-2 (stopped): start on n2: error (no init)' in error.msg
    assert 've-3' not in error.msg and error.details['pending'] == ['ve-2_start_0 on n1']


def test_waiting_for_many_names_ten(cluster):
    ves = [{'id': number} for number in range(1, 14)]
    error = waiting(cluster, ves, 0)
    assert error.msg.count('no failure is recorded') == 10 and error.msg.endswith('- and 3 more')
    assert len(error.details['not_up']) == 13


def test_waiting_that_fails_says_so(cluster):
    assert (
        'waiting for the cluster failed: crm_resource --wait: no cluster (102)'
        in waiting(cluster, VES, 102, 'no cluster').msg
    )


@pytest.mark.parametrize('ends', [True, False])
def test_a_start_in_flight_that_crm_resource_does_not_see_is_waited_for(cluster, monkeypatch, ends):
    """Where no monitor is to follow it, as with some templates, it says that all is done."""
    ves = [{'id': 1}]
    declare(cluster, ves)
    happened(cluster, 'n1', 've-1', ('start', PENDING))
    waits, clock = [], [1000.0]
    monkeypatch.setattr(wait.time, 'monotonic', lambda: clock[0])

    def sleep(seconds):
        clock[0] += 30 * seconds
        if ends and len(waits) == 2:
            edit(cluster, lambda root: state(root, 'n1').find('lrm')[0].clear())
            happened(cluster, 'n1', 've-1', ('start', OK))

    monkeypatch.setattr(wait.time, 'sleep', sleep)

    def run(argv, stdin=None):
        if argv[:2] == ['crm_resource', '--wait']:
            waits.append(argv[2])
            return 0, '', ''
        return cluster._run(argv, stdin)

    if ends:
        wait.wait(run, 90000, ['ve-1'], {})
        assert waits == ['--timeout=90', '--timeout=60', '--timeout=30']
        return
    with pytest.raises(Error, match='had not settled after .*Under way: start of ve-1 on n1') as caught:
        wait.wait(run, 90000, ['ve-1'], {'changed': True})
    assert clock[0] >= 1090 and caught.value.details['changed']

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the cluster as a whole: fencing, quorum, limits, and what a node's shutdown may take."""

from __future__ import annotations

from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import subject as subjects
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Finding, Table
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker, times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some, whole
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, conditions, history, leftovers
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import timeouts
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived

RULES = Table()


@RULES.rule(
    'fencing-off',
    'critical',
    explanation='fencing is switched off',
    why='After the loss of a node its guests are started elsewhere while they may still run there, on the same storage.',
    mend='Set up a fencing device for every node, test it, and switch fencing on.',
)
def fencing_off(subject: Subject) -> Iterator[Finding]:
    if attributes.fencing_is_off(subject.root):
        name = pacemaker.spellings(pacemaker.FENCING_ENABLED)[-1]
        command = subjects.set_property(name, 'true') if subject.devices else ''
        yield Finding('fencing is off', command=command)


@RULES.rule(
    'fencing-missing',
    'critical',
    explanation='fencing is on and there is no device, or none for a node, by the lists of hosts that the devices have',
    why='After the loss of such a node nothing that ran there is started elsewhere.',
    mend='Set up a fencing device for every node, and test it.',
)
def fencing_missing(subject: Subject) -> Iterator[Finding]:
    if attributes.fencing_is_off(subject.root):
        return
    if conditions.has_no_fencing_device(subject.root):
        yield Finding('there is no fencing device')
        return
    known = [_hosts(attributes.pairs(device, attributes.INSTANCE)) for device in subject.devices.values()]
    if all(known):
        covered = {host for hosts in known for host in hosts}
        for node in subject.nodes:
            if node not in covered:
                yield Finding('no fencing device has it in its list of hosts', node=node)


@RULES.rule(
    'fencing-untested',
    'warning',
    explanation='a fencing device runs nowhere, or its start or its monitor failed, by the history in the CIB',
    why='A device that cannot be reached does not fence, and that is noticed when a node dies.',
    mend='Start the device, look why it fails, and test it: fence a node that may be fenced.',
)
def fencing_untested(subject: Subject) -> Iterator[Finding]:
    past = [one for one in history.operations(subject.root) if one.resource.split(':')[0] in subject.devices]
    if not any(True for _one in history.operations(subject.root)):
        return  # a CIB without a history tells nothing
    states = {device.name: device.state for device in leftovers.devices(subject.root)}
    for name in subject.devices:
        if not subject.is_to_run(name):
            yield Finding('it is not to run (target-role, is-managed)', resource=name)
            continue
        mine = [one for one in past if one.resource.split(':')[0] == name and one.name in ('start', 'monitor')]
        if states[name] != 'started':
            yield Finding('it has never run' if not mine else 'it runs nowhere', resource=name)
        for node in sorted({one.node for one in mine if one.result in ('failed', 'timed out') and one.rc != 7}):
            yield Finding('its start or monitor failed on %s' % node, resource=name, node=node)


@RULES.rule(
    'two-nodes',
    'warning',
    explanation='two nodes, and nothing that delays the fencing of one of them',
    why='When the nodes lose sight of each other, each fences the other, and both may go down.',
    mend='Give one device a pcmk_delay_base, or set priority-fencing-delay; a quorum device or a third node is better.',
)
def two_nodes(subject: Subject) -> Iterator[Finding]:
    if len(subject.nodes) != 2 or not subject.devices or attributes.fencing_is_off(subject.root):
        return
    delays = ('pcmk_delay_base', 'pcmk_delay_max', 'delay')
    given = any(
        attributes.get(device, attributes.INSTANCE, name) for device in subject.devices.values() for name in delays
    )
    if not given and not conditions.delays_fencing_by_priority(subject.root):
        yield Finding('of the two nodes neither waits before it fences the other')


@RULES.rule(
    'quorum-policy',
    'critical',
    explanation='no-quorum-policy is ignore',
    why='A part of the cluster that has lost the others goes on as if it had not, and starts their guests.',
    mend='Take no-quorum-policy away: Pacemaker stops then where there is no quorum. Two nodes have it by two_node of corosync.conf.',
)
def quorum_policy(subject: Subject) -> Iterator[Finding]:
    if attributes.get_property(subject.root, 'no-quorum-policy') == 'ignore' and len(subject.nodes) > 1:
        yield Finding(
            'no-quorum-policy is ignore',
            severity='warning' if len(subject.nodes) == 2 else '',
            command='crm_attribute --type crm_config --name no-quorum-policy --delete',
        )


@RULES.rule(
    'no-start-limit',
    'warning',
    explanation='node-action-limit is not set, and not every guest has start_slots',
    why='A node starts two operations for each of its cores at once: after the loss of another its guests boot at the same time.',
    mend='Set policy.starts_per_node (node-action-limit), such as to 2.',
)
def no_start_limit(subject: Subject) -> Iterator[Finding]:
    free = [name for name in subject.guests if whole(subject.parameters(name).get('start_slots')) < 1]
    if free and not subject.limit:
        yield Finding(
            'nothing limits how many guests start at once on a node',
            command=subjects.set_property('node-action-limit', '2'),
        )


@RULES.rule(
    'shutdown-escalation-short',
    'warning',
    explanation='with as many guests on a node as there may be with another one lost, and every stop as long as its timeout, a clean shutdown '
    'of the node may take longer than shutdown-escalation',
    why='Pacemaker gives up on the shutdown then, and the node is fenced with guests that are being stopped.',
    mend='Raise shutdown-escalation, raise the limit, or lower the timeouts of the stops.',
)
def shutdown_escalation_short(subject: Subject) -> Iterator[Finding]:
    needed = longest_shutdown(subject)
    allowed = times.milliseconds(
        attributes.get_property(subject.root, 'shutdown-escalation'), timeouts.SHUTDOWN_ESCALATION, times.LONGEST
    )
    if needed and needed.value > allowed:
        yield Finding(
            'a clean shutdown of a node may take %s (%s), and shutdown-escalation is %s'
            % (words(needed.value / times.SECOND), needed.formula, words(allowed / times.SECOND)),
            command=subjects.set_property('shutdown-escalation', times.cib(needed.value)),
        )


@RULES.rule(
    'start-failure-fatal',
    'info',
    explanation='start-failure-is-fatal is not false, and a guest has no failure-timeout',
    why='A guest whose start failed once, such as while many booted, does not start on that node again before somebody cleans that up.',
    mend='Set policy.retry_start (start-failure-is-fatal: false) with a migration-threshold, or a failure-timeout.',
)
def start_failure_fatal(subject: Subject) -> Iterator[Finding]:
    stuck = [name for name in subject.guests if conditions.is_off(subject.meta(name, 'failure-timeout'))]
    if stuck and not conditions.retries_starts(subject.root):
        yield Finding(
            'one failed start bans a guest from the node for good (%s)' % some(stuck),
            command=subjects.set_property('start-failure-is-fatal', 'false'),
        )


@RULES.rule(
    'priority-fencing-delay',
    'warning',
    explanation='priority-fencing-delay is set, and guests have priorities below 0',
    why='It adds up the priorities of what runs on a node: one with such guests counts less than one without, and is the one that dies.',
    mend='Give one fencing device a pcmk_delay_base instead.',
)
def priority_fencing_delay(subject: Subject) -> Iterator[Finding]:
    below = [name for name in subject.guests if whole(subject.meta(name, 'priority')) < 0]
    if below and conditions.delays_fencing_by_priority(subject.root):
        yield Finding('priority-fencing-delay is set, and these have a priority below 0: %s' % some(below))


@RULES.rule(
    'maintenance',
    'warning',
    explanation='the cluster is in maintenance mode',
    why='Pacemaker starts and stops nothing then, whatever happens.',
    mend='Switch maintenance-mode off when the work is done.',
)
def maintenance(subject: Subject) -> Iterator[Finding]:
    if conditions.in_maintenance(subject.root):
        yield Finding('the cluster is in maintenance mode', command=subjects.set_property('maintenance-mode', 'false'))


def longest_shutdown(subject: Subject) -> Derived | None:
    """How long a clean shutdown of a node may take; None where no limit or no guest tells it."""
    if not subject.limit or not subject.guests:
        return None
    worst = max(subject.timeout(name, 'stop') for name in subject.guests)
    most = timeouts.most_on_a_node([[] for _name in subject.guests], subject.nodes)
    return timeouts.shutdown_escalation(most, subject.limit, int(worst * times.SECOND))


def _hosts(options: dict[str, str]) -> list[str]:
    """The nodes that a device says it fences, by pcmk_host_list and pcmk_host_map; empty where it says nothing."""
    mapped = [pair.partition(':')[0] for pair in options.get('pcmk_host_map', '').replace(' ', ';').split(';')]
    return [host for host in options.get('pcmk_host_list', '').replace(',', ' ').split() + mapped if host]

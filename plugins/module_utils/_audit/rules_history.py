# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about what has happened, by the history in the CIB."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Finding, Table
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, history

RULES = Table()


@RULES.rule(
    'failcounts',
    'warning',
    explanation='operations of a resource have failed on a node, and nobody has cleaned that up',
    why='Failures count until they are cleaned up or time out: at the migration-threshold (INFINITY after a failed start, as a rule) the resource '
    'does not run on that node any more.',
    mend='Look why it failed (crm_mon --failcounts), mend that, and clean it up.',
)
def failcounts(subject: Subject) -> Iterator[Finding]:
    for state in subject.root.findall('status/node_state'):
        node = state.get('uname', '')
        counts: dict[str, str] = {}
        for values in state.findall('transient_attributes'):
            for name, value in attributes.pairs(values, attributes.INSTANCE).items():
                found = re.match(r'fail-count-(.+?)(#.*)?\Z', name)
                if found and value not in ('0', ''):
                    counts[found.group(1)] = value
        for resource, value in sorted(counts.items()):
            text = (
                'it is banned from %s after failures'
                if value == 'INFINITY'
                else 'it failed on %s, ' + value + ' times by now'
            )
            yield Finding(
                text % node,
                resource=resource,
                node=node,
                command='crm_resource --cleanup --resource %s --node %s' % (resource, node),
            )


@RULES.rule(
    'blocked',
    'critical',
    explanation='the last operation of a guest on a node is a stop that failed, and the node was not fenced',
    why='Pacemaker does not know whether the guest still runs there, and starts it nowhere.',
    mend='See whether it runs there, stop it by hand, and clean it up.',
)
def blocked(subject: Subject) -> Iterator[Finding]:
    last: dict[tuple[str, str], history.Operation] = {}
    for operation in history.operations(subject.root):
        key = operation.resource, operation.node
        if operation.resource in subject.guests and operation.interval == 0:
            if key not in last or (operation.begin, operation.call) >= (last[key].begin, last[key].call):
                last[key] = operation
    for (resource, node), operation in last.items():
        if operation.name == 'stop' and operation.result in ('failed', 'timed out'):
            yield Finding(
                'its stop on %s %s%s'
                % (
                    node,
                    'timed out' if operation.result == 'timed out' else 'failed',
                    ' (%s)' % operation.reason if operation.reason else '',
                ),
                resource=resource,
                node=node,
                command='crm_resource --cleanup --resource %s --node %s' % (resource, node),
            )


@RULES.rule(
    'peak-above-limit',
    'warning',
    explanation='by the last starts in the history, more guests were started at once on a node than node-action-limit allows',
    why='The limit was not in force then, or is overridden on that node.',
    mend='See whether the limit is in force there (ve_info, limits).',
)
def peak_above_limit(subject: Subject) -> Iterator[Finding]:
    starts = history.last_starts(subject.root, subject.guests).values()
    for node, most in sorted(history.peaks(starts, subject.now).items()):
        if subject.limit and most > subject.limit:
            yield Finding(
                '%d guests were started at once there, and the limit is %d' % (most, subject.limit), node=node
            )

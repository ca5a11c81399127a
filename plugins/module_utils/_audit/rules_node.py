# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about what only a node itself can tell."""

from __future__ import annotations

from typing import Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import places
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import Finding, Table
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rules_cluster import longest_shutdown
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import node_limit

RULES = Table()

NODE = 'the node itself'


@RULES.rule(
    'limit-not-in-force',
    'warning',
    explanation='node-action-limit was changed, and the node that this runs on does not go by it',
    why='Pacemaker announces a changed limit only when its throttle mode changes, or when it is restarted.',
    mend='Have the role resources apply it (resources_apply_limits: nudge), or restart Pacemaker node by node.',
    needs=NODE,
)
def limit_not_in_force(subject: Subject) -> Iterator[Finding]:
    own = subject.own
    if own and node_limit.is_stale(own.limit):
        text = 'node-action-limit %s is not in force: %s'
        yield Finding(text % (own.limit['limit'], own.limit['why']), node=own.node)


@RULES.rule(
    'limit-differs',
    'warning',
    explanation='PCMK_node_action_limit of the node that this runs on is another number than node-action-limit',
    why='The environment of the node\'s Pacemaker overrides the property, so that this node starts another number at once.',
    mend='Take PCMK_node_action_limit out of /etc/default/pacemaker or /etc/sysconfig/pacemaker, and restart Pacemaker there.',
    needs=NODE,
)
def limit_differs(subject: Subject) -> Iterator[Finding]:
    own = subject.own
    if own and own.limit['override'] and own.limit['override'] != own.limit['limit']:
        text = 'PCMK_node_action_limit is %s there, and node-action-limit is %s'
        yield Finding(text % (own.limit['override'], own.limit['limit'] or 'not set'), node=own.node)


@RULES.rule(
    'service-stop-short',
    'warning',
    explanation='TimeoutStopSec of pacemaker.service on the node that this runs on is below what a clean shutdown of it may take',
    why='systemd kills Pacemaker then while guests are being stopped, and the node is fenced.',
    mend='Raise TimeoutStopSec in a drop-in of pacemaker.service (the role agent writes one).',
    needs=NODE,
)
def service_stop_short(subject: Subject) -> Iterator[Finding]:
    own, needed = subject.own, longest_shutdown(subject)
    if own and needed and own.stop_seconds is not None and own.stop_seconds * times.SECOND < needed.value:
        text = 'a clean shutdown may take %s, and TimeoutStopSec of pacemaker.service is %s'
        yield Finding(text % (words(needed.value / times.SECOND), words(own.stop_seconds)), node=own.node)


@RULES.rule(
    'autostart-beside-pacemaker',
    'critical',
    explanation='something else on the node that this runs on starts a guest at boot: ONBOOT of vzctl, lxc.start.auto, autostart of libvirt or of Xen',
    why='The guest may run elsewhere by then: it runs twice on the same storage.',
    mend='Switch that off on every node (for declared VEs ve_host does it).',
    needs=NODE,
)
def autostart_beside_pacemaker(subject: Subject) -> Iterator[Finding]:
    if subject.own:
        for name, starter in subject.own.starters.items():
            yield Finding('%s starts it at boot, beside Pacemaker' % starter, resource=name, node=subject.own.node)


@RULES.rule(
    'guest-config-differs',
    'warning',
    explanation='the configuration of a guest is missing on the node that this runs on, and the guest may run there',
    why='After the loss of another node it does not start here.',
    mend='Have the same configuration and storage on every node that the guest may run on, or ban it from this one.',
    needs=NODE,
)
def guest_config_differs(subject: Subject) -> Iterator[Finding]:
    if subject.own:
        for name, path in subject.own.missing.items():
            if subject.own.node in places.allowed(subject, name) and not places.is_on_storage(subject, path):
                yield Finding('%s is not there' % path, resource=name, node=subject.own.node)

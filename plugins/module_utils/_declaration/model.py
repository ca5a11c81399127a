# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared VEs and the policy: the fields that a user writes, and what they are once they were validated.

Times are in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import CHOICES, DEFAULTS

INFINITY = 1000000  # Pacemaker's

# The meta attribute that says which list declared a VE.
OWNER = 'openve-owner'
# The one that says that no hand keeps a VE stopped: NEW, or since when ve_stagger has it stopped (times.iso).
STOPPED = 'openve-stopped'
NEW = 'new'

Fields = Mapping[str, Mapping[str, Any]]

# The fields, as an Ansible argument spec: that is what the modules hand to Ansible, and what is checked here
# for everybody else. What a type cannot express (times, names) is checked further down, by field.
MONITOR_FIELDS: Fields = {
    'interval': {'type': 'str', 'default': '10s'},
    'timeout': {'type': 'str', 'default': '30s'},
    'command': {'type': 'str'},
}
NEED_FIELDS: Fields = {
    'name': {'type': 'str', 'required': True},
    'role': {'type': 'str', 'choices': ['started', 'promoted']},
}
# What one might look for, and why it is not there.
NO_FIELDS = {
    'starts_weight': 'there is no such field: node-action-limit and the agent\'s start slots count every start as one, so a VE '
    'cannot count as several; give it a settle of its own, or all of them a smaller policy.starts_per_node',
}
VE_FIELDS: Fields = {
    # as it is: Ansible would make a name of true, and of 1.5
    'id': {'type': 'raw', 'required': True},
    'name': {'type': 'str'},
    'engine': {'type': 'str', 'choices': list(CHOICES['engine']), 'default': DEFAULTS['engine']},
    'start_order': {'type': 'int', 'default': 50},
    'boot_time': {'type': 'str'},
    'stop_grace': {'type': 'str'},
    'settle': {'type': 'str'},
    'monitor': {'type': 'dict', 'options': MONITOR_FIELDS},
    'prefer': {'type': 'list', 'elements': 'str', 'default': []},
    'after': {'type': 'list', 'elements': 'str', 'default': []},
    'needs': {'type': 'list', 'elements': 'raw', 'default': []},
    'apart': {'type': 'list', 'elements': 'str', 'default': []},
    'utilization': {'type': 'dict', 'default': {}},
    'state': {'type': 'str', 'choices': ['started', 'stopped', 'unmanaged', 'absent']},
    'params': {'type': 'dict', 'default': {}},
    'meta': {'type': 'dict', 'default': {}},
}
POLICY_FIELDS: Fields = {
    'starts_per_node': {'type': 'int', 'default': 2},
    'starts_total': {'type': 'int', 'default': 0},
    'boot_time': {'type': 'str', 'default': '60s'},
    'settle': {'type': 'str', 'default': DEFAULTS['start_settle']},
    'slow_boot': {
        'type': 'str',
        'choices': list(CHOICES['ready_timeout_action']),
        'default': DEFAULTS['ready_timeout_action'],
    },
    'stop_grace': {'type': 'str', 'default': DEFAULTS['stop_grace']},
    'failback': {'type': 'bool', 'default': False},
    'load_threshold': {'type': 'str'},
    'failures_before_move': {'type': 'int', 'default': 3},
    'retry_start': {'type': 'bool', 'default': False},
    'failure_timeout': {'type': 'str', 'default': '1h'},
}
FENCING_FIELDS: Fields = {
    'id': {'type': 'str', 'required': True},
    'agent': {'type': 'str', 'required': True},
    'hosts': {'type': 'list', 'elements': 'str', 'default': []},
    'options': {'type': 'dict', 'default': {}},
    'secrets': {'type': 'dict', 'default': {}, 'no_log': True},
}


@dataclass(frozen=True)
class Need:
    """A resource that a VE needs. ``role``: started or promoted; None: promoted where it can be promoted."""

    name: str
    role: str | None = None


@dataclass
class VE:
    """One declared VE, every default filled in. ``where``: how messages call it."""

    id: str
    name: str
    engine: str
    where: str
    start_order: int
    boot_time: int
    stop_grace: int
    settle: int
    monitor_interval: int
    monitor_timeout: int
    monitor_command: str | None
    prefer: list[str]
    after: list[str]
    needs: list[Need]
    apart: list[str]
    utilization: dict[str, str]
    state: str | None
    params: dict[str, str]
    meta: dict[str, str]


@dataclass
class Policy:
    starts_per_node: int
    starts_total: int
    boot_time: int
    settle: int
    slow_boot: str
    stop_grace: int
    failback: bool
    load_threshold: str | None
    failures_before_move: int
    retry_start: bool
    failure_timeout: int


@dataclass
class Declaration:
    """``absent``: VEs whose resources are to go. They are not among ``ves``, and nothing else is said of them."""

    ves: list[VE]
    policy: Policy
    absent: list[VE] = field(default_factory=list)

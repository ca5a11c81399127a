# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ve_stagger, and what is read from them. Node and controller read the same ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY, VE_FIELDS

# As an Ansible argument spec.
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    'state': {'type': 'str', 'choices': ['started', 'stopped', 'restarted', 'moved'], 'default': 'started'},
    'ves': {'type': 'list', 'elements': 'dict', 'options': VE_FIELDS},
    'names': {'type': 'list', 'elements': 'str'},
    'all': {'type': 'bool', 'default': False},
    'nodes': {'type': 'list', 'elements': 'str'},
    'start_order': {'type': 'str'},
    'to': {'type': 'str'},
    'standby': {'type': 'bool'},
    'per_node': {'type': 'int'},
    'total': {'type': 'int'},
    'limits': {'type': 'list', 'elements': 'dict'},
    'gap': {'type': 'str', 'default': '0s'},
    'max_load': {'type': 'float'},
    'max_pressure': {'type': 'float'},
    'load_gate_timeout': {'type': 'str', 'default': '10min'},
    'max_failures': {'type': 'int'},
    'retries': {'type': 'int', 'default': 0},
    'timeout': {'type': 'str', 'default': '1h'},
    'take_over': {'type': 'bool', 'default': False},
    'progress': {'type': 'str', 'choices': ['full', 'summary', 'none'], 'default': 'full'},
}

VERBS = {'started': 'starts', 'stopped': 'stops', 'restarted': 'restarts', 'moved': 'moves'}
# What runs is stopped for these, and is to start again.
AGAIN = ('restarted', 'moved')
TIMES = ('timeout', 'gap', 'load_gate_timeout')
# The smallest value of those that are numbers.
LEAST = {'per_node': 0, 'total': 0, 'max_failures': 1, 'retries': 0, 'max_load': 0, 'max_pressure': 0}


@dataclass(frozen=True)
class Options:
    """The options, read. Times are in seconds.

    ``ves``: as they were declared; None is all of the cluster. ``orders``: the lowest and the highest start order, None
    for any. ``per_node``: None is the cluster's own limit; 0 leaves it to Pacemaker. ``total``: 0 is no limit.
    ``all``: those that were stopped by hand, too. ``limits``: what ve_info said on the nodes. ``max_failures``: None is any number.
    """

    state: str
    ves: list[dict[str, Any]] | None
    names: list[str] | None
    nodes: list[str]
    orders: tuple[int, int] | None
    to: str | None
    standby: bool | None
    per_node: int | None
    total: int
    limits: list[dict[str, Any]]
    gap: float
    timeout: float
    load_gate_timeout: float
    max_load: float | None
    max_pressure: float | None
    max_failures: int | None
    retries: int
    progress: str
    all: bool = False
    take_over: bool = False

    def standby_of(self) -> dict[str, bool] | None:
        """{node: whether it goes into standby, or comes out of it}; None where standby is not touched."""
        if self.standby is None:
            return None
        return {node: True for node in self.nodes} if self.standby else {str(self.to): False}

    def what(self) -> str:
        """What a run with these does, in words that others read while it is at work."""
        way = ''
        if self.state == 'moved':
            way = ' away from %s' % ', '.join(self.nodes) if self.nodes else ''
            way += ' to %s' % self.to if self.to else ''
            way += {None: '', True: ', into standby', False: ', out of standby'}[self.standby]
        elif self.nodes:
            way = ' of %s' % ', '.join(self.nodes)
        if self.orders:
            way += ', start order %d to %d' % self.orders
        return '%s VEs%s%s' % (VERBS[self.state], way, '' if self.names is None else ': %s' % some(self.names))


def read(arguments: Mapping[str, Any]) -> Options:
    """The options, or an InputError with every problem in it."""
    problems: list[str] = []
    seconds = {name: _seconds(name, arguments[name], problems) for name in TIMES}
    orders = _orders(arguments['start_order'], problems)
    problems += [
        '%s: %s is too small; at least %d' % (name, arguments[name], least)
        for name, least in LEAST.items()
        if arguments[name] is not None and arguments[name] < least
    ]
    problems += _contradictions(arguments)
    if problems:
        raise InputError(problems)
    return Options(
        state=arguments['state'],
        ves=arguments['ves'],
        names=arguments['names'],
        all=arguments['all'],
        nodes=arguments['nodes'] or [],
        orders=orders,
        to=arguments['to'] or None,
        standby=arguments['standby'],
        per_node=arguments['per_node'],
        total=arguments['total'] or 0,
        limits=arguments['limits'] or [],
        max_load=arguments['max_load'],
        max_pressure=arguments['max_pressure'],
        max_failures=arguments['max_failures'],
        retries=arguments['retries'],
        progress=arguments['progress'],
        take_over=arguments['take_over'],
        **seconds,
    )


def _seconds(name: str, text: str, problems: list[str]) -> float:
    try:
        return times.parse(text) / times.SECOND
    except ValueError as error:
        problems.append(times.complaint(name, error))
        return 0


def _orders(text: str | None, problems: list[str]) -> tuple[int, int] | None:
    """10, 10-20, 10- or -20."""
    if text is None:
        return None
    found = re.match(r'(\d{1,6})?(-)?(\d{1,6})?\Z', text.replace(' ', ''), re.ASCII)
    low, dash, high = found.groups() if found else (None, None, None)
    if low is None and high is None:
        problems.append('start_order: %r is no range; write 10, 10-20, 10- or -20' % text)
        return None
    return int(low or 0), int(high) if high else INFINITY if dash else int(low or 0)


def _contradictions(arguments: Mapping[str, Any]) -> list[str]:
    problems = []
    if arguments['state'] == 'moved':
        if not arguments['nodes'] and not arguments['to']:
            problems.append('state moved needs nodes (away from these) or to (to that node)')
        if arguments['to'] and arguments['to'] in (arguments['nodes'] or []):
            problems.append('to: %s is one of the nodes to be left; take it out of one of the two' % arguments['to'])
    else:
        problems += [
            '%s: is for state moved only; remove it' % name for name in ('to', 'standby') if arguments[name] is not None
        ]
    if arguments['standby'] and not arguments['nodes']:
        problems.append('standby: true needs nodes, those that are emptied')
    if arguments['standby'] is False and not arguments['to']:
        problems.append('standby: false needs to, the node that comes back')
    return problems

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each derived number comes from, once, with the VEs that it holds for."""

from __future__ import annotations

from typing import Any, Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import derived
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.derived import Numbers
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import VE, Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.timeouts import Derived


def explain(declaration: Declaration, escalation: Derived | None) -> list[dict[str, Any]]:
    """Rows {what, value, formula, inputs, ves}."""
    rows: dict[Any, dict[str, Any]] = {}
    numbers = derived.numbers(declaration)
    for ve in declaration.ves:
        for what, value, number in _of(ve, numbers[ve.name]):
            _row(rows, what, value, number)['ves'].append(ve.name)
    if escalation:
        _row(rows, 'shutdown-escalation', times.cib(escalation.value), escalation)
    return list(rows.values())


def _of(ve: VE, numbers: Numbers) -> Iterator[tuple[str, str, Derived]]:
    durations = [('start timeout', numbers.start), ('stop timeout', numbers.stop)]
    if ve.monitor_command:
        durations += [
            ('deep monitor interval', numbers.deep_interval),
            ('deep monitor timeout', numbers.deep_timeout),
        ]
    for what, number in durations:
        yield what, times.cib(number.value), number
    for what, number in (('priority', numbers.priority), ('resource-stickiness', numbers.stickiness)):
        yield what, str(number.value), number


def _row(rows: dict[Any, dict[str, Any]], what: str, value: str, number: Derived) -> dict[str, Any]:
    key = (what, value, number.formula, tuple(sorted(number.inputs.items())))
    blank = {'what': what, 'value': value, 'formula': number.formula, 'inputs': number.inputs, 'ves': []}
    return rows.setdefault(key, blank)

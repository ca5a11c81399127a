# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user asks of a rehearsal: the fields, and what they are once they were read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import scenarios
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import Cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.fields import FIELDS, TIMES
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.scenarios import Scenario

DURATIONS = ('start', 'stop', 'monitor', 'boot')


@dataclass(frozen=True)
class Times:
    """How long things take of which nothing else tells, in seconds. ``boot``: of a guest whose start does not wait for it."""

    start: float
    boot: float
    stop: float
    monitor: float
    probe: float
    other: float
    fence: float
    detect: float
    join: float
    elect: float


@dataclass(frozen=True)
class Options:
    """``durations``: {resource: {operation: seconds}}. ``limits``: {node: operations at once}, of nodes that have a limit of
    their own. ``assertions``: those that were asked for, times in seconds. ``advice``: whether it is asked for in any case.
    """

    times: Times
    durations: dict[str, dict[str, float]]
    limits: dict[str, int]
    cores: int | None
    assertions: dict[str, float]
    advice: bool
    scenarios: list[Scenario]


def read(arguments: Mapping[str, Any], cluster: Cluster) -> Options:
    """What was asked for of this cluster; an InputError with all that is wrong. ``arguments``: as FIELDS has them."""
    given_times, problems = _times(arguments.get('times') or {}, cluster)
    durations, wrong_durations = _durations(arguments.get('durations') or {}, cluster)
    limits, wrong_limits = _limits(arguments.get('limits') or {}, cluster)
    cores = arguments.get('cores')
    wrong_cores = ['cores: %d is no number of cores from 1 on' % cores] if cores is not None and cores < 1 else []
    assertions, wrong_assertions = read_assertions(arguments.get('assert') or {})
    wanted, wrong_scenarios = _scenarios(arguments, cluster.nodes)
    problems += wrong_durations + wrong_limits + wrong_cores + wrong_assertions + wrong_scenarios
    if 'recovery' in assertions and not any(scenario.kind == 'lose' for scenario in wanted):
        problems.append('assert.recovery: none of the scenarios loses a node; add lose')
    if problems:
        raise InputError(problems)
    return Options(
        times=given_times,
        durations=durations,
        limits=limits,
        cores=cores,
        assertions=assertions,
        advice=bool(arguments.get('advice')),
        scenarios=wanted,
    )


def _seconds(where: str, text: Any) -> tuple[float, list[str]]:
    try:
        return times.parse(text) / times.SECOND, []
    except ValueError as error:
        return 0.0, [times.complaint(where, error)]


def _times(given: Mapping[str, Any], cluster: Cluster) -> tuple[Times, list[str]]:
    found: dict[str, float] = {}
    problems: list[str] = []
    for name, spec in TIMES.items():
        text = given.get(name) if given.get(name) is not None else spec.get('default')
        if text is not None:
            found[name], wrong = _seconds('times.%s' % name, text)
            problems += wrong
    found.setdefault('probe', found['monitor'])
    found.setdefault('boot', found['start'])
    if 'elect' not in found:
        found['elect'] = 1 + times.seconds(attributes.get_property(cluster.root, 'dc-deadtime'), 20)
    return Times(**found), problems


def _durations(given: Mapping[str, Any], cluster: Cluster) -> tuple[dict[str, dict[str, float]], list[str]]:
    found: dict[str, dict[str, float]] = {}
    problems: list[str] = []
    for name, values in given.items():
        if name not in cluster.primitives:
            problems.append('durations.%s: the cluster has no such resource' % name)
        elif not isinstance(values, dict) or not set(values) <= set(DURATIONS):
            problems.append('durations.%s: give some of %s, such as {start: 90s}' % (name, ', '.join(DURATIONS)))
        else:
            found[name] = {}
            for operation, text in values.items():
                found[name][operation], wrong = _seconds('durations.%s.%s' % (name, operation), text)
                problems += wrong
    return found, problems


def _limits(given: Mapping[str, Any], cluster: Cluster) -> tuple[dict[str, int], list[str]]:
    found: dict[str, int] = {}
    problems: list[str] = []
    for node, value in given.items():
        if node not in cluster.nodes:
            problems.append('limits.%s: %s' % (node, scenarios.no_such_node(cluster.nodes)))
        elif not re.match(r'[1-9]\d{0,5}\Z', str(value)):
            problems.append('limits.%s: %r is no number of operations from 1 on' % (node, value))
        else:
            found[node] = int(value)
    return found, problems


def read_assertions(given: Mapping[str, Any]) -> tuple[dict[str, float], list[str]]:
    """What is asserted, and what cannot be."""
    found: dict[str, float] = {}
    problems: list[str] = []
    for name, value in given.items():
        if value is None:
            continue
        if name == 'recovery':
            found[name], wrong = _seconds('assert.recovery', value)
            problems += wrong
        elif value < 1:
            problems.append('assert.%s: %d is out of range; from 1 on' % (name, value))
        else:
            found[name] = value
    return found, problems


def _scenarios(arguments: Mapping[str, Any], nodes: Sequence[str]) -> tuple[list[Scenario], list[str]]:
    codes = arguments.get('probe_rc') or FIELDS['probe_rc']['default']
    problems = [
        'probe_rc: %d is no failure of a probe; give 1, 5 or 6' % code for code in codes if code not in range(1, 7)
    ]
    found: list[Scenario] = []
    for text in arguments.get('scenarios') or FIELDS['scenarios']['default']:
        asked, wrong = scenarios.read(text, codes, nodes)
        found += asked
        problems += wrong
    return found, problems

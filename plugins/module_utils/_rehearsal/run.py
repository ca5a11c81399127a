# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal, from the CIB to the result: scenarios on copies of it, what the cluster would do in them, what is wrong with that.

Pacemaker's scheduler says what is to be done, _simulator/controller.py when. Nothing is executed. Times are seconds.
"""

from __future__ import annotations

import copy
from typing import Any, Dict, Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    advice,
    base,
    figures,
    play,
    rules_cluster,
    rules_scenario,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    setup as setups,
)

Result = Dict[str, Any]


def rehearse(
    runner: Runner,
    root: Element,
    arguments: Mapping[str, Any],
    declared: Declaration | None = None,
    live: bool = False,
) -> Result:
    """Rehearse on this CIB, which stays as it is. Returns the result of the module ve_rehearsal.

    ``arguments``: as fields.FIELDS has them. ``declared``: the VEs, for their boot times. ``live``: whether the CIB is that
    of the running cluster.
    """
    setup = setups.read(runner, copy.deepcopy(root), arguments, declared, live)
    at_rest = base.settle(setup)
    played = play.scenarios(setup, at_rest)
    outcomes = [figures.outcome(setup, *one) for one in zip(setup.options.scenarios, played)]
    scenarios = [dict(outcome.as_result(), verdicts=rules_scenario.RULES.judge(outcome)) for outcome in outcomes]
    verdicts = rules_cluster.RULES.judge(setup)
    broken = list(_broken([{'name': 'the cluster', 'verdicts': verdicts}, *scenarios]))
    return {
        'scenarios': scenarios,
        'verdicts': verdicts,
        'advice': advice.advise(setup, outcomes) if broken or setup.options.advice else None,
        'durations': {name: duration.as_result() for name, duration in setup.durations.ves.items()},
        'limits': setup.limits.per_node,
        'batch_limit': setup.limits.batch,
        'nodes': setup.cluster.nodes,
        'others': setup.cluster.others,
        'guests': guests.by_agent(setup.cluster.ves),
        'assumptions': list(dict.fromkeys(setup.assumptions + at_rest.assumptions)),
        'assertions': setup.options.assertions,
        'broken': broken,
        'source': 'live' if live else 'file',
        'pacemaker': setup.cluster.tools.name,
        'feature_set': setup.cluster.feature_set,
    }


def refuse_broken(result: Result, what: str = 'What was asserted does not hold', details: Result | None = None) -> None:
    """Fail where an assertion is broken, with ``details``, by default the whole result."""
    if not result['broken']:
        return
    best = next((row for row in result['advice'] or [] if row['recommended']), None)
    if any(verdict['asserted'] and verdict['level'] == 'broken' for verdict in result['verdicts']):
        hint = 'No limit helps against what is said of the cluster.'
    elif best:
        hint = 'With node-action-limit %s and batch-limit %d it would hold.' % (
            best['starts_per_node'],
            best['batch_limit'],
        )
    elif any(verdict['rule'] == 'start-does-not-wait' for one in result['scenarios'] for verdict in one['verdicts']):
        hint = 'No limit makes it hold: starts return while the guests still boot. Have them wait for it (start-does-not-wait).'
    else:
        hint = 'No node-action-limit from %d to %d makes it hold.' % (advice.TRIED[0], advice.TRIED[-1])
    said = bullets('%s:' % what, result['broken'])
    raise Error('%s\n%s' % (said, hint), **(result if details is None else details))


def short(result: Result) -> Result:
    """A result for a task that fails, as Ansible prints all of that: without what only drawings need."""
    scenarios = [
        {name: value for name, value in scenario.items() if name not in ('actions', 'downtime')}
        for scenario in result['scenarios']
    ]
    return dict(result, durations={}, scenarios=scenarios)


def _broken(judged: Iterable[Result]) -> Iterator[str]:
    """The texts of the broken assertions, each with its scenario."""
    for one in judged:
        for verdict in one['verdicts']:
            if verdict['asserted'] and verdict['level'] == 'broken':
                yield '%s: %s' % (one['name'], verdict['text'])

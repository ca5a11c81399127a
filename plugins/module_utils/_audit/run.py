# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit, from the CIB to the result: every rule looks, what is silenced is left out, and what could not be looked at is said."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Mapping, Optional, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import rules
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import SEVERITIES
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Facts, Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests, upgrade

Result = Dict[str, Any]
Look = Callable[[Runner, Subject], Optional[Facts]]
NEVER = 'never'


def audit(runner: Runner, root: Element, arguments: Mapping[str, Any], facts: Look | None = None) -> Result:
    """Audit a CIB. Returns the result of the module ve_audit.

    ``facts``: what looks at the node that this runs on, where the CIB is that of the running cluster.
    """
    asked = guests.read_asked(arguments.get('guests'))
    silence = _silence(arguments.get('silence') or [])
    root = upgrade.upgraded(runner, root, pacemaker.tools(runner))
    subject = Subject(root, asked, None, time.time())
    if facts:
        subject = Subject(root, asked, facts(runner, subject), subject.now)
    found = [finding for rule in rules.ALL for finding in rule.findings(subject)]
    shown = [finding for finding in found if not _is_silenced(finding, silence)]
    shown.sort(key=lambda finding: SEVERITIES.index(finding['severity']))
    return {
        'findings': shown,
        'not_checked': _not_checked(subject),
        'silenced': len(found) - len(shown),
        'summary': {severity: sum(one['severity'] == severity for one in shown) for severity in SEVERITIES},
        'guests': guests.by_agent(subject.guests),
        'nodes': subject.nodes,
        'source': 'live' if facts else 'file',
    }


def refuse(result: Result, fail_on: str) -> None:
    """Fail where there are findings of this severity or a graver one."""
    if fail_on == NEVER:
        return
    grave = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    found = [said(finding) for finding in result['findings'] if finding['severity'] in grave]
    if found:
        raise Error(bullets('The audit found %s:' % count(len(found), 'thing'), found), **result)


def said(finding: Mapping[str, Any]) -> str:
    """A finding in a line."""
    who = [
        str(finding[key]) for key in ('resource', 'node') if finding[key] and str(finding[key]) not in finding['text']
    ]
    return '%s (%s): %s' % (finding['severity'], finding['rule'], ', '.join(who + [finding['text']]))


def _not_checked(subject: Subject) -> list[dict[str, str]]:
    rows = [
        {'rule': rule.id, 'why': 'only the node itself can tell, and this is a CIB in a file'}
        for rule in rules.ALL
        if rule.needs and subject.own is None
    ]
    if subject.own is not None:
        elsewhere = [node for node in subject.nodes if node != subject.own.node]
        rows += [
            {'rule': rule.id, 'why': 'only the node itself can tell: on %s it was not looked at' % ', '.join(elsewhere)}
            for rule in rules.ALL
            if rule.needs and elsewhere
        ]
    if not subject.guests:
        rows.append(
            {
                'rule': 'all that are about guests',
                'why': 'the cluster has none that is known (guests names more agents)',
            }
        )
    return rows + [{'rule': rule, 'why': why} for rule, why in rules.NOT_LOOKED_AT.items()]


def _silence(given: Sequence[Any]) -> list[tuple[str, str]]:
    """(rule, resource or node; empty: of any) of what is not to be said; an InputError where there is no such rule."""
    pairs = [str(text).partition(':') for text in given]
    wrong = ['silence: there is no rule %r' % rule for rule, _colon, _resource in pairs if rule not in rules.BY_ID]
    if wrong:
        raise InputError(wrong)
    return [(rule, resource) for rule, _colon, resource in pairs]


def _is_silenced(finding: Mapping[str, Any], silence: Sequence[tuple[str, str]]) -> bool:
    of = (finding['resource'], finding['node'])
    return any(rule == finding['rule'] and (not which or which in of) for rule, which in silence)

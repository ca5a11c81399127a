# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule of the audit is: a function that looks, and beside it what is said of what it finds.

    @RULES.rule('fencing-off', 'critical', explanation='...', why='...', mend='...')
    def fencing_off(subject: Subject) -> Iterator[Finding]:
        ...

From the tables come the findings, the mends, and docs/audit.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Subject

SEVERITIES = ('critical', 'warning', 'info')  # the gravest first


@dataclass(frozen=True)
class Finding:
    """What is wrong: ``text`` says it of ``resource`` or ``node``, which are None where it is of the cluster.

    ``command``: mends it, where one command can. ``severity``, ``why``, ``mend``: where they are others than their rule's.
    """

    text: str
    resource: str | None = None
    node: str | None = None
    command: str = ''
    severity: str = ''
    why: str = ''
    mend: str = ''


Check = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """``explanation``: what it finds, for the docs. ``why``: why it matters. ``needs``: what it looks at beside a CIB; empty: nothing."""

    id: str
    severity: str
    explanation: str
    why: str
    mend: str
    needs: str
    check: Check

    def findings(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """As the result has them."""
        for found in self.check(subject):
            yield {
                'rule': self.id,
                'severity': found.severity or self.severity,
                'resource': found.resource,
                'node': found.node,
                'text': found.text,
                'why': found.why or self.why,
                'mend': found.mend or self.mend,
                'command': found.command,
            }


@dataclass
class Table:
    """Rules about one kind of thing."""

    rules: list[Rule] = field(default_factory=list)

    def rule(
        self, ident: str, severity: str, explanation: str, why: str, mend: str, needs: str = ''
    ) -> Callable[[Check], Check]:
        """Put a function into the table."""

        def put(check: Check) -> Check:
            self.rules.append(Rule(ident, severity, explanation, why, mend, needs, check))
            return check

        return put

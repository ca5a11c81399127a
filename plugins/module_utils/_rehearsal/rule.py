# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule of the rehearsal is: a function that judges, and beside it what is said of it.

    @RULES.rule('no-limit', levels=('warning',), explanation='...', mend='...')
    def no_limit(setup: Setup) -> Iterator[Finding]:
        ...

From the table come the verdicts, the mends on the page and in the text, the rules in the module's documentation and the
table in docs/rehearsal.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Generic, Iterator, TypeVar

LEVELS = ('broken', 'warning', 'ok')  # the gravest first

Subject = TypeVar('Subject')


@dataclass(frozen=True)
class Finding:
    """``asserted``: whether this is what the user asked for. ``numbers``: behind the text; times in seconds. ``mend``: where it
    is another one than its rule's."""

    level: str
    text: str
    numbers: dict[str, Any]
    asserted: bool = False
    mend: str = ''


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """``levels``: what it can find beside 'ok'. ``explanation``: what it is and when. ``mend``: what to do about it."""

    id: str
    levels: tuple[str, ...]
    explanation: str
    mend: str
    check: Callable[[Subject], Iterator[Finding]]


class Table(Generic[Subject]):
    """Rules about one kind of subject, in the order in which they judge."""

    def __init__(self) -> None:
        self.rules: list[Rule[Subject]] = []

    def rule(
        self, ident: str, levels: tuple[str, ...], explanation: str, mend: str
    ) -> Callable[[Callable[[Subject], Iterator[Finding]]], Callable[[Subject], Iterator[Finding]]]:
        """Put a function into the table."""

        def put(check: Callable[[Subject], Iterator[Finding]]) -> Callable[[Subject], Iterator[Finding]]:
            self.rules.append(Rule(ident, levels, explanation, mend, check))
            return check

        return put

    def judge(self, subject: Subject) -> list[dict[str, Any]]:
        """The verdicts, as the result has them."""
        return [
            {
                'rule': rule.id,
                'level': finding.level,
                'asserted': finding.asserted,
                'text': finding.text,
                'numbers': {
                    name: round(value, 3) if isinstance(value, float) else value
                    for name, value in finding.numbers.items()
                },
                **({'mend': finding.mend} if finding.mend else {}),
            }
            for rule in self.rules
            for finding in rule.check(subject)
        ]


def ok(text: str, **numbers: Any) -> Finding:
    return Finding('ok', text, numbers)


def warning(text: str, **numbers: Any) -> Finding:
    return Finding('warning', text, numbers)


def broken(text: str, **numbers: Any) -> Finding:
    return Finding('broken', text, numbers)


def more(number: int) -> str:
    """Behind a text that names the worst of so many."""
    return '; %d more like it' % (number - 1) if number > 1 else ''

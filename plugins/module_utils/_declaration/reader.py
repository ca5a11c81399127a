# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the fields of one declaration by their table: types, choices, defaults, unknown names.

Every problem goes into one list, so that all are found at once. What is unusable reads as None, a number as 0: nobody
sees it, since a declaration with problems is refused.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_false, is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Fields


class Reader:
    """``where``: how messages call this declaration; ``prefix``: stands before the names of its fields in them."""

    def __init__(self, where: str, raw: Any, table: Fields, problems: list[str], prefix: str = '') -> None:
        self.where, self.prefix, self.problems = where, prefix, problems
        self.fields: dict[str, Any] = {}
        if not isinstance(raw, dict):
            problems.append('%s: %smust be a mapping of fields, not %r' % (where, prefix and prefix[:-1] + ' ', raw))
        given: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        for name in given:
            if name not in table:
                self.problem(name, 'there is no such field%s' % suggest(name, table))
        for name, spec in table.items():
            value = given.get(name)
            if value is None:
                if spec.get('required') and isinstance(raw, dict):
                    self.problem(name, 'is missing; every VE needs one')
                self.fields[name] = spec.get('default')
            else:
                self.fields[name] = self._typed(name, value, spec)

    def problem(self, field: str, text: str) -> None:
        self.problems.append('%s: %s%s: %s' % (self.where, self.prefix, field, text))

    def clean(self, field: str, text: str) -> str | None:
        """The text, where the CIB can keep it."""
        if not text:
            self.problem(field, 'is empty; give it a value or leave it out')
        elif re.search(r'[\x00-\x1f\x7f]', text):
            # Pacemaker writes attributes as they are: a newline comes back from the CIB as a space.
            self.problem(
                field,
                'holds a newline, a tab or another control character, which the CIB cannot keep; write it on one line',
            )
        else:
            return text
        return None

    def scalar(self, field: str, value: Any) -> str | None:
        """The text of a single value of any type."""
        if value is None:
            return None
        if isinstance(value, bool):
            return 'true' if value else 'false'
        if not isinstance(value, (str, int, float)):
            self.problem(field, 'is a %s; write a single value' % type(value).__name__)
            return None
        return self.clean(field, str(value))

    def time(self, field: str, least: int = 0, fallback: int = 0) -> int:
        """Milliseconds; ``fallback`` where nothing is given."""
        text = self.fields.get(field)
        return fallback if text is None else self.parsed_time(field, text, least)

    def parsed_time(self, field: str, text: str, least: int = 0) -> int:
        try:
            value = times.parse(text)
        except ValueError as error:
            self.problems.append('%s: %s' % (self.where, times.complaint(self.prefix + field, error)))
            return 0
        if value < least:
            self.problem(field, '%s is too short; at least %s' % (text, times.cib(least)))
        elif value > times.LONGEST:
            self.problem(field, '%s is longer than 30 days; %s' % (text, times.FORMS))
        return value

    def whole(self, field: str, least: int, most: int) -> int:
        value: int | None = self.fields.get(field)
        if value is None:
            return 0
        if not least <= value <= most:
            self.problem(field, '%d is out of range; write a whole number from %d to %d' % (value, least, most))
        return value

    def one_of(self, field: str, text: str, choices: Sequence[str]) -> str | None:
        if text in choices:
            return text
        self.problem(field, '%r must be one of %s' % (text, ', '.join(choices)))
        return None

    def truth(self, field: str, value: Any) -> bool | None:
        if is_true(value) or is_false(value):
            return is_true(value)
        self.problem(field, '%r is no truth value; write true or false' % (value,))
        return None

    def _typed(self, name: str, value: Any, spec: Mapping[str, Any]) -> Any:
        kind = spec['type']
        if kind == 'dict':
            if isinstance(value, dict):
                return value
            self.problem(name, 'must be a mapping, not %r' % (value,))
        elif kind == 'list':
            if isinstance(value, (list, tuple)) and all(_is_text(entry) for entry in value):
                return [str(entry) for entry in value]
            self.problem(name, 'must be a list of names, not %r' % (value,))
        elif kind == 'bool':
            return self.truth(name, value)
        elif kind == 'int':
            if not isinstance(value, bool) and re.match(r'-?\d{1,9}\Z', str(value), re.ASCII):
                return int(value)
            self.problem(name, '%r is no whole number' % (value,))
        elif not _is_text(value):
            self.problem(name, 'must be a single value, not %r' % (value,))
        else:
            text = self.clean(name, str(value))
            return self.one_of(name, text, spec['choices']) if text is not None and 'choices' in spec else text
        return None


def suggest(name: str, known: Iterable[str]) -> str:
    """What was probably meant, as the end of a message."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, 1)
    return '; did you mean %s?' % close[0] if close else '; there are %s' % ', '.join(names)


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)

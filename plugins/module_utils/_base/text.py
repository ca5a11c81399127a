# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things of text that everybody needs: whole numbers, truth values, lists in a sentence."""

from __future__ import annotations

import re
from typing import Any, Iterable, Sequence

# As Pacemaker reads them.
TRUE = ('true', 'yes', 'on', 'y', '1')
FALSE = ('false', 'no', 'off', 'n', '0')


# What the CIB takes as the id of an element, and names of attributes look like.
NAME_FORM = 'begin with a letter and use letters, digits, "_", "." and "-"'


def holds_control(text: str) -> bool:
    """Whether it holds a newline, another control character, or what is none at all: XML cannot keep these."""
    return re.search('[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]', text) is not None


def is_name(value: Any) -> bool:
    return re.match(r'[A-Za-z_][A-Za-z0-9_.-]*\Z', str(value)) is not None


def is_true(value: Any) -> bool:
    return str(value).lower() in TRUE


def is_false(value: Any) -> bool:
    """Said to be false; what is not said is neither."""
    return str(value).lower() in FALSE


def whole(value: Any, default: int = 0) -> int:
    """The whole number, or the default for what is not there or is none."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def count(number: int, one: str, many: str = '') -> str:
    """1 VE, 2 VEs."""
    return '%d %s' % (number, one if number == 1 else many or one + 's')


def some(items: Sequence[str], most: int = 5) -> str:
    """a, b, c and 2 more."""
    return ', '.join(items[:most]) + (' and %d more' % (len(items) - most) if len(items) > most else '')


def bullets(heading: str, items: Iterable[str]) -> str:
    """A heading, and below it an item a line."""
    return '\n- '.join([heading] + list(items))

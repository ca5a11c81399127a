# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords that get past who masks only what was given, and where they, or a piece of them, are in what came out."""

from __future__ import annotations

import itertools
import re

# Each has the piece S3cr3t-NUMBER, which no spelling changes, on both sides of what is difficult about it.
_DIFFICULT = (
    'plain',
    'back\\slash',
    'back\\\\two\\n',
    '"double"',
    "'single'",
    '"both\' kinds\'"',
    '\\"all\' three\\',
    '50%s 100%',
    '{{ lookup("env", "HOME") }}',
    '{% raw %}',
    '&amp; &lt; &#65;',
    '<xml a="b">]]>',
    '--help',
    ' spaces  in it ',
    '$(id) `id` ${x} !',
    '; rm -rf *',
    'a=b, c: [d]',
    'url://u:p@host/?x=1&y=2#z',
    'Stra\u00dfe',
    '\u65e5\u672c\U0001f512',
)


def password(number: int, difficult: str) -> str:
    return 'S3cr3t-%d%s%d-t3rc3S' % (number, difficult, number)


PASSWORDS = tuple(itertools.starmap(password, enumerate(_DIFFICULT)))


def leaks(text: str) -> list[str]:
    """Where a password, or a piece of one, stands in a text, whatever spelling it is in."""
    return [text[max(0, found.start() - 60) : found.end() + 60] for found in re.finditer(r'S3cr3t-\d|\d-t3rc3S', text)]

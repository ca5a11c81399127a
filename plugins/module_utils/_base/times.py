# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times: read as users and Pacemaker write them, written for the CIB, for people and for machines.

The CIB and declarations count in milliseconds; histories, rehearsals and people in seconds.
"""

from __future__ import annotations

import re
import time
from typing import Any

SECOND = 1000  # in milliseconds

UNITS = {'ms': 1, '': SECOND, 's': SECOND, 'm': 60 * SECOND, 'min': 60 * SECOND, 'h': 3600 * SECOND}
FORMS = 'write 90, 90s, 2m, 2min, 1h or 1500ms'
LONGEST = 30 * 24 * 3600 * SECOND  # far beyond every sensible time, and within what Pacemaker can count


def parse(text: Any) -> int:
    """Milliseconds, or ValueError."""
    found = re.match(r'(\d{1,12}) ?(ms|s|min|m|h|)\Z', str(text).strip(), re.ASCII)
    if not found:
        raise ValueError('%r is no time' % (text,))
    return int(found.group(1)) * UNITS[found.group(2)]


def complaint(field: str, error: ValueError) -> str:
    """What is said of a field in which parse() found no time."""
    return '%s: %s; %s' % (field, error, FORMS)


def milliseconds(text: str | None, absent: int, unreadable: int) -> int:
    """What somebody else wrote: milliseconds, or the number that stands for what is not there or cannot be read."""
    try:
        return absent if text is None else parse(text)
    except ValueError:
        return unreadable


def seconds(text: str | None, default: float) -> float:
    """What somebody else wrote, in seconds; the default for what is not there or cannot be read."""
    found = milliseconds(text, -1, -1)
    return default if found < 0 else found / SECOND


def cib(value: int) -> str:
    """Milliseconds as the CIB has them: whole seconds where they are whole."""
    return '%ds' % (value // SECOND) if value % SECOND == 0 else '%dms' % value


def words(value: float | None) -> str:
    """Seconds for people: 9.3 s, 60 s, 10 min 32 s, 15 min, 1 h 5 min; - for None."""
    if value is None:
        return '-'
    if value < 99.95:
        return '%g s' % round(value, 1)
    whole = int(value + 0.5)
    if whole < 120:
        return '%d s' % whole
    if whole < 3600:
        return _two(whole, 60, 'min', 's')
    return _two((whole + 30) // 60, 60, 'h', 'min')


def about(value: float) -> str:
    """Seconds for people where they are an estimate: 90 s, 12 min."""
    return '%d s' % value if value < 120 else '%d min' % round(value / 60)


def iso(value: float) -> str:
    """Seconds since the epoch as UTC: 2026-01-31T05:06:07Z."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(value))


def _two(value: int, factor: int, large: str, small: str) -> str:
    high, low = divmod(value, factor)
    return '%d %s %d %s' % (high, large, low, small) if low else '%d %s' % (high, large)

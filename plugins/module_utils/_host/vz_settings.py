# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of vz says of starting at boot."""

from __future__ import annotations

import re

# vz starts at boot what says yes or auto (prlctl's --autostart), and legacy vz what ran at its last stop as well, unless this says no.
# A reboot that vz itself makes of it is seen by Pacemaker as a VE that is down, and started elsewhere.
WANTED = ('ONBOOT', 'ALLOWREBOOT')


def settled(text: str) -> str:
    """The text with all of WANTED off: in place where they stand, else at the end."""
    lines = text.split('\n')
    if not lines[-1]:
        lines.pop()
    for name in WANTED:
        places = _places(lines, name)
        if not places:
            lines.append('%s="no"' % name)
        # the last one is in force
        elif not re.match(r'\s*%s\s*=\s*"?no"?\s*(#.*)?\Z' % name, lines[places[-1]]):
            lines[places[-1]] = '%s="no"' % name
    new = '\n'.join(lines) + '\n'
    return text if new == text + '\n' else new


def differences(before: str, after: str) -> dict[str, str | None]:
    """{setting: what it was} of those that changed."""
    return {name: value(before, name) for name in WANTED if value(before, name) != value(after, name)}


def value(text: str, name: str) -> str | None:
    lines = text.split('\n')
    places = _places(lines, name)
    return lines[places[-1]].partition('=')[2].partition('#')[0].strip().strip('"') if places else None


def _places(lines: list[str], name: str) -> list[int]:
    return [place for place, line in enumerate(lines) if re.match(r'\s*%s\s*=' % name, line)]

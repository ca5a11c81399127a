# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a moment is on a chart.

Times are drawn in percent of the width, so that a chart fits any screen without its letters becoming small.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import Curve

STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
MOST_TICKS = 8


@dataclass(frozen=True)
class Scale:
    """``end``: the second at the right edge."""

    end: float

    def percent(self, at: float) -> float:
        return round(min(100.0, max(0.0, 100.0 * at / self.end)), 2)

    def ticks(self) -> list[float]:
        """The seconds of the lines of an axis."""
        step = next((step for step in STEPS if self.end / step <= MOST_TICKS), self.end)
        return [number * step for number in range(int(self.end / step) + 1)]

    def path(self, curve: Curve, most: int) -> str:
        """A step curve in a box of 1000 by 100, closed at its bottom."""
        steps, last = ['M0 100'], 100.0
        for at, number in _seen(curve, self.end / 250):
            x, y = round(min(1000.0, 1000.0 * at / self.end), 1), round(100.0 - 92.0 * number / max(most, 1), 1)
            steps.append('L%g %gL%g %g' % (x, last, x, y))
            last = y
        return ''.join(steps) + 'L1000 %gL1000 100Z' % last


def clock(seconds: float) -> str:
    """For an axis: 0:30, 1:02:00."""
    hours, rest = divmod(int(round(seconds)), 3600)
    return '%d:%02d:%02d' % (hours, rest // 60, rest % 60) if hours else '%d:%02d' % divmod(rest, 60)


def _seen(curve: Curve, least: float) -> Curve:
    """A curve without the dips that are too short to be seen, such as between one start and the next."""
    kept: list[tuple[float, int]] = []
    for at, number in curve:
        if len(kept) > 1 and at - kept[-1][0] < least and kept[-1][1] < number <= kept[-2][1]:
            kept.pop()
            if kept[-1][1] == number:
                continue
        kept.append((at, number))
    return kept

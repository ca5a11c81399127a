# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a rehearsal. What is said is view.py's, where each bar goes bars.py's, rows and curves are chart.py's, and how it looks is in the template."""

from __future__ import annotations

import pathlib
from datetime import datetime

from ansible_collections.openve.pacemaker.plugins.plugin_utils._look.render import render
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.chart import LEGEND, charts
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.sentences import LEVEL_WORDS, listed, spoken
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.view import Measured, Result, view

TEMPLATE = 'page.html.j2'
ROWS_OF_TABLES = 4000  # in a larger rehearsal only the scenarios that are shown open have a table of their VEs


def page(result: Result | None, measured: Measured = (), title: str = 'Rehearsal', now: datetime | None = None) -> str:
    """The HTML."""
    shown = view(result, measured, title, now)
    html = render(
        pathlib.Path(__file__).parent / TEMPLATE,
        vars(shown),
        level_words=LEVEL_WORDS,
        legend=LEGEND,
        listed=listed,
        charts=charts,
        all_tables=sum(len(scenario.ves) for scenario in shown.scenarios) <= ROWS_OF_TABLES,
    )
    return spoken(html, shown.agents)

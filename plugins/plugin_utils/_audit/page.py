# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an audit. What is said is text.py's, and how it looks is in the template and in _look."""

from __future__ import annotations

import pathlib
from datetime import datetime
from typing import Any, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import SEVERITIES
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some
from ansible_collections.openve.pacemaker.plugins.plugin_utils._audit import text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._look.render import render

# The signs of the rehearsal's levels.
LEVELS = {'critical': 'broken', 'warning': 'warning', 'info': 'ok'}
WORDS = {
    'critical': 'guests are lost, or run twice',
    'warning': 'longer down, or an operation fails',
    'info': 'good to know',
}


def page(result: Mapping[str, Any], now: datetime | None = None) -> str:
    """The HTML."""
    groups = text.groups(result['findings'])
    worst = next((severity for severity in SEVERITIES if result['summary'][severity]), 'info')
    empty = not any(result['guests'].values())
    values = {
        'headline': text.headline(result),
        'level': 'broken' if empty else LEVELS[worst],
        'about': [
            'Audit',
            'CIB from a file' if result['source'] == 'file' else 'CIB of the running cluster',
            count(len(result['nodes']), 'node'),
            some(['%s of %s' % (len(names), agent) for agent, names in result['guests'].items()]) or 'no guests',
            (now or datetime.now()).strftime('%Y-%m-%d %H:%M'),
        ],
        'facts': [
            {'label': severity.capitalize(), 'value': result['summary'][severity], 'detail': WORDS[severity]}
            for severity in SEVERITIES
        ],
        'severities': [(severity, [one for one in groups if one.severity == severity]) for severity in SEVERITIES],
        'levels': LEVELS,
        'not_checked': result['not_checked'],
        'silenced': result['silenced'],
    }
    return render(pathlib.Path(__file__).parent / 'page.html.j2', values, listed=some)

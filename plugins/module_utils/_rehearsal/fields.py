# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a rehearsal, as Ansible checks them. Whoever offers them needs no more of the rehearsal than this."""

from __future__ import annotations

from typing import Any, Dict

Fields = Dict[str, Dict[str, Any]]

ASSERTIONS: Fields = {
    'peak_per_node': {'type': 'int'},
    'peak_total': {'type': 'int'},
    'recovery': {'type': 'str'},
}
TIMES: Fields = {
    'start': {'type': 'str', 'default': '60s'},
    'boot': {'type': 'str'},
    'stop': {'type': 'str', 'default': '20s'},
    'monitor': {'type': 'str', 'default': '200ms'},
    'probe': {'type': 'str'},
    'other': {'type': 'str', 'default': '1s'},
    'fence': {'type': 'str', 'default': '30s'},
    'detect': {'type': 'str', 'default': '5s'},
    'join': {'type': 'str', 'default': '2s'},
    'elect': {'type': 'str'},
}
FIELDS: Fields = {
    'scenarios': {'type': 'list', 'elements': 'str', 'default': ['boot', 'lose', 'drain', 'return']},
    'probe_rc': {'type': 'list', 'elements': 'int', 'default': [1, 5, 6]},
    'assert': {'type': 'dict', 'options': ASSERTIONS},
    'advice': {'type': 'bool', 'default': False},
    'times': {'type': 'dict', 'options': TIMES},
    'durations': {'type': 'dict', 'default': {}},
    'limits': {'type': 'dict', 'default': {}},
    'cores': {'type': 'int'},
    'guests': {'type': 'list', 'elements': 'str', 'default': []},
}

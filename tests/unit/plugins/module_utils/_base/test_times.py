# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times for people."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words


@pytest.mark.parametrize(
    'seconds, said',
    [
        (None, '-'),
        (0, '0 s'),
        (9.26, '9.3 s'),
        (99.94, '99.9 s'),
        (100, '100 s'),
        (119.4, '119 s'),
        (119.6, '2 min'),
        (337.2, '5 min 37 s'),
        (3599.4, '59 min 59 s'),
        (3599.6, '1 h'),
        (3931, '1 h 6 min'),
        (7199, '2 h'),
    ],
)
def test_words(seconds, said):
    assert words(seconds) == said

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the numbers come from."""

from __future__ import annotations

from declarations import declare


def test_explain_has_each_number_once_with_its_ves(cluster):
    result = declare(cluster, [{'id': 1}, {'id': 2}, {'id': 3, 'stop_grace': '5min'}])
    rows = {(row['what'], row['value']): row for row in result['explain']}
    assert len(rows) == len(result['explain'])
    assert rows['stop timeout', '150s']['ves'] == ['ve-1', 've-2']
    assert rows['stop timeout', '365s']['ves'] == ['ve-3']
    assert rows['stop timeout', '365s']['inputs']['stop_grace'] == '300s'
    assert all(row['formula'] for row in result['explain'])

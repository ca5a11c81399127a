# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up results of rehearsals."""

from __future__ import annotations

import pytest

from rehearsal_sample import Sample
from shown import page


@pytest.fixture(scope='module', params=['small', 'large', 'no limit'])
def result(request):
    sample = {
        'small': Sample(3, 24, boot=9, asserted=30),
        'large': Sample(8, 200, boot=60, asserted=300),
        'no limit': Sample(3, 60, limit=None),
    }[request.param]
    return sample.result(pairs=False)


@pytest.fixture(scope='module')
def root(result):
    return page(result)

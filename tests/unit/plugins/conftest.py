# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters for the tests of the simulator and of what stands on it."""

from __future__ import annotations

import pytest

import rehearsed
from happenings import with_dc
from simulated import World


@pytest.fixture
def world(cluster):
    with_dc(cluster)
    return World(cluster)


@pytest.fixture
def rehearse(cluster):
    return rehearsed.on(cluster)

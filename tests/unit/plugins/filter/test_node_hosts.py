# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import pathlib

import pytest

FILE = pathlib.Path(__file__).resolve().parents[4] / 'plugins' / 'filter' / 'node_hosts.py'
SPEC = importlib.util.spec_from_file_location('node_hosts', FILE)
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)
node_hosts = plugin.FilterModule().filters()['node_hosts']


@pytest.mark.parametrize(
    'nodes, inventory, play, beside, unknown',
    [
        ('n1 n2', 'n1 n2 web', 'n1 n2', '', ''),
        ('n1 n2 n3', 'n1 n2 n3 web', 'n2', 'n1 n3', ''),
        ('n1 n2', 'n1', 'n1', '', 'n2'),
        ('n1 n2', 'n1.a.org n2.a.org', 'n1.a.org', 'n2.a.org', ''),
        ('n1.a.org n2.a.org', 'n1 n2', 'n1', 'n2', ''),
        # two clusters: whose n2 it is nobody can tell
        ('n1 n2', 'n1.a n2.a n1.b n2.b', 'n1.a', '', 'n2'),
        ('n1 n2', 'n1.a n2.a n1.b n2.b', 'n1.a n2.a', '', ''),
        # by address
        ('n1 n2', '192.0.2.1 192.0.2.2', '192.0.2.1 192.0.2.2', '', ''),
        ('n1 n2', '192.0.2.1 192.0.2.2', '192.0.2.1', '', 'n1 n2'),
    ],
)
def test_hosts_of_a_cluster(nodes, inventory, play, beside, unknown):
    assert node_hosts(nodes.split(), inventory.split(), play.split()) == {
        'beside': beside.split(),
        'unknown': unknown.split(),
    }

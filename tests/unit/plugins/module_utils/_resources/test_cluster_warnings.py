# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a cluster though it is not ours to change."""

from __future__ import annotations

from declarations import create, declare


def test_remote_and_guest_nodes_may_be_preferred(cluster):
    create(cluster, '<primitive id="r1" class="ocf" provider="pacemaker" type="remote"/>')
    create(
        cluster,
        '<primitive id="vm" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="vm-m">'
        '<nvpair id="vm-r" name="remote-node" value="g1"/></meta_attributes></primitive>',
    )
    assert declare(cluster, [{'id': 1, 'prefer': ['r1', 'g1', 'n1']}])['warnings'] == []
    (warning,) = declare(cluster, [{'id': 1, 'prefer': ['r1', 'g2']}])['warnings']
    assert warning.endswith(': g2.')


def test_warnings_about_the_cluster(cluster):
    assert declare(cluster, [{'id': 1}])['warnings'] == []
    cluster.tool(
        'cibadmin',
        '--modify',
        '--scope',
        'crm_config',
        '--xml-text',
        '<cluster_property_set id="cib-bootstrap-options"><nvpair id="pfd" name="priority-fencing-delay" '
        'value="15s"/></cluster_property_set>',
    )
    warnings = '\n'.join(declare(cluster, [{'id': 1, 'utilization': {'memory': 1}, 'prefer': ['n9']}])['warnings'])
    for part in ('priority-fencing-delay', 'placement-strategy', 'n9'):
        assert part in warnings

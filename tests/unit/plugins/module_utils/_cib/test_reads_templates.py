# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever reads what a resource is and has reads it with its template and its references; each by itself. VEs: _resources/test_templates.py."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, modes
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import wait
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import look

from declarations import create, declare

PAIR = '<nvpair id="%s" name="%s" value="%s"/>'
DUMMY = '<template id="%s" class="ocf" provider="%s" type="%s">%s</template>'


def meta(ident, name, value):
    return '<meta_attributes id="%s">%s</meta_attributes>' % (ident, PAIR % (ident + '-v', name, value))


def test_modes_of_a_template_and_of_a_property_that_is_shared():
    root = ET.fromstring(
        '<cib><configuration><crm_config><cluster_property_set id="a"><nvpair id-ref="s-v"/></cluster_property_set>'
        '</crm_config><nodes/><resources>%s<primitive id="p" template="t"/><primitive id="q" class="ocf" provider="x" '
        'type="y"><meta_attributes id="s">%s</meta_attributes></primitive></resources><constraints/></configuration></cib>'
        % (
            DUMMY % ('t', 'x', 'y', meta('tm', 'is-managed', 'false')),
            PAIR % ('s-v', 'maintenance-mode', 'true'),
        )
    )
    found = {(mode.text, mode.resources) for mode in modes.modes_of(root)}
    assert any(text.endswith(' of p') and inside == frozenset('p') for text, inside in found), found
    assert any(text.startswith('maintenance-mode') and inside is None for text, inside in found), found


def test_nodes_that_a_template_makes_may_be_preferred(cluster):
    create(cluster, DUMMY % ('remote', 'pacemaker', 'remote', ''))
    create(cluster, DUMMY % ('guest', 'heartbeat', 'Dummy', meta('guest-m', 'remote-node', 'g1')))
    for name, template in (('r1', 'remote'), ('vm', 'guest')):
        create(cluster, '<primitive id="%s" template="%s"/>' % (name, template))
    assert declare(cluster, [{'id': 1, 'prefer': ['r1', 'g1', 'n1']}])['warnings'] == []


def by_template(cluster):
    """A VE whose agent and role are its template's."""
    create(cluster, DUMMY % ('t', 'openve', 'ManageVE', meta('tm', 'target-role', 'Stopped')))
    create(
        cluster,
        '<primitive id="ve-1" template="t"><instance_attributes id="i">%s</instance_attributes></primitive>'
        % (PAIR % ('i-v', 'veid', '1')),
    )


def test_what_a_template_has_stopped_is_not_waited_for(cluster):
    by_template(cluster)
    assert wait._look(cluster.run, ['ve-1'])[0] == []


def test_what_is_rehearsed_has_what_its_template_says(cluster):
    by_template(cluster)
    found, _assumptions = look(cluster.run, ET.fromstring(cluster.text()), live=False)
    assert found.primitives['ve-1'].get('type') == 'ManageVE'
    assert attributes.get(found.primitives['ve-1'], attributes.META, 'target-role') == 'Stopped'

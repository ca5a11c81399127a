# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CIB with an older schema, as the tools read it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.upgrade import upgraded

OLD = (
    '<cib crm_feature_set="3.0.14" validate-with="pacemaker-2.10" admin_epoch="1" epoch="2" num_updates="3" dc-uuid="1"><configuration>'
    '<crm_config/><nodes/><resources><master id="both"><primitive id="a" class="ocf" provider="pacemaker" type="Stateful"/></master>'
    '</resources><constraints/></configuration><status><node_state id="1" uname="n1"/></status></cib>'
)


def test_what_was_removed_is_written_as_it_is_now(cib_file):
    root = ET.fromstring(OLD)
    tools = pacemaker.tools(cib_file.run)
    new = upgraded(cib_file.run, root, tools)
    assert ET.tostring(root, encoding='unicode') == ET.tostring(ET.fromstring(OLD), encoding='unicode')
    (both,) = new.find('configuration/resources')
    assert both.tag == ('clone' if tools.schema >= (4,) else 'master') and both.find('primitive').get('id') == 'a'
    assert pacemaker.numbers(new.get('validate-with')) == tools.schema
    assert new.find('status/node_state').get('uname') == 'n1'
    kept = ('crm_feature_set', 'admin_epoch', 'epoch', 'num_updates', 'dc-uuid')
    assert [new.get(name) for name in kept] == [root.get(name) for name in kept]


def test_what_is_new_is_not_touched(cib_file):
    root = ET.fromstring(cib_file.text())
    tools = pacemaker.tools(cib_file.run)
    del cib_file.calls[:]
    assert upgraded(cib_file.run, root, tools) is root and not cib_file.calls


def test_what_cannot_be_upgraded_is_left_as_it_is(cib_file):
    root = ET.fromstring(OLD.replace('<primitive id="a"', '<primitive'))
    assert upgraded(cib_file.run, root, pacemaker.tools(cib_file.run)) is root

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What crm_verify refuses is not pushed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import transaction, tree


def add_dummy(name):
    def edit(root):
        tree.merge(
            tree.section(root, 'resources'),
            ET.fromstring('<primitive id="%s" class="ocf" provider="pacemaker" type="Dummy"/>' % name),
        )

    return edit


def test_pacemaker_refuses_a_broken_result(cib_file):
    text = cib_file.text()

    def dangling(root):
        ET.SubElement(tree.section(root, 'constraints'), 'rsc_location', id='l', rsc='nobody', node='n1', score='1')

    for check in (True, False):
        with pytest.raises(CibError, match='nobody'):
            transaction.change(cib_file.run, dangling, check=check)
    assert cib_file.text() == text


def test_what_was_wrong_before_does_not_stop_an_edit(cib_file):
    """A cluster that has resources and no fencing fails crm_verify."""
    cib_file.path.write_text(
        cib_file.text().replace('name="stonith-enabled" value="false"', 'name="stonith-enabled" value="true"')
    )
    assert cib_file._run(['crm_verify', '-x', str(cib_file.path)])[0] != 0
    assert transaction.change(cib_file.run, add_dummy('a')).changed

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
        with pytest.raises(CibError, match='nobody') as refusal:
            transaction.change(cib_file.run, dangling, check=check)
        assert 'schema' not in refusal.value.msg
    assert cib_file.text() == text


def test_what_was_wrong_before_does_not_stop_an_edit(cib_file):
    """A cluster that has resources and no fencing fails crm_verify."""
    cib_file.path.write_text(
        cib_file.text().replace('name="stonith-enabled" value="false"', 'name="stonith-enabled" value="true"')
    )
    assert cib_file._run(['crm_verify', '-x', str(cib_file.path)])[0] != 0
    assert transaction.change(cib_file.run, add_dummy('a')).changed


@pytest.mark.parametrize(
    'said', ['error: CIB did not pass schema validation', '(main) \terror: CIB did not pass schema validation']
)
def test_an_error_without_any_detail_refuses_too(cib_file, said):
    """Pacemaker 3 ends with this line whatever is wrong, so it is left out; not where nothing else was said."""

    def run(argv, stdin=None):
        if argv[0] == 'crm_verify' and 'id="a"' in stdin:
            return 78, '', said + '\nConfiguration invalid (with errors)\n'
        return cib_file.run(argv, stdin)

    with pytest.raises(CibError, match='error: CIB did not pass schema validation'):
        transaction.change(run, add_dummy('a'))

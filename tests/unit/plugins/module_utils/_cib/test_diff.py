# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What diff mode shows."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, transaction


def limit(value):
    return lambda root: attributes.set_property(root, 'node-action-limit', value)


def test_before_and_after_show_what_differs_and_nothing_else(cib_file):
    transaction.change(cib_file.run, limit('2'))
    result = transaction.change(cib_file.run, limit('3'))
    assert result.before == (
        '<configuration>\n'
        '  <crm_config>\n'
        '    <cluster_property_set id="cib-bootstrap-options">\n'
        '      <nvpair id="cib-bootstrap-options-node-action-limit" name="node-action-limit" value="2"/>\n'
        '    </cluster_property_set>\n'
        '  </crm_config>\n'
        '</configuration>\n'
    )
    assert result.after == result.before.replace('value="2"', 'value="3"')

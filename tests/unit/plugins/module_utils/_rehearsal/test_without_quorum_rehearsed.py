# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that has lost a node already: what happens next happens without quorum, and the rehearsal says so."""

from __future__ import annotations

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import view

from happenings import state
from rehearsed import many, verdict


@pytest.mark.parametrize('policy', ['stop', 'freeze', None])
def test_no_quorum_is_the_cause(rehearse, policy):
    def lost_one(root):
        root.find('status').remove(state(root, 'n3'))
        if policy is None:
            attributes.remove_property(root, 'no-quorum-policy')
        else:
            attributes.set_property(root, 'no-quorum-policy', policy)

    result, scenarios = rehearse(many(3), scenarios=['lose n1'], change=lost_one)
    found = verdict(scenarios['lose n1'], 'cannot-run')
    cause = 'because there is no quorum (1 of 3 nodes up; down before it: n3; no-quorum-policy=%s)' % (policy or 'stop')
    assert cause in found['text'] and 'prefer' not in found['mend'] and 'Bring back the nodes' in found['mend']
    assert 'n3: down in this CIB, and so in every scenario but boot and its own return' in result['assumptions']
    shown = [finding.mend for finding in view.view(result).findings if finding.rule == 'cannot-run']
    assert shown == [found['mend']]


def test_with_quorum_it_is_something_else(rehearse):
    def ban(root):
        from xml.etree.ElementTree import SubElement

        for node in ('n1', 'n2', 'n3'):
            score = {'id': 'b-' + node, 'rsc': 've-101', 'node': node, 'score': '-INFINITY'}
            SubElement(root.find('configuration/constraints'), 'rsc_location', score)

    _result, scenarios = rehearse(many(3), scenarios=['lose n1'], up=False, change=ban)
    found = verdict(scenarios['lose n1'], 'cannot-run')
    assert 'quorum' not in found['text'] and 'mend' not in found

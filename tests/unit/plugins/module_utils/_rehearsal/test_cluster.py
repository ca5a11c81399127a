# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that is rehearsed, and the tools that read its CIB."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, Error
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run

from rehearsed import many


def test_a_newer_pacemaker(rehearse, cluster):
    rehearse(many(3), ask=False)
    root = ET.fromstring(cluster.text())
    root.set('crm_feature_set', '3.99.0')
    result = run.rehearse(cluster.run, root, {'scenarios': ['lose n1']})
    assert result['feature_set'] == '3.99.0' and any(
        'newer Pacemaker (feature set 3.99.0)' in text for text in result['assumptions']
    )
    root.set('validate-with', 'pacemaker-99.0')
    with pytest.raises(CibError, match='newer Pacemaker .schema pacemaker-99.0.'):
        run.rehearse(cluster.run, root, {'scenarios': ['lose n1']})


def test_a_cib_that_the_scheduler_refuses(rehearse, cluster):
    root = ET.fromstring(cluster.text())
    root.find('configuration/resources').append(ET.fromstring('<primitive id="x"/>'))
    with pytest.raises(Error, match='crm_simulate --run failed'):
        run.rehearse(cluster.run, root, {'scenarios': ['boot']})

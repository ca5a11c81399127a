# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VE on storage that is promoted, such as DRBD: it starts after the promotion, and where that was."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import promotable

from declarations import STORAGE, create, declare, element, ids

STATEFUL = '<primitive id="drbd" class="ocf" provider="pacemaker" type="Stateful"/>'
PROMOTABLE = '<nvpair id="ms-p" name="promotable" value="%s"/>'
CLONE = '<clone id="ms_ct1"><meta_attributes id="ms-m">%s</meta_attributes>%s</clone>' % (PROMOTABLE % 'true', STATEFUL)
MASTER = '<master id="ms_ct1">%s</master>' % STATEFUL
SHARED = '<clone id="ms_ct1"><meta_attributes id-ref="shared-m"/>%s</clone>' % STATEFUL
SHARE = (
    '<primitive id="share" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="shared-m">%s</meta_attributes>'
    '</primitive>' % (PROMOTABLE % 'yes')
)
NOT_PROMOTABLE = CLONE.replace('value="true"', 'value="false"')


def storage(cluster, *resources, schema='pacemaker-3.9', node='n2'):
    cluster.path.write_text(re.sub('validate-with="[^"]*"', 'validate-with="%s"' % schema, cluster.text()))
    for xml in resources:
        create(cluster, xml)
    role = 'Promoted' if schema >= 'pacemaker-3.7' else 'Master'
    create(
        cluster,
        '<rsc_location id="there" rsc="ms_ct1"><rule id="there-r" role="%s" score="100"><expression id="there-e" '
        'attribute="#uname" operation="eq" value="%s"/></rule></rsc_location>' % (role, node),
        'constraints',
    )


def needs(cluster, ve='ve-1', other='ms_ct1'):
    order, together = (element(cluster, '%s-needs-%s-%s' % (ve, other, kind)) for kind in ('order', 'colocation'))
    return (order.get('first-action'), order.get('then-action'), together.get('with-rsc-role'))


@pytest.mark.parametrize(
    'resources, schema, role',
    [
        ((CLONE,), 'pacemaker-3.9', 'Promoted'),
        ((CLONE,), 'pacemaker-3.7', 'Promoted'),
        ((CLONE,), 'pacemaker-3.6', 'Master'),
        ((CLONE,), 'pacemaker-3.1', 'Master'),
        ((MASTER,), 'pacemaker-2.10', 'Master'),
        ((SHARE, SHARED), 'pacemaker-3.9', 'Promoted'),
    ],
)
def test_it_starts_after_the_promotion_and_with_the_promoted_instance(cluster, resources, schema, role):
    storage(cluster, *resources, schema=schema)
    declare(cluster, [{'id': 1, 'needs': ['ms_ct1']}])
    assert needs(cluster) == ('promote', 'start', role)
    rc, _out, said = cluster.run(['crm_verify', '--verbose', '--xml-file', str(cluster.path)])
    # Pacemaker 3 warns of the words of older schemas, with the exit code of an error
    assert 'error:' not in said and (rc == 0 or pacemaker.tools(cluster.run).version >= (3,)), said
    assert ('promote', 'drbd', 'n2') in [(action, name.split(':')[0], node) for action, name, node in cluster.actions()]
    assert ('start', 've-1', 'n2') in cluster.actions()
    # in the scheduler's own words: the start is behind the promotion
    graph = str(cluster.path) + '.graph'
    cluster.tool('crm_simulate', '--run', '--xml-file', str(cluster.path), '--save-graph', graph)
    root = ET.parse(graph).getroot()
    actions = {action.get('id'): action for action in root.iter('rsc_op') if action.find('primitive') is not None}
    waits = {
        action.get('id'): [trigger.get('id') for trigger in synapse.findall('inputs/trigger/*')]
        for synapse in root.findall('synapse')
        for action in synapse.findall('action_set/*')
    }
    start = next(
        ident
        for ident, action in actions.items()
        if action.get('operation') == 'start' and action.find('primitive').get('id') == 've-1'
    )
    before, todo = set(), list(waits[start])
    while todo:
        ident = todo.pop()
        if ident not in before:
            before.add(ident)
            todo += waits.get(ident, [])
    assert 'promote' in {actions[ident].get('operation') for ident in before if ident in actions}


def test_who_wants_less_says_so(cluster):
    storage(cluster, CLONE)
    declare(
        cluster, [{'id': 1, 'needs': [{'name': 'ms_ct1', 'role': 'started'}]}, {'id': 2, 'needs': [{'name': 'ms_ct1'}]}]
    )
    assert needs(cluster) == (None, None, None) and needs(cluster, 've-2') == ('promote', 'start', 'Promoted')
    # the other way round it is the same constraint, changed
    result = declare(cluster, [{'id': 1, 'needs': ['ms_ct1']}, {'id': 2, 'needs': ['ms_ct1']}])
    assert result['updated'] == ['ve-1'] and needs(cluster) == ('promote', 'start', 'Promoted')


@pytest.mark.parametrize('xml', [NOT_PROMOTABLE, STORAGE.replace('fs-clone', 'ms_ct1')])
def test_what_is_never_promoted_needs_no_role(cluster, xml):
    create(cluster, xml)
    declare(cluster, [{'id': 1, 'needs': ['ms_ct1']}])
    assert needs(cluster) == (None, None, None)
    with pytest.raises(
        CibError, match='VE 1: needs: ms_ct1 is no promotable clone, so it is never promoted; leave role out'
    ):
        declare(cluster, [{'id': 1, 'needs': [{'name': 'ms_ct1', 'role': 'promoted'}]}])


@pytest.mark.parametrize(
    'need, message',
    [
        ({'name': 'x', 'role': 'master'}, r"VE 1: needs\[0\].role: 'master' must be one of started, promoted"),
        ({'role': 'started'}, r'VE 1: needs\[0\].name: is missing'),
        ({'name': 'x', 'rôle': 'started'}, r'VE 1: needs\[0\].rôle: there is no such field'),
        (['x'], r'VE 1: needs\[0\].name: must be a single value'),
        (None, r'VE 1: needs\[0\].name: is missing'),
        ('a b', "VE 1: needs: 'a b' is not the name of a resource"),
    ],
)
def test_a_need_that_is_none_is_refused(cluster, need, message):
    with pytest.raises(InputError, match=message):
        declare(cluster, [{'id': 1, 'needs': [need]}])


def test_such_constraints_are_ours_and_go_with_the_ve(cluster):
    storage(cluster, CLONE)
    declare(cluster, [{'id': 1, 'needs': ['ms_ct1']}, {'id': 2, 'needs': ['ms_ct1']}])
    declare(cluster, [{'id': 1}, {'id': 2, 'needs': ['ms_ct1']}])
    assert ids(cluster, 'rsc_order') == ['ve-2-needs-ms_ct1-order']
    assert declare(cluster, [{'id': 1}], purge=True)['removed'] == ['ve-2']
    assert ids(cluster, 'rsc_order') == ids(cluster, 'rsc_colocation') == []


def test_a_schema_without_a_number_has_the_new_word(cluster):
    create(cluster, CLONE)
    root = ET.fromstring(cluster.text())
    for schema in ('pacemaker-next', 'pacemaker-4.0', 'pacemaker-3.10', ''):
        root.set('validate-with', schema)
        assert promotable.roles(root) == {'ms_ct1': 'Promoted'}

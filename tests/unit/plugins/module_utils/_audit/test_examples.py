# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the audit, each with what it finds something in and what it finds nothing in; and what their commands do."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import xml.etree.ElementTree as ET

import audit_examples
import generate_audit_docs as docs
import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import rules, run
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rule import SEVERITIES
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.rules_node import (
    limit_differs,
    limit_not_in_force,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._audit.subject import Facts, Subject
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.plugin_utils._audit import page, text

# On a running cluster these do more than edit the CIB.
ELSEWHERE = ('failcounts', 'blocked')


def audit(cluster, text_, **arguments):
    return run.audit(cluster.run, ET.fromstring(text_), arguments)


def of(result, rule):
    return [finding for finding in result['findings'] if finding['rule'] == rule]


@pytest.mark.parametrize('rule', audit_examples.EXAMPLES)
def test_the_example_is_found_and_mended(rule, cib_file):
    bad, good = (audit_examples.cib(example) for example in audit_examples.EXAMPLES[rule])
    assert not of(audit(cib_file, good), rule)
    findings = of(audit(cib_file, bad), rule)
    assert findings and all(one['severity'] in SEVERITIES and one['why'] and one['mend'] for one in findings)
    commands = [one['command'] for one in findings if one['command']]
    if not commands or rule in ELSEWHERE:
        return
    cib_file.path.write_text(bad)
    for command in commands:
        done = subprocess.run(shlex.split(command), env=dict(cib_file.env), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    left = of(audit(cib_file, cib_file.text()), rule)
    assert not [one for one in left if one['command']], 'what has a command is mended by it'


def test_every_rule_has_an_example_or_needs_the_node():
    assert {rule.id for rule in rules.ALL if not rule.needs} == set(audit_examples.EXAMPLES)
    assert not set(rules.NOT_LOOKED_AT) & set(rules.BY_ID) and len(rules.BY_ID) == len(rules.ALL)


def test_the_page_is_what_the_tables_say():
    assert docs.page(docs.PAGE.read_text()) == docs.PAGE.read_text(), 'run tests/generate_audit_docs.py'


@pytest.mark.parametrize(
    'own, of_force, of_override',
    [
        ({'node': 'n1', 'limit': '2', 'in_force': 'false', 'override': None, 'why': 'it announced 4'}, 1, 0),
        ({'node': 'n1', 'limit': '2', 'in_force': 'unknown', 'override': None, 'why': ''}, 0, 0),
        ({'node': 'n1', 'limit': '2', 'in_force': 'false', 'override': '4', 'why': ''}, 0, 1),
        ({'node': 'n1', 'limit': '2', 'in_force': 'true', 'override': '2', 'why': ''}, 0, 0),
        (None, 0, 0),
    ],
)
def test_what_the_node_itself_tells(own, of_force, of_override):
    subject = Subject(ET.fromstring(audit_examples.cib({})), (), Facts('n1', own) if own else None, 0.0)
    assert (len(list(limit_not_in_force(subject))), len(list(limit_differs(subject)))) == (of_force, of_override)


STORM = {
    'resources': '\n'.join(
        audit_examples.guest(parameters={'config': '/etc/vm%d.xml' % number}, name='vm%d' % number)
        for number in range(1, 49)
    )
}


def test_what_is_known_is_silenced(cib_file):
    source = audit_examples.cib(STORM)
    result = audit(cib_file, source)
    assert len(of(result, 'start-does-not-wait')) == 48 and result['silenced'] == 0
    silent = audit(cib_file, source, silence=['start-does-not-wait:vm7', 'op-timeout-missing'])
    assert len(of(silent, 'start-does-not-wait')) == 47 and not of(silent, 'op-timeout-missing')
    assert silent['silenced'] == 1 + len(of(result, 'op-timeout-missing'))
    with pytest.raises(InputError, match='silence: there is no rule \'storm\''):
        audit(cib_file, source, silence=['storm'])


def test_it_fails_where_that_is_asked_for(cib_file):
    result = audit(cib_file, audit_examples.cib(STORM))
    run.refuse(result, 'never')
    for severity in ('critical', 'warning'):
        with pytest.raises(Error, match='The audit found .*\n- critical .fencing-missing.: there is no fencing device'):
            run.refuse(result, severity)
    only_info = dict(result, findings=[one for one in result['findings'] if one['severity'] == 'info'])
    assert only_info['findings']
    run.refuse(only_info, 'warning')


def test_what_was_not_looked_at_is_said(cib_file):
    result = audit(cib_file, audit_examples.cib(STORM))
    assert {'limit-not-in-force', 'clock-skew', 'agent-differs'} <= {row['rule'] for row in result['not_checked']}


def test_the_gravest_first_and_those_of_a_kind_together(cib_file):
    result = audit(cib_file, audit_examples.cib(STORM))
    order = [SEVERITIES.index(one['severity']) for one in result['findings']]
    assert order == sorted(order) and sum(result['summary'].values()) == len(result['findings'])
    lines = text.text(result)
    assert lines[1].startswith('Audit of 3 nodes, 48 guests: ')
    (said,) = [line for line in lines if 'start-does-not-wait' in line]
    assert 'vm1, vm2, vm3, vm4, vm5, vm6 and 42 more' in said
    assert any('(47 more like it, in the result)' in line for line in lines)


def test_a_cluster_without_guests_is_not_fine(cib_file):
    result = audit(cib_file, audit_examples.cib({'resources': audit_examples.FENCE}))
    assert text.headline(result).startswith('Nothing to see')
    assert 'all that are about guests' in {row['rule'] for row in result['not_checked']}


def test_an_audit_is_quick(cib_file):
    """8 nodes and 200 guests; a scenario of a rehearsal takes most of a second."""
    nodes = ''.join('<node id="%d" uname="n%d"/>' % (number, number) for number in range(1, 9))
    many = '\n'.join(
        '<group id="g%d">%s%s</group>'
        % (
            number,
            audit_examples.guest(
                parameters={'directory': '/vm/%d' % number}, agent='heartbeat:Filesystem', name='disk%d' % number
            ),
            audit_examples.guest(parameters={'config': '/vm/%d/vm.xml' % number}, name='vm%d' % number),
        )
        for number in range(200)
    )
    source = ET.fromstring(audit_examples.cib({'nodes': nodes, 'resources': many}))
    began = time.process_time()
    result = run.audit(cib_file.run, source, {})
    assert time.process_time() - began < 2 and not of(result, 'no-order-after-storage')
    assert os.path.exists(cib_file.path)


def test_the_page_says_the_same(cib_file):
    result = audit(cib_file, audit_examples.cib(STORM))
    drawn = page.page(result)
    assert text.headline(result) in drawn and 'vm1, vm2, vm3, vm4, vm5, vm6 and 42 more' in drawn
    assert '&lt;primitive id=' in drawn and 'src=' not in drawn and '<script' not in drawn
    assert all(row['rule'] in drawn for row in result['not_checked'])
    evil = dict(result, findings=[dict(result['findings'][0], text='<b>x</b>')])
    assert '<b>x</b>' not in page.page(evil)

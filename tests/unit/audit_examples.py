# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For each rule of the audit what it finds something in, and what it finds nothing in: tests, and shown in docs/audit.md.

An example is {section of the CIB: what is in it}; properties are {name: value}. Around it is a cluster of n1, n2 and n3.
"""

from __future__ import annotations

import textwrap
import xml.etree.ElementTree as ET

NODES = '<node id="1" uname="n1"/><node id="2" uname="n2"/><node id="3" uname="n3"/>'
FENCE = '<primitive id="fence" class="stonith" type="fence_ipmilan"/>'


def section(xml):
    return textwrap.dedent(xml).strip()


def ops(**timeouts):
    rows = [
        '<op id="vm1-%s" name="%s" interval="%s" timeout="%s"/>'
        % (name, name, '30s' if name == 'monitor' else '0s', timeout)
        for name, timeout in timeouts.items()
    ]
    return '\n    '.join(rows)


def guest(operations='', parameters='', meta='', agent='heartbeat:VirtualDomain', name='vm1'):
    provider, kind = agent.split(':')
    lines = ['<primitive id="%s" class="ocf" provider="%s" type="%s">' % (name, provider, kind)]
    for tag, pairs in (('instance_attributes', parameters), ('meta_attributes', meta)):
        if pairs:
            lines.append('  <%s id="%s-%s">' % (tag, name, tag[:4]))
            lines += [
                '    <nvpair id="%s-%s" name="%s" value="%s"/>' % (name, key, key, value)
                for key, value in pairs.items()
            ]
            lines.append('  </%s>' % tag)
    if operations:
        lines += ['  <operations>', '    ' + operations, '  </operations>']
    return '\n'.join(lines + ['</primitive>'])


def state(inside, node='n1', number=1):
    return (
        '<node_state id="%d" uname="%s" in_ccm="true" crmd="online" join="member" expected="member">%s</node_state>'
        % (number, node, inside)
    )


def history(name, *operations, agent='class="ocf" provider="heartbeat" type="VirtualDomain"'):
    rows = ''.join(
        '<lrm_rsc_op id="%s_%s" operation="%s" operation_key="%s_%s_0" interval="0" rc-code="%d" op-status="%d" call-id="%d" '
        'last-rc-change="%d" exec-time="%d" on_node="n1" transition-key="1:1:0:x" transition-magic="0:%d;1:1:0:x" crm_feature_set="3.16.1"/>'
        % (name, suffix, operation, name, operation, rc, status, number, begin, took, rc)
        for number, (suffix, operation, rc, status, begin, took) in enumerate(operations, 1)
    )
    return '<lrm_resource id="%s" %s>%s</lrm_resource>' % (name, agent, rows)


def lrm(*resources):
    return '<lrm id="1"><lrm_resources>%s</lrm_resources></lrm>' % ''.join(resources)


GOOD_OPS = ops(start='120s', stop='120s', monitor='30s')
FILESYSTEM = guest(
    parameters={'directory': '/vm', 'device': '/dev/vg/vm', 'fstype': 'ext4'}, agent='heartbeat:Filesystem', name='disk'
)
ON_IT = guest(parameters={'config': '/vm/vm1.xml'})
DRBD = (
    '<clone id="drbd-clone">\n  <meta_attributes id="drbd-m"><nvpair id="drbd-p" name="promotable" value="true"/></meta_attributes>\n'
    '  <primitive id="drbd" class="ocf" provider="linbit" type="drbd"/>\n</clone>\n'
)
STARTED = 1700000000
SIZED = (
    '<primitive id="vm1" class="ocf" provider="heartbeat" type="Xen">\n'
    '  <utilization id="u"><nvpair id="u-m" name="memory" value="4096"/></utilization>\n</primitive>'
)
DEVICE = 'class="stonith" type="fence_ipmilan"'


def transient(name, value):
    return (
        '<transient_attributes id="1"><instance_attributes id="s"><nvpair id="s-1" name="%s" value="%s"/></instance_attributes>'
        '</transient_attributes>' % (name, value)
    )


EXAMPLES = {
    'fencing-off': ({'crm_config': {'stonith-enabled': 'false'}}, {'crm_config': {'stonith-enabled': 'true'}}),
    'fencing-missing': ({'resources': guest()}, {'resources': FENCE}),
    'fencing-untested': (
        {
            'resources': FENCE,
            'status': state(
                lrm(
                    history(
                        'fence',
                        ('last_failure_0', 'start', 1, 4, STARTED, 20),
                        agent=DEVICE,
                    )
                )
            ),
        },
        {
            'resources': FENCE,
            'status': state(lrm(history('fence', ('last_0', 'start', 0, 0, STARTED, 900), agent=DEVICE))),
        },
    ),
    'two-nodes': (
        {'nodes': NODES.partition('<node id="3"')[0], 'resources': FENCE},
        {
            'nodes': NODES.partition('<node id="3"')[0],
            'resources': FENCE,
            'crm_config': {'priority-fencing-delay': '15s'},
        },
    ),
    'quorum-policy': ({'crm_config': {'no-quorum-policy': 'ignore'}}, {'crm_config': {'no-quorum-policy': 'freeze'}}),
    'no-start-limit': ({'resources': guest()}, {'resources': guest(), 'crm_config': {'node-action-limit': '2'}}),
    'shutdown-escalation-short': (
        {'resources': guest(ops(stop='30min')), 'crm_config': {'node-action-limit': '1'}},
        {'resources': guest(ops(stop='120s')), 'crm_config': {'node-action-limit': '1'}},
    ),
    'start-failure-fatal': (
        {'resources': guest()},
        {'resources': guest(), 'crm_config': {'start-failure-is-fatal': 'false'}},
    ),
    'priority-fencing-delay': (
        {'resources': guest(meta={'priority': '-10'}), 'crm_config': {'priority-fencing-delay': '15s'}},
        {'resources': guest(meta={'priority': '10'}), 'crm_config': {'priority-fencing-delay': '15s'}},
    ),
    'maintenance': ({'crm_config': {'maintenance-mode': 'true'}}, {'crm_config': {'maintenance-mode': 'false'}}),
    'op-timeout-missing': (
        {'resources': guest(ops(monitor='30s'))},
        {'resources': guest(ops(monitor='30s')), 'op_defaults': {'timeout': '120s'}},
    ),
    'op-timeout-short': ({'resources': guest(ops(start='60s', stop='120s'))}, {'resources': guest(GOOD_OPS)}),
    'stop-timeout-below-grace': (
        {'resources': guest(ops(stop='75s'), {'veid': '101'}, agent='heartbeat:ManageVE')},
        {'resources': guest(ops(stop='150s'), {'veid': '101'}, agent='heartbeat:ManageVE')},
    ),
    'stop-failure-not-fenced': (
        {'resources': guest('<op id="vm1-stop" name="stop" interval="0s" timeout="120s" on-fail="block"/>')},
        {'resources': guest('<op id="vm1-stop" name="stop" interval="0s" timeout="120s" on-fail="fence"/>')},
    ),
    'start-does-not-wait': (
        {'resources': guest(parameters={'config': '/etc/vm1.xml'})},
        {'resources': guest(parameters={'config': '/etc/vm1.xml', 'monitor_scripts': '/usr/local/bin/vm1-answers'})},
    ),
    'monitor-missing': ({'resources': guest(ops(start='90s', stop='90s'))}, {'resources': guest(ops(monitor='30s'))}),
    'monitor-aggressive': (
        {
            'resources': '\n'.join(
                guest('<op id="vm%d-m" name="monitor" interval="1s"/>' % number, name='vm%d' % number)
                for number in range(1, 12)
            )
        },
        {
            'resources': '\n'.join(
                guest('<op id="vm%d-m" name="monitor" interval="30s"/>' % number, name='vm%d' % number)
                for number in range(1, 12)
            )
        },
    ),
    'failback': (
        {
            'resources': guest(meta={'resource-stickiness': '50'}),
            'constraints': '<rsc_location id="vm1-n1" rsc="vm1" node="n1" score="100"/>',
        },
        {
            'resources': guest(meta={'resource-stickiness': '200'}),
            'constraints': '<rsc_location id="vm1-n1" rsc="vm1" node="n1" score="100"/>',
        },
    ),
    'temporary-constraint': (
        {
            'resources': guest(),
            'constraints': '<rsc_location id="cli-ban-vm1-on-n1" rsc="vm1" node="n1" score="-INFINITY"/>',
        },
        {
            'resources': guest(),
            'constraints': '<rsc_location id="vm1-not-on-n1" rsc="vm1" node="n1" score="-INFINITY"/>',
        },
    ),
    'no-order-after-storage': (
        {'resources': FILESYSTEM + '\n' + ON_IT},
        {'resources': '<group id="vm1-with-disk">\n%s\n</group>' % textwrap.indent(FILESYSTEM + '\n' + ON_IT, '  ')},
    ),
    'promoted-not-followed': (
        {'resources': DRBD + guest(), 'constraints': '<rsc_order id="o" first="drbd-clone" then="vm1"/>'},
        {
            'resources': DRBD + guest(),
            'constraints': '<rsc_order id="o" first="drbd-clone" first-action="promote" then="vm1" then-action="start"/>',
        },
    ),
    'second-manager': (
        {
            'resources': '\n'.join(
                guest(parameters={'config': '/etc/vm1.xml'}, name=name) for name in ('vm1', 'also-vm1')
            )
        },
        {
            'resources': '\n'.join(
                guest(parameters={'config': '/etc/%s.xml' % name}, name=name) for name in ('vm1', 'vm2')
            )
        },
    ),
    'capacity': (
        {
            'resources': guest(),
            'constraints': '\n'.join(
                '<rsc_location id="vm1-not-%s" rsc="vm1" node="%s" score="-INFINITY"/>' % (node, node)
                for node in ('n2', 'n3')
            ),
        },
        {'resources': guest(), 'constraints': '<rsc_location id="vm1-not-n3" rsc="vm1" node="n3" score="-INFINITY"/>'},
    ),
    'utilization-ignored': (
        {'resources': SIZED},
        {
            'resources': SIZED,
            'crm_config': {'placement-strategy': 'balanced'},
        },
    ),
    'old-agent': (
        {'resources': guest(parameters={'veid': '101'}, agent='heartbeat:ManageVE')},
        {'resources': guest(parameters={'veid': '101'}, agent='openve:ManageVE')},
    ),
    'failcounts': (
        {
            'resources': guest(),
            'status': state(transient('fail-count-vm1#start_0', 'INFINITY')),
        },
        {
            'resources': guest(),
            'status': state(transient('probe_complete', 'true')),
        },
    ),
    'blocked': (
        {'resources': guest(), 'status': state(lrm(history('vm1', ('last_failure_0', 'stop', 1, 2, STARTED, 20))))},
        {'resources': guest(), 'status': state(lrm(history('vm1', ('last_0', 'stop', 0, 0, STARTED, 20))))},
    ),
    'peak-above-limit': (
        {
            'resources': guest() + guest(name='vm2'),
            'crm_config': {'node-action-limit': '1'},
            'status': state(
                lrm(
                    history('vm1', ('last_0', 'start', 0, 0, STARTED, 30000)),
                    history('vm2', ('last_0', 'start', 0, 0, STARTED, 30000)),
                )
            ),
        },
        {
            'resources': guest() + guest(name='vm2'),
            'crm_config': {'node-action-limit': '2'},
            'status': state(
                lrm(
                    history('vm1', ('last_0', 'start', 0, 0, STARTED, 30000)),
                    history('vm2', ('last_0', 'start', 0, 0, STARTED, 30000)),
                )
            ),
        },
    ),
}


def cib(example, schema='pacemaker-3.9'):
    """The text of the CIB that has an example in it."""
    properties = ''.join(
        '<nvpair id="cib-%s" name="%s" value="%s"/>' % (name, name, value)
        for name, value in example.get('crm_config', {}).items()
    )
    defaults = ''.join(
        '<nvpair id="op-%s" name="%s" value="%s"/>' % (name, name, value)
        for name, value in example.get('op_defaults', {}).items()
    )
    text = (
        '<cib crm_feature_set="3.16.1" validate-with="%s" epoch="1" num_updates="0" admin_epoch="0"><configuration>'
        '<crm_config><cluster_property_set id="cib-bootstrap-options">%s</cluster_property_set></crm_config>'
        '<nodes>%s</nodes><resources>%s</resources><constraints>%s</constraints>'
        '<op_defaults><meta_attributes id="op-defaults">%s</meta_attributes></op_defaults></configuration><status>%s</status></cib>'
        % (
            schema,
            properties,
            example.get('nodes', NODES),
            example.get('resources', ''),
            example.get('constraints', ''),
            defaults,
            example.get('status', ''),
        )
    )
    ET.fromstring(text)
    return text

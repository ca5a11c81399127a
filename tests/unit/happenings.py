# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened in a cluster whose CIB is a file: histories as the executors report them, lost nodes, a DC."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

PENDING = (193, -1)
OK = (0, 0)
FAILED = (1, 0)


def roles(cluster):
    return {
        primitive.get('id'): [
            pair.get('value')
            for pair in primitive.findall('meta_attributes/nvpair')
            if pair.get('name') == 'target-role'
        ]
        for primitive in ET.fromstring(cluster.text()).find('configuration').iter('primitive')
    }


def edit(cluster, change):
    root = ET.fromstring(cluster.text())
    change(root)
    cluster.path.write_text(ET.tostring(root, encoding='unicode'))


def state(root, node):
    return root.find('status/node_state[@uname="%s"]' % node)


def happened(cluster, node, ve, *operations, agent=('openve', 'ManageVE')):
    """Write the history of a VE on a node, as its executor reports it: (operation, (rc, op-status), exit reason)."""

    def change(root):
        lrm = state(root, node).find('lrm')
        if lrm is None:
            lrm = ET.SubElement(state(root, node), 'lrm', id=state(root, node).get('id'))
            ET.SubElement(lrm, 'lrm_resources')
        history = ET.SubElement(
            lrm[0], 'lrm_resource', {'id': ve, 'class': 'ocf', 'provider': agent[0], 'type': agent[1]}
        )
        for number, (operation, (rc, status), *reason) in enumerate(operations, 1):
            interval = '10000' if operation == 'monitor' else '0'
            key = '%d:%d:0:0d2c6b53-6e3f-4d6a-8a6b-1b1f1f1f1f1f' % (number, number)
            kind = (
                'monitor_10000'
                if interval != '0'
                else operation + '_0'
                if operation.startswith('migrate_')
                else 'last_0'
                if rc in (0, 193)
                else 'last_failure_0'
            )
            for older in history.findall('lrm_rsc_op[@id="%s_%s"]' % (ve, kind)):
                history.remove(older)  # only the last of a kind is kept
            ET.SubElement(
                history,
                'lrm_rsc_op',
                {
                    'id': '%s_%s' % (ve, kind),
                    'operation_key': '%s_%s_%s' % (ve, operation, interval),
                    'operation': operation,
                    'crm_feature_set': root.get('crm_feature_set'),
                    'transition-key': key,
                    'transition-magic': '%d:%d;%s' % (status, rc, key),
                    'exit-reason': ''.join(reason),
                    'on_node': node,
                    'call-id': str(-1 if status == -1 else number),
                    'rc-code': str(rc),
                    'op-status': str(status),
                    'interval': interval,  # not longer ago than failure-timeout:
                    'last-rc-change': str(int(time.time()) - 60 + number),
                    'exec-time': '0',
                    'queue-time': '0',
                },
            )

    edit(cluster, change)


def lose(cluster, node):
    """The node is gone, and not fenced yet."""
    edit(cluster, lambda root: state(root, node).attrib.update(in_ccm='false', crmd='offline', join='down'))


def with_dc(cluster, fencing='true'):
    def change(root):
        root.attrib.update({'dc-uuid': '1', 'have-quorum': '1'})
        for pair in root.iter('nvpair'):
            if pair.get('name') == 'stonith-enabled':
                pair.set('value', fencing)
        if fencing == 'true':
            ET.SubElement(
                root.find('configuration/resources'),
                'primitive',
                {'id': 'fence', 'class': 'stonith', 'type': 'fence_x'},
            )

    edit(cluster, change)

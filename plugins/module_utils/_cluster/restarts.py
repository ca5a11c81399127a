# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the CIB does to what runs, as Pacemaker's scheduler predicts it."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib

# A live migration (`migrate`) interrupts nothing, a `reload` neither; `start` is what was not running.
INTERRUPTING = ('stop', 'restart', 'move', 'recover')


def predict(runner, change, ours):
    """What Pacemaker does with a change and would not have done without it anyway, but for mere starts.

    A list of {resource, action, node, reason}. Where a probe that found a VE running (``ours``: their names) is all that
    turns a reload into a restart, the change is made to forget it.
    """
    actions = [row for row in _actions(runner, change.new) if row['action'] != 'start']
    if not actions:
        return []  # what was due anyway does not matter then
    due = {(row['resource'], row['action']) for row in _actions(runner, change.old)}
    rows = _news(actions, due)
    probes = _probes(change.new, ours.intersection(row['resource'] for row in rows if row['action'] in INTERRUPTING))
    if probes:
        rows, helped = _without(runner, change.new, probes, due, rows)
        if helped:
            cib.forget(runner, change, helped)
    return rows


def _news(actions, due):
    return [row for row in actions if row['action'] != 'start' and (row['resource'], row['action']) not in due]


def _probes(root, names):
    """The probes that found one of these VEs running, as Pacemaker does after it was restarted under it.

    It expected not to find it, so it keeps them as failures; and without the digest of what cannot be reloaded, so that
    every changed parameter means a restart.
    """
    return [
        key
        for key, entry in cib.history_entries(root).items()
        if key[1] in names
        and key[2] == key[1] + '_last_failure_0'
        and entry.get('rc-code') == '0'
        and entry.get('operation') == 'monitor'
        and entry.get('interval') == '0'
    ]


def _without(runner, root, probes, due, rows):
    """What happens without those of the probes that make the difference, and which these are."""

    def asked(keys):
        rest = copy.deepcopy(root)
        entries = cib.history_entries(rest)
        parents = {entry: parent for parent in rest.find('status').iter('lrm_resource') for entry in parent}
        for key in keys:
            parents[entries[key]].remove(entries[key])
        return _actions(runner, rest)

    actions = asked(probes)
    # Not even a start: what it does not know to run any more it would start elsewhere.
    bad = {row['resource'] for row in actions if row['action'] in INTERRUPTING + ('start',)}
    helped = [key for key in probes if key[1] not in bad]
    if not helped:
        return rows, []
    return _news(actions if len(helped) == len(probes) else asked(helped), due), helped


def sentence(row):
    return '%s %s on %s%s' % (
        row['action'],
        row['resource'],
        row['node'],
        ' (%s)' % row['reason'] if row['reason'] else '',
    )


def _actions(runner, root):
    out = cib.call(runner, ['crm_simulate', '--run', '--xml-pipe', '--output-as=xml'], cib.text(root))
    return [
        {
            'resource': action.get('resource'),
            'action': action.get('action'),
            'node': action.get('node') or action.get('source') or 'unknown',
            'reason': action.get('reason') or '',
        }
        for action in ET.fromstring(out).iter('rsc_action')
    ]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the CIB does to what runs, as Pacemaker's scheduler predicts it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils import cib

# A live migration (`migrate`) interrupts nothing, a `reload` neither; `start` is what was not running.
INTERRUPTING = ('stop', 'restart', 'move', 'recover')


def predict(runner, old, new):
    """What Pacemaker does with ``new`` and would not have done with ``old`` anyway, but for mere starts.

    A list of {resource, action, node, reason}.
    """
    due = {(row['resource'], row['action']) for row in _actions(runner, old)}
    return [row for row in _actions(runner, new)
            if row['action'] != 'start' and (row['resource'], row['action']) not in due]


def sentence(row):
    return '%s %s on %s%s' % (row['action'], row['resource'], row['node'],
                              ' (%s)' % row['reason'] if row['reason'] else '')


def _actions(runner, root):
    out = cib.call(runner, ['crm_simulate', '--run', '--xml-pipe', '--output-as=xml'], cib.text(root))
    return [{'resource': action.get('resource'), 'action': action.get('action'),
             'node': action.get('node') or action.get('source') or 'unknown', 'reason': action.get('reason') or ''}
            for action in ET.fromstring(out).iter('rsc_action')]

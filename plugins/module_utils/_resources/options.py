# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ve_resources beside those of a rehearsal, and which of them cannot be. Role and module refuse the same."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import NAME_FORM, is_name
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster.wait import read_timeout
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import POLICY_FIELDS, VE_FIELDS

# As an Ansible argument spec.
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    'ves': {'type': 'list', 'elements': 'dict', 'required': True, 'options': VE_FIELDS},
    'policy': {'type': 'dict', 'options': POLICY_FIELDS},
    'purge': {'type': 'bool', 'default': False},
    'purge_all': {'type': 'bool', 'default': False},
    'owner': {'type': 'str'},
    'new': {'type': 'str', 'choices': ['started', 'stopped'], 'default': 'started'},
    'allow_restart': {'type': 'bool', 'default': False},
    'backup_keep': {'type': 'int', 'default': 10},
    'wait': {'type': 'bool', 'default': False},
    'wait_timeout': {'type': 'str', 'default': '10min'},
}


def read(arguments: Mapping[str, Any]) -> int | None:
    """The milliseconds to wait, None for not at all; or an InputError."""
    keep = arguments['backup_keep']
    if keep < 0:
        raise InputError(['backup_keep: %d is out of range; write how many to keep, or 0 for none' % keep])
    owner = arguments.get('owner')
    if owner is not None and not is_name(owner):
        raise InputError(['owner: %r cannot be the name of a list; %s' % (owner, NAME_FORM)])
    if arguments['purge'] and not arguments['ves'] and not arguments.get('purge_all'):
        raise InputError(
            [
                'purge: ves is empty, so every VE would be removed from this cluster; is its variable misspelt? If all of them '
                'are to go, say purge_all: true'
            ]
        )
    return read_timeout(arguments['wait_timeout']) if arguments['wait'] else None

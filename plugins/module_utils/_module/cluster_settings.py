# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing devices, cluster options and limits in a cluster's CIB, or in the first CIB of a node."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    faithful,
    fencing,
    first_cib,
    guests,
    quorum,
    transaction,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import cluster, validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Policy
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import properties


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Bring the CIB in line with the arguments."""
    devices = arguments['fencing']
    policy = validate.read([], arguments['policy']).policy
    cluster.refuse(devices, arguments['properties'])
    _refuse_unfaithful(runner, devices, arguments['properties'])

    def edit(root: Element) -> None:
        _edit(root, arguments, policy)

    if arguments['seed']:
        draft = first_cib.seed(runner, edit, check)
        if draft is None:
            return {'changed': False, 'attempts': 0, 'warnings': [], 'diff': dict}
    else:
        draft = _change(runner, edit, check)
    return {
        'changed': draft.changed,
        'attempts': draft.attempts,
        'warnings': draft.warnings,
        'diff': lambda: fencing.diff_without_secrets(draft, devices) if draft.changed else {},
    }


def _change(runner: Runner, edit: Callable[[Element], None], check: bool) -> Draft[None]:
    for draft in transaction.drafts(runner, edit):
        complaint = quorum.complaint(draft.old, draft.new)
        if complaint:
            raise CibError(complaint)
        if check or not draft.changed or draft.push():
            break
    return draft


def _edit(root: Element, arguments: Arguments, policy: Policy) -> None:
    fencing.refuse_taken(root, arguments['fencing'])
    if not arguments['fencing'] and not arguments['disable_fencing']:
        fencing.refuse_switching_off(root)
    # without a policy the VEs that are there keep theirs
    if arguments['policy'] is not None or not guests.ours(root):
        properties.put(root, policy, properties.escalation(root, policy))
    for device in arguments['fencing']:
        fencing.put_device(root, device)
    fencing.switch(root, bool(arguments['fencing']))
    for name, value in arguments['properties'].items():
        attributes.set_property(root, name, attributes.written(value))


def _refuse_unfaithful(runner: Runner, devices: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    """What the CIB of this release would keep as something else: with such a secret fencing cannot log in."""
    written = {'properties.%s' % name: attributes.written(value) for name, value in values.items()}
    for device in devices:
        for field in ('options', 'secrets'):
            for name, value in device[field].items():
                written['fencing device %s: %s.%s' % (device['id'], field, name)] = attributes.written(value)
        written['fencing device %s: hosts' % device['id']] = ' '.join(device['hosts'])
    problems = list(faithful.problems(runner, written))
    if problems:
        raise InputError(problems, 'The fencing devices or properties')

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing devices, cluster options and limits in a cluster's CIB, or in the first CIB of a node."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import NAME_FORM, holds_control, is_name
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import (
    attributes,
    faithful,
    fencing,
    first_cib,
    quorum,
    transaction,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Policy
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import properties


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """Bring the CIB in line with the arguments."""
    devices = arguments['fencing']
    _refuse_bad(devices, arguments['properties'])
    _refuse_unfaithful(runner, devices, arguments['properties'])
    policy = validate.read([], arguments['policy']).policy

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
    properties.put(root, policy, properties.escalation(root, policy))
    for device in arguments['fencing']:
        fencing.put_device(root, device)
    fencing.switch(root, bool(arguments['fencing']))
    for name, value in arguments['properties'].items():
        attributes.set_property(root, name, attributes.written(value))


def _refuse_bad(devices: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    ids = [device['id'] for device in devices]
    problems: list[str] = list(_unusable('properties', values))
    hide: list[str] = []
    for device in devices:
        where = 'fencing device %s' % device['id']
        if not is_name(device['id']):
            problems.append('%s: id: cannot be the id of a resource; %s' % (where, NAME_FORM))
        if ids.count(device['id']) > 1:
            problems.append('%s: id: is taken by another device; give each its own' % where)
        if not device['hosts'] and not fencing.NAMES_HOSTS.intersection(device['options']):
            problems.append('%s: hosts: is empty; name the nodes that it can fence' % where)
        for field in ('options', 'secrets'):
            problems += _unusable('%s: %s' % (where, field), device[field])
        for name, problem in _exposed(device).items():
            problems.append('%s: %s' % (where, problem))
            hide.append(str(device['options'][name]))
    if problems:
        error = InputError(sorted(set(problems)), 'The fencing devices or properties')
        error.details['hide'] = [text for text in hide if text]
        raise error


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


def _exposed(device: Mapping[str, Any]) -> dict[str, str]:
    """{option: why it must not be one}"""
    options, secrets = device['options'], device['secrets']
    logged = {name: 'options.%s: would be logged; move it to secrets' % name for name in fencing.SECRET_NAMES}
    twice = {name: '%s: is both in options and in secrets; remove one' % name for name in secrets}
    return {name: problem for name, problem in {**logged, **twice}.items() if name in options}


def _unusable(where: str, values: Mapping[str, Any]) -> Iterator[str]:
    """What the CIB cannot keep as a value. Names the field only: the value may be a secret."""
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            yield '%s.%s: must be a single value' % (where, name)
        elif value is None or value == '':
            yield '%s.%s: is empty; give it a value or leave it out' % (where, name)
        elif holds_control(str(value)):
            yield '%s.%s: holds a newline or another control character; write it on one line' % (where, name)

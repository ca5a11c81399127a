# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates declared VEs and the policy, as they come from YAML or from Ansible.

``read(ves, policy)`` returns a Declaration, or raises one InputError with every problem in it, each naming the VE, the
field, and the mend.
"""

from __future__ import annotations

import re
from typing import Any, Container, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import NAME_FORM, is_name
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import order
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import CHOICES, PARAMETERS, TIMES
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import (
    INFINITY,
    MONITOR_FIELDS,
    NEED_FIELDS,
    OWNER,
    POLICY_FIELDS,
    STOPPED,
    VE,
    VE_FIELDS,
    Declaration,
    Fields,
    Need,
    Policy,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.reader import Reader, suggest

# Attributes of a resource that a field decides: given in params or meta as well, one of the two would be a lie.
OWNED_PARAMS = {
    'veid': 'id',
    'engine': 'engine',
    'stop_grace': 'stop_grace',
    'start_slots': 'policy.starts_per_node',
    'start_settle': 'settle',
    'ready_timeout_action': 'policy.slow_boot',
    'monitor_command': 'monitor.command',
}
OWNED_META = {
    'priority': 'start_order',
    'resource-stickiness': 'policy.failback',
    'migration-threshold': 'policy.failures_before_move',
    'failure-timeout': 'policy.failure_timeout',
    'target-role': 'state',
    'is-managed': 'state',
    OWNER: 'owner',
    STOPPED: 'state',
}


def read(ves: Any, policy: Any = None) -> Declaration:
    """The validated Declaration. All problems are found, then raised as one InputError."""
    problems: list[str] = []
    general = _policy(policy, problems)
    declared: list[VE] = []
    if not isinstance(ves, (list, tuple)):
        problems.append('ves: must be a list of VEs, each with at least an id')
        ves = []
    for number, raw in enumerate(ves):
        ve = _ve(raw, number, general, problems)
        if ve:
            declared.append(ve)
    problems.extend(order.check(declared))
    if problems:
        raise InputError(problems, 'The declared VEs or the policy')
    absent = [ve for ve in declared if ve.state == 'absent']
    return Declaration([ve for ve in declared if ve.state != 'absent'], general, absent)


def read_given(ves: Any, policy: Any = None) -> Declaration:
    """As it was written, such as in a variable of a role. A null is refused where Ansible refuses it in a module's arguments, which hold
    null for most of what was left out."""
    nulls = list(_nulls('policy', policy, POLICY_FIELDS))
    for number, raw in enumerate(ves if isinstance(ves, (list, tuple)) else []):
        nulls += _nulls(_where(raw, number), raw, VE_FIELDS)
    if not nulls:
        return read(ves, policy)
    try:
        read(ves, policy)
    except InputError as error:
        nulls += error.problems
    raise InputError(nulls, 'The declared VEs or the policy')


def without(ves: Sequence[Any], names: Container[str]) -> list[Any]:
    """A list as it was written, without these VEs and without what the others say of them."""
    kept, policy = [], _policy(None, [])
    for number, raw in enumerate(ves):
        ve = _ve(raw, number, policy, [])
        if ve is None:
            kept.append(raw)
        elif ve.name not in names:
            left = {
                field: [other for other in raw.get(field) or [] if other not in names] for field in ('after', 'apart')
            }
            kept.append({**raw, **{field: others for field, others in left.items() if field in raw}})
    return kept


def complaint(arguments: Mapping[str, Any], otherwise: str) -> str:
    """What is wrong with the VEs and the policy among a module's arguments, or, where that is not it, what Ansible said."""
    if isinstance(arguments.get('ves'), list):
        try:
            read_given(arguments['ves'], arguments.get('policy'))
        except InputError as error:
            return error.msg
    return otherwise


def _nulls(where: str, raw: Any, known: Fields) -> Iterator[str]:
    """Of fields that have a default."""
    for name, value in raw.items() if isinstance(raw, dict) else ():
        if value is None and known.get(name, {}).get('default') is not None:
            yield '%s: %s: is null; give it a value or leave it out' % (where, name)


def canonical_id(ve_id: str, engine: str) -> str:
    """One spelling for one VE: vzctl reads 0101 as 101; for lxc it is a name."""
    return str(int(ve_id)) if engine == 'vzctl' and re.match(r'[0-9]+\Z', ve_id) else ve_id


def _policy(raw: Any, problems: list[str]) -> Policy:
    reader = Reader('policy', {} if raw is None else raw, POLICY_FIELDS, problems)
    fields = reader.fields
    threshold = fields['load_threshold']
    if threshold is not None and not re.match(r'\d{1,3}(\.\d+)?%\Z', threshold, re.ASCII):
        reader.problem('load_threshold', '%r is no percentage; write 80%%, or 0%% to switch it off' % threshold)
    return Policy(
        starts_per_node=reader.whole('starts_per_node', 0, 10000),
        starts_total=reader.whole('starts_total', 0, 10000),
        boot_time=reader.time('boot_time', 1),
        settle=reader.time('settle'),
        slow_boot=fields['slow_boot'],
        stop_grace=reader.time('stop_grace'),
        failback=fields['failback'],
        load_threshold=threshold,
        failures_before_move=reader.whole('failures_before_move', 0, INFINITY - 1),
        retry_start=fields['retry_start'],
        failure_timeout=reader.time('failure_timeout'),
    )


def _ve(raw: Any, number: int, policy: Policy, problems: list[str]) -> VE | None:
    """The VE; None where it has no usable id, and nothing can refer to it."""
    where = _where(raw, number)
    if isinstance(raw, (str, int)):
        raw = _only_an_id(where, raw, problems)
    reader = Reader(where, raw, VE_FIELDS, problems)
    fields = reader.fields
    ve_id = _id(reader)
    name = fields['name'] or 've-' + (ve_id or 'unknown')
    if not is_name(name):
        reader.problem('name', '%r cannot be the id of a resource; %s' % (name, NAME_FORM))
    monitor = Reader(where, fields['monitor'] or {}, MONITOR_FIELDS, problems, 'monitor.')
    ve = VE(
        id=ve_id or 'unknown',
        name=name,
        engine=fields['engine'],
        where=where,
        start_order=reader.whole('start_order', 0, INFINITY - 1),
        boot_time=reader.time('boot_time', 1, policy.boot_time),
        stop_grace=reader.time('stop_grace', 0, policy.stop_grace),
        settle=reader.time('settle', 0, policy.settle),
        monitor_interval=monitor.time('interval', times.SECOND),
        monitor_timeout=monitor.time('timeout', times.SECOND),
        monitor_command=monitor.fields['command'],
        prefer=_names(reader, 'prefer', 'node'),
        after=_names(reader, 'after', 'VE'),
        needs=_needs(reader),
        apart=_names(reader, 'apart', 'VE'),
        utilization=_utilization(reader),
        state=fields['state'],
        params=_params(reader),
        meta=_meta(reader),
    )
    return ve if ve_id else None


def _where(raw: Any, number: int) -> str:
    """How messages call a VE, by what is given of it."""
    if isinstance(raw, dict):
        return 'VE %s' % (raw.get('name') or raw.get('id') or '%d of the list' % (number + 1))
    return 'VE %s' % raw if isinstance(raw, (str, int)) else 'ves[%d]' % number


def _only_an_id(where: str, raw: Any, problems: list[str]) -> dict[str, Any]:
    """What may stand for a VE that is written as its id only, so that nothing else is said of it."""
    problems.append('%s: must be a mapping of fields, such as {id: %s}, not %r' % (where, raw, raw))
    return {'id': raw if not isinstance(raw, bool) else 'unknown'}


def _id(reader: Reader) -> str | None:
    text, engine = reader.fields['id'], reader.fields['engine']
    if text is None:
        return None
    if not re.match(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z', text):
        reader.problem(
            'id',
            '%r cannot be the id of a VE; write a number, a name or a UUID: letters, digits, '
            '"_", "." and "-", at most 64' % text,
        )
        return None
    ve_id = canonical_id(text, engine)
    if engine == 'vzctl' and ve_id == '0':
        reader.problem('id', '0 is the host itself; write the number of a container')
    return ve_id


def _names(reader: Reader, field: str, of: str) -> list[str]:
    """A list of names; ``of``: what they are names of."""
    return _checked(reader, field, of, reader.fields[field] or [])


def _needs(reader: Reader) -> list[Need]:
    """Names of resources, or mappings with a name and a role."""
    needs: list[Need] = []
    for number, raw in enumerate(reader.fields['needs'] or []):
        given = raw if isinstance(raw, dict) else {'name': raw}
        need = Reader(reader.where, given, NEED_FIELDS, reader.problems, 'needs[%d].' % number).fields
        if need['name']:
            needs.append(Need(need['name'], need['role']))
    _checked(reader, 'needs', 'resource', [need.name for need in needs])
    return needs


def _checked(reader: Reader, field: str, of: str, names: list[str]) -> list[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.problem(field, '%s is in it twice; name it once' % name)
    for name in names:
        if not re.match(r'[A-Za-z0-9_][A-Za-z0-9_.-]*\Z', name):
            reader.problem(field, '%r is not the name of a %s' % (name, of))
    return names


def _utilization(reader: Reader) -> dict[str, str]:
    result = {}
    for name, value in (reader.fields['utilization'] or {}).items():
        field = 'utilization.%s' % name
        if not is_name(name):
            reader.problem(field, 'cannot be a name; %s' % NAME_FORM)
        elif isinstance(value, bool) or not re.match(r'\d{1,9}\Z', str(value), re.ASCII):
            reader.problem(field, '%r is no amount; write a whole number without a unit, such as 2048' % (value,))
        else:
            result[name] = str(int(value))
    return result


def _params(reader: Reader) -> dict[str, str]:
    result = {}
    for name, value in (reader.fields['params'] or {}).items():
        field = 'params.%s' % name
        if name in OWNED_PARAMS:
            reader.problem(field, 'is decided by %s; set that and remove this' % OWNED_PARAMS[name])
        elif name not in PARAMETERS:
            known = [known for known in PARAMETERS if known not in OWNED_PARAMS]
            reader.problem(field, 'the agent has no such parameter%s' % suggest(name, known))
        else:
            text = reader.scalar(field, value)
            text = None if text is None else _param(reader, field, name, text)
            if text is not None:
                result[name] = text
    return result


def _param(reader: Reader, field: str, name: str, text: str) -> str | None:
    """A parameter of the agent as the CIB is to have it; None where the agent would refuse it."""
    if name in TIMES:
        return times.cib(reader.parsed_time(field, text, 1))
    if name in CHOICES:
        return reader.one_of(field, text, CHOICES[name])
    if PARAMETERS[name]['type'] == 'boolean':
        return 'true' if reader.truth(field, text) else 'false'
    if name == 'lxc_path' and not text.startswith('/'):
        reader.problem(field, '%r is no absolute path; write one, such as /var/lib/lxc' % text)
    return text


def _meta(reader: Reader) -> dict[str, str]:
    result = {}
    for name, value in (reader.fields['meta'] or {}).items():
        field = 'meta.%s' % name
        if name in OWNED_META:
            reader.problem(field, 'is decided by %s; set that and remove this' % OWNED_META[name])
        elif not is_name(name):
            reader.problem(field, 'cannot be a name; %s' % NAME_FORM)
        else:
            text = reader.scalar(field, value)
            if text is not None:
                result[name] = text
    return result

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared VEs and the policy, validated.

``read(ves, policy)`` takes them as they come from YAML or from Ansible and returns a Model, or raises
one ModelError with every problem in it, each naming the VE, the field, and the mend.
"""

from __future__ import annotations

import difflib
import re

from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.agent import PARAMETERS
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import ModelError

INFINITY = 1000000  # Pacemaker's

# The fields, as an Ansible argument spec: that is what the modules hand to Ansible, and what is checked here
# for everybody else. What a type cannot express (times, names) is checked further down, by field.
MONITOR_FIELDS = {
    'interval': {'type': 'str', 'default': '10s'},
    'timeout': {'type': 'str', 'default': '30s'},
    'command': {'type': 'str'},
}
VE_FIELDS = {
    'id': {'type': 'str', 'required': True},
    'name': {'type': 'str'},
    'engine': {'type': 'str', 'choices': ['vzctl', 'lxc'], 'default': 'vzctl'},
    'start_order': {'type': 'int', 'default': 50},
    'boot_time': {'type': 'str'},
    'stop_grace': {'type': 'str'},
    'monitor': {'type': 'dict', 'options': MONITOR_FIELDS},
    'prefer': {'type': 'list', 'elements': 'str', 'default': []},
    'after': {'type': 'list', 'elements': 'str', 'default': []},
    'needs': {'type': 'list', 'elements': 'str', 'default': []},
    'apart': {'type': 'list', 'elements': 'str', 'default': []},
    'utilization': {'type': 'dict', 'default': {}},
    'state': {'type': 'str', 'choices': ['started', 'stopped', 'unmanaged']},
    'params': {'type': 'dict', 'default': {}},
    'meta': {'type': 'dict', 'default': {}},
}
POLICY_FIELDS = {
    'starts_per_node': {'type': 'int', 'default': 2},
    'starts_total': {'type': 'int', 'default': 0},
    'boot_time': {'type': 'str', 'default': '60s'},
    'settle': {'type': 'str', 'default': '0s'},
    'slow_boot': {'type': 'str', 'choices': ['proceed', 'fail'], 'default': 'proceed'},
    'stop_grace': {'type': 'str', 'default': '120s'},
    'failback': {'type': 'bool', 'default': False},
    'load_threshold': {'type': 'str'},
    'failures_before_move': {'type': 'int', 'default': 3},
    'retry_start': {'type': 'bool', 'default': False},
    'failure_timeout': {'type': 'str', 'default': '1h'},
}

# Attributes of a resource that a field decides: given in params or meta as well, one of the two would be a lie.
OWNED_PARAMS = {
    'veid': 'id',
    'engine': 'engine',
    'stop_grace': 'stop_grace',
    'start_slots': 'policy.starts_per_node',
    'start_settle': 'policy.settle',
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
}
# What the agent refuses. Its metadata has no place for choices and times.
PARAM_CHOICES = {'start_wait': ('ready', 'native', 'none'), 'on_dump': ('set_aside', 'restore', 'refuse')}
PARAM_TIMES = ('ready_timeout',)

TRUE = ('true', 'yes', 'on', 'y', '1')
FALSE = ('false', 'no', 'off', 'n', '0')

UNITS = {'ms': 1, '': 1000, 's': 1000, 'm': 60000, 'min': 60000, 'h': 3600000}
MEND_TIME = 'write 90, 90s, 2m, 2min, 1h or 1500ms'
LONGEST = 30 * 24 * 3600000  # far beyond every sensible time, and within what Pacemaker can count


class VE:
    """One declared VE; times are in milliseconds."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


class Policy:
    """The policy; times are in milliseconds."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


class Model:
    def __init__(self, ves, policy):
        self.ves = ves
        self.policy = policy


def parse_time(text):
    """Milliseconds, or ValueError."""
    found = re.match(r'(\d{1,12}) ?(ms|s|min|m|h|)\Z', str(text).strip(), re.ASCII)
    if not found:
        raise ValueError('%r is no time' % (text,))
    return int(found.group(1)) * UNITS[found.group(2)]


def format_time(milliseconds):
    """As the CIB has it: whole seconds where they are whole."""
    return '%ds' % (milliseconds // 1000) if milliseconds % 1000 == 0 else '%dms' % milliseconds


def canonical_id(ve_id, engine):
    """One spelling for one VE: vzctl reads 0101 as 101; for lxc it is a name."""
    return str(int(ve_id)) if engine == 'vzctl' and re.match(r'[0-9]+\Z', ve_id) else ve_id


def read(ves, policy=None):
    """The validated Model. All problems are found, then raised as one ModelError."""
    problems = []
    policy = _policy(policy, problems)
    declared = []
    if not isinstance(ves, (list, tuple)):
        problems.append('ves: must be a list of VEs, each with at least an id')
        ves = []
    for number, raw in enumerate(ves):
        ve = _ve(raw, number, policy, problems)
        if ve:
            declared.append(ve)
    _uniqueness(declared, problems)
    _references(declared, problems)
    if problems:
        raise ModelError(problems)
    return Model(declared, policy)


def complaint(arguments, otherwise):
    """What is wrong with the VEs and the policy among a module's arguments, or, where that is not it, what Ansible said."""
    if isinstance(arguments.get('ves'), list):
        try:
            read(arguments['ves'], arguments.get('policy'))
        except ModelError as error:
            return error.msg
    return otherwise


# One declaration


def _policy(raw, problems):
    reader = _Reader('policy', {} if raw is None else raw, POLICY_FIELDS, problems)
    get = reader.fields.get
    if get('load_threshold') is not None and not re.match(r'\d{1,3}(\.\d+)?%\Z', get('load_threshold'), re.ASCII):
        reader.problem(
            'load_threshold', '%r is no percentage; write 80%%, or 0%% to switch it off' % get('load_threshold')
        )
    return Policy(
        starts_per_node=reader.whole('starts_per_node', 0, 10000),
        starts_total=reader.whole('starts_total', 0, 10000),
        boot_time=reader.time('boot_time', 1),
        settle=reader.time('settle'),
        slow_boot=get('slow_boot'),
        stop_grace=reader.time('stop_grace'),
        failback=get('failback'),
        load_threshold=get('load_threshold'),
        failures_before_move=reader.whole('failures_before_move', 0, INFINITY - 1),
        retry_start=get('retry_start'),
        failure_timeout=reader.time('failure_timeout'),
    )


def _ve(raw, number, policy, problems):
    """The VE; None where it has no usable id, and nothing can refer to it."""
    where = 'ves[%d]' % number
    if isinstance(raw, dict):
        where = 'VE %s' % (raw.get('name') or raw.get('id') or '%d of the list' % (number + 1))
    reader = _Reader(where, raw, VE_FIELDS, problems)
    get = reader.fields.get
    ve_id, engine = get('id'), get('engine')
    if ve_id is not None and not re.match(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z', ve_id):
        reader.problem(
            'id',
            '%r cannot be the id of a VE; write a number, a name or a UUID: letters, digits, '
            '"_", "." and "-", at most 64' % ve_id,
        )
        ve_id = None
    usable = ve_id is not None
    ve_id = canonical_id(ve_id, engine) if usable else 'unknown'
    if engine == 'vzctl' and ve_id == '0':
        reader.problem('id', '0 is the host itself; write the number of a container')
    name = get('name') or 've-' + ve_id
    if not re.match(r'[A-Za-z_][A-Za-z0-9_.-]*\Z', name):
        reader.problem(
            'name',
            '%r cannot be the id of a resource; begin with a letter and use letters, digits, "_", "." and "-"' % name,
        )

    monitor = _Reader(where, {} if get('monitor') is None else get('monitor'), MONITOR_FIELDS, problems, 'monitor.')
    lists = {}
    for field in ('prefer', 'after', 'needs', 'apart'):
        lists[field] = get(field) or []
        for entry in sorted(set(entry for entry in lists[field] if lists[field].count(entry) > 1)):
            reader.problem(field, '%s is in it twice; name it once' % entry)
        for entry in lists[field]:
            if not re.match(r'[A-Za-z0-9_][A-Za-z0-9_.-]*\Z', entry):
                reader.problem(
                    field,
                    '%r is not the name of a %s' % (entry, {'prefer': 'node', 'needs': 'resource'}.get(field, 'VE')),
                )

    ve = VE(
        id=ve_id,
        name=name,
        engine=engine,
        where=where,
        start_order=reader.whole('start_order', 0, INFINITY - 1),
        boot_time=reader.time('boot_time', 1, policy.boot_time),
        stop_grace=reader.time('stop_grace', 0, policy.stop_grace),
        monitor_interval=monitor.time('interval', 1000),
        monitor_timeout=monitor.time('timeout', 1000),
        monitor_command=monitor.fields.get('command'),
        utilization=_utilization(reader),
        state=get('state'),
        params=_params(reader),
        meta=_meta(reader),
        **lists,
    )
    return ve if usable else None


def _utilization(reader):
    result = {}
    for name, value in (reader.fields.get('utilization') or {}).items():
        field = 'utilization.%s' % name
        if not re.match(r'[A-Za-z_][A-Za-z0-9_.-]*\Z', str(name)):
            reader.problem(field, 'cannot be a name; begin with a letter and use letters, digits, "_", "." and "-"')
        elif isinstance(value, bool) or not re.match(r'\d{1,9}\Z', str(value), re.ASCII):
            reader.problem(field, '%r is no amount; write a whole number without a unit, such as 2048' % (value,))
        else:
            result[name] = str(int(value))
    return result


def _params(reader):
    result = {}
    for name, value in (reader.fields.get('params') or {}).items():
        field = 'params.%s' % name
        if name in OWNED_PARAMS:
            reader.problem(field, 'is decided by %s; set that and remove this' % OWNED_PARAMS[name])
            continue
        if name not in PARAMETERS:
            reader.problem(
                field,
                'the agent has no such parameter%s'
                % _suggest(name, [known for known in PARAMETERS if known not in OWNED_PARAMS]),
            )
            continue
        text = _scalar(reader, field, value)
        if text is None:
            continue
        if name in PARAM_TIMES:
            text = reader.parsed_time(field, text, 1)
            text = text if text is None else format_time(text)
        elif name in PARAM_CHOICES and text not in PARAM_CHOICES[name]:
            reader.problem(field, '%r is none of %s' % (text, ', '.join(PARAM_CHOICES[name])))
        elif PARAMETERS[name]['type'] == 'boolean':
            if text.lower() not in TRUE + FALSE:
                reader.problem(field, '%r is no truth value; write true or false' % text)
            text = 'true' if text.lower() in TRUE else 'false'
        elif name == 'lxc_path' and not text.startswith('/'):
            reader.problem(field, '%r is no absolute path; write one, such as /var/lib/lxc' % text)
        if text is not None:
            result[name] = text
    return result


def _meta(reader):
    result = {}
    for name, value in (reader.fields.get('meta') or {}).items():
        field = 'meta.%s' % name
        if name in OWNED_META:
            reader.problem(field, 'is decided by %s; set that and remove this' % OWNED_META[name])
        elif not re.match(r'[A-Za-z_][A-Za-z0-9_.-]*\Z', str(name)):
            reader.problem(field, 'cannot be a name; begin with a letter and use letters, digits, "_", "." and "-"')
        else:
            text = _scalar(reader, field, value)
            if text is not None:
                result[name] = text
    return result


def _scalar(reader, field, value):
    """The text of a value in params or meta; None where it is unset or unusable."""
    if value is None:
        return None
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if not isinstance(value, (str, int, float)):
        reader.problem(field, 'is a %s; write a single value' % type(value).__name__)
        return None
    return reader.clean(field, str(value))


class _Reader:
    """The fields of one declaration by their table: types, choices, defaults, unknown names."""

    def __init__(self, where, raw, table, problems, prefix=''):
        self.where, self.prefix, self.problems, self.fields = where, prefix, problems, {}
        if not isinstance(raw, dict):
            problems.append('%s: %smust be a mapping of fields, not %r' % (where, prefix and prefix[:-1] + ' ', raw))
            raw = None
        for name in raw or {}:
            if name not in table:
                self.problem(name, 'there is no such field%s' % _suggest(name, table))
        for name, spec in table.items():
            value = (raw or {}).get(name)
            if value is None:
                if spec.get('required') and raw is not None:
                    self.problem(name, 'is missing; every VE needs one')
                self.fields[name] = spec.get('default')
            else:
                self.fields[name] = self._typed(name, value, spec)

    def problem(self, field, text):
        self.problems.append('%s: %s%s: %s' % (self.where, self.prefix, field, text))

    def clean(self, field, text):
        if not text:
            self.problem(field, 'is empty; give it a value or leave it out')
        elif re.search(r'[\x00-\x1f\x7f]', text):
            # Pacemaker writes attributes as they are: a newline comes back from the CIB as a space.
            self.problem(
                field,
                'holds a newline, a tab or another control character, which the CIB cannot keep; write it on one line',
            )
        else:
            return text
        return None

    def time(self, field, least=0, fallback=None):
        text = self.fields.get(field)
        return fallback if text is None else self.parsed_time(field, text, least)

    def parsed_time(self, field, text, least=0):
        try:
            value = parse_time(text)
        except ValueError as error:
            self.problem(field, '%s; %s' % (error, MEND_TIME))
            return None
        if value < least:
            self.problem(field, '%s is too short; at least %s' % (text, format_time(least)))
        elif value > LONGEST:
            self.problem(field, '%s is longer than 30 days; %s' % (text, MEND_TIME))
        else:
            return value
        return None

    def whole(self, field, least, most):
        value = self.fields.get(field)
        if value is not None and not least <= value <= most:
            self.problem(field, '%d is out of range; write a whole number from %d to %d' % (value, least, most))
            return None
        return value

    def _typed(self, name, value, spec):
        kind = spec['type']
        if kind == 'dict':
            if isinstance(value, dict):
                return value
            self.problem(name, 'must be a mapping, not %r' % (value,))
            return None
        if kind == 'list':
            if isinstance(value, (list, tuple)) and all(self._is_text(entry) for entry in value):
                return [str(entry) for entry in value]
            self.problem(name, 'must be a list of names, not %r' % (value,))
            return None
        if kind == 'bool':
            if isinstance(value, bool):
                return value
            if str(value).lower() in TRUE + FALSE:
                return str(value).lower() in TRUE
            self.problem(name, '%r is no truth value; write true or false' % (value,))
            return None
        if kind == 'int':
            if not isinstance(value, bool) and re.match(r'-?\d{1,9}\Z', str(value), re.ASCII):
                return int(value)
            self.problem(name, '%r is no whole number' % (value,))
            return None
        if not self._is_text(value):
            self.problem(name, 'must be a single value, not %r' % (value,))
            return None
        text = self.clean(name, str(value))
        if text is not None and 'choices' in spec and text not in spec['choices']:
            self.problem(name, '%r is none of %s' % (text, ', '.join(spec['choices'])))
            return None
        return text

    @staticmethod
    def _is_text(value):
        return isinstance(value, (str, int)) and not isinstance(value, bool)


def _suggest(name, known):
    close = difflib.get_close_matches(str(name), list(known), 1)
    return '; did you mean %s?' % close[0] if close else '; there are %s' % ', '.join(known)


# All declarations together


def _uniqueness(ves, problems):
    names, containers = {}, {}
    for ve in ves:
        for seen, key, text in (
            (names, ve.name, 'name: %s is taken by another VE of the list; give each its own name'),
            (
                containers,
                (ve.engine, ve.id),
                'id: %s is declared twice; declare each VE once, or two resources manage it',
            ),
        ):
            if key in seen:
                problems.append('%s: %s' % (ve.where, text % (key if isinstance(key, str) else key[1])))
            seen[key] = ve


def _references(ves, problems):
    by_name = {ve.name: ve for ve in ves}
    names_by_id = {ve.id: ve.name for ve in ves}
    for ve in ves:
        for field in ('after', 'apart'):
            for other in getattr(ve, field):
                if other == ve.name:
                    problems.append('%s: %s: names the VE itself; remove it' % (ve.where, field))
                elif other not in by_name:
                    hint = (
                        '; did you mean %s? It takes names, not ids' % names_by_id[other]
                        if other in names_by_id
                        else _suggest_reference(other, by_name)
                    )
                    problems.append('%s: %s: no VE %s is declared%s' % (ve.where, field, other, hint))
        for other in ve.needs:
            if other in by_name:
                # A mandatory order: when the first fails or restarts, so does the second.
                problems.append(
                    '%s: needs: %s is a VE, and needing it would restart %s whenever %s restarts; '
                    'name it in after' % (ve.where, other, ve.name, other)
                )
    for cycle in cycles(
        {ve.name: [other for other in ve.after if other in by_name and other != ve.name] for ve in ves}
    ):
        problems.append(
            '%s: after: %s wait for each other in a circle; remove one of these'
            % (by_name[cycle[0]].where, ' -> '.join(cycle + cycle[:1]))
        )


def _suggest_reference(name, known):
    close = difflib.get_close_matches(name, list(known), 1)
    return '; did you mean %s?' % close[0] if close else '; declare it or remove it here'


def cycles(edges):
    """The circles that a depth-first walk meets, each once."""
    done, found = set(), []
    for start in edges:
        path, todo = [], [(start, iter(edges[start]))] if start not in done else []
        if todo:
            path.append(start)
        while todo:
            node, rest = todo[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                todo.pop()
                path.pop()
            elif following in path:
                found.append(path[path.index(following) :])
            elif following not in done:
                path.append(following)
                todo.append((following, iter(edges[following])))
    return found

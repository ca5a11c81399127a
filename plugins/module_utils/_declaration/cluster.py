# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates what a cluster is formed from: its name, its nodes, Corosync's options, fencing devices, cluster options.

Everything here can be said of the texts alone, on Ansible's controller and before anything is changed. Messages never have a value of
the secrets in them.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Collection, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import FENCING_ENABLED, spellings
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import is_secret
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import (
    NAME_FORM,
    holds_control,
    is_false,
    is_name,
    is_true,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import FENCING_FIELDS
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.reader import Reader

# Options that say which nodes a device can fence.
NAMES_HOSTS = frozenset(('pcmk_host_map', 'pcmk_host_list'))

MOST_LINKS = 8
# Options of Corosync that another variable of the role decides.
DECIDED = {
    'totem.cluster_name': 'openve_cluster_name',
    'totem.token': 'cluster_token',
    'totem.version': 'nothing, as there is one only',
}
TOKENS = (100, 600000)  # milliseconds


def refuse(devices: Any, values: Any, nodes: Collection[str] | None = None) -> None:
    """Fencing devices and cluster options that cannot be: an InputError with all that is wrong.

    ``nodes``: what a device may fence; None where that is not known here.
    """
    problems = list(_unusable('properties', values))
    read = [_device(raw, number, problems) for number, raw in enumerate(_list(devices, problems))]
    ids = [device['id'] for device in read]
    for device in read:
        where = device['where']
        problems += _wrong(where, device, ids, nodes)
        problems += ['%s: %s' % (where, problem) for problem in _exposed(device)]
    problems += _fencing_by_hand(bool(read), values)
    if problems:
        raise InputError(sorted(set(problems)), 'The fencing devices or properties')


def _list(devices: Any, problems: list[str]) -> Sequence[Any]:
    if isinstance(devices, (list, tuple)):
        return devices
    problems.append('fencing: must be a list of devices, each with at least an id and an agent')
    return []


def _device(raw: Any, number: int, problems: list[str]) -> dict[str, Any]:
    """With all of its fields, and what is unusable left empty; and where it stands, for messages."""
    ident = raw.get('id') if isinstance(raw, dict) else None
    where = 'fencing device %s' % (
        ident if isinstance(ident, str) and ident and not holds_control(ident) else '%d of the list' % (number + 1)
    )
    if not isinstance(raw, dict):
        problems.append('%s: must be a mapping with id, agent and more, and is a %s' % (where, type(raw).__name__))
    else:
        # what is in these may be secret, and the reader shows what it cannot take
        for field in ('options', 'secrets'):
            if raw.get(field) is not None and not isinstance(raw[field], dict):
                problems.append('%s: %s: must be a mapping of parameters of the agent' % (where, field))
                raw = dict(raw, **{field: {}})
        reader = Reader(where, raw, FENCING_FIELDS, problems)
        found = {name: value if value is not None else _empty(name) for name, value in reader.fields.items()}
        return dict(found, where=where)
    return dict({name: _empty(name) for name in FENCING_FIELDS}, where=where)


def _empty(field: str) -> Any:
    return {'list': [], 'dict': {}, 'str': ''}[FENCING_FIELDS[field]['type']]


def _wrong(where: str, device: Mapping[str, Any], ids: list[str], nodes: Collection[str] | None) -> Iterator[str]:
    if device['id'] and not is_name(device['id']):
        yield '%s: id: cannot be the id of a resource; %s' % (where, NAME_FORM)
    if device['id'] and ids.count(device['id']) > 1:
        yield '%s: id: is taken by another device; give each its own' % where
    if device['agent'] and not re.match(r'[A-Za-z0-9_][A-Za-z0-9_:/.-]*\Z', device['agent']):
        yield '%s: agent: %r is no name of an agent, such as fence_ipmilan' % (where, device['agent'])
    if device['id'] and not device['hosts'] and not NAMES_HOSTS.intersection(device['options']):
        yield '%s: hosts: is empty; name the nodes that it can fence' % where
    for host in device['hosts']:
        if nodes is not None and host not in nodes:
            yield (
                '%s: hosts: %s is no node of this cluster, which has %s; name nodes as the cluster calls them (a remote node: in '
                'options.pcmk_host_list)' % (where, host, ', '.join(sorted(nodes)))
            )
        elif device['hosts'].count(host) > 1:
            yield '%s: hosts: %s is in it twice; remove one' % (where, host)
    for field in ('options', 'secrets'):
        yield from _unusable('%s: %s' % (where, field), device[field])


def _exposed(device: Mapping[str, Any]) -> Iterator[str]:
    """What must not be an option."""
    for name in device['options']:
        if name in device['secrets']:
            yield '%s: is both in options and in secrets; remove one' % name
        elif is_secret(name):
            yield 'options.%s: would be logged; move it to secrets' % name


def _unusable(where: str, values: Any) -> Iterator[str]:
    """What the CIB cannot keep as a value. Names the field only: the value may be a secret."""
    if not isinstance(values, dict):
        yield '%s: must be a mapping of names and values' % where
        return
    for name, value in values.items():
        if not re.match(r'[A-Za-z0-9_][A-Za-z0-9_:.-]*\Z', str(name)):
            yield '%s: %r is no name of a parameter' % (where, name)
        elif isinstance(value, (dict, list)):
            yield '%s.%s: must be a single value' % (where, name)
        elif value is None or value == '':
            yield '%s.%s: is empty; give it a value or leave it out' % (where, name)
        elif holds_control(str(value)):
            yield '%s.%s: holds a newline or another control character; write it on one line' % (where, name)


def _fencing_by_hand(fencing: bool, values: Any) -> Iterator[str]:
    """Devices that could not act, because a cluster option switches them all off, or fencing without any."""
    for name in spellings(FENCING_ENABLED) if isinstance(values, dict) else ():
        value = str(values.get(name, '')).lower()
        if is_false(value) and fencing or is_true(value) and not fencing:
            yield 'properties.%s: is %s, and there are %s fencing devices; leave it out' % (
                name,
                value,
                'such' if fencing else 'no',
            )


# What only Corosync is told


def refuse_corosync(given: Mapping[str, Any]) -> None:
    """``given``: name, token, the sections totem, quorum, logging and system, packages, and members: a list of host, name and
    addresses."""
    problems: list[str] = []
    if not re.match(r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z', str(given['name'])):
        problems.append(
            'openve_cluster_name: %r cannot be the name of a cluster; use letters, digits, "_", "." and "-", at most 64'
            % given['name']
        )
    token = given['token']
    if token is None:
        pass  # what is there
    elif isinstance(token, bool) or not re.match(r'\d{1,9}\Z', str(token)) or not TOKENS[0] <= int(token) <= TOKENS[1]:
        problems.append('cluster_token: %r is no number of milliseconds from %d to %d' % (token, *TOKENS))
    for section in ('totem', 'quorum', 'logging', 'system'):
        problems += _section(section, {} if given.get(section) is None else given[section])
    for name in given['packages'] if isinstance(given['packages'], (list, tuple)) else [given['packages']]:
        if not re.match(r'[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?([=/][A-Za-z0-9.+:~-]+)?\Z', str(name)):
            problems.append('cluster_packages: %r is no name of a Debian package' % (name,))
    for member in given['members']:
        problems += _member(member)
    problems += _families(given['members'])
    if problems:
        raise InputError(problems, 'What the cluster is to be formed from')


def _section(name: str, values: Any, inside: str = '') -> Iterator[str]:
    """``inside``: the section in the section, with a dot at its end."""
    variable = 'cluster_corosync_%s' % name
    if not isinstance(values, dict):
        yield '%s: must be a mapping of names and values' % variable
        return
    for option, value in values.items():
        where = '%s.%s%s' % (variable, inside, option)
        if not re.match(r'[a-z][a-z0-9_.]*\Z', str(option)):
            yield '%s: %r is no name of an option' % (variable, option)
        elif '%s.%s%s' % (name, inside, option) in DECIDED:
            yield '%s: is decided by %s; leave it out here' % (where, DECIDED['%s.%s' % (name, option)])
        elif isinstance(value, dict) and value and name != 'system':
            yield from _section(name, value, '%s%s.' % (inside, option))
        elif isinstance(value, (dict, list)) or value is None or _breaks_a_line(str(value)):
            yield '%s: must be a single value on one line, without braces' % where


def _breaks_a_line(text: str) -> bool:
    return not text or holds_control(text) or re.search('[{}]', text) is not None


def _member(member: Mapping[str, Any]) -> Iterator[str]:
    where, name, addresses = member['host'], member['name'], member['addresses']
    if not re.match(r'[A-Za-z0-9]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9])?\Z', str(name)):
        yield '%s: cluster_node_name: %r cannot be the name of a node; give what uname -n prints' % (where, name)
    if not isinstance(addresses, (list, tuple)) or not 1 <= len(addresses) <= MOST_LINKS:
        yield '%s: cluster_addresses: must be a list of 1 to %d addresses, one a link' % (where, MOST_LINKS)
        return
    for address in addresses:
        problem = _address(address)
        if problem:
            yield '%s: cluster_addresses: %r %s' % (where, address, problem)
        elif list(addresses).count(address) > 1:
            yield '%s: cluster_addresses: %s is in it twice; a link needs its own' % (where, address)


def _address(address: Any) -> str | None:
    ip = _ip(address)
    if ip is not None:
        if ip.is_loopback or ip.is_unspecified or ip.is_multicast:
            return 'is no address by which other nodes can reach it'
        return None
    if (
        not isinstance(address, str)
        or re.match(r'[\d.]*\Z', address)
        or not re.match(r'[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z', address)
    ):
        return 'is no address'
    return None


def _ip(address: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address) if isinstance(address, str) else None
    except ValueError:
        return None


def _families(members: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A link speaks one of IPv4 and IPv6."""
    links: dict[int, dict[int, str]] = {}
    for member in members:
        for link, address in enumerate(member['addresses'] if isinstance(member['addresses'], (list, tuple)) else ()):
            ip = _ip(address)
            if ip is not None:
                links.setdefault(link, {}).setdefault(ip.version, member['host'])
    for link, hosts in links.items():
        if len(hosts) > 1:
            yield 'cluster_addresses: link %d has an IPv4 address on %s and an IPv6 address on %s; give it one kind' % (
                link,
                hosts[4],
                hosts[6],
            )

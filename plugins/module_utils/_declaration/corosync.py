# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a corosync.conf says of its cluster, and what is declared written into it: all else in it stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

# How each section writes true and false.
WORDS = {'quorum': ('1', '0')}
OTHER_WORDS = ('yes', 'no')


@dataclass
class Section:
    """A section: its lines and the sections in it, in their order. ``first`` and ``last``: the lines with its braces."""

    name: str
    first: str = ''
    last: str = ''
    items: list[str | Section] = field(default_factory=list)

    def sections(self, name: str) -> list[Section]:
        return [item for item in self.items if isinstance(item, Section) and item.name == name]

    def section(self, name: str) -> Section:
        """The first of that name; a new one at the end, where there is none."""
        found = self.sections(name)
        if found:
            return found[0]
        indent = self.indent()
        made = Section(name, '%s%s {' % (indent, name), indent + '}')
        if self.name:
            self.items.append(made)
        else:  # after an empty line, and the file ends with its line
            while self.items and self.items[-1] == '':
                self.items.pop()
            self.items += ['', made, ''] if self.items else [made, '']
        return made

    def get(self, key: str) -> str | None:
        """The last one counts."""
        values = [pair[1] for pair in map(_pair, self.items) if pair and pair[0] == key]
        return values[-1] if values else None

    def put(self, key: str, value: str) -> None:
        """Where it stands, else after the last line with a value."""
        places = [place for place, item in enumerate(self.items) if _pair(item)]
        there = [place for place in places if (_pair(self.items[place]) or ('', ''))[0] == key]
        if there:
            if self.get(key) != value:
                line = str(self.items[there[-1]])
                self.items[there[-1]] = line[: line.index(':') + 1] + ' ' + value
            return
        self.items.insert(places[-1] + 1 if places else 0, '%s%s: %s' % (self.indent(), key, value))

    def remove(self, key: str) -> None:
        self.items = [item for item in self.items if (_pair(item) or ('', ''))[0] != key]

    def lines(self) -> list[str]:
        inner = [line for item in self.items for line in ([item] if isinstance(item, str) else item.lines())]
        return [self.first, *inner, self.last] if self.name else inner

    def indent(self) -> str:
        """That of the lines in it."""
        if not self.name:
            return ''
        lines = [item if isinstance(item, str) else item.first for item in self.items]
        found = next((line for line in lines if line.strip()), None)
        own = re.match(r'\s*', self.first if found is None else found)
        return (own.group() if own else '') + ('\t' if found is None else '')


def _pair(item: str | Section) -> tuple[str, str] | None:
    """A line KEY: VALUE."""
    if not isinstance(item, str) or item.lstrip().startswith('#') or ':' not in item:
        return None
    key, value = item.split(':', 1)
    return key.strip(), value.strip()


def read(conf: str) -> Section:
    """The whole file, as the section without a name. Corosync reads it line by line, and so is it read here."""
    root = Section('')
    inside = [root]
    for line in conf.split('\n'):
        text = line.strip()
        if not text.startswith('#') and '{' in text:
            section = Section(text.split('{', 1)[0].strip(), line)
            inside[-1].items.append(section)
            inside.append(section)
        elif text.startswith('}') and len(inside) > 1:
            inside.pop().last = line
        else:
            inside[-1].items.append(line)
    return root


def declared(conf: str, nodes: Sequence[Mapping[str, Any]], options: Mapping[str, Mapping[str, Any]]) -> str:
    """``conf`` with these nodes and options. ``nodes``: name, nodeid and addresses. ``options``: {section: {name: value}}; a value that is
    a mapping is a section in it.

    A cluster of two that is made here, or becomes one, has two_node, unless a quorum device votes, too.
    """
    root = read(conf)
    listed = root.section('nodelist')
    before = [node for node in listed.sections('node') if node.get('name') or node.get('ring0_addr')]
    for node in nodes:
        _put_node(listed, before, node)
    quorum = root.section('quorum')
    if len(before) != len(nodes):
        if quorum.get('expected_votes') == str(len(before)):
            quorum.put('expected_votes', str(len(nodes)))
        if len(nodes) == 2 and not quorum.sections('device') and 'device' not in options.get('quorum', {}):
            quorum.put('two_node', '1')
        elif quorum.get('two_node') is not None:
            quorum.remove('two_node')
    for name, values in options.items():
        if values:
            _put(root.section(name), values, WORDS.get(name, OTHER_WORDS))
    return '\n'.join(root.lines())


def _put_node(listed: Section, before: Sequence[Section], node: Mapping[str, Any]) -> None:
    there = [each for each in before if (each.get('name') or each.get('ring0_addr')) == node['name']]
    if there:
        entry = there[0]
    else:
        indent = listed.indent()
        entry = Section('node', indent + 'node {', indent + '}')
        listed.items.append(entry)
        entry.put('name', str(node['name']))
    entry.put('nodeid', str(node['nodeid']))
    for link, address in enumerate(node['addresses']):
        entry.put('ring%d_addr' % link, str(address))
    for link in range(len(node['addresses']), 8):
        entry.remove('ring%d_addr' % link)


def _put(section: Section, values: Mapping[str, Any], words: tuple[str, str]) -> None:
    for name, value in sorted(values.items()):
        if isinstance(value, Mapping):
            _put(section.section(name), value, OTHER_WORDS)
        else:
            section.put(str(name), words[0 if value else 1] if isinstance(value, bool) else str(value))


def parse(conf: str) -> tuple[str, list[dict[str, Any]]]:
    """Name of the cluster and its nodes, as a corosync.conf has them."""
    conf = re.sub(r'^\s*#.*$', '', conf, flags=re.M)
    nodes: list[dict[str, Any]] = []
    for block in re.findall(r'\bnode\s*\{([^{}]*)\}', conf):
        values = dict(re.findall(r'^\s*(\w+)\s*:\s*(.*?)\s*$', block, flags=re.M))
        nodes.append(
            {
                'name': values.get('name', values.get('ring0_addr', '')),
                'nodeid': int(values.get('nodeid', 0)),
                'addresses': [values[key] for key in sorted(values) if re.fullmatch(r'ring\d_addr', key)],
            }
        )
    name = re.search(r'^\s*cluster_name\s*:\s*(.*?)\s*$', conf, flags=re.M)
    return (name.group(1) if name else ''), nodes


def is_fresh(conf: str) -> bool:
    """Whether it is no cluster's."""
    # One without a node list (multicast) is somebody's cluster: only Debian's, which names its node, counts as none.
    nodes = parse(conf)[1]
    return not conf.strip() or (bool(nodes) and all(node['addresses'] == ['127.0.0.1'] for node in nodes))

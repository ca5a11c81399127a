# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario in words: its title, and what happens in one or two sentences."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal.intervals import downs, moved

LEVEL_WORDS = {'broken': 'broken', 'warning': 'watch', 'ok': 'fine'}

# The module's kinds of scenarios, and two that only those have who look at them.
KINDS = {
    'boot': 'Cold boot',
    'lose': 'A node dies',
    'pair': 'Several nodes die at once',
    'drain': 'A node is drained',
    'return': 'A node comes back',
    'join': 'A badly set up node joins',
    'measured': 'Measured',
}


def listed(names: Sequence[str], most: int = 6) -> str:
    """n1, n2 and n3; a long list is cut."""
    names = list(names)
    if len(names) > most:
        return '%s and %d more' % (', '.join(names[:most]), len(names) - most)
    return ' and '.join(filter(None, [', '.join(names[:-1]), names[-1]])) if names else ''


def spoken(text: str, agents: Iterable[str]) -> str:
    """What is said of VEs is said of guests where not all agents are those of VEs. Ids are left as they are."""
    if all(guests.is_of_ve(agent) for agent in agents):
        return text

    def guest(found: re.Match[str]) -> str:
        before = text[: found.start()]
        begins = not before.strip() or before.endswith(('>', '. '))
        return ('Guest' if begins else 'guest') + found.group(1)

    return re.sub(r'(?<![\w-])VE(s?)(?![\w-])', guest, text)


def title_of(scenario: Mapping[str, Any]) -> str:
    nodes, plural = listed(scenario['nodes']), len(scenario['nodes']) > 1
    if scenario['kind'] == 'boot':
        return 'Cold boot of all nodes'
    if scenario['kind'] == 'lose':
        return '%s %s' % (nodes, 'die at once' if plural else 'dies')
    if scenario['kind'] == 'drain':
        return '%s %s drained' % (nodes, 'are' if plural else 'is')
    if scenario['kind'] == 'return':
        return '%s %s back' % (nodes, 'come' if plural else 'comes')
    if scenario['kind'] == 'join':
        return '%s joins; its probes answer %s' % (nodes, scenario.get('probe_rc'))
    return str(scenario['name'])


def titled(name: str) -> str:
    """The title of a scenario of which only the name is known."""
    kind, *nodes = name.split()
    if kind in ('lose', 'drain', 'return') and nodes:
        return title_of({'kind': kind, 'nodes': nodes, 'name': name})
    return name


def inside(title: str) -> str:
    """A title in the middle of a sentence."""
    return title[0].lower() + title[1:] if title.startswith('Cold') else title


def sentence(scenario: Mapping[str, Any]) -> str:
    """What happens, from a scenario of the result."""
    return ' '.join(_sentences(scenario))


def _sentences(scenario: Mapping[str, Any]) -> Iterator[str]:
    down, stays, healthy = downs(scenario), scenario['cannot_run'], scenario['healthy_down']
    for node, at in scenario['fenced'].items():
        yield '%s is fenced after %s.' % (node, words(at))
    yield from _recovery(scenario, sorted(end for _begin, end in down.values() if end is not None))
    if stays:
        yield '%s: %s.' % (count(len(stays), 'VE stays down', 'VEs stay down'), listed(stays))
    if healthy:
        one = 'VE that nothing had happened to is stopped all the same'
        many = 'VEs that nothing had happened to are stopped all the same'
        yield '%s.' % count(len(healthy), one, many)
    if not down:
        live = len(moved(scenario['actions']))
        if live:
            yield '%s without going down.' % count(live, 'VE moves', 'VEs move')
        else:
            yield 'No VE goes down, and none moves.'
    if not scenario.get('settled', True):
        yield 'The cluster does not come to rest: what is shown is its first rounds.'


def _recovery(scenario: Mapping[str, Any], ends: list[float]) -> Iterator[str]:
    """``ends``: when the VEs are up again that were down."""
    if not ends:
        return
    many = len(ends) > 1
    if scenario['kind'] == 'boot':
        when = 'the first is up after %s, the last after %s' % (words(ends[0]), words(scenario['last_up']))
        yield '%s: %s.' % (
            count(len(ends), 'VE starts', 'VEs start'),
            when if many else 'it is up after %s' % words(ends[0]),
        )
        return
    when = 'the first after %s, the last after %s' % (words(ends[0]), words(ends[-1]))
    yield '%s: %s.' % (
        count(len(ends), 'VE goes down and comes up again', 'VEs go down and come up again'),
        when if many else 'after %s' % words(ends[0]),
    )
    longest = max(scenario['downtime'], key=scenario['downtime'].get)
    yield 'The longest time down is %s (%s).' % (words(scenario['downtime'][longest]), longest)

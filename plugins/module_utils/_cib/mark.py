# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a run: what a run of several steps has begun stands in the CIB until it is finished.

It says whose run it is, since when, until when it has to be heard of again, and what takes it back. It is written with the
first patch of a run, renewed with each one that follows, and goes with the last. So a second run is refused, and one after
a run that was cut at any point finds what that has left. Pacemaker knows none of these names and does nothing because
of them; as each edit ends a transition, there is no edit for the mark alone while something is under way.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Dict, List, Optional
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, edits, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.attributes import META, PROPERTIES, RUN

Roles = Dict[str, Optional[str]]
# {cluster property: [what the run has set, what it was before]}; None: not set.
Properties = Dict[str, List[Optional[str]]]

TEXTS = ('run', 'owner', 'process', 'since', 'until', 'what')
PARTS = ('roles', 'properties', 'done')
NAME = 'openve-run-%s'


@dataclass(frozen=True)
class Undo:
    """What takes a run back, and how far it is.

    ``roles``: {VE that the run has set to Stopped for a while: its target-role before}. ``done``: VEs that it is done with.
    """

    roles: Roles = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    """The run that stands in the CIB. ``process``: what tells on its controller whether it lives, as plugin_utils has it."""

    run: str
    owner: str
    process: str
    since: str
    until: str
    what: str
    undo: Undo = field(default_factory=Undo)

    @property
    def stale(self) -> bool:
        """Whether it should have been heard of again by now."""
        return self.until < times.iso(time.time())

    @property
    def sentence(self) -> str:
        return '%s, since %s: it %s' % (self.owner, self.since, self.what)


@dataclass(frozen=True)
class Claim:
    """A run that wants the cluster for itself.

    ``run``: its name, of which there is no other. ``lasts``: seconds until it is heard of again. ``over``: the run in whose
    place it comes. ``held``: it has the cluster already.
    """

    run: str
    owner: str
    process: str
    what: str
    lasts: float
    over: str = ''
    held: bool = False


def read(root: Element) -> Mark | None:
    values = attributes.read_set(tree.section(root, 'crm_config'), PROPERTIES, RUN)
    if not values:
        return None
    parts = {name: json.loads(values.get(NAME % name) or 'null') for name in PARTS}
    undo = Undo(parts['roles'] or {}, parts['properties'] or {}, parts['done'] or [])
    return Mark(undo=undo, **{name: values.get(NAME % name, '') for name in TEXTS})


def claim(root: Element, wanted: Claim, undo: Undo) -> None:
    """Write the mark of a run, or renew it. A CibError where the cluster is another run's, or was taken away from this one."""
    there = _allowed(root, wanted)
    now = time.time()
    since = there.since if there and there.run == wanted.run else times.iso(now)
    texts = (wanted.run, wanted.owner, wanted.process, since, times.iso(now + wanted.lasts), wanted.what)
    values = dict(zip(TEXTS, texts))
    values.update({name: json.dumps(getattr(undo, name)) for name in PARTS if getattr(undo, name)})
    named = {NAME % name: value for name, value in values.items()}
    attributes.write_set(tree.section(root, 'crm_config'), PROPERTIES, RUN, named)


def end(root: Element, wanted: Claim) -> None:
    """Take away the mark of a run. That it is gone already is fine: the answer to that patch may have been lost."""
    if read(root) is not None:
        _allowed(root, wanted)
        attributes.write_set(tree.section(root, 'crm_config'), PROPERTIES, RUN, {})


def go_back(root: Element, mark: Mark) -> None:
    """Undo what a run that was cut has left, but for what somebody else has set since then."""
    elements = tree.section(root, 'resources').iter('primitive')
    for element in elements:
        name = element.get('id', '')
        if name in mark.undo.roles and attributes.get(element, META, 'target-role') == 'Stopped':
            edits.set_target_role(root, element, mark.undo.roles[name])
    for name, (ours, before) in mark.undo.properties.items():
        if attributes.get_property(root, name) != ours:
            continue
        if before is None:
            attributes.remove_property(root, name)
        else:
            attributes.set_property(root, name, before)


def changes_more(old: Element, new: Element) -> bool:
    """Whether something differs beside the mark."""
    before, after = tree.configuration(old), tree.configuration(new)
    if [section.tag for section in before] != [section.tag for section in after]:
        return True
    return not all(
        _same_but_the_mark(one, other) if one.tag == 'crm_config' else tree.same(one, other)
        for one, other in zip(before, after)
    )


def _same_but_the_mark(one: Element, other: Element) -> bool:
    sets = [[each for each in section if each.get('id') != RUN] for section in (one, other)]
    return len(sets[0]) == len(sets[1]) and all(tree.same(*pair) for pair in zip(*sets))


def _allowed(root: Element, wanted: Claim) -> Mark | None:
    """The mark that is there, where it may be written over."""
    there = read(root)
    if wanted.held and (there is None or there.run != wanted.run):
        who = ' by %s' % there.sentence if there else ''
        raise CibError(
            'This run was ended from outside%s. It changes nothing any more; what it had released goes on.' % who
        )
    if there is not None and there.run not in (wanted.run, wanted.over):
        raise CibError(busy(there))
    return there


def busy(mark: Mark) -> str:
    """Why a second run is refused."""
    return (
        'Another run is at work on this cluster: %s. Nothing was changed. Wait until it has ended; if it has died, it counts as '
        'such from %s on, and before that with take_over: true (with the role stagger_take_over: true).'
        % (mark.sentence, mark.until)
    )

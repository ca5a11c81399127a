# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker's scheduler would do with a CIB: the only caller of crm_simulate. Nothing is executed."""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Iterator
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

CRM_SIMULATE = ('crm_simulate', '--run', '--output-as=xml')

# A live migration (`migrate`) interrupts nothing, a `reload` neither; `start` is what was not running.
INTERRUPTING = ('stop', 'restart', 'move', 'recover')


@dataclass(frozen=True)
class ScheduledAction:
    """One thing that it wants done. ``blocked``: what it would do, and cannot, such as without quorum."""

    resource: str
    action: str
    node: str | None
    source: str | None
    dest: str | None
    reason: str
    blocked: bool

    @property
    def target(self) -> str | None:
        """Where the resource is afterwards, or where it is stopped."""
        return self.dest or self.node

    @property
    def interrupts(self) -> bool:
        return self.action in INTERRUPTING


@dataclass(frozen=True)
class Transition:
    """``graph``: the transition graph as it is handed to the controller; ``where``: {resource: (role, [nodes])} before it."""

    graph: Element
    where: dict[str, tuple[str | None, list[str]]]


def actions(runner: Runner, root: Element, document: str = '') -> list[ScheduledAction]:
    """What would be done, one row a resource. ``document``: the text of ``root``, where it was written already."""
    out = call(runner, CRM_SIMULATE + ('--xml-pipe',), document or tree.text(root))
    return [
        ScheduledAction(
            resource=row.get('resource', ''),
            action=row.get('action', ''),
            node=row.get('node'),
            source=row.get('source'),
            dest=row.get('dest'),
            reason=row.get('reason') or '',
            blocked=row.get('blocked') == 'true',
        )
        for row in ET.fromstring(out).iter('rsc_action')
    ]


def transition(runner: Runner, root: Element) -> Transition:
    """What would be done, action by action."""
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        source, graph = (os.path.join(directory, name) for name in ('cib.xml', 'graph.xml'))
        with open(source, 'w', encoding='utf-8') as stream:
            stream.write(tree.text(root))
        out = call(runner, CRM_SIMULATE + ('--xml-file', source, '--save-graph', graph))
        try:
            return Transition(ET.parse(graph).getroot(), dict(_where(ET.fromstring(out))))
        except (OSError, ET.ParseError) as error:
            raise CibError('crm_simulate left no transition graph that can be read: %s' % error) from error


def _where(result: Element) -> Iterator[tuple[str, tuple[str | None, list[str]]]]:
    status = result.find('cluster_status')
    for resource in [] if status is None else status.iter('resource'):
        nodes = [node.get('name', '') for node in resource.findall('node')]
        yield resource.get('id', ''), (resource.get('role'), nodes)

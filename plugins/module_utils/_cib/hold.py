# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs that Pacemaker is to leave as they are for a moment: watched, but neither stopped nor started.

They are held by a set of meta attributes of its own, so that nothing of the VE's changes, and with a rule by which it ends
in any case: whoever holds a VE may be killed before he lets go of it. The next run of ve_resources lets go as well.
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from typing import AbstractSet, Iterable
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import INFINITY

# Behind a VE's name: how the ids of what holds it begin.
SUFFIX = '-openve-hold'
# Seconds.
LASTS = 3600


def put(root: Element, names: Iterable[str]) -> None:
    """Hold these VEs."""
    end = time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(time.time() + LASTS))
    primitives = tree.primitives(root)
    for name in names:
        owner = name + SUFFIX
        attributes.fill(primitives[name], attributes.META, owner, {'is-managed': 'false'}, INFINITY)
        rule = Element('rule', {'id': owner + '-rule', 'boolean-op': 'and', 'score': 'INFINITY'})
        ET.SubElement(rule, 'date_expression', id=owner + '-end', operation='lt', end=end)
        primitives[name][-1].insert(0, rule)


def release(root: Element, names: AbstractSet[str]) -> None:
    """Let go of those of these VEs that are held."""
    for name, primitive in tree.primitives(root).items():
        if name in names:
            for held in primitive.findall(attributes.META):
                if held.get('id', '').startswith(name + SUFFIX):
                    primitive.remove(held)

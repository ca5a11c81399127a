# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which resources are promoted on some of their nodes, such as DRBD, and what this CIB calls that."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, expansion, tree

# The first schema that has Promoted for Master.
RENAMED = (3, 7)


def roles(root: Element) -> dict[str, str]:
    """{clone: the role of its promoted instances, as the schema of this CIB has it}"""
    role = 'Promoted' if _schema(root) >= RENAMED else 'Master'
    return {element.get('id', ''): role for element in tree.section(root, 'resources').iter() if _is(root, element)}


def _is(root: Element, element: Element) -> bool:
    if element.tag != 'clone':
        return element.tag == 'master'
    return is_true(attributes.get(expansion.own(root, element), attributes.META, 'promotable'))


def _schema(root: Element) -> tuple[int, ...]:
    """The newest where it says none: pacemaker-next, or no number."""
    found = re.match(r'pacemaker-(\d+)\.(\d+)\Z', root.get('validate-with', ''))
    return tuple(int(number) for number in found.groups()) if found else RENAMED

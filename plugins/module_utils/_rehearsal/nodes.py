# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes in the status of a CIB: which are up, and those that come, are lost or return."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, tree

MEMBER = {'in_ccm': 'true', 'crmd': 'online', 'join': 'member', 'expected': 'member'}


def is_up(root: Element, node: str) -> bool:
    return any(state.get('uname') == node and _is_up(state) for state in root.findall('status/node_state'))


def any_up(root: Element) -> bool:
    return any(_is_up(state) for state in root.findall('status/node_state'))


def alive(root: Element) -> set[str]:
    """The nodes that are up, and remote nodes."""
    return {
        state.get('uname', '')
        for state in root.findall('status/node_state')
        if _is_up(state) or state.get('remote_node') == 'true'
    }


def is_in_standby(root: Element, node: str) -> bool:
    return is_true(attributes.get_node(root, node, 'standby'))


def all_boot(root: Element, nodes: Sequence[str]) -> None:
    """As after a cold boot: the nodes are up and know nothing."""
    for state in root.findall('status/*'):
        _status(root).remove(state)
    for node in nodes:
        _state(root, node).attrib.update(MEMBER)
    count_votes(root, nodes)


def comes_back(root: Element, node: str, nodes: Sequence[str]) -> None:
    _state(root, node).attrib.update(MEMBER)
    count_votes(root, nodes)


def are_lost(root: Element, lost: Sequence[str], nodes: Sequence[str]) -> None:
    """As crm_simulate --node-fail does it: they are unclean."""
    for node in lost:
        _state(root, node).attrib.update(MEMBER, in_ccm='false')
    count_votes(root, nodes)


def count_votes(root: Element, nodes: Sequence[str]) -> None:
    """Each of the nodes has one, and of two nodes one has quorum."""
    up = sum(_is_up(state) for state in root.findall('status/node_state') if state.get('uname') in nodes)
    quorum = 2 * up > len(nodes) or (len(nodes) == 2 and up)
    root.set('have-quorum', '1' if quorum else '0')


def _is_up(state: Element) -> bool:
    """Newer versions have the time since when in there."""
    return all(
        value in ('true', 'online') or (value.isdigit() and int(value) > 0)
        for value in (state.get('in_ccm', 'false'), state.get('crmd', 'offline'))
    )


def _status(root: Element) -> Element:
    status = root.find('status')
    return ET.SubElement(root, 'status') if status is None else status


def _state(root: Element, node: str) -> Element:
    """The state of a node, made if it is not there."""
    for state in root.findall('status/node_state'):
        if state.get('uname') == node:
            return state
    ident = next(element.get('id', '') for element in tree.nodes(root) if element.get('uname') == node)
    return ET.SubElement(_status(root), 'node_state', id=ident, uname=node)

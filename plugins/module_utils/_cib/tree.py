# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CIB as a tree of elements: reading it, its sections, and when two elements mean the same to Pacemaker."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any, Optional, Tuple
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call

QUERY = ('cibadmin', '--query')

# Children whose order means nothing to Pacemaker: it takes them by name, by id, or by score.
UNORDERED = frozenset(
    (
        'crm_config',
        'cluster_property_set',
        'rsc_defaults',
        'op_defaults',
        'nodes',
        'node',
        'constraints',
        'operations',
        'op',
        'primitive',
        'clone',
        'master',
        'instance_attributes',
        'meta_attributes',
        'utilization',
    )
)
# What has meta attributes of its own, and may be in one another.
RESOURCES = frozenset(('primitive', 'group', 'clone', 'master', 'bundle'))
# Several attribute sets of one kind: the first that has a name wins, so among themselves they keep their order.
ATTRIBUTE_SETS = frozenset(('instance_attributes', 'meta_attributes', 'utilization', 'cluster_property_set'))

Key = Tuple[str, Optional[str]]


def query(runner: Runner) -> Element:
    """The whole CIB."""
    return parse(call(runner, QUERY))


def read_file(path: str) -> Element:
    """The CIB in a file, such as one written by ``cibadmin --query``."""
    try:
        with open(path, encoding='utf-8') as stream:
            content = stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CibError('The CIB cannot be read from %s: %s' % (path, error)) from error
    mend = 'write it with "cibadmin --query > FILE" on a node of the cluster'
    if not content.strip():
        raise CibError('%s is empty; %s.' % (path, mend))
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise CibError('%s is no complete XML (%s), so it is cut off or no CIB; %s.' % (path, error, mend)) from error
    if root.tag != 'cib' or root.find('configuration') is None:
        raise CibError(
            '%s is no CIB: its root is <%s>%s; %s.'
            % (path, root.tag, '' if root.tag != 'cib' else ' without <configuration>', mend)
        )
    return root


def parse(document: str) -> Element:
    # Comments are kept: a patch names positions among siblings, and Pacemaker counts comments.
    try:
        return ET.fromstring(document, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    except ET.ParseError as error:
        raise CibError(
            'What cibadmin printed of the CIB is no XML (%s), nothing was changed. Some releases of Pacemaker do not print &, '
            '< and " as they should where they stand in a value behind a character that is not ASCII: look for such a value, '
            'and change it.' % error
        ) from error


def text(element: Element) -> str:
    return ET.tostring(element, encoding='unicode')


def text_with(root: Element, written: str) -> str:
    """The text of a CIB whose configuration was written already, which takes long."""
    sections = [written if section.tag == 'configuration' else text(section) for section in root]
    return '%s>%s</%s>' % (text(Element(root.tag, root.attrib))[: -len(' />')], ''.join(sections), root.tag)


# Parts


def configuration(root: Element) -> Element:
    found = root.find('configuration')
    if found is None:
        raise CibError('The CIB has no configuration section; is this a CIB?')
    return found


def without_status(root: Element) -> Element:
    """The CIB without its status, which is large and no business of an edit. The configuration is ``root``'s own: for reading."""
    bare = Element(root.tag, dict(root.attrib))
    bare.append(configuration(root))
    ET.SubElement(bare, 'status')
    return bare


def version(root: Element) -> tuple[str, str, str]:
    """(admin_epoch, epoch, num_updates): the first two count the changes of the configuration."""
    return root.get('admin_epoch', '0'), root.get('epoch', '0'), root.get('num_updates', '0')


def section(root: Element, tag: str) -> Element:
    """A section of the configuration (``resources``, ``constraints``, ...), made if it is missing."""
    found = configuration(root).find(tag)
    return ET.SubElement(configuration(root), tag) if found is None else found


def primitives(root: Element) -> dict[str, Element]:
    """{id: primitive}, those in groups, clones and bundles too."""
    return {element.get('id', ''): element for element in section(root, 'resources').iter('primitive')}


def nodes(root: Element) -> list[Element]:
    return section(root, 'nodes').findall('node')


def node_names(root: Element) -> list[str]:
    return [node.get('uname', '') for node in nodes(root)]


def parent_of(root: Element, element: Element) -> Element:
    """ElementTree knows no parents."""
    for candidate in root.iter():
        if any(child is element for child in candidate):
            return candidate
    raise LookupError('%s is not in this tree' % element.tag)


def child(parent: Element, tag: str, ident: str | None) -> Element:
    """The child with this tag and id, made if it is missing."""
    for candidate in parent:
        if candidate.tag == tag and candidate.get('id') == ident:
            return candidate
    return ET.SubElement(parent, tag, {} if ident is None else {'id': ident})


def elements(parent: Element) -> list[Element]:
    """Its children without comments, whose tag is a function."""
    return [candidate for candidate in parent if isinstance(candidate.tag, str)]


# Equality, and edits that leave alone what is equal


def same(one: Element, other: Element) -> bool:
    """Whether two elements mean the same to Pacemaker: faster than to compare what canonical() returns."""
    if one.tag != other.tag or one.attrib != other.attrib:
        return False
    if not len(one) and not len(other):
        return True
    mine, theirs = elements(one), elements(other)
    if len(mine) != len(theirs):
        return False
    if one.tag in UNORDERED and [key(part) for part in mine] != [key(part) for part in theirs]:
        mine, theirs = ordered(one), ordered(other)
    return all(same(*pair) for pair in zip(mine, theirs))


def canonical(element: Element) -> tuple[str, Any, Any]:
    """Equal for two elements that mean the same to Pacemaker."""
    return element.tag, dict(element.attrib), [canonical(part) for part in ordered(element)] if len(element) else []


def ordered(parent: Element) -> list[Element]:
    """Its children, sorted where their order means nothing."""
    children = elements(parent)
    return sorted(children, key=_rank) if parent.tag in UNORDERED else children


def merge(parent: Element, *wanted: Element) -> None:
    """Make ``parent``'s children with the tags and ids of ``wanted`` look like these; append those it does not have.

    A child that is equal already is not touched, so that patches stay small.
    """
    places = {key(candidate): place for place, candidate in enumerate(parent)}
    for element in wanted:
        place = places.get(key(element))
        if place is None:
            parent.append(element)
        elif not same(parent[place], element):
            parent[place] = _keeping_order(parent[place], element)


def key(element: Element) -> Key:
    return element.tag, element.get('id')


def _rank(element: Element) -> tuple[str, str]:
    return element.tag, '' if element.tag in ATTRIBUTE_SETS else element.get('id', '')


def _keeping_order(current: Element, wanted: Element) -> Element:
    """``wanted``, its unordered children in the order that ``current`` has them in."""
    counterparts = {key(candidate): candidate for candidate in current}
    if wanted.tag in UNORDERED:
        places = {candidate: place for place, candidate in enumerate(counterparts)}
        wanted[:] = sorted(wanted, key=lambda candidate: places.get(key(candidate), len(places)))
    for candidate in wanted:
        if key(candidate) in counterparts:
            _keeping_order(counterparts[key(candidate)], candidate)
    return wanted

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values Pacemaker keeps as they are given.

Some releases (2.1.5 is one) write &, < and " as they are behind a letter that is not ASCII, wherever they write XML: what
reads it then loses the character, or the whole CIB. Its tools are asked, not a list of releases.
"""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET
from typing import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

PROBE = 'openve-probe'


def problems(runner: Runner, values: Mapping[str, str]) -> Iterator[str]:
    """A line for each of {field: value} that would be stored as something else. Names the field, and not the value: it may
    be a secret."""
    risky = {field: value for field, value in values.items() if not value.isascii()}
    if not risky or _kept(runner, list(risky.values())):
        return
    for field, value in risky.items():
        if not _kept(runner, [value]):
            yield (
                '%s: the Pacemaker of this node cannot keep the character %s behind one that is not ASCII: it would store '
                'something else; do without one of the two' % (field, _lost(runner, value))
            )


def _lost(runner: Runner, value: str) -> str:
    """The first character that makes it store something else."""
    for place, character in enumerate(value):
        if not character.isalnum() and not _kept(runner, [value[: place + 1]]):
            return character
    return value[-1]


def _kept(runner: Runner, values: Sequence[str]) -> bool:
    """Whether the tool that makes the patches passes these on as they are."""
    old = ET.fromstring('<cib admin_epoch="0" epoch="1" num_updates="0"><configuration/></cib>')
    new = ET.fromstring('<cib admin_epoch="0" epoch="2" num_updates="0"><configuration/></cib>')
    for number, value in enumerate(values):
        ET.SubElement(tree.configuration(new), 'tag', id='%s-%d' % (PROBE, number), description=value)
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        paths = [os.path.join(directory, name) for name in ('old.xml', 'new.xml')]
        for path, root in zip(paths, (old, new)):
            with open(path, 'w', encoding='utf-8') as stream:
                stream.write(tree.text(root))
        _rc, out, _err = run(runner, ['crm_diff', '--original', paths[0], '--new', paths[1]])
    try:
        found = {element.get('id'): element for element in ET.fromstring(out).iter()}
    except ET.ParseError:
        return False
    nothing = Element('tag')
    return all(
        found.get('%s-%d' % (PROBE, number), nothing).get('description') == value for number, value in enumerate(values)
    )

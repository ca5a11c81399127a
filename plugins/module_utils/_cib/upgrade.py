# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CIB as the newest schema that the tools know has it.

A cluster keeps the schema that it was made with, and every tool brings the CIB that it reads up to date for itself: Pacemaker 3
takes a tenth of a second for that, with one of Pacemaker 2.1.
"""

from __future__ import annotations

import os
import tempfile
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools, numbers
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


def upgraded(runner: Runner, root: Element, tools: Tools) -> Element:
    """For those who ask the tools often. What cannot be upgraded is left as it is: whoever is asked next says what is wrong."""
    if numbers(root.get('validate-with', '')) == tools.schema:
        return root
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        path = os.path.join(directory, 'cib.xml')
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(tree.text(root))
        rc, _out, _err = run(runner, ['cibadmin', '--upgrade', '--force'], environment={'CIB_file': path})
        if rc != 0:
            return root
        upgraded = tree.read_file(path)
    # what its cluster wrote of itself, and the tools here would not
    upgraded.attrib.update({name: value for name, value in root.attrib.items() if name != 'validate-with'})
    return upgraded

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker itself says of a configuration before it is put in force."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


def verify(runner: Runner, old: Element, new: str) -> list[str]:
    """Refuse what crm_verify calls an error in ``new``, a text, and not yet in ``old``; return its new warnings.

    What was wrong before is not this edit's to judge: a cluster whose fencing is not configured yet fails crm_verify as a
    whole.
    """
    complaints = _complaints(runner, new)
    if complaints:
        known = set(_complaints(runner, tree.text(tree.without_status(old))))
        complaints = [line for line in complaints if line not in known]
    errors = [line for line in complaints if 'warning:' not in line]
    if errors:
        heading = 'Pacemaker refuses the resulting configuration, nothing was changed:'
        errors = [line for line in errors if line != pacemaker.VERIFY_SCHEMA] or errors
        raise CibError(bullets(heading, errors), crm_verify=errors)
    return complaints


def _complaints(runner: Runner, document: str) -> list[str]:
    """crm_verify's findings, a line each, without what differs from run to run."""
    rc, out, err = run(runner, ['crm_verify', '--verbose', '--xml-pipe'], document)
    if rc == 0:
        return []
    lines: list[str] = []
    for line in (out + '\n' + err).splitlines():
        line = re.sub(r'^\(\w+(@[^)]*)?\)\s*', '', line.strip())  # the function inside Pacemaker
        if line and not pacemaker.VERIFY_HEADINGS.match(line) and line not in lines:
            lines.append(line)
    return lines

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_rehearsal: what the cluster would do in scenarios, and whether that is what was asserted."""

from __future__ import annotations

import os

from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import run as rehearsal


def run(runner: Runner, arguments: Arguments, _check: bool) -> Result:
    path = arguments['cib'] or os.environ.get('CIB_file')
    root = tree.read_file(path) if path else tree.query(runner)
    declared = _declared(arguments) if arguments['ves'] else None
    result = rehearsal.rehearse(runner, root, arguments, declared, live=not path)
    rehearsal.refuse_broken(result)
    return dict(result, changed=False)


def _declared(arguments: Arguments) -> Declaration:
    # Only here: a cluster as it is is rehearsed more often, and this reads and checks every field of a VE.
    from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate

    return validate.read_given(arguments['ves'], arguments['policy'])

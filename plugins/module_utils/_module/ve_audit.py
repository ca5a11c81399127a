# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_audit: what is wrong with how a cluster is set up, why it matters, and what mends it."""

from __future__ import annotations

import os

from ansible_collections.openve.pacemaker.plugins.module_utils._audit import run as audits
from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree


def run(runner: Runner, arguments: Arguments, _check: bool = False) -> Result:
    """Only looks; check mode makes no difference."""
    path = arguments['cib'] or os.environ.get('CIB_file')
    root = tree.read_file(path) if path else tree.query(runner)
    result = audits.audit(runner, root, arguments, live=not path)
    audits.refuse(result, arguments['fail_on'])
    return dict(result, changed=False)

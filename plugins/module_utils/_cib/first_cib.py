# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first CIB of a node that has never run Pacemaker: what is in it is in force from the first second."""

from __future__ import annotations

import os
import pwd
import tempfile
from typing import Any, Mapping, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import transaction
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft, Edit

# Where Pacemaker looks for its CIB as it starts, and whom that has to belong to.
FIRST_CIB = '/var/lib/pacemaker/cib/cib.xml'
OWNER = 'hacluster'


def seed(runner: Runner, edit: Edit[None], check: bool) -> Draft[None] | None:
    """Write the first CIB; None where there is one. All nodes write the same one: it does not matter whose is taken."""
    if os.path.exists(FIRST_CIB):
        return None
    try:
        owner = pwd.getpwnam(OWNER)
    except KeyError:
        raise CibError(
            'This node has no user %s, so Pacemaker, which reads its first CIB as that user, is not installed. '
            'Install it first; nothing was changed.' % OWNER
        ) from None
    with tempfile.TemporaryDirectory(prefix='openve-') as directory:
        path = os.path.join(directory, 'cib.xml')
        # by this node's own tools: Pacemaker refuses a feature set that is newer than itself
        empty = call(runner, ['cibadmin', '--empty'])
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(empty)

        def on_file(
            argv: Sequence[str], stdin: str | None = None, _environment: Mapping[str, str] | None = None
        ) -> tuple[int, str, str]:
            return runner(argv, stdin, {'CIB_file': path})

        draft = transaction.change(on_file, edit, check)
        if not check:
            _install(path, owner)
        return draft


def _install(path: str, owner: Any) -> None:
    """Whole, and its owner's, before it has its name: Pacemaker does not start with a CIB that it cannot read."""

    def prepare(new: str) -> bool:
        os.chown(new, owner.pw_uid, owner.pw_gid)  # and nobody else reads it: it holds the secrets
        return True

    try:
        with open(path, 'rb') as stream:
            content = stream.read()
        files.replace(FIRST_CIB, content, prepare)
    except OSError as error:
        raise CibError(
            'The first CIB cannot be written: %s. It needs root, and the directories that Pacemaker\'s '
            'package makes.' % error
        ) from error

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration as it was before a patch, in files on the node where it was made."""

from __future__ import annotations

import os
import re
import shlex
import time
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import files
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import tree

DIRECTORY = '/var/lib/openve/cib'


@dataclass(frozen=True)
class Backup:
    """One saved configuration."""

    path: str

    @property
    def restore(self) -> str:
        """The command that brings it back."""
        command = 'cibadmin --replace --scope configuration --xml-file %s' % shlex.quote(self.path)
        cib_file = os.environ.get('CIB_file')
        return 'CIB_file=%s %s' % (shlex.quote(os.path.abspath(cib_file)), command) if cib_file else command

    def discard(self) -> None:
        """The patch that it was made for did not come to pass."""
        os.unlink(self.path)

    def rotate(self, keep: int) -> list[str]:
        """Remove all but the newest. What cannot be removed is a warning: the change has been made."""
        try:
            for path in _newest_first()[keep:]:
                os.unlink(path)
        except OSError as error:
            return ['Old backups cannot be removed: %s' % error]
        return []


def save(root: Element, keep: int) -> Backup | None:
    """Save this CIB's configuration; not where none is to be kept."""
    if not keep:
        return None
    directory, stem = _place()
    name = '%s%s-%s.%s.xml' % (
        stem,
        time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()),
        root.get('admin_epoch', '0'),
        root.get('epoch', '0'),
    )
    path = os.path.join(directory, name)
    try:
        if directory == DIRECTORY:  # else it is that of the user's file
            files.own_directory(os.path.dirname(directory), 0o755)
            files.own_directory(directory, 0o700)
        # for its owner only, because a CIB holds the passwords of fencing devices
        files.replace(path, tree.text(tree.without_status(root)).encode('utf-8'))
    except OSError as error:
        raise CibError(
            'The configuration cannot be saved before it is changed, so nothing was changed: %s. Make room '
            'there, or give backup_keep: 0 to do without.' % error
        ) from error
    return Backup(path)


def newest() -> str:
    """The path of the one that was saved last."""
    try:
        paths = _newest_first()
    except FileNotFoundError:
        paths = []
    except OSError as error:
        raise CibError('No saved configuration can be looked for: %s.' % error) from error
    if not paths:
        raise CibError(
            'There is no saved configuration in %s on this node: the nodes that made changes keep them. Give the path of one.'
            % _place()[0]
        )
    return paths[0]


def _newest_first() -> list[str]:
    directory, stem = _place()
    pattern = re.compile(re.escape(stem) + r'\d{8}T\d{6}Z-\d+\.\d+\.xml\Z')
    paths = [os.path.join(directory, name) for name in os.listdir(directory) if pattern.match(name)]
    return sorted(paths, key=lambda path: os.stat(path).st_mtime_ns, reverse=True)


def _place() -> tuple[str, str]:
    """The directory of the backups, and how their names begin."""
    cib_file = os.environ.get('CIB_file')
    if cib_file:  # beside the file, whose user may be nobody special
        return os.path.dirname(os.path.abspath(cib_file)), os.path.basename(cib_file) + '-'
    return DIRECTORY, 'cib-'

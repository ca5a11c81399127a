# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration as it was before a patch, in files on the node where it was made."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import time

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError

FOLDER = '/var/lib/openve/cib'


class Backup:
    """``save(change)`` is for cib.change(); the last one saved is that of the patch that was taken."""

    def __init__(self, keep):
        self.keep = keep
        self.path = None
        cib_file = os.environ.get('CIB_file')
        if cib_file:  # beside the file, whose user may be nobody special
            self.folder, self.stem = os.path.dirname(os.path.abspath(cib_file)), os.path.basename(cib_file) + '-'
        else:
            self.folder, self.stem = FOLDER, 'cib-'

    def save(self, change):
        if not self.keep:
            return
        self.discard()
        root = change.old
        path = os.path.join(
            self.folder,
            '%s%s-%s.%s.xml'
            % (
                self.stem,
                time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()),
                root.get('admin_epoch', '0'),
                root.get('epoch', '0'),
            ),
        )
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            _write(path, cib.text(cib.configured(root)))
        except OSError as error:
            raise CibError(
                'The configuration cannot be saved before it is changed, so nothing was changed: %s. Make room '
                'there, or give backup_keep: 0 to do without.' % error
            ) from error
        self.path = path

    def discard(self):
        """The patch that the last one was for did not come to pass."""
        if self.path:
            os.unlink(self.path)
            self.path = None

    def rotate(self):
        """Remove all but the newest. What cannot be removed is a warning: the change has been made."""
        if not self.path:
            return []
        pattern = re.compile(re.escape(self.stem) + r'\d{8}T\d{6}Z-\d+\.\d+\.xml\Z')
        try:
            paths = [os.path.join(self.folder, name) for name in os.listdir(self.folder) if pattern.match(name)]
            for path in sorted(paths, key=lambda path: os.stat(path).st_mtime_ns, reverse=True)[self.keep :]:
                os.unlink(path)
        except OSError as error:
            return ['Old backups cannot be removed: %s' % error]
        return []

    @property
    def restore(self):
        """The command that brings the saved configuration back."""
        if not self.path:
            return None
        command = 'cibadmin --replace --scope configuration --xml-file %s' % shlex.quote(self.path)
        if os.environ.get('CIB_file'):
            command = 'CIB_file=%s %s' % (shlex.quote(os.path.abspath(os.environ['CIB_file'])), command)
        return command


def _write(path, text):
    """Whole, or not at all; for its owner only, because a CIB holds the passwords of fencing devices."""
    handle, new = tempfile.mkstemp(prefix='.' + os.path.basename(path), dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(text.encode('utf-8'))
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(new, path)
    except BaseException:
        os.unlink(new)
        raise

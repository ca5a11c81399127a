# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a file on the controller."""

from __future__ import annotations

import os
import tempfile

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error


def place(page: str | None, example: str) -> str | None:
    """Where the page goes, absolute. What cannot be written is said before anything is done. ``example``: a name for it."""
    if page is None:
        return None
    page = os.path.abspath(page)
    directory = os.path.dirname(page)
    if os.path.isdir(page):
        raise Error('page: %s is a directory: name a file in it, such as %s/%s.' % (page, page, example))
    if not os.path.isdir(directory) or not os.access(directory, os.W_OK):
        raise Error(
            'page: %s on the controller %s: make it, or name another place.'
            % (directory, 'cannot be written to' if os.path.isdir(directory) else 'does not exist')
        )
    return page


def write(page: str, text: str) -> None:
    """All of it or nothing, for those who read it meanwhile."""
    number, name = tempfile.mkstemp(dir=os.path.dirname(page), prefix='.page-')
    try:
        with os.fdopen(number, 'w', encoding='utf-8') as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, page)
    except BaseException:
        os.unlink(name)
        raise

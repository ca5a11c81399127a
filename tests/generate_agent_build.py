#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the agent's library by its content: writes FILES and BUILD of files/manageve/__init__.py, and the BUILD that
files/ManageVE wants.

BUILD is the version and a digest of the files. So whatever is changed in the library, the next one is installed beside
the last one and not over it, and no launcher gets another library than the one it was made with.

usage: tests/generate_agent_build.py        tests/unit/plugins/module_utils/_declaration/test_agent.py fails when it is stale
"""

from __future__ import annotations

import hashlib
import pathlib
import re

LAUNCHER = pathlib.Path(__file__).resolve().parents[1] / 'files' / 'ManageVE'
LIBRARY = LAUNCHER.parent / 'manageve'


def put(text, name, value):
    text, found = re.subn(r'^%s = (?:\([^)]*\)|".*")$' % name, '%s = %s' % (name, value), text, flags=re.MULTILINE)
    if found != 1:
        raise SystemExit('%d places for %s' % (found, name))
    return text


def generate():
    """{path: what it should contain} of the two files that are written."""
    names = sorted(path.name for path in LIBRARY.glob('*.py'))
    texts = {name: (LIBRARY / name).read_text() for name in names}
    listed = ''.join('    "%s",\n' % name for name in names)
    texts['__init__.py'] = put(put(texts['__init__.py'], 'FILES', '(\n%s)' % listed), 'BUILD', '""')
    digest = hashlib.sha256()
    for name in names:
        digest.update(b'%s\0%d\0' % (name.encode(), len(texts[name].encode())) + texts[name].encode())
    version = re.search(r'^VERSION = "(.+)"$', texts['__init__.py'], re.MULTILINE).group(1)
    build = '"%s-%s"' % (version, digest.hexdigest()[:12])
    return {
        LIBRARY / '__init__.py': put(texts['__init__.py'], 'BUILD', build),
        LAUNCHER: put(LAUNCHER.read_text(), 'BUILD', build),
    }


if __name__ == '__main__':
    for path, text in generate().items():
        if path.read_text() != text:
            path.write_text(text)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles the library in whose directory this stands, for the Python that runs it and for files/ManageVE.

All in one file, as twenty small ones cost a monitor more than all it does. The launcher uses it as long as size and both
dates of every source are as they were: the date of the last change of a file cannot be set back, so what is stale is
never used. A library that was copied or restored has to be compiled again; until then it is only slower.

usage: /usr/bin/python3 -IS DIRECTORY/compile.py [--check]     prints what it writes; --check: prints what it would write
"""

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER


def build_of(directory: str) -> str:
    names = {}
    with open(directory + "/__init__.py", "rb") as f:
        exec(f.read(), names)
    return names["BUILD"]


def compiled(directory: str):
    """(how each source looks, [(file, its code)])"""
    sources, codes = [], []
    for name in sorted(os.listdir(directory)):
        if name.endswith(".py"):
            with open("%s/%s" % (directory, name), "rb") as f:
                found = os.fstat(f.fileno())
                codes.append((name, compile(f.read(), "manageve/" + name, "exec", dont_inherit=True)))
            sources.append((name, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    return sources, codes


def pack(made_for, sources, codes) -> bytes:
    """What is kept: a head (for which Python and build, how the sources looked, where each code begins), and the codes."""
    texts = [(name, marshal.dumps(code)) for name, code in codes]
    head, size = b"", -1
    while len(head) != size:  # where the codes begin is in the head, and depends on its size
        place = size = len(head)
        index = {}
        for name, text in texts:
            index[name] = place
            place += len(text)
        head = marshal.dumps((made_for, sources, index))
    return head + b"".join(text for name, text in texts)


def is_kept(path: str, made_for, sources, codes) -> bool:
    try:
        with open(path, "rb") as f:
            text = f.read()
        *head, index = marshal.loads(text)
        return head == [made_for, sources] and all(marshal.loads(text[index[name] :]) == code for name, code in codes)
    except Exception:  # there is none, or it is damaged
        return False


def write(path: str, text: bytes):
    """Whole or not at all."""
    if not os.path.isdir(os.path.dirname(path)):
        os.mkdir(os.path.dirname(path))
        os.chmod(os.path.dirname(path), 0o755)  # whatever the umask
    draft = "%s.%d" % (path, os.getpid())
    with open(draft, "wb") as f:
        f.write(text)
        os.fchmod(f.fileno(), 0o644)
        f.flush()
        os.fsync(f.fileno())
    os.replace(draft, path)


def main(argv):
    directory = os.path.dirname(os.path.abspath(__file__))
    path = "%s/__pycache__/manageve.%s.pyc" % (directory, sys.implementation.cache_tag)
    made_for = MAGIC_NUMBER, build_of(directory)
    sources, codes = compiled(directory)
    if not is_kept(path, made_for, sources, codes):
        print(path)
        if argv[1:] != ["--check"]:
            write(path, pack(made_for, sources, codes))


if __name__ == "__main__":
    main(sys.argv)

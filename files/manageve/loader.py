# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the rest of the library.

The launcher runs this with these names in it: LIBRARY (the directory), BUILD (the wanted one), read (the bytes of a file
that nobody else can write to); and from compile.py, where it has kept something: sources (how each looked), codes (of
all of them), index (where in codes that of each source begins; else None).
"""

import gc
import marshal
import os
import sys
from _frozen_importlib import ModuleSpec

PACKAGE = "manageve"


class Loader:
    """Finds and loads the package and its modules."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == PACKAGE:
            return ModuleSpec(name, Loader, is_package=name == PACKAGE)
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        exec(code_of(module.__name__.partition(".")[2] or "__init__"), module.__dict__)


def code_of(name: str):
    name += ".py"
    try:
        return marshal.loads(codes[index[name] :])
    except Exception:  # nothing was kept, or a part of that is damaged
        return compile(read("%s/%s" % (LIBRARY, name)), "%s/%s" % (PACKAGE, name), "exec", dont_inherit=True)


def is_stale() -> bool:
    """Has a source changed since it was compiled? The date of the last change cannot be set back."""
    for name, size, written, changed in sources:
        found = os.stat("%s/%s" % (LIBRARY, name))
        if (found.st_size, found.st_mtime_ns, found.st_ctime_ns) != (size, written, changed):
            return True
    return False


def load():
    """The agent's main function; ImportError where the library is not whole, or another one than is wanted."""
    if is_stale():
        raise ImportError("a source has changed")
    gc.set_threshold(10000)  # to look for garbage while one loads costs a tenth of that
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, Loader)
    import manageve

    if manageve.BUILD != BUILD:
        raise ImportError("%s is of build %s, and not %s" % (LIBRARY, manageve.BUILD, BUILD))
    missing = () if index else set(manageve.FILES).difference(os.listdir(LIBRARY))
    if missing:
        raise ImportError("%s lacks %s" % (LIBRARY, ", ".join(sorted(missing))))
    from manageve.main import main

    return main

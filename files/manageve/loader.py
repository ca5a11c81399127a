# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the rest of the library for the launcher, which runs this file first and by itself."""

import gc
import marshal
import sys
from _frozen_importlib import ModuleSpec

PACKAGE = "manageve"


class Library:
    """Finds and loads the package and its modules, from what compile.py has kept or from the sources.

    safe(path): its stat, and read(path): its bytes; both refuse what others can write to. kept: (how each source
    looked, where in `codes` its code begins, codes), or None.
    """

    def __init__(self, directory, safe, read, kept):
        self.directory, self.safe, self.read = directory, safe, read
        self.sources, self.index, self.codes = kept or ((), {}, b"")

    def is_stale(self) -> bool:
        """Has a source changed since it was compiled? The date of the last change cannot be set back."""
        for name, size, written, changed in self.sources:
            found = self.safe("%s/%s" % (self.directory, name))
            if (found.st_size, found.st_mtime_ns, found.st_ctime_ns) != (size, written, changed):
                return True
        return False

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == PACKAGE:
            return ModuleSpec(name, self, is_package=name == PACKAGE)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = (module.__name__.partition(".")[2] or "__init__") + ".py"
        exec(self.code(name), module.__dict__)

    def code(self, name: str):
        try:
            return marshal.loads(self.codes[self.index[name] :])
        except Exception:  # nothing was kept, or a part of it is damaged
            source = self.read("%s/%s" % (self.directory, name))
            return compile(source, "%s/%s" % (PACKAGE, name), "exec", dont_inherit=True)


def load(directory, build, safe, read, kept):
    """The agent's main function; ImportError where the library is not whole, or another one than is wanted."""
    library = Library(directory, safe, read, kept)
    if library.is_stale():
        raise ImportError("a source has changed")
    gc.set_threshold(10000)  # to look for garbage while one loads costs a tenth of that
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, library)
    import manageve

    if manageve.BUILD != build:
        raise ImportError("it is of build %s, and not %s" % (manageve.BUILD, build))
    for name in () if kept else manageve.FILES:  # whole and safe, or not used at all
        safe("%s/%s" % (directory, name))
    from manageve.main import main

    return main

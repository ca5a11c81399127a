# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many times in a row the check inside a container has failed (parameter monitor_failures)."""

import os

from manageve import rundir
from manageve.text import is_number, read_text


class Failures:
    """A file with a number for every container that fails. Any of it can raise OSError."""

    def __init__(self, parameters):
        self.directory = rundir.base() + "/ManageVE.failures"
        place = parameters.lxc_path.replace("/", "%") if parameters.engine == "lxc" else ""
        self.path = "%s/%s%s.%s" % (self.directory, parameters.engine, place, parameters.veid)

    def add(self) -> int:
        """One more: how many there are now."""
        rundir.make(self.directory)
        try:
            text = read_text(self.path).strip()
        except FileNotFoundError:
            text = ""
        count = (int(text) if is_number(text) else 0) + 1
        draft = "%s#%d" % (self.path, os.getpid())
        with open(draft, "w") as f:
            f.write("%d\n" % count)
        os.rename(draft, self.path)
        return count

    def forget(self):
        try:
            os.unlink(self.path)
        except (FileNotFoundError, NotADirectoryError):
            pass

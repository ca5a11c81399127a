# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of engines: what can run a container. A new one is a file beside this, and a line here."""


class Row:
    """name: the value of the parameter `engine`; title: what it is for; module, kind: the file and the class in it."""

    def __init__(self, name: str, title: str, module: str, kind: str):
        self.name, self.title, self.module, self.kind = name, title, module, kind

    def load(self):
        """The class; its file is read only where it is used."""
        return getattr(__import__("manageve." + self.module, fromlist=[self.kind]), self.kind)


ENGINES = {
    row.name: row
    for row in (
        Row("vzctl", "vzctl (OpenVZ, Virtuozzo)", "vzctl", "Vzctl"),
        Row("lxc", "lxc", "lxc", "Lxc"),
    )
}

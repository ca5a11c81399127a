# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions that the agent offers, with the timeouts and intervals that it advertises (seconds)."""


class Action:
    """depth: the OCF_CHECK_LEVEL from which on this row holds."""

    def __init__(self, name: str, timeout: int, interval: int = None, depth: int = None):
        self.name, self.timeout, self.interval, self.depth = name, timeout, interval, depth


ACTIONS = (
    Action("start", 180),
    Action("stop", 150),
    Action("monitor", 30, 10, 0),
    Action("monitor", 60, 60, 10),
    Action("migrate_to", 180),
    Action("migrate_from", 180),
    Action("reload-agent", 20),
    Action("validate-all", 20),
    Action("meta-data", 5),
)


def fitting(name: str, level: int):
    """The action of this name at this OCF_CHECK_LEVEL; None: there is none."""
    rows = [a for a in ACTIONS if a.name == name and (a.depth or 0) <= level]
    return rows[-1] if rows else None


def usage() -> str:
    return "usage: ManageVE {%s}\n" % "|".join(dict.fromkeys(a.name for a in ACTIONS))

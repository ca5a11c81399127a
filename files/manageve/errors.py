# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action can end with: OCF's exit codes, and the failures that carry one."""

OK, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)


class Fail(Exception):
    """The action ends with this exit code, for this reason."""

    def __init__(self, code: int, reason: str):
        Exception.__init__(self, code, reason)
        self.code, self.reason = code, reason


class OutOfTime(Fail):
    """The deadline is reached."""


class NoTool(Fail):
    """A program of the engine is not installed."""

    def __init__(self, name: str):
        Fail.__init__(self, INSTALLED, "%s is not installed" % name)

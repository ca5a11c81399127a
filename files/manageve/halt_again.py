# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A halt that a booting sysvinit guest has lost: it is repeated when the guest is ready.

Such an init takes no request before it has read its inittab, and then the whole grace would pass. What is run in the
guest looks first: in a guest on its way down a second halt would not be a request, it would cut the power.
"""

import time

from manageve.waiting import pause

BOOTS, STEADY = 1, 2
# BOOTS, STEADY; 0: on its way down, or of a kind that loses no halt
HALT_LOST = r"""PATH=$PATH:/sbin:/usr/sbin:/bin:/usr/bin
[ -d /run/systemd/system ] || [ -e /sbin/openrc ] && exit 0
command -v runlevel >/dev/null || exit 0
case $(readlink /proc/1/exe) in */busybox) exit 0 ;; esac
case $(runlevel 2>&1) in *[06]) exit 0 ;; unknown*|'') exit 1 ;; esac
exit 2"""


class HaltAgain:
    """Watches a graceful shutdown. It never delays it: what it runs in the guest runs beside."""

    AFTER, EVERY, PATIENCE = 4.0, 1.0, 5.0  # seconds: a halt that was heard shows by then

    def __init__(self, engine, until: float):
        self.engine, self.until = engine, until
        self.next = None  # when it is to be looked at
        self.ran = None  # the command in the guest
        self.lost = False  # it boots, or was seen to: a halt before that is lost
        self.settled = not engine.loses_halts

    def wait(self, command, until: float, own_halt: bool):
        """Wait for a command, None: for that time; its exit code, None if there is none by then. own_halt: the halt is
        not in the hands of a tool that waits for it."""
        if self.next is None:
            self.next = time.monotonic() + self.AFTER
        while not self.settled and time.monotonic() < until:
            self.look(own_halt)
            step = min(until, time.monotonic() + 0.3)
            if command is not None and command.wait(step) is not None:
                return command.code
            if command is None:
                pause(max(0.0, step - time.monotonic()))
        if command is None:
            pause(max(0.0, until - time.monotonic()))
            return None
        return command.wait(until)

    def look(self, own_halt: bool):
        """Begin to look, or see what came of it."""
        now = time.monotonic()
        if self.ran is None:
            if self.next <= now < self.until:
                self.next = now + self.EVERY
                if not self.engine.is_frozen():  # a snapshot, perhaps: a command would be stuck with it
                    self.ran = self.engine.inside(HALT_LOST)
        elif self.ran.wait(now) is not None:
            self.engine.report(self.ran, change=False)
            code, self.ran, self.next = self.ran.code, None, now + self.EVERY
            self.lost = self.lost or code == BOOTS
            self.settled = code != BOOTS
            if code == STEADY and (self.lost or own_halt or not self.engine.halts_late()):
                self.engine.log.info("the guest has lost its halt: once more")
                self.engine.inside("halt")
        elif now - self.ran.begun > self.PATIENCE:  # a guest that does not answer
            self.ran.kill()
            self.settled = True

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: the one place where signals are taken."""

# The real `signal`, `subprocess` and `re` cost more than all the rest of a monitor; this one is compiled in.
import _signal as signal
import time

from manageve.errors import GENERIC, Fail

ENDS = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


def hold_signals():
    """Take signals only while waiting: so no command can slip away between its fork and its entry in a list."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would leave no exit code to read
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS | {signal.SIGCHLD})


def nap(seconds: float) -> bool:
    """Wait; True when a child changed meanwhile."""
    got = signal.sigtimedwait(ENDS | {signal.SIGCHLD}, min(max(0.0, seconds), 3600.0))
    if got is not None and got.si_signo in ENDS:
        raise Fail(GENERIC, "ended by signal %d" % got.si_signo)
    return got is not None


def pause(seconds: float):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        nap(end - time.monotonic())

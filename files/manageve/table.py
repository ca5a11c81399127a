# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's table: what can be the case, and what then follows for each action, a probe's answer among it."""

from manageve.errors import GENERIC, INSTALLED, NOT_RUNNING, OK


class Seen:
    """One look at the container: the state (a row of TABLE), and what was said.

    dump: there is a memory dump of it; ask: the engine's word is not enough, ask the host; mounted: the tool says so;
    host: what the host then answered, one of the words below; freezing: lxc calls it so.
    """

    def __init__(self, state: str, words: str = "", dump: bool = False, ask: bool = False, mounted: bool = False):
        self.state, self.words, self.dump, self.ask, self.mounted = state, words, dump, ask, mounted
        self.host, self.freezing = "", False


# What the host answers, where it is asked: the container runs beyond doubt, and is not frozen; something of it is there;
# it is between two states; nothing but its mount; nothing at all; what there is cannot be read.
PROVED, SHOWN, BETWEEN, MOUNTED, HIDDEN, UNCLEAR = "proved", "shown", "between", "mounted", "hidden", "unclear"
COLUMNS = ("probe", "monitor", "start", "stop", "migrate_to", "migrate_from", "validate-all")
# A number is the exit code, a word the step that is taken before the next look (STEPS in monitor.py, start.py, ...).
# fmt: off
TABLE = {state: dict(zip(COLUMNS, cells)) for state, *cells in (
    # state      probe        monitor      start      stop       migrate_to  migrate_from  validate-all
    ("unfit",     INSTALLED,   GENERIC,     INSTALLED, OK,        INSTALLED,  INSTALLED,    INSTALLED),
    ("blind",     NOT_RUNNING, GENERIC,     GENERIC,   OK,        GENERIC,    GENERIC,      GENERIC),
    ("doubt",     GENERIC,     GENERIC,     GENERIC,   "halt",    GENERIC,    GENERIC,      GENERIC),
    ("proved",    "inspect",   "inspect",   OK,        "halt",    GENERIC,    GENERIC,      GENERIC),
    ("bare",      OK,          OK,          OK,        "halt",    "suspend",  OK,           OK),
    ("running",   "inspect",   "inspect",   "ready",   "halt",    "suspend",  OK,           OK),
    ("paused",    "again",     "again",     "wake",    "thaw",    "unfreeze", "wake",       OK),
    ("passing",   "again",     "again",     "await",   "settle",  "await",    "await",      OK),
    ("mounted",   GENERIC,     GENERIC,     "launch",  "unmount", "unload",   "restore",    OK),
    ("mounting",  "again",     "again",     "launch",  "unmount", "unload",   "restore",    OK),
    ("absent",    NOT_RUNNING, NOT_RUNNING, INSTALLED, OK,        GENERIC,    GENERIC,      INSTALLED),
    ("suspended", NOT_RUNNING, NOT_RUNNING, "launch",  OK,        OK,         "restore",    OK),
    ("held",      "again",     "again",     "launch",  "yield",   GENERIC,    "restore",    OK),
    ("down",      NOT_RUNNING, NOT_RUNNING, "launch",  OK,        GENERIC,    "restore",    OK),
)}
# fmt: on
MEANING = {
    "unfit": "the host is not set up for it",
    "blind": "its status is unusable, and the host shows nothing of it",
    "doubt": "its status is unusable, and it may be running",
    "proved": "its status is unusable, but the host proves that it runs",
    "bare": "it runs, but its configuration or private area is gone",
    "running": "it runs",
    "paused": "it is paused",
    "passing": "it is between two states",
    "mounted": "it is down, but mounted",
    "mounting": "it is down, but mounted, and another command of vz is at work on it",
    "absent": "there is no such container on this host",
    "suspended": "it is suspended",
    "held": "it is down, but another command of vz is at work on it",
    "down": "it is not running",
}

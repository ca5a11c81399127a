# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the migration: migrate_to suspends the container, migrate_from resumes it on the other host."""

from manageve.start import Start
from manageve.table import Seen


class MigrateFrom(Start):
    def out_of_time(self) -> int:
        self.fail("no success in time")

    STEPS = {"wake": Start.wake, "restore": Start.restore, "await": Start.await_lasting}


class MigrateTo(Start):
    def __init__(self, *args):
        Start.__init__(self, *args)
        self.suspended = False

    def out_of_time(self) -> int:
        self.fail("no success in time")

    def will_come_back(self, seen: Seen) -> bool:
        return False

    def suspend(self, seen: Seen):
        if self.suspended:
            if seen.state == "paused":
                self.engine.wake(self.deadline.end)
            self.fail("it was not suspended")
        self.suspended = True
        ran = self.engine.suspend(self.deadline.force)  # should it hang, what it froze must be woken
        self.note(ran)
        return None

    def unfreeze(self, seen: Seen):
        return self.suspend(seen) if self.suspended else self.wake(seen)

    def unload(self, seen: Seen):
        if not seen.dump:
            self.fail("it is down, there is nothing to suspend")
        return self.unmount(seen)

    STEPS = {"suspend": suspend, "unfreeze": unfreeze, "unload": unload, "await": Start.await_lasting}

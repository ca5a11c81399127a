# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the storage of containers: their configurations, private areas, root file systems, dumps, lock files.

Storage can stop answering for good (dead NFS, Ceph, a paused iSCSI path), and whoever touches it then hangs with it, even
beyond SIGKILL. So nothing in this agent touches it but a function that is asked here, in a child, with a bound to its time.
"""

import time

from manageve.log import put
from manageve.process import Command


class Storage:
    """Asks; an answer that does not come is None: it cannot be told."""

    LONGEST = 3.0  # seconds: storage that is slower has no say in an operation

    def __init__(self, deadline, log):
        self.deadline, self.log = deadline, log

    def ask(self, question, *args, most: float = LONGEST):
        """What question(*args) returns, a text; None: it failed, or there was no answer in time."""

        def answer() -> int:
            try:
                put(1, question(*args))
            except (OSError, ValueError, IndexError) as e:
                put(2, "%r" % e)
                return 1
            return 0

        end = time.monotonic() + min(most, max(0.1, self.deadline.left() / 4))
        asked = Command([question.__name__], function=answer).finish(end)
        text = asked.out if asked.code == 0 else None
        self.log.debug("%s: %s" % (question.__name__, asked.record() if text is None else text or "nothing"))
        return text

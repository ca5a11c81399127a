# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last resort: end a container without its tool, where the tool's forced stop fails or hangs.

It saves the node from being fenced with all that runs on it. What belongs to no other container is the engine's to say
(own_cgroups); nothing else is touched.
"""

from manageve import cgroups


def end(engine, log, name: str, again: bool) -> bool:
    """SIGKILL to everything in the container's own cgroups, thawed first; False: there was nothing, or it is still there.
    again: this is not the first time; what watches over a container that is dead, and hangs, is ended then."""
    try:
        own = [d for d in engine.own_cgroups() if cgroups.populated(d)]
        if again and not own:
            own = [d for d in engine.own_cgroups(watcher=True) if cgroups.populated(d)]
    except (OSError, ValueError, IndexError) as e:
        log.error("%s: the last resort: its cgroups cannot be read: %s" % (name, e))
        return False
    if not own:
        if not again:
            log.error("%s: the last resort: no cgroup shows a process of it" % name)
        return False
    log.error("%s: the last resort: SIGKILL to everything in %s" % (name, ", ".join(own)))
    return cgroups.end(own, max(1, int(engine.deadline.left() / 3 / 0.05)))


def wake(engine, log, name: str) -> bool:
    """Thaw its own cgroups, where the tool does not know that they are frozen."""
    own = [d for d in engine.own_cgroups() if cgroups.is_frozen(d)]
    for directory in own:
        log.warning("%s: it is frozen: thawing %s" % (name, directory))
        cgroups.thaw(directory)
    return bool(own)

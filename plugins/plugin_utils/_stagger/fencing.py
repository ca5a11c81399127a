# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is stopped to be started again while a node is lost: Pacemaker starts nothing anywhere before that is fenced."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import some
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.options import AGAIN, Options
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.report import DONE, SILENCE, Report
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.state import (
    INTERRUPTED,
    INTERVAL,
    Outside,
    Over,
)
from ansible_collections.openve.pacemaker.plugins.plugin_utils._stagger.watch import Watch

STUCK_LOOKS = 15  # looks at a cluster that waits for a node to be fenced, which failed: it is tried again


def wait(outside: Outside, options: Options, watch: Watch, report: Report) -> None:
    """Before a batch: until no node is lost. Over where that needs a human."""
    looks = 0
    while options.state in AGAIN and watch.seen.lost:
        if outside.interrupted():
            raise Over(INTERRUPTED)
        looks = looks + 1 if watch.seen.stuck else 0
        if looks >= STUCK_LOOKS:
            raise Over(stuck(options, watch))
        if report.seconds() > options.timeout:
            raise Over('they are not %s after %d s' % (DONE[options.state], options.timeout))
        if report.silent() > SILENCE:
            report.say('waiting: %s is to be fenced before the next ones are stopped' % some(sorted(watch.seen.lost)))
        outside.sleep(INTERVAL)
        watch.look()


def stuck(options: Options, watch: Watch) -> str:
    """Why a run ends then."""
    return '%s is lost and not fenced, and nothing starts before that is mended; so nothing more is %s' % (
        some(sorted(watch.seen.lost)),
        options.state,
    )

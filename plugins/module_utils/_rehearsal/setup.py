# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a rehearsal begins with: the cluster, what is asked of it, its limits, and how long things take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import guests
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.model import Declaration
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    cluster as clusters,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    durations as lengths,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    limits,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal import (
    options as fields,
)
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.cluster import Cluster
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.durations import Durations
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.limits import AtOnce
from ansible_collections.openve.pacemaker.plugins.module_utils._rehearsal.options import Options


@dataclass(frozen=True)
class Setup:
    """``assumptions``: what was assumed to get here, a sentence each."""

    runner: Runner
    cluster: Cluster
    options: Options
    limits: AtOnce
    durations: Durations
    assumptions: list[str]


def read(
    runner: Runner, root: Element, arguments: Mapping[str, Any], declared: Declaration | None, live: bool
) -> Setup:
    cluster, of_the_cluster = clusters.look(runner, root, live, guests.read_asked(arguments.get('guests')))
    options = fields.read(arguments, cluster)
    at_once, of_the_limits = limits.read(runner, cluster, options)
    durations, of_the_durations = lengths.read(cluster, options, declared)
    assumptions = of_the_cluster + of_the_limits + of_the_durations
    return Setup(runner, cluster, options, at_once, durations, assumptions)

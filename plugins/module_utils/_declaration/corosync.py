# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a corosync.conf says of its cluster."""

from __future__ import annotations

import re
from typing import Any


def parse(conf: str) -> tuple[str, list[dict[str, Any]]]:
    """Name of the cluster and its nodes, as a corosync.conf has them."""
    conf = re.sub(r'^\s*#.*$', '', conf, flags=re.M)
    nodes: list[dict[str, Any]] = []
    for block in re.findall(r'\bnode\s*\{([^{}]*)\}', conf):
        values = dict(re.findall(r'^\s*(\w+)\s*:\s*(.*?)\s*$', block, flags=re.M))
        nodes.append(
            {
                'name': values.get('name', values.get('ring0_addr', '')),
                'nodeid': int(values.get('nodeid', 0)),
                'addresses': [values[key] for key in sorted(values) if re.fullmatch(r'ring\d_addr', key)],
            }
        )
    name = re.search(r'^\s*cluster_name\s*:\s*(.*?)\s*$', conf, flags=re.M)
    return (name.group(1) if name else ''), nodes


def is_fresh(conf: str) -> bool:
    """Whether it is no cluster's."""
    # One without a node list (multicast) is somebody's cluster: only Debian's, which names its node, counts as none.
    nodes = parse(conf)[1]
    return not conf.strip() or (bool(nodes) and all(node['addresses'] == ['127.0.0.1'] for node in nodes))

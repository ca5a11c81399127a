# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nudges the cluster through the first host of the play on which Pacemaker answers."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.asking import Asking


class ActionModule(Asking):
    MODULE = 'openve.pacemaker.cluster_nudge'

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ocf:openve:ManageVE - system containers (vzctl, LXC) under Pacemaker. OCF resource agent API 1.1.

The way of an operation: main.py (which action, may it run) - operation.py (look, follow the table) - table.py (what
follows from what is the case) - monitor.py, start.py, stop.py, migrate.py (the steps of the table) - an engine
(engines.py: which there are; engine.py: what they share; vzctl.py, lxc.py: their tools; host.py: what the host shows).
"""

VERSION = "1.0.0"
# What this library consists of, and a name for just this content of it: files/ManageVE uses no other.
# tests/generate_agent_build.py writes the next two.
FILES = (
    "__init__.py",
    "actions.py",
    "cgroups.py",
    "compile.py",
    "deadline.py",
    "engine.py",
    "engines.py",
    "errors.py",
    "failures.py",
    "halt_again.py",
    "host.py",
    "last_resort.py",
    "loader.py",
    "log.py",
    "lxc.py",
    "lxc_files.py",
    "lxc_host.py",
    "main.py",
    "metadata.py",
    "migrate.py",
    "monitor.py",
    "operation.py",
    "parameters.py",
    "process.py",
    "readiness.py",
    "rundir.py",
    "slots.py",
    "start.py",
    "stop.py",
    "storage.py",
    "system.py",
    "table.py",
    "text.py",
    "vzctl.py",
    "vzctl_files.py",
    "vzctl_host.py",
    "vzctl_status.py",
    "waiting.py",
)
BUILD = "1.0.0-1ded81fe95d9"

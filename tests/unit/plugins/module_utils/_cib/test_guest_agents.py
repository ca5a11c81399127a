# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of agents against the agents' own files, as the package resource-agents has them."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cib.guest_agents import AGENTS

AGENT_FILES = pathlib.Path('/usr/lib/ocf/resource.d/heartbeat')
THEIRS = {agent.name.split(':')[-1]: agent for agent in AGENTS if agent.name.startswith('ocf:heartbeat:')}


@pytest.mark.parametrize('name', THEIRS)
def test_what_they_advertise_and_how_they_name_a_guest(name):
    agent, text = THEIRS[name], (AGENT_FILES / name).read_text()
    advertised = dict(re.findall(r'<action name="(\w+)"[^>]*? timeout="(\d+)s?"', text))
    assert {action: int(advertised[action]) for action in agent.timeouts} == agent.timeouts
    parameters = re.findall(r'<parameter name="(\w+)"', text)
    said = [*agent.names, agent.wait.parameter, agent.grace.parameter, agent.grace.forced]
    assert set(filter(None, said)) <= set(parameters)


@pytest.mark.parametrize(
    'name, kept',
    [
        ('VirtualDomain', r'CRM_meta_timeout/1000\) -5'),
        ('lxc', r'CRM_meta_timeout/1000\) -5'),
        ('Xen', r'CRM_meta_timeout/1500'),
        ('podman', r'CRM_meta_timeout/1000\) -10'),
        ('docker', r'CRM_meta_timeout/1000\) -10'),
        ('ManageVE', r'ocf_run \$VZCTL stop \$VEID \|\|'),  # no time of its own: vzctl's
    ],
)
def test_what_they_keep_of_a_stop(name, kept):
    assert re.search(kept, (AGENT_FILES / name).read_text())


@pytest.mark.parametrize(
    'name, timeout, parameters, grace',
    [
        ('VirtualDomain', 90, {}, 85),
        ('VirtualDomain', 90, {'force_stop': 'true'}, 0),
        ('lxc', 30, {}, 25),
        ('Xen', 40, {}, pytest.approx(26.7, abs=0.1)),
        ('Xen', 40, {'shutdown_timeout': '60'}, 60),
        ('podman', 15, {}, 10),
        ('ManageVE', 75, {}, 120),
    ],
)
def test_how_long_a_stop_lets_it_shut_down(name, timeout, parameters, grace):
    assert THEIRS[name].grace.of(timeout, parameters) == grace


def test_where_a_start_waits_for_a_script_its_agent_runs_it_in_start():
    for name, call in (
        ('VirtualDomain', 'VirtualDomain_monitor'),
        ('Xen', 'Xen_Monitor'),
        ('podman', 'monitor_cmd_exec'),
    ):
        text = (AGENT_FILES / name).read_text()
        start = re.search(r'^\w+_[Ss]tart\(\)\s*\{(.*?)^\}', text, re.DOTALL | re.MULTILINE).group(1)
        assert call in start and 'sleep 1' in start
    assert 'lxc-start' in (AGENT_FILES / 'lxc').read_text() and not THEIRS['lxc'].wait.parameter

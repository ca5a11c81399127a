# SPDX-License-Identifier: GPL-3.0-or-later
"""One node with a simulated vzctl, after role agent."""

import re
import time
import xml.etree.ElementTree as ET

import pytest

AGENT = "/usr/lib/ocf/resource.d/openve/ManageVE"


def ocf(host, action, **params):
    variables = " ".join("OCF_RESKEY_%s=%s" % pair for pair in {"veid": "101", **params}.items())
    return host.run("OCF_ROOT=/usr/lib/ocf OCF_RESKEY_CRM_meta_timeout=60000 %s %s %s" % (variables, AGENT, action))


def test_the_agent_is_installed(host):
    agent = host.file(AGENT)
    assert agent.is_file and agent.mode == 0o755 and agent.user == "root"


def test_its_library_is_installed_and_compiled(host):
    build = re.search(r'^BUILD = "(.+)"$', host.file(AGENT).content_string, re.MULTILINE).group(1)
    library = "/usr/lib/ocf/lib/openve/manageve-" + build
    assert host.file("/usr/lib/ocf/lib/openve").listdir() == ["manageve-" + build]
    checked = host.run("/usr/bin/python3 -IS %s/compile.py --check" % library)
    assert (checked.rc, checked.stdout) == (0, ""), "what is kept is not what the launcher believes"
    assert host.run("find %s ! -user root -o -perm /022" % library).stdout == ""


def test_its_metadata_is_what_pacemaker_reads(host):
    shown = host.run("crm_resource --show-metadata ocf:openve:ManageVE")
    assert shown.rc == 0, shown.stderr
    actions = {action.get("name"): action.get("timeout") for action in ET.fromstring(shown.stdout).iter("action")}
    assert actions["start"] == "180s" and actions["stop"] == "150s"


@pytest.mark.parametrize("setting", ["ONBOOT", "ALLOWREBOOT"])
def test_the_host_does_not_start_the_ve(host, setting):
    lines = [
        line for line in host.file("/etc/vz/conf/101.conf").content_string.splitlines() if line.startswith(setting)
    ]
    assert lines[-1] == '%s="no"' % setting


def test_pacemaker_stops_before_all_that_ves_stand_on_and_has_the_time(host):
    wanted = {"vz.service", "lxc.service", "lxcfs.service", "libvirtd.service", "remote-fs.target", "drbd.service"}
    for unit in ("pacemaker.service", "resource-agents-deps.target"):
        assert wanted <= set(host.run("systemctl show --value --property After %s" % unit).stdout.split()), unit
    remote = host.file(
        "/etc/systemd/system/pacemaker_remote.service.d/openve.conf"
    ).content_string  # is not installed here
    assert wanted <= {line[6:] for line in remote.splitlines() if line.startswith("After=")}
    assert host.run("systemctl show --value --property TimeoutStopUSec pacemaker.service").stdout.strip() == "30min"
    # units that are not here are no mistake, and order nothing
    verified = host.run("systemd-analyze verify --man=no pacemaker.service")
    assert verified.rc == 0 and "cycle" not in verified.stderr, verified.stderr
    assert host.run("systemctl show --value --property LoadState vz.service").stdout.strip() == "not-found"


def test_start_returns_when_the_ve_has_booted(host):
    assert ocf(host, "monitor").rc == 7
    began = time.monotonic()
    started = ocf(host, "start")
    assert started.rc == 0, started.stderr
    assert time.monotonic() - began >= 2  # BOOT of prepare.yml
    assert "running" in host.run("vzctl status 101").stdout
    assert ocf(host, "monitor").rc == 0
    stopped = ocf(host, "stop")
    assert stopped.rc == 0, stopped.stderr
    assert ocf(host, "monitor").rc == 7
    assert "down" in host.run("vzctl status 101").stdout


def test_a_ve_that_is_not_here_is_no_failure(host):
    assert ocf(host, "monitor", veid="102").rc == 7
    assert ocf(host, "stop", veid="102").rc == 0
    assert ocf(host, "start", veid="102").rc == 5

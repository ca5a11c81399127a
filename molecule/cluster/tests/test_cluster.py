# SPDX-License-Identifier: GPL-3.0-or-later
"""Three nodes after playbooks/site.yml."""

import pathlib
import sys
import xml.etree.ElementTree as ET

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tests/lab"))
import timeline  # noqa: E402

NODES = {"n1", "n2", "n3"}
VES = {"ve-%d" % number for number in range(101, 110)}
LIMIT = 2


@pytest.fixture(scope="module")
def status(host):
    return ET.fromstring(host.check_output("crm_mon --one-shot --inactive --output-as=xml"))


@pytest.fixture(scope="module")
def cib(host):
    return ET.fromstring(host.check_output("cibadmin --query"))


def test_the_cluster_has_quorum(host, status):
    assert status.find("summary/current_dc").get("with_quorum") == "true"
    assert {node.get("name") for node in status.iter("node") if node.get("online") == "true"} == NODES
    quorum = host.check_output("corosync-quorumtool -s || true")
    assert "Quorate:          Yes" in quorum


def test_the_links_are_encrypted(host):
    assert host.check_output("corosync-cmapctl -g totem.crypto_cipher").endswith("= aes256")
    key = host.file("/etc/corosync/authkey")
    assert key.mode == 0o400 and key.size >= 128


def test_fencing_is_on_and_can_act(host, status):
    assert status.find("summary/cluster_options").get("stonith-enabled") == "true"
    device = [
        resource for resource in status.iter("resource") if resource.get("resource_agent") == "stonith:fence_podman"
    ]
    assert [resource.get("role") for resource in device] == ["Started"]
    others = NODES - {host.check_output("uname -n")}
    for node in others:
        assert "fence-podman" in host.check_output("stonith_admin --list=%s" % node)


def test_every_ve_runs_once(host, status):
    running = {}
    for resource in status.iter("resource"):
        if resource.get("resource_agent") == "ocf:openve:ManageVE":
            assert resource.get("role") == "Started" and resource.get("failed") == "false"
            running.setdefault(resource.get("id"), []).extend(node.get("name") for node in resource.findall("node"))
    assert set(running) == VES
    assert all(len(nodes) == 1 for nodes in running.values()), running
    # and what the cluster says is true
    here = {name for name, nodes in running.items() if nodes == [host.check_output("uname -n")]}
    assert {"ve-" + name for name in host.check_output("lxc-ls --running -1").split()} == here


def test_no_operation_failed(status):
    assert not [failure.attrib for failure in status.iter("failure")]


@pytest.mark.parametrize(
    "ve, operation, timeout",
    [
        ("ve-101", "start", "180s"),
        ("ve-101", "stop", "150s"),  # 120 s, 15 % of it for force, 5 % in reserve
        ("ve-101", "monitor", "30s"),
        ("ve-103", "stop", "365s"),  # stop_grace: 5min
        ("ve-105", "start", "240s"),  # boot_time: 100s, twice and a margin
    ],
)
def test_operations_have_the_right_timeout(cib, ve, operation, timeout):
    operations = cib.findall(".//primitive[@id='%s']/operations/op[@name='%s']" % (ve, operation))
    assert [op.get("timeout") for op in operations] == [timeout]


def test_a_monitor_command_runs_in_depth(cib):
    op = cib.find(".//primitive[@id='ve-104']/operations/op[@interval='60s']")
    assert op.find("instance_attributes/nvpair[@name='OCF_CHECK_LEVEL']").get("value") == "10"


def test_the_limit_was_there_before_pacemaker_started(host, cib):
    assert cib.find(".//crm_config//nvpair[@name='node-action-limit']").get("value") == str(LIMIT)
    # the first CIB that Pacemaker saved is the one that the role wrote
    first = host.file("/var/lib/pacemaker/cib/cib-0.raw")
    oldest = (
        first.content_string
        if first.exists
        else host.check_output("cat $(ls -tr /var/lib/pacemaker/cib/cib-*.raw | head -1)")
    )
    assert 'name="node-action-limit" value="%d"' % LIMIT in oldest


def test_no_more_than_the_limit_booted_at_once(host):
    """By what the VEs themselves wrote as they booted."""
    booted = timeline.boots(host.check_output("cat /srv/trace/log"), float("inf"))
    assert booted and all(ready for _ve, _begin, _end, ready in booted)
    assert 1 <= timeline.peak(booted) <= LIMIT, booted


def test_the_host_does_not_start_the_ves(host):
    """However it was to be: prepare.yml."""
    for name in VES:
        config = host.file("/var/lib/lxc/%s/config" % name[3:]).content_string
        assert [line for line in config.splitlines() if line.startswith("lxc.start.auto")][-1] == "lxc.start.auto = 0"
    assert "lxc.start.auto = 1" in host.file("/var/lib/lxc/boot.d/auto.conf").content_string, "others may share it"
    # by lxc's own reading, includes and groups and all
    auto = host.check_output("for ve in %s; do lxc-info -n $ve -c lxc.start.auto; done" % " ".join(v[3:] for v in VES))
    assert set(auto.splitlines()) == {"lxc.start.auto = 0"}
    started = host.check_output("lxc-autostart --list --all; lxc-autostart --list --groups onboot,")
    assert not VES & {"ve-" + line.split()[0] for line in started.splitlines()}
    assert host.check_output("ls -A /etc/lxc/auto") == ""
    assert host.run("systemctl is-enabled lxc@103.service").stdout.strip() == "disabled"
    assert host.run("systemctl is-enabled lxc@other.service").stdout.strip() == "enabled", "nobody declared that one"

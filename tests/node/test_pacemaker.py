# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent under a real Pacemaker, two nodes: what may go wrong on one of them and must not stop a VE that runs on the other,
and what an administrator may mistype. Runs outside, and reaches the nodes by `podman exec`."""

import os
import pathlib
import re
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

HERE = pathlib.Path(__file__).resolve().parent
LAB = os.environ["OPENVE_LAB"] + "-agent"
VE = "ve-101"
COROSYNC = """
totem {
    version: 2
    cluster_name: openve-agent
    transport: udpu
    token: 3000
}
nodelist {
    node {
        name: n1
        nodeid: 1
        ring0_addr: %s
    }
    node {
        name: n2
        nodeid: 2
        ring0_addr: %s
    }
}
quorum {
    provider: corosync_votequorum
    two_node: 1
    wait_for_all: 0
}
system {
    sched_rr: no
    move_to_root_cgroup: no
}
logging {
    to_syslog: yes
}
"""
# dc-deadtime: no 20 s of waiting for other nodes. load-threshold: a node sees the load of the whole machine. No fencing: what is
# looked for here is a stop, and the death of a node would hide it.
PROPERTIES = {"dc-deadtime": "2s", "load-threshold": "0%", "stonith-enabled": "false"}


class Node:
    def __init__(self, name):
        self.name = name

    def run(self, *argv, text=None):
        return subprocess.run(
            ["podman", "exec", "-i", "%s-%s" % (LAB, self.name)] + list(argv),
            input=text or "",
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )

    def do(self, *argv, text=None):
        ran = self.run(*argv, text=text)
        assert ran.returncode == 0, "%s: %s" % (" ".join(argv), ran.stdout)
        return ran.stdout

    def sh(self, script, text=None):
        return self.do("sh", "-ec", script, text=text)

    def log(self):
        return self.sh("touch /var/log/pacemaker/pacemaker.log; cat /var/log/pacemaker/pacemaker.log")

    def join(self):
        self.do("systemctl", "start", "corosync", "pacemaker")
        wait_until(lambda: self.name in online(), "%s is online" % self.name)

    def leave(self):
        self.do("systemctl", "stop", "pacemaker", "corosync")
        wait_until(lambda: self.name not in online(), "%s is offline" % self.name)


N1, N2 = Node("n1"), Node("n2")


def wait_until(true, what, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain: " + what
        time.sleep(0.3)


def status(*options):
    return ET.fromstring(N1.do("crm_mon", "--one-shot", "--output-as=xml", *options))


def online():
    shown = N1.run("crm_mon", "--one-shot", "--output-as=xml")
    if shown.returncode:
        return []
    return [
        node.get("name") for node in ET.fromstring(shown.stdout).iterfind("nodes/node") if node.get("online") == "true"
    ]


def history(node):
    """(operation, exit code) of all that Pacemaker remembers of the VE on a node."""
    cib = ET.fromstring(N1.do("cibadmin", "--query"))
    return [
        (op.get("operation"), int(op.get("rc-code")))
        for op in cib.iterfind("status/node_state[@uname='%s']//lrm_resource[@id='%s']/lrm_rsc_op" % (node, VE))
    ]


def init():
    """The VE's process 1 on n1, 0 if it does not run."""
    return int(N1.do("lxc-info", "-n", "101", "-pH") or 0)


def settled():
    """All that Pacemaker has to do is done."""
    N1.do("crm_resource", "--wait", "--timeout=60s")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """n1 with the VE running under Pacemaker; n2 is not in yet."""
    addresses = tuple(node.do("hostname", "-I").split()[0] for node in (N1, N2))
    for node in (N1, N2):
        node.do("systemctl", "stop", "pacemaker", "corosync")
        node.sh("cat >/etc/corosync/corosync.conf", COROSYNC % addresses)
        cib = ET.fromstring(node.do("cibadmin", "--empty"))
        settings = ET.SubElement(
            cib.find("configuration/crm_config"), "cluster_property_set", id="cib-bootstrap-options"
        )
        for name, value in PROPERTIES.items():
            ET.SubElement(settings, "nvpair", id=name, name=name, value=value)
        node.sh(
            "cd /var/lib/pacemaker/cib && rm -f * && cat >cib.xml && chmod 600 cib.xml && chown hacluster:haclient cib.xml",
            ET.tostring(cib, encoding="unicode"),
        )
    N1.do("sh", "-s", "101", "1", "0", text=(HERE / "../lab/make_ves").read_text())
    N1.do("cp", "/var/lib/lxc/101/config", "/vz/101.config")
    N1.join()
    N1.do(
        "pcs",
        "resource",
        "create",
        VE,
        "ocf:openve:ManageVE",
        "veid=101",
        "engine=lxc",
        "ready_command=test -e /run/booted",
        "stop_grace=10s",
        "op",
        "monitor",
        "interval=1s",
        "timeout=20s",
    )
    settled()
    assert ("start", 0) in history("n1")
    yield
    N2.leave()


MISSING = {
    # what to take away from n2, how to give it back, and what the probe there must say
    "the tool": ("for tool in /usr/bin/lxc-*; do mount --bind /dev/null $tool; done", "umount /usr/bin/lxc-*", 5),
    "its configuration": ("mount -t tmpfs tmpfs /var/lib/lxc", "umount /var/lib/lxc", 7),
    "its storage": ("mount -t tmpfs tmpfs /vz", "umount /vz", 7),
    # OTHER is somebody else's, and LXC gives such names to cgroups of 101, too
    "its configuration, beside 101-N": (
        "mount -t tmpfs tmpfs /var/lib/lxc && mkdir -p /srv/other/OTHER && sed 's,/vz/private/101,/srv/other/root,' /vz/101.config"
        " >/srv/other/OTHER/config && cp -a /vz/private/101 /srv/other/root && lxc-start -n OTHER -P /srv/other -d",
        "lxc-stop -k -n OTHER -P /srv/other && umount /var/lib/lxc",
        7,
    ),
}
OTHER = "101-%d" % time.time()  # of its own in every run: its cgroup must have that very name


@pytest.mark.parametrize("missing", MISSING)
def test_a_node_joins_without(missing, request):
    take, give, fitting = MISSING[missing]
    N2.sh(take.replace("OTHER", OTHER))
    request.addfinalizer(lambda: N2.sh(give.replace("OTHER", OTHER)))
    pid, before = init(), history("n1")
    marks = {node: len(node.log()) for node in (N1, N2)}
    N2.join()
    request.addfinalizer(N2.leave)
    wait_until(lambda: history("n2"), "a probe on n2")
    settled()
    assert set(history("n2")) == {("monitor", fitting)}
    assert init() == pid and history("n1") == before, "the VE was disturbed"
    for node, mark in marks.items():
        assert "stop" not in operations(node.log()[mark:])


def operations(log):
    """Of the VE, as Pacemaker's controller logs them."""
    return re.findall(r"Result of (\S+) operation for %s on" % VE, log)


@pytest.mark.parametrize(
    "name, bad, good",
    [
        ("stop_grace", "soon", "20s"),
        ("start_slots", "-1", "1"),
        ("on_dump", "burn", "refuse"),
        ("force_stop", "perhaps", "false"),
    ],
)
def test_a_mistyped_parameter_is_mended(name, bad, good):
    pid = init()
    for value in (bad, good):
        mark = len(N1.log())
        N1.do("crm_resource", "--resource", VE, "--set-parameter", name, "--parameter-value", value)
        wait_until(lambda: "reload-agent" in operations(N1.log()[mark:]), "reload-agent")
        time.sleep(2)  # its monitor, which goes on every second, fails neither
        done = operations(N1.log()[mark:])
        assert "stop" not in done and "start" not in done
        assert init() == pid and not list(status().iter("failure"))


def test_a_mistyped_parameter_does_not_keep_it_running():
    N1.do("crm_resource", "--resource", VE, "--set-parameter", "stop_grace", "--parameter-value", "soon")
    N1.do("pcs", "resource", "disable", VE, "--wait=60")
    assert N1.do("lxc-info", "-n", "101", "-sH").strip() == "STOPPED"
    assert not list(status().iter("failure"))

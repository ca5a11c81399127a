# SPDX-License-Identifier: GPL-3.0-or-later
"""A node with VEs goes down by itself: none dies before Pacemaker has stopped it, and what they stand on stays until then."""

import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest
import testinfra
import yaml

CHECKOUT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(CHECKOUT / "tests/lab"))
import live  # noqa: E402

LAB = os.environ["OPENVE_LAB"] + "-test"
NODE = "n3"
HOST = testinfra.get_host("podman://%s-%s" % (LAB, NODE))
DC = testinfra.get_host("podman://%s-n1" % LAB)
TRACE = pathlib.Path(os.environ["OPENVE_LAB_STATE"]) / LAB / "trace" / NODE
STANDS_ON = yaml.safe_load((CHECKOUT / "roles/agent/vars/main.yml").read_text())["agent_stands_on"]
UNDECLARED = "120"
MOUNTS = ("/srv/local", "/srv/remote", "/srv/hand")

# Says when it stops, and how many VEs run then
SAYS = "/bin/sh -c 'echo $$(cut -d\" \" -f1 /proc/uptime) %n $$(lxc-ls --running -1 | wc -l) >>/srv/trace/order'"
# All that can be seen from outside of any order, until systemd kills what is left
WATCH = """while sleep 0.05; do
    echo $(cut -d' ' -f1 /proc/uptime) $(pidof pacemakerd || echo -) $(grep -c ' /srv/\\(local\\|remote\\|hand\\) ' /proc/self/mountinfo)
done >/srv/trace/watch"""


def write(path, text):
    HOST.check_output("mkdir -p %s && printf '%%s' %s >%s", str(pathlib.PurePath(path).parent), text, path)


def ves():
    """{VE: its node, or None}"""
    root = ET.fromstring(DC.check_output("crm_mon --one-shot --inactive --output-as=xml"))
    return {
        resource.get("id"): (resource.find("node").get("name") if resource.find("node") is not None else None)
        for resource in root.iter("resource")
        if resource.get("resource_agent") == "ocf:openve:ManageVE"
    }


@pytest.fixture(scope="module")
def shut_down():
    """(VEs that ran there, what the units wrote, what was watched, Pacemaker's log of it, what runs there when it is back)"""
    have = HOST.check_output("systemctl list-unit-files --no-legend --plain | cut -d' ' -f1").split()
    stubs = []
    for unit in STANDS_ON:
        if not unit.endswith(".service"):
            continue
        if unit in have:
            own = HOST.check_output("systemctl cat %s | sed -n 's/^ExecStop=//p'", unit).splitlines()
            lines = ["[Service]", "ExecStop="] + ["ExecStop=" + each for each in [SAYS, *own]]
            write("/run/systemd/system/%s.d/says.conf" % unit, "\n".join(lines) + "\n")
        else:
            write(
                "/run/systemd/system/%s" % unit,
                "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=%s\n" % SAYS,
            )
            stubs.append(unit)
    # one that nobody declared, as the control: the host starts what it is left
    make = (CHECKOUT / "tests/lab/make_ves").read_text()
    podman = ["podman", "exec", "-i", "%s-%s" % (LAB, NODE), "sh", "-s", UNDECLARED, "1", "2"]
    subprocess.run(podman, input=make, check=True, capture_output=True, text=True)
    HOST.check_output("sed -i 's/^lxc.start.auto = 0/lxc.start.auto = 1/' /var/lib/lxc/%s/config" % UNDECLARED)
    HOST.check_output("mkdir -p %s" % " ".join(MOUNTS))
    write("/run/systemd/system/srv-local.mount", "[Mount]\nWhat=tmpfs\nWhere=/srv/local\nType=tmpfs\n")
    write(
        "/run/systemd/system/srv-remote.mount",
        "[Unit]\nBefore=remote-fs.target\n[Mount]\nWhat=tmpfs\nWhere=/srv/remote\nType=tmpfs\nOptions=_netdev\n",
    )
    HOST.check_output(
        "systemctl daemon-reload && systemctl start srv-local.mount srv-remote.mount %s" % " ".join(stubs)
    )
    HOST.check_output("mount -t tmpfs -o _netdev tmpfs /srv/hand")  # as Pacemaker's Filesystem does
    write("/srv/watch", WATCH)
    HOST.check_output("rm -f /srv/trace/order /srv/trace/watch")
    HOST.check_output("systemd-run --unit=watch -p DefaultDependencies=no -p IgnoreOnIsolate=yes /bin/sh /srv/watch")
    running = {name for name, node in ves().items() if node == NODE}
    log = HOST.check_output("wc -l </var/log/pacemaker/pacemaker.log")
    HOST.check_output("systemctl reboot --no-block")
    end = time.monotonic() + 90
    while live.podman("inspect", "--format", "{{.State.Status}}", "%s-%s" % (LAB, NODE)).strip() != "exited":
        assert time.monotonic() < end, "it does not go down"
        time.sleep(0.5)
    live.power(NODE, LAB)
    while DC.run("crm_mon -1 | grep -c 'Online: \\[ n1 n2 n3 \\]'").rc:
        assert time.monotonic() < end + 120
        time.sleep(1)
    DC.check_output("crm_resource --wait --timeout=300")
    HOST.check_output("systemctl is-system-running --wait || true")
    started = set(HOST.check_output("lxc-ls --running -1").split())
    HOST.check_output("sed -i 's/^lxc.start.auto = 1/lxc.start.auto = 0/' /var/lib/lxc/%s/config" % UNDECLARED)
    HOST.check_output("lxc-stop --kill --name %s" % UNDECLARED)
    yield (
        running,
        [line.split() for line in (TRACE / "order").read_text().splitlines()],
        [line.split() for line in (TRACE / "watch").read_text().splitlines()],
        HOST.check_output("tail -n +%d /var/log/pacemaker/pacemaker.log" % (int(log) + 1)),
        started,
    )
    # spread them again for the tests that follow
    subprocess.run(
        ["podman", "exec", "%s-n1" % LAB, "sh", "-c", REBALANCE],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


REBALANCE = """set -e
set_roles() { for number in 101 102 103 104 105 106 107 108 109; do
    crm_resource --resource ve-$number --meta --set-parameter target-role --parameter-value $1 >/dev/null
done; crm_resource --wait --timeout=120; }
set_roles Stopped
set_roles Started"""


def test_pacemaker_stopped_every_ve_and_nothing_that_they_stand_on_went_before(shut_down):
    running, order, _watch, log, _started = shut_down
    assert len(running) >= 2, "the premise"
    stopped = set(re.findall(r"Result of stop operation for (ve-\d+) on %s: (?i:ok)" % NODE, log))
    assert running <= stopped, "each was stopped by Pacemaker, and while there was something to stop"
    assert not re.findall(r"Result of (?:monitor|stop) operation for (ve-\S+) on %s: (?!(?i:ok|Cancelled))" % NODE, log)
    said = {unit for _when, unit, _ves in order}
    expected = {unit for unit in STANDS_ON if unit.endswith(".service")}
    assert {"lxc.service", "lxc-net.service", "vz.service", "libvirtd.service", "drbd.service"} <= said
    assert len(expected - said) <= 4, expected - said  # not all that are here were active
    assert {int(ves) for _when, _unit, ves in order} == {0}, [row for row in order if row[2] != "0"]


def test_mounts_stay_until_pacemaker_is_gone_remote_ones_and_those_made_by_hand_too(shut_down):
    watch = shut_down[2]
    with_pacemaker = [int(row[-1]) for row in watch if row[1] != "-"]
    without = [int(row[-1]) for row in watch if row[1] == "-"]
    assert set(with_pacemaker) == {len(MOUNTS)}
    assert without and without[-1] == 0, "and they were unmounted by systemd then"


def test_the_ves_of_that_node_run_on_and_nobody_was_fenced(shut_down):
    running = shut_down[0]
    where = ves()
    assert all(where[name] in ("n1", "n2", "n3") for name in running)
    assert "<failure " not in DC.check_output("crm_mon --one-shot --output-as=xml")
    assert "fence_event" not in DC.check_output("stonith_admin --history=%s --output-as=xml" % NODE)


def test_at_boot_the_host_started_no_ve_of_the_cluster(shut_down):
    assert shut_down[4] == {UNDECLARED}

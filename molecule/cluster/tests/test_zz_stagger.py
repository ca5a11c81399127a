# SPDX-License-Identifier: GPL-3.0-or-later
"""ve_stagger on the live cluster, with what goes wrong. The last tests kill nodes, so this file is the last one.

On another lab than molecule's: STAGGER_LAB=$OPENVE_LAB-demo python -m pytest molecule/cluster/tests/test_zz_stagger.py
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/lab"))
import timeline  # noqa: E402

LAB = os.environ.get("STAGGER_LAB") or os.environ["OPENVE_LAB"] + "-test"
TRACE = pathlib.Path(os.environ["OPENVE_LAB_STATE"]) / LAB / "trace"
LIMIT = 2


def on(node, *argv):
    done = subprocess.run(
        ["podman", "exec", "%s-%s" % (LAB, node), *argv], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, (argv, done.stdout, done.stderr)
    return done.stdout


def uptime():
    return float(pathlib.Path("/proc/uptime").read_text().split()[0])


def status(node="n1"):
    return ET.fromstring(on(node, "crm_mon", "--one-shot", "--inactive", "--output-as=xml", "--fence-history=3"))


def ves(node="n1"):
    """{name: (role, node)}"""
    return {
        resource.get("id"): (
            resource.get("role"),
            None if resource.find("node") is None else resource.find("node").get("name"),
        )
        for resource in status(node).iter("resource")
        if resource.get("resource_agent") == "ocf:openve:ManageVE"
    }


def target_role(name):
    resource = status().find(".//resource[@id='%s']" % name)
    return (resource.get("target_role") or "started").lower()


INVENTORY = ["-i", str(ROOT / "molecule/cluster/inventory"), "-e", "lab_name=" + LAB]
ENVIRONMENT = dict(os.environ, ANSIBLE_PIPELINING="true", ANSIBLE_NOCOLOR="1")


def playbook(name, *options, rc=0):
    """One of the collection's, as an admin runs it; what it showed."""
    done = subprocess.run(
        ["ansible-playbook", *INVENTORY, "-e", "openve_hosts=nodes", "openve.pacemaker." + name, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=ENVIRONMENT,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == rc
    return done.stdout + done.stderr


def descendants(pid):
    """It, and all that it started, the first ones first; each in a session of its own or not."""
    found = [pid]
    for parent in found:
        for children in pathlib.Path("/proc/%d/task" % parent).glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def send(number, pids):
    for pid in pids:
        os.kill(pid, number)


def mark():
    """{name: value} of what stands in the CIB of a run that has not ended."""
    properties = ET.fromstring(on("n1", "cibadmin", "--query", "--scope", "crm_config"))
    pairs = properties.findall("cluster_property_set[@id='openve-run']/nvpair")
    return {pair.get("name"): pair.get("value") for pair in pairs}


class Run:
    """ansible-playbook in the background."""

    def __init__(self, folder, host="n1", options=(), run_once=False, **arguments):
        self.result_file = folder / "result.json"
        self.result_file.unlink(missing_ok=True)
        play = [
            {
                "hosts": host,
                "gather_facts": False,
                "order": "reverse_inventory",
                "tasks": [
                    {
                        "openve.pacemaker.ve_stagger": arguments,
                        "register": "result",
                        "ignore_errors": True,
                        "run_once": run_once,
                    },
                    {
                        "ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": str(self.result_file)},
                        "delegate_to": "localhost",
                        "run_once": run_once,
                        "connection": "local",
                        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
                    },
                ],
            }
        ]
        (folder / "play.yml").write_text(json.dumps(play))
        self.screen = folder / "shown"
        with open(self.screen, "w", encoding="utf-8") as screen:
            self.process = subprocess.Popen(
                ["ansible-playbook", *INVENTORY, *options, str(folder / "play.yml")],
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=ENVIRONMENT,
            )

    @property
    def shown(self):
        return self.screen.read_text(encoding="utf-8")

    def end(self, seconds=150):
        self.process.wait(timeout=seconds)
        assert self.result_file.exists(), self.shown
        result = json.loads(self.result_file.read_text())
        print(self.shown, result.get("msg", ""))
        return result


@pytest.fixture
def run(tmp_path):
    started = []

    def start(**arguments):
        started.append(Run(tmp_path, **arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            os.killpg(one.process.pid, signal.SIGKILL)


def peaks(since):
    result = {}
    for log in TRACE.glob("*/log"):
        boots = [boot for boot in timeline.boots(log.read_text(), uptime()) if boot[1] >= since]
        result[log.parent.name] = timeline.peak(boots)
    return result


def booted(since):
    return sorted(
        boot[0] for log in TRACE.glob("*/log") for boot in timeline.boots(log.read_text(), uptime()) if boot[1] >= since
    )


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_refusals(run):
    before = on("n1", "cibadmin", "--query", "--scope", "configuration")
    assert "no VE ve-77" in run(names=["ve-77"]).end()["msg"]
    on("n1", "crm_attribute", "--name", "maintenance-mode", "--update", "true")
    assert "maintenance mode" in run(state="stopped").end()["msg"]
    on("n1", "crm_attribute", "--name", "maintenance-mode", "--update", "false")
    on("n1", "crm_attribute", "--name", "maintenance-mode", "--delete")
    assert before == on("n1", "cibadmin", "--query", "--scope", "configuration")


def test_all_are_stopped_in_reverse_order(run):
    result = run(state="stopped").end()
    assert not result["failed"] and {role for role, _node in ves().values()} == {"Stopped"}
    order = {row["name"]: row["start_order"] for row in result["plan"]}
    down = [order[row["ve"]] for row in result["timeline"] if row["event"] == "down"]
    assert down and down == sorted(down, reverse=True)


def test_ctrl_c_then_an_admin_then_all_are_up_and_none_started_twice(run):
    began = uptime()
    first = run()
    until(lambda: booted(began))
    os.killpg(first.process.pid, signal.SIGINT)
    assert first.process.wait(timeout=30) == 99, first.shown
    assert re.search("[1-9] VEs? that had not begun (is|are) withdrawn; what is under way goes on", first.shown), (
        first.shown
    )
    withdrawn = [name for name in ves() if target_role(name) == "stopped"]
    assert withdrawn
    # an admin has one of them for himself, in the middle of the second run
    second = run(per_node=50)
    until(lambda: target_role(withdrawn[-1]) == "started")
    on(
        "n1",
        "crm_resource",
        "--resource",
        withdrawn[-1],
        "--meta",
        "--set-parameter",
        "target-role",
        "--parameter-value",
        "Stopped",
    )
    result = second.end()
    assert not result["failed"] and target_role(withdrawn[-1]) == "stopped"
    up = [name for name, (role, _node) in ves().items() if role == "Started"]
    assert withdrawn[-1] in result["left_alone"] and len(up) == len(ves()) - 1
    assert not run(names=[withdrawn[-1]]).end()["failed"]
    assert max(peaks(began).values()) <= LIMIT, peaks(began)
    assert booted(began) == sorted(set(booted(began))) or booted(began).count(withdrawn[-1][3:]) <= 2, booted(began)


def test_one_that_never_gets_ready_fails_on_every_node(run):
    name = sorted(ves())[-1]
    assert not run(state="stopped", names=[name]).end()["failed"]
    for parameter, value in (("ready_timeout", "3s"), ("ready_command", "false")):
        on("n1", "crm_resource", "--resource", name, "--set-parameter", parameter, "--parameter-value", value)
    # by default it is waited for no longer, and counts as up
    result = run(names=[name]).end()
    assert not result["failed"] and [row["took"] >= 3 for row in result["ves"] if row["state"] == "started"] == [
        True
    ], result["ves"]
    assert not run(state="stopped", names=[name]).end()["failed"]
    on("n1", "crm_resource", "--resource", name, "--set-parameter", "ready_timeout_action", "--parameter-value", "fail")
    result = run(names=[name]).end()
    on(
        "n1",
        "crm_resource",
        "--resource",
        name,
        "--set-parameter",
        "ready_command",
        "--parameter-value",
        "test -e /run/booted",
    )
    on(
        "n1",
        "crm_resource",
        "--resource",
        name,
        "--set-parameter",
        "ready_timeout_action",
        "--parameter-value",
        "proceed",
    )
    assert result["failed"] and result["msg"].count("start on n") == 3, result["msg"]
    assert [row for row in result["timeline"] if row["ve"] == name and row["event"] == "given up"]
    on("n1", "crm_resource", "--cleanup", "--resource", name)
    assert "%d of %d VEs are up" % (len(ves()), len(ves())) in playbook("start")


def test_role_cluster_keeps_what_others_wrote_and_refuses_early():
    file, nodes = "/etc/corosync/corosync.conf", ("n1", "n2", "n3")
    before = on("n1", "cat", file)
    for node in nodes:
        on(
            node,
            "sed",
            "-i",
            "-e",
            "s/^quorum {/# Ada wants it so\\n&\\n\twait_for_all: 1/",
            "-e",
            "s/token: .*/token: 3001/",
            file,
        )
    try:
        there = [on(node, "cat", file) for node in nodes]
        assert "wait_for_all: 1" in there[0] and "token: 3001" in there[0]
        playbook("site", "--tags", "cluster")
        assert [on(node, "cat", file) for node in nodes] == there
        shown = playbook(
            "site", "--tags", "cluster", "-e", json.dumps({"cluster_fencing": False, "cluster_token": 5000}), rc=2
        )
        assert "this cluster fences, by fence-podman" in shown and "Install Corosync" not in shown
        assert [on(node, "cat", file) for node in nodes] == there
    finally:
        for node in nodes:
            on(node, "sh", "-c", "printf %%s \"$1\" >%s" % file, "sh", before)
        on("n1", "corosync-cfgtool", "-R")


def by_hand(name, role):
    on("n1", "crm_resource", "--resource", name, "--meta", "--set-parameter", "target-role", "--parameter-value", role)
    until(lambda: ves()[name][0] == role)


def test_what_a_hand_has_stopped_stays_stopped(run):
    """Though an earlier stop.yml had stopped it, too, and it was started by hand since then."""
    ours, twice, hand = sorted(ves())[:3]
    assert not run(state="stopped", names=[ours, twice]).end()["failed"]
    by_hand(twice, "Started")
    until(lambda: "%s_monitor_10000" % twice in on("n1", "cibadmin", "--query", "--scope", "status"))
    time.sleep(2)  # the history is of seconds
    by_hand(twice, "Stopped")
    by_hand(hand, "Stopped")
    shown = playbook("start")
    assert "2 VEs were stopped by hand and stay so: %s, %s" % (twice, hand) in shown
    assert [ves()[name][0] for name in (ours, twice, hand)] == ["Started", "Stopped", "Stopped"]
    assert "%d of %d VEs are up" % (len(ves()), len(ves())) in playbook("start", "-e", "stagger_all=true")


def test_a_standby_by_hand_stays_and_what_cannot_be_emptied_is_not_begun(run, tmp_path):
    there = [name for name, (_role, node) in ves().items() if node == "n2"]
    on(
        "n1",
        "crm_resource",
        "--resource",
        there[0],
        "--meta",
        "--set-parameter",
        "is-managed",
        "--parameter-value",
        "false",
    )
    try:
        assert "%s on n2 is unmanaged" % there[0] in playbook("drain", "-e", "openve_node=n2", rc=2)
        assert status().find("nodes/node[@name='n2']").get("standby") == "false"
    finally:
        on("n1", "crm_resource", "--resource", there[0], "--meta", "--delete-parameter", "is-managed")
    on("n1", "crm_attribute", "--node", "n2", "--name", "standby", "--update", "on")
    try:
        on("n1", "crm_resource", "--wait", "--timeout=60s")
        (tmp_path / "update.yml").write_text(json.dumps([{"name": "Work on it", "ansible.builtin.command": "true"}]))
        shown = playbook("rolling", "-e", "openve_hosts=n2", "-e", "openve_task_file=%s" % (tmp_path / "update.yml"))
        assert "n2 is in standby by hand, and stays so" in shown and "Work on it" in shown
        assert "n2 was put into standby by hand" in playbook(
            "drain", "-e", "openve_node=n2", "-e", "openve_state=undo", rc=2
        )
        assert status().find("nodes/node[@name='n2']").get("standby") == "true"
    finally:
        on("n1", "crm_attribute", "--node", "n2", "--name", "standby", "--delete")
    assert not run(state="moved", to="n2", names=there).end()["failed"]


def test_drained_and_back_and_node_by_node(tmp_path):
    there = {name for name, (_role, node) in ves().items() if node == "n2"}
    playbook("drain", "-e", "openve_node=n2")
    assert there and "n2" not in {node for _role, node in ves().values()}
    assert status().find("nodes/node[@name='n2']").get("standby") == "true"
    # n2 is still in standby with nothing on it, so rolling.yml goes on from there: it is emptied already, the tasks run, and all are back
    (tmp_path / "update.yml").write_text(
        json.dumps(
            [
                {
                    "name": "See that nothing runs here",
                    "ansible.builtin.command": "lxc-ls --active",
                    "register": "active",
                    "changed_when": False,
                    "failed_when": "active.stdout | trim != ''",
                }
            ]
        )
    )
    shown = playbook("rolling", "-e", "openve_hosts=n2", "-e", "openve_task_file=%s" % (tmp_path / "update.yml"))
    assert "See that nothing runs here" in shown
    assert {name for name, (_role, node) in ves().items() if node == "n2"} == there
    assert (
        status().find("nodes/node[@name='n2']").get("standby") == "false" and "openve-" not in nodes_and_constraints()
    )
    assert not mark() and "Say which node" in playbook("drain", "-e", "openve_node=n2", "-e", "openve_state=back", rc=2)


def test_nobody_empties_another_node_while_rolling_works_on_one_and_a_second_run_begins_with_it(tmp_path):
    there = {name for name, (_role, node) in ves().items() if node == "n2"}
    slow, quick = tmp_path / "slow.yml", tmp_path / "quick.yml"
    slow.write_text(json.dumps([{"name": "Work on it", "ansible.builtin.command": "sleep 300"}]))
    quick.write_text(json.dumps([{"name": "Work on it", "ansible.builtin.command": "false"}]))
    with open(tmp_path / "shown", "w", encoding="utf-8") as screen:
        first = subprocess.Popen(
            ["ansible-playbook", *INVENTORY, "-e", "openve_hosts=n2", "openve.pacemaker.rolling"]
            + ["-e", "openve_task_file=%s" % slow],
            stdout=screen,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=ENVIRONMENT,
        )
    try:
        until(lambda: "works on n2 (slow.yml)" in mark().get("openve-run-what", ""), 90)
        refused = playbook("drain", "-e", "openve_node=n1", rc=2)
        assert "Another run is at work on this cluster: " in refused and "works on n2 (slow.yml)" in refused
    finally:
        send(signal.SIGKILL, descendants(first.pid))
        first.wait()
    shown = playbook("rolling", "-e", "openve_hosts=n1,n2", "-e", "openve_task_file=%s" % quick, rc=2)
    assert '"Work on it" failed' in shown and "-e openve_node=n2 -e openve_state=undo" in shown
    assert not mark() and {name for name, (_role, node) in ves().items() if node == "n1"}, "n2 was the first one"
    playbook("drain", "-e", "openve_node=n2", "-e", "openve_state=undo")
    assert {name for name, (_role, node) in ves().items() if node == "n2"} == there


def test_rolling_is_refused_where_the_others_would_have_no_quorum(tmp_path):
    (tmp_path / "update.yml").write_text("[]")
    before = on("n1", "crm_mon", "--one-shot", "--inactive")
    on("n3", "systemctl", "stop", "pacemaker")
    shown = playbook("rolling", "-e", "openve_task_file=%s" % (tmp_path / "update.yml"), rc=2)
    assert "Pacemaker does not run on n3" in shown and "Nothing was changed" in shown, before
    on("n3", "systemctl", "stop", "corosync")
    try:
        options = ["-e", "openve_hosts=n1", "-e", "openve_task_file=%s" % (tmp_path / "update.yml")]
        shown = playbook("rolling", *options, rc=2)
        assert "of the 2 votes that a quorum needs" in shown and "openve_rolling_without_quorum=true" in shown
        assert "n1" in {node for _role, node in ves().values()}
    finally:
        on("n3", "systemctl", "start", "corosync", "pacemaker")
        until(lambda: status().find("nodes/node[@name='n3']").get("online") == "true")


def nodes_and_constraints():
    return on("n1", "cibadmin", "--query", "--scope", "nodes") + on(
        "n1", "cibadmin", "--query", "--scope", "constraints"
    )


def test_restarted_two_of_a_node_at_once(run):
    here = [name for name, (_role, node) in sorted(ves().items()) if node == "n1"]
    began = uptime()
    result = run(state="restarted", names=here).end()
    assert not result["failed"] and sorted(name[3:] for name in here) == booted(began)
    away, most = set(), 0
    for row in result["timeline"]:
        away = (
            away | {row["ve"]}
            if row["event"] in ("stopping", "down")
            else away - {row["ve"]}
            if row["event"] == "up"
            else away
        )
        most = max(most, len(away))
    assert 0 < most <= LIMIT < len(here)


# Cut, and run again


def test_a_drain_that_is_killed_is_finished_and_brought_back_whole(tmp_path):
    """And meanwhile a second one is refused."""
    there = {name for name, (_role, node) in ves().items() if node == "n2"}
    with open(tmp_path / "shown", "w", encoding="utf-8") as screen:
        first = subprocess.Popen(
            [
                "ansible-playbook",
                *INVENTORY,
                "-e",
                "openve_hosts=nodes",
                "openve.pacemaker.drain",
                "-e",
                "openve_node=n2",
            ]
            + ["-e", "stagger_per_node=1"],
            stdout=screen,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=ENVIRONMENT,
        )
    until(lambda: {node for name, (_role, node) in ves().items() if name in there} - {"n2", None})
    every = descendants(first.pid)
    send(signal.SIGSTOP, every)
    try:
        refused = playbook("drain", "-e", "openve_node=n1", rc=2)
        assert "Another run is at work on this cluster: " in refused and "away from n2, into standby" in refused
        assert "n1" in {node for _role, node in ves().values()}
    finally:
        send(signal.SIGKILL, every)
        first.wait()
    assert len(there) > 1 and mark()["openve-run-what"] == "moves VEs away from n2, into standby"
    left = nodes_and_constraints()
    assert "openve-drained" in left
    shown = playbook("drain", "-e", "openve_node=n2")
    assert "it was cut: its process is gone" in shown and "had been left in an earlier run by ve-" in shown
    assert "n2" not in {node for _role, node in ves().values()} and not mark()
    playbook("drain", "-e", "openve_node=n2", "-e", "openve_state=undo")
    assert {name for name, (_role, node) in ves().items() if node == "n2"} == there
    assert "openve-" not in nodes_and_constraints()


def test_what_a_restart_that_is_killed_has_stopped_comes_up_with_the_next_run(run):
    going = run(state="restarted", names=sorted(ves())[:4], per_node=1)
    until(lambda: mark().get("openve-run-roles"))
    send(signal.SIGKILL, descendants(going.process.pid))
    time.sleep(8)
    down = {name for name, (role, _node) in ves().items() if role == "Stopped"}
    assert down and {name for name in down if target_role(name) == "stopped"} == down
    shown = playbook("start")
    assert "it restarts VEs: " in shown and "stopped for a while, and may start again" in shown
    assert {role for role, _node in ves().values()} == {"Started"} and not mark()


def test_a_run_whose_ansible_is_killed_withdraws_what_has_not_begun(run):
    """As its terminal's end does it."""
    going = run(state="stopped", per_node=1)
    until(lambda: "Stopped" in {role for role, _node in ves().values()})
    os.kill(going.process.pid, signal.SIGKILL)
    until(lambda: not mark())
    time.sleep(8)
    assert {role for role, _node in ves().values()} == {"Started", "Stopped"}
    assert "Another run" not in playbook("start") and {role for role, _node in ves().values()} == {"Started"}


# Real load, and a connection that is gone for half a minute


@pytest.fixture
def slow():
    """VEs that take 12 s to boot."""
    files = ["/vz/private/%s/etc/boot_seconds" % name[3:] for name in ves()]
    before = [on("n1", "cat", file) for file in files]
    on("n1", "sh", "-c", "for file in %s; do echo 12 >$file; done" % " ".join(files))
    yield
    for file, seconds in zip(files, before):
        on("n1", "sh", "-c", "echo %s >%s" % (seconds.strip(), file))


def pressure():
    return float(re.search("some avg10=([0-9.]+)", on("n1", "cat", "/proc/pressure/cpu")).group(1))


@pytest.mark.long
def test_a_real_load_closes_the_load_gate_and_its_end_opens_it(run, slow):
    """Three VEs are still queued when busy loops in a node press on the processors; they begin when that is over."""
    assert not run(state="stopped").end()["failed"]
    most, began = (pressure() + 100) / 2, uptime()
    going = run(max_pressure=most, load_gate_timeout="2min")
    until(lambda: booted(began))
    on("n1", "sh", "-c", "for n in 1 2 3 4 5 6 7 8; do timeout 12 sh -c 'while :; do :; done' >/dev/null 2>&1 & done")
    result = going.end()
    assert not result["failed"] and {role for role, _node in ves().values()} == {"Started"}
    events = [row["event"] for row in result["timeline"] if row["ve"] is None]
    assert events[:2] == ["load gate closed", "load gate open"], "closed while the loops ran, open after them"
    closed = [row["at"] for row in result["timeline"] if row["event"] == "load gate closed"][0]
    opened = [row["at"] for row in result["timeline"] if row["event"] == "load gate open"][0]
    held = {row["ve"] for row in result["timeline"] if row["event"] == "withdrawn"}
    assert held and not [
        row
        for row in result["timeline"]
        if row["ve"] in held and row["event"] == "starting" and closed < row["at"] < opened
    ]
    assert re.search(r"the load gate is closed \(pressure \d+ % on n\d.*\): [1-9] VEs? that had not begun", going.shown)
    assert len(booted(began)) == len(ves()) and max(peaks(began).values()) <= LIMIT, "none started twice"


@pytest.mark.long
def test_the_connection_drops_for_half_a_minute(run, tmp_path):
    assert not run(state="stopped").end()["failed"]
    lossy, down = tmp_path / "enter", tmp_path / "down"
    lossy.write_text(
        "#!/bin/sh\nif [ -e %s ]; then echo 'no route to host' >&2; exit 255; fi\nexec %s \"$@\"\n"
        % (down, ROOT / "tests/lab/enter")
    )
    lossy.chmod(0o755)
    began = uptime()
    going = run(options=["-e", "ansible_chroot_exe=%s" % lossy])
    until(lambda: booted(began))
    down.touch()
    time.sleep(30)
    up_without_us = [name for name, (role, _node) in ves().items() if role == "Started"]
    down.unlink()
    result = going.end()
    assert not result["failed"] and len(up_without_us) > LIMIT, "the cluster went on"
    assert "n1 cannot be reached; trying again" in going.shown and re.search(
        r"it answers again after \d\d s", going.shown
    )
    assert len(booted(began)) == len(ves()) == len(result["released"]) and max(peaks(began).values()) <= LIMIT, (
        "none started twice"
    )


def test_pacemaker_is_stopped_on_the_first_host(tmp_path):
    on("n1", "systemctl", "stop", "pacemaker")
    try:
        page = ["-e", "openve_scenarios=boot", "-e", "openve_page=%s" % (tmp_path / "page.html")]
        shown = playbook("start") + playbook("rehearse", *page)
        shown += playbook("site", "--skip-tags", "cluster,agent")
        assert shown.count("n1 has no Pacemaker that answers") >= 3 and "n2 is asked instead" in shown
        assert {role for role, _node in ves("n2").values()} == {"Started"}
    finally:
        on("n1", "systemctl", "start", "pacemaker")
    until(lambda: status("n2").find("nodes/node[@name='n1']").get("online") == "true")


def test_a_node_dies_in_the_middle(run):
    playbook("stop")
    assert {role for role, _node in ves().values()} == {"Stopped"}
    began = uptime()
    going = run(host="nodes", run_once=True)  # in the order of Run: n3 is the one that is asked
    until(lambda: booted(began))
    killed = uptime()
    subprocess.run(["podman", "kill", "--signal", "KILL", "%s-n3" % LAB], check=True, capture_output=True)
    in_flight = {}
    for node in ("n1", "n2"):
        for ve, begin, end, _ready in timeline.boots((TRACE / node / "log").read_text(), float("inf")):
            if begin <= killed < end:
                in_flight[ve] = node
    result = going.end()
    assert not result["failed"], result["msg"]
    assert re.search(r"n3 cannot be reached .*; n[12] is asked instead", going.shown), going.shown
    assert {role for role, _node in ves().values()} == {"Started"} and max(peaks(began).values()) <= LIMIT
    fenced = timeline.fenced_at(status(), "n3", time.time(), uptime()) - killed
    ends = [
        end - killed
        for node in ("n1", "n2")
        for ve, begin, end, _ready in timeline.boots((TRACE / node / "log").read_text(), uptime())
        if ve in in_flight and begin <= killed + 1 < end + 1
    ]
    print(
        "killed in the middle of %d starts, the last of which ended after %.1f s; fenced after %.1f s"
        % (len(in_flight), max(ends, default=0), fenced)
    )
    assert fenced <= max(ends, default=0) + 15, "detection and fencing itself take some seconds"


def test_without_quorum_it_is_refused(run):
    subprocess.run(["podman", "kill", "--signal", "KILL", "%s-n2" % LAB], check=True, capture_output=True)
    end = time.monotonic() + 40
    while status().find("summary/current_dc").get("with_quorum") != "false":
        assert time.monotonic() < end
        time.sleep(1)
    result = run().end()
    assert result["failed"] and "no quorum" in result["msg"] and "Nothing was changed" in result["msg"]

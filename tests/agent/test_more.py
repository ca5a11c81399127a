# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does not fit into one line of the table: several actions at once (the gate), the agent killed in the
middle, metadata, syslog, the file itself."""

import ast
import os
import re
import socket
import sys
import time
import xml.etree.ElementTree as ET

import harness
import pytest
from harness import wait_for


def about(state, *results):
    return "\n".join(
        ["%s after %.2f s: %s" % (r.code, r.seconds, r.err) for r in results]
        + [results[-1].log if results else ""]
        + ["%.3f %s" % c for c in state.world.commands()]
    )


def begun(state, what):
    """When the tool was first called so, None if it was not."""
    for t, c in state.world.commands():
        if re.search(what, c):
            return t
    return None


# ------------------------------------------------------------------------------------------ monitor_failures
FAILURES = "/run/resource-agents/ManageVE.failures"


def deep(s, tolerated, **params):
    """A monitor of level 10 whose command says what /check in the guest says."""
    params = dict({"veid": "101", "monitor_failures": tolerated, "monitor_command": "exit $(cat /check)"}, **params)
    return s.world.agent("monitor", params, interval=10, level=10)


@pytest.mark.parametrize("engine, root", [("vzctl", "/vz/private/101"), ("lxc", "/var/lib/lxc/101/rootfs")])
def test_monitor_failures_in_a_row_are_tolerated(make, engine, root):
    s = make("%s: running" % ("lxc" if engine == "lxc" else "legacy"))

    def check(code, tolerated="2"):
        s.world.write(root + "/check", "%d\n" % code)
        return deep(s, tolerated, engine=engine)

    results = [check(3), check(3), check(3)]
    assert [r.code for r in results] == [0, 0, 1], about(s, *results)
    assert results[-1].log.count("WARNING: container 101: the check inside fails") == 2, about(s, *results)
    assert "1 of 2 in a row" in results[0].log and "2 of 2 in a row" in results[1].log, about(s, *results)
    assert "exit code 3" in results[2].reasons[0] and not results[0].reasons, about(s, *results)
    assert check(0).code == 0 and check(3).code == 0 and check(3).code == 0 and check(3).code == 1  # a success forgets
    r = s.world.agent("start", {"veid": "101", "engine": engine, "monitor_failures": "2"})
    assert r.code == 0 and [check(3).code for _ in range(3)] == [0, 0, 1], about(s, r)  # and a start
    assert check(3, "0").code == 1 and check(3, "100").code == 0, about(s, r)


def test_monitor_failures_are_counted_per_ve(make):
    s = make("legacy: also-running=102 running")
    for veid in ("101", "102"):
        s.world.write("/vz/private/%s/check" % veid, "1\n")
    codes = [deep(s, "1", veid=veid).code for veid in ("101", "102", "101", "102")]
    assert codes == [0, 0, 1, 1], about(s)
    mode = os.stat(s.world.at(FAILURES)).st_mode
    assert mode & 0o7777 == 0o700, oct(mode)


def test_monitor_failures_do_not_hide_that_it_is_down(make):
    s = make("legacy: down")
    assert deep(s, "5").code == 7
    assert not s.world.exists(FAILURES)


@pytest.mark.parametrize("state", ["vz7: running paused", "legacy cgroup: running frozen"])
def test_monitor_failures_are_those_of_the_check(make, state):
    s = make(state)
    r = s.world.agent("monitor", {"veid": "101", "monitor_failures": "5"}, interval=10, level=10, timeout=6)
    assert r.code == 1 and not s.world.exists(FAILURES), about(s, r)


def test_monitor_failures_of_a_check_that_hangs(make):
    s = make("legacy: running")
    params = {"veid": "101", "monitor_failures": "1", "monitor_command": "sleep 1000"}
    results = [s.world.agent("monitor", params, interval=10, level=10, timeout=4) for _ in range(2)]
    assert [r.code for r in results] == [0, 1] and not any(r.left for r in results), about(s, *results)


@pytest.mark.parametrize("kind", ["open to all", "a link", "a file", "somebody else's"])
def test_monitor_failures_need_a_folder_of_roots_alone(make, kind):
    s = make("legacy: running")
    s.world.write("/vz/private/101/check", "1\n")
    path = s.world.at(FAILURES)
    if kind == "a link":
        os.symlink("/tmp", path)
    elif kind == "a file":
        s.world.write(FAILURES, "")
    else:
        os.mkdir(path)
        os.chmod(path, 0o777 if kind == "open to all" else 0o700)
        os.chown(path, 0 if kind == "open to all" else 65534, 0)
    r = deep(s, "5")
    assert r.code == 1 and "monitor_failures has no effect" in r.log, about(s, r)
    assert not [n for n in os.listdir(s.world.at("/tmp")) if n.startswith("vzctl.")]


def test_a_monitor_that_passes_does_not_look_at_the_failures(make):
    s = make("legacy: running")
    assert s.world.agent("monitor", {"veid": "101"}, interval=10, level=10).code == 0
    assert not s.world.exists(FAILURES)


# ------------------------------------------------------------------------------------------ storage
def test_nothing_but_storage_py_and_what_it_asks_touches_storage():
    """Whatever names a path of a container is asked for in a child: these files use no file but the kernel's and /etc's."""
    free = {"vzctl_files.py", "lxc_files.py", "vzctl_host.py"}  # what is in them is for Storage.ask, or says so
    allowed = {  # who may use the file system, and for what
        "loader.py": "the library",
        "compile.py": "the library",
        "system.py": "what the others are made of",
        "text.py": "the same",
        "log.py": "the log",
        "slots.py": "HA_RSCTMP",
        "failures.py": "HA_RSCTMP",
        "rundir.py": "HA_RSCTMP",
        "cgroups.py": "the kernel's",
        "host.py": "the kernel's",
        "lxc_host.py": "the kernel's",
        "process.py": "a command's output",
        "main.py": "file descriptors",
        "engine.py": "the tools",
        "lxc.py": "/proc/net/unix",
    }
    touching = {
        "stat",
        "lstat",
        "open",
        "readlink",
        "listdir",
        "scandir",
        "rename",
        "unlink",
        "access",
        "exists",
        "read_text",
        "is_program",
        "realpath",
        "isdir",
        "makedirs",
        "mkdir",
    }
    for path, text in sources().items():
        name = os.path.basename(path)
        if name in free or name in allowed or name == "ManageVE":
            continue
        called = {
            getattr(n.func, "attr", getattr(n.func, "id", ""))
            for n in ast.walk(ast.parse(text))
            if isinstance(n, ast.Call)
        }
        assert not called & touching, (name, called & touching)


@pytest.mark.parametrize(
    "name, own",
    [("vzctl_files", {"configuration", "parse", "is_id", "lock_directories", "setting"}), ("lxc_files", {"CONF"})],
)
def test_the_functions_that_touch_storage_are_only_asked_for(name, own):
    """Everywhere else they are an argument, of Storage.ask; what reads the host's own files is excepted."""
    for path, text in sources().items():
        if os.path.basename(path) in (name + ".py", "vzctl_host.py"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(getattr(node.func, "value", None), "id", "") == name:
                assert node.func.attr in own - {"setting"}, (path, node.lineno, node.func.attr)


@pytest.mark.parametrize(
    "lines, trees",
    [
        (["/ ext4", "/sys sysfs", "/sys/fs/cgroup tmpfs", "/sys/fs/cgroup/pids cgroup"], ["/sys/fs/cgroup/pids"]),
        (["/ ext4", "/sys sysfs", "/sys/fs/cgroup cgroup2"], ["/sys/fs/cgroup"]),
        (["/ ext4", "/cgroup/cpu cgroup"], ["/cgroup/cpu"]),
        (["/ ext4", "/vz nfs", "/vz/root/101/sys/fs/cgroup cgroup2", "/sys/fs/cgroup cgroup2"], ["/sys/fs/cgroup"]),
        (["/ ext4", "/srv/ve fuse", "/srv/ve/cgroup tmpfs", "/srv/ve/cgroup/pids cgroup"], []),
    ],
)
def test_cgroups_behind_the_storage_of_a_container_are_not_looked_at(monkeypatch, lines, trees):
    monkeypatch.syspath_prepend(os.path.join(os.path.dirname(harness.AGENT)))
    from manageve import cgroups

    monkeypatch.setattr(cgroups, "mounts", lambda: [(*line.split(), "/") for line in lines])
    assert [point for point, _root in cgroups.mounted()] == trees


@pytest.mark.parametrize("seconds", [2, 4, 8, 10, 15, 20, 40, 60, 100, 150, 600])
def test_the_parts_of_a_timeout(monkeypatch, seconds):
    """The tool's forced stop has its time, and so has what comes after it."""
    monkeypatch.syspath_prepend(os.path.join(os.path.dirname(harness.AGENT)))
    from manageve import deadline

    d = deadline.Deadline(seconds)
    end = deadline.BEGUN + seconds
    assert max(1 if seconds > 2 else 0, min(10, 0.05 * seconds)) <= end - d.end + 1e-6 <= max(10, seconds / 2)
    assert d.end - d.force >= min(max(5, 0.15 * seconds), seconds / 2) - 1e-6
    assert d.force < d.resort < d.end
    assert d.end - d.resort >= min(3, seconds / 4) - 1e-6
    assert d.resort - d.force >= min(2, seconds / 4) - 1e-6


# ------------------------------------------------------------------------------------------ the gate
def several(make, boot, count=3, host="legacy"):
    ids = [str(101 + n) for n in range(count)]
    s = make("%s: %s" % (host, " ".join("also=" + i for i in ids[1:])))
    for i in ids:
        s.world.guest(i, BOOT=boot)
    return s, ids


def start_all(s, ids, params, gap=0.0, **kw):
    tags = []
    for i in ids:
        tags.append(s.world.begin("start", dict(params, veid=i), **kw))
        time.sleep(gap)
    return tags


def test_gate_one_slot_one_after_the_other(make):
    s, ids = several(make, 1)
    tags = []
    for i in ids:  # first come, first served: the next comes when the one before has a slot, or waits for one
        tags.append(s.world.begin("start", {"veid": i, "start_slots": "1"}))
        wait_for(lambda i=i: begun(s, "vzctl status %s = " % i))
        time.sleep(0.5)
    results = [s.world.finish(t) for t in tags]
    assert [r.code for r in results] == [0, 0, 0] and not any(r.left for r in results), about(s, *results)
    starts = [begun(s, "vzctl start %s$" % i) for i in ids]
    assert starts[1] - starts[0] > 0.9 and starts[2] - starts[1] > 0.9, about(s, *results)
    assert sum(r.seconds for r in results) < 12, about(s, *results)


def test_gate_two_slots(make):
    s, ids = several(make, 1.5, 4)
    tags = start_all(s, ids, {"start_slots": "2"}, gap=0.15)
    results = [s.world.finish(t) for t in tags]
    assert [r.code for r in results] == [0] * 4, about(s, *results)
    # in the order in which they came to the gate: on a busy machine that is not the order in which they were called
    starts = sorted(begun(s, "vzctl start %s$" % i) for i in ids)
    assert starts[1] - starts[0] < 1.2 and starts[2] - starts[0] > 1.4 and starts[3] - starts[1] > 1.3, about(
        s, *results
    )


def test_gate_zero_is_no_gate(make):
    s, ids = several(make, 1.5)
    results = [s.world.finish(t) for t in start_all(s, ids, {})]
    starts = [begun(s, "vzctl start %s$" % i) for i in ids]
    assert max(starts) - min(starts) < 1.2 and [r.code for r in results] == [0] * 3, about(s, *results)


def test_gate_wait_ends_after_half_the_timeout_and_they_start_one_by_one(make):
    """The p-th of the n that wait goes at 1/2 + 1/4 x p/n of the timeout."""
    s, ids = several(make, "hang")
    timeout = 16.0
    holder = s.world.begin("start", {"veid": "101", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    t0 = time.monotonic()
    tags = start_all(s, ids[1:], {"start_slots": "1"}, gap=0.2, timeout=timeout)
    results = [s.world.finish(t) for t in tags]
    starts = [begun(s, "vzctl start %s$" % i) for i in ids[1:]]
    assert None not in starts, about(s, *results)
    starts = sorted(t - t0 for t in starts)
    assert 9.4 < starts[0] < 11.2 and 11.4 < starts[1] < 13.4, "%s\n%s" % (starts, about(s, *results))
    assert [r.code for r in results] == [0, 0] and all(r.seconds < timeout for r in results), about(s, *results)
    assert "WARN" in results[-1].log, about(s, *results)
    s.world.kill(s.world.started[holder])
    s.world.finish(holder)


def test_gate_the_last_to_go_still_has_time_to_start(make):
    """At 3/4 of a short timeout there is little left: enough for vzctl start all the same."""
    s, ids = several(make, "hang", 2)
    holder = s.world.begin("start", {"veid": "101", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    r = s.world.agent("start", {"veid": "102", "start_slots": "1"}, timeout=10)
    assert r.code == 0 and 7.4 < r.seconds < 10 and begun(s, "vzctl start 102 = 0"), about(s, r)
    s.world.kill(s.world.started[holder])
    s.world.finish(holder)


def test_gate_a_slot_is_freed_when_the_agent_dies(make):
    s, ids = several(make, "hang", 2)
    holder = s.world.begin("start", {"veid": "101", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    s.world.guest("102", BOOT="0.1")
    second = s.world.begin("start", {"veid": "102", "start_slots": "1"}, timeout=30)
    time.sleep(1.0)
    assert begun(s, "vzctl start 102$") is None, about(s)
    s.world.kill(s.world.started[holder])
    r = s.world.finish(second)
    assert r.code == 0 and r.seconds < 6, about(s, r)


def test_gate_a_running_ve_needs_no_slot(make):
    s, ids = several(make, "hang", 2)
    s.world.guest("102", BOOT="0.1")
    s.world.vzctl("start", "102")
    s.world.wait_ready("102")
    holder = s.world.begin("start", {"veid": "101", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    r = s.world.agent("start", {"veid": "102", "start_slots": "1"})
    assert r.code == 0 and r.seconds < 3, about(s, r)
    s.world.kill(s.world.started[holder])


@pytest.mark.parametrize(
    "action, state", [("migrate_from", "legacy: also=102 running suspended"), ("start", "vz7: also=102 running paused")]
)
def test_gate_restores_and_wakes_hold_and_need_a_slot(make, action, state):
    s = make(state)
    s.world.guest("102", BOOT="2")
    holder = s.world.begin("start", {"veid": "102", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 102$"))
    r = s.world.agent(action, {"veid": "101", "start_slots": "1"}, timeout=30)
    assert r.code == 0 and r.seconds > 1.4, about(s, r)
    assert s.world.finish(holder).code == 0
    assert {"running", "awake"} <= s.words()


def test_gate_every_ve_goes_by_its_own_k(make):
    s, ids = several(make, "hang", 3)
    s.world.guest("102", BOOT="0.1")
    s.world.guest("103", BOOT="0.1")
    holder = s.world.begin("start", {"veid": "101", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    r = s.world.agent("start", {"veid": "102", "start_slots": "2"}, timeout=40)
    assert r.code == 0 and r.seconds < 4, about(s, r)
    s.world.kill(s.world.started[holder])


def test_gate_settle_keeps_the_slot(make):
    s, ids = several(make, 0.1, 2)
    first = s.world.begin("start", {"veid": "101", "start_slots": "1", "start_settle": "2s"}, timeout=60)
    wait_for(lambda: begun(s, "vzctl start 101$"))
    r = s.world.agent("start", {"veid": "102", "start_slots": "1"}, timeout=40)
    assert r.code == 0 and r.seconds > 1.5, about(s, r)
    assert s.world.finish(first).code == 0


def test_gate_lxc_and_vzctl_share_one_queue(make):
    s = make("lxc: guest=BOOT=2")
    s.lxc = False
    s.create("102")
    s.lxc = True
    first = s.world.begin("start", {"veid": "101", "engine": "lxc", "start_slots": "1"}, timeout=60)
    wait_for(lambda: begun(s, "lxc-start"))
    r = s.world.agent("start", {"veid": "102", "start_slots": "1"}, timeout=40)
    assert r.code == 0 and r.seconds > 1.4, about(s, r)
    assert s.world.finish(first).code == 0


def test_gate_no_folder_to_be_had(make):
    s = make("legacy: rsctmp-is-a-file")
    r = s.world.agent("start", {"veid": "101", "start_slots": "1"})
    assert r.code == 0 and "WARN" in r.log and {"running", "ready"} <= s.words(), about(s, r)


def test_gate_folder_is_roots_only(make):
    s = make("legacy: down")
    r = s.world.agent("start", {"veid": "101", "start_slots": "1"})
    assert r.code == 0, about(s, r)
    out = s.world.call("/bin/sh", "-c", "find /run/resource-agents -mindepth 1 -maxdepth 1 -type d -perm /077").out
    assert (
        out == "" and s.world.call("/bin/sh", "-c", "find /run/resource-agents -mindepth 1 -maxdepth 1 -type d").out
    ), about(s, r)


def test_gate_a_folder_of_someone_else_is_not_trusted(make):
    """HA_RSCTMP with a link where the folder should be: start all the same, write nothing through it."""
    s = make("legacy: down")
    assert s.world.agent("start", {"veid": "101", "start_slots": "1"}).code == 0
    name = s.world.call("/bin/sh", "-c", "ls /run/resource-agents").out.split()[0]
    s.world.agent("stop", {"veid": "101"})
    s.world.call(
        "/bin/sh",
        "-c",
        "rm -r /run/resource-agents/%s && mkdir -m 755 /tmp/evil && chown 65534 /tmp/evil && "
        "ln -s /tmp/evil /run/resource-agents/%s" % (name, name),
    )
    r = s.world.agent("start", {"veid": "101", "start_slots": "1"})
    assert r.code == 0 and "running" in s.words(), about(s, r)
    assert s.world.call("/bin/ls", "/tmp/evil").out == "", about(s, r)


# ------------------------------------------------------------------------------------------ the agent killed
def test_agent_killed_with_its_group_in_a_stop_then_stop_again(make):
    s = make("legacy scale=1: guest=SHUTDOWN=hang running")
    tag = s.world.begin("stop", {"veid": "101", "stop_grace": "30s"}, timeout=60, leftovers=False)
    wait_for(lambda: begun(s, "vzctl stop 101"))
    time.sleep(0.2)
    s.world.kill(s.world.started[tag], 9, group=True)
    s.world.finish(tag)
    assert "running" in s.words()
    r = s.world.agent("stop", {"veid": "101", "stop_grace": "1s"})
    assert r.code == 0 and {"down", "unmounted"} <= s.words(), about(s, r)


def test_agent_killed_in_a_start_then_start_again(make):
    s = make("legacy: guest=START_DELAY=1")
    tag = s.world.begin("start", {"veid": "101"}, leftovers=False)
    wait_for(lambda: s.world.mounted("101"))
    s.world.kill(s.world.started[tag])
    s.world.finish(tag)
    r = s.world.agent("start", {"veid": "101"})
    assert r.code == 0 and {"running", "ready"} <= s.words(), about(s, r)
    assert sum(1 for _, c in s.world.commands() if re.search(r"start 101 = 0", c)) == 1, about(s, r)


@pytest.mark.parametrize("host", ["legacy", "vz7", "legacy noveinfo"])
@pytest.mark.parametrize("action, code", [("stop", 0), ("monitor", 1), ("start", 0)])
def test_agent_killed_in_a_start_that_has_not_mounted_yet(make, host, action, code):
    """vzctl goes on alone, and what looks down comes up."""
    s = make(host + ": script=premount='sleep 3'")
    tag = s.world.begin("start", {"veid": "101"}, leftovers=False)
    wait_for(lambda: s.world.exists("/vz/lock/101.lck"))
    s.world.kill(s.world.started[tag])
    s.world.finish(tag)
    r = s.world.agent(action, {"veid": "101"}, timeout=4 if action == "monitor" else 20)
    assert r.code == code, about(s, r)
    if action == "stop":
        wait_for(lambda: not s.world.runs("sleep 3"))
        time.sleep(1)
        assert {"down", "unmounted", "unlocked"} <= s.words(), about(s, r)
    if action == "start":
        assert {"running", "ready"} <= s.words(), about(s, r)


def test_agent_ended_by_sigterm_leaves_nothing_behind(make):
    s = make("legacy: guest=EXEC=hang running")
    tag = s.world.begin("monitor", {"veid": "101"}, level=10, timeout=30)
    wait_for(lambda: begun(s, "vzctl exec"))
    time.sleep(0.2)
    s.world.kill(s.world.started[tag], 15)
    r = s.world.finish(tag)
    assert r.code != 0 and r.seconds < 10 and not r.left, about(s, r) + str(r.left)


def test_children_of_a_look_are_not_left_behind(make):
    """They keep its output open, and nobody waits for that either."""
    s = make("legacy: running toolat=/opt/real")
    s.world.write("/usr/sbin/vzctl", "#!/bin/sh\n[ $1 != status ] || sleep 300 &\nexec /opt/real/vzctl \"$@\"\n", 0o755)
    r = s.world.agent("monitor", {"veid": "101"}, interval=10)
    assert r.code == 0 and r.seconds < 2 and not r.left, about(s, r) + str(r.left)


def test_set_aside_twice_keeps_both(make):
    s = make("legacy: dump")
    for n in (1, 2):
        assert s.world.agent("start", {"veid": "101"}).code == 0
        assert s.world.agent("stop", {"veid": "101"}).code == 0
        if n == 1:
            s.do_dump("")
            time.sleep(1.1)
    assert len([d for d in s.dumps() if ".set-aside-" in d]) == 2, s.dumps()


# ------------------------------------------------------------------------------------------ the log
@pytest.mark.parametrize("facility", ["daemon", "local0"])
def test_log_to_syslog(make, facility):
    s = make("legacy: down")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(s.world.at("/dev/log"))
    log.settimeout(5)
    r = s.world.agent("start", {"veid": "101"}, extra={"HA_LOGFACILITY": facility, "HA_LOGFILE": None})
    assert r.code == 0, about(s, r)
    got = []
    log.settimeout(0.5)
    try:
        while True:
            got.append(log.recv(65536).decode())
    except socket.timeout:
        pass
    lines = [g for g in got if "start 101" in g]
    assert lines, got
    number = {"daemon": 3, "local0": 16}[facility]
    assert lines[0].startswith("<%d>" % (number * 8 + 6)) and "ManageVE(ve)" in lines[0], lines


def test_log_to_syslog_over_a_stream(make):
    s = make("legacy: down")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    log.bind(s.world.at("/dev/log"))
    log.listen(20)
    r = s.world.agent("start", {"veid": "101"}, extra={"HA_LOGFACILITY": "daemon", "HA_LOGFILE": None})
    assert r.code == 0, about(s, r)
    log.settimeout(5)
    assert re.match(rb"<30>.*ManageVE\(ve\)\[\d+\]: INFO: vzctl start 101.*\0$", log.accept()[0].recv(65536)), about(
        s, r
    )


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_log_daemon_that_hangs_holds_nothing_up(make, kind):
    s = make("legacy: running")
    log = socket.socket(socket.AF_UNIX, kind)
    log.bind(s.world.at("/dev/log"))
    if kind == socket.SOCK_STREAM:
        log.listen(0)
    full = []
    try:
        while len(full) < 5000:
            full.append(socket.socket(socket.AF_UNIX, kind))
            full[-1].setblocking(False)
            full[-1].connect(s.world.at("/dev/log"))
            if kind == socket.SOCK_DGRAM:
                full[-1].send(b"x")
    except BlockingIOError:
        pass
    r = s.world.agent("stop", {"veid": "101"}, extra={"HA_LOGFACILITY": "daemon", "HA_LOGFILE": "/var/log/ha.log"})
    assert r.code == 0 and r.seconds < 5 and "stop 101" in r.log, about(s, r)
    for f in full:
        f.close()


# ------------------------------------------------------------------------------------------ closed files
def with_shell(s, how, action, params=None, **kw):
    """Run the agent by a shell command in which %s stands for it."""
    env = s.world.agent_env(dict({"veid": "101"}, **(params or {})), 20, 10, None, kw)
    return s.world.finish(
        s.world.spawn(
            ["/bin/sh", "-c", how % " ".join([harness.shared()["python"], "-IS", harness.AGENT_IN_WORLD, action])],
            env=env,
            leftovers=True,
        )
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_files_are_not_taken_for_a_tools_output(make, closed):
    s = make("legacy: running")
    r = with_shell(s, "%s " + closed, "monitor")
    assert r.code == 0 and not r.out, about(s, r)
    r = with_shell(s, "%s " + closed, "stop")
    assert r.code == 0 and {"down", "unmounted"} <= s.words(), about(s, r)


@pytest.mark.parametrize("out, code", [(">&-", 0), (">/dev/full", 1)])
def test_metadata_that_cannot_be_written(make, out, code):
    s = make("legacy: running")
    r = with_shell(s, "%s " + out, "meta-data")
    assert r.code == code and "Traceback" not in r.err + r.log and len(r.reasons) == code, about(s, r)


# ------------------------------------------------------------------------------------------ metadata and the file
def metadata(s):
    s.do_notool("")
    r = s.world.agent("meta-data", {}, timeout=None, uid=65534)
    assert r.code == 0 and not r.err, about(s, r)
    return ET.fromstring(re.sub(r"(?s)<!DOCTYPE.*?\]>|<!DOCTYPE[^\[>]*>", "", r.out, count=1)), r.out


def test_metadata(make):
    root, text = metadata(make("legacy: down"))
    assert root.tag == "resource-agent" and root.get("name") == "ManageVE"
    assert [v.text for v in root.iter("version")][0] == "1.1"
    parameters = {p.get("name"): p for p in root.iter("parameter")}
    wanted = {
        "veid": None,
        "engine": "vzctl",
        "start_wait": "ready",
        "ready_command": None,
        "ready_timeout": None,
        "ready_timeout_action": "proceed",
        "start_settle": "0s",
        "start_slots": "0",
        "stop_grace": "120s",
        "force_stop": "false",
        "monitor_command": None,
        "monitor_failures": "0",
        "on_dump": "set_aside",
        "lxc_path": "/var/lib/lxc",
    }
    assert set(parameters) == set(wanted)
    for name, p in parameters.items():
        default = p.find("content").get("default")
        assert (default or None) == wanted[name], name
        assert (p.get("reloadable") == "1") == (name not in ("veid", "engine", "lxc_path")), name
        assert p.find("longdesc").text.strip() and p.find("shortdesc").text.strip(), name
        assert p.find("content").get("type") == {
            "start_slots": "integer",
            "monitor_failures": "integer",
            "force_stop": "boolean",
        }.get(name, "string"), name
    assert parameters["veid"].get("required") == "1" and parameters["veid"].get("unique-group")
    assert [n for n, p in parameters.items() if p.get("required") == "1"] == ["veid"]
    for name, choices in (
        ("engine", "vzctl lxc"),
        ("start_wait", "ready native none"),
        ("ready_timeout_action", "proceed fail"),
        ("on_dump", "set_aside restore refuse"),
    ):
        for c in choices.split():
            assert c in parameters[name].find("longdesc").text, (name, c)
    actions = [(a.get("name"), a.get("timeout"), a.get("interval"), a.get("depth")) for a in root.iter("action")]

    def seconds(text):
        return int(re.match(r"(\d+)s?$", text).group(1))

    assert {(n, seconds(t)) for n, t, _, d in actions if d in (None, "0")} == {
        ("start", 180),
        ("stop", 150),
        ("monitor", 30),
        ("migrate_to", 180),
        ("migrate_from", 180),
        ("reload-agent", 20),
        ("validate-all", 20),
        ("meta-data", 5),
    }
    deep = [a for a in actions if a[3] == "10"]
    assert len(deep) == 1 and deep[0][0] == "monitor" and seconds(deep[0][1]) == 60 and seconds(deep[0][2]) == 60
    assert [seconds(i) for n, t, i, d in actions if n == "monitor" and d == "0"] == [10]


def test_metadata_with_bad_parameters_in_the_environment(make):
    s = make("legacy: down")
    r = s.world.agent("meta-data", {"veid": "$(touch /tmp/pwned)", "on_dump": "eat"})
    assert r.code == 0 and not s.world.exists("/tmp/pwned") and "<resource-agent" in r.out, about(s, r)


def test_actions_of_the_metadata_are_known(make):
    s = make("legacy: running")
    root, _ = metadata(s)
    s.world.install_tools()
    for name in sorted({a.get("name") for a in root.iter("action")} - {"meta-data"}):
        r = s.world.agent(name, {"veid": "101"}, interval=0)
        assert r.code != 3, (name, about(s, r))


def test_metadata_without_site_and_in_an_empty_environment(make):
    s = make("legacy: down")
    tag = s.world.spawn([harness.shared()["python"], "-IS", harness.AGENT_IN_WORLD, "meta-data"], env={"X": "1"})
    r = s.world.wait(tag)
    assert r.code == 0 and "<resource-agent" in r.out, about(s, r)


def sources():
    """{path: text} of all that the agent consists of."""
    library = harness.agent_library(harness.AGENT)
    paths = [harness.AGENT] + sorted(os.path.join(library, n) for n in os.listdir(library) if n.endswith(".py"))
    return {path: open(path, encoding="utf-8").read() for path in paths}


def test_the_files():
    assert sources()[harness.AGENT].startswith("#!/usr/bin/python3 -IS\n")
    for path, text in sources().items():
        assert "SPDX-License-Identifier: GPL-3.0-or-later" in text[:400], path
        nodes = list(ast.walk(ast.parse(text)))
        names = {n.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for n in node.names}
        names |= {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        assert not names - set(sys.stdlib_module_names) - {"manageve"}, (path, names)


def test_one_subject_a_file():
    for path, text in sources().items():
        assert text.count("\n") < 300, path
        for node in ast.walk(ast.parse(text)):
            most = {ast.FunctionDef: 60, ast.ClassDef: 200}.get(type(node))
            assert most is None or node.end_lineno - node.lineno < most, (path, node.name)


@pytest.mark.parametrize(
    "init, commands, code, said",
    [
        ("/usr/lib/systemd/systemd", {"systemctl": "echo starting; exit 1"}, 1, "systemd"),
        ("/bin/busybox", {"runlevel": "echo unknown"}, 0, ""),
        (None, {"runlevel": "echo unknown"}, 1, "runlevel: unknown"),
        (None, {"runlevel": "echo N 2"}, 0, ""),
        (None, {}, 0, ""),
    ],
    ids=["systemd", "busybox", "sysvinit boots", "sysvinit", "no runlevel"],
)
def test_the_readiness_probe_in_a_guest_without_proc(make, init, commands, code, said):
    """Run where /proc/1 is empty and /sbin/init a link, as a guest's shell runs it."""
    path = os.path.join(harness.agent_library(harness.AGENT), "readiness.py")
    probe = re.search(r'^READY = r"""(.*?)"""', open(path, encoding="utf-8").read(), re.M | re.S).group(1)
    s = make("legacy noveinfo: down")
    r = s.world.call("/bin/mount", "-t", "tmpfs", "none", "/proc/1")
    assert r.code == 0, r.err
    if init:
        os.symlink(init, s.world.at("/usr/sbin/init"))
    for name, text in commands.items():
        s.world.write("/opt/guest/" + name, "#!/bin/sh\n%s\n" % text, 0o755)
    r = s.world.call("/bin/sh", "-c", probe, env={"PATH": "/opt/guest:/bin"})
    assert (r.code, bool(said) and said in r.out or not r.out) == (code, True), r.out + r.err


def test_monitor_of_a_running_ve_is_cheap(make):
    """One vzctl status and no other process; the time itself depends on the machine and is measured elsewhere."""
    s = make("legacy: running")
    before = len(s.world.commands())
    r = s.world.agent("monitor", {"veid": "101"}, interval=10)
    assert r.code == 0 and [c for _, c in s.world.commands()[before:] if " = " not in c] == ["vzctl status 101"], about(
        s, r
    )


def test_shebang_runs_it(make):
    s = make("legacy: running")
    env = s.world.agent_env({"veid": "101"}, 20, 10, None, {})
    r = s.world.wait(s.world.spawn([harness.AGENT_IN_WORLD, "monitor"], env=env, leftovers=True))
    assert r.code == 0 and not r.left, about(s, r)


def test_it_compiles_with_the_oldest_python_it_promises():
    """Whatever interpreter runs this suite: no syntax newer than 3.6."""
    for text in sources().values():
        ast.parse(text, feature_version=(3, 6))

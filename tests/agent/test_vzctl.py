# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated vzctl against the transcripts of the real one: what it prints, returns and leaves behind."""

import json
import os
import re
import shutil
import time

import pytest
from harness import SIMULATORS
from states import State

# (state, command, exit code, output (stdout and stderr) as a pattern, words true afterwards, [least seconds, most seconds])
TRANSCRIPTS = [
    ("legacy: down", "status 999", 0, "^CTID 999 deleted unmounted down$", ""),
    ("vz7: down", "status 999", 0, "^VEID 999 deleted unmounted down$", ""),
    ("legacy: down", "start 999", 14, "Container config file does not exist", ""),
    ("legacy: down", "stop 999 --fast", 14, "Container config file does not exist", ""),
    ("legacy: down", "exec 999 true", 14, "Container config file does not exist", ""),
    ("legacy: down", "status abc", 21, "^Bad CT ID abc$", ""),
    ("legacy: down", "status 0", 21, "Only set actions are allowed for CT0", ""),
    ("legacy: down", "status ''", 21, "Only set actions are allowed for CT0", ""),
    ("legacy: down", "start 101 --nonsense", 20, "", "down"),
    ("legacy: down", "stop 101 --skiplock", 20, "", "down"),
    ("legacy: down", "frobnicate 101", 20, "", ""),
    ("legacy: down", "status", 21, "", ""),
    ("legacy: down novzconf", "status 101", 10, "Unable to open .*vz.conf", ""),
    ("legacy: down", "status 101", 0, "^CTID 101 exist unmounted down$", ""),
    ("vz7: down", "status 101", 0, "^VEID 101 exist unmounted down$", ""),
    (
        "legacy: down",
        "start 101",
        0,
        r"Starting container...\nContainer is mounted\nContainer start in progress...",
        "running mounted unlocked",
    ),
    (
        "legacy: guest=BOOT=1",
        "start 101 --wait",
        0,
        r"Container start in progress, waiting ...\nContainer started successfully",
        "ready unlocked",
        1,
        2.5,
    ),
    ("legacy: down", "stop 101", 0, "^Unable to stop: container is not running$", ""),
    ("legacy: down", "umount 101", 40, "^CT is not mounted$", ""),
    ("legacy: running", "status 101", 0, "^CTID 101 exist mounted running$", ""),
    ("vz7: running", "status 101", 0, "^VEID 101 exist mounted running$", ""),
    ("legacy: running", "start 101", 32, "^Container is already running$", "running"),
    (
        "legacy: running",
        "stop 101",
        0,
        r"Stopping container ...\nContainer was stopped\nContainer is unmounted",
        "down unmounted",
        0,
        3,
    ),
    (
        "legacy: guest=SHUTDOWN=hang running",
        "stop 101 --fast",
        0,
        r"^Killing container ...\nContainer was stopped\nContainer is unmounted$",
        "down unmounted",
        0,
        1,
    ),
    (
        "legacy scale=100: guest=SHUTDOWN=hang running",
        "stop 101",
        0,
        r"Stopping container ...\nKilling container ...\nContainer was stopped",
        "down unmounted",
        1.2,
        3,
    ),
    (
        "legacy scale=1: conf=STOP_TIMEOUT=2 guest=SHUTDOWN=hang running",
        "stop 101",
        0,
        "Killing container",
        "down unmounted",
        2,
        4,
    ),
    ("vz7 scale=20: guest=SHUTDOWN=hang running", "stop 101", 0, "Killing container", "down unmounted", 3, 5),
    (
        "legacy scale=1: conf=STOP_TIMEOUT=1 guest=HALT_BLOCKS=3 guest=SHUTDOWN=hang running",
        "stop 101",
        0,
        "Killing",
        "down unmounted",
        4,
        6,
    ),
    ("legacy: guest=SHUTDOWN=nohalt running", "stop 101", 0, "Killing container", "down unmounted", 0, 2),
    ("legacy scale=100: guest=INIT_DELAY=100 starting", "stop 101", 0, "Killing container", "down unmounted", 1.2, 3),
    ("legacy: running", "umount 101", 32, "Container is running -- stop it first", "mounted"),
    ("legacy: mounted", "status 101", 0, "^CTID 101 exist mounted down$", ""),
    ("legacy: mounted", "stop 101", 0, "Unable to stop: container is not running", "mounted"),
    ("legacy: mounted", "start 101", 0, r"unmounted\n.*is mounted", "running mounted"),
    ("legacy: mounted", "umount 101", 0, "Container is unmounted", "unmounted"),
    ("legacy: down", "exec 101 true", 8, "Container is not running", ""),
    ("legacy: down", "exec2 101 true", 31, "Container is not running", ""),
    ("legacy: running", "exec 101 'exit 7'", 8, "", ""),
    ("legacy: running", "exec2 101 'exit 7'", 7, "", ""),
    ("legacy: running", "exec2 101 sh -c 'exit 7'", 0, "", ""),
    ("legacy: running", "exec2 101 'echo $VEID; cat /proc/1/comm'", 0, "^101\ninit$", ""),
    (
        "legacy: guest=INIT=systemd running",
        "exec2 101 'cat /proc/1/comm; systemctl is-system-running'",
        0,
        "^systemd\nrunning$",
        "",
    ),
    (
        "legacy: guest=INIT=systemd guest=BOOT=50 starting",
        "exec2 101 'sleep 0.5; systemctl is-system-running'",
        1,
        "^starting$",
        "",
    ),
    (
        "legacy: guest=INIT=busybox running",
        "exec2 101 'runlevel; readlink /proc/1/exe'",
        0,
        "^unknown\n/bin/busybox$",
        "",
    ),
    ("legacy: guest=INIT=plain running", "exec2 101 runlevel", 127, "not found", ""),
    (
        "legacy: guest=INIT=openrc running",
        "exec2 101 'rc-status -r; ls /sbin/openrc'",
        0,
        "^default\n/sbin/openrc$",
        "",
    ),
    ("legacy: running suspended", "status 101", 0, "^CTID 101 exist unmounted down suspended$", ""),
    ("vz7: running suspended", "status 101", 0, "^VEID 101 exist unmounted suspended$", ""),
    (
        "legacy: running suspended",
        "start 101",
        0,
        "Dump file .*Dump.101 exists, trying to restore from it",
        "running nodump",
    ),
    ("legacy: guest=RESTORE=fail dump", "start 101", 0, "trying to restore(.|\n)*Starting container", "running"),
    ("legacy: guest=RESTORE=fail dump", "restore 101", 17, "Restoring failed", "down unmounted dump"),
    ("legacy: guest=CHKPNT=fail running", "chkpnt 101", 16, "", "running nodump"),
    ("vz7: running paused", "status 101", 0, "^VEID 101 exist mounted paused$", ""),
    ("legacy: running paused", "status 101", 0, "^CTID 101 exist mounted running$", ""),
    ("vz7: running paused", "start 101", 0, "", "running awake"),
    ("vz7: running paused", "chkpnt 101 --resume", 0, "", "running awake"),
    ("legacy: conf=DISABLED=yes", "start 101", 105, "Container start disabled", "down"),
    ("legacy: conf=DISABLED=yes", "start 101 --force", 0, "", "running"),
    ("legacy: noprivate", "status 101", 0, "^CTID 101 deleted unmounted down$", ""),
    ("legacy: noprivate", "start 101", 43, "Container private area .* does not exist", ""),
    ("legacy: noprivate", "stop 101", 0, "not running", ""),
    ("legacy: running noconfig", "status 101", 0, "^CTID 101 deleted mounted running$", ""),
    ("legacy: running noconfig", "stop 101", 14, "config", "running"),
    ("vz7: running noconfig", "status 101", 0, "^VEID 101 deleted unmounted down$", "running"),
    ("vz7: running dangling", "status 101", 0, "^VEID 101 deleted unmounted down$", "running"),
    ("legacy: running noprivate", "status 101", 0, "^CTID 101 deleted unmounted running$", ""),
    ("legacy: running noprivate", "stop 101", 40, "CT is not mounted", "down mounted"),
    ("legacy: running noprivate", "stop 101 --fast", 40, "CT is not mounted", "down mounted"),
    ("legacy: mounted noprivate", "status 101", 0, "^CTID 101 deleted unmounted down$", "mounted"),
    ("legacy: mounted noprivate", "umount 101", 40, "^CT is not mounted$", "mounted"),
    ("legacy: mounted", "mount 101", 0, "", "mounted"),
    ("legacy: down", "destroy 999", 14, "Container config file does not exist", ""),
    ("legacy: running", "exec2 101 'kill -9 $$'", 3, "Got signal 9", ""),
    ("legacy: running", "exec2 101", 20, "", ""),
    ("legacy: script=premount='exit 1'", "start 101", 79, "", "down unmounted"),
    ("legacy: guest=SHUTDOWN=nohalt running", "stop 101", 0, r"Child \d+ exited with status 33", "down unmounted"),
    ("legacy: lock=dead", "start 101", 0, "^Removing stale lock file", "running unlocked"),
    (
        "legacy: sim=NO_VZ=yes down",
        "status 101",
        0,
        "^CTID 101 exist unmounted down\n.*Directory /proc/vz not found",
        "",
    ),
    ("legacy: noinit", "start 101", 47, "Unable to start init, probably incorrect template", "down unmounted"),
    ("legacy: emptyconfig", "start 101", 28, "required UB parameter", "down"),
    ("legacy: script=mount='exit 1'", "start 101", 79, "", "down unmounted"),
    ("legacy: script=start='exit 1'", "start 101", 79, "Container start failed", "down unmounted"),
    ("legacy: script=stop='exit 1' running", "stop 101", 79, "^Stopping container ...$", "running"),
    ("legacy: script=stop='exit 1' running", "stop 101 --fast", 79, "^$", "running"),
    ("legacy: script=umount='exit 1' running", "stop 101", 79, "Container was stopped", "down mounted"),
    ("legacy: running busy", "stop 101", 51, r"Container was stopped\n(.|\n)*Can't umount .* busy", "down mounted"),
    ("legacy: running lock=/usr/sbin/vzctl", "status 101", 0, "running", ""),
    ("legacy: running lock=/usr/sbin/vzctl", "exec2 101 true", 0, "", ""),
    (
        "legacy: running lock=/usr/sbin/vzctl",
        "stop 101 --fast",
        9,
        r"^Locked by: pid \d+, cmdline .*/usr/sbin/vzctl\nContainer already locked$",
        "running locked",
    ),
    ("legacy: lock=/usr/sbin/vzctl", "start 101", 9, "Container already locked", "down"),
    ("legacy: running lock=/usr/sbin/vzctl", "set 101 --onboot no --save", 9, "locked", ""),
    (
        "legacy: running lock=/usr/sbin/vzctl",
        "--skiplock stop 101 --fast",
        0,
        "Container was stopped",
        "down unmounted locked",
    ),
    ("legacy: running sim=SKIPLOCK=no", "--skiplock stop 101 --fast", 20, "", "running"),
    ("legacy: lock=dead", "start 101", 0, "", "running unlocked"),
    ("legacy: lock=junk", "start 101", 0, "", "running unlocked"),
    ("legacy: lock=empty", "start 101", 0, "", "running unlocked"),
    ("legacy: lock=stranger", "start 101", 9, "cmdline /bin/sh -c sleep", "down"),
    ("vz7: owner=server-2", "start 101", 141, "", "down"),
    ("vz7: owner=server-2", "register /vz/private/101 101", 141, "", ""),
    ("vz7: owner=server-2", "register /vz/private/101 101 --force", 0, "", ""),
    ("legacy: down", "register /vz/private/101 101", 20, "", ""),
    (
        "legacy scale=1: sim=WAIT_LIMIT=2 guest=INIT=systemd",
        "start 101 --wait",
        133,
        "",
        "down unmounted unlocked",
        2,
        4,
    ),
    ("legacy scale=1: sim=WAIT_LIMIT=2 guest=INIT=systemd guest=VZFIFO=yes", "start 101 --wait", 0, "", "running"),
    ("legacy: guest=BOOT=5 starting", "umount 101", 32, "", ""),
    ("legacy: name=web running", "status web", 0, "^CTID 101 exist mounted running$", ""),
    ("legacy: running", "set 101 --onboot no --save", 0, "saved", "running"),
]


@pytest.mark.parametrize("row", TRANSCRIPTS, ids=["%s | %s" % (r[0], r[1]) for r in TRANSCRIPTS])
def test_transcript(row):
    import shlex

    state, command, code, output, after = row[:5]
    least, most = row[5:] or (0, 10)
    s = State(state)
    try:
        r = s.world.call("vzctl", *shlex.split(command))
        out = (r.out + r.err).strip()
        about = "%s\n-- %s after %.2f s\n%s\n%s" % (row, r.code, r.seconds, out, sorted(s.words()))
        assert r.code == code, about
        assert re.search(output, out), about
        assert set(after.split()) <= s.words(), about
        assert least <= r.seconds <= most, about
    finally:
        s.close()


def test_vzlist(make):
    s = make("legacy: also=7 name=web running conf=BOOTORDER=5")
    rows = json.loads(s.world.call("vzlist", "-a", "-j", "-o", "ctid,status,onboot,bootorder,private,root").out)
    assert rows == [
        {
            "ctid": 101,
            "status": "running",
            "onboot": False,
            "bootorder": 5,
            "private": "/vz/private/101",
            "root": "/vz/root/101",
        },
        {
            "ctid": 7,
            "status": "stopped",
            "onboot": False,
            "bootorder": None,
            "private": "/vz/private/7",
            "root": "/vz/root/7",
        },
    ]
    assert [r["ctid"] for r in json.loads(s.world.call("vzlist", "-j").out)] == [101]


def test_sigterm_does_not_end_a_stop(make):
    s = make("legacy scale=100: guest=SHUTDOWN=hang running")
    tag = s.world.spawn(["/usr/sbin/vzctl", "stop", "101"])
    time.sleep(0.4)
    s.world.kill(s.world.started[tag], 15)
    r = s.world.wait(tag)
    assert r.code == 0 and "Cancelling..." in r.err and r.seconds > 1.1, r.err
    assert {"down", "unmounted", "unlocked"} <= s.words()


def test_sigkill_of_a_stop_leaves_a_stale_lock_and_a_running_guest(make):
    s = make("legacy: guest=SHUTDOWN=hang running")
    tag = s.world.spawn(["/usr/sbin/vzctl", "stop", "101"])
    time.sleep(0.4)
    s.world.kill(s.world.started[tag], 9, group=True)
    s.world.wait(tag)
    assert {"running", "mounted", "locked"} <= s.words()
    assert s.world.call("vzctl", "stop", "101", "--fast").code == 0
    assert {"down", "unmounted", "unlocked"} <= s.words()


def test_skiplock_beats_a_hung_stop(make):
    s = make("legacy scale=5: guest=SHUTDOWN=hang running")
    tag = s.world.spawn(["/usr/sbin/vzctl", "stop", "101"])
    time.sleep(0.4)
    assert s.world.call("vzctl", "stop", "101").code == 9
    r = s.world.call("vzctl", "--skiplock", "stop", "101", "--fast")
    assert r.seconds < 1 and {"down", "unmounted"} <= s.words()
    assert (r.code, s.world.wait(tag).code) == (0, 40)  # the hung one finds nothing mounted


def test_start_wait_holds_the_lock_and_dies_with_the_guest_by_sigterm(make):
    s = make("legacy: guest=INIT=systemd lock=start")
    assert s.world.call("vzctl", "stop", "101", "--fast").code == 9
    s.world.kill(s.pids["lock"], 15)
    r = s.world.wait(s.tags[0])
    assert r.code == 133 and {"down", "unmounted", "unlocked"} <= s.words()


def test_start_wait_ended_by_sigkill_leaves_the_guest_running(make):
    s = make("legacy: guest=INIT=systemd lock=start")
    s.world.kill(s.pids["lock"], 9)
    s.world.wait(s.tags[0])
    assert {"running", "mounted", "locked"} <= s.words()
    assert s.world.call("vzctl", "stop", "101").code == 0  # a stale lock is no lock


def test_sigkill_before_init_leaves_mounted_down(make):
    s = make("legacy: guest=START_DELAY=5")
    tag = s.world.spawn(["/usr/sbin/vzctl", "start", "101"])
    end = time.monotonic() + 5
    while not s.world.mounted("101") and time.monotonic() < end:
        time.sleep(0.02)
    s.world.kill(s.world.started[tag], 9, group=True)
    s.world.wait(tag)
    assert {"down", "mounted"} <= s.words()


def test_guest_that_halts_itself_stays_mounted_until_vzeventd(make):
    s = make("legacy: guest=DIES_AFTER=0.2 starting")
    time.sleep(0.8)
    assert {"down", "mounted"} <= s.words()
    s = make("legacy: guest=DIES_AFTER=0.2 guest=EVENTD=yes starting")
    time.sleep(0.8)
    assert {"down", "unmounted"} <= s.words()


def test_guest_that_reboots_itself_is_down_for_a_while(make):
    s = make("legacy scale=2: guest=REBOOTS_AFTER=0.2 guest=EVENTD=yes starting")
    seen = set()
    end = time.monotonic() + 8
    while time.monotonic() < end and not ("down" in seen and s.up()):
        seen.add("running" if s.up() else "down")
        time.sleep(0.05)
    assert "down" in seen and s.up()


def test_what_the_kernel_shows(make):
    s = make("legacy: running")
    assert re.match(r"\s*101\s", s.world.read("/proc/vz/veinfo"))
    s.world.kill(s.world.init_pid("101"))
    time.sleep(0.3)
    assert s.world.read("/proc/vz/veinfo") == ""
    s = make("legacy cgroup: running")
    listing = ["/bin/sh", "-c", "cat /sys/fs/cgroup/*/vz-101/cgroup.procs /sys/fs/cgroup/vz-101/cgroup.procs"]
    assert str(s.world.init_pid("101")) in s.world.call(*listing).out.split()
    s.world.vzctl("stop", "101", "--fast")
    assert s.own_cgroup() and s.world.call(*listing).out == ""  # the empty ones stay


def test_a_start_that_has_not_mounted_yet(make):
    """While a premount script runs, status says down, and the lock is held."""
    s = make("legacy: script=premount='sleep 1' 'later=0=vzctl start 101' wait=start")
    assert s.world.call("vzctl", "status", "101").out == "CTID 101 exist unmounted down\n"
    assert s.world.call("vzctl", "stop", "101").code == 9
    s.world.wait_ready("101")


def test_a_forced_stop_that_meets_a_stop_script(make):
    s = make("legacy scale=1: script=stop='sleep 3' running")
    tag = s.world.spawn(["/usr/sbin/vzctl", "stop", "101"])
    time.sleep(0.5)
    r = s.world.call("vzctl", "--skiplock", "stop", "101", "--fast")
    assert r.code == 79 and "Got signal 15" in r.err and s.up(), r.err
    assert s.world.wait(tag).code == 0 and {"down", "unmounted"} <= s.words()


@pytest.mark.parametrize("host", ["legacy cgroup", "legacy cgroup2"])
def test_frozen_by_the_kernel(make, host):
    """Its status says running, a command in it is stuck, and so is the stop."""
    s = make(host + " scale=100: running frozen")
    assert s.world.call("vzctl", "status", "101").out == "CTID 101 exist mounted running\n"
    tag = s.world.spawn(["/usr/sbin/vzctl", "exec2", "101", "true"])
    time.sleep(0.5)
    assert tag not in s.world.ended and s.up()
    stop = s.world.spawn(["/usr/sbin/vzctl", "stop", "101"])
    time.sleep(0.5)
    assert stop not in s.world.ended and s.up()
    s.thaw()
    assert s.world.wait(tag).code == 0 and s.world.wait(stop).code == 0 and not s.up()


def test_exec_in_a_frozen_guest_cannot_be_killed(make):
    s = make("vz7: running paused")
    tag = s.world.spawn(["/usr/sbin/vzctl", "exec2", "101", "true"])
    time.sleep(0.4)
    s.world.kill(s.world.started[tag], 9, group=True)
    s.world.wait(tag)
    time.sleep(0.1)
    stuck = s.world.read("/var/lib/vzctl-sim/101/stuck").split()
    assert len(stuck) == 1 and s.world.call("/bin/sh", "-c", "kill -0 " + stuck[0]).code == 0
    s.world.vzctl("chkpnt", "101", "--resume")
    time.sleep(0.2)
    assert s.world.call("/bin/sh", "-c", "kill -0 " + stuck[0]).code != 0


def test_the_file_alone_is_enough(make):
    """As it is installed in a node: one executable file, a container made by itself."""
    s = make("legacy: down")
    shutil.copy(os.path.join(SIMULATORS, "vzctl"), s.world.at("/opt/vzctl"))
    for command, code in (
        ("create 200", 0),
        ("start 200 --wait", 0),
        ("status 200", 0),
        ("exec2 200 'exit 3'", 3),
        ("stop 200", 0),
        ("destroy 200", 0),
    ):
        import shlex

        r = s.world.call("/opt/vzctl", *shlex.split(command))
        assert r.code == code, (command, r.code, r.out, r.err)

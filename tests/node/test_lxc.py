# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent on real LXC: one line a case. Runs inside a node (see README.md).

A case: name; the VE, and what has happened to it (the words of Stage); what the agent is asked (action, `probe`, level=,
timeout=, `notools`, parameters); the exit code; what else must be true (complaints). In every case the agent must end
before its timeout, leave no process behind, and give one reason if it fails.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
import zlib
from concurrent import futures

import pytest
import ves

CASES = []
BOOTED = "ready_command='test -e /run/booted'"  # busybox sets no runlevel that would tell
HANGS = "shutdown='sleep 100000'"


def case(name, stage, asked, code, **expected):
    CASES.append(pytest.param(stage, asked, code, expected, id=name.replace(" ", "-")))


# ---------------------------------------------------------------------------------------------------------------
# down, and what is not there
case("down: probe", "busybox", "monitor probe", 7)
case("down: monitor", "busybox", "monitor", 7, reason="not running")
case("down: stop", "busybox", "stop", 0)
case("absent: probe", "busybox noconfig", "monitor probe", 7)
case("absent: start", "busybox noconfig", "start", 5, reason="doesn't exist")
case("absent: stop", "busybox noconfig", "stop", 0)
case(
    "no root file system: start",
    "busybox norootfs",
    "start",
    1,
    after="STOPPED",
    reason="^its root file system /.* is not there",
)
case("a config that cannot be read: start", "busybox badconfig", "start", 1, after="", reason="[Cc]onfig")
case("a network that is not there: start", "busybox badnetwork", "start", 1, after="STOPPED", reason="br-none")
case(
    "no init: start",
    "busybox noinit",
    "start",
    1,
    after="STOPPED",
    reason="^its root file system /.* has no /sbin/init",
)
case("other folder: probe", "busybox running", "monitor probe lxc_path=/srv/ves-elsewhere", 7)

# start waits until the guest has booted
case("start: busybox", "busybox boot='sleep 2'", "start " + BOOTED, 0, after="RUNNING booted", least=2, most=8)
case("start: busybox, by its own means", "busybox boot='sleep 5'", "start", 0, after="RUNNING unbooted", most=4)
case("start: sysvinit", "sysvinit boot='sleep 2'", "start", 0, after="RUNNING", least=2, most=8)
case("start: systemd", "systemd boot='sleep 2'", "start", 0, after="RUNNING booted", least=2)
case("start: systemd, degraded", "systemd broken boot='sleep 1'", "start", 0, after="RUNNING booted", least=1)
case("start: none", "systemd boot='sleep 100'", "start start_wait=none", 0, after="RUNNING unbooted", most=4)
case(
    "start: native is none with lxc",
    "systemd boot='sleep 100'",
    "start start_wait=native",
    0,
    after="RUNNING unbooted",
    most=4,
)
case("start: still booting", "systemd boot='sleep 3' starting", "start", 0, after="RUNNING booted", least=1)
case("start: running", "busybox running", "start", 0, most=4, same=True)
case(
    "start: hung boot, proceed",
    "systemd boot='sleep 100000'",
    "start ready_timeout=10",
    0,
    after="RUNNING unbooted",
    least=10,
    most=15,
    err="WARNING: .*not ready in time.*systemd: (starting|initializing)",
)
case(
    "start: hung boot, fail",
    "systemd boot='sleep 100000'",
    "start ready_timeout=6 ready_timeout_action=fail",
    1,
    after="RUNNING unbooted",
    least=6,
    most=11,
    reason="not ready in time .*systemd: (starting|initializing)",
)
case(
    "start: hung boot of sysvinit",
    "sysvinit boot='sleep 100000'",
    "start ready_timeout=3 ready_timeout_action=fail",
    1,
    least=3,
    most=8,
    reason="not ready in time .*runlevel: unknown",
)
case(
    "start: hung boot, no ready_timeout",
    "systemd boot='sleep 100000'",
    "start timeout=8",
    0,
    after="RUNNING unbooted",
    least=5,
    err="not ready in time",
)
case(
    "start: ready_command that hangs",
    "busybox",
    "start timeout=8 ready_command='sleep 1000'",
    0,
    after="RUNNING",
    least=5,
)

# a guest that goes down, or up again, by itself
DIES = "went down while it started: .*the disk is gone"
case(
    "boot: halts",
    "busybox boot='sleep 1; echo the disk is gone >/dev/console; poweroff -f'",
    "start " + BOOTED,
    1,
    after="STOPPED",
    most=8,
    reason=DIES,
)
case(
    "boot: halts, sysvinit",
    "sysvinit boot='sleep 1; echo the disk is gone >/dev/console; /sbin/halt -f -p'",
    "start",
    1,
    after="STOPPED",
    most=8,
    reason=DIES,
)
case(
    "boot: halts, systemd",
    "systemd boot='sleep 1; echo the disk is gone >/dev/console; systemctl --force --force poweroff; sleep 9'",
    "start",
    1,
    after="STOPPED",
    most=12,
    reason=DIES,
)
case(
    "boot: init is killed",
    "busybox boot='sleep 10' later='sleep 2; kill -9 $(lxc-info $VE -pH)'",
    "start " + BOOTED,
    1,
    after="STOPPED",
    most=8,
    reason="went down while it started",
)
case(
    "boot: reboots once",
    "busybox boot='test -e /etc/again || { touch /etc/again; sleep 1; reboot -f; sleep 9; }; sleep 1'",
    "start " + BOOTED,
    0,
    after="RUNNING booted",
    least=2,
)
case("halts itself: monitor", "busybox running inside=poweroff stopped", "monitor", 7)
case(
    "halts itself: level 10",
    "busybox running later='until test -e $(root)/run/inside; do sleep .05; done; lxc-attach $VE -- poweroff -f'",
    "monitor level=10 monitor_command='touch /run/inside; sleep 9'",
    1,
    most=8,
    reason="the check inside fails",
)
case("reboots: monitor", "busybox running inside='reboot -f'", "monitor", 0, after="RUNNING")

# start_settle
case("settle: holds on", "busybox", "start start_settle=3", 0, after="RUNNING", least=3, most=8)
case("settle: not for one that runs", "busybox running", "start start_settle=9", 0, most=4)
case(
    "settle: goes down meanwhile",
    "busybox later='sleep 2; for n in 1 2 3 4 5 6 7 8 9; do lxc-attach $VE -- poweroff -f && break; sleep .3; done'",
    "start start_settle=9",
    1,
    after="STOPPED",
    most=8,
    reason="went down while it started",
)

# the check inside
case("check: passes", "busybox running", "monitor level=10 monitor_command='test -e /run/booted'", 0)
case(
    "check: fails",
    "busybox running",
    "monitor level=10 monitor_command='echo no database; exit 3'",
    1,
    reason="the check inside fails: no database .*exit 3",
)
case("check: not below level 10", "busybox running", "monitor level=0 monitor_command=false", 0)
case("check: true by default", "busybox running", "monitor level=10", 0)
case(
    "check: hangs",
    "busybox running",
    "monitor level=10 timeout=10 monitor_command='sleep 1000'",
    1,
    least=3,
    reason="no end after",
)
case(
    "check: writes without end",
    "busybox running",
    "monitor level=10 timeout=6 monitor_command=yes",
    1,
    reason="no end after",
)

# stop
for kind in ves.KINDS:
    case("stop: " + kind, kind + " running", "stop", 0, after="STOPPED", most=12, noerr="force")
case("stop: twice", "busybox running inside=poweroff stopped", "stop", 0, after="STOPPED", most=4)
case(
    "stop: hung, the grace gives way to the timeout",
    "busybox running " + HANGS,
    "stop timeout=10",
    0,
    after="STOPPED",
    least=4,
    err="WARNING: .*by force",
)
case(
    "stop: hung systemd",
    "systemd running " + HANGS,
    "stop timeout=10",
    0,
    after="STOPPED",
    least=4,
    err="WARNING: .*by force",
)
case(
    "stop: hung, a grace of its own",
    "busybox running " + HANGS,
    "stop stop_grace=3",
    0,
    after="STOPPED",
    least=3,
    most=8,
    err="by force",
)
case("stop: force_stop", "busybox running " + HANGS, "stop force_stop=true", 0, after="STOPPED", most=4, err="by force")
case("stop: while it boots", "systemd boot='sleep 100' starting", "stop timeout=10", 0, after="STOPPED")
case("stop: with a bad parameter", "busybox running", "stop stop_grace=soon", 0, after="STOPPED")

# frozen
case(
    "frozen: monitor asks again",
    "busybox running frozen",
    "monitor timeout=8",
    1,
    after="FROZEN",
    least=4,
    most=7,
    reason="paused",
)
case("frozen: probe", "busybox running frozen", "monitor probe timeout=8", 1, after="FROZEN", most=7)
case(
    "frozen: for a moment only",
    "busybox running frozen later='sleep 3; lxc-unfreeze $VE'",
    "monitor timeout=16",
    0,
    after="RUNNING",
    least=1.5,
)
case(
    "frozen: level 10",
    "busybox running frozen",
    "monitor level=10 timeout=8",
    1,
    after="FROZEN",
    most=7,
    reason="paused",
)
case(
    "frozen: while the check runs",
    "busybox running later='until test -e $(root)/run/inside; do sleep .05; done; lxc-freeze $VE'",
    "monitor level=10 timeout=8 monitor_command='touch /run/inside; sleep 1; test -e /'",
    1,
    after="FROZEN",
    least=3,
    stuck=True,
)
case(
    "frozen: while start looks",
    "busybox later='until test -e $(root)/run/inside; do sleep .05; done; lxc-freeze $VE'",
    "start timeout=12 ready_command='touch /run/inside; sleep 1; test -e /run/inside'",
    0,
    after="RUNNING",
)
case("frozen: start thaws it", "busybox running frozen", "start", 0, after="RUNNING booted", same=True)
case(
    "frozen: start thaws it and waits",
    "systemd boot='sleep 3' starting frozen",
    "start",
    0,
    after="RUNNING booted",
    least=1,
    same=True,
)
case("frozen: stop", "busybox running frozen", "stop", 0, after="STOPPED", most=12, noerr="force")
case("frozen: stop, systemd", "systemd running frozen", "stop", 0, after="STOPPED", noerr="force")
case("frozen: stop, hung", "busybox running frozen " + HANGS, "stop timeout=10", 0, after="STOPPED", err="by force")
case("frozen: force_stop", "busybox running frozen", "stop force_stop=true", 0, after="STOPPED", most=4)

# between two states: hooks of LXC that take their time, and lxc-info is silent as long as they do
case("starting: monitor", "busybox slowstart=3 launched", "monitor timeout=16", 0, after="RUNNING", least=1)
case(
    "starting: start", "busybox slowstart=3 launched", "start timeout=16 " + BOOTED, 0, after="RUNNING booted", least=1
)
case("starting: stop", "busybox slowstart=3 launched", "stop timeout=16", 0, after="STOPPED")
case(
    "starting: for too long, probe",
    "busybox slowstart=12 launched",
    "monitor probe timeout=6",
    1,
    reason="may be running",
)
case(
    "starting: for too long, stop",
    "busybox slowstart=12 launched",
    "stop timeout=6",
    0,
    after="STOPPED",
    err="ERROR.*last resort",
    stays=12,
)
case("starting: for too long, start", "busybox slowstart=12 launched", "start timeout=8", 1, reason=".")
case(
    "starting: a start waits, however long lxc-info is silent",
    "busybox slowstart=25 launched",
    "start timeout=50 " + BOOTED,
    0,
    after="RUNNING booted",
    least=15,
)
case("starting: a hook before all else, monitor", "busybox slowinit=3 launched", "monitor timeout=16", 0, least=1)
case(
    "starting: a hook before all else for too long, probe",
    "busybox slowinit=12 launched",
    "monitor probe timeout=6",
    1,
    reason="may be running",
)
case(
    "starting: a hook before all else for too long, no tools",
    "busybox slowinit=12 launched",
    "monitor notools timeout=6",
    1,
)
case("starting: for too long, no tools", "busybox slowstart=12 launched", "monitor probe notools timeout=6", 1, least=2)
case(
    "starting: for too long, its socket is not seen",
    "busybox slowstart=12 launched",
    "monitor probe notools othernet timeout=6",
    1,
)
case("starting: unprivileged, for too long", "busybox unprivileged slowstart=12 launched", "monitor probe timeout=6", 1)
case(
    "starting: a hook before all else, stop is never 0 of one that will run",
    "busybox slowinit=12 launched",
    "stop timeout=6",
    None,
    stays=14,
)
case("stopping: monitor", "busybox slowstop=3 running killing", "monitor timeout=16", 7, least=1)
case("stopping: stop", "busybox slowstop=3 running killing", "stop timeout=16", 0, after="STOPPED", least=1)
case("stopping: start", "busybox slowstop=3 running killing", "start timeout=16 " + BOOTED, 0, after="RUNNING booted")
case("stopping: for too long, monitor", "busybox slowstop=12 running killing", "monitor timeout=6", 1)
case("stopping: for too long, probe", "busybox slowstop=12 running killing", "monitor probe timeout=6", 1)
case("stopping: for too long, no tools", "busybox slowstop=12 running killing", "monitor probe notools timeout=6", 1)
case(
    "stopping: for too long, stop",
    "busybox slowstop=12 running killing",
    "stop timeout=6",
    0,
    after="STOPPED",
    stays=12,
)

# the tool hangs or fails, and the guest is well: that is no reason to restart it
SILENT = "tool='lxc-info=exec sleep 1000'"
for kind in ves.KINDS:
    case(
        "starved: probe, " + kind,
        kind + " running",
        "monitor probe timeout=12 " + SILENT,
        0,
        same=True,
        err="WARN.*proves",
    )
    case("starved: monitor, " + kind, kind + " running", "monitor timeout=12 " + SILENT, 0, same=True)
    case("starved: level 10, " + kind, kind + " running", "monitor level=10 timeout=12 " + SILENT, 0, same=True)
    case("starved: start, " + kind, kind + " running", "start timeout=12 " + SILENT, 0, same=True)
case("starved: while it boots", "systemd boot='sleep 100' starting", "monitor timeout=12 " + SILENT, 0)
case("starved: stop", "busybox running", "stop timeout=15 " + SILENT, 0, after="STOPPED")
case("starved: frozen", "busybox running frozen", "monitor timeout=8 " + SILENT, 1, after="FROZEN", same=True)
case("starved: down", "busybox", "monitor probe timeout=8 " + SILENT, 7)

# a forced stop that fails
FAILS = "tool='lxc-stop=%s'"
case(
    "forced stop: fails once",
    "busybox running " + HANGS,
    "stop force_stop=true timeout=20 " + FAILS % "[ -e $ONCE ] && exec $REAL \"$@\"; : >$ONCE; exit 1",
    0,
    after="STOPPED",
    noerr="last resort",
)
for kind in ("busybox", "systemd", "systemd unprivileged"):
    for how, script in (("fails", "exit 1"), ("hangs", "exec sleep 1000"), ("lies", "exit 0")):
        case(
            "forced stop: %s for ever, %s" % (how, kind),
            kind + " running " + HANGS,
            "stop timeout=15 stop_grace=1 " + FAILS % script,
            0,
            after="STOPPED",
            err="ERROR.*last resort",
        )
case(
    "forced stop: fails for ever, frozen",
    "busybox running frozen",
    "stop timeout=15 force_stop=true " + FAILS % "exit 1",
    0,
    after="STOPPED",
    err="ERROR.*last resort",
)

# what is gone while it runs
for gone in ("noconfig", "norootfs"):
    case("%s: probe" % gone, "busybox running " + gone, "monitor probe", 0, same=True)
    case(
        "%s: level 10 as level 0" % gone,
        "busybox running " + gone,
        "monitor level=10 monitor_command=false",
        0,
        same=True,
    )
    case("%s: start" % gone, "busybox running " + gone, "start ready_command=false", 0, most=4, same=True)
    case(
        "%s: stop" % gone,
        "busybox running " + gone,
        "stop",
        0,
        after="ABSENT" if gone == "noconfig" else "STOPPED",
        most=12,
    )
case("noconfig: stop, hung", "busybox running noconfig " + HANGS, "stop timeout=10", 0, after="ABSENT")
case("noconfig: frozen, stop", "busybox running frozen noconfig", "stop", 0, after="ABSENT")
case("no monitor: monitor", "busybox running nomonitor", "monitor", 7)
case("no monitor: start", "busybox running nomonitor", "start " + BOOTED, 0, after="RUNNING booted")
case("no monitor: stop", "busybox running nomonitor", "stop", 0, after="STOPPED")

# LXC's tools are gone while it runs
case("no tools: probe", "busybox running", "monitor probe notools", 0, same=True, err="WARN.*proves")
case("no tools: monitor", "busybox running", "monitor notools", 0, same=True)
case("no tools: start", "busybox running", "start notools", 0, same=True)
case("no tools: stop", "busybox running", "stop notools timeout=15", 0, err="ERROR.*last resort", after="STOPPED")
case("no tools: frozen", "busybox running frozen", "monitor probe notools", 1, same=True)
case("no tools: systemd, its socket is not seen", "systemd running", "monitor probe notools othernet", 0, same=True)
case("no tools: busybox, its socket is not seen", "busybox running", "monitor probe notools othernet", 0, same=True)
case("no tools: down, probe", "busybox", "monitor probe notools", 5)
case("no tools: down, monitor", "busybox", "monitor notools", 1)
case("no tools: down, start", "busybox", "start notools", 5)
case("no tools: down, stop", "busybox", "stop notools", 0)
case("no tools: died, so empty cgroups are left", "busybox running nomonitor", "monitor probe notools", 5)
case(
    "no tools: runs in a cgroup with a suffix",
    "busybox running nomonitor running",
    "monitor probe notools othernet",
    0,
    same=True,
)

# in a user namespace: other owners of its files and cgroups, and what the guest may do
for kind in ves.KINDS:
    case(
        "unprivileged: start, " + kind,
        kind + " unprivileged boot='sleep 2'",
        "start" + (" " + BOOTED if kind == "busybox" else ""),
        0,
        after="RUNNING" if kind == "sysvinit" else "RUNNING booted",
        least=2,
    )
    case("unprivileged: probe, " + kind, kind + " unprivileged running", "monitor probe", 0, same=True)
    case("unprivileged: stop, " + kind, kind + " unprivileged running", "stop", 0, after="STOPPED", noerr="force")
    case(
        "unprivileged: reboots, " + kind,
        kind + " unprivileged running inside='reboot -f'",
        "monitor",
        0,
        after="RUNNING",
    )
    case(
        "unprivileged: no tools, " + kind,
        kind + " unprivileged running",
        "monitor probe notools",
        0,
        same=True,
        err="WARN.*proves",
    )
    case(
        "unprivileged: no tools, its socket is not seen, " + kind,
        kind + " unprivileged running",
        "monitor probe notools othernet",
        0,
        same=True,
        err="WARN.*proves",
    )
    case(
        "unprivileged: hung stop, " + kind,
        kind + " unprivileged running " + HANGS,
        "stop timeout=10",
        0,
        after="STOPPED",
        least=4,
        err="WARNING: .*by force",
    )
    case(
        "unprivileged: frozen, monitor, " + kind,
        kind + " unprivileged running frozen",
        "monitor timeout=8",
        1,
        after="FROZEN",
        most=7,
        reason="paused",
    )
    case(
        "unprivileged: frozen, start thaws it, " + kind,
        kind + " unprivileged running frozen",
        "start" + (" " + BOOTED if kind == "busybox" else ""),
        0,
        after="RUNNING",
        same=True,
    )
    case("unprivileged: frozen, stop, " + kind, kind + " unprivileged running frozen", "stop", 0, after="STOPPED")
case("unprivileged: down, no tools, probe", "busybox unprivileged", "monitor probe notools", 5)
case(
    "unprivileged: died, so empty cgroups are left",
    "busybox unprivileged running nomonitor",
    "monitor probe notools",
    5,
)
case(
    "unprivileged: hung boot",
    "systemd unprivileged boot='sleep 100000'",
    "start ready_timeout=6 ready_timeout_action=fail",
    1,
    after="RUNNING unbooted",
    least=6,
    most=11,
    reason="not ready in time .*systemd: (starting|initializing)",
)
case(
    "unprivileged: the check passes",
    "systemd unprivileged running",
    "monitor level=10 monitor_command='test -e /run/booted && test $(id -u) = 0'",
    0,
)
case(
    "unprivileged: halts as it boots",
    "busybox unprivileged boot='sleep 1; echo the disk is gone >/dev/console; poweroff -f'",
    "start " + BOOTED,
    1,
    after="STOPPED",
    most=8,
    reason=DIES,
)

# its configuration is in another file, which its own includes
case("include: start", "busybox include boot='sleep 2'", "start " + BOOTED, 0, after="RUNNING booted", least=2)
case("include: probe", "busybox include running", "monitor probe", 0, same=True)
case("include: stop", "busybox include running", "stop", 0, after="STOPPED", noerr="force")
case(
    "include: unprivileged", "systemd include unprivileged boot='sleep 2'", "start", 0, after="RUNNING booted", least=2
)
case(
    "include: halts as it boots",
    "busybox include boot='sleep 1; echo the disk is gone >/dev/console; poweroff -f'",
    "start " + BOOTED,
    1,
    after="STOPPED",
    most=8,
    reason=DIES,
)
case(
    "include: no root file system, level 10 as level 0",
    "busybox include running norootfs",
    "monitor level=10 monitor_command=false",
    0,
    same=True,
)

# a name that begins with another's name
case("names: web-N is not web", "busybox running", "monitor probe veid={base}", 7, same=True)
case("names: web-N is not web, start", "busybox running", "start veid={base}", 5, same=True)
case("names: web-N is not web, stop", "busybox running", "stop veid={base}", 0, same=True)
case("names: web-N is not web, no tools", "busybox running", "monitor probe notools veid={base}", 5, same=True)


# ---------------------------------------------------------------------------------------------------------------
class Stage:
    """Sets the stage by the words of a line, in their order. First the kind; then what the guest is, and what happens."""

    def __init__(self, text, name):
        kind, *words = shlex.split(text)
        words = [word.partition("=")[::2] for word in words]
        given = dict(words)
        hooks = {
            "pre-start": given.pop("slowinit", None),
            "start-host": given.pop("slowstart", None),
            "stop": given.pop("slowstop", None),
        }
        config = "".join('lxc.hook.%s = /bin/sh -c "sleep %s"\n' % hook for hook in hooks.items() if hook[1])
        self.later = given.get("later")  # a command of the shell, see Stage.run
        how = {word: True for word in ("include", "unprivileged") if word in given}
        self.ve = ves.VE(name, kind, given.get("boot", ""), given.get("shutdown", ""), config, **how)
        try:
            for word, value in words:
                if hasattr(self, "do_" + word):
                    getattr(self, "do_" + word)(value)
                else:
                    assert word in ("boot", "shutdown", "slowinit", "slowstart", "slowstop", "later", *how), word
        except BaseException:
            self.ve.close()
            raise

    def do_broken(self, _):
        """it has a unit that fails: degraded"""
        self.ve.enable("broken")

    def do_starting(self, _):
        """it runs, and boots"""
        self.ve.start()

    def do_running(self, _):
        self.ve.run()

    def do_launched(self, _):
        """lxc-start is under way"""
        self.ve.begin("start", "-d")
        ves.wait_until(self.ve.has_socket, "a monitor process")

    def do_killing(self, _):
        """lxc-stop is under way, and init is dead"""
        pid = self.ve.pid()
        self.ve.begin("stop", "-k")
        ves.wait_until(lambda: not os.path.exists("/proc/%d/root/etc" % pid), "the end of init")

    def do_inside(self, command):
        self.ve.lxc("attach", "--", "/bin/sh", "-c", command)

    def do_stopped(self, _):
        ves.wait_until(lambda: self.ve.state() == "STOPPED", "STOPPED")

    def do_frozen(self, _):
        assert self.ve.lxc("freeze").returncode == 0

    def do_noconfig(self, _):
        os.rename(self.ve.folder + "/config", self.ve.folder + "/config.gone")

    def do_norootfs(self, _):
        os.rename(self.ve.root, self.ve.root + ".gone")

    def do_noinit(self, _):
        for name in ("sbin/init", "init", "bin/init"):
            if os.path.lexists(os.path.join(self.ve.root, name)):
                os.rename(os.path.join(self.ve.root, name), os.path.join(self.ve.root, name + ".gone"))

    def configure(self, line):
        with open(self.ve.folder + "/config", "a") as f:
            f.write(line + "\n")

    def do_badconfig(self, _):
        self.ve.spoil("lxc.nonsense = 1")

    def do_badnetwork(self, _):
        # a node has no /var/log/lxc, where lxc writes by default
        self.configure("lxc.log.file = %s/lxc.log\nlxc.log.level = ERROR" % self.ve.folder)
        self.configure("lxc.net.0.type = veth\nlxc.net.0.link = br-none\nlxc.net.0.flags = up")

    def do_nomonitor(self, _):
        """the process on the node that the container lives by is killed"""
        os.kill(self.ve.monitor_pid(), signal.SIGKILL)
        self.do_stopped(_)

    def ask(self, text):
        """Run the agent as the line says."""
        action, *words = shlex.split(text.replace("{base}", self.ve.name.rpartition("-")[0]))
        params = {"engine": "lxc", "lxc_path": self.ve.path, "veid": self.ve.name}
        how = {"interval": 10 if action == "monitor" else 0}
        for word in words:
            key, is_one, value = word.partition("=")
            if word == "probe":
                how["interval"] = 0
            elif key in ("timeout", "level"):
                how[key] = int(value)
            elif key == "tool":
                how[key] = value
            elif is_one:
                params[key] = value
            else:
                how[word] = True
        later = None
        if self.later:
            # $VE: the options that name it; $(root): the running guest's root
            env = dict(os.environ, VE="-n %s -P %s" % (self.ve.name, self.ve.path))
            script = "root() { echo /proc/$(lxc-info $VE -pH)/root; }; " + self.later
            later = subprocess.Popen(
                ["/bin/sh", "-c", script], env=env, stdin=subprocess.DEVNULL, start_new_session=True
            )
        try:
            return ves.agent(action, params, **how), how
        finally:
            if later:
                os.killpg(later.pid, signal.SIGKILL)
                later.wait()


def complaints(result, how, action, code, expected, stage, pid):
    """What is wrong."""
    timeout = how.get("timeout", ves.TIMEOUT)
    if code is not None and result.code != code:
        yield "exit code %s, not %s" % (result.code, code)
    if result.seconds >= timeout:
        yield "%.2f s, past its timeout of %d s" % (result.seconds, timeout)
    if not expected.get("least", 0) <= result.seconds <= expected.get("most", timeout):
        yield "%.2f s, not from %s to %s s" % (result.seconds, expected.get("least", 0), expected.get("most", timeout))
    # the kernel of cgroup v1 does not kill what is frozen
    left = [words for words, unkillable in result.left if not (unkillable and expected.get("stuck"))]
    if left:
        yield "left behind: %s" % left
    silent = result.code == 0 or result.code == 7 and action == "monitor" and not how["interval"]
    remarks = [text for text in result.reasons if result.code == 0 and re.match(REMARK, text)]
    if len(result.reasons) - len(remarks) != (0 if silent else 1) or len(remarks) > 1:
        yield "%d reasons" % len(result.reasons)
    if not re.search(expected.get("reason", ""), "".join(result.reasons)[:SHOWN]):
        yield "the reason, as far as the cluster shows it, is not " + expected["reason"]
    if "remark" in expected and not re.search(expected["remark"], "".join(remarks)):
        yield "no remark " + expected["remark"]
    if "err" in expected and not re.search(expected["err"], result.err):
        yield "not said: " + expected["err"]
    if "noerr" in expected and re.search(expected["noerr"], result.err):
        yield "said: " + expected["noerr"]
    if result.out or "Traceback" in result.err or "internal error" in result.err:
        yield "it babbles"
    state, *more = expected.get("after", "").split() or [""]
    if state and stage.ve.state() != state:
        yield "afterwards %s, not %s" % (stage.ve.state(), state)
    if more and stage.ve.booted() != (more == ["booted"]):
        yield "afterwards not " + more[0]
    if result.code == 0 and "stays" in expected:  # as long as it could still come up
        end = time.monotonic() + expected["stays"]
        while time.monotonic() < end:
            if stage.ve.state() != "STOPPED":
                yield "it came up after a stop that succeeded"
                break
            time.sleep(0.2)
    if expected.get("same") and (not pid or stage.ve.pid() != pid):
        yield "it runs no longer, or was started anew"


# What Pacemaker keeps of a reason, and what may be said of a success.
SHOWN = 128
REMARK = "it runs, but is not ready in time|stopped by force: |stopped by the last resort"
KNOWN = {"remark", "after", "least", "most", "reason", "err", "noerr", "same", "stuck", "stays"}


@pytest.mark.parametrize("words, asked, code, expected", CASES)
def test_case(words, asked, code, expected, name):
    assert set(expected) <= KNOWN
    stage = Stage(words, name)
    with stage.ve:
        pid = stage.ve.pid() if "same" in expected else None  # lxc-info may hang
        result, how = stage.ask(asked)
        wrong = list(complaints(result, how, asked.split()[0], code, expected, stage, pid))
        if wrong:
            pytest.fail(
                "\n".join(["%s | %s" % (words, asked)] + ["  ! " + text for text in wrong] + [str(result)]),
                pytrace=False,
            )


# ---------------------------------------------------------------------------------------------------------------
def start_together(names, tmp_path, **params):
    """Start VEs at once, each boots for 2 s; when each began and was ready, as they wrote themselves."""
    with contextlib.ExitStack() as stack:
        guests = []
        for name in names:
            entry = "lxc.mount.entry = %s trace none bind,create=dir 0 0\n" % tmp_path
            tell = "read -r now _ </proc/uptime; echo $now >/trace/%s." % name
            guests.append(
                stack.enter_context(ves.VE(name, boot="%sbegin; sleep 2; %sready" % (tell, tell), config=entry))
            )
        pool = stack.enter_context(futures.ThreadPoolExecutor(len(guests)))
        params = dict(params, engine="lxc", lxc_path=ves.PATH, ready_command="test -e /run/booted")
        running = [
            pool.submit(ves.agent, "start", dict(params, veid=ve.name), timeout=30, interval=0, rsctmp=str(tmp_path))
            for ve in guests
        ]
        results = [one.result() for one in running]
        assert [r.code for r in results] == [0] * len(guests), "\n".join(map(str, results))
        assert not any(r.left for r in results)
        return sorted(
            tuple(float((tmp_path / ("%s.%s" % (name, what))).read_text()) for what in ("begin", "ready"))
            for name in names
        )


def most_at_once(boots):
    return max(sum(begin <= moment < ready for begin, ready in boots) for moment, _ in boots)


def test_gate_one_at_a_time(name, tmp_path):
    boots = start_together([name + n for n in "abc"], tmp_path, start_slots="1")
    assert most_at_once(boots) == 1, boots


def test_gate_two_at_a_time(name, tmp_path):
    boots = start_together([name + n for n in "abcd"], tmp_path, start_slots="2")
    assert most_at_once(boots) == 2, boots


def test_gate_counts_the_settling(name, tmp_path):
    boots = start_together([name + n for n in "ab"], tmp_path, start_slots="1", start_settle="2")
    assert boots[1][0] - boots[0][1] >= 2, boots


def test_no_gate_all_at_once(name, tmp_path):
    """The counterpart: what the three above would see without a gate."""
    boots = start_together([name + n for n in "abc"], tmp_path)
    assert most_at_once(boots) == 3, boots


@pytest.fixture
def name(request):
    """A name of its own in every run, with a suffix as LXC gives them to cgroups where others of their name are left over."""
    return "t%08x-%d" % (zlib.crc32(request.node.name.encode()), time.time())

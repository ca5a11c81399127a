# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which the table speaks of a host and its VE, and the checks after a case.

Host words (before the colon): legacy, vz7; noveinfo (no /proc/vz); cgroup (real cgroups; implies noveinfo);
lxc (engine lxc; own network and cgroups); scale=N.
State words (after the colon), done in the order written; see the functions below.
"""

import os
import re
import shlex
import time

from harness import LXC_TOOLS, World

DEAD_PID = 30000  # a pid that no process of a world ever has


class State:
    def __init__(self, text):
        self.text = text
        host, _, words = text.partition(":")
        host, words = host.split(), shlex.split(words)
        self.lxc = "lxc" in host
        cgroup = self.lxc or "cgroup" in host
        self.veinfo = not (cgroup or "noveinfo" in host)
        scale = [w[6:] for w in host if w.startswith("scale=")]
        hide = ["/usr/bin/" + t for t in LXC_TOOLS] if self.lxc else []
        self.world = World(
            veinfo=self.veinfo,
            cgroup=cgroup,
            net=self.lxc,
            hide=hide,
            generation="vz7" if "vz7" in host else "legacy",
            scale=scale[0] if scale else 20,
        )
        self.id = "101"
        self.tags, self.pids = [], {}
        try:
            self.create(self.id)
            for word in words:
                name, _, value = word.partition("=")
                getattr(self, "do_" + name.replace("-", "_"))(value)
        except BaseException:
            self.world.close()
            raise

    def create(self, ctid):
        w = self.world
        if self.lxc:
            w.write(
                "/var/lib/lxc/%s/config" % ctid,
                "lxc.uts.name = %s\nlxc.console.logfile = /var/log/console.%s\n" % (ctid, ctid),
            )
            w.write("/var/lib/lxc/%s/rootfs/sbin/init" % ctid, "")
        else:
            w.write(
                "/etc/vz/conf/%s.conf" % ctid, 'ONBOOT="no"\nVE_PRIVATE="/vz/private/$VEID"\nVE_ROOT="/vz/root/$VEID"\n'
            )
            w.write("/vz/private/%s/sbin/init" % ctid, "")
            os.makedirs(w.at("/vz/root/%s" % ctid))
        w.write("/etc/vz/sim/%s" % ctid, "INIT=sysv\nBOOT=0.1\nSHUTDOWN=0.1\n")

    base = property(lambda self: "/var/lib/lxc-sim" if self.lxc else "/var/lib/vzctl-sim")

    def up(self):
        return bool(self.world.init_pid(self.id, self.base))

    # -- words: the VE ------------------------------------------------------------------------
    def do_id(self, value):
        """another container instead of 101 (a UUID)"""
        w = self.world
        for path in ("/etc/vz/conf/101.conf", "/vz/private/101", "/vz/root/101", "/etc/vz/sim/101"):
            os.rename(w.at(path), w.at(path.replace("101", value)))
        self.id = value

    def do_also(self, value):
        """one more container, down"""
        self.create(value)

    def do_also_running(self, value):
        self.create(value)
        self.world.vzctl("start", value)

    def do_name(self, value):
        self.world.set_conf(self.id, "NAME", value)

    def do_guest(self, value):
        """guest=KEY=value: how the guest behaves"""
        k, _, v = value.partition("=")
        self.world.guest(self.id, **{k: v})

    def do_sim(self, value):
        """sim=KEY=value: how the tool behaves (faults)"""
        k, _, v = value.partition("=")
        self.world.save_sim(**{k: v})

    def do_conf(self, value):
        k, _, v = value.partition("=")
        self.world.set_conf(self.id, k, v)

    def do_vzconf(self, value):
        k, _, v = value.partition("=")
        self.world.set_conf(None, k, v)

    def do_nodumpdir(self, value):
        """no DUMPDIR in vz.conf"""
        text = self.world.read("/etc/vz/vz.conf")
        self.world.write("/etc/vz/vz.conf", "".join(l for l in text.splitlines(True) if "DUMPDIR" not in l))

    def do_down(self, value):
        pass

    def do_starting(self, value):
        """running, still booting"""
        if self.lxc:
            assert self.world.call("lxc-start", "-n", self.id, "-d").code == 0
        else:
            self.world.vzctl("start", self.id)

    def do_running(self, value):
        self.do_starting("")
        self.world.wait_ready(self.id, self.base)

    def do_dies(self, value):
        """wait until the guest has gone down by itself (it may have been so fast that nobody saw it up), and take away why:
        the next time it stays up"""
        end = time.monotonic() + 10
        while self.up():
            assert time.monotonic() < end
            time.sleep(0.02)
        self.world.guest(self.id, DIES_AFTER="", REBOOTS_AFTER="")

    def do_mounted(self, value):
        """mounted, down"""
        self.world.vzctl("mount", self.id)

    def do_paused(self, value):
        if self.lxc:
            assert self.world.call("lxc-freeze", "-n", self.id).code == 0
        else:
            self.world.vzctl("chkpnt", self.id, "--suspend")

    def do_suspended(self, value):
        """a running VE suspended to its dump"""
        self.world.vzctl("chkpnt", self.id)
        assert not self.up() and self.dumps()

    def do_dump(self, value):
        """a dump file, by default the one vzctl looks for"""
        self.world.write(value or "/vz/dump/Dump." + self.id, "dump\n")

    def do_noconfig(self, value):
        self.world.remove("/var/lib/lxc/%s" % self.id if self.lxc else "/etc/vz/conf/%s.conf" % self.id)

    def do_noconfigfile(self, value):
        self.world.remove("/var/lib/lxc/%s/config" % self.id)

    def do_dangling(self, value):
        """the config is a link into storage that is gone"""
        self.do_noconfig("")
        os.symlink("/vz/lost/ve.conf", self.world.at("/etc/vz/conf/%s.conf" % self.id))

    def do_emptyconfig(self, value):
        self.world.write("/etc/vz/conf/%s.conf" % self.id, "")

    def do_noprivate(self, value):
        p = self.world.at("/vz/private/%s" % self.id)
        os.rename(p, p + ".lost")

    def do_noinit(self, value):
        self.world.remove(
            "%s/sbin/init" % ("/var/lib/lxc/%s/rootfs" % self.id if self.lxc else "/vz/private/%s" % self.id)
        )

    def do_owner(self, value):
        self.world.write("/vz/private/%s/.owner" % self.id, value + "\n")

    def do_script(self, value):
        """script=stop=exit 1: an action script"""
        kind, _, body = value.partition("=")
        self.world.write("/etc/vz/conf/%s.%s" % (self.id, kind), "#!/bin/sh\n%s\n" % body, 0o755)

    def do_show(self, value):
        """show=STARTING=2: lxc-info shows a passing state for 2 s"""
        word, _, seconds = value.partition("=")
        self.world.write(
            "/var/lib/lxc-sim/%s/show" % self.id, "%s until %f\n" % (word, time.monotonic() + float(seconds))
        )

    def do_consolelog(self, value):
        self.world.write("/var/log/console.%s" % self.id, value + "\n")

    # -- words: the host ------------------------------------------------------------------------
    def do_notool(self, value):
        for name in os.listdir(self.world.at("/usr/sbin")):
            self.world.remove("/usr/sbin/" + name)

    def do_toolat(self, value):
        """the tools are in this folder and nowhere else"""
        self.do_notool("")
        self.world.install_tools(folder=value)

    def do_novzconf(self, value):
        self.world.remove("/etc/vz/vz.conf")

    def do_veinfounreadable(self, value):
        self.world.remove("/proc/vz/veinfo")
        os.mkdir(self.world.at("/proc/vz/veinfo"))

    def do_veinfo(self, value):
        """a line of the kernel's that is no container's"""
        self.world.write("/proc/vz/veinfo", "%10s     2   150\n" % value)

    def do_emptycgroup(self, value):
        """what an lxc container that died leaves behind"""
        base = self.world.at("/sys/fs/cgroup")
        for d in [base] if os.path.exists(base + "/cgroup.procs") else [base + "/" + n for n in os.listdir(base)]:
            os.makedirs("%s/%s" % (d, value or "lxc.payload." + self.id), exist_ok=True)

    def do_cgroupof(self, value):
        """a populated cgroup of this name, whatever runs in it"""
        self.do_emptycgroup(value)
        tag = self.world.spawn(["/bin/sleep", "1000"])
        pid = self.world.started[tag]
        base = self.world.at("/sys/fs/cgroup")
        for d in [base] if os.path.exists(base + "/cgroup.procs") else [base + "/" + n for n in os.listdir(base)]:
            r = self.world.call(
                "/bin/sh", "-c", "echo %d > '%s/cgroup.procs'" % (pid, os.path.join(d[len(self.world.at("")) :], value))
            )
            assert r.code == 0, r.err

    def do_plaincgroup(self, value):
        """a populated cgroup of this name where no cgroup file system is mounted"""
        self.world.write("/sys/fs/cgroup/%s/cgroup.procs" % value, "1\n")

    def do_readonlydumps(self, value):
        """the dumps' folder cannot be written to"""
        for options in ["--bind", "/vz/dump"], ["-o", "remount,bind,ro"]:
            r = self.world.call("/bin/mount", *(options + ["/vz/dump"]))
            assert r.code == 0, r.err

    def do_lock(self, value):
        """lock=dead, junk, empty, stranger, or the name of a vz tool; NAME/2 holds it 2 s only; 'stop', 'start':
        a real command of the simulator that hangs with the lock"""
        path = "/vz/lock/%s.lck" % self.id
        if value in ("dead", "junk", "empty"):
            self.world.write(path, {"dead": "%d\n" % DEAD_PID, "junk": "what?\n", "empty": ""}[value])
            return
        if value == "stop":
            self.pids["lock"] = self.background("/usr/sbin/vzctl", "stop", self.id)
        elif value == "start":
            self.pids["lock"] = self.background("/usr/sbin/vzctl", "start", self.id, "--wait")
            end = time.monotonic() + 5
            while not self.up():
                assert time.monotonic() < end
                time.sleep(0.02)
        else:
            words, _, seconds = value.partition("/for/")
            self.pids["lock"] = self.background(
                "/bin/sh", "-c", "sleep %s" % (seconds or "1000"), *(["-"] if words == "stranger" else ["-", words])
            )
            self.world.write(path, "%d\n" % self.pids["lock"])
            return
        end = time.monotonic() + 5
        while not self.world.exists(path):
            assert time.monotonic() < end
            time.sleep(0.02)

    def background(self, *argv, **kw):
        tag = self.world.spawn(list(argv), **kw)
        self.tags.append(tag)
        return self.world.started[tag]

    def do_busy(self, value):
        """a process of the host sits in the VE's root; busy=2: for 2 s"""
        self.background("/bin/sleep", value or "1000", cwd="/vz/root/%s" % self.id)

    def do_later(self, value):
        """later=SECONDS=COMMAND: something an admin does meanwhile"""
        seconds, _, command = value.partition("=")
        self.background("/bin/sh", "-c", "sleep %s; %s" % (seconds, command))

    def do_rsctmp_is_a_file(self, value):
        self.world.remove("/run/resource-agents")
        self.world.write("/run/resource-agents", "")

    # -- looks ---------------------------------------------------------------------------------
    def dumps(self):
        out = []
        for d in ("/vz/dump", "/vz/tmp"):
            out += ["%s/%s" % (d, n) for n in sorted(os.listdir(self.world.at(d))) if n.startswith("Dump.")]
        return out

    def words(self):
        """The state as it really is, in words."""
        up, dumps = self.up(), self.dumps()
        out = {
            "running" if up else "down",
            "mounted" if self.world.mounted(self.id) else "unmounted",
            "ready" if self.world.ready(self.id, self.base) else "unready",
            "dump" if any(re.search(r"/Dump\.%s$" % self.id, d) for d in dumps) else "nodump",
        }
        if any(re.search(r"/Dump\.%s\.set-aside-[0-9A-Za-z:.T+-]+$" % self.id, d) for d in dumps):
            out.add("set-aside")
        out.add("paused" if up and self.world.exists("%s/%s/paused" % (self.base, self.id)) else "awake")
        lock = "/vz/lock/%s.lck" % self.id
        out.add("locked" if self.world.exists(lock) else "unlocked")
        return out

    def close(self):
        self.world.close()

# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which the table speaks of a host and its VE, and the checks after a case.

Host words (before the colon): legacy, vz7; noveinfo (no /proc/vz); cgroup, cgroup2 (real cgroups, as the host has them,
and v2; imply noveinfo, but with the word veinfo); lxc (engine lxc; own network and cgroups); scale=N.
State words (after the colon), done in the order written; see the functions below.
"""

import os
import re
import shlex
import time

from harness import LXC_TOOLS, World, wait_for

DEAD_PID = 30000  # a pid that no process of a world ever has


class State:
    def __init__(self, text):
        self.text = text
        host, _, words = text.partition(":")
        host, words = host.split(), shlex.split(words)
        self.lxc = "lxc" in host
        cgroup = 2 if "cgroup2" in host else 1 if self.lxc or "cgroup" in host else 0
        self.veinfo = "veinfo" in host or not (cgroup or "noveinfo" in host)
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
        self.tags, self.pids, self.hung = [], {}, None
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
        if self.lxc:
            assert self.world.call("lxc-start", "-n", value, "-d").code == 0
        else:
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

    def do_norootfs(self, value):
        """lxc: the configuration names its root file system, which is away"""
        self.do_rootfs("/var/lib/lxc/%s/rootfs" % self.id)
        root = self.world.at("/var/lib/lxc/%s/rootfs" % self.id)
        os.rename(root, root + ".away")

    def do_emptyrootfs(self, value):
        self.do_norootfs("")
        os.mkdir(self.world.at("/var/lib/lxc/%s/rootfs" % self.id))

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

    # -- words: storage, and what the kernel holds -----------------------------------------------
    def do_hung(self, value):
        """hung=PATH: the file system there never answers; hung=PATH:served: who waits for it cannot be killed"""
        path, _, how = value.partition(":")
        self.hung = path
        self.world.hang(path, how == "served")

    def do_linked(self, value):
        """vz7's layout: the configuration is a link into the private area"""
        w, path = self.world, "/etc/vz/conf/%s.conf" % self.id
        os.rename(w.at(path), w.at("/vz/private/%s/ve.conf" % self.id))
        os.symlink("/vz/private/%s/ve.conf" % self.id, w.at(path))

    def do_rootfs(self, value):
        """lxc: the configuration names this root file system"""
        path = "/var/lib/lxc/%s/config" % self.id
        self.world.write(path, self.world.read(path) + "lxc.rootfs.path = dir:%s\n" % value)

    def cgroup(self, name):
        """The cgroup directories of this name, as the tests see them."""
        base = self.world.at("/sys/fs/cgroup")
        bases = [base] if os.path.exists(base + "/cgroup.procs") else [base + "/" + n for n in os.listdir(base)]
        return [d for d in ("%s/%s" % (b, name) for b in bases) if os.path.isdir(d)]

    def own_cgroup(self):
        return self.cgroup(("lxc.payload." if self.lxc else "vz-") + self.id)

    def do_frozen(self, value):
        """by the kernel's freezer, whatever the tool knows of it"""
        self.freezer("FROZEN", "1")

    def thaw(self):
        """What is frozen cannot even be killed: a world would not end."""
        self.freezer("THAWED", "0")

    def freezer(self, v1, v2):
        for d in self.own_cgroup():
            for name, word in (("freezer.state", v1), ("cgroup.freeze", v2)):
                if os.path.exists("%s/%s" % (d, name)):
                    with open("%s/%s" % (d, name), "w") as f:
                        f.write(word)

    def is_frozen(self):
        for d in self.own_cgroup():
            for name, word in (("freezer.state", "FROZEN"), ("cgroup.freeze", "1")):
                path = "%s/%s" % (d, name)
                if os.path.exists(path) and open(path).read().strip() == word:
                    return True
        return False

    def do_watcher(self, value):
        """an lxc monitor that outlives its container, with its socket, in its cgroup"""
        code = (
            "import glob,os,socket,time\ns=socket.socket(socket.AF_UNIX)\ns.bind('\\0/var/lib/lxc/101/command')\ns.listen(5)\n"
            "for d in glob.glob('/sys/fs/cgroup/cgroup.procs') or glob.glob('/sys/fs/cgroup/*/cgroup.procs'):\n"
            "    d = os.path.dirname(d) + '/lxc.monitor.101'\n    os.makedirs(d, exist_ok=True)\n"
            "    open(d + '/cgroup.procs', 'w').write('0')\nprint('up', flush=True)\ntime.sleep(1000)\n"
        )
        tag = self.world.spawn(["/usr/bin/python3", "-c", code])
        wait_for(lambda: "up" in self.world.read("/tmp/out.%d" % tag))

    def do_consoleat(self, value):
        """lxc: the console's log is this file"""
        path = "/var/lib/lxc/%s/config" % self.id
        self.world.write(path, self.world.read(path).replace("/var/log/console.%s" % self.id, value))

    def do_include(self, value):
        """lxc: the configuration begins with what is there"""
        path = "/var/lib/lxc/%s/config" % self.id
        self.world.write(path, "lxc.include = %s\n" % value + self.world.read(path))

    def do_scriptat(self, value):
        """the stop script is a link to this path"""
        self.world.write(value, "#!/bin/sh\n", 0o755)
        os.symlink(value, self.world.at("/etc/vz/conf/%s.stop" % self.id))

    def do_rootin(self, value):
        """a process whose root is this directory"""
        code = "import os,sys,time\nos.makedirs(sys.argv[1], exist_ok=True)\nos.chroot(sys.argv[1])\nos.chdir('/')\nprint('up', flush=True)\ntime.sleep(1000)"
        tag = self.world.spawn(["/usr/bin/python3", "-c", code, value])
        wait_for(lambda: "up" in self.world.read("/tmp/out.%d" % tag))

    def do_hook(self, value):
        """lxc: a monitor that waits for a hook, with its socket. hook=pre-start: before there is a cgroup; start-host: with
        LXC's own child in it; stop: it is empty again"""
        code = (
            "import glob,os,socket,subprocess,sys,time\ns=socket.socket(socket.AF_UNIX)\ns.bind('\\0/var/lib/lxc/101/command')\ns.listen(5)\n"
            "how = sys.argv[1]\n"
            "dirs = [os.path.dirname(d) for d in glob.glob('/sys/fs/cgroup/cgroup.procs') or glob.glob('/sys/fs/cgroup/*/cgroup.procs')]\n"
            "def enter(name):\n"
            "    for d in dirs:\n        os.makedirs(d + '/' + name, exist_ok=True)\n        open(d + '/' + name + '/cgroup.procs', 'w').write('0')\n"
            "enter('lxc.monitor.101')\n"
            "if how != 'pre-start':\n"
            "    child = os.fork()\n"
            "    if not child:\n        enter('lxc.payload.101')\n        print('up', flush=True)\n        time.sleep(0 if how == 'stop' else 1000)\n        os._exit(0)\n"
            "    if how == 'stop':\n        os.waitpid(child, 0)\n"
            "subprocess.Popen(['/bin/sleep', '1000'])\n"
            "print('up', flush=True)\ntime.sleep(1000)\n"
        )
        tag = self.world.spawn(["/usr/bin/python3", "-c", code, value])
        wait_for(
            lambda: (
                "up\nup" in self.world.read("/tmp/out.%d" % tag)
                or value != "start-host"
                and "up" in self.world.read("/tmp/out.%d" % tag)
            )
        )

    def do_unmounted(self, value):
        """lazily, under the running VE"""
        r = self.world.call("/bin/umount", "-l", "/vz/root/%s" % self.id)
        assert r.code == 0, r.err

    def do_noetcvz(self, value):
        os.rename(self.world.at("/etc/vz"), self.world.at("/etc/vz.away"))

    def do_lxcconf(self, value):
        """lxc's own directory of containers"""
        self.world.write("/etc/lxc/lxc.conf", "lxc.lxcpath = %s\n" % value)

    def do_file(self, value):
        """file=PATH=TEXT"""
        path, _, text = value.partition("=")
        self.world.write(path, text + "\n")

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

    def do_wait(self, value):
        """until a command of this verb holds the lock"""
        wait_for(lambda: self.world.exists("/vz/lock/%s.lck" % self.id))

    def do_rsctmp_is_a_file(self, value):
        self.world.remove("/run/resource-agents")
        self.world.write("/run/resource-agents", "")

    def hangs(self, path):
        """Does what never answers lie before it? Then the tests must not look either."""
        return bool(self.hung) and (path + "/").startswith(self.hung + "/")

    # -- looks ---------------------------------------------------------------------------------
    def dumps(self):
        out = []
        for d in ("/vz/dump", "/vz/tmp"):
            out += (
                []
                if self.hangs(d)
                else ["%s/%s" % (d, n) for n in sorted(os.listdir(self.world.at(d))) if n.startswith("Dump.")]
            )
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
        out.add("frozen" if self.is_frozen() else "thawed")
        for other in ("102", "101-1", "102-1"):
            if self.world.init_pid(other, self.base):
                out.add(other + "-running")
        lock = "/vz/lock/%s.lck" % self.id
        out.add("locked" if not self.hangs(lock) and self.world.exists(lock) else "unlocked")
        return out

    def close(self):
        if self.world.cgroup_dirs:
            self.thaw()
        self.world.close()

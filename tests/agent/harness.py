# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the agent share: a World (a little host in namespaces, see world.py) with the
simulated tools in it, and the words in which the table describes its state."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
AGENT = os.path.abspath(os.environ.get("AGENT") or os.path.join(HERE, "..", "..", "files", "ManageVE"))
SIMULATORS = os.path.join(HERE, "..", "simulators")
SIM_PYTHON = "/usr/bin/python3"
WORLD_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"  # what Pacemaker gives its agents
AGENT_IN_WORLD = "/opt/ocf/resource.d/openve/ManageVE"
LIBRARIES_IN_WORLD = "/opt/ocf/lib/openve"
AGENT_LOG = "/var/log/ha.log"
LXC_TOOLS = ("lxc-info", "lxc-start", "lxc-stop", "lxc-attach", "lxc-freeze", "lxc-unfreeze")


def agent_python():
    """(path of the interpreter inside a world, folders to bind there) for AGENT_PYTHON."""
    wanted = os.environ.get("AGENT_PYTHON", "python3")
    found = shutil.which(wanted)
    if not found:
        raise RuntimeError("AGENT_PYTHON=%s: no such interpreter" % wanted)
    prefix, version = subprocess.check_output(
        [found, "-IS", "-c", "import sys; print(sys.base_prefix); print('%d.%d' % sys.version_info[:2])"],
        universal_newlines=True,
    ).split()
    for name in ("python" + version, "python3"):
        path = os.path.join(prefix, "bin", name)
        if os.path.exists(path):
            break
    if path.startswith("/usr/") and not path.startswith("/usr/sbin/"):
        return path, []
    return path, [(prefix, prefix)]  # at the same place: its libraries may be found by their full path


def build_of(agent):
    """The build of the library that a launcher wants; None: this agent is one file."""
    with open(agent, encoding="utf-8") as f:
        found = re.search(r'^BUILD = "(.+)"$', f.read(), re.M)
    return found.group(1) if found else None


def agent_library(agent):
    """The library of a launcher, as it finds it itself: installed, or beside it. None: this agent is one file."""
    build, here = build_of(agent), os.path.dirname(agent)
    places = [os.path.join(here, "../../lib/openve/manageve-%s" % build), os.path.join(here, "manageve")]
    return next((place for place in places if build and os.path.isdir(place)), None)


def copy_library(source, target):
    """As it should be installed, whatever the umask of the checkout was."""
    os.makedirs(target)
    os.chmod(target, 0o755)
    for name in sorted(os.listdir(source)):
        if name.endswith(".py"):
            shutil.copyfile(os.path.join(source, name), os.path.join(target, name))
            os.chmod(os.path.join(target, name), 0o644)


def compile_library(folder, python):
    """For the interpreter that runs the agent, as role agent does it."""
    subprocess.check_output([python, "-IS", os.path.join(folder, "compile.py")])


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


_shared = {}


def shared():
    """Once per test process: the compiled simulators and the agent's interpreter. See clean_up."""
    if not _shared:
        if os.geteuid() != 0:
            raise RuntimeError("these tests need root: they make namespaces and mounts")
        if not os.path.exists(AGENT):
            raise RuntimeError("no agent at %s" % AGENT)
        folder = tempfile.mkdtemp(prefix="vzctl-sim-")
        for name in ("vzctl", "lxc"):
            shutil.copy(os.path.join(SIMULATORS, name), os.path.join(folder, name + "_sim.py"))
        shutil.copy(os.path.join(HERE, "world.py"), folder)
        subprocess.check_call(
            [SIM_PYTHON, "-m", "py_compile"]  # with the interpreter that will run it
            + [os.path.join(folder, name) for name in ("vzctl_sim.py", "lxc_sim.py", "world.py")]
        )
        for name in ("vzctl_sim", "lxc_sim"):
            with open(os.path.join(folder, name + ".run"), "w") as f:
                f.write(
                    "#!%s -IS\nimport sys\nsys.path.insert(0, '/opt/sim')\nimport %s\nsys.exit(%s.main())\n"
                    % (SIM_PYTHON, name, name)
                )
            os.chmod(os.path.join(folder, name + ".run"), 0o755)
        os.chmod(folder, 0o755)
        python, binds = agent_python()
        library, binds_of_library = agent_library(AGENT), []
        if library:  # one for all worlds: compiled files are not valid for copies of their sources
            copy = os.path.join(folder, "library")
            copy_library(library, copy)
            compile_library(copy, python)
            binds_of_library = [(copy, "%s/manageve-%s" % (LIBRARIES_IN_WORLD, build_of(AGENT)))]
        _shared.update(folder=folder, python=python, binds=binds, library=binds_of_library)
    return _shared


_cgroups = []


def clean_up():
    """At the end of the session (atexit does not run in the processes of pytest-xdist)."""
    for d in _cgroups:
        for base, _, _ in os.walk(d, topdown=False):
            for _ in range(200):
                try:
                    os.rmdir(base)
                    break
                except OSError:  # the kernel is still burying the world's processes
                    time.sleep(0.05)
    del _cgroups[:]
    if _shared:
        shutil.rmtree(_shared["folder"], ignore_errors=True)
        _shared.clear()


def cgroup_places(version=None):
    """(controllers to mount in a world, directories of the host in which its own cgroups are made). version: 1 or 2; None:
    whichever the host uses."""
    base = "/sys/fs/cgroup"
    unified = base if os.path.exists(base + "/cgroup.procs") else base + "/unified"
    if version == 2 or unified == base:
        if not os.path.exists(unified + "/cgroup.procs"):
            raise RuntimeError("no file system of cgroups v2")
        own = [line.split(":", 2)[2] for line in open("/proc/self/cgroup") if line.startswith("0:")]
        return ["unified"], [unified + (own[0].strip().rstrip("/") if own else "")]
    controllers = ["freezer", "pids"]
    for controller in controllers:
        if not os.access("%s/%s/cgroup.procs" % (base, controller), os.W_OK):
            raise RuntimeError("no cgroups of controller %s that can be written" % controller)
    return controllers, ["%s/%s" % (base, controller) for controller in controllers]


# runs in a world: a mount that never answers; served: it is set up, and reads what it is asked, so that not even SIGKILL
# ends a process that waits for it
HUNG = """
import ctypes, os, struct, sys, time
path, served = sys.argv[1], sys.argv[2] == "served"
fd = os.open("/dev/fuse", os.O_RDWR)
options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fd
if ctypes.CDLL(None, use_errno=True).mount(b"hung", path.encode(), b"fuse", 0, options.encode()):
    sys.exit("mount: %s" % os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
if served:
    unique = struct.unpack("<Q", os.read(fd, 1 << 18)[8:16])[0]
    answer = struct.pack("<IIIIHHIIHH", 7, 31, 65536, 0, 12, 9, 65536, 1, 0, 0).ljust(64, bytes(1))
    os.write(fd, struct.pack("<IiQ", 16 + len(answer), 0, unique) + answer)
    while os.read(fd, 1 << 18):
        pass
time.sleep(100000)
"""


class Result:
    def __init__(self, code, seconds, left, out, err, log):
        self.code, self.seconds, self.left, self.out, self.err, self.log = code, seconds, left, out, err, log

    @property
    def reasons(self):
        return [l[len("ocf-exit-reason:") :].strip() for l in self.err.splitlines() if l.startswith("ocf-exit-reason:")]


class World:
    """A host of its own. Paths given to its methods are those inside."""

    def __init__(self, veinfo=True, cgroup=False, net=False, hide=(), generation="legacy", scale=20):
        common = shared()
        self.tmp = tempfile.mkdtemp(prefix="ve-world-")
        os.mkdir(self.tmp + "/root")
        self.tags, self.ended, self.started, self.buffer = 0, {}, {}, b""
        self.cgroup_dirs, controllers = [], []
        if cgroup:
            controllers, parents = cgroup_places(2 if cgroup == 2 else None)
            for p in parents:
                d = "%s/%s" % (p, os.path.basename(self.tmp))
                os.mkdir(d)
                self.cgroup_dirs.append(d)
        cfg = {
            "root": self.tmp + "/root",
            "proc_vz": veinfo,
            "cgroup": controllers,
            "cgroup_dirs": self.cgroup_dirs,
            "net": net,
            "hide": list(hide),
            "binds": common["binds"] + [(common["folder"], "/opt/sim")] + common["library"],
        }
        ours, theirs = socket.socketpair()
        self.sock = ours
        self.process = subprocess.Popen(
            [
                SIM_PYTHON,
                "-IS",
                "-c",
                "import sys; sys.path.insert(0, sys.argv.pop(1)); import world; world.main()",
                common["folder"],
                str(theirs.fileno()),
                json.dumps(cfg),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stderr=open(self.tmp + "/stderr", "w"),
        )
        theirs.close()
        self.pid1, ready = None, False
        try:
            while not (self.pid1 and ready):  # in any order
                msg = self._message(60)  # mounts can take long on a host that is busy with namespaces
                self.pid1 = msg.get("pid1", self.pid1)
                ready = ready or "ready" in msg
        except BaseException:
            self.close()
            raise
        self.install_tools()
        self.write(AGENT_IN_WORLD, open(AGENT, encoding="utf-8").read(), 0o755)
        self.write(
            "/etc/vz/vz.conf",
            'LOCKDIR=/vz/lock\nDUMPDIR="/vz/dump"\nVE_ROOT=/vz/root/$VEID\nVE_PRIVATE=/vz/private/$VEID\n',
        )
        self.sim = {"GENERATION": generation, "SCALE": str(scale), "CGROUP": "yes" if cgroup else "no"}
        self.save_sim()

    # -- talking to process 1 -------------------------------------------------------------
    def _message(self, timeout):
        end = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except socket.timeout:
                raise TimeoutError("the world does not answer")
            if not data:
                raise RuntimeError("the world died: " + open(self.tmp + "/stderr").read())
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        msg = json.loads(line.decode())
        if "code" in msg:
            self.ended[msg["tag"]] = msg
        elif "pid" in msg:
            self.started[msg["tag"]] = msg["pid"]
        return msg

    def spawn(self, argv, env=None, uid=0, leftovers=False, out=None, cwd="/"):
        """Start a program; its tag."""
        self.tags += 1
        if out is None:
            out = ["/tmp/out.%d" % self.tags, "/tmp/err.%d" % self.tags]
        for p in out:
            self.write(p, "", 0o666)
        msg = {
            "run": argv,
            "env": env or {"PATH": WORLD_PATH},
            "tag": self.tags,
            "uid": uid,
            "leftovers": leftovers,
            "out": out,
            "cwd": cwd,
        }
        self.sock.sendall(json.dumps(msg).encode() + b"\n")
        tag = self.tags
        while tag not in self.started:
            self._message(10)
        return tag

    def wait(self, tag, timeout=120):
        end = time.monotonic() + timeout
        while tag not in self.ended:
            self._message(max(0.01, end - time.monotonic()))
        msg = self.ended[tag]
        return Result(
            msg["code"], msg["seconds"], msg["left"], self.read("/tmp/out.%d" % tag), self.read("/tmp/err.%d" % tag), ""
        )

    def call(self, *argv, **kw):
        """Run a program of the world and return its Result."""
        if "/" not in argv[0]:
            argv = ("/usr/sbin/" + argv[0],) + argv[1:]
        return self.wait(self.spawn(list(argv), **kw))

    def vzctl(self, *args):
        r = self.call("vzctl", *args)
        assert r.code == 0, "vzctl %s: %s %s" % (" ".join(args), r.code, r.out + r.err)
        return r

    def host_pid(self, pid):
        """Pid of one of the world's processes as the tests see it."""
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open("/proc/%s/status" % name) as f:
                        status = f.read()
                except OSError:
                    continue
                m = re.search(r"^NSpid:\s+\d+\s+%d(\s|$)" % pid, status, re.M)
                if m and os.readlink("/proc/%s/root" % name) is not None and self._mine(name):
                    return int(name)
        return None

    def runs(self, word):
        """Does a process of the world have this in its command line?"""
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name) as f:
                    if word in f.read() and self._mine(name):
                        return True
            except OSError:
                continue
        return False

    def _mine(self, name):
        try:
            return os.readlink("/proc/%s/ns/pid" % name) == os.readlink("/proc/%d/ns/pid" % self.pid1)
        except OSError:
            return False

    def kill(self, pid, number=signal.SIGKILL, group=False):
        """Signal a process of the world (from within, so that pids are the world's)."""
        self.call("/bin/sh", "-c", "kill -%d %s%d" % (number, "-" if group else "", pid))

    # -- files ------------------------------------------------------------------------------
    def at(self, path):
        return "/proc/%d/root%s" % (self.pid1, path)

    def read(self, path):
        with open(self.at(path), errors="replace") as f:
            return f.read()

    def write(self, path, text, mode=None):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w", encoding="utf-8") as f:
            f.write(text)
        if mode is not None:
            os.chmod(self.at(path), mode)

    def remove(self, path):
        p = self.at(path)
        if os.path.isdir(p) and not os.path.islink(p):
            shutil.rmtree(p)
        elif os.path.lexists(p):
            os.unlink(p)

    def exists(self, path):
        return os.path.lexists(self.at(path))

    def install_tools(self, names=("vzctl", "vzlist") + LXC_TOOLS, folder="/usr/sbin"):
        os.makedirs(self.at(folder), exist_ok=True)
        for name in names:
            shutil.copy(
                os.path.join(shared()["folder"], ("lxc" if name.startswith("lxc") else "vzctl") + "_sim.run"),
                self.at("%s/%s" % (folder, name)),
            )

    # -- settings of the simulator -----------------------------------------------------------
    def save_sim(self, **changes):
        for k, v in changes.items():
            if v is None:
                self.sim.pop(k, None)
            else:
                self.sim[k] = v
        self.write("/etc/vz/vzctl-sim.conf", "".join('%s="%s"\n' % kv for kv in self.sim.items()))

    def set_conf(self, ctid, key, value):
        path = "/etc/vz/vz.conf" if ctid is None else "/etc/vz/conf/%s.conf" % ctid
        self.write(path, self.read(path) + '%s="%s"\n' % (key, value))

    def hang(self, path, served=False):
        """From now on the file system at this path never answers. It ends with the world."""
        os.makedirs(self.at(path), exist_ok=True)
        tag = self.spawn(["/usr/bin/python3", "-c", HUNG, path, "served" if served else ""])
        wait_for(lambda: "mounted" in self.read("/tmp/out.%d" % tag) or tag in self.ended)
        assert tag not in self.ended, self.read("/tmp/err.%d" % tag)

    def guest(self, ctid, **settings):
        path = "/etc/vz/sim/%s" % ctid
        old = self.read(path) if self.exists(path) else ""
        self.write(path, old + "".join("%s=%s\n" % kv for kv in settings.items()))

    # -- what is the case ---------------------------------------------------------------------
    def init_pid(self, ctid, base="/var/lib/vzctl-sim"):
        """Pid of the guest's process 1 in the world, 0 if it does not run: looked up, not asked for."""
        try:
            pid, started = self.read("%s/%s/init" % (base, ctid)).split()
            with open("/proc/%d/root/proc/%s/stat" % (self.pid1, pid)) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except (OSError, ValueError, IndexError):
            return 0
        return int(pid) if fields[0] not in "ZX" and fields[19] == started else 0

    def mounted(self, ctid):
        root = "/vz/root/%s" % ctid
        with open("/proc/%d/mountinfo" % self.pid1) as f:
            return any(line.split()[4] == root for line in f)

    def ready(self, ctid, base="/var/lib/vzctl-sim"):
        pid = self.init_pid(ctid, base)
        return bool(pid) and os.path.exists("/proc/%d/root/proc/%d/root/run/sim/state" % (self.pid1, pid))

    def wait_ready(self, ctid, base="/var/lib/vzctl-sim", seconds=10):
        end = time.monotonic() + seconds
        while not self.ready(ctid, base):
            assert time.monotonic() < end, "the guest does not come up"
            time.sleep(0.02)

    def commands(self):
        """The log of the simulated tools: (seconds, command) at the start, and at the end with ' = code'."""
        try:
            lines = self.read("/var/log/vzctl-sim.log").splitlines()
        except OSError:
            return []
        out = []
        for line in lines:
            m = re.match(r"([\d.]+) \[(\d+)\] (.*)$", line)
            if m:
                out.append((float(m.group(1)), m.group(3)))
        return out

    # -- the agent ------------------------------------------------------------------------------
    def agent_env(self, params, timeout, interval, level, extra):
        env = {
            "PATH": WORLD_PATH,
            "OCF_ROOT": "/opt/ocf",
            "OCF_RA_VERSION_MAJOR": "1",
            "OCF_RA_VERSION_MINOR": "1",
            "OCF_RESOURCE_INSTANCE": "ve",
            "OCF_RESOURCE_TYPE": "ManageVE",
            "OCF_RESOURCE_PROVIDER": "openve",
            "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
            "HA_RSCTMP": "/run/resource-agents",
            "HA_LOGFACILITY": "none",
            "HA_LOGFILE": AGENT_LOG,
            "LC_ALL": "C",
            "OCF_RESKEY_crm_feature_set": "3.16.2",
            "OCF_RESKEY_CRM_meta_on_node": "n1",
        }
        if timeout is not None:
            env["OCF_RESKEY_CRM_meta_timeout"] = str(int(timeout * 1000))
        if interval is not None:
            env["OCF_RESKEY_CRM_meta_interval"] = str(int(interval * 1000))
        if level is not None:
            env["OCF_CHECK_LEVEL"] = str(level)
        for k, v in params.items():
            env["OCF_RESKEY_" + k] = v
        env.update(extra)
        return {k: v for k, v in env.items() if v is not None}

    def begin(
        self,
        action,
        params,
        timeout=20,
        interval=None,
        level=None,
        extra=None,
        uid=0,
        leftovers=True,
        argv=None,
        umask="026",  # Pacemaker's
    ):
        """Start the agent; its tag."""
        run = [shared()["python"], "-IS", AGENT_IN_WORLD] + ([action] if action is not None else []) + (argv or [])
        run = ["/bin/sh", "-c", 'umask %s; exec "$@"' % umask, "sh"] + run
        return self.spawn(
            run, env=self.agent_env(params, timeout, interval, level, extra or {}), uid=uid, leftovers=leftovers
        )

    def finish(self, tag, timeout=120):
        r = self.wait(tag, timeout)
        r.log = self.read(AGENT_LOG) if self.exists(AGENT_LOG) else ""
        return r

    def agent(self, action, params, **kw):
        return self.finish(self.begin(action, params, **kw))

    # -- the end ----------------------------------------------------------------------------------
    def close(self):
        self.sock.close()
        self.process.kill()  # process 1 dies with it, and every process of the world with that
        self.process.wait()
        _cgroups.extend(self.cgroup_dirs)  # empty as soon as the kernel has buried them
        shutil.rmtree(self.tmp, ignore_errors=True)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Real LXC containers for the tests that run inside a node, and runs of the agent that are watched.

As a program (ves.py RESULT ARGV...) it runs the agent and writes down what became of it; see agent().
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

AGENT = os.environ.get("AGENT", "/usr/lib/ocf/resource.d/openve/ManageVE")
GUESTS, PATH = "/srv/guests", "/srv/ves"  # the root file systems to copy; lxc_path, not the default one
TOOLS = ["/usr/bin/" + name for name in sorted(os.listdir("/usr/bin")) if name.startswith("lxc-")]
CONFIG = """
lxc.uts.name = {name}
lxc.rootfs.path = dir:{root}
lxc.console.logfile = {console}
lxc.autodev = 1
lxc.tty.max = 0
lxc.mount.entry = tmpfs run tmpfs rw,nosuid,nodev 0 0
lxc.net.0.type = empty
"""
KINDS = {
    "busybox": "lxc.mount.auto = proc:mixed sys:mixed\nlxc.signal.halt = SIGUSR2\n",
    "sysvinit": "lxc.mount.auto = proc:mixed sys:mixed\nlxc.signal.halt = SIGPWR\n",
    "systemd": "lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed\nlxc.signal.halt = SIGRTMIN+3\n"
    "lxc.mount.entry = /usr usr none rbind,ro 0 0\n",
}


FIRST_ID, IDS = 100000, 65536  # those of the node that an unprivileged guest's are mapped to
IDMAP = "lxc.idmap = u 0 %d %d\nlxc.idmap = g 0 %d %d\n" % (FIRST_ID, IDS, FIRST_ID, IDS)

TIMEOUT = 20  # of an operation, unless a test says otherwise


def call(*argv, timeout=60):
    return subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, text=True, stdin=subprocess.DEVNULL
    )


def wait_until(true, what, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain: " + what
        time.sleep(0.05)


class VE:
    """A container. As a context it is gone at the end, whatever state it is in."""

    def __init__(
        self, name, kind="busybox", boot="", shutdown="", config="", path=PATH, include=False, unprivileged=False
    ):
        """include: all of its configuration is in a file that its own names. unprivileged: in a user namespace."""
        self.name, self.kind, self.path = name, kind, path
        self.unspoilt = ""
        self.folder = "%s/%s" % (path, name)
        self.root = self.folder + "/rootfs"
        os.makedirs(self.folder)
        shutil.copytree("%s/%s" % (GUESTS, kind), self.root, symlinks=True)
        self.write("/etc/boot", boot + "\n")
        self.write("/etc/shutdown", shutdown + "\n")
        text = (
            CONFIG.format(name=name, root=self.root, console=self.folder + "/console.log") + KINDS[kind] + config + "\n"
        )
        with contextlib.suppress(OSError), open("/sys/module/apparmor/parameters/enabled") as f:
            if f.read().strip() == "Y":
                text += "lxc.apparmor.profile = unconfined\n"  # no profile can be loaded from inside a node
        if unprivileged:
            text += IDMAP
            for folder, names, others in os.walk(self.root):
                for path in [folder] + [os.path.join(folder, name) for name in names + others]:
                    have = os.lstat(path)
                    if have.st_uid < IDS:  # a file with two names is met twice
                        os.lchown(path, have.st_uid + FIRST_ID, have.st_gid + FIRST_ID)
        if include:
            with open(self.folder + "/common.conf", "w") as f:
                f.write(text)
            text = "lxc.include = %s/common.conf\n" % self.folder
        with open(self.folder + "/config", "w") as f:
            f.write(text)

    def write(self, path, text):
        with open(self.root + path, "w") as f:
            f.write(text)

    def lxc(self, tool, *args):
        return call("lxc-" + tool, "-n", self.name, "-P", self.path, *args)

    def state(self):
        said = self.lxc("info", "-sH").stdout.strip()
        return "ABSENT" if "doesn't exist" in said else said

    def pid(self):
        """Of its process 1, 0 if there is none."""
        said = self.lxc("info", "-pH").stdout.strip()
        return int(said) if said.isdigit() else 0

    def has(self, path):
        """Is there this file in the running guest?"""
        pid = self.pid()
        return bool(pid) and os.path.lexists("/proc/%d/root%s" % (pid, path))

    def booted(self):
        return self.has("/run/booted")

    def start(self):
        started = self.lxc("start", "-d")
        assert started.returncode == 0, started.stdout

    def run(self):
        self.start()
        wait_until(self.booted, "%s boots" % self.name)

    def begin(self, tool, *args):
        subprocess.Popen(["lxc-" + tool, "-n", self.name, "-P", self.path] + list(args), stdin=subprocess.DEVNULL)

    def enable(self, unit):
        """systemd only"""
        os.symlink(
            "../%s.service" % unit, "%s/etc/systemd/system/multi-user.target.wants/%s.service" % (self.root, unit)
        )

    def has_socket(self):
        with open("/proc/net/unix") as f:
            return "@%s/command" % self.folder in f.read().split()

    def monitor_pid(self):
        """Of the process on the node that the container lives by."""
        title = "[lxc monitor] %s %s" % (self.path, self.name)
        return next(pid for pid, words in processes() if words == title)

    def spoil(self, line):
        """Make its configuration one that lxc's tools cannot read; close() mends it, as they cannot even tell then that it is down."""
        with open(self.folder + "/config", "r+") as f:
            self.unspoilt = f.read()
            f.write(line + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.unspoilt:
            with open(self.folder + "/config", "w") as f:
                f.write(self.unspoilt)
        # works for a frozen one too, and without its config
        wait_until(lambda: self.lxc("stop", "-k") and self.state() in ("STOPPED", "ABSENT"), "the end of " + self.name)
        shutil.rmtree(self.folder)


def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open("/proc/%s/cmdline" % pid, "rb") as f:
            yield int(pid), f.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()


class Result:
    def __init__(self, code, seconds, left, err, out):
        self.code, self.seconds, self.left, self.err, self.out = code, seconds, left, err, out
        self.reasons = [
            line.partition(":")[2].strip() for line in err.splitlines() if line.startswith("ocf-exit-reason:")
        ]

    def __str__(self):
        return "exit code %s after %.2f s; left: %s; stdout: %s; stderr:\n%s" % (
            self.code,
            self.seconds,
            self.left,
            self.out,
            self.err,
        )


def agent(
    action,
    params,
    timeout=TIMEOUT,
    interval=10,
    level=None,
    notools=False,
    othernet=False,
    rsctmp="/run/resource-agents",
    tool="",
):
    """Run the agent as Pacemaker's executor does. notools: in a mount namespace that has no tool of LXC; othernet: in a
    network namespace of its own, so that the sockets of LXC's monitors are not to be seen. tool: NAME=COMMANDS: such a
    script instead of this tool, which is $REAL in it; $ONCE is a file that is not there at first."""
    env = {
        "PATH": "/sbin:/bin:/usr/sbin:/usr/bin",
        "OCF_ROOT": "/usr/lib/ocf",
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RA_VERSION_MINOR": "1",
        "OCF_RESOURCE_INSTANCE": "ve",
        "OCF_RESOURCE_TYPE": "ManageVE",
        "OCF_RESOURCE_PROVIDER": "openve",
        "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
        "HA_LOGFACILITY": "none",
        "HA_RSCTMP": rsctmp,
        "LC_ALL": "C",
        "OCF_RESKEY_CRM_meta_timeout": "%d" % (timeout * 1000),
        "OCF_RESKEY_CRM_meta_interval": "%d" % (interval * 1000),
    }
    if level is not None:
        env["OCF_CHECK_LEVEL"] = str(level)
    env.update(("OCF_RESKEY_" + name, value) for name, value in params.items())
    argv = [AGENT, action]
    if notools:
        hide = "".join("mount --bind /dev/null %s && " % tool for tool in TOOLS)
        argv = ["unshare", "--mount"] + ["--net"] * othernet + ["sh", "-c", hide + 'exec "$@"', "sh"] + argv
    with tempfile.TemporaryDirectory() as folder:
        if tool:
            name, _, commands = tool.partition("=")
            path, fake = shutil.which(name), folder + "/fake"
            shutil.copy(path, folder + "/real")
            with open(fake, "w") as f:
                f.write("#!/bin/sh\nREAL=%s/real ONCE=%s/once\n%s\n" % (folder, folder, commands))
            os.chmod(fake, 0o755)
            argv = ["unshare", "--mount", "sh", "-c", 'mount --bind %s %s && exec "$@"' % (fake, path), "sh"] + argv
        # a stuck agent is ended by watch()
        subprocess.run(
            [sys.executable, __file__, folder + "/result", str(timeout)] + argv,
            env=env,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        with open(folder + "/result") as f:
            return Result(**json.load(f))


def watch(result, timeout, argv):
    """Run argv; write its exit code, its seconds and the processes that it left to a file."""
    PR_SET_CHILD_SUBREAPER = 36  # whatever it leaves becomes a child of this process
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    outs = [tempfile.TemporaryFile("w+", errors="replace") for _ in range(2)]
    begun = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=outs[0], stderr=outs[1])
    try:
        code = process.wait(timeout + 10)
    except subprocess.TimeoutExpired:
        code = None
    seconds = time.monotonic() - begun
    end = (
        time.monotonic() + 0.4
    )  # what was killed needs a moment to be gone: a process without words has lost its memory already
    left = dict(children())
    while "?" in left.values() and time.monotonic() < end:
        time.sleep(0.02)
        left = dict(children())
    for pid in left:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    if left:
        time.sleep(0.5)
    alive = dict(children())
    left = [(words, pid in alive) for pid, words in left.items()]  # (command, will the kernel not kill it?)
    texts = []
    for out in outs:
        out.seek(0)
        texts.append(out.read())
    with open(result, "w") as f:
        json.dump({"code": code, "seconds": seconds, "left": left, "out": texts[0], "err": texts[1]}, f)


def children():
    """Processes below this one. Not what makes up a container: its monitor, and all below that."""
    parents = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as f:
            state, parent = f.read().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents.setdefault(int(parent), []).append(pid)
    words = dict(processes())
    waiting = [os.getpid()]
    while waiting:
        for pid in parents.get(waiting.pop(), []):
            if not words.get(pid, "").startswith("[lxc monitor]"):
                yield pid, words.get(pid) or "?"
                waiting.append(pid)


if __name__ == "__main__":
    watch(sys.argv[1], float(sys.argv[2]), sys.argv[3:])

#!/usr/bin/python3 -IS
# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a test's own little host ("world").

Started by harness.py with a socket as file descriptor and a JSON configuration; needs root.
It makes namespaces (mount, pid, uts, ipc; network and cgroup on demand), builds a root file
system from the host's /usr and nothing else, with an own /etc, /proc (so that /proc/vz can
exist), /vz, /var and /dev, and then runs programs on request, reaps them, and reports their
end and the processes they leave behind.

One JSON object a line.  To here: {"run": argv, "env": {}, "tag": n, "uid": 0, "leftovers": true}.
From here: {"tag": n, "pid": p}, then {"tag": n, "code": c, "seconds": s, "left": ["pid: cmdline"]}.
"""

import ctypes
import json
import os
import select
import signal
import socket
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE = 1, 4096, 16384, 1 << 18
NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000)
PIDS = 900  # links to processes made in /proc at first; more are made as pids grow


def call(name, *args):
    args = [a.encode() if isinstance(a, str) else a for a in args]
    if getattr(LIBC, name)(*args) != 0:
        err = ctypes.get_errno()
        raise OSError(err, "%s%r: %s" % (name, args, os.strerror(err)))


def mount(source, target, kind=None, flags=0, data=None):
    os.makedirs(target, exist_ok=True)
    call("mount", source, target, kind, flags, data)


def bind(source, target, flags=0):
    mount(source, target, None, MS_BIND | MS_REC | flags)


def build(cfg):
    """The world's root file system, at cfg["root"]; becomes /."""
    new = cfg["root"]
    call("mount", None, "/", None, MS_REC | MS_PRIVATE, None)
    mount("tmpfs", new, "tmpfs", 0, "mode=755")
    os.chmod(new, 0o755)

    def at(path):
        return new + path

    for d in (
        "/etc",
        "/var/lib",
        "/var/log",
        "/run",
        "/tmp",
        "/root",
        "/opt",
        "/sys/fs/cgroup",
        "/dev",
        "/proc",
        "/vz/private",
        "/vz/root",
        "/vz/lock",
        "/vz/dump",
        "/vz/tmp",
        "/run/resource-agents",
    ):
        os.makedirs(at(d))
    os.chmod(at("/tmp"), 0o1777)
    os.symlink("/run", at("/var/run"))
    bind("/usr", at("/usr"))
    os.makedirs(at("/opt/sbin"))
    bind(at("/opt/sbin"), at("/usr/sbin"))  # nothing of the host's: the tests put their tools here
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), at("/" + name))
        elif name == "sbin":
            bind(at("/opt/sbin"), at("/sbin"))
        elif os.path.isdir("/" + name):
            bind("/" + name, at("/" + name))
    for name, text in (
        ("passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
        ("group", "root:x:0:\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ):
        with open(at("/etc/" + name), "w") as f:
            f.write(text)
    for name in ("ld.so.cache", "localtime"):
        if os.path.exists("/etc/" + name):
            with open("/etc/" + name, "rb") as f, open(at("/etc/" + name), "wb") as g:
                g.write(f.read())
    for name in ("alternatives", "ld.so.conf.d"):
        if os.path.isdir("/etc/" + name):
            bind("/etc/" + name, at("/etc/" + name))
    for source, target in cfg["binds"]:
        bind(source, at(target))
    mount("tmpfs", at("/dev"), "tmpfs", 0, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        open(at("/dev/" + name), "w").close()
        call("mount", "/dev/" + name, at("/dev/" + name), None, MS_BIND, None)
    os.mknod(at("/dev/fuse"), 0o20600, os.makedev(10, 229))
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, at("/dev/" + name))
    proc(at("/proc"), cfg["proc_vz"])
    cgroups(at("/sys/fs/cgroup"), cfg["cgroup"])
    for path in cfg["hide"]:
        if os.path.exists(path):
            call("mount", "/dev/null", at(path), None, MS_BIND, None)
    os.chdir(new)
    try:
        call("pivot_root", ".", ".")
        call("umount2", ".", 2)
    except (OSError, AttributeError):  # a root that cannot be moved (an initramfs)
        os.chroot(".")
    os.chdir("/")


def proc(path, with_vz):
    """The real /proc, or, as no directory can be made in it, a folder of links to one that has /proc/vz."""
    if not with_vz:
        mount("proc", path, "proc")
        return
    mount("tmpfs", path, "tmpfs", 0, "mode=755")
    os.makedirs(path + "/vz")
    open(path + "/vz/veinfo", "w").close()
    mount("proc", path + "/.real", "proc")
    for name in os.listdir(path + "/.real"):
        if not name.isdigit():
            os.symlink(".real/" + name, "%s/%s" % (path, name))
    link_pids(path, 1, PIDS)


def link_pids(path, first, last):
    for n in range(first, last):
        os.symlink(".real/%d" % n, "%s/%d" % (path, n))


def cgroups(path, wanted):
    """Real cgroup file systems that begin at this world's own cgroup."""
    for controller in wanted:
        if controller == "unified":
            mount("cgroup", path, "cgroup2")
        else:  # as many hosts have it: a file system of its own for every controller
            mount("cgroup", "%s/%s" % (path, controller), "cgroup", 0, controller)


def stat(pid):
    """(parent, state) of a process, None when there is none."""
    try:
        with open("/proc/%s/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return int(fields[1]), fields[0]


def living():
    base = "/proc/.real" if os.path.isdir("/proc/.real") else "/proc"
    out = {}
    for name in os.listdir(base):
        if name.isdigit():
            s = stat(name)
            if s and s[1] not in "ZX":
                out[int(name)] = s[0]
    return out


def numbers(path):
    try:
        with open(path) as f:
            return [int(w) for w in f.read().split()]
    except (OSError, ValueError):
        return []


def foreign(roots):
    """Pids that belong to guests (as the simulators wrote them down), to stuck commands, or to these roots."""
    mine = set(roots)
    for base in ("/var/lib/vzctl-sim", "/var/lib/lxc-sim"):
        if os.path.isdir(base):
            for name in os.listdir(base):
                mine.update(numbers("%s/%s/kernel" % (base, name))[:1])
                mine.update(numbers("%s/%s/stuck" % (base, name)))
    live = living()
    grown = True
    while grown:
        more = {p for p, parent in live.items() if parent in mine and p not in mine}
        grown = bool(more)
        mine |= more
    return mine


def cmdline(pid):
    try:
        with open("/proc/%d/cmdline" % pid) as f:
            return "%d: %s" % (pid, f.read().replace("\0", " ").strip()[:200])
    except OSError:
        return "%d: gone" % pid


class Server:
    def __init__(self, sock, cfg):
        self.sock, self.cfg = sock, cfg
        self.running = {}  # pid: request, time, pids alive before
        self.linked = PIDS
        self.wake_r, self.wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake_w)
        signal.signal(signal.SIGCHLD, lambda *a: None)

    def send(self, **msg):
        self.sock.sendall(json.dumps(msg).encode() + b"\n")

    def start(self, msg):
        before = set(living())
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.setsid()
                fds = [os.open("/dev/null", os.O_RDONLY)]
                for path in msg["out"]:
                    fds.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
                for n, fd in enumerate(fds):
                    os.dup2(fd, n)
                os.closerange(3, 64)
                if msg.get("uid"):
                    os.setgroups([])
                    os.setgid(msg["uid"])
                    os.setuid(msg["uid"])
                os.chdir(msg.get("cwd", "/"))
                os.execve(msg["run"][0], msg["run"], msg["env"])
            except BaseException as e:
                os.write(2, ("world: %r\n" % (e,)).encode())
            finally:
                os._exit(127)
        self.running[pid] = (msg, begun, before)
        self.send(tag=msg["tag"], pid=pid)
        if self.linked - pid < 600 and os.path.isdir("/proc/.real"):
            link_pids("/proc", self.linked, self.linked + PIDS)
            self.linked += PIDS

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid not in self.running:
                continue
            msg, begun, before = self.running.pop(pid)
            seconds = time.monotonic() - begun
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            left = []
            if msg.get("leftovers"):
                end = time.monotonic() + 0.4  # what was killed needs a moment to be gone
                while True:
                    while True:
                        try:
                            p, s = os.waitpid(-1, os.WNOHANG)
                        except ChildProcessError:
                            break
                        if p == 0:
                            break
                        if p in self.running:  # another program of the test ended meanwhile
                            other, t, _ = self.running.pop(p)
                            self.send(
                                tag=other["tag"],
                                seconds=time.monotonic() - t,
                                left=[],
                                code=-os.WTERMSIG(s) if os.WIFSIGNALED(s) else os.WEXITSTATUS(s),
                            )
                    pids = set(living()) - before - foreign(self.running) - {1}
                    if not pids or time.monotonic() > end:
                        break
                    time.sleep(0.02)
                left = [cmdline(p) for p in sorted(pids)]
            self.send(tag=msg["tag"], code=code, seconds=seconds, left=left)

    def serve(self):
        buffer = b""
        self.send(ready=True)
        while True:
            try:
                ready = select.select([self.sock, self.wake_r], [], [])[0]
            except InterruptedError:
                continue
            if self.wake_r in ready:
                os.read(self.wake_r, 4096)
                self.reap()
            if self.sock in ready:
                data = self.sock.recv(65536)
                if not data:
                    return
                buffer += data
                while b"\n" in buffer:
                    line, buffer = buffer.split(b"\n", 1)
                    self.start(json.loads(line.decode()))


def main():
    fd, cfg = int(sys.argv[1]), json.loads(sys.argv[2])
    call("prctl", 1, 9, 0, 0, 0)  # die with the test run
    flags = NEWNS | NEWPID | NEWUTS | NEWIPC
    if cfg["net"]:
        flags |= NEWNET
    if cfg["cgroup"]:
        flags |= NEWCGROUP
        for d in cfg["cgroup_dirs"]:
            with open(d + "/cgroup.procs", "w") as f:
                f.write("%d\n" % os.getpid())
    call("unshare", flags)
    pid = os.fork()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fd)
    if pid:
        sock.sendall(json.dumps({"pid1": pid}).encode() + b"\n")
        sock.close()
        os.waitpid(pid, 0)
        return
    call("prctl", 1, 9, 0, 0, 0)
    sock.set_inheritable(False)
    build(cfg)
    Server(sock, cfg).serve()
    os._exit(0)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the tools: a program in a process group of its own, with a bound to its time, and with what it says."""

import _signal as signal
import posix
import time

from manageve.log import put
from manageve.system import ENVIRON
from manageve.text import clean
from manageve.waiting import nap

# What is said of every failure, and tells of none: by vzctl on every kernel but its own, by lxc-start on its way out.
NOISE = (
    "directory /proc/vz not found",
    "received container state",
    "the container failed to start",
    "to get more details",
    "additional information can be obtained",
)
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them, and exec would keep that


def scratch():
    """A nameless file for a command's output."""
    try:
        return posix.memfd_create("ManageVE")
    except (AttributeError, OSError):  # Python 3.6 and 3.7
        pass
    for directory in (ENVIRON.get("HA_RSCTMP") or "/run", "/dev/shm", "/tmp"):
        name = "%s/.ManageVE.%d.%d" % (directory, posix.getpid(), time.time() * 1e6)
        try:
            fd = posix.open(name, posix.O_RDWR | posix.O_CREAT | posix.O_EXCL, 0o600)
            posix.unlink(name)
            return fd
        except OSError:
            pass
    return posix.open("/dev/null", posix.O_RDWR)


def is_noise(line: str) -> bool:
    return any(words in line.lower() for words in NOISE)


def unplaced(line: str) -> str:
    """Without the place in its sources, "../src/lxc/conf.c: mount_rootfs: 1234 ", that a tool of lxc's puts first."""
    line = line.rsplit(".c: ", 1)[-1].strip()
    function, _colon, rest = line.partition(": ")
    number, _space, said = rest.partition(" ")
    return said if number.isdigit() and said and function.replace("_", "a").isalnum() else line


def environment(env):
    return env or dict(ENVIRON, LC_ALL="C")


def spawn(argv, outs, env):
    """Start a program as Command.become does, by what costs half as much as fork and exec; its pid, None: it must be that."""
    null = posix.open("/dev/null", posix.O_RDONLY)
    try:
        return posix.posix_spawn(
            argv[0],
            argv,
            environment(env),
            file_actions=[(posix.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate([null] + outs)],
            setpgroup=0,
            setsigmask=(),
            setsigdef=IGNORED,
        )
    except (AttributeError, OSError):  # Python 3.6 and 3.7; a program that cannot be run
        return None
    finally:
        posix.close(null)


class Command:
    """A program, or a function of ours, in a process group of its own.

    A tool writes to files: it must be able to finish its work when the agent is killed, where a pipe would end
    it. What runs inside a guest writes to pipes, as its output has no bounds. In both cases nothing waits for an end of
    file: a command that is stuck in a frozen guest cannot even be killed, and holds everything open.
    """

    unfinished = []
    KEEP = 20000

    def __init__(self, argv, guest=False, env=None, function=None, look=False):
        self.argv, self.code, self.seconds, self.is_look = argv, None, 0.0, look
        self.begun = time.monotonic()
        self.texts = [b"", b""]
        self.pipes = guest
        if guest:
            ends = [posix.pipe(), posix.pipe()]
            self.fds = [r for r, w in ends]
            outs = [w for r, w in ends]
            for fd in self.fds:
                posix.set_blocking(fd, False)
        else:
            self.fds = outs = [scratch(), scratch()]
        self.pid = None if function else spawn(argv, outs, env)
        if self.pid is None:
            self.pid = posix.fork()
            if self.pid == 0:
                self.become(argv, outs, env, function)
            try:
                posix.setpgid(self.pid, self.pid)
            except OSError:
                pass  # it was faster, or is gone
        if guest:
            for fd in outs:
                posix.close(fd)
        Command.unfinished.append(self)

    @staticmethod
    def become(argv, outs, env, function):
        code = 127
        try:
            posix.setpgid(0, 0)
            null = posix.open("/dev/null", posix.O_RDONLY)
            for number, fd in enumerate([null] + outs):
                posix.dup2(fd, number)
            posix.closerange(3, 256)  # exec would do it; a function that hangs must not hold our slot
            for number in IGNORED:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            if function:
                code = function()
            else:
                posix.execve(argv[0], argv, environment(env))
        except OSError as e:
            put(2, "%s: %s\n" % (argv[0], e.strerror))
        except Exception as e:
            put(2, "%s: %r\n" % (argv[0], e))
        finally:
            posix._exit(code)

    def wait(self, until):
        """The exit code, None if there is none by then. Killed by signal N counts as 128 + N."""
        while self.code is None:
            self.drain()
            if self.is_look and posix.waitid(posix.P_PID, self.pid, posix.WEXITED | posix.WNOHANG | posix.WNOWAIT):
                self.end_group()  # a look has no reason to leave children behind; a start has
            pid, status = posix.waitpid(self.pid, posix.WNOHANG)
            if pid:
                self.code = 128 + posix.WTERMSIG(status) if posix.WIFSIGNALED(status) else posix.WEXITSTATUS(status)
                self.drain()
                self.forget()
            else:
                left = until - time.monotonic()
                if left <= 0:
                    break
                nap(min(left, 0.05) if self.pipes else left)
        return self.code

    def drain(self):
        if self.pipes:
            for n, fd in enumerate(self.fds):
                try:
                    for _again in range(4):  # one bufferful: who writes without end must not keep us here
                        more = posix.read(fd, 65536)
                        if not more:
                            break
                        self.texts[n] = (self.texts[n] + more)[-self.KEEP :]
                except OSError:
                    pass

    def forget(self):
        """Nothing is to be expected of it any more."""
        if not self.pipes:
            for n, fd in enumerate(self.fds):
                try:
                    posix.lseek(fd, max(0, posix.fstat(fd).st_size - self.KEEP), 0)
                    self.texts[n] = posix.read(fd, self.KEEP)
                except OSError:
                    pass
        for fd in self.fds:
            posix.close(fd)
        self.fds = []
        self.seconds = time.monotonic() - self.begun
        Command.unfinished.remove(self)

    def end_group(self):
        try:
            posix.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass

    def kill(self):
        """End it with its children; whatever cannot be killed is left to the kernel."""
        if self in Command.unfinished:
            self.end_group()
            if self.wait(time.monotonic() + 0.3) is None:
                self.drain()
                self.forget()

    def finish(self, until):
        if self.wait(until) is None:
            self.kill()
            self.code = None  # not 137: it did not end, it was ended
        return self

    out = property(lambda self: self.texts[0].decode("utf-8", "replace"))
    err = property(lambda self: self.texts[1].decode("utf-8", "replace"))

    def words(self, noise=False):
        """What it said last, on one line. lxc's tools put a place in their sources first."""
        for text in (self.err, self.out):
            lines = [unplaced(l) for l in text.splitlines() if l.strip() and (noise or not is_noise(l))]
            if lines:
                return clean("; ".join(lines[-6:]))[-500:]
        return ""

    def how(self):
        ended = "exit code %d" % self.code if self.code is not None else "no end after %.1f s" % self.seconds
        return "%s: %s" % (self.title(), ended)

    def verdict(self):
        """How it ended, for a reason: what it said first, as no more than the beginning is shown."""
        words = self.words()
        return "%s (%s)" % (words, self.how()) if words else self.how()

    def record(self):
        """How it ended, for the log: all that it said."""
        words = self.words(noise=True)
        return self.how() + (" (%s)" % words if words else "")

    def title(self):
        return clean(" ".join([self.argv[0].rpartition("/")[2]] + self.argv[1:]))[:200]

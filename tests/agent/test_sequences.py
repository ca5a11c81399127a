# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of agent actions and of what happens to a host, against a model (hypothesis, stateful).

    pytest -n 8 tests/agent/test_sequences.py               some hundreds
    SOAK=10000 pytest -n 8 tests/agent/test_sequences.py    many more; START=n: other ones, from seed n on
A failure prints its steps and its seed. The time in them is real, so nothing is shrunk unless SHRINK=1.
What must hold, whatever happened before or happens meanwhile:
  - monitor is never 7 while the VE runs; never 0 while it does not
  - stop is never 0 while the VE runs, nor while it stays mounted
  - start never launches a VE that runs, and is never 0 without one
  - where nothing interferes, the exit code is the one of the state table
  - a dump is lost only by being restored
  - no process is left behind; nothing lasts until its deadline; codes are those of OCF, failures have a reason
"""

import collections
import os
import re
import time

import hypothesis
import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from states import State

STEPS = 6  # of a sequence
BATCH = 25  # sequences of one seed
STARVED = 0.2  # seconds until the agent's first command; on an idle machine 0.05
SEQUENCES = int(os.environ.get("SOAK") or 300)
FIRST = int(os.environ.get("START") or 1)

# (monitor probe, monitor, start, stop) of the state table where nothing interferes
TABLE = {
    "running": (0, 0, 0, 0),
    "paused": (1, 1, 0, 0),
    "mounted": (1, 1, 0, 0),
    "suspended": (7, 7, 0, 0),
    "down": (7, 7, 0, 0),
    "frozen": (0, 0, 0, 0),  # by the kernel, and no tool knows
    "lost": (0, 0, 0, None),
    "no config": (7, 7, 5, 0),
    "no private": (7, 7, 5, 0),
    "paused, unseen": (0, 0, 0, 0),  # the old vzctl calls it running
    "mounted, no config": (1, 1, 5, 1),
}  # vzctl unmounts nothing without its configuration


def often(usual, *others):
    """Mostly the usual one: what is rare in life, and would drown the rest if it were not rare here too."""
    return st.sampled_from([usual] * (8 if len(others) == 1 else 2 * len(others)) + list(others))


HOST = st.sampled_from(["veinfo", "veinfo", "veinfo", "noveinfo", "cgroup"])
GUEST = st.fixed_dictionaries(
    {
        "INIT": st.sampled_from(["sysv", "sysv", "plain", "systemd", "busybox"]),
        "BOOT": st.sampled_from(["0.1", "0.1", "0.7", "hang"]),
        "SHUTDOWN": st.sampled_from(["0.1", "0.1", "0.5", "hang"]),
        "EVENTD": st.sampled_from(["no", "no", "yes"]),
        "EXEC": often("", "hang"),
        "RESTORE": often("ok", "fail"),
        "CHKPNT": often("ok", "fail"),
        "START_DELAY": st.sampled_from(["0", "0", "0.5"]),
        "DIES_AFTER": often("", "0.5"),
    }
)
FAULT = st.sampled_from(
    [
        ("FAULT_STATUS", "1:what is that"),
        ("FAULT_STATUS", "1:what is that"),
        ("FAULT_STATUS", "hang"),
        ("FAULT_STATUS", "say:garbage"),
        ("FAULT_STATUS", "say:garbage"),
        ("FAULT_STATUS", "5:no"),
        ("FAULT_STATUS", "1+1:later"),
        ("FAULT_STOP", "33:it will not die"),
        ("FAULT_STOP", "hang:hard"),
        ("FAULT_STOP_FAST", "1:not now"),
        ("FAULT_STOP_FAST", "79*2:Got signal 15"),
        ("FAULT_STOP", "0"),
        ("FAULT_START", "0"),
        ("FAULT_START", "99:no"),
        ("FAULT_START", "hang"),
        ("FAULT_UMOUNT", "51:busy"),
        ("SKIPLOCK", "no"),
    ]
)
# what happens to a host: the name of a method below, and what it takes
EVENT = st.one_of(
    [
        st.tuples(st.just(name))
        for name in (
            "guest halts",
            "guest killed",
            "admin start",
            "admin stop",
            "admin mount",
            "admin umount",
            "admin pause",
            "admin resume",
            "admin chkpnt",
            "strangers lock",
            "lock gone",
            "storage gone",
            "config gone",
            "storage back",
            "storage back",
            "kernel freezes",
            "kernel thaws",
            "slow premount",
            "fast premount",
            "fault gone",
        )
    ]
    + 4 * [st.tuples(st.just("fault"), FAULT)]
    + [
        st.tuples(st.just("guest changes"), GUEST),
        st.tuples(st.just("lock"), st.sampled_from([0.3, 1.0, 2.5])),
        st.tuples(st.just("stale lock"), st.sampled_from(["30000\n", "", "junk"])),
        st.tuples(st.just("busy"), st.sampled_from([1.5, 1.5, 20])),
    ]
)
PARAMETERS = st.fixed_dictionaries(
    {
        "stop_grace": st.sampled_from(["1s", "1s", "500ms", "120s"]),
        "ready_timeout": st.sampled_from(["1s", "", ""]),
        "start_wait": st.sampled_from(["", "", "none", "native"]),
        "on_dump": st.sampled_from(["", "", "restore", "refuse"]),
        "start_slots": st.sampled_from(["", "1"]),
        "ready_timeout_action": st.sampled_from(["", "", "fail"]),
        "force_stop": often("", "true"),
    }
)
TIMEOUT = st.sampled_from([3.0, 5.0, 7.0])
# what happens during an action: nothing, the agent is killed after a moment, or an event after a moment
MEANWHILE = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.tuples(
        st.sampled_from(["killed alone", "killed with its group", "killed by SIGTERM"]),
        st.sampled_from([0.05, 0.1, 0.2, 0.4, 0.8]),
    ),
    st.tuples(EVENT, st.sampled_from([0.05, 0.1, 0.2, 0.5])),
    st.tuples(EVENT, st.sampled_from([0.05, 0.1, 0.2, 0.5])),
)


class Broken(Exception):
    pass


class Sequence(RuleBasedStateMachine):
    counts = collections.Counter()
    seed = 0
    failure = None

    def __init__(self):
        super().__init__()
        self.trace, self.s = [], None
        self.fault, self.lock, self.lost_private, self.lost_config = None, None, False, False
        self.busy_until = self.lock_until = 0.0

    @initialize(
        modern=st.booleans(),
        host=HOST,
        guest=GUEST,
        at_first=st.sampled_from(["down", "running", "running", "running", "dump", "dump"]),
    )
    def begin(self, modern, host, guest, at_first):
        self.counts["sequences"] += 1
        self.modern, self.veinfo = modern, host == "veinfo"
        host = "%s %s scale=60" % ("vz7" if modern else "legacy", "" if self.veinfo else host)
        self.note("host", host)
        self.s = State(host + ": down")
        self.w = self.s.world
        self.do_guest_changes(guest)
        self.note("at first", at_first)
        if at_first == "dump":
            self.s.do_dump("")
        elif at_first == "running":
            self.do_admin_start()

    def teardown(self):
        if self.s:
            self.s.close()

    @rule(event=EVENT)
    def event(self, event):
        self.happen(event)

    @rule(parameters=PARAMETERS, timeout=TIMEOUT, meanwhile=MEANWHILE, interval=st.sampled_from([0, 10]))
    def monitor(self, parameters, timeout, meanwhile, interval):
        self.action("monitor", parameters, meanwhile, timeout=timeout, interval=interval)

    @rule(parameters=PARAMETERS, timeout=TIMEOUT, meanwhile=MEANWHILE)
    def deep_monitor(self, parameters, timeout, meanwhile):
        self.action("deep", parameters, meanwhile, timeout=timeout, interval=10, level=10)

    @rule(parameters=PARAMETERS, timeout=TIMEOUT, meanwhile=MEANWHILE)
    def start(self, parameters, timeout, meanwhile):
        self.action("start", parameters, meanwhile, timeout=timeout, interval=0)

    @rule(parameters=PARAMETERS, timeout=TIMEOUT, meanwhile=MEANWHILE)
    def stop(self, parameters, timeout, meanwhile):
        self.action("stop", parameters, meanwhile, timeout=timeout, interval=0)

    @rule(
        name=st.sampled_from(["migrate_to", "migrate_from"]),
        parameters=PARAMETERS,
        timeout=TIMEOUT,
        meanwhile=MEANWHILE,
    )
    def migrate(self, name, parameters, timeout, meanwhile):
        self.action(name, parameters, meanwhile, timeout=timeout, interval=0)

    def note(self, *words):
        self.trace.append(" ".join(str(x) for x in words))

    # -- the model: what is the case, looked up in the kernel and the files, not asked of vzctl ------------
    def state(self):
        words = self.s.words()
        if self.s.up():
            if self.lost_private or self.lost_config:
                return "lost"
            if "frozen" in words:
                return "frozen"
            if "paused" in words:
                return "paused" if self.modern else "paused, unseen"
            return "running"
        if self.lost_config:
            return "mounted, no config" if "mounted" in words and not self.modern else "no config"
        if self.lost_private:
            return "no private"
        if "mounted" in words:
            return "mounted"
        return "suspended" if "dump" in words else "down"

    def strays(self):
        """Commands of vzctl that are under way (of an agent that was killed, of an admin)."""
        open_ = {}
        for line in (
            self.w.read("/var/log/vzctl-sim.log") if self.w.exists("/var/log/vzctl-sim.log") else ""
        ).splitlines():
            m = re.match(r"[\d.]+ \[(\d+)\] (.*)$", line)
            if re.search(r" = -?\d+ \([\d.]+ s\)$", line):
                open_.pop(m.group(1), None)
            else:
                open_[m.group(1)] = m.group(2)
        out = []
        for pid, command in open_.items():
            try:
                with open("/proc/%d/root/proc/%s/stat" % (self.w.pid1, pid)) as f:
                    if f.read().rsplit(")", 1)[1].split()[0] not in "ZX" and " status " not in command:
                        out.append(command)
            except OSError:
                pass
        return out

    def let_forked_begin(self):
        """What a killed agent had just forked becomes a command of vzctl, and is in the log of these a moment later."""
        end = time.monotonic() + 2
        while self.w.runs("ManageVE") and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)

    def dying(self):
        """The guest is down and its end is not dealt with yet (vzeventd is about to unmount)."""
        try:
            pid = self.w.read("/var/lib/vzctl-sim/101/kernel").split()[0]
            with open("/proc/%d/root/proc/%s/stat" % (self.w.pid1, pid)) as f:
                return f.read().rsplit(")", 1)[1].split()[0] not in "ZX" and not self.s.up()
        except (OSError, IndexError):
            return False

    # -- events ----------------------------------------------------------------------------------------
    def happen(self, event, meanwhile=False):
        name, arguments = event[0], event[1:]
        self.counts["event: " + name] += 1
        self.note("  meanwhile" if meanwhile else "event", *event)
        getattr(self, "do_" + name.replace(" ", "_"))(*arguments)

    def vz(self, *args):
        """An admin's command: waited for, but not for ever (it may hang)."""
        tag = self.w.spawn(["/usr/sbin/vzctl"] + list(args))
        try:
            r = self.w.wait(tag, 3)
            self.note("    vzctl", *args + ("=", r.code))
        except TimeoutError:
            self.note("    vzctl", *args + ("goes on",))

    def inside(self, command):
        self.vz("exec2", "101", command)

    def do_guest_halts(self):
        if self.s.up() and not self.how["EXEC"] and {"awake", "thawed"} <= self.s.words():
            self.inside("echo die > /run/initctl &")
            time.sleep(0.1)

    def do_guest_killed(self):
        pid = self.w.init_pid("101")
        if pid:
            self.w.kill(pid)
            time.sleep(0.15)

    def do_guest_changes(self, how):
        self.how = how
        self.w.write("/etc/vz/sim/101", "".join("%s=%s\n" % kv for kv in how.items()))
        self.note("guest", how)

    def do_admin_start(self):
        self.vz("start", "101")

    def do_admin_stop(self):
        self.vz("stop", "101", "--fast")

    def do_admin_mount(self):
        self.vz("mount", "101")

    def do_admin_umount(self):
        self.vz("umount", "101")

    def do_admin_pause(self):
        self.vz("chkpnt", "101", "--suspend")

    def do_admin_resume(self):
        self.vz("chkpnt", "101", "--resume")

    def do_admin_chkpnt(self):
        self.vz("chkpnt", "101")

    def hold(self, words, seconds):
        """Take the lock the way a tool does: never from one that has it."""
        code = (
            "import os,sys,time\np='/vz/lock/101.lck'\nt=p+'.t'\nopen(t,'w').write('%d' % os.getpid())\n"
            "try: os.link(t,p)\nexcept OSError: sys.exit()\nfinally: os.unlink(t)\ntime.sleep(float(sys.argv[1]))\nos.unlink(p)\n"
        )
        self.w.spawn(["/usr/bin/python3", "-c", code, "%s" % seconds] + words)
        self.lock_until = time.monotonic() + seconds

    def do_lock(self, seconds):
        self.hold(["/usr/sbin/vzctl"], seconds)

    def do_strangers_lock(self):
        self.hold([], 4.0)

    def do_stale_lock(self, text):
        if not self.w.exists("/vz/lock/101.lck"):
            self.w.write("/vz/lock/101.lck", text)

    def do_lock_gone(self):
        self.lock_until = max(self.lock_until, 0)

    def do_storage_gone(self):
        if not self.lost_private:
            os.rename(self.w.at("/vz/private/101"), self.w.at("/vz/private/101.lost"))
            self.lost_private = True

    def do_config_gone(self):
        if not self.lost_config:
            os.rename(self.w.at("/etc/vz/conf/101.conf"), self.w.at("/etc/vz/101.lost"))
            self.lost_config = True

    def do_storage_back(self):
        if self.lost_private:
            os.rename(self.w.at("/vz/private/101.lost"), self.w.at("/vz/private/101"))
            self.lost_private = False
        if self.lost_config:
            os.rename(self.w.at("/etc/vz/101.lost"), self.w.at("/etc/vz/conf/101.conf"))
            self.lost_config = False

    def do_kernel_freezes(self):
        if self.s.up():
            self.s.do_frozen("")

    def do_kernel_thaws(self):
        self.s.thaw()

    def do_slow_premount(self):
        self.s.do_script("premount=sleep 0.7")

    def do_fast_premount(self):
        self.w.remove("/etc/vz/conf/101.premount")

    def do_fault(self, fault):
        key, value = fault
        self.do_fault_gone()
        self.fault = key
        self.w.save_sim(**{key: value})

    def do_fault_gone(self):
        if self.fault:
            self.w.save_sim(**{self.fault: None})
            self.fault = None

    def do_busy(self, seconds):
        if self.w.mounted("101"):
            self.w.spawn(["/bin/sleep", "%s" % seconds], cwd="/vz/root/101")
            self.busy_until = time.monotonic() + seconds

    # -- actions ---------------------------------------------------------------------------------------
    def calm(self):
        now = time.monotonic()
        return (
            not self.strays()
            and not self.dying()
            and not self.fault
            and now > self.busy_until
            and now > self.lock_until
            and self.how["EXEC"] == ""
            and self.how["DIES_AFTER"] == ""
        )

    def action(self, name, parameters, meanwhile, **how):
        verb = "monitor" if name == "deep" else name
        params = dict(parameters, veid="101")
        killed = meanwhile and isinstance(meanwhile[0], str) and meanwhile[0]
        alone = meanwhile is None
        calm, before, pid = self.calm(), self.state(), self.w.init_pid("101")
        dumps, stray = len(self.s.dumps()), self.strays()
        mark, asked = len(self.w.commands()), time.monotonic()
        self.counts["action: " + name] += 1
        self.note(
            "action", name, "from", before, "" if calm else "(not calm)", {k: v for k, v in params.items() if v}, how
        )
        tag = self.w.begin(verb, params, leftovers=not killed, **how)
        if meanwhile:
            time.sleep(meanwhile[1])
        if killed:
            self.w.kill(
                self.w.started[tag], 15 if killed == "killed by SIGTERM" else 9, group=killed == "killed with its group"
            )
            self.counts["agent " + killed] += 1
        elif meanwhile:
            self.happen(meanwhile[0], meanwhile=True)
        result = self.w.finish(tag, 30)
        after, pid_after = self.state(), self.w.init_pid("101")
        commands = [c for _, c in self.w.commands()[mark:]]
        # this machine was too busy to give the agent its time: nothing exact can be said then
        starved = any(t - asked > STARVED for t, _ in self.w.commands()[mark : mark + 1])
        # nothing makes this command hang: the agent has ended it, as its time was short and the answer did not come
        looked = [c for c in commands if c.startswith("vzctl status 101")]
        starved = starved or calm and sum(" = " not in c for c in looked) > sum(" = " in c for c in looked)
        self.note(
            "  ->", result.code, "after %.2f s, now %s%s" % (result.seconds, after, ", " + killed if killed else "")
        )
        if result.code < 0 or killed:
            if killed:
                self.let_forked_begin()
                return
            self.broken(result, "ended by signal %d" % -result.code)
        code = result.code
        throughout = pid and pid == pid_after
        if result.seconds >= how["timeout"]:
            self.broken(result, "past its deadline")
        if result.left:
            self.broken(result, "left behind: %s" % result.left)
        if code not in (0, 1, 5, 7):
            self.broken(result, "exit code %d" % code)
        if "Traceback" in result.err + result.log:
            self.broken(result, "a traceback")
        if len(result.reasons) > 1 or (code not in (0, 7) and not result.reasons):
            self.broken(result, "%d reason lines" % len(result.reasons))
        # a mount is taken for running where status cannot see it (its configuration is gone) and the kernel keeps no list
        shown = self.lost_config and not self.veinfo and self.w.mounted("101")
        if verb == "monitor":
            if code == 7 and throughout:
                self.broken(result, "7 while it runs")
            if code == 0 and not pid and not pid_after and not self.strays() and not shown:
                self.broken(result, "0 while it does not run")
            if code == 5 and throughout:
                self.broken(result, "5 while it runs")
        if verb in ("stop", "migrate_to") and code == 0:
            if throughout:
                self.broken(result, "%s says 0 while it runs" % verb)
            whole = not (self.lost_private or self.lost_config or self.fault == "FAULT_STATUS")
            if alone and not self.strays() and whole and (pid_after or self.w.mounted("101")):
                self.broken(result, "%s says 0 while it runs or stays mounted" % verb)
        if verb in ("start", "migrate_from"):
            if throughout and before in ("running", "paused, unseen", "frozen", "lost"):
                # where one begins: the end of an earlier one may be logged meanwhile
                verbs = [
                    c
                    for c in commands
                    if re.search(r"^vzctl (--skiplock )?(start|restore|resume) 101", c) and " = " not in c
                ]
                if verbs and alone and not self.strays():
                    self.broken(result, "a second start: %s" % verbs)
            if code == 0 and not pid_after and alone and not stray and not shown and self.how["DIES_AFTER"] == "":
                self.broken(result, "%s says 0 and nothing runs" % verb)
        if (
            len(self.s.dumps()) < dumps
            and not any(re.search(r"(restore|resume) 101.* = 0", c) for c in commands)
            and alone
            and not stray
        ):
            self.broken(result, "a dump is gone")
        if calm and alone and starved:
            self.counts["not compared with the table: the machine was too busy"] += 1
        elif calm and alone and (pid == pid_after or verb != "monitor"):
            self.compare(name, params, how, before, result)

    def compare(self, name, params, how, before, result):
        """Nothing interfered: the state table says it exactly."""
        self.counts["compared with the table"] += 1
        row, code = TABLE[before], result.code
        if name in ("monitor", "deep"):
            want = row[0] if how["interval"] == 0 else row[1]
            if name == "deep" and before in ("paused, unseen", "frozen"):
                want = 1  # no command ends in it
        elif name == "stop":
            want = row[3]
        elif name == "start":
            want = row[2]
            if self.s.dumps() and before == "suspended":
                if params["on_dump"] == "refuse" or (params["on_dump"] == "restore" and self.how["RESTORE"] == "fail"):
                    want = 1
            if (
                before not in ("running", "lost")
                and params["on_dump"]
                and self.s.dumps()
                or before == "mounted"
                and params["on_dump"]
            ):
                return  # whatever else is the case: by on_dump
            if self.how["BOOT"] == "hang" or self.how["INIT"] == "systemd":
                return  # ready or not depends on time: the table has these
            if params["ready_timeout_action"] == "fail":
                return
        else:
            want = {
                ("migrate_to", "running"): 0 if self.how["CHKPNT"] == "ok" else 1,
                ("migrate_to", "suspended"): 0,
                ("migrate_to", "down"): 1,
                ("migrate_from", "running"): 0,
                ("migrate_from", "down"): 1,
                ("migrate_from", "suspended"): 0 if self.how["RESTORE"] == "ok" else 1,
            }.get((name, before))
        if want is not None and code != want:
            self.broken(result, "%s from %s: %d, not %d" % (name, before, code, want))

    def broken(self, result, text):
        type(self).failure = "\n".join(
            ["seed %d: %s" % (self.seed, text)]
            + self.trace
            + ["-- stderr:", result.err, "-- log:", result.log[-3000:], "-- commands:"]
            + ["%.3f %s" % (t, c[:200]) for t, c in self.w.commands()]
        )
        raise Broken(self.failure)


def batches():
    return range(FIRST, FIRST + (SEQUENCES + BATCH - 1) // BATCH)


@pytest.mark.parametrize("seed", batches())
def test_sequences(seed, record_property):
    machine = hypothesis.seed(seed)(type("Sequence", (Sequence,), {"counts": collections.Counter(), "seed": seed}))
    try:
        run_state_machine_as_test(
            machine,
            settings=hypothesis.settings(
                max_examples=BATCH,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
                phases=[Phase.generate, Phase.shrink] if os.environ.get("SHRINK") else [Phase.generate],
            ),
        )
    except Exception:
        if machine.failure and not os.environ.get(
            "SHRINK"
        ):  # hypothesis would say that it cannot repeat it: time is real here
            pytest.fail(machine.failure, pytrace=False)
        raise
    finally:
        record_property("sequences", dict(machine.counts))

# -*- coding: utf-8 -*-
# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: what the agent must do in which state.

    case(name, "host: state", "action and settings", exit code, expectations)

"either" as host word runs the line on legacy and on vz7. The state words are in states.py.
Action settings: a resource parameter (veid=101 is the default), or timeout=S, level=N, probe (interval 0),
nobody (not root), env:NAME=value; timeout and interval default to 20 s and 10 s.
Expectations:
  after   words that must be true of the VE afterwards (running, down, mounted, ready, dump, paused, ...)
  called  patterns that must be found in the log of the tool, in this order, separated by " ; "
  never   patterns that must not
  reason  pattern of the one ocf-exit-reason line, as far as the cluster shows it (128 characters)
  whole   pattern of that line, all of it
  remark  pattern of such a line that is said of a success;  noremark: there is none
  log     patterns of the agent's log, separated by " ; "
  nolog   pattern that the log must not have
  least, most  seconds the action takes
  out     pattern of stdout
Every case also checks: ends before its timeout, no process left behind, a reason for every failure, no traceback.
"""

CASES = []
STARTS = "^start ; ^restore ; ^resume"
TOUCHES = "^(--skiplock )?(start|stop|umount|mount|restore|resume|chkpnt|suspend|register|set)"
GRACEFUL = "^stop 101$"
NICELY = "^stop 101$|^exec2? 101 .*halt"     # vz7's own grace is shorter than the default one: the agent may halt it itself
FORCED = "stop 101 --fast"


class Case:
    def __init__(self, name, state, action, code, **expect):
        self.name, self.state, self.action, self.code, self.expect = name, state, action, code, expect

    def __repr__(self):
        more = "".join(", %s=%r" % kv for kv in self.expect.items())
        return "case(%r, %r, %r, %r%s)" % (self.name, self.state, self.action, self.code, more)


def case(name, state, action, code, **expect):
    if state.startswith("either"):
        for generation in ("legacy", "vz7"):
            CASES.append(Case(name + " " + generation, state.replace("either", generation, 1), action, code, **expect))
    else:
        CASES.append(Case(name, state, action, code, **expect))


def row(name, state, monitor, start, stop, probe=None, level10=None, **expect):
    """One row of the state table, cell by cell: (code, {expectations}) or the code alone."""
    common = {k: v for k, v in expect.items() if k != "timeout"}
    timeout = " timeout=%s" % expect["timeout"] if "timeout" in expect else ""
    for action, cell in (("probe", monitor if probe is None else probe), ("monitor", monitor),
                         ("monitor level=10 timeout=6", level10), ("start", start), ("stop", stop)):
        if cell is None:
            continue
        code, more = cell if isinstance(cell, tuple) else (cell, {})
        words = action.replace("probe", "monitor probe") + timeout
        if action.startswith(("probe", "monitor")):
            more = dict({"never": TOUCHES}, **more)
        case("%s: %s" % (name, action.split(" timeout")[0]), state, words, code, **dict(common, **more))


def q(text):
    """Quote a value for the action column."""
    import shlex
    return shlex.quote(text)


# ------------------------------------------------------------------ the state table, row by row
NOTHING = {"never": "."}
GONE = {"after": "down unmounted", "never": TOUCHES}

# running
row("running", "either: running", (0, {"after": "running mounted ready"}), (0, {"after": "running ready", "never": "^--skiplock ; restore"}),
    (0, {"after": "down unmounted unlocked", "called": NICELY, "never": FORCED}), level10=0)
row("running, no /proc/vz", "either noveinfo: running", 0, 0, (0, {"after": "down unmounted"}))
case("running: a line before the status line", "either: sim=BANNER='a new version is out' running", "monitor", 0)
case("running: status line of vzctl before 3.0.23", "legacy: sim=STATUS_WORD=VEID running", "monitor", 0)
case("running: monitor asks once", "either: running", "monitor", 0, called="^status 101$", never="^(?!status)")
case("running: start waits until it is ready", "either: guest=BOOT=1.5 starting", "start", 0, after="ready", most=4)

# down
row("down", "either: down", (7, GONE), (0, {"called": "^start 101", "after": "running mounted ready unlocked"}), (0, GONE))
row("down, no /proc/vz", "either noveinfo: down", (7, GONE), (0, {"after": "running ready"}), (0, GONE))
row("down, real cgroups", "either cgroup: down", (7, GONE), None, (0, GONE))
case("down after it ran, real cgroups", "either cgroup: running", "stop", 0, after="down unmounted")

# down, mounted
row("mounted, down", "either: mounted", (1, {"after": "down mounted"}), (0, {"after": "running mounted ready"}),
    (0, {"after": "down unmounted", "called": "umount 101"}))
row("halted itself, so mounted", "either: guest=DIES_AFTER=0.2 starting dies", 1, 0,
    (0, {"after": "down unmounted"}))
row("mounted, config gone (mount is no sign of running)", "legacy noveinfo: mounted noconfig", 1, None, None,
    after="down mounted")

# no config, or a name unknown to vzctl
row("no config", "either: noconfig", (7, GONE), (5, GONE), (0, GONE))
row("no config, no /proc/vz", "either noveinfo: noconfig", (7, GONE), (5, GONE), (0, GONE))
case("no config: another VE that runs is none of ours", "either: also-running=102 noconfig", "monitor probe", 7)
for action, code in (("monitor probe", 7), ("monitor", 7), ("start", 5), ("stop", 0)):
    case("unknown name: " + action, "either: down", action + " veid=web", code, called="^status web$")
    case("unknown name, other VEs run: " + action, "either: name=mail running", action + " veid=web", code, after="running")
for action, code in (("monitor probe", 1), ("monitor", 1), ("start", 1)):
    case("unknown name, a listed VE has no config: " + action, "either: running noconfig", action + " veid=web", code, after="running")
    case("unknown name, a listed VE's config has it: " + action, "either: name=web running 'sim=FAULT_STATUS=21:Bad CT ID web'",
         action + " veid=web", code, after="running")
case("unknown name, the kernel lists the host itself", "either: veinfo=0", "monitor probe veid=web", 7)
case("unknown name, a listed VE has no config: stop", "either: running noconfig", "stop veid=web timeout=8", 1, after="running")

# suspended
row("suspended", "either: running suspended", (7, {"after": "down dump"}), (0, {"after": "running ready nodump set-aside", "called": "^start 101", "never": "restore"}),
    (0, {"after": "down unmounted dump", "never": "restore|start"}))

# paused
row("paused", "vz7: running paused", (1, {"after": "running paused"}), (0, {"after": "running ready awake"}),
    (0, {"after": "down unmounted", "called": "^chkpnt 101 --resume", "never": FORCED}), level10=(1, {"never": "exec", "after": "paused"}), timeout=8)
case("paused: monitor asks again for half its time", "vz7: running paused", "monitor timeout=6", 1, least=1.5, most=4)
case("paused: thawed meanwhile (a snapshot)", "vz7: running paused 'later=1=vzctl chkpnt 101 --resume'", "monitor timeout=8", 0, least=0.8)
case("paused: thawed meanwhile, probe", "vz7: running paused 'later=1=vzctl chkpnt 101 --resume'", "monitor probe timeout=8", 0)
case("paused, guest hangs: stop", "vz7: guest=SHUTDOWN=hang running paused", "stop timeout=12 stop_grace=2s", 0, after="down unmounted")
case("paused while it booted: start waits", "vz7: guest=BOOT=1.5 starting paused", "start", 0, after="running ready awake", most=6)
case("paused: force_stop", "vz7: running paused", "stop force_stop=yes", 0, after="down unmounted", never=GRACEFUL, most=3)

# running, config or private area gone
row("running, config gone, legacy", "legacy: running noconfig", (0, {"never": "exec|" + TOUCHES}), (0, {"never": "exec|" + TOUCHES, "most": 3}),
    (1, {"called": "stop 101"}), level10=(0, {"never": "exec|" + TOUCHES}), after="running")
row("running, config gone, vz7", "vz7: running noconfig", (0, {"never": "exec|" + TOUCHES}), (0, {"never": "exec|" + TOUCHES, "most": 3}),
    (1, {"called": "stop 101"}), level10=(0, {"never": "exec|" + TOUCHES}), after="running")
row("running, config a dangling link", "vz7: running dangling", (0, {"never": "exec|" + TOUCHES}), (0, {"never": "exec|" + TOUCHES}),
    (1, {"called": "stop 101"}), level10=(0, {"never": "exec|" + TOUCHES}), after="running")
row("running, private area gone", "either: running noprivate", (0, {"never": "exec|" + TOUCHES}), (0, {"never": "exec|" + TOUCHES}),
    (0, {"called": NICELY, "after": "down"}), level10=(0, {"never": "exec|" + TOUCHES}))
row("running, config gone, seen by its mount", "vz7 noveinfo: running noconfig", None, None, (1, {"after": "running"}))
case("running, config gone, seen by its cgroup: never 7", "vz7 cgroup: running noconfig", "monitor probe", 0, after="running")

# tool missing or the host not set up
row("tool missing", "either: notool", 1, 5, 0, probe=5, **NOTHING)
row("tool missing, no /proc/vz", "legacy noveinfo: notool", 1, 5, 0, probe=5, **NOTHING)
row("vz.conf gone", "either: novzconf", 1, 5, 0, probe=5, never=TOUCHES)
for rc in (5, 10, 11, 107, 108):
    row("status says %d" % rc, "legacy: 'sim=FAULT_STATUS=%d:this host is not set up'" % rc, (1, {"reason": "this host is not set up"}),
        (5, {"reason": "this host is not set up"}), 0, probe=5, level10=(1, {}), never=TOUCHES)

# status fails or hangs otherwise; the host shows nothing
for how, words in (("1", "1:what is that"), ("6", "6"), ("21 for a number", "99:what"), ("garbage", "say:hello there"), ("nothing", "say:"),
                   ("a near miss", "say:CTID 101 exist mounted runningx"), ("crash", "crash")):
    row("status unusable (%s), nothing there" % how, "legacy: 'sim=FAULT_STATUS=%s'" % words, 1, 1, 0, probe=7, level10=1, never=TOUCHES)
row("status hangs, nothing there", "either: sim=FAULT_STATUS=hang", 1, 1, 0, probe=7, level10=1, never=TOUCHES, timeout=6)
row("status hangs and ignores SIGTERM", "either: sim=FAULT_STATUS=hang:hard", None, None, 0, never=TOUCHES, timeout=6)
case("one look lasts 10 s at most", "legacy: sim=FAULT_STATUS=hang*1", "monitor timeout=60", 7, least=8, most=12)
case("status hangs: probe with a short timeout", "legacy: sim=FAULT_STATUS=hang", "monitor probe timeout=4", 7)
case("status fails once only: running", "either: running sim=FAULT_STATUS=1*1", "monitor probe", 0)
case("status fails once only: down", "either: down sim=FAULT_STATUS=1*1", "monitor", 7)
case("status hangs once only: running", "legacy: running sim=FAULT_STATUS=hang*1", "monitor timeout=8", 0)
case("status garbage once: start", "legacy: down sim=FAULT_STATUS=say*1:x", "start", 0, after="running ready")

# status unusable; the host shows the VE or cannot be asked
for name, host in (("veinfo", "either"), ("veinfo and cgroup", "vz7 cgroup veinfo"), ("cgroup", "legacy cgroup"), ("cgroup, v2", "legacy cgroup2")):
    shown = host + ": running 'sim=FAULT_STATUS=1:what is that'"
    row("status unusable, proved by " + name, shown, (0, {"after": "running", "log": "WARN.*what is that"}),
        (0, {"after": "running", "log": "WARN.*what is that", "most": 3, "never": "exec|" + TOUCHES}), (0, {"after": "down unmounted", "called": "stop 101"}),
        level10=(0, {"called": "^exec2? 101 .*true", "log": "WARN.*what is that"}))
    case("status unusable, proved by %s: the command inside fails" % name, shown, "monitor level=10 monitor_command='echo ill; exit 3'", 1, reason="ill")
    case("tool missing, proved by %s: probe" % name, host + ": running notool", "monitor probe", 0, after="running", log="WARN.*not installed")
    case("tool missing, proved by %s: monitor" % name, host + ": running notool", "monitor", 0, after="running", log="WARN.*not installed")
    case("tool missing, proved by %s: start" % name, host + ": running notool", "start", 0, after="running", log="WARN.*not installed")
    case("status hangs, proved by %s: monitor" % name, host + ": running sim=FAULT_STATUS=hang", "monitor timeout=10", 0, after="running", log="WARN")
    case("status hangs, proved by %s: probe" % name, host + ": running sim=FAULT_STATUS=hang", "monitor probe timeout=10", 0, after="running", log="WARN")
    case("status and exec hang, proved by %s: level 10" % name, host + ": guest=EXEC=hang running sim=FAULT_STATUS=hang", "monitor level=10 timeout=10", 1, after="running")
    case("status and exec hang, proved by %s: level 10, tolerated" % name, host + ": guest=EXEC=hang running sim=FAULT_STATUS=hang", "monitor level=10 timeout=10 monitor_failures=1", 0, after="running")
for name, host in (("the roots of its processes", "legacy noveinfo"),):
    row("status unusable, shown by " + name, host + ": running 'sim=FAULT_STATUS=1:what is that'",
        (1, {"after": "running", "reason": "what is that"}), (1, {"after": "running", "reason": "what is that"}),
        (0, {"after": "down unmounted", "called": "stop 101"}))
row("status hangs, shown by veinfo", "legacy: running sim=FAULT_STATUS=hang", (0, {"after": "running", "log": "WARN"}), (0, {"after": "running"}),
    (0, {"after": "down unmounted"}), timeout=8)
row("status unusable, nothing but its mount", "legacy noveinfo: mounted 'sim=FAULT_STATUS=1:what is that'", 1, 1, None, after="down mounted")
row("status unusable, frozen by the kernel", "vz7 cgroup veinfo: running frozen 'sim=FAULT_STATUS=1:x'", 1, 1, None, level10=(1, {"never": "exec"}), after="running")
row("status unusable, frozen by the kernel, no veinfo", "legacy cgroup: running frozen 'sim=FAULT_STATUS=1:x'", 1, 1, None, level10=(1, {"never": "exec"}), after="running")
row("status unusable, frozen by the kernel, v2", "legacy cgroup2: running frozen 'sim=FAULT_STATUS=1:x'", 1, 1, None, level10=(1, {"never": "exec"}), after="running")
case("status unusable, frozen by the kernel: stop", "legacy cgroup: running frozen 'sim=FAULT_STATUS=1:x'", "stop timeout=15", 0, after="down")
row("tool missing, shown by its mount", "legacy noveinfo: running notool", 1, 1, 1, after="running")
row("tool missing, proved by veinfo, no cgroup to kill in", "either: running notool", 0, 0, (1, {}), after="running", timeout=8)
row("vz.conf gone, proved by veinfo", "either: running novzconf", 0, 0, 1, after="running", timeout=8)
row("status unusable, host cannot be asked", "legacy: down veinfounreadable 'sim=FAULT_STATUS=1:what is that'", 1, 1, 1, timeout=8)
row("no config, host cannot be asked", "vz7: noconfig veinfounreadable", 1, 1, 1, timeout=8)
case("status unusable, stop by force too", "legacy: running sim=FAULT_STATUS=1:x 'sim=FAULT_STOP=1:boom' sim=FAULT_STOP_FAST=ok", "stop", 0,
     called="stop 101$ ; " + FORCED, after="down unmounted")
case("status unusable, nothing helps", "legacy: running sim=FAULT_STATUS=1:x 'sim=FAULT_STOP=1:boom'", "stop timeout=8", 1, after="running",
     called=FORCED)
case("status unusable, the graceful stop hangs too: by force all the same", "legacy: running sim=FAULT_STATUS=hang sim=FAULT_STOP=hang sim=FAULT_STOP_FAST=ok",
     "stop timeout=20", 0, called="stop 101$ ; " + FORCED, after="down unmounted")
case("status unusable at first, stop has a usable one later", "legacy: running sim=FAULT_STATUS=1*2:x", "stop", 0, after="down unmounted")
case("status unusable, an empty cgroup is no sign", "legacy cgroup: down emptycgroup=101 sim=FAULT_STATUS=1:x", "monitor probe", 7)
case("status unusable, a populated cgroup of the bare number is one, no proof", "legacy cgroup: down cgroupof=101 sim=FAULT_STATUS=1:x", "monitor probe", 1)
case("status unusable, a populated cgroup of vz's own name is a proof", "legacy cgroup: down cgroupof=vz-101 sim=FAULT_STATUS=1:x", "monitor probe", 0, log="WARN")
case("status unusable, an empty cgroup of vz's own name is no sign", "legacy cgroup: running later=0=true sim=FAULT_STATUS=1:x emptycgroup=vz-102", "monitor probe veid=102", 7)
case("status unusable, vz's cgroup of another VE is none", "legacy cgroup: down cgroupof=vz-1012 sim=FAULT_STATUS=1:x", "monitor probe", 7)
for version in ("cgroup", "cgroup2"):
    for place, probe in (("vz-101", 0), ("machine.slice/vz-101", 0), ("ve/vz-101", 0), ("101", 1), ("machine.slice/101", 1), ("ve/101", 1)):
        case("tool missing, %s %s: probe" % (version, place), "legacy %s: down notool cgroupof=%s" % (version, place), "monitor probe", probe)
        case("tool missing, %s %s: monitor" % (version, place), "legacy %s: down notool cgroupof=%s" % (version, place), "monitor", probe)
        case("tool missing, %s %s: stop ends what is in it" % (version, place), "legacy %s: also-running=102 down notool cgroupof=%s" % (version, place), "stop timeout=10", 0, log="ERROR.*last resort", after="102-running")
    for place in ("D7AB5D4A-7d4c-4f3a-9a3e-111111111111", "machine.slice/d7ab5d4a-7d4c-4f3a-9a3e-111111111111", "vz-d7ab5d4a-7d4c-4f3a-9a3e-111111111111"):
        case("tool missing, %s, a UUID, %s" % (version, place), "vz7 %s: id=d7ab5d4a-7d4c-4f3a-9a3e-111111111111 down notool cgroupof=%s" % (version, place), "monitor probe veid=d7ab5d4a-7d4c-4f3a-9a3e-111111111111", 0)
    for place in ("vz-1101", "vz-1011", "xvz-101", "vz-101.old", "vz_101", "user.slice/1101"):
        case("tool missing, %s %s is not its" % (version, place), "legacy %s: down notool cgroupof=%s" % (version, place), "monitor probe", 5)
        case("tool missing, %s %s is not its: stop" % (version, place), "legacy %s: down notool cgroupof=%s" % (version, place), "stop", 0, nolog="last resort")
case("status unusable, a populated cgroup below another one", "legacy noveinfo: down plaincgroup=machine.slice/101 sim=FAULT_STATUS=1:x", "monitor probe", 1)
case("status unusable, no file system of cgroups, another VE's folder", "legacy noveinfo: down plaincgroup=1012 sim=FAULT_STATUS=1:x", "monitor probe", 7)
case("status unusable, a cgroup of another VE is none", "legacy cgroup: down cgroupof=1012 sim=FAULT_STATUS=1:x", "monitor probe", 7)

# ------------------------------------------------------------------------------ bad parameters
BAD_VEIDS = [("empty", ""), ("zero", "0"), ("zeros", "000"), ("dash", "-1"), ("option", "--help"), ("underscore", "_a"), ("dot", ".a"),
             ("newline", "101\n102"), ("trailing newline", "101\n"), ("command in a newline", "101\n$(touch /tmp/pwned)"),
             ("substitution", "$(touch /tmp/pwned)"), ("backquotes", "`touch /tmp/pwned`"), ("semicolon", "101;touch /tmp/pwned"),
             ("single quote", "10'1"), ("double quote", '10"1'), ("blank", "10 1"), ("leading blank", " 101"), ("tab", "101\t"),
             ("slash", "../101"), ("control", "101\x01"), ("escape", "\x1b[31m101"), ("unicode digits", u"\u0661\u0660\u0661"),
             ("fullwidth digits", u"\uff11\uff10\uff11"), ("letter outside ASCII", u"v\xe9"), ("65 characters", "a" * 65),
             ("10 kB", "1" * 10240), ("percent", "%s%n"), ("braces", "{0}")]
for name, value in BAD_VEIDS:
    for action, code in (("monitor probe", 6), ("start", 6), ("stop", 0)):
        if action == "monitor probe" or name in ("empty", "zero", "option", "newline", "command in a newline", "unicode digits", "10 kB"):
            case("bad veid (%s): %s" % (name, action), "legacy: running", "%s veid=%s" % (action, q(value)), code, never=TOUCHES, reason=".",
                 after="running")
for action, code in (("monitor", 6), ("monitor level=10", 6), ("start", 6), ("stop", 0), ("reload-agent", 0), ("validate-all", 6)):
    case("no veid: " + action, "legacy: down", action + " unset:veid", code, never=".", reason=".|^$" if code == 0 and action != "stop" else ".")
    case("bad engine: " + action, "legacy: running", action + " engine=docker", code, after="running",
         never=TOUCHES, reason=".|^$" if code == 0 and action != "stop" else "docker")
case("engine in capitals", "legacy: running", "monitor engine=VZCTL", 6)
case("empty engine is an unset one", "legacy: running", "monitor engine=", 0)
case("bad veid, tool missing: stop", "legacy: notool", "stop veid=0", 0, reason=".")
case("64 characters are a name", "legacy: down", "monitor probe veid=%s" % ("a" * 64), 7)
case("octal is decimal: monitor", "legacy: running", "monitor veid=0101", 0, called="^status 101$", never="0101")
case("octal is decimal: stop", "legacy: running", "stop veid=0101", 0, after="down unmounted", called="^stop 101$", never=" 65")
case("octal is decimal: set aside the right dump", "legacy: dump", "start veid=00101", 0, after="running nodump set-aside")
case("a name: monitor", "either: name=web.example-1_x running", "monitor veid=web.example-1_x", 0)
case("a name: start", "either: name=web", "start veid=web", 0, after="running ready")
case("a name: stop", "either: name=web running", "stop veid=web", 0, after="down unmounted")
case("a name: its dump is found", "either: name=web dump", "start veid=web", 0, after="running nodump set-aside")
case("a UUID: start", "vz7: id=d7ab5d4a-7d4c-4f3a-9a3e-111111111111", "start veid=d7ab5d4a-7d4c-4f3a-9a3e-111111111111", 0, after="running ready")
case("a UUID: monitor", "vz7: id=d7ab5d4a-7d4c-4f3a-9a3e-111111111111 running", "monitor veid=d7ab5d4a-7d4c-4f3a-9a3e-111111111111", 0)
case("a UUID: stop", "vz7: id=d7ab5d4a-7d4c-4f3a-9a3e-111111111111 running", "stop veid=d7ab5d4a-7d4c-4f3a-9a3e-111111111111", 0,
     after="down unmounted")

BAD = [("start_wait", "soon"), ("ready_timeout", "abc"), ("ready_timeout", "-1s"), ("ready_timeout_action", "panic"), ("start_settle", "1h"),
       ("start_settle", u"\u0661s"), ("start_slots", "many"), ("start_slots", "-1"), ("start_slots", "1.5"), ("start_slots", u"\u0662"),
       ("stop_grace", "long"), ("stop_grace", "10x"), ("stop_grace", "1\n0"), ("force_stop", "maybe"), ("force_stop", "yes\n"), ("on_dump", "eat"),
       ("monitor_failures", "-1"), ("monitor_failures", "some"), ("monitor_failures", u"\u0662"), ("stop_grace", "9" * 10240), ("stop_grace", "$(touch /tmp/pwned)")]
for name, value in BAD:
    bad = "%s=%s" % (name, q(value))
    label = bad if len(bad) < 40 else bad[:20] + "... (10 kB)"
    case("bad value, start: " + label, "legacy: down", "start " + bad, 6, after="down unmounted", reason=name, never=TOUCHES)
    case("bad value, monitor as if default: " + label, "legacy: running", "monitor " + bad, 0, log="ERROR.*" + name)
    case("bad value, stop really stops: " + label, "legacy: running", "stop " + bad, 0, after="down unmounted", log="ERROR.*" + name)
for name, value in (("stop_grace", "long"), ("force_stop", "maybe"), ("on_dump", "eat"), ("start_slots", "-1")):
    case("bad value, reload-agent: " + name, "legacy: running", "reload-agent %s=%s" % (name, value), 0, log="ERROR.*" + name, after="running")
    case("bad value, validate-all: " + name, "legacy: running", "validate-all %s=%s" % (name, value), 6, reason=name)
    case("bad value, migrate_to: " + name, "legacy: running", "migrate_to %s=%s" % (name, value), 6, reason=name, after="running nodump", never=TOUCHES)
    case("bad value, migrate_from: " + name, "legacy: running suspended", "migrate_from %s=%s" % (name, value), 6, reason=name, after="down dump")
case("bad value and down: stop", "either: down", "stop stop_grace=long", 0, after="down")
case("bad value and missing tool: stop", "either: notool", "stop stop_grace=long", 0)
case("bad value and tool missing: start", "either: notool", "start stop_grace=long", 6)
case("all values empty are unset ones: start", "legacy: down", "start engine= start_wait= ready_command= ready_timeout= ready_timeout_action= "
     "start_settle= start_slots= stop_grace= force_stop= monitor_command= monitor_failures= on_dump= lxc_path=", 0, after="running ready")
for value in ("true", "TRUE", "yes", "y", "1", "on"):
    case("boolean: force_stop=" + value, "legacy: running", "stop force_stop=" + value, 0, after="down unmounted", never=GRACEFUL, called=FORCED)
for value in ("false", "no", "n", "0", "off", "Off"):
    case("boolean: force_stop=" + value, "legacy: running", "stop force_stop=" + value, 0, after="down unmounted", called=GRACEFUL, never=FORCED)
for value in ("1", "1s", "1000ms"):
    case("times: start_settle=" + value, "legacy: down", "start start_settle=" + value, 0, after="running ready", least=1.0, most=4)
for value in ("2m", "2min", "120", "120s", "120000ms"):
    case("times: stop_grace=%s is vzctl's own" % value, "legacy: running", "stop timeout=200 stop_grace=" + value, 0, called=GRACEFUL, never="exec")
case("lxc_path relative: start", "lxc: down", "start engine=lxc lxc_path=var/lib/lxc", 6, never=".", reason="lxc_path")
case("lxc_path relative: monitor", "lxc: down", "monitor engine=lxc lxc_path=var/lib/lxc", 6, never=".", reason="lxc_path")
case("lxc_path relative: stop", "lxc: running", "stop engine=lxc lxc_path=var/lib/lxc", 0, never=".", reason="lxc_path", after="running")

# ----------------------------------------------------------------------------------------- where the tools are
case("tool only in /usr/sbin", "legacy: running", "monitor env:PATH=/usr/bin:/bin", 0)
case("tool found by PATH", "legacy: running toolat=/opt/vz/sbin", "monitor env:PATH=/opt/vz/sbin:/usr/bin", 0)
case("a relative entry of PATH is no place", "legacy: down toolat=/opt/vz/sbin", "monitor probe env:PATH=opt/vz/sbin:.:", 5)
case("no PATH at all", "legacy: running", "monitor env:PATH", 0)

# ----------------------------------------------------------------------------------------- start
for kind in ("sysv", "systemd", "openrc"):
    case("ready: %s" % kind, "either: guest=INIT=%s guest=BOOT=1.5" % kind, "start", 0, after="running ready", least=1.4, most=6, called="^start 101 ; ^exec")
case("ready: OpenRC with a warning before the level", "legacy: guest=INIT=openrc guest=RC_WARNS=1 guest=BOOT=1.5", "start", 0, after="running ready", least=1.4, most=6)
case("ready: systemd degraded", "legacy: guest=INIT=systemd guest=BOOT=1 guest=READY_STATE=degraded", "start", 0, after="ready", least=0.9, most=5)
case("ready: systemd is not up yet", "legacy: guest=INIT=systemd guest=INIT_DELAY=1.5 guest=BOOT=0.5", "start", 0, after="ready", least=1.9, most=6)
case("ready: rescue mode is not", "legacy: guest=INIT=systemd guest=READY_STATE=maintenance", "start ready_timeout=2s", 0, least=1.5, most=5, log="WARN.*ready")
case("ready: systemd still starting is not", "legacy: guest=INIT=systemd guest=BOOT=hang", "start ready_timeout=2s ready_timeout_action=fail", 1, after="running unready")
case("ready: busybox has no runlevel to speak of", "legacy: guest=INIT=busybox guest=BOOT=hang", "start", 0, after="running", most=4, nolog="WARN")
case("ready: a guest without runlevel", "legacy: guest=INIT=plain guest=BOOT=hang", "start", 0, after="running", most=4, nolog="WARN")
case("start_wait=none does not wait", "either: guest=BOOT=hang", "start start_wait=none", 0, after="running unready", most=2.5, never="^exec ; --wait")
case("start_wait=native: sysv", "either: guest=BOOT=1", "start start_wait=native", 0, after="running ready unlocked", called="^start 101 --wait|^start --wait 101", least=0.9, most=5)
case("start_wait=native: hangs with systemd, proceed", "legacy: guest=INIT=systemd", "start start_wait=native ready_timeout=2s", 0, after="running mounted",
     least=1.8, most=6, log="WARN")
case("start_wait=native: hangs with systemd, fail", "legacy: guest=INIT=systemd", "start start_wait=native ready_timeout=2s ready_timeout_action=fail", 1,
     after="running mounted", least=1.8, most=6)
case("start_wait=native: hangs until the deadline", "legacy: guest=INIT=systemd", "start start_wait=native timeout=6", 0, after="running", log="WARN")
case("start_wait=native: a stop afterwards works", "legacy: guest=INIT=systemd guest=DIES_AFTER=1 lock=start", "stop timeout=10 stop_grace=3", 0, after="down unmounted")
case("ready_command: waits for it", "either: guest=INIT=busybox 'later=1.5=touch /vz/private/101/up'", "start 'ready_command=test -e /up'", 0, least=1.2, most=5, after="running")
case("ready_command: goes to the guest's shell as it is", "either: down", "start %s" % q("ready_command=x='a  b'; test \"$x\" = 'a  b' && echo \"$(echo $VEID)\" > /seen"), 0,
     after="running", file="/vz/private/101/seen 101")
case("ready_command with a leading dash fails in the guest, no option of vzctl", "legacy: down", "start ready_command=--version ready_timeout=1s ready_timeout_action=fail", 1, after="running")
case("ready_timeout: proceed", "either: guest=BOOT=hang", "start ready_timeout=1s", 0, after="running unready", least=0.9, most=4, log="WARN.*ready", remark="^it runs, but is not ready in time")
case("ready_timeout: fail", "either: guest=BOOT=hang", "start ready_timeout=1s ready_timeout_action=fail", 1, after="running", least=0.9, most=4, reason=".")
case("ready_timeout: already running, counted from the action", "legacy: guest=BOOT=hang starting", "start ready_timeout=1500ms ready_timeout_action=fail", 1,
     after="running", least=1.3, most=4)
case("ready_timeout 0 would be the rest; unset: ends before the deadline, proceed", "either: guest=BOOT=hang", "start timeout=5", 0, after="running", log="WARN.*ready", least=2)
case("unset, fail: ends before the deadline", "legacy: guest=BOOT=hang", "start timeout=5 ready_timeout_action=fail", 1, after="running")
case("ready probe hangs", "legacy: guest=EXEC=hang", "start timeout=6", 0, after="running", log="WARN")
case("ready probe hangs and cannot be killed", "legacy: guest=EXEC=stuck", "start timeout=6", 0, after="running", log="WARN")
case("goes down while it boots: 1 at once", "either: guest=BOOT=hang guest=DIES_AFTER=1", "start", 1, after="down", most=5, reason=".")
case("goes down while it boots: its last words", "legacy: guest=INIT=systemd guest=BOOT=hang guest=DIES_AFTER=2", "start %s" % q("ready_command=echo I am not well; exit 1"), 1,
     after="down", reason="I am not well")
case("goes down while it boots: vzctl's words are not the probe's", "legacy: guest=DIES_AFTER=2 'sim=FAULT_EXEC2=31+2:Container is not running'",
     "start %s" % q("ready_command=echo I am not well; exit 1"), 1, after="down", reason="I am not well")
case("goes down while it boots: the probe's own 31", "legacy: guest=DIES_AFTER=2", "start %s" % q("ready_command=echo I am not well; exit 31"), 1, after="down", reason="I am not well")
case("goes down while it boots, fail or proceed alike", "legacy: guest=BOOT=hang guest=DIES_AFTER=1", "start ready_timeout_action=proceed start_wait=native", 1, after="down")
case("start_settle holds on", "either: guest=BOOT=1", "start start_settle=2s", 0, least=2.9, most=7, after="running ready")
case("start_settle: goes down meanwhile", "legacy: guest=DIES_AFTER=2", "start start_settle=6s", 1, most=5, after="down")
case("start_settle: not after a ready timeout", "legacy: guest=BOOT=hang", "start ready_timeout=1s start_settle=8s", 0, most=5, after="running")
case("start_settle: not for a VE that runs already", "either: running", "start start_settle=8s", 0, most=4)
case("start_settle: after waking too", "vz7: running paused", "start start_settle=2s", 0, least=1.9, most=6, after="running awake")
case("start_settle: with start_wait=none", "legacy: guest=BOOT=hang", "start start_wait=none start_settle=2s", 0, least=1.9, most=5)
case("start_settle: longer than the operation", "legacy: down", "start start_settle=1m timeout=6", 0, after="running ready")

# locks and retries of start
case("lock held by another vzctl for a while: start", "either: lock=/usr/sbin/vzctl/for/2", "start", 0, after="running ready", least=1, never="--skiplock")
case("lock held for ever: start", "either: lock=/usr/sbin/vzctl", "start timeout=6", 1, after="down", reason="[Ll]ock", never="--skiplock", least=2)
for tool in ("/usr/sbin/vzmigrate", "/usr/bin/prlctl", "/usr/sbin/ploop", "/usr/libexec/phaul-service", "vzdump"):
    case("lock held by %s: no skiplock" % tool, "legacy: lock=%s" % tool, "start timeout=5", 1, never="--skiplock", after="down")
case("lock held by a stranger: start", "either: lock=stranger", "start", 0, after="running ready", called="^--skiplock start 101", log="WARN")
case("lock held by a stranger whose name only contains vz", "legacy: lock=/opt/myvzctl", "start", 0, after="running ready", called="^--skiplock start 101")
case("lock held by a stranger: stop, a graceful one", "either: running lock=stranger", "stop", 0, after="down unmounted", called="^--skiplock (stop|umount) 101", never=FORCED, log="WARN")
case("lock held by a stranger: unmounting stop", "legacy: mounted lock=stranger", "stop", 0, after="down unmounted", called="^--skiplock umount 101")
case("lock held by a stranger: migrate_to", "legacy: running lock=stranger", "migrate_to", 0, after="down dump", called="^--skiplock (chkpnt|suspend) 101")
case("lock held by a stranger: migrate_from", "legacy: running suspended lock=stranger", "migrate_from", 0, after="running", called="^--skiplock (restore|resume) 101")
case("lock held by a stranger: register", "vz7: owner=server-2 lock=stranger", "start", 0, after="running ready")
for kind in ("dead", "junk", "empty"):
    case("stale lock (%s): start" % kind, "legacy: lock=" + kind, "start", 0, after="running ready unlocked", never="--skiplock")
    case("stale lock (%s): stop" % kind, "legacy: running lock=" + kind, "stop", 0, after="down unmounted", never="--skiplock")
case("monitor takes no notice of a lock", "either: running lock=/usr/sbin/vzctl", "monitor level=10", 0)
case("already running (32): waits, 0", "either: guest=BOOT=1.5 starting 'sim=FAULT_STATUS=say*5:CTID 101 exist unmounted down'", "start", 0, after="running ready", called="^start 101 = 32")
case("busy mount for a while: start", "legacy: mounted busy=2", "start", 0, after="running ready", called="^start 101 = 51")
case("busy mount for ever: start", "legacy: mounted busy", "start timeout=7", 1, after="down mounted", reason="busy|umount")
case("registered for another server: start", "vz7: owner=server-2", "start", 0, after="running ready", called="^start 101 = 141 ; ^register /vz/private/101 101 = ; ^register /vz/private/101 101 --force = 0 ; ^start 101 = 0")
case("registered for another server: plain register will do", "vz7: owner=server-2 sim=REGISTER=plain", "start", 0, after="running ready", never="--force")
case("registered for another server: cannot", "vz7: owner=server-2 sim=REGISTER=fail", "start", 1, after="down", whole="vzctl start .*vzctl register .*146")
for rc, code in ((5, 5), (10, 5), (11, 5), (14, 5), (43, 5), (105, 5), (107, 5), (108, 5), (1, 1), (6, 1), (12, 1), (28, 1), (47, 1), (79, 1), (99, 1), (131, 1)):
    case("start fails with %d" % rc, "legacy: 'sim=FAULT_START=%d:the disk is full of cats'" % rc, "start", code, after="down", reason="the disk is full of cats", most=5)
case("DISABLED=yes", "either: conf=DISABLED=yes", "start", 5, reason="disabled", after="down")
case("private area gone: start", "either: noprivate", "start", 5, after="down")
case("private area gone: monitor", "either: noprivate", "monitor probe", 7)
case("private area gone: stop", "either: noprivate", "stop", 0)
case("/sbin/init missing", "legacy: noinit", "start", 1, reason="init", after="down unmounted")
case("empty config", "legacy: emptyconfig", "start", 1, reason="UB parameter")
case("mount script fails", "legacy: script=mount='exit 1'", "start", 1, after="down unmounted")
case("start script fails", "legacy: script=start='exit 1'", "start", 1, after="down unmounted")
case("start hangs", "legacy: sim=FAULT_START=hang", "start timeout=6", 1, reason=".")
case("start hangs and ignores SIGTERM", "legacy: sim=FAULT_START=hang:hard", "start timeout=6", 1, reason=".")
case("start says 0 and nothing runs", "legacy: sim=FAULT_START=0", "start timeout=10", 1, after="down", reason=".")

# ----------------------------------------------------------------------------------------- dumps
case("on_dump=set_aside is the default", "either: dump", "start", 0, after="running ready nodump set-aside", never="restore", log="[Dd]ump")
case("on_dump=set_aside, mounted", "legacy: mounted dump", "start on_dump=set_aside", 0, after="running ready nodump set-aside")
case("on_dump=restore", "either: guest=BOOT=5 running suspended", "start on_dump=restore", 0, after="running ready nodump", called="(restore|resume) 101", never="set-aside", most=4)
case("on_dump=restore fails: 1, the dump stays", "either: running suspended guest=RESTORE=fail", "start on_dump=restore", 1, after="down dump", reason="[Rr]estor", never="^start")
case("on_dump=refuse", "either: dump", "start on_dump=refuse", 1, after="down unmounted dump", never=TOUCHES, reason="[Dd]ump")
case("on_dump=refuse without a dump", "either: down", "start on_dump=refuse", 0, after="running")
case("on_dump=restore without a dump", "either: down", "start on_dump=restore", 0, after="running ready", never="restore|resume")
case("on_dump=restore, registered elsewhere", "vz7: running suspended owner=server-2", "start on_dump=restore", 0, after="running nodump", called="register")
case("a dump in DUMPDIR of the VE's config", "legacy: conf=DUMPDIR=/vz/tmp dump=/vz/tmp/Dump.101", "start", 0, after="running nodump set-aside")
case("a dump in the tool's default folder", "legacy: nodumpdir dump", "start", 0, after="running nodump set-aside")
case("a dump in the tool's default folder, vz7", "vz7: nodumpdir dump=/vz/tmp/Dump.101", "start", 0, after="running nodump set-aside")
case("DUMPDIR is text, never run", "legacy: 'vzconf=X=$(touch /tmp/pwned)' dump", "start", 0, after="running set-aside")
case("a dump that status reports and nobody finds", "legacy: 'sim=FAULT_STATUS=say:CTID 101 exist unmounted down suspended'", "start", 1, after="down", reason="[Dd]ump", never=TOUCHES)
case("a dump that status reports and nobody finds, restore", "legacy: 'sim=FAULT_STATUS=say:CTID 101 exist unmounted down suspended'", "start on_dump=restore", 1, after="down", never="^start")
case("a dump that cannot be set aside", "either: dump readonlydumps", "start", 1, after="down dump", reason="dump .*Read-only", never="^start")
case("a dump of another VE is none", "legacy: dump=/vz/dump/Dump.1011", "start", 0, after="running")
case("restore waits for ready too", "legacy: running suspended", "start on_dump=restore start_settle=2s", 0, least=1.9, after="running ready")

# ----------------------------------------------------------------------------------------- stop
case("graceful", "either: guest=SHUTDOWN=1 running", "stop", 0, after="down unmounted", called=GRACEFUL + "|exec2? 101 halt", never=FORCED, nolog="WARN")
case("hung guest: forced at the end of the grace", "either scale=1: guest=SHUTDOWN=hang running", "stop stop_grace=2s", 0, after="down unmounted", least=1.9, most=7,
     called=FORCED, log="WARN")
case("hung guest: the grace gives way to the timeout", "either scale=1: guest=SHUTDOWN=hang running", "stop timeout=8", 0, after="down unmounted", log="WARN")
case("hung guest: very short timeout", "legacy scale=1: guest=SHUTDOWN=hang running", "stop timeout=4", 0, after="down unmounted")
case("halt blocks", "legacy scale=1: guest=HALT_BLOCKS=hang running", "stop stop_grace=2s", 0, after="down unmounted", most=7)
case("no halt in the guest", "legacy: guest=SHUTDOWN=nohalt running", "stop", 0, after="down unmounted", most=5)
case("halt lost while it boots", "legacy scale=1: guest=INIT_DELAY=30 starting", "stop stop_grace=2s", 0, after="down unmounted", most=7)
case("force_stop", "either: guest=SHUTDOWN=hang running", "stop force_stop=true", 0, after="down unmounted", most=3, never=GRACEFUL + " ; halt", called=FORCED)
case("grace longer than vzctl's own: halt by the agent (STOP_TIMEOUT in vz.conf)", "legacy scale=1: guest=SHUTDOWN=4 vzconf=STOP_TIMEOUT=2 running", "stop stop_grace=10s timeout=30", 0,
     after="down unmounted", called="exec2? 101 .*halt", nolog="WARN", least=3.5, most=9)
case("grace longer than vzctl's own: STOP_TIMEOUT in the VE's config goes first", "legacy scale=1: guest=SHUTDOWN=4 vzconf=STOP_TIMEOUT=300 conf=STOP_TIMEOUT=2 running", "stop stop_grace=10s timeout=30", 0,
     after="down unmounted", called="exec2? 101 .*halt", nolog="WARN", least=3.5)
case("STOP_TIMEOUT=0 is the default", "legacy scale=1: conf=STOP_TIMEOUT=0 running", "stop stop_grace=100s timeout=200", 0, called=GRACEFUL, never="exec")
# (a look whether the guest has lost its halt may be run in it, when the shutdown takes its time)
case("grace not longer than vzctl's own: vzctl stop", "legacy scale=1: guest=SHUTDOWN=1 conf=STOP_TIMEOUT=10 running", "stop stop_grace=10s timeout=30", 0, called=GRACEFUL, never="^exec2? 101 halt")
case("grace longer than vzctl's own: vz7 has 60 s", "vz7: guest=SHUTDOWN=4 running", "stop timeout=200", 0, after="down unmounted", called="exec2? 101 .*halt", nolog="WARN", least=3.5)
case("grace longer: guest hangs, forced at its end", "legacy scale=1: guest=SHUTDOWN=hang conf=STOP_TIMEOUT=1 running", "stop stop_grace=3s", 0, after="down unmounted", least=2.9, most=8, called="halt ; " + FORCED, log="WARN")
case("grace longer: halt fails, forced at once", "legacy scale=1: guest=HALT_RC=1 conf=STOP_TIMEOUT=1 running", "stop stop_grace=9s timeout=30", 0, after="down unmounted", most=5, called=FORCED)
case("grace longer: halt ended by the shutdown (128 or more)", "legacy scale=1: guest=HALT_RC=143 guest=DIES_AFTER=4 conf=STOP_TIMEOUT=1 running", "stop stop_grace=9s timeout=30", 0,
     after="down unmounted", never=FORCED, nolog="WARN")
case("grace longer: halt stays until the end", "legacy scale=1: guest=HALT_STAYS=1 guest=SHUTDOWN=2 conf=STOP_TIMEOUT=1 running", "stop stop_grace=9s timeout=30", 0, after="down unmounted", never=FORCED, most=7)
case("graceful fails otherwise: forced at once", "either: 'sim=FAULT_STOP=1:boom' sim=FAULT_STOP_FAST=ok running", "stop stop_grace=10s timeout=40", 0, after="down unmounted", most=5, called="stop 101 = 1 ; " + FORCED)
case("graceful returns 0 and leaves it running: the rest of the grace", "legacy: sim=FAULT_STOP=0 sim=FAULT_STOP_FAST=ok guest=DIES_AFTER=4 running", "stop stop_grace=10s timeout=40", 0, after="down unmounted",
     never=FORCED, least=2)
case("graceful returns 0 and leaves it running: forced in the end", "legacy: sim=FAULT_STOP=0 sim=FAULT_STOP_FAST=ok running", "stop stop_grace=3s timeout=40", 0, after="down unmounted", called=FORCED, least=2.5, most=9, log="WARN")
case("stop says 0 and nothing stops: never 0", "either: sim=FAULT_STOP=0 sim=FAULT_STOP_FAST=0 running", "stop stop_grace=1s timeout=8", 1, after="running", reason=".")
for rc in (33, 51, 153, 231, 9):
    case("forced stop tried again after %d" % rc, "legacy: 'sim=FAULT_STOP=1:boom' 'sim=FAULT_STOP_FAST=%d*2:not now' running" % rc, "stop", 0, after="down unmounted", called="--fast = %d ; --fast = 0" % rc)
case("forced stop fails for ever", "legacy: 'sim=FAULT_STOP=33:it will not die' running", "stop timeout=8", 1, after="running", reason="it will not die|still run")
case("stop script fails", "legacy: script=stop='exit 1' running", "stop timeout=8", 1, after="running", reason=".")
case("stop script hangs", "legacy: script=stop='sleep 1000' running", "stop timeout=8 stop_grace=1s", 1, after="running")
case("umount script fails", "legacy: script=umount='exit 1' running", "stop timeout=8", 1, after="down mounted", reason=".")
case("umount script fails once, under the forced stop: unmounted all the same", "legacy: script=umount='[ -e /tmp/once ] || { : > /tmp/once; exit 1; }' running",
     "stop force_stop=yes", 0, after="down unmounted", called=FORCED + " = 79 ; umount 101 = 0")
case("busy unmount for a while", "either: running busy=3", "stop", 0, after="down unmounted", least=1)
case("busy unmount for ever", "legacy: running busy", "stop timeout=8", 1, after="down mounted", reason="busy|umount|mounted")
case("mounted, busy for a while", "either: mounted busy=2", "stop", 0, after="down unmounted")
case("mounted, busy for ever", "legacy: mounted busy", "stop timeout=7", 1, after="down mounted")
case("another vzctl stop hangs with the lock", "either scale=1: guest=SHUTDOWN=hang running lock=stop", "stop stop_grace=2s", 0, after="down unmounted", called="--skiplock " + FORCED, most=8)
case("vzctl start --wait hangs with the lock", "either: guest=INIT=systemd guest=BOOT=hang lock=start", "stop stop_grace=2s", 0, after="down unmounted", called="--skiplock " + FORCED, most=8)
case("lock for a while: graceful after all", "legacy: running lock=/usr/sbin/vzctl/for/2", "stop stop_grace=8s timeout=30", 0, after="down unmounted", never=FORCED, called="^stop 101 = 9 ; ^stop 101 = 0")
case("lock held for ever, mounted", "legacy: mounted lock=/usr/sbin/vzctl", "stop timeout=8", 1, after="mounted", reason="[Ll]ock|mounted")
case("no --skiplock in this vzctl: hung guest", "legacy scale=1: sim=SKIPLOCK=no guest=SHUTDOWN=hang running", "stop stop_grace=2s", 0, after="down unmounted", called="--skiplock stop 101 --fast = 20 ; ^stop 101 --fast")
case("no --skiplock in this vzctl: force_stop", "legacy: sim=SKIPLOCK=no guest=SHUTDOWN=hang running", "stop force_stop=true", 0, after="down unmounted")
case("stop hangs, ignores SIGTERM", "either: sim=FAULT_STOP=hang:hard sim=FAULT_STOP_FAST=ok running", "stop stop_grace=2s", 0, after="down unmounted", most=8)
case("everything about stop hangs", "legacy: sim=FAULT_STOP=hang:hard running", "stop timeout=7", 1, after="running")
case("umount hangs", "legacy: sim=FAULT_UMOUNT=hang:hard mounted", "stop timeout=7", 1, after="mounted")
case("a guest that rebooted itself, ALLOWREBOOT=no", "either: conf=ALLOWREBOOT=no guest=EVENTD=yes guest=REBOOTS_AFTER=0.2 starting dies", "stop", 0, after="down unmounted")
case("a slow status that the deadline cuts short proves nothing", "legacy scale=1: guest=SHUTDOWN=hang running conf=VE_ROOT=/elsewhere veinfo=0 sim=FAULT_STOP_FAST=153*99:x sim=FAULT_STATUS=sleep1*99+1",
     "stop timeout=12 stop_grace=1s", 1, after="running")
case("status hangs during stop", "legacy: running sim=FAULT_STATUS=hang+1", "stop timeout=12", 0, after="down unmounted")

# ----------------------------------------------------------------------------------------- monitor in depth
case("level 10 runs true in the guest", "either: running", "monitor level=10", 0, called="^exec2? 101 .*true")
case("level 10 passes while it still boots", "either: guest=BOOT=hang starting", "monitor level=10", 0)
case("level 11 is 10 or more", "legacy: guest=EXEC=1 running", "monitor level=11 monitor_command=false", 1)
case("level 5 is below 10", "legacy: running", "monitor level=5 monitor_command=false", 0, never="exec")
case("level 0 asks the engine only", "legacy: running", "monitor level=0 monitor_command=false", 0, never="exec")
case("monitor_command passes", "either: running", "monitor level=10 %s" % q("monitor_command=test $(echo 1) = 1"), 0)
case("monitor_command fails", "either: running", "monitor level=10 monitor_command=false", 1, reason=".", after="running")
case("monitor_command fails with its own code", "either: running", "monitor level=10 monitor_command='exit 7'", 1)
case("monitor_command says why", "legacy: running", "monitor level=10 %s" % q("monitor_command=echo the database is away >&2; exit 3"), 1, reason="database is away")
case("monitor_command of several lines keeps to one reason line", "legacy: running", "monitor level=10 %s" % q("monitor_command=printf 'one\\ntwo\\033[31m\\n'; exit 3"), 1, reason="^[^\x1b\x00]*$")
case("monitor_command hangs", "either: running", "monitor level=10 timeout=5 monitor_command='sleep 1000'", 1, reason=".")
case("monitor_command hangs and cannot be killed", "legacy: guest=EXEC=stuck running", "monitor level=10 timeout=5", 1)
case("monitor_command in the background holds no one up", "legacy: running", "monitor level=10 timeout=8 %s" % q("monitor_command=sleep 30 & true"), None, most=7.9, children=True)
case("level 10, down", "legacy: down", "monitor level=10 monitor_command=false", 7, never="exec")
case("guest dies under the command", "legacy: guest=EXEC=dies running", "monitor level=10", 1, after="down")
case("a recurring monitor's 7 has a reason", "either: down", "monitor", 7, reason=".")
case("10 kB of output", "legacy: running", "monitor level=10 %s" % q("monitor_command=yes abcdefghij | head -c 300000; exit 1"), 1, reason=".")
case("bytes that are no UTF-8", "legacy: running", "monitor level=10 %s" % q("monitor_command=printf '\\377\\376bad'; exit 1"), 1, reason="bad")

# ----------------------------------------------------------------------------------------- migration
case("migrate_to", "either: running", "migrate_to", 0, after="down unmounted dump", called="(chkpnt|suspend) 101", never="--resume")
case("migrate_to again", "either: running suspended", "migrate_to", 0, after="down dump")
case("migrate_to, down", "either: down", "migrate_to", 1, after="down nodump", reason=".")
case("migrate_to, no config", "legacy: noconfig", "migrate_to", 1)
case("migrate_to fails", "either: guest=CHKPNT=fail running", "migrate_to", 1, after="running nodump", reason="[Ss]uspend|Checkpoint")
case("migrate_to, tool missing", "legacy: notool", "migrate_to", 5)
case("migrate_to, bad veid", "legacy: running", "migrate_to veid=0", 6, after="running")
case("migrate_to says 0 and does nothing", "legacy: sim=FAULT_CHKPNT=0 sim=FAULT_SUSPEND=0 running", "migrate_to timeout=8", 1, after="running")
case("migrate_to hangs", "legacy: sim=FAULT_CHKPNT=hang sim=FAULT_SUSPEND=hang running", "migrate_to timeout=6", 1)
case("migrate_to, lock for a while", "legacy: running lock=/usr/sbin/vzctl/for/2", "migrate_to", 0, after="down dump")
case("migrate_from", "either: guest=BOOT=5 running suspended", "migrate_from", 0, after="running mounted nodump", called="(restore|resume) 101", never="^start")
case("migrate_from does not wait for ready", "either: guest=EXEC=hang running suspended", "migrate_from", 0, after="running", never="exec", most=4)
case("migrate_from again", "either: running", "migrate_from", 0, after="running")
case("migrate_from, no dump", "either: down", "migrate_from", 1, after="down", reason="[Dd]ump|suspend", never="^start")
case("migrate_from fails", "either: running suspended guest=RESTORE=fail", "migrate_from", 1, after="down dump", reason="[Rr]estor")
case("migrate_from, registered elsewhere", "vz7: running suspended owner=server-2", "migrate_from", 0, after="running nodump", called="register /vz/private/101 101 --force")
case("migrate_from, tool missing", "legacy: notool", "migrate_from", 5)
case("migrate_from, bad veid", "legacy: down", "migrate_from veid=0", 6)
case("migrate_from says 0 and does nothing", "legacy: running suspended sim=FAULT_RESTORE=0 sim=FAULT_RESUME=0", "migrate_from timeout=8", 1, after="down")
# in the states of the table that are left; "passing" is lxc's alone, which cannot migrate
for action in ("migrate_to", "migrate_from"):
    case("%s, status hangs, nothing there" % action, "either: sim=FAULT_STATUS=hang", action + " timeout=8", 1, never=TOUCHES)
    case("%s, status hangs, shown by veinfo" % action, "legacy: running sim=FAULT_STATUS=hang", action + " timeout=8", 1, never=TOUCHES, after="running")
case("migrate_to, config gone", "either: running noconfig", "migrate_to timeout=8", 1, called="(chkpnt|suspend) 101", never="--resume", after="running")
case("migrate_from, config gone", "either: running noconfig", "migrate_from", 0, never=TOUCHES, after="running")
case("migrate_to, paused: woken, then suspended", "vz7: running paused", "migrate_to", 0, called="^chkpnt 101 --resume ; ^chkpnt 101$", after="down dump")
case("migrate_from, paused: woken", "vz7: running paused", "migrate_from", 0, called="^chkpnt 101 --resume", after="running awake")
case("migrate_to, mounted", "either: mounted", "migrate_to", 1, never="umount ; chkpnt ; suspend", after="down mounted", reason="nothing to suspend")
case("migrate_to, mounted with a dump: unmounted", "either: running suspended mounted", "migrate_to", 0, called="umount 101", after="down unmounted dump")
case("migrate_from, mounted", "either: mounted", "migrate_from", 1, never="^start ; ^restore ; ^resume", after="down", reason="no memory dump")
case("migrate_from, mounted with a dump", "either: running suspended mounted", "migrate_from", 0, called="(restore|resume) 101", after="running nodump")
case("migration with lxc: to", "lxc: running", "migrate_to engine=lxc", 3, after="running")
case("migration with lxc: from", "lxc: down", "migrate_from engine=lxc", 3, after="down")

# ----------------------------------------------------------------------------------------- other actions
case("reload-agent", "either: running", "reload-agent", 0, after="running", never=TOUCHES)
case("validate-all", "either: running", "validate-all", 0, never=".")
case("validate-all level 0 looks at the parameters alone", "legacy: notool", "validate-all level=0", 0)
case("validate-all level 10", "either: down", "validate-all level=10", 0, never=TOUCHES)
case("validate-all level 10, tool missing", "legacy: notool", "validate-all level=10", 5)
case("validate-all level 10, no such VE", "legacy: noconfig", "validate-all level=10", 5)
case("validate-all level 10, status hangs", "either: sim=FAULT_STATUS=hang", "validate-all level=10 timeout=8", 1, never=TOUCHES)
case("validate-all level 10, status hangs, shown by veinfo", "legacy: running sim=FAULT_STATUS=hang", "validate-all level=10 timeout=8", 1, never=TOUCHES)
for state in ("running", "running noconfig", "mounted", "running suspended"):
    case("validate-all level 10, %s" % state, "either: " + state, "validate-all level=10", 0, never=TOUCHES)
case("validate-all level 10, paused", "vz7: running paused", "validate-all level=10", 0, never=TOUCHES, after="paused")
case("validate-all level 10, starting", "lxc: running show=STARTING=1", "validate-all level=10 engine=lxc", 0, never="lxc-st")
case("validate-all level 10, bad", "legacy: down", "validate-all level=10 on_dump=eat", 6)
case("validate-all with XML", "legacy: down", "validate-all env:OCF_OUTPUT_FORMAT=xml", 0, xml=True)
case("validate-all with XML, bad", "legacy: down", "validate-all env:OCF_OUTPUT_FORMAT=xml on_dump=%s" % q("<e&t\x01>\""), 6, xml=True)
case("unknown action", "legacy: running", "explode", 3, never=TOUCHES)
case("status is unknown too", "legacy: running", "status", 3)
case("part of an action's name is unknown", "legacy: running", "sto", 3, after="running", never=TOUCHES)
case("capitals are unknown", "legacy: running", "Stop", 3, after="running")
case("reload is unknown or 0, never more", "legacy: running", "promote", 3)
case("no action", "legacy: running", "-", 2, err="(?i)usage")
case("extra arguments are ignored", "legacy: running", "monitor args:stop", 0, after="running")
for action, code in (("monitor", 4), ("start", 4), ("stop", 4), ("migrate_to", 4), ("reload-agent", 4), ("validate-all", 4), ("meta-data", 0), ("explode", 3)):
    case("not root: " + action, "legacy: running", action + " nobody", code, after="running", out="resource-agent" if action == "meta-data" else "")

# ----------------------------------------------------------------------------------------- the log
case("log: start at info with code and time", "either: down", "start", 0, log=r"INFO.*vzctl.* start 101.*\b0\b.*\d ?m?s", nolog="DEBUG|WARN|ERR")
case("log: stop at info", "either: running", "stop", 0, log=r"INFO.*vzctl.* (stop 101|exec2? 101 .*halt).*\b0\b.*\d ?m?s", nolog="DEBUG|WARN|ERR")
case("a forced stop is said", "legacy scale=1: guest=SHUTDOWN=hang running", "stop stop_grace=2s", 0, after="down", remark="^stopped by force: it had not shut down within 2 s", log="WARN.*101: stopped by force")
case("a forced stop is said: the tool failed", "legacy: running 'sim=FAULT_STOP=1:the disk is full of cats' sim=FAULT_STOP_FAST=ok", "stop", 0, after="down", remark="^stopped by force: the disk is full of cats")
case("a forced stop is said: lxc", "lxc: guest=SHUTDOWN=hang running", "stop stop_grace=2s engine=lxc", 0, after="down", remark="^stopped by force: ")
case("a forced stop that was asked for is not", "either: running", "stop force_stop=yes", 0, after="down", noremark=True)
case("a graceful stop has no remark", "either: running", "stop", 0, after="down", noremark=True)
case("a start that is ready in time has no remark", "either: down", "start", 0, after="ready", noremark=True)
case("log: the stop that the forced one has overtaken too", "legacy scale=1: guest=SHUTDOWN=hang running", "stop stop_grace=2s", 0, log=r"INFO.*vzctl stop 101: exit code 40 ; WARN")
case("log: a failing start shows its code", "legacy: 'sim=FAULT_START=79:cats'", "start", 1, log=r"vzctl.* start 101.*79")
case("log: monitor is quiet", "either: running", "monitor", 0, nolog=".")
case("log: looks at debug", "legacy: running", "monitor env:HA_debug=1 env:HA_DEBUGLOG=/var/log/ha.log", 0, log="DEBUG.*status")
case("log: to stderr when nothing is said", "legacy: down", "start env:HA_LOGFILE env:HA_LOGFACILITY", 0, err="INFO.*start 101")
case("log: the tag", "legacy: down", "start", 0, log=r"ManageVE\(ve\)\[\d+\]")
case("log: an own tag", "legacy: down", "start env:HA_LOGTAG=mytag", 0, log=r"mytag")
case("log: a file that cannot be written", "legacy: running", "stop env:HA_LOGFILE=/nonexistent/x/y", 0, after="down unmounted")
case("exit reason: the prefix is the manager's", "legacy: 'sim=FAULT_START=79:cats'", "start env:OCF_EXIT_REASON_PREFIX=why:", 1, err="^why: ?.*cats", noreason=True)

# ----------------------------------------------------------------------------------------- the timeout itself
for value in ("", "0", "soon", "-5"):
    case("timeout %r is the advertised one" % value, "legacy scale=1: guest=SHUTDOWN=1 running", "stop env:OCF_RESKEY_CRM_meta_timeout=%s stop_grace=5s" % value, 0, after="down unmounted", called=GRACEFUL, never=FORCED)
case("timeout absent", "legacy: down", "start env:OCF_RESKEY_CRM_meta_timeout", 0, after="running ready")
case("timeout of 2 s: monitor", "either: running", "monitor timeout=2", 0)
case("timeout of 2 s: a hanging monitor", "legacy noveinfo: sim=FAULT_STATUS=hang running", "monitor timeout=2", 1)
case("timeout of 2 s: a hanging monitor, proved by veinfo", "legacy: sim=FAULT_STATUS=hang running", "monitor timeout=2", 0)
case("timeout of 3 s: stop of a hung guest", "legacy scale=1: guest=SHUTDOWN=hang running", "stop timeout=3", 0, after="down unmounted")

# ----------------------------------------------------------------------------------------- lxc
L = " engine=lxc"


def lxc(name, state, action, code, **expect):
    case("lxc, " + name, "lxc: " + state, action + L, code, **expect)


def lxc_row(name, state, monitor, start, stop, probe=None, level10=None, timeout=None, **expect):
    for action, cell in (("monitor probe", monitor if probe is None else probe), ("monitor", monitor),
                         ("monitor level=10 timeout=6", level10), ("start", start), ("stop", stop)):
        if cell is not None:
            code, more = cell if isinstance(cell, tuple) else (cell, {})
            words = action + (" timeout=%s" % timeout if timeout else "")
            lxc("%s: %s" % (name, action.split(" timeout")[0]), state, words, code, **dict(expect, **more))


lxc_row("running", "running", (0, {"never": "lxc-st"}), (0, {"after": "running ready"}), (0, {"after": "down", "called": "lxc-stop .*--nokill", "never": "lxc-stop .*-k( |$)"}))
lxc_row("down", "down", (7, {"never": "lxc-st"}), (0, {"after": "running ready", "called": "lxc-start"}), (0, {"never": "lxc-st", "after": "down"}))
lxc_row("no such container", "noconfig", 7, 5, 0, never="lxc-st")
lxc_row("frozen", "running paused", (1, {"after": "paused", "never": "attach"}), (0, {"called": "lxc-unfreeze", "after": "running awake ready"}),
        (0, {"called": "lxc-unfreeze", "after": "down", "never": "lxc-stop .*-k( |$)"}), timeout=8)
lxc_row("tool missing", "notool", 1, 5, 0, probe=5, never=".")
lxc_row("tool missing, runs", "running notool", (0, {"log": "WARN"}), 0, None, after="running")
lxc_row("lxc-info fails", "'sim=FAULT_LXC_INFO=1:cannot talk'", 1, 1, 0, probe=7, never="lxc-st")
lxc_row("lxc-info fails, runs", "running 'sim=FAULT_LXC_INFO=1:cannot talk'", (0, {"after": "running", "log": "WARN.*cannot talk"}), (0, {"after": "running"}), (0, {"after": "down"}),
        level10=(0, {"called": "lxc-attach"}))
lxc_row("lxc-info fails, frozen by the kernel", "running frozen 'sim=FAULT_LXC_INFO=1:cannot talk'", 1, 1, None, level10=(1, {"never": "attach"}), after="running")
lxc("lxc-info fails, shown by its own cgroup alone", "noconfig cgroupof=lxc.payload.101 'sim=FAULT_LXC_INFO=1:cannot talk'", "monitor probe", 0, log="WARN")
lxc_row("lxc-info hangs", "sim=FAULT_LXC_INFO=hang", 1, None, 0, probe=7, timeout=6)
lxc_row("lxc-info hangs, runs", "running sim=FAULT_LXC_INFO=hang", (0, {"after": "running", "log": "WARN"}), 0, (0, {"after": "down"}), timeout=8)
lxc_row("running, config gone", "running noconfigfile", (0, {"after": "running"}), (0, {"after": "running"}), (0, {"after": "down"}))
lxc_row("doesn't exist beside its socket is doubt", "running noconfigfile \"sim=FAULT_LXC_INFO=1:101 doesn't exist\"", 1, 1, None, after="running")
lxc_row("doesn't exist beside a populated cgroup is doubt", "noconfig cgroupof=lxc.payload.101", 1, 1, None)
lxc_row("doesn't exist beside a populated cgroup with a suffix is doubt", "noconfig cgroupof=lxc.payload.101-1", 1, None, None)
lxc("an empty cgroup is no sign", "noconfig emptycgroup", "monitor probe", 7)
lxc("the cgroup of another container is no sign", "noconfig cgroupof=lxc.payload.1012", "monitor probe", 7)
lxc("lxc.pivot is no container", "noconfig cgroupof=lxc.pivot", "monitor probe", 7)
for word in ("STARTING", "STOPPING", "ABORTING", "FREEZING", "THAWED"):
    lxc("%s: monitor never 7" % word, "down show=%s=100" % word, "monitor timeout=4", 1, never="lxc-st")
lxc("STARTING: probe never 7", "down show=STARTING=100", "monitor probe timeout=4", 1)
for word in ("STARTING", "STOPPING"):
    for up in ("running", "down"):
        lxc("%s, %s, then lxc-info hangs: probe" % (word, up), "%s show=%s=100 sim=FAULT_LXC_INFO=hang+1" % (up, word), "monitor probe timeout=6", 1, reason="may be running")
        lxc("%s, %s, then lxc-info hangs: monitor" % (word, up), "%s show=%s=100 sim=FAULT_LXC_INFO=hang+1" % (up, word), "monitor timeout=6", 1)
        lxc("%s, %s, then lxc-info hangs: start" % (word, up), "%s show=%s=100 sim=FAULT_LXC_INFO=hang+1" % (up, word), "start timeout=6", 1)
case("paused, then status hangs: monitor", "vz7: running paused sim=FAULT_STATUS=hang+1", "monitor timeout=6", 1, after="paused")
lxc("STARTING then running: monitor", "running show=STARTING=1", "monitor timeout=8", 0)
lxc("STOPPING then down: monitor", "down show=STOPPING=1", "monitor timeout=8", 7)
lxc("STARTING then running: start", "running show=STARTING=1.5", "start", 0, least=1, after="running")
lxc("STOPPING then down: start", "down show=STOPPING=1.5", "start", 0, called="lxc-start", after="running ready")
lxc("STOPPING for ever: start", "down show=STOPPING=100", "start timeout=6", 1)
lxc("RUNNING, then STOPPING for ever: start", "guest=BOOT=hang starting 'later=1=echo STOPPING until 99999999 > /var/lib/lxc-sim/101/show'", "start timeout=6", 1, reason="STOPPING")
lxc("FREEZING then frozen: start wakes it", "running paused show=FREEZING=1", "start", 0, called="lxc-unfreeze", after="awake")
lxc("STOPPING then down: stop", "down show=STOPPING=1.5", "stop", 0, after="down")
lxc("STARTING then running: stop", "running show=STARTING=1.5", "stop", 0, after="down")
lxc("ABORTING, by force at the end of the grace", "running show=ABORTING=4", "stop stop_grace=2s", 0, after="down", called="lxc-stop .*-k( |$)")
lxc("frozen: thawed meanwhile", "running paused 'later=1=lxc-unfreeze -n 101'", "monitor timeout=8", 0)
lxc("frozen, hangs: stop", "guest=SHUTDOWN=hang running paused", "stop stop_grace=2s timeout=12", 0, after="down")
lxc("hangs: forced", "guest=SHUTDOWN=hang running", "stop stop_grace=2s", 0, after="down", least=1.9, most=7, log="WARN")
lxc("hangs: the grace gives way", "guest=SHUTDOWN=hang running", "stop timeout=6", 0, after="down")
lxc("force_stop", "guest=SHUTDOWN=hang running", "stop force_stop=1", 0, after="down", never="nokill", most=3)
lxc("stop hangs", "sim=FAULT_LXC_STOP=hang running", "stop timeout=8 stop_grace=1s", 0, after="down", log="ERROR.*last resort")
lxc("stop says 0 and nothing stops", "sim=FAULT_LXC_STOP=0 running", "stop timeout=8 stop_grace=1s", 0, after="down", log="ERROR.*last resort")
lxc("ready: waits", "guest=INIT=systemd guest=BOOT=1.5", "start", 0, least=1.4, after="ready")
lxc("ready: without runlevel", "guest=INIT=plain guest=BOOT=hang", "start", 0, most=4)
lxc("native is as none", "guest=BOOT=hang", "start start_wait=native", 0, most=3, after="running unready")
lxc("attach cannot be killed", "guest=EXEC=stuck", "start timeout=6", 0, after="running", log="WARN")
lxc("attach cannot be killed, level 10", "guest=EXEC=stuck running", "monitor level=10 timeout=5", 1)
lxc("start fails: no init", "noinit rootfs=/var/lib/lxc/101/rootfs", "start", 1, reason="^its root file system /var/lib/lxc/101/rootfs has no /sbin/init", log="Received container state", after="down")
lxc("start fails: no root file system", "norootfs", "start", 1, reason="^its root file system /var/lib/lxc/101/rootfs is not there", after="down")
lxc("start fails: an empty root file system", "emptyrootfs", "start", 1, reason="^its root file system /var/lib/lxc/101/rootfs is empty", after="down")
lxc("start fails: its configuration includes what is not there", "file=/var/lib/lxc/101/config=lxc.include=/srv/away.conf noinit", "start", 1, reason="^its configuration includes /srv/away.conf, which is not there", after="down")
for where, conf in (("/var/log/lxc/101.log", ""), ("/var/lib/lxc/101/101.log", ""), ("/srv/own.log", "lxc.log.file=/srv/own.log")):
    lxc("start fails: lxc's own log, " + where, "'sim=LXC_LOG=%s' %s 'sim=FAULT_LXC_START=1:The container failed to start'" % (where, "file=/var/lib/lxc/101/config=%s" % conf if conf else ""), "start", 1,
        reason="^No such device - Failed to attach 'br7' to the network; ", log="lxc's own log: No such device", after="down")
lxc("last words from the console", "guest=BOOT=hang guest=DIES_AFTER=1 consolelog='kernel has no bananas'", "start", 1, reason="no bananas", most=5)
lxc("last words: lxc-attach's own are not the probe's", "guest=DIES_AFTER=2 'sim=FAULT_LXC_ATTACH=1+2:lxc-attach: 101: Failed to get init pid'",
    "start %s" % q("ready_command=echo I am not well; exit 1"), 1, after="down", reason="I am not well")
lxc("level 10", "running", "monitor level=10", 0, called="lxc-attach.*true")
lxc("level 10 fails", "running", "monitor level=10 monitor_command='echo ill; exit 9'", 1, reason="ill")
lxc("veid is a name as it stands", "down", "monitor probe veid=0101", 7, called="lxc-info.*0101")
lxc("0 is a name", "down", "monitor probe veid=0", 7)
lxc("lxc_path is used", "down", "monitor probe lxc_path=/srv/lxc", 7, called="-P /srv/lxc")
lxc("lxc_path has one spelling", "running", "monitor lxc_path=/var//lib/./lxc/", 0, called="-P /var/lib/lxc -sH")
lxc("bad veid", "running", "stop veid=../101", 0, after="running", never="lxc-st", reason=".")
lxc("slots and settle", "guest=BOOT=0.5", "start start_slots=1 start_settle=1s", 0, least=1.4, after="ready")

# ----------------------------------------------------------------------------------------- storage that never answers
# (with `:served` whoever waits for it cannot be killed; nobody but such a child may then be left)
for how in ("", ":served"):
    for name, hung in (("rootfs", "rootfs=/srv/ve running hung=/srv/ve"), ("lxc_path", "running hung=/var/lib/lxc")):
        hung += how
        label = "storage hangs%s, lxc, %s" % (how, name)
        case(label + ": monitor", "lxc: " + hung, "monitor timeout=10" + L, 0, never="lxc-st", most=2, nolog="WARN|ERR")
        case(label + ": probe", "lxc: " + hung, "monitor probe timeout=10" + L, 0, never="lxc-st", most=2)
        case(label + ": level 10, the command decides", "lxc: " + hung, "monitor level=10 timeout=10" + L, 0, called="lxc-attach", children=True)
        case(label + ": level 10, it fails", "lxc: " + hung, "monitor level=10 timeout=10 monitor_command='exit 3'" + L, 1, called="lxc-attach", children=True)
        case(label + ": start", "lxc: " + hung, "start timeout=10" + L, 0, never="lxc-start", after="running", children=True)
        case(label + ": stop", "lxc: " + hung, "stop timeout=15" + L, 0, after="down", called="nokill", never="lxc-stop .*-k( |$)", children=True)
        case(label + ": validate-all level 10", "lxc: " + hung, "validate-all level=10 timeout=10" + L, 0, children=True)
        case(label + ": reload-agent", "lxc: " + hung, "reload-agent timeout=4" + L, 0)
        case(label + ", the tool hangs: monitor", "lxc: %s sim=FAULT_LXC_INFO=hang" % hung, "monitor timeout=10" + L, 0, never="lxc-st", log="WARN")
        case(label + ", the tool hangs: start", "lxc: %s sim=FAULT_LXC_INFO=hang" % hung, "start timeout=10" + L, 0, never="lxc-st")
        case(label + ", all tools hang: stop", "lxc: %s sim=FAULT_LXC_INFO=hang sim=FAULT_LXC_STOP=hang" % hung, "stop timeout=15" + L, 0, after="down", log="ERROR.*last resort", children=True)
        case(label + ", the guest hangs: stop", "lxc: guest=SHUTDOWN=hang %s" % hung, "stop timeout=15 stop_grace=2s" + L, 0, after="down", children=True)
    case("storage hangs%s, lxc, lxc_path, down: monitor" % how, "lxc: down hung=/var/lib/lxc" + how, "monitor timeout=10" + L, 1, children=True)
    case("storage hangs%s, lxc, lxc_path, down: probe" % how, "lxc: down hung=/var/lib/lxc" + how, "monitor probe timeout=10" + L, 7, children=True)
    case("storage hangs%s, lxc, lxc_path, down: start" % how, "lxc: down hung=/var/lib/lxc" + how, "start timeout=10" + L, 1, children=True)
    case("storage hangs%s, lxc, lxc_path, down: stop" % how, "lxc: down hung=/var/lib/lxc" + how, "stop timeout=15" + L, 0, children=True)
    case("storage hangs%s, lxc, rootfs, goes down while it boots: start" % how, "lxc: guest=BOOT=hang guest=DIES_AFTER=1 'later=0.8=true' hung=/srv/x" + how, "start timeout=12" + L, 1, children=True)
    hung = "linked running hung=/vz/private/101" + how
    label = "storage hangs%s, vz7, config linked into it" % how
    lost = " 'sim=FAULT_STATUS=say:VEID 101 deleted mounted running'"
    for words, said in (("deleted running", lost), ("status hangs", " sim=FAULT_STATUS=hang")):
        warns = "WARN" if said != lost else ""
        case("%s, %s: monitor" % (label, words), "vz7: " + hung + said, "monitor timeout=10", 0, after="running", log=warns, never=TOUCHES)
        case("%s, %s: probe" % (label, words), "vz7: " + hung + said, "monitor probe timeout=10", 0, after="running", never=TOUCHES)
        case("%s, %s: start" % (label, words), "vz7: " + hung + said, "start timeout=10", 0, after="running", never=TOUCHES)
    # the tool itself hangs on it: but for the kernel's list and the last resort nothing answers
    for host in ("vz7 cgroup veinfo", "vz7 cgroup2 veinfo", "legacy cgroup", "legacy cgroup2"):
        case("%s, %s: monitor" % (label, host), "%s: %s" % (host, hung), "monitor timeout=10", 0, after="running", log="WARN", children=True)
        case("%s, %s: start" % (label, host), "%s: %s" % (host, hung), "start timeout=10", 0, after="running", children=True)
        case("%s, %s: stop" % (label, host), "%s: %s" % (host, hung), "stop timeout=15", 0, after="down", log="ERROR.*last resort", children=True)
    # the configuration lies elsewhere; the private area, VE_ROOT, all of /vz, or all of /etc/vz (a link onto shared storage) does not answer
    for what in ("/vz/private/101", "/vz/root/101", "/vz", "/etc/vz", "/etc/vz/conf"):
        said = "" if what.startswith("/etc") else " sim=FAULT_STATUS=hang"
        words = "running%s hung=%s%s" % (said, what, how)
        label_of = "storage hangs%s, %s" % (how, what)
        case(label_of + ": monitor", "legacy cgroup: " + words, "monitor timeout=10", 0, after="running", log="WARN", children=True)
        case(label_of + ": level 10", "legacy cgroup: " + words, "monitor level=10 timeout=10", None, children=True, after="running")
        case(label_of + ": start", "legacy cgroup: " + words, "start timeout=10", 0, after="running", children=True)
        case(label_of + ": stop", "legacy cgroup: " + words, "stop timeout=15", 0 if what not in ("/vz/root/101", "/vz") else None, after="down", log="ERROR.*last resort", children=True)
        case(label_of + ", down: monitor", "legacy noveinfo: hung=" + what + how + said, "monitor timeout=10", 1, children=True)
        case(label_of + ", down: start", "legacy noveinfo: hung=" + what + how + said, "start timeout=10", 1, children=True)
    case("storage hangs%s, lxc, its console's log: start" % how, "lxc: guest=BOOT=hang guest=DIES_AFTER=1 consoleat=/srv/log/x hung=/srv/log" + how, "start timeout=12" + L, 1, reason="went down", children=True)
    case("storage hangs%s, lxc, what its configuration includes: start" % how, "lxc: running include=/srv/inc/x hung=/srv/inc" + how, "start timeout=10" + L, 0, after="running", children=True)
    case("storage hangs%s, lxc, what its configuration includes: level 10" % how, "lxc: running include=/srv/inc/x hung=/srv/inc" + how, "monitor level=10 timeout=10" + L, 0, called="lxc-attach", children=True)
    case("storage hangs%s, a stop script on it: stop" % how, "legacy scale=1: guest=SHUTDOWN=hang running scriptat=/srv/scripts/stop hung=/srv/scripts" + how, "stop timeout=20 stop_grace=8s", None, after="", children=True)
    case(label + ", deleted and down: monitor", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "monitor timeout=10", 7, children=True)
    case(label + ", deleted and down: probe", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "monitor probe timeout=10", 7, children=True)
    case(label + ", deleted and down: stop", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "stop timeout=15", 0, children=True, never="^stop")
    case(label + ", deleted and down: start", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "start timeout=10", 1, children=True)
    case(label + ", deleted, but the kernel lists it: monitor", "vz7: %s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % hung, "monitor timeout=10", 0, after="running", children=True)
    case(label + ", deleted and down: migrate_from", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "migrate_from timeout=10", 1, children=True)
    case(label + ", deleted and down: validate-all", "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_STATUS=say:VEID 101 deleted unmounted down'" % how, "validate-all level=10 timeout=10", None, children=True)
    case(label + ", a name: probe", "vz7: name=web linked running hung=/vz/private/101%s 'sim=FAULT_STATUS=21:Bad CT ID web'" % how, "monitor probe timeout=10 veid=web", 1, reason=".", children=True)
    case("storage hangs%s, the dump's: start" % how, "legacy: down 'sim=FAULT_STATUS=say:CTID 101 exist unmounted down suspended' hung=/vz/dump" + how, "start timeout=10", 1, reason="does not answer", children=True)
    case("storage hangs%s, registered elsewhere: start" % how, "vz7: linked down hung=/vz/private/101%s 'sim=FAULT_START=141:elsewhere' 'sim=FAULT_STATUS=say:VEID 101 exist unmounted down'" % how, "start timeout=10", 1, reason="elsewhere", children=True)
    case("storage hangs%s, STOP_TIMEOUT cannot be read: stop" % how, "legacy cgroup: linked running hung=/vz/private/101%s 'sim=FAULT_STATUS=say:CTID 101 exist mounted running'" % how, "stop timeout=15", None, children=True, after="down")

# ----------------------------------------------------------------------------------------- a forced stop that fails; the last resort
RESORT = {"after": "down", "log": "ERROR.*last resort", "most": 14.9}
for host in ("legacy cgroup", "legacy cgroup2", "vz7 cgroup veinfo", "vz7 cgroup2 veinfo"):
    both = "%s: also-running=102 " % host
    case("forced stop fails for ever, %s: last resort" % host, both + "'sim=FAULT_STOP=33:it will not die' running", "stop force_stop=yes timeout=15", 0,
         **dict(RESORT, after="down unmounted 102-running", called=FORCED + " = 33 ; " + FORCED + " = 33"))
    case("forced stop hangs, %s: last resort" % host, both + "sim=FAULT_STOP=hang:hard running", "stop force_stop=yes timeout=15", 0, **dict(RESORT, after="down unmounted 102-running"))
    case("stop says 0 and nothing stops, %s: last resort" % host, both + "sim=FAULT_STOP=0 running", "stop force_stop=yes timeout=15", 0, **dict(RESORT, after="down unmounted 102-running"))
    case("stop script fails, %s: last resort" % host, "%s: script=stop='exit 1' running" % host, "stop force_stop=yes timeout=15", 0, **dict(RESORT, after="down unmounted"))
    case("everything hangs, %s: last resort" % host, both + "sim=FAULT_STOP=hang sim=FAULT_STATUS=hang sim=FAULT_UMOUNT=hang running", "stop force_stop=yes timeout=15", 0, **dict(RESORT, after="down unmounted 102-running"))
    case("tool gone while it runs, %s: last resort" % host, both + "running notool", "stop timeout=15", 0, **dict(RESORT, after="down unmounted 102-running"))
    case("config gone, %s: last resort" % host, both + "running noconfig", "stop timeout=15", 0, **dict(RESORT, after="down unmounted 102-running"))
for action in ("stop timeout=15", "stop timeout=15 force_stop=yes", "stop timeout=30 stop_grace=4s"):
    case("it is down, and its unmount hangs: " + action, "either: script=umount='sleep 1000' running", action, 0, after="down unmounted", log="ERROR.*last resort")
case("it is down, and its unmount hangs: unmounted only, nothing was begun", "legacy: mounted script=umount='sleep 1000'", "stop timeout=8", 1, after="down mounted", nolog="last resort")
case("forced stop fails twice: tried again, no last resort", "legacy cgroup: 'sim=FAULT_STOP=1:boom' 'sim=FAULT_STOP_FAST=1*2:not now' running", "stop timeout=20", 0,
     after="down unmounted", called="--fast = 1 ; --fast = 1 ; --fast = 0", nolog="last resort")
case("forced stop hangs once: tried again", "legacy cgroup: sim=FAULT_STOP=1:boom sim=FAULT_STOP_FAST=hang*1 running", "stop timeout=40", 0, after="down unmounted", nolog="last resort", called="--fast = 0", least=5)
case("an empty cgroup of the VE's name is none to kill in", "legacy cgroup: also-running=102 down emptycgroup=vz-101", "stop", 0, after="down 102-running", nolog="last resort")
case("a VE whose id begins alike is spared", "legacy cgroup: cgroupof=vz-1011 'sim=FAULT_STOP=33:no' running", "stop timeout=15", 0, **dict(RESORT, nolog="1011"))
case("a plain cgroup of that name inside another VE is spared", "legacy cgroup: emptycgroup=vz-102 cgroupof=vz-102/vz-101 'sim=FAULT_STOP=33:no' running", "stop timeout=15", 0, **dict(RESORT, nolog="vz-102"))
case("a cgroup of that name inside a VE of vz7 is spared", "legacy cgroup: cgroupof=102/vz-101 'sim=FAULT_STOP=33:no' running", "stop timeout=15", 0, **dict(RESORT, nolog="102"))
case("a cgroup of that name inside another VE is no sign", "legacy cgroup: cgroupof=vz-102/vz-101 sim=FAULT_STATUS=1:x", "monitor probe", 7)
case("lxc, a container of that name inside a podman container is no sign", "lxc: noconfig cgroupof=libpod-12ab/lxc.payload.101", "monitor probe" + L, 7)
for host in ("lxc", "lxc cgroup2"):
    both = "%s: also-running=102 also-running=101-1 " % host
    spared = "down 102-running 101-1-running"
    case("%s, lxc-stop -k fails once" % host, both + "sim=FAULT_LXC_STOP=1*2:no running", "stop timeout=15" + L, 0, after=spared, nolog="last resort", called="-k = 1 ; -k = 0")
    case("%s, lxc-stop -k fails for ever: last resort" % host, both + "sim=FAULT_LXC_STOP=1:no running", "stop timeout=15" + L, 0, **dict(RESORT, after=spared, called="-k = 1 ; -k = 1"))
    case("%s, lxc-stop hangs: last resort" % host, both + "sim=FAULT_LXC_STOP=hang:hard running", "stop timeout=15" + L, 0, **dict(RESORT, after=spared))
    case("%s, every tool hangs: last resort" % host, both + "sim=FAULT_LXC_STOP=hang sim=FAULT_LXC_INFO=hang running", "stop timeout=15" + L, 0, **dict(RESORT, after=spared))
    case("%s, tools gone: last resort" % host, both + "running notool", "stop timeout=15" + L, 0, **dict(RESORT, after=spared))
    case("%s, frozen by the kernel, lxc-stop fails: last resort thaws" % host, both + "sim=FAULT_LXC_STOP=1:no running frozen", "stop timeout=15" + L, 0, **dict(RESORT, after=spared))
    case("%s, the monitor outlives it: last resort" % host, "%s: also-running=102 down watcher 'sim=FAULT_LXC_INFO=1:cannot talk'" % host, "stop timeout=15" + L, 0, **dict(RESORT, after="down 102-running"))
    case("%s, 101-1 is stopped, 101 is spared" % host, both + "sim=FAULT_LXC_STOP=1:no running", "stop timeout=15 veid=101-1" + L, 0, **dict(RESORT, after="running 102-running"))

# ----------------------------------------------------------------------------------------- LXC is at work on it, and silent
for host in ("lxc", "lxc cgroup2"):
    for hook in ("pre-start", "start-host", "stop"):
        for said in ("sim=FAULT_LXC_INFO=hang", "notool"):
            label, words = "%s, a hook (%s) for ever, %s" % (host, hook, said), "%s: down hook=%s %s" % (host, hook, said)
            case(label + ": probe", words, "monitor probe timeout=8" + L, 1, least=3, most=7, reason="may be running")
            case(label + ": monitor", words, "monitor timeout=8" + L, 1, least=3, most=7, reason="may be running")
            case(label + ": level 10", words, "monitor level=10 timeout=8" + L, 1, never="attach")
            case(label + ": start", words, "start timeout=8" + L, 1, reason="no success in time", never="lxc-start")
            case(label + ": stop", words, "stop timeout=10" + L, 0, log="ERROR.*last resort", after="down")
    case("%s, a socket alone is a proof" % host, host + ": down watcher notool", "monitor probe" + L, 0)
    case("%s, a socket beside a frozen cgroup is doubt" % host, host + ": running frozen notool", "monitor probe" + L, 1)

# ----------------------------------------------------------------------------------------- FREEZING for good
lxc("FREEZING for good: start wakes it", "running paused show=FREEZING=1000", "start timeout=20", 0, called="lxc-unfreeze", after="running awake ready", least=4.9, most=9)
lxc("FREEZING for good: stop wakes it", "running paused show=FREEZING=1000", "stop timeout=30", 0, called="lxc-unfreeze ; lxc-stop .*--nokill", never="lxc-stop .*-k( |$)", after="down", least=4.9, most=12)
lxc("FREEZING for good, short grace: by force", "running paused show=FREEZING=1000", "stop timeout=20 stop_grace=2s", 0, called="lxc-stop .*-k( |$)", after="down", most=6)
lxc("FREEZING for a moment is waited for", "running show=FREEZING=2", "start", 0, never="lxc-unfreeze", after="running awake")
lxc("FREEZING for good: monitor", "running paused show=FREEZING=1000", "monitor timeout=8", 1, never="lxc-unfreeze")
lxc("FREEZING, woken in vain: start", "running paused show=FREEZING=1000 sim=FAULT_LXC_UNFREEZE=1:no", "start timeout=10", 1, called="lxc-unfreeze", reason="FREEZING|lxc-unfreeze")
lxc("STOPPING is not woken", "down show=STOPPING=1000", "start timeout=10", 1, never="lxc-unfreeze")

# ----------------------------------------------------------------------------------------- frozen, and the tool does not know
for host in ("legacy cgroup", "legacy cgroup2"):
    case("frozen by the kernel, %s: monitor" % host, host + ": running frozen", "monitor", 0, after="running frozen")
    case("frozen by the kernel, %s: level 10 sends nothing there" % host, host + ": running frozen", "monitor level=10 timeout=8", 1, never="exec", reason="frozen", least=3, most=7, after="running frozen")
    case("frozen by the kernel, %s: start wakes it" % host, host + ": running frozen", "start", 0, after="running thawed ready", log="WARN.*thaw", most=5)
    case("frozen by the kernel, %s: stop" % host, host + ": running frozen", "stop timeout=20 stop_grace=8s", 0, after="down unmounted", never=FORCED, most=7)
    case("frozen by the kernel, %s: force_stop" % host, host + ": running frozen", "stop timeout=20 force_stop=yes", 0, after="down unmounted", most=5)
    case("frozen by the kernel, %s, every tool hangs: stop" % host, host + ": running frozen sim=FAULT_STOP=hang sim=FAULT_STATUS=hang+1", "stop timeout=15", 0, after="down", log="last resort")
case("frozen by the kernel while start waits: it is woken, and no command stuck", "legacy cgroup: guest=BOOT=3 starting 'later=1=echo FROZEN > /sys/fs/cgroup/freezer/vz-101/freezer.state'", "start timeout=20", 0, after="running thawed ready", log="WARN.*thaw", most=12)
case("frozen by the kernel for a moment: level 10", "legacy cgroup: running frozen 'later=1=echo THAWED > /sys/fs/cgroup/freezer/vz-101/freezer.state'", "monitor level=10 timeout=10", 0, called="exec2", least=0.8)

# ----------------------------------------------------------------------------------------- what the real vzctl does
for host in ("legacy cgroup", "legacy cgroup2"):
    case("VE_ROOT is not the default, /etc/vz is away, %s: probe" % host, host + ": conf=VE_ROOT=/srv/ve/101 running noetcvz", "monitor probe", 0, after="running", log="WARN")
    case("VE_ROOT is not the default, /etc/vz is away, %s: monitor" % host, host + ": conf=VE_ROOT=/srv/ve/101 running noetcvz", "monitor", 0, after="running")
    case("VE_ROOT is not the default, /etc/vz is away, %s: stop" % host, host + ": conf=VE_ROOT=/srv/ve/101 running noetcvz", "stop timeout=12", 0, after="down", log="last resort")
    case("VE_ROOT unmounted lazily and vzctl gone, %s: probe" % host, host + ": running unmounted notool", "monitor probe", 0, after="running", log="WARN")
    case("VE_ROOT unmounted lazily and vzctl gone, %s: start" % host, host + ": running unmounted notool", "start", 0, after="running")
    case("VE_ROOT unmounted lazily and vzctl gone, %s: stop" % host, host + ": running unmounted notool", "stop timeout=12", 0, after="down", log="last resort")
case("no cgroup, VE_ROOT unmounted lazily and vzctl gone: the roots of its processes", "legacy noveinfo: running unmounted notool", "monitor probe", 1, after="running", reason=".")
case("no cgroup, VE_ROOT unmounted lazily and vzctl gone: stop is not 0", "legacy noveinfo: running unmounted notool", "stop timeout=8", 1, after="running", reason=".")
PREMOUNT = "script=premount='sleep 3' 'later=0=vzctl start 101' 'wait=start'"
for action, code, expect in (("monitor probe timeout=4", 1, {"reason": "at work", "least": 1.5}), ("monitor timeout=4", 1, {"reason": "at work"}),
                             ("monitor probe timeout=12", 0, {"after": "running", "least": 1}), ("monitor timeout=12", 0, {"after": "running"}),
                             ("stop timeout=20", 0, {"after": "down unmounted", "least": 2}), ("stop timeout=20 force_stop=yes", 0, {"after": "down unmounted"}),
                             ("start timeout=20", 0, {"after": "running ready", "never": "--skiplock"})):
    case("a start that has not mounted yet: " + action, "either: " + PREMOUNT, action, code, **expect)
case("a start that never mounts: stop is not 0", "legacy: script=premount='sleep 1000' 'later=0=vzctl start 101' 'wait=start'", "stop timeout=8", 1, reason="at work")
case("a premount script that fails: stop", "legacy: script=premount='sleep 2; exit 1' 'later=0=vzctl start 101' 'wait=start'", "stop timeout=12", 0, after="down unmounted unlocked", least=1)
case("a lock of a dead tool is none: stop", "legacy: down lock=dead", "stop", 0, most=2)
case("a lock of a stranger is none: monitor", "legacy: down lock=stranger", "monitor", 7, most=2)
case("a lock of a living tool, down: monitor", "either: down lock=/usr/sbin/vzctl", "monitor timeout=6", 1, reason="at work.*vzctl", least=2)
case("a lock of a living tool for a while, down: monitor", "either: down lock=/usr/sbin/vzctl/for/2", "monitor timeout=10", 7, least=1)
case("a lock of a living tool, suspended: probe", "either: running suspended lock=/usr/sbin/vzctl", "monitor probe timeout=6", 1, reason="at work")
case("a lock of a living tool for a while, down: stop", "either: down lock=/usr/sbin/vzctl/for/2", "stop", 0, least=1, after="down")
case("a lock of a living tool for ever, down: stop", "either: down lock=/usr/sbin/vzctl", "stop timeout=8", 1, reason="at work")
case("a lock of a living tool, status unusable: probe", "legacy: down lock=/usr/sbin/vzctl sim=FAULT_STATUS=1:x", "monitor probe timeout=6", 1)
case("a lock of a living tool, running: monitor", "either: running lock=/usr/sbin/vzctl", "monitor", 0, most=2)
for host in ("legacy noveinfo", "legacy cgroup", "vz7", "vz7 cgroup veinfo"):
    case("private area lost while it runs, %s: stop" % host, host + ": running noprivate", "stop timeout=20 force_stop=yes", 0, after="down unmounted", most=6)
    case("private area lost, mounted, %s: stop" % host, host + ": mounted noprivate", "stop timeout=20", 0, after="down unmounted", most=6, never="^stop")
    case("private area lost, mounted, %s: probe" % host, host + ": mounted noprivate", "monitor probe", 1, after="down mounted")
for root, code in (("/vz/root/101", 1), ("/vz/private/101", 1), ("/vz/private/101/fs", 1), ("/vz/private/1011", 5), ("/vz/root", 5)):
    case("tool missing, a process has its root in %s: probe" % root, "legacy noveinfo: down notool rootin=%s" % root, "monitor probe", code)
    case("tool missing, a process has its root in %s: stop" % root, "legacy noveinfo: down notool rootin=%s" % root, "stop timeout=8", 1 if code == 1 else 0)
for root, code in (("/srv/ve/101", 1), ("/srv/area/101", 1), ("/srv/ve/102", 5)):
    case("tool missing, places of its own, a process has its root in %s: probe" % root,
         "legacy noveinfo: down conf=VE_ROOT=/srv/ve/101 conf=VE_PRIVATE=/srv/area/101 notool rootin=%s" % root, "monitor probe", code)
case("a process has its root in VE_ROOT, and the tool says down: it is", "legacy noveinfo: down rootin=/vz/root/101", "monitor probe", 7)
case("mounted, and a living tool at work on it: monitor", "either: mounted lock=/usr/sbin/vzctl", "monitor timeout=6", 1, reason="at work", least=2)
case("mounted, and a living tool at work on it for a while: probe", "either: mounted lock=/usr/sbin/vzctl/for/2", "monitor probe timeout=10", 1, least=1, after="down mounted")
case("mounted, and a tool at work that unmounts it: monitor", "either: mounted lock=/usr/sbin/vzctl/for/2 'later=1=vzctl --skiplock umount 101'", "monitor timeout=12", 7, least=0.8, after="unmounted")
case("mounted, and a tool at work that starts it: probe", "either: mounted lock=/usr/sbin/vzctl/for/2 'later=1=vzctl --skiplock start 101'", "monitor probe timeout=12", 0, least=0.8, after="running")
case("mounted, and a living tool at work on it for a while: stop", "either: mounted lock=/usr/sbin/vzctl/for/2", "stop", 0, least=1, after="down unmounted", never="--skiplock")
case("mounted, and a stranger holds the lock: probe", "either: mounted lock=stranger", "monitor probe timeout=6", 1, most=2)
case("private area lost while it runs, gracefully: stop", "legacy cgroup: running noprivate", "stop timeout=20", 0, after="down unmounted", most=6)
case("private area lost, mounted and busy: stop", "legacy noveinfo: mounted busy noprivate", "stop timeout=8", 1, after="down mounted")
case("halt ended by the shutdown (3, Got signal)", "legacy scale=1: guest=HALT_RC=143 guest=DIES_AFTER=4 conf=STOP_TIMEOUT=1 running", "stop stop_grace=9s timeout=30", 0, after="down unmounted",
     called="halt = 3", never=FORCED, nolog="WARN")
case("halt fails with 3 of its own: forced at once", "legacy scale=1: guest=HALT_RC=3 conf=STOP_TIMEOUT=1 running", "stop stop_grace=9s timeout=30", 0, after="down unmounted", called=FORCED, most=5)
case("a forced stop that answers 79 while the stop script runs", "legacy scale=1: script=stop='sleep 8' running", "stop stop_grace=4s timeout=40", 0, after="down unmounted", called=FORCED + " = 79 ; ", most=16, nolog="last resort")
case("vzctl's line on a kernel without vz is no reason: start", "legacy noveinfo: sim=NO_VZ=yes 'sim=FAULT_START=79:the disk is full of cats'", "start", 1, reason="full of cats(?!.*proc/vz)")
case("vzctl's line on a kernel without vz is no reason: monitor", "legacy noveinfo: sim=NO_VZ=yes sim=FAULT_STATUS=1", "monitor", 1, reason="^(?!.*proc/vz)")
case("vzctl's line on a kernel without vz is no last word", "legacy noveinfo: sim=NO_VZ=yes guest=INIT=systemd guest=BOOT=hang guest=DIES_AFTER=2", "start %s" % q("ready_command=echo I am not well; exit 1"), 1,
     reason="I am not well(?!.*proc/vz)")
case("vzctl's line on a kernel without vz: the rest works", "legacy noveinfo: sim=NO_VZ=yes running", "stop", 0, after="down unmounted")
case("a halt lost while it boots is repeated: vzctl stop", "legacy scale=1: guest=INIT_DELAY=3 starting", "stop stop_grace=30s timeout=60", 0, after="down unmounted", never=FORCED, most=10, nolog="WARN")
case("a halt lost while it boots is repeated: halt", "legacy scale=1: guest=INIT_DELAY=3 conf=STOP_TIMEOUT=1 starting", "stop stop_grace=30s timeout=60", 0, after="down unmounted", never=FORCED, most=10, nolog="WARN")
case("a halt lost while it boots is repeated: vz7", "vz7 scale=1: guest=INIT_DELAY=3 starting", "stop timeout=200", 0, after="down unmounted", never=FORCED, most=10, nolog="WARN")
case("a halt lost just before it was ready is repeated: vzctl stop", "legacy scale=1: guest=INIT_DELAY=1 starting", "stop stop_grace=30s timeout=60", 0, after="down unmounted", never=FORCED, most=12, nolog="WARN")
case("a halt that vzctl puts off for a stop script is not given early", "legacy scale=1: script=stop='sleep 7' running", "stop stop_grace=30s timeout=60", 0, after="down unmounted", never="^exec2 101 halt ; " + FORCED, least=7, nolog="WARN")
case("a halt that was heard is not repeated", "legacy scale=1: guest=SHUTDOWN=6 running", "stop stop_grace=30s timeout=60", 0, after="down unmounted", never="^exec2 101 halt ; " + FORCED, nolog="WARN")

# ----------------------------------------------------------------------------------------- umask, lxc's own directory
case("umask 022 for what runs inside", "either: down", "start umask=026 %s" % q("ready_command=umask > /seen"), 0, file="/vz/private/101/seen 0022")
case("umask 022 for init", "either: down", "start umask=077 %s" % q("ready_command=grep Umask /proc/1/status | tr -d '\t' > /seen"), 0, file="/vz/private/101/seen Umask:0022")
lxc("umask 022", "down", "start umask=026 %s" % q("ready_command=umask > /seen"), 0, file="/var/lib/lxc/101/rootfs/seen 0022")
ELSEWHERE = "lxcconf=/srv/lxc file=/srv/lxc/101/config=lxc.uts.name=x noconfig"
lxc("it is in lxc's own directory: start", ELSEWHERE, "start", 5, reason="lxc_path is /var/lib/lxc, but /etc/lxc/lxc.conf says /srv/lxc, and there it is", never="lxc-start")
lxc("it is in lxc's own directory: monitor", ELSEWHERE, "monitor", 7, reason="/srv/lxc")
lxc("it is in lxc's own directory: stop", ELSEWHERE, "stop", 0)
lxc("it is in no directory: start", "lxcconf=/srv/lxc noconfig", "start", 5, reason="/etc/lxc/lxc.conf says /srv/lxc(?!.*there it is)")
lxc("lxc's own directory is ours", "lxcconf=/var/lib/lxc/ noconfig", "start", 5, reason="^(?!.*lxcpath)")
lxc("lxc's own directory hangs: start", "lxcconf=/srv/lxc noconfig hung=/srv/lxc", "start timeout=10", 5, reason="/etc/lxc/lxc.conf says /srv/lxc", children=True)

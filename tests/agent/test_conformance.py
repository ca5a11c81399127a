# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the table of cases.py against the agent."""

import collections
import re
import shlex
import xml.etree.ElementTree as ET

import pytest
from cases import CASES
from states import State

# What Pacemaker keeps of a reason (EXIT_REASON_MAX_LEN), and what must not be in it.
SHOWN = 128
# What may be said of a success.
REMARKS = collections.defaultdict(
    lambda: re.compile("(?!)"),
    start=re.compile("it runs, but is not ready in time"),
    stop=re.compile("stopped by force: |stopped by the last resort|vzctl has stopped it by force"),
)
BOILERPLATE = (
    "Received container state|container failed to start|To get more details|Additional information can be|\\.c: "
)


def parse(action):
    """The action column: (action, parameters, what begin() takes, seconds it may last)."""
    words = shlex.split(action)
    name, params, how, extra, argv = words[0], {"veid": "101"}, {"timeout": 20.0, "interval": 10}, {}, []
    for word in words[1:]:
        key, eq, value = word.partition("=")
        if word == "probe":
            how["interval"] = 0
        elif word == "nobody":
            how["uid"] = 65534
        elif key.startswith("env:"):
            extra[key[4:]] = value if eq else None
        elif key.startswith("unset:"):
            params.pop(key[6:])
        elif key.startswith("args:"):
            argv.append(key[5:])
        elif key == "timeout":
            how["timeout"] = float(value)
        elif key == "umask":
            how["umask"] = value
        elif key == "level":
            how["level"] = int(value)
        else:
            params[key] = value
    if "OCF_RESKEY_CRM_meta_timeout" in extra:
        how["timeout"] = None
        if extra["OCF_RESKEY_CRM_meta_timeout"] is None:
            del extra["OCF_RESKEY_CRM_meta_timeout"]
    if name not in ("monitor", "-", "status"):
        how["interval"] = None if name in ("meta-data", "validate-all") else 0
    return (None if name == "-" else name), params, dict(how, extra=extra, argv=argv)


def patterns(text):
    return [re.compile(p) for p in (text or "").split(" ; ") if p]


def check(case, state, result, commands, name, how):
    """Every complaint about this run."""
    bad = []
    e = case.expect

    def complain(text, *args):
        bad.append(text % args)

    if case.code is not None and result.code != case.code:
        complain("exit code %s, not %s", result.code, case.code)
    if result.code < 0:
        complain("ended by signal %d", -result.code)
    limit = how["timeout"] or 200.0
    if result.seconds >= limit:
        complain("took %.2f s, past its deadline of %.2f s", result.seconds, limit)
    if "most" in e and result.seconds > e["most"]:
        complain("took %.2f s, at most %s allowed", result.seconds, e["most"])
    if result.seconds < e.get("least", 0):
        complain("took %.2f s, at least %s wanted", result.seconds, e["least"])
    if result.left and not e.get("children"):
        complain("processes left behind: %s", result.left)
    words = state.words()
    for word in e.get("after", "").split():
        if word not in words:
            complain("afterwards not %s: %s", word, " ".join(sorted(words)))
    ends = [c for _, c in commands]
    position = 0
    for p in patterns(e.get("called")):
        for n in range(position, len(ends)):
            if p.search(ends[n]) or p.search(ends[n].split(" = ")[0]):
                position = n + 1
                break
        else:
            complain("not called (in this order): %s", p.pattern)
    for p in patterns(e.get("never")):
        for c in ends:
            if p.search(c.split(" = ")[0]):
                complain("called: %s", c)
                break
    for p in patterns(e.get("log")):
        if not p.search(result.log):
            complain("not in the log: %s", p.pattern)
    if "nolog" in e and re.search(e["nolog"], result.log):
        complain("in the log: %s", e["nolog"])
    if "out" in e and not re.search(e["out"], result.out):
        complain("not on stdout: %s", e["out"])
    if "err" in e and not re.search(e["err"], result.err, re.M):
        complain("not on stderr: %s", e["err"])
    if "file" in e:
        path, _, text = e["file"].partition(" ")
        if not state.world.exists(path) or state.world.read(path).strip() != text:
            complain("%s is not %s", path, text)
    reasons = result.reasons
    shown = reasons[0][:SHOWN] if reasons else ""
    if len(reasons) > 1:
        complain("%d reason lines", len(reasons))
    silent = result.code == 0 or (result.code == 7 and how["interval"] == 0) or result.code in (2, 3)
    if not silent and not e.get("noreason") and not (reasons and reasons[0]):
        complain("a failure without a reason")
    if result.code == 0 and reasons and not (name == "stop" and "reason" in e) and not REMARKS[name].match(reasons[0]):
        complain("a reason although it succeeded: %s", reasons)
    if "remark" in e and not (result.code == 0 and re.search(e["remark"], shown)):
        complain("no remark on a success: %s", e["remark"])
    if "noremark" in e and reasons:
        complain("a remark: %s", reasons)
    if "reason" in e and not re.search(e["reason"], shown):
        complain("what the cluster shows of the reason does not match %s: %s", e["reason"], shown)
    if "whole" in e and not re.search(e["whole"], reasons[0] if reasons else ""):
        complain("reason does not match %s: %s", e["whole"], reasons)
    if re.search(BOILERPLATE, shown):
        complain("it tells nothing: %s", shown)
    if any(len(r) > 2000 for r in reasons):
        complain("a reason of %d characters", len(reasons[0]))
    if "Traceback" in result.err + result.log + result.out:
        complain("a traceback")
    if any(ord(c) < 32 and c not in "\n\t" for c in result.err):
        complain("control characters on stderr")
    if state.world.exists("/tmp/pwned"):
        complain("a value was executed")
    if e.get("xml"):
        try:
            ET.fromstring(result.out)
        except ET.ParseError as error:
            complain("stdout is no XML: %s", error)
    elif name not in ("meta-data",) and result.out.strip() and name != "validate-all":
        complain("something on stdout: %r", result.out[:200])
    return bad


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_case(case):
    name, params, how = parse(case.action)
    state = State(case.state)
    try:
        mark = len(state.world.commands())
        result = state.world.agent(name, params, **how)
        commands = [
            (t, re.sub(r"^vzctl ", "", c))
            for t, c in state.world.commands()[mark:]
            if re.search(r" = -?\d+ \(", c)
            or not any(d.startswith(c + " = ") for _, d in state.world.commands()[mark:])
        ]
        commands = [(t, re.sub(r" \([\d.]+ s\)$", "", c)) for t, c in commands]
        bad = check(case, state, result, commands, name, how)
        if bad:
            pytest.fail(
                "\n".join(
                    [repr(case)]
                    + ["  ! " + b for b in bad]
                    + [
                        "-- %s after %.2f s; stdout: %s" % (result.code, result.seconds, result.out[:500]),
                        "-- stderr:",
                        result.err[:3000],
                        "-- log:",
                        result.log[:3000],
                        "-- commands:",
                    ]
                    + ["%.3f %s" % c for c in state.world.commands()[mark:]]
                ),
                pytrace=False,
            )
    finally:
        state.close()

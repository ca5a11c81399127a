#!/usr/bin/env python3
# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one `monitor` costs: this agent against the distribution's ocf:heartbeat:ManageVE on the same simulated vzctl.

usage: bench_monitor.py [RUNS]          `make bench-agent`; needs root and the package resource-agents

The VE runs; the commands take turns in every round, so that what else the machine does hits all of them. CPU is
user + system time of the command and all its children, as wait4 gives it. Medians, and the ratio to the old agent. Warm is
what role agent installs; cold a copy whose library is not compiled: what an upgrade of Python, or a restored backup, costs
until the role runs again.
"""

import json
import os
import shutil
import subprocess
import sys

os.environ["AGENT_PYTHON"] = "/usr/bin/python3"  # the first line of the agent says so
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from states import State  # noqa: E402

OLD = "/usr/lib/ocf/resource.d/heartbeat/ManageVE"
ROUNDS = 2  # two medians, to see how far one can be trusted

# runs in the world: {name: argv}, a count and an environment; prints {name: [[cpu, wall], ...]}
RUNNER = """
import json, os, sys, time
commands, runs, env = json.loads(sys.argv[1])
out = {name: [] for name in commands}
for n in range(runs + 1):
    for name, argv in commands.items():
        begun = time.monotonic()
        pid = os.fork()
        if not pid:
            null = os.open("/dev/null", os.O_RDWR)
            for fd in 0, 1, 2:
                os.dup2(null, fd)
            os.execve(argv[0], argv, env)
        _, status, usage = os.wait4(pid, 0)
        if status:
            sys.exit("%s: wait status %d" % (name, status))
        if n:       # not the first: nothing is in the page cache yet
            out[name].append([usage.ru_utime + usage.ru_stime, time.monotonic() - begun])
print(json.dumps(out))
"""


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    if not os.path.exists(OLD):
        sys.exit("no %s here: install Debian's package resource-agents" % OLD)
    state = State("legacy: running")
    try:
        python = harness.shared()["python"]
        cold = "/opt/cold/resource.d/openve/ManageVE"
        for path in (state.world.at("/opt/cold/lib/openve"), os.path.dirname(state.world.at(cold))):
            os.makedirs(path)
        shutil.copy(state.world.at(harness.AGENT_IN_WORLD), state.world.at(cold))
        build = "manageve-" + harness.build_of(harness.AGENT)
        harness.copy_library(harness.agent_library(harness.AGENT), state.world.at("/opt/cold/lib/openve/" + build))
        env = state.world.agent_env({"veid": "101"}, 30, 10, None, {"OCF_ROOT": "/usr/lib/ocf"})
        commands = {
            "empty Python script": [python, "-IS", "-c", ""],
            "vzctl status": ["/usr/sbin/vzctl", "status", "101"],
            "ocf:heartbeat:ManageVE monitor": [OLD, "monitor"],
            "ocf:openve:ManageVE monitor": [harness.AGENT_IN_WORLD, "monitor"],
            "the same, cold": [cold, "monitor"],
        }
        version = subprocess.check_output([python, "--version"], universal_newlines=True).strip()
        print("%d runs each, in turns, %s; milliseconds (medians)" % (runs, version))
        print("%-34s %8s %8s   %s" % ("", "CPU", "wall", "CPU against the old agent"))
        for n in range(ROUNDS):
            result = state.world.call("/usr/bin/python3", "-IS", "-c", RUNNER, json.dumps([commands, runs, env]))
            if result.code:
                sys.exit("round %d: %s" % (n + 1, result.err))
            times = json.loads(result.out)
            old = median(cpu for cpu, _ in times["ocf:heartbeat:ManageVE monitor"])
            for name in commands:
                cpu, wall = (median(column) for column in zip(*times[name]))
                print("%-34s %8.1f %8.1f   %.2f" % (name, 1000 * cpu, 1000 * wall, cpu / old))
            print()
    finally:
        state.close()
        harness.clean_up()


if __name__ == "__main__":
    main()

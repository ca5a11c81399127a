#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what a run of the demo measured beside what was predicted, and fails if it broke its promise.

usage: timeline.py LAB_STATE [--json | --page FILE.html | --boots]

--boots only says how long each VE has booted by now, as durations for ve_rehearsal.

The page also has the last run of the other kind (the old behaviour beside the gentle start) where it had as many VEs; what was
measured is kept for that, beside FILE.html.

Reads, below LAB_STATE:
  trace/NODE/log   written by the guests themselves as they boot: "SECONDS VE begin|ready"
  demo.json        what was asked for, and when the node was killed
  cluster.xml      crm_mon's output at the end: fencing history, and where the VEs run
  rehearsal.json   what ve_rehearsal said before the node was killed
Seconds are the uptime of the kernel that all nodes share, so they can be compared.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ET
from datetime import datetime, timezone

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / ".cache/collections"))
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page as rehearsal_page
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import text as rehearsal_text
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import view as rehearsal_view

OLD = "the old behaviour (start does not wait, no limit)"


def boots(log, until):
    """[ve, begin, end, ready] of every boot in a node's log; one cut short ends when the VE boots again, or at `until`."""
    found, booting = [], {}
    for line in log.splitlines():
        at, ve, what = line.split()
        if what == "begin":
            if ve in booting:  # booted again before it was ready: the first boot was cut short by then
                booting[ve][2] = float(at)
            booting[ve] = boot = [ve, float(at), until, False]
            found.append(boot)
        elif ve in booting:
            booting.pop(ve)[2:] = [float(at), True]
    return found


def peak(intervals):
    """The most that overlap. One that ends when another begins does not overlap it."""
    edges = sorted(
        [(begin, 1) for _ve, begin, _end, _ready in intervals] + [(end, -1) for _ve, _begin, end, _ready in intervals]
    )
    most = now = 0
    for _at, step in edges:
        now += step
        most = max(most, now)
    return most


def fenced_at(cluster, node, now_wall, now_uptime):
    """When Pacemaker says that the fencing of a node was complete; None if it was not."""
    for event in cluster.iter("fence_event"):
        if event.get("target") == node and event.get("status") == "success":
            wall = datetime.fromisoformat(event.get("completed").replace("Z", "+00:00"))
            wall = wall if wall.tzinfo else wall.replace(tzinfo=timezone.utc)
            return now_uptime - (now_wall - wall.timestamp())
    return None


def measured(scenario, by_node, zero, demo, killed=None, fenced=None):
    """What was measured, in the shape of a rehearsal, in seconds after `zero`."""
    return {
        "scenario": scenario,
        "title": "Measured, " + ("at most %d starts on a node" % demo["limit"] if demo["limit"] else "old behaviour"),
        "note": "written by the VEs themselves as they boot",
        "nodes": sorted(set(by_node) | {killed} - {None}),
        "limits": {node: demo["limit"] or None for node in by_node},
        "lost": [killed] if killed else [],
        "fenced": {killed: fenced - zero} if killed and fenced is not None else {},
        "downtime": {
            "ve-" + ve: end - zero for intervals in by_node.values() for ve, _begin, end, ready in intervals if ready
        },
        "actions": [
            {
                "resource": "ve-" + ve,
                "operation": "start",
                "node": node,
                "begin": begin - zero,
                "end": end - zero,
                "rc": None if ready else 1,
            }
            for node, intervals in by_node.items()
            for ve, begin, end, ready in intervals
        ],
    }


def put_page(file, demo, rehearsal, panels):
    """The page of this run, with the last run of the other kind."""
    kinds = ["gentle", "old"] if demo["limit"] else ["old", "gentle"]
    records = {kind: file.with_name("%s-%s.json" % (file.stem, kind)) for kind in kinds}
    mine = {"ves": demo["ves"], "rehearsal": rehearsal, "measured": panels}
    records[kinds[0]].write_text(json.dumps(mine))
    runs = {kinds[0]: mine}
    if records[kinds[1]].exists():
        other = json.loads(records[kinds[1]].read_text())
        if other["ves"] == demo["ves"]:
            runs[kinds[1]] = other
    shown = [panel for kind in ("gentle", "old") if kind in runs for panel in runs[kind]["measured"]]
    file.write_text(rehearsal_page.page(rehearsal, shown, "make demo"))


def say_boots(state):
    """How long the last boot of each VE took."""
    found = {}
    for path in sorted((state / "trace").glob("*/log")):
        for ve, begin, end, ready in boots(path.read_text(), 0):
            if ready:
                found["ve-" + ve] = {"boot": "%dms" % round(1000 * (end - begin))}
    print(json.dumps(found))


def main():
    state = pathlib.Path(sys.argv[1])
    if "--boots" in sys.argv:
        return say_boots(state)
    demo = json.loads((state / "demo.json").read_text())
    cluster = ET.parse(state / "cluster.xml").getroot()
    kill, killed, end = demo["killed_at"], demo["killed"], demo["ended_at"]
    nodes = sorted(path.name for path in (state / "trace").iterdir())

    logs = {node: state / "trace" / node / "log" for node in nodes}
    everything = {
        node: boots(log.read_text() if log.exists() else "", kill if node == killed else end)
        for node, log in logs.items()
    }
    before = {node: [boot for boot in everything[node] if boot[1] < kill] for node in nodes}
    after = {node: [boot for boot in everything[node] if boot[1] >= kill] for node in nodes if node != killed}
    ready = {boot[0] for node in nodes if node != killed for boot in everything[node] if boot[3]}
    running = {
        resource.get("id")
        for resource in cluster.iter("resource")
        if resource.get("role") == "Started" and resource.get("resource_agent") == "ocf:openve:ManageVE"
    }
    first = min((boot[1] for node in nodes for boot in before[node]), default=kill)
    up = max((boot[2] for node in nodes for boot in before[node]), default=kill)
    back = max((boot[2] for node in after for boot in after[node]), default=kill)
    fenced = fenced_at(cluster, killed, demo["ended_wall"], end)
    peaks = {
        "start": {node: peak(before[node]) for node in nodes},
        "failover": {node: peak(after[node]) for node in after},
    }
    moved = sum(len(after[node]) for node in after)

    rehearsal = state / "rehearsal.json"
    rehearsal = json.loads(rehearsal.read_text()) if rehearsal.exists() else None
    panels = [
        measured("Cold start", before, first, demo),
        measured("lose " + killed, after, kill, demo, killed, fenced),
    ]

    problems = []
    if len(running) != demo["ves"] or len(ready) != demo["ves"]:
        problems.append(
            "%d of %d VEs are up at the end (%d have booted to the end)" % (len(running), demo["ves"], len(ready))
        )
    if fenced is None:
        problems.append("%s was never fenced" % killed)
    if demo["limit"]:
        for phase, by_node in peaks.items():
            problems += [
                "%s booted %d VEs at once (%s), and the limit is %d" % (node, most, phase, demo["limit"])
                for node, most in by_node.items()
                if most > demo["limit"]
            ]

    if "--json" in sys.argv:
        print(
            json.dumps(
                {
                    "peaks": peaks,
                    "start": up - first,
                    "fenced": fenced and fenced - kill,
                    "back": back - kill,
                    "moved": moved,
                    "running": len(running),
                    "problems": problems,
                },
                indent=1,
            )
        )
        return bool(problems)

    print(
        "\nWhat was measured: %d VEs on %d nodes, %s"
        % (demo["ves"], len(nodes), "at most %d starts on a node at once" % demo["limit"] if demo["limit"] else OLD)
    )
    print("(written by the VEs themselves as they boot)\n")
    for scenario in rehearsal_view.view(rehearsal, panels).scenarios:
        print("\n".join(rehearsal_text.scenario(scenario)) + "\n")
    row = "  %-42s" + " %5s" * len(nodes)
    print(row % (("most VEs booting at once on",) + tuple(nodes)))
    print(row % (("  in the cold start",) + tuple(peaks["start"][node] for node in nodes)))
    print(row % (("  after the death of %s" % killed,) + tuple(peaks["failover"].get(node, "-") for node in nodes)))
    print()
    print("  %-42s %5.1f s" % ("cold start, first VE booting to last VE up", up - first))
    if fenced is not None:
        print("  %-42s %5.1f s" % ("%s killed, to fenced" % killed, fenced - kill))
    print("  %-42s %5.1f s" % ("%s killed, to its %d VEs up again" % (killed, moved), back - kill))
    print("  %-42s %d of %d" % ("VEs up at the end", len(running), demo["ves"]))
    print()
    if "--page" in sys.argv:
        page = pathlib.Path(sys.argv[sys.argv.index("--page") + 1])
        put_page(page, demo, rehearsal, panels)
        print("As a page: %s" % page)
    for problem in problems:
        print("FAILED: %s." % problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

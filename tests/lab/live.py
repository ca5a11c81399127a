# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab while it runs, by default that of bench.yml; for what is measured and broken on it."""

import json
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import timeline

HERE = pathlib.Path(__file__).resolve().parent
NAME, NODES = os.environ["OPENVE_LAB"] + "-demo", ("n1", "n2", "n3")
LABS = pathlib.Path(os.environ["OPENVE_LAB_STATE"])


def uptime():
    return float(pathlib.Path("/proc/uptime").read_text().split()[0])


def podman(*argv, **how):
    return subprocess.run(["podman", *argv], check=True, capture_output=True, text=True, **how).stdout


def on(node, *argv):
    return podman("exec", "%s-%s" % (NAME, node), *argv)


def power(node, lab=NAME):
    """A node that is off is switched on."""
    name = "%s-%s" % (lab, node)
    podman("start", name)
    (LABS / lab / "pid" / node).write_text(podman("inspect", "--format", "{{.State.Pid}}", name).strip())


def create(ves):
    """Bring it up with so many VEs, all stopped."""
    subprocess.run(
        ["ansible-playbook", "-i", str(HERE / "inventory"), str(HERE / "bench.yml"), "-e", "bench_ves=%d" % ves],
        check=True,
        env=dict(os.environ, ANSIBLE_PIPELINING="true"),
    )


def play(folder, hosts, what, *options):
    """Run a play; what: its tasks, roles and the like."""
    book = pathlib.Path(folder) / "play.yml"
    book.write_text(json.dumps([dict(what, hosts=hosts, gather_facts=False)]))
    done = subprocess.run(
        ["ansible-playbook", "-i", str(HERE / "inventory"), str(book), *options],
        env=dict(os.environ, ANSIBLE_PIPELINING="true"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def settled(nodes=NODES):
    """In the first half minute of its controllers Pacemaker uses half the limit until the nodes have told theirs."""
    while any(int(on(node, "ps", "-o", "etimes=", "-C", "pacemaker-controld").split()[0]) < 40 for node in nodes):
        time.sleep(1)


def boots(since):
    """{node: its boots that began after that}"""
    return {
        log.parent.name: [boot for boot in timeline.boots(log.read_text(), uptime()) if boot[1] >= since]
        for log in (LABS / NAME).glob("trace/*/log")
    }


def lasted(operation):
    """{VE: how many seconds its last start, stop or first run of a monitor lasted, by Pacemaker's history}"""
    return {
        row.get("operation_key").split("_")[0]: int(row.get("exec-time")) / 1000
        for row in ET.fromstring(on("n1", "cibadmin", "--query", "--scope", "status")).iter("lrm_rsc_op")
        if row.get("operation") == operation
        and row.get("rc-code") == "0"
        and row.get("operation_key").startswith("ve-")
    }

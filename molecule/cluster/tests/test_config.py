# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that configure, on the running cluster: what a CIB file cannot show. Each test leaves it as it found it."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

import pytest
import testinfra

CHECKOUT = pathlib.Path(__file__).parents[3]
sys.path[:0] = [str(CHECKOUT / "tests/lab"), str(CHECKOUT / "tests/unit")]
import live  # noqa: E402
import timeline  # noqa: E402

import hostile  # noqa: E402

INVENTORY = CHECKOUT / "molecule/cluster/inventory"
LAB = os.environ["OPENVE_LAB"] + "-test"
ENVIRONMENT = dict(os.environ, ANSIBLE_PIPELINING="true")
NODES = ["n1", "n2", "n3"]
PARAMS = {"ready_command": "test -e /run/booted"}
DC = testinfra.get_host("podman://%s-n1" % LAB)  # any node will do


def declared(**change):
    """The VEs of group_vars; ``change``: fields of ve-101."""
    ves = [{"id": str(number), "engine": "lxc", "params": PARAMS} for number in range(101, 110)]
    for ve in ves[:3]:
        ve["start_order"] = 10
    ves[2]["stop_grace"] = "5min"
    ves[3]["monitor"] = {"command": "test -e /run/booted"}
    ves[4]["boot_time"] = "100s"
    ves[0].update(change)
    return ves


def module(name, nodes="n1", good=True, **arguments):
    """{node: what the module returned}, for one node only that"""
    done = subprocess.run(
        [
            "ansible",
            "--inventory",
            str(INVENTORY),
            nodes,
            "--one-line",
            "--module-name",
            "openve.pacemaker." + name,
            "--args",
            json.dumps(arguments) if arguments else "",
        ],
        capture_output=True,
        text=True,
        check=False,
        env=dict(ENVIRONMENT, ANSIBLE_NOCOLOR="1", ANSIBLE_FORCE_COLOR="0", ANSIBLE_STDOUT_CALLBACK="oneline"),
    )
    results = {}
    for node, how, result in re.findall(r"^(\w+) \| (SUCCESS|CHANGED|FAILED).*? => (\{.*\})$", done.stdout, re.M):
        assert (how != "FAILED") == good, result
        results[node] = json.loads(result)
    assert results, done.stdout + done.stderr
    return results if nodes != "n1" else results["n1"]


def ve_resources(ves, good=True, **arguments):
    """What it returned, after check mode has foretold it; and a second run finds nothing to change."""
    task = {
        "openve.pacemaker.ve_resources": dict(
            arguments, ves=ves, policy={"starts_per_node": 2, "load_threshold": "0%"}
        ),
        "ignore_errors": True,
    }
    again = {"openve.pacemaker.ve_resources": dict(task["openve.pacemaker.ve_resources"], wait=False)}
    with tempfile.TemporaryDirectory() as folder:
        book, results = pathlib.Path(folder, "play.yml"), pathlib.Path(folder, "results.json")
        book.write_text(
            json.dumps(
                [
                    {
                        "hosts": "n1",
                        "gather_facts": False,
                        "tasks": [
                            dict(task, check_mode=True, register="planned"),
                            dict(task, register="done"),
                            dict(again, ignore_errors=True, register="again"),
                            {
                                "ansible.builtin.copy": {
                                    "content": "{{ [planned, done, again] | to_json }}",
                                    "dest": str(results),
                                },
                                "delegate_to": "localhost",
                                "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
                            },
                        ],
                    }
                ]
            )
        )
        play = subprocess.run(
            ["ansible-playbook", "--inventory", str(INVENTORY), str(book)],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
        assert play.returncode == 0, play.stdout + play.stderr
        planned, done, again = json.loads(results.read_text())
    assert not planned["failed"] and done["failed"] != good and not again["failed"], (planned, done, again)
    for key in ("changed", "created", "updated", "removed", "predicted", "properties", "explain"):
        assert planned[key] == done[key], key
    assert not again["changed"], again["patch"]
    return done


def settle():
    """Also what is under way: crm_resource --wait sees a start only by the monitor that is to follow, and not each has one."""
    end = time.monotonic() + 300
    while True:
        DC.check_output("crm_resource --wait --timeout=300")
        if 'op-status="-1"' not in DC.check_output("cibadmin --query"):
            return
        assert time.monotonic() < end
        time.sleep(0.5)


def inits():
    """{VE: the pid of its init}, which is another one after every restart"""
    found = {}
    for node in NODES:
        host = testinfra.get_host("podman://%s-%s" % (LAB, node))
        for ve in host.check_output("lxc-ls --running -1").split():
            found[ve] = (node, host.check_output("lxc-info --name %s --pid --no-humanize" % ve))
    assert len(found) == 9, found
    return found


def history(resource):
    """{id of the entry: its attributes}, where it runs"""
    root = ET.fromstring(DC.check_output("cibadmin --query"))
    return {
        entry.get("id"): entry.attrib
        for entry in root.iter("lrm_rsc_op")
        if entry.get("id").startswith(resource + "_") and entry.get("rc-code") != "7"
    }


def verdicts():
    """{node: whether its limit is in force}, each by itself"""
    found = {}
    for node, result in module("ve_info", "nodes", names=[]).items():
        assert result["node"] == node
        found[node] = next(row["in_force"] for row in result["limits"] if row["node"] == node)
    return found


def restart_pacemaker():
    """as an upgrade does it, with the VEs running on"""
    DC.check_output("crm_attribute --name maintenance-mode --update true")
    for node in NODES:
        testinfra.get_host("podman://%s-%s" % (LAB, node)).check_output("systemctl restart pacemaker")
    end = time.monotonic() + 90
    while DC.run("crm_mon -1 | grep -c 'Online: \\[ n1 n2 n3 \\]'").rc != 0:
        assert time.monotonic() < end
        time.sleep(1)
    settle()
    DC.check_output("crm_attribute --name maintenance-mode --delete")
    settle()


def set_roles(role, numbers=range(101, 110)):
    """One edit, and nothing but that."""
    DC.check_output(
        "cibadmin --modify --scope resources --xml-text '<resources>%s</resources>'"
        % "".join(
            '<primitive id="ve-%d"><meta_attributes id="ve-%d-meta_attributes"><nvpair id="ve-%d-meta_attributes-target-role" '
            'name="target-role" value="%s"/></meta_attributes></primitive>' % (number, number, number, role)
            for number in numbers
        )
    )
    settle()


def cold_start():
    """Two VEs of each node down and up again, enough to tell a limit of 1; the most that booted at once on a node, as they wrote it
    themselves."""
    running = inits()
    numbers = [int(ve) for node in NODES for ve in sorted(ve for ve in running if running[ve][0] == node)[:2]]
    assert len(numbers) == 6
    set_roles("Stopped", numbers)
    logs = [pathlib.Path(os.environ["OPENVE_LAB_STATE"], LAB, "trace", node, "log") for node in NODES]
    before = [log.read_text() for log in logs]
    set_roles("Started", numbers)
    boots = [timeline.boots(log.read_text()[len(old) :], float("inf")) for log, old in zip(logs, before)]
    assert sum(map(len, boots)) == 6
    return max(timeline.peak(rows) for rows in boots)


def test_what_the_role_configured_is_what_is_declared_here():
    assert not ve_resources(declared())["changed"]


def test_the_limit_is_in_force_where_the_cluster_was_formed_with_it():
    """Early: a node tells by the old versions of the CIB on its disk, and keeps the last hundred."""
    assert verdicts() == dict.fromkeys(NODES, "true")


def maintenance():
    return DC.check_output("crm_attribute --name maintenance-mode --query --quiet --default absent").strip()


def test_a_changed_limit_is_not_in_force_and_then_is(tmp_path):
    """Lowered by hand, so that the agent's own limit stays at 2 and does not hide it."""
    assert verdicts() == dict.fromkeys(NODES, "true")
    DC.check_output("crm_attribute --name node-action-limit --update 1")
    try:
        assert verdicts() == dict.fromkeys(NODES, "false")
        assert cold_start() == 2, "one too many"
        module("cluster_nudge")
        assert verdicts() == dict.fromkeys(NODES, "true")
        assert cold_start() == 1
    finally:
        DC.check_output("crm_attribute --name node-action-limit --update 2")
    assert verdicts() == dict.fromkeys(NODES, "false")

    running = inits()
    book = tmp_path / "play.yml"
    book.write_text(
        json.dumps(
            [
                {
                    "hosts": "nodes",
                    "gather_facts": False,
                    "roles": [{"role": "openve.pacemaker.resources", "resources_apply_limits": "restart"}],
                }
            ]
        )
    )
    command = ["ansible-playbook", "--inventory", str(INVENTORY), str(book)]
    # cut in the middle: maintenance-mode is on, and its process is gone
    cut = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True, env=ENVIRONMENT)
    end = time.monotonic() + 60
    while maintenance() != "true":
        assert time.monotonic() < end and cut.poll() is None
        time.sleep(0.2)
    os.killpg(cut.pid, signal.SIGINT)
    cut.wait(timeout=60)
    assert maintenance() == "true", "nobody is there any more to end it"

    play = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert play.returncode == 0, play.stdout + play.stderr
    assert "Found a run that was cut: " in play.stdout + play.stderr
    assert "maintenance-mode, which it had set to true, is not set again" in " ".join(
        (play.stdout + play.stderr).split()
    )
    assert verdicts() == dict.fromkeys(NODES, "true") and inits() == running
    assert maintenance() == "absent" and "openve-run" not in DC.check_output("cibadmin --query --scope crm_config")


def test_a_reloadable_change_restarts_nothing_after_pacemaker_was_restarted():
    running = inits()
    if (
        history("ve-101").get("ve-101_last_failure_0", {}).get("rc-code") != "0"
    ):  # or the rolling restart before has done it
        restart_pacemaker()
    assert inits() == running
    assert history("ve-101")["ve-101_last_failure_0"]["rc-code"] == "0", "the premise: a probe found it running"

    old = history("ve-101")["ve-101_last_failure_0"]
    result = ve_resources(declared(stop_grace="100s"))
    settle()
    assert result["changed"] and inits() == running
    predicted = [(row["resource"], row["action"]) for row in result["predicted"]]
    if DC.check_output("crm_resource --version").startswith("Pacemaker 2."):
        assert predicted == [("ve-101", "reload")] and result["reprobed"] == []
        assert "ve-101_last_failure_0" not in history("ve-101")
        log = testinfra.get_host("podman://%s-%s" % (LAB, running["101"][0])).check_output(
            "cat /var/log/pacemaker/pacemaker.log"
        )
        assert "Result of reload-agent operation for ve-101 on %s: ok" % running["101"][0] in log
    else:
        assert predicted == [] and result["reprobed"] == ["ve-101"]
        assert history("ve-101")["ve-101_last_failure_0"]["op-digest"] != old["op-digest"]
        assert "openve-hold" not in DC.check_output("cibadmin --query --scope resources")
        assert "unmanaged" not in DC.check_output("crm_mon --one-shot")
        # an edit of the status has the nodes write down anew what they have: nobody's restart comes back with that
        DC.check_output("cibadmin --delete --scope status --xml-text '<lrm_rsc_op id=\"ve-102_last_failure_0\"/>'")
        settle()
        assert inits() == running
    # and back, and no further
    assert ve_resources(declared())["changed"]
    settle()
    assert inits() == running and not ve_resources(declared())["changed"]


def test_waiting_ends_with_the_agents_reason():
    lost = {"id": "199", "engine": "lxc", "params": PARAMS}
    result = ve_resources([*declared(), lost], good=False, wait=True, wait_timeout="120s")
    assert result["changed"] and result["created"] == ["ve-199"]
    assert "has settled, but 1 VE that is to run is not up" in result["msg"]
    assert re.search(r"ve-199 \(\w+\): start on n\d: .*\(.*199.*\)", result["msg"]), result["msg"]
    assert ve_resources(declared(), purge=True, wait=True, wait_timeout="120s")["removed"] == ["ve-199"]


def test_waiting_ends_at_its_timeout_and_says_what_is_under_way():
    ve_resources([dict(ve, state="stopped") for ve in declared()], wait=True, wait_timeout="120s")
    result = ve_resources([dict(ve, state="started") for ve in declared()], good=False, wait=True, wait_timeout="3s")
    assert re.search(
        r"had not settled after 3s. Still to be done: .*Under way: start of ve-\d+ on n\d", result["msg"]
    ), result["msg"]
    settle()
    inits()


POLICY = {"starts_per_node": 2, "load_threshold": "0%"}


def test_what_strikes_when_maintenance_ends_is_refused():
    running = inits()
    moved = declared(params=dict(PARAMS, lxc_path="/srv/lxc"))
    DC.check_output("crm_attribute --name maintenance-mode --update true")
    try:
        settle()
        refused = module("ve_resources", good=False, ves=moved, policy=POLICY)
        assert "restart ve-101" in refused["msg"] and "once this has ended: maintenance-mode" in refused["msg"]
        refused = module("ve_resources", good=False, ves=declared()[1:], policy=POLICY, purge=True)
        assert "stop ve-101" in refused["msg"]
    finally:
        DC.check_output("crm_attribute --name maintenance-mode --delete")
    settle()
    assert inits() == running and not ve_resources(declared())["changed"]


def test_one_that_is_declared_absent_is_stopped_and_removed():
    result = ve_resources([*declared()[:-1], {"id": "109", "engine": "lxc", "state": "absent"}])
    assert result["removed"] == ["ve-109"]
    assert [(row["resource"], row["action"]) for row in result["predicted"]] == [("ve-109", "stop")]
    for node in NODES:
        host = testinfra.get_host("podman://%s-%s" % (LAB, node))
        assert "109" not in host.check_output("lxc-ls --running -1").split()
    assert module("ve_info")["lost"] == []
    assert ve_resources(declared())["created"] == ["ve-109"]
    settle()
    inits()


def test_a_backup_restores_the_running_cluster():
    saved = DC.check_output("cibadmin --query --scope resources")
    result = ve_resources(declared(stop_grace="90s"))
    assert DC.check_output("cibadmin --query --scope resources") != saved
    DC.check_output(result["restore"])
    assert DC.check_output("cibadmin --query --scope resources") == saved
    settle()


def playbook(name, *options):
    done = subprocess.run(
        ["ansible-playbook", "--inventory", str(INVENTORY), name, *options],
        capture_output=True,
        text=True,
        check=False,
        env=dict(ENVIRONMENT, ANSIBLE_NOCOLOR="1", ANSIBLE_FORCE_COLOR="0"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_restore_yml_says_what_it_does_and_does_it():
    saved = DC.check_output("cibadmin --query --scope resources")
    running = DC.check_output("crm_mon --one-shot --output-as=xml | grep -c 'role=.Started'")
    module("ve_resources", ves=declared(boot_time="77s"), policy={"starts_per_node": 2, "load_threshold": "0%"})
    changed = DC.check_output("cibadmin --query --scope resources")
    assert changed != saved
    assert "stop, start and move nothing" in playbook("openve.pacemaker.restore", "--check")
    assert DC.check_output("cibadmin --query --scope resources") == changed
    assert "stop, start and move nothing" in playbook("openve.pacemaker.restore")
    assert DC.check_output("cibadmin --query --scope resources") == saved
    assert DC.check_output("crm_mon --one-shot --output-as=xml | grep -c 'role=.Started'") == running


# Whatever a process is called with, all files that logs go to, and what may be left in a temporary directory. Not what Pacemaker itself keeps: its
# CIB, the inputs of its scheduler, and its own log, which role cluster's page names.
WATCH = (
    "while [ ! -e /run/watched ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>/run/watch; sleep 0.1; done"
)
LOOK = (
    "touch /run/watched; cat /run/watch; journalctl --no-pager --all --output verbose;"
    " find /var/log /tmp /var/tmp /root/.ansible /run -xdev -type f ! -path '/var/log/pacemaker/*' ! -path '/var/log/journal/*'"
    " -size -20M -exec cat {} + 2>/dev/null; rm -f /run/watch /run/watched"
)


def everything(node, command):
    done = subprocess.run(
        ["podman", "exec", "%s-%s" % (LAB, node), "sh", "-c", command], capture_output=True, check=False
    )
    return done.stdout.decode(errors="replace")


def test_no_secret_leaves_a_node():
    """Twenty passwords, in check mode, as they are set and as they are changed, with all that Ansible can say."""
    device = {
        "id": "f-secret",
        "agent": "fence_podman",
        "hosts": ["n9"],
        "options": {"socket": "/srv/podman/podman.sock"},
    }
    for node in NODES:
        subprocess.run(["podman", "exec", "-d", "%s-%s" % (LAB, node), "sh", "-c", WATCH], check=True)
    fencing = [
        dict(device, secrets={"p%d_password" % number: {"__ansible_unsafe": text} for number, text in enumerate(texts)})
        for texts in (hostile.PASSWORDS, hostile.PASSWORDS[::-1])
    ]
    tasks = [
        {"openve.pacemaker.cluster_settings": {"fencing": [wanted]}, "check_mode": check}
        for wanted in fencing
        for check in (True, False)
    ]
    try:
        with tempfile.TemporaryDirectory() as folder:
            book = pathlib.Path(folder, "play.yml")
            book.write_text(json.dumps([{"hosts": "n1", "gather_facts": False, "tasks": tasks}]))
            said = playbook(str(book), "--diff", "-vvvv")
        assert said.count("hidden, new") > 20 and not hostile.leaks(said), hostile.leaks(said)[:3]
        kept = DC.check_output("cibadmin --query --xpath \"//primitive[@id='f-secret']\"")
        assert len(set(re.findall("S3cr3t-(\\d+)", kept))) == len(hostile.PASSWORDS), "they are where they have to be"
        settle()
        for node in NODES:
            logged = everything(node, LOOK)
            assert not hostile.leaks(logged), (node, hostile.leaks(logged)[:3])
            if node == "n1":
                assert "ansible-openve.pacemaker.cluster_settings" in logged and "Invoked with" in logged
            own = everything(
                node, "stat -c '%a %U %G' /var/log/pacemaker/pacemaker.log; cat /var/log/pacemaker/pacemaker.log"
            )
            # what role cluster's page says of it: nobody else can read it
            assert own.splitlines()[0] in ("660 hacluster haclient", "660 root haclient"), own.splitlines()[0]
            print(node, "pacemaker.log:", own.splitlines()[0], len(hostile.leaks(own)), hostile.leaks(own)[:2])
    finally:
        DC.run("cibadmin --delete --xpath \"//primitive[@id='f-secret']\"")
        DC.run("crm_resource --cleanup --resource f-secret")
        settle()


def faults(*arguments, node="n1"):
    return subprocess.Popen(
        [str(CHECKOUT / "tests/lab/onnode"), "%s-%s" % (LAB, node), "config_faults.py", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    out = process.communicate(timeout=400)[0]
    print(out)
    return process.returncode, out


def test_others_edit_the_same_cib_and_it_is_killed():
    rc, out = ended(faults("rounds", "10", "storm", "100", "kills", "5"))
    assert rc == 0, out


@pytest.mark.long
def test_the_dc_dies_in_the_middle_of_a_patch():
    dead = DC.check_output("crmadmin --dc_lookup --quiet").split()[-1]
    alive = [node for node in NODES if node != dead]
    first = faults("push", "200", node=alive[0])
    assert first.stdout.readline() == "push\n"
    time.sleep(random.uniform(0, 1.5))
    subprocess.run(["podman", "kill", "--signal", "KILL", "%s-%s" % (LAB, dead)], check=True, capture_output=True)
    try:
        rc, out = ended(first)
        have = [count("podman://%s-%s" % (LAB, node)) for node in alive]
        assert have in ([0, 0], [200, 200]), out
        assert rc != 0 or have == [200, 200], "it said that it had done it"
        rc, out = ended(faults("gone", "0", "push", "200", node=alive[0]))
        assert (
            rc == 0 and "200 created" in out and [count("podman://%s-%s" % (LAB, node)) for node in alive] == [200, 200]
        ), out
    finally:
        restart(dead)
        assert ended(faults("gone", "0", node=alive[0]))[0] == 0
        settle()


def count(url):
    return int(testinfra.get_host(url).check_output("cibadmin --query --local | grep -c 'primitive id=.fault-' || :"))


def restart(node):
    """A node that was fenced comes back."""
    end = time.monotonic() + 120
    while True:
        try:
            live.power(node, LAB)
            break
        except subprocess.CalledProcessError:  # it is being fenced
            assert time.monotonic() < end
            time.sleep(1)
    while testinfra.get_host("podman://%s-%s" % (LAB, node)).run("crm_mon -1 | grep -c 'Online: \\[ n1 n2 n3 \\]'").rc:
        assert time.monotonic() < end
        time.sleep(1)

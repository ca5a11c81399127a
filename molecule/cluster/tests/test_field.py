# SPDX-License-Identifier: GPL-3.0-or-later
"""What the field's clusters have beside our VEs: templates, promotable storage, second managers, several lists. Each test with VEs of its own,
and all else runs on meanwhile."""

import pathlib
import subprocess
import xml.etree.ElementTree as ET

import pytest
from test_config import DC, LAB, NODES, PARAMS, inits, module, settle, testinfra

CHECKOUT = pathlib.Path(__file__).parents[3]
POLICY = {"starts_per_node": 2, "load_threshold": "0%"}


def ve(number, **more):
    return dict({"id": str(number), "engine": "lxc", "params": PARAMS}, **more)


def declare(*ves, good=True, policy=None, **more):
    """One list of these VEs, as a team of its own has it."""
    return module("ve_resources", good=good, ves=list(ves), policy=POLICY if policy is None else policy, **more)


def cib():
    return DC.check_output("cibadmin --query --scope configuration")


def create(scope, text):
    DC.check_output("cibadmin --create --scope %s --xml-text %s", scope, text)


def running(*numbers):
    """{VE: (its node, the pid of its init)} of those that run"""
    found = {}
    for node in NODES:
        host = testinfra.get_host("podman://%s-%s" % (LAB, node))
        for name in host.check_output("lxc-ls --running -1").split():
            if name in map(str, numbers):
                assert name not in found, "it runs twice"
                found[name] = (node, host.check_output("lxc-info --name %s --pid --no-humanize" % name))
    return found


def resource(name):
    root = ET.fromstring(DC.check_output("crm_mon --one-shot --inactive --output-as=xml"))
    return [
        (each.get("role"), [node.get("name") for node in each.findall("node")])
        for each in root.iter("resource")
        if each.get("id").split(":")[0] == name
    ]


@pytest.fixture(scope="module", autouse=True)
def guests():
    """VEs 110 to 114, which nobody has declared"""
    made = subprocess.run(
        ["podman", "exec", "-i", LAB + "-n1", "sh", "-s", "110", "5", "2"],
        input=(CHECKOUT / "tests/lab/make_ves").read_text(),
        check=True,
        capture_output=True,
        text=True,
    )
    assert made.stdout.count("made") in (0, 5)
    # nobody declared them, so the role left them to the host's own start at boot
    DC.check_output("sed -i 's/^lxc.start.auto = 1/lxc.start.auto = 0/' /var/lib/lxc/11[0-4]/config")
    before = inits()
    yield
    assert inits() == before, "the nine of the cluster were not touched"


@pytest.fixture(autouse=True)
def as_before():
    """The configuration, and with it what runs, is put back."""
    saved = DC.check_output("cibadmin --query --scope configuration")
    yield
    DC.check_output(
        "cat >/tmp/saved.xml <<'EOF'\n%s\nEOF\ncibadmin --replace --scope configuration --xml-file /tmp/saved.xml"
        % saved
    )
    settle()
    assert running(110, 111, 112, 113, 114) == {}


# What is configured of it only; crm_resource --query-xml says before that what it does just then
USER = "cibadmin --query --xpath \"//primitive[@id='ve-111']\""


def test_a_ve_through_a_template_is_changed_in_place_and_the_templates_other_user_is_not():
    create(
        "resources",
        '''<template id="tpl" class="ocf" provider="openve" type="ManageVE">
            <instance_attributes id="tpl-i"><nvpair id="tpl-i-e" name="engine" value="lxc"/>
                <nvpair id="tpl-i-r" name="ready_command" value="test -e /run/booted"/>
                <nvpair id="tpl-i-g" name="stop_grace" value="90s"/></instance_attributes>
            <operations><op id="tpl-start" name="start" interval="0s" timeout="180s"/>
                <op id="tpl-stop" name="stop" interval="0s" timeout="150s"/></operations></template>''',
    )
    for number in (110, 111):
        create(
            "resources",
            '''<primitive id="ve-%d" template="tpl"><instance_attributes id="ve-%d-i">
                <nvpair id="ve-%d-i-v" name="veid" value="%d"/></instance_attributes></primitive>'''
            % ((number,) * 4),
        )
    settle()
    before = running(110, 111)
    assert set(before) == {"110", "111"}
    other = DC.check_output(USER)
    result = declare(ve(110, stop_grace="100s"), allow_restart=True)
    assert result["changed"] and result["updated"] == ["ve-110"] and result["created"] == []
    settle()
    assert DC.check_output("crm_resource --resource ve-110 --get-parameter stop_grace") == "100s"
    assert DC.check_output("crm_resource --resource ve-111 --get-parameter stop_grace") == "90s"
    assert DC.check_output(USER) == other
    assert running(111) == {"111": before["111"]}, "the other one runs on"
    assert "template=\"tpl\"" in cib()
    assert not declare(ve(110, stop_grace="100s"))["changed"]


def test_a_ve_that_needs_a_promotable_clone_starts_where_it_is_promoted_and_after():
    create(
        "resources",
        '''<clone id="ms-ct1"><meta_attributes id="ms-ct1-m"><nvpair id="ms-ct1-m-p" name="promotable" value="true"/></meta_attributes>
            <primitive id="ct1" class="ocf" provider="pacemaker" type="Stateful"><operations>
                <op id="ct1-m" name="monitor" interval="10s" timeout="20s" role="Promoted"/>
                <op id="ct1-s" name="monitor" interval="11s" timeout="20s" role="Unpromoted"/></operations></primitive></clone>''',
    )
    settle()
    promoted = [nodes for role, nodes in resource("ct1") if role == "Promoted"]
    assert len(promoted) == 1 and sorted(role for role, _nodes in resource("ct1")) == [
        "Promoted",
        "Unpromoted",
        "Unpromoted",
    ]
    assert declare(ve(112, needs=["ms-ct1"]))["created"] == ["ve-112"]
    settle()
    assert resource("ve-112") == [("Started", promoted[0])]
    # it follows when another instance is promoted: stopped first, started after the promotion
    node = promoted[0][0]
    DC.check_output("crm_resource --resource ms-ct1 --ban --node %s --promoted" % node)
    settle()
    promoted = [nodes for role, nodes in resource("ct1") if role == "Promoted"]
    assert promoted and promoted[0] != [node] and resource("ve-112") == [("Started", promoted[0])]
    assert not declare(ve(112, needs=["ms-ct1"]))["changed"]
    # any instance is enough for whoever says so
    assert declare(ve(113, needs=[{"name": "ms-ct1", "role": "started"}]))["created"] == ["ve-113"]
    settle()
    assert resource("ve-113")[0][0] == "Started"


@pytest.mark.parametrize(
    "manager",
    [
        '''<primitive id="second" class="ocf" provider="heartbeat" type="lxc"><instance_attributes id="s-i">
            <nvpair id="s-c" name="container" value="113"/><nvpair id="s-f" name="config" value="/var/lib/lxc/113/config"/>
            </instance_attributes>%s</primitive>''',
        '<primitive id="second" class="systemd" type="lxc@113">%s</primitive>',
        '''<group id="g"><primitive id="second" class="ocf" provider="openve" type="ManageVE"><instance_attributes id="s-i">
            <nvpair id="s-c" name="veid" value="113"/><nvpair id="s-e" name="engine" value="lxc"/></instance_attributes>%s</primitive></group>''',
    ],
    ids=["lxc", "systemd", "ours"],
)
def test_a_second_manager_is_refused_and_nothing_changes(manager):
    stopped = '<meta_attributes id="s-m"><nvpair id="s-t" name="target-role" value="Stopped"/></meta_attributes>'
    create("resources", manager % stopped)
    settle()
    before = cib()
    result = declare(ve(113), good=False)
    assert "VE 113: id: the resource second (" in result["msg"] and "manages this VE already" in result["msg"]
    assert cib() == before and running(113) == {}


def test_a_ve_has_a_pause_of_its_own():
    assert set(declare(ve(110), ve(111, settle="6s"))["created"]) == {"ve-110", "ve-111"}
    settle()
    starts = {
        row.get("id").split("_")[0]: int(row.get("exec-time")) / 1000
        for row in ET.fromstring(DC.check_output("cibadmin --query --scope status")).iter("lrm_rsc_op")
        if row.get("operation") == "start" and row.get("id").startswith(("ve-110_", "ve-111_"))
    }
    # make_ves gives them 2 to 4 s to boot
    assert starts["ve-110"] < 6 <= starts["ve-111"], starts


def test_two_teams_with_two_lists():
    first, second = ve(110, name="mail"), ve(111, name="shop", after=["mail"], apart=["mail"])
    assert declare(first)["created"] == ["mail"]
    assert declare(second)["created"] == ["shop"]
    settle()
    before = running(110, 111)
    assert len(before) == 2 and before["110"][0] != before["111"][0], "apart"
    # each again, and changed: the other's stays
    assert not declare(first)["changed"] and not declare(second)["changed"]
    result = declare(dict(first, stop_grace="100s"))
    assert result["updated"] == ["mail"] and result["removed"] == []
    settle()
    assert running(110, 111) == before
    # neither takes the other's name for a VE of its own, nor a policy that the other cannot live with
    saved = cib()
    assert "manages another VE, 110" in declare(ve(112, name="mail"), good=False)["msg"]
    refused = declare(second, good=False, policy=dict(POLICY, starts_per_node=3))["msg"]
    assert "starts_per_node: is 3 here and 2 for the VEs of another list" in refused
    assert cib() == saved


def test_what_the_cib_would_mutilate_is_refused_and_what_it_keeps_is_kept():
    before = cib()
    bad = ve(110, monitor={"command": "test -e /srv/Müll && true"})
    if "Pacemaker 2.1.5" in DC.check_output("cibadmin --version"):
        refused = declare(bad, good=False)["msg"]
        assert "VE 110" in refused and "monitor" in refused and "cannot keep the character &" in refused
        assert cib() == before
    else:
        assert declare(bad)["created"] == ["ve-110"] and not declare(bad)["changed"]
        assert "test -e /srv/Müll &amp;&amp; true" in cib()
    good = ve(
        110,
        monitor={"command": "echo Grüße, Жук; true"},
        params=dict(PARAMS, ready_command="test -e /run/booted && true"),
    )
    assert declare(good, allow_restart=True)["changed"]
    settle()
    root = ET.fromstring(DC.check_output("cibadmin --query --xpath \"//primitive[@id='ve-110']\""))
    values = {each.get("value") for each in root.iter("nvpair")}
    assert {"echo Grüße, Жук; true", "test -e /run/booted && true"} <= values
    assert resource("ve-110")[0][0] == "Started" and not declare(good)["changed"]


def test_fencing_is_switched_by_the_name_that_this_release_reads():
    """fencing-enabled is a name since 3.0.2, and the stronger one there; before it is nobody's, and says nothing."""
    DC.check_output("crm_attribute --name fencing-enabled --update true")
    off = {"fencing": [], "policy": POLICY, "disable_fencing": True}
    assert module("cluster_settings", **off)["changed"]
    options = ET.fromstring(DC.check_output("crm_mon --one-shot --output-as=xml")).find("summary/cluster_options")
    assert options.get("stonith-enabled") == "false", "as the cluster itself reads it"
    assert not module("cluster_settings", **off)["changed"]

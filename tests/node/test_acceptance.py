# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent before the tools that an administrator has: ocf-tester, the schemas, Pacemaker's, pcs and crmsh. Runs inside a node.

OCF's own schema of API 1.1 (ra/1.1/ra-api.rng of ClusterLabs/OCF-spec) names no licence, so there is no copy of it here; the
one that pcs ships is made from it, and is what decides whether pcs can read the metadata.
"""

import os
import subprocess
import xml.etree.ElementTree as ET

import pytest
import ves

NAME = "ocf:openve:ManageVE"
SIMULATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../simulators/vzctl")


def run(*argv, **how):
    env = dict(os.environ, OCF_ROOT="/usr/lib/ocf", COLUMNS="1000")
    return subprocess.run(
        argv, capture_output=True, text=True, env=env, stdin=how.pop("stdin", subprocess.DEVNULL), **how
    )


@pytest.fixture(scope="module")
def metadata():
    shown = run(ves.AGENT, "meta-data")
    assert shown.returncode == 0 and not shown.stderr
    return shown.stdout


@pytest.fixture(scope="module")
def parameters(metadata):
    names = [parameter.get("name") for parameter in ET.fromstring(metadata).iter("parameter")]
    assert "veid" in names
    return names


@pytest.mark.parametrize(
    "schema",
    [
        ["--valid"],  # the DTD of resource-agents, which the document names
        ["--nonet", "--relaxng", "/usr/share/pcs/data/ocf-1.1.rng"],
    ],
    ids=["ra-api-1.dtd", "ocf-1.1.rng"],
)
def test_the_metadata_is_valid(schema, metadata):
    def lint(text):
        return run("xmllint", "--noout", *schema, "-", input=text, stdin=None, cwd="/usr/share/resource-agents")

    checked = lint(metadata)
    assert checked.returncode == 0, checked.stderr
    assert lint(metadata.replace('<parameter name="engine"', '<parameter nickname="engine"')).returncode != 0, (
        "it takes anything"
    )


@pytest.mark.parametrize(
    "reader",
    [["crm_resource", "--show-metadata"], ["pcs", "resource", "describe", "--full"], ["crm", "ra", "info"]],
    ids=["crm_resource", "pcs", "crm"],
)
def test_every_parameter_is_described(reader, parameters):
    shown = run(*reader, NAME)
    assert shown.returncode == 0 and "rror" not in shown.stderr, shown.stdout + shown.stderr
    assert [name for name in parameters if name not in shown.stdout] == []
    assert "150s" in shown.stdout, "stop's timeout"


@pytest.mark.parametrize(
    "options, code, words",
    [
        (["veid=101"], 0, ""),
        (
            ["veid=web-1", "engine=lxc", "lxc_path=/srv/ves", "stop_grace=2min", "start_slots=2", "force_stop=yes"],
            0,
            "",
        ),
        (["veid=web-1", "engine=xen"], 6, "'xen' must be one of vzctl, lxc"),
        (["veid=../101"], 6, "veid"),
        (["engine=lxc"], 6, "veid"),
        (["veid=101", "stop_grace=soon"], 6, "'soon' is no time"),
        (["veid=101", "start_slots=-1"], 6, "start_slots"),
        (["veid=101", "lxc_path=ves"], 6, "lxc_path"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_pacemaker_validates(options, code, words):
    argv = [word for option in options for word in ("--option", option)]
    checked = run("crm_resource", "--validate", "--class", "ocf", "--provider", "openve", "--agent", "ManageVE", *argv)
    assert checked.returncode == code, checked.stdout + checked.stderr
    assert words in checked.stdout + checked.stderr


def ocf_tester(**options):
    argv = [word for pair in options.items() for word in ("-o", "%s=%s" % pair)]
    tested = run("ocf-tester", "-n", "ve", *argv, ves.AGENT)
    said = tested.stdout + tested.stderr
    assert tested.returncode == 0 and "passed all tests" in said and "* rc=" not in said, said


def test_ocf_tester_with_lxc():
    with ves.VE("tester", boot="echo booting >/dev/console") as ve:
        ocf_tester(veid=ve.name, engine="lxc", lxc_path=ve.path, ready_command="test -e /run/booted")
        assert ve.state() == "STOPPED"
        with open(ve.folder + "/console.log") as f:
            assert f.read().count("booting") == 2, "it was to be started twice"


def test_ocf_tester_with_vzctl(simulated):
    for generation in ("legacy", "vz7"):  # one after the other: a node has one /usr/sbin/vzctl
        simulated("/etc/vz/vzctl-sim.conf", 'GENERATION="%s"\nSCALE="20"\n' % generation)
        simulated("/var/log/vzctl-sim.log", "")
        ocf_tester(veid="201")
        with open("/var/log/vzctl-sim.log") as f:
            assert f.read().count("vzctl start 201 = 0") == 2, "%s: it was to be started twice" % generation


@pytest.fixture
def simulated():
    """This node as a host of OpenVZ (tests/simulators/README.md); a function that writes a file of it."""

    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    run("install", SIMULATOR, "/usr/sbin/vzctl")
    for folder in ("/etc/vz/conf", "/vz/lock", "/vz/dump"):
        os.makedirs(folder, exist_ok=True)
    write("/etc/vz/vz.conf", "LOCKDIR=/vz/lock\nDUMPDIR=/vz/dump\n")
    write("/etc/vz/sim/201", "INIT=sysv\nBOOT=1\nSHUTDOWN=0.2\n")
    if not os.path.exists("/etc/vz/conf/201.conf"):
        made = run("vzctl", "create", "201")
        assert made.returncode == 0, made.stderr
    yield write
    run("vzctl", "stop", "201", "--fast")
    os.unlink("/usr/sbin/vzctl")

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.openve.pacemaker` importable from the checkout, wherever it lies."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import xml.etree.ElementTree as ET

import pytest

from node_python import NODE_PYTHON

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = 'ansible_collections.openve.pacemaker'

# Compiled files, which hundreds of processes share, and none beside the sources; whatever the caller's environment says.
sys.pycache_prefix = os.environ['PYTHONPYCACHEPREFIX'] = str(CHECKOUT / '.cache' / 'pycache')
sys.dont_write_bytecode = False
os.environ.pop('PYTHONDONTWRITEBYTECODE', None)


# How the programs of Pacemaker and Corosync begin
PACEMAKER = ('crm', 'cib', 'corosync', 'stonith', 'pacemaker', 'attrd_updater')


def _package(name, path):
    if name not in sys.modules:
        module = types.ModuleType(name)
        module.__path__ = [str(path)] if path else []
        sys.modules[name] = module


try:  # under ansible-test the collection is importable already
    __import__(PACKAGE + '.plugins.module_utils._base.errors')
except ImportError:
    _package('ansible_collections', None)
    _package('ansible_collections.openve', None)
    _package(PACKAGE, CHECKOUT)
    _package(PACKAGE + '.plugins', CHECKOUT / 'plugins')
    _package(PACKAGE + '.plugins.module_utils', CHECKOUT / 'plugins' / 'module_utils')

sys.path.insert(0, str(CHECKOUT / 'tests'))  # tests/source.py, which the scripts there use as well


def _tools():
    """Pacemaker's tools first on PATH: those of the Debian release in $DEBIAN (12 or 13), by default this machine's."""
    release = os.environ.get('DEBIAN')
    if release:
        script = str(CHECKOUT / 'tests' / 'tools' / 'pacemaker')
        directory = subprocess.run([script, release], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        if directory and directory not in os.environ['PATH'].split(os.pathsep):
            os.environ['PATH'] = directory + os.pathsep + os.environ['PATH']
    os.environ['PATH'] += os.pathsep + os.pathsep.join(('/usr/sbin', '/sbin'))


_tools()


def pytest_terminal_summary(terminalreporter):
    """Whose tools these were; `make matrix` reads it."""
    said = subprocess.run(['crm_simulate', '--version'], capture_output=True, text=True, check=True).stdout
    terminalreporter.write_line('tools: ' + said.splitlines()[0])


class CibFile:
    """A CIB in a file, and a runner that has Pacemaker's real tools work on it."""

    def __init__(self, path):
        self.path = path
        self.env = dict(os.environ, CIB_file=str(path), LC_ALL='C')
        self.calls = []
        # before(argv): called before each command, to play those who edit at the same time
        self.before = lambda argv: None

    def run(self, argv, stdin=None, environment=None):
        self.before(argv)
        self.calls.append(argv)
        return self._run(argv, stdin, environment)

    def _run(self, argv, stdin=None, environment=None):
        env = dict(self.env, **environment or {})
        done = subprocess.run(argv, input=stdin, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def tool(self, *argv, stdin=None):
        """A tool of somebody else's: not among the calls."""
        rc, out, err = self._run(list(argv), stdin)
        assert rc == 0, (argv, rc, out, err)
        return out

    def text(self):
        return self.path.read_text()


@pytest.fixture(scope='session')
def empty_cib(tmp_path_factory):
    path = tmp_path_factory.mktemp('empty') / 'cib.xml'
    made = subprocess.run(
        ['cibadmin', '--empty'],
        capture_output=True,
        text=True,
        check=True,
    )
    path.write_text(made.stdout)
    cib = CibFile(path)
    for name, value in (('stonith-enabled', 'false'), ('no-quorum-policy', 'ignore')):
        cib.tool(
            'cibadmin',
            '--modify',
            '--allow-create',
            '--scope',
            'crm_config',
            '--xml-text',
            '<cluster_property_set id="cib-bootstrap-options"><nvpair id="cib-bootstrap-options-%s" name="%s" '
            'value="%s"/></cluster_property_set>' % (name, name, value),
        )
    return cib.text()


@pytest.fixture
def cib_file(tmp_path, empty_cib):
    cib = CibFile(tmp_path / 'cib.xml')
    cib.path.write_text(empty_cib)
    return cib


class Cluster(CibFile):
    """A CIB file with nodes that are up, and Pacemaker's scheduler to ask what it would do."""

    def actions(self, *simulate):
        """[(action, resource, node), ...] that are due."""
        source = self.path
        if simulate:
            # first into a file: Pacemaker 3.0.0 shows as XML no actions where it was told of an event as well
            source = self.path.with_suffix('.event')
            self.tool('crm_simulate', '--run', '--xml-file', str(self.path), '--save-input', str(source), *simulate)
        out = self.tool('crm_simulate', '--run', '--xml-file', str(source), '--output-as=xml')
        return sorted(
            (
                action.get('action'),
                action.get('resource'),
                action.get('dest') or action.get('node') or action.get('source'),
            )
            for action in ET.fromstring(out).iter('rsc_action')
        )

    def starts(self):
        """[(resource, resources whose start it waits for)] that are due, in the order in which the controller takes them
        up: the first ones that wait for nothing fill the limit."""
        with tempfile.TemporaryDirectory() as folder:
            graph = os.path.join(folder, 'graph')
            self.tool('crm_simulate', '--run', '--xml-file', str(self.path), '--save-graph', graph)
            root = ET.parse(graph).getroot()
        starts = {
            action.get('id'): action.find('primitive').get('id')
            for action in root.findall('synapse/action_set/rsc_op')
            if action.get('operation') == 'start'
        }
        return [
            (
                starts[action.get('id')],
                [
                    starts[trigger.get('id')]
                    for trigger in synapse.findall('inputs/trigger/rsc_op')
                    if trigger.get('id') in starts
                ],
            )
            for synapse in root.findall('synapse')
            for action in synapse.findall('action_set/rsc_op')
            if action.get('id') in starts
        ]

    def settle(self, *simulate):
        """Do what is due."""
        self.tool('crm_simulate', '--simulate', '--in-place', '--xml-file', str(self.path), *simulate)

    def where(self):
        """{resource: node} of what runs."""
        out = self.tool('crm_simulate', '--xml-file', str(self.path), '--output-as=xml')
        return {
            resource.get('id'): resource.find('node').get('name')
            for resource in ET.fromstring(out).iter('resource')
            if resource.get('role') == 'Started'
        }


@pytest.fixture
def cluster(cib_file):
    root = ET.fromstring(cib_file.text())
    nodes, status = root.find('configuration/nodes'), root.find('status')
    for number, name in enumerate(('n1', 'n2', 'n3'), 1):
        ET.SubElement(nodes, 'node', id=str(number), uname=name)
        ET.SubElement(
            status,
            'node_state',
            id=str(number),
            uname=name,
            in_ccm='true',
            crmd='online',
            join='member',
            expected='member',
        )
    cib_file.path.write_text(ET.tostring(root, encoding='unicode'))
    return Cluster(cib_file.path)


# As Ansible runs it


@pytest.fixture(scope='session')
def collections(tmp_path_factory):
    """A directory where Ansible, and Python, find this collection: one for all tests, as it is the one of the compiled files."""
    if NODE_PYTHON == sys.executable:
        return CHECKOUT / '.cache' / 'collections'  # tests/lab/setup
    import ansible  # what Ansible sends along with a module; nothing else of the controller's

    top = tmp_path_factory.mktemp('collections')
    (top / 'ansible').symlink_to(pathlib.Path(ansible.__file__).parent)
    (top / 'ansible_collections').symlink_to(CHECKOUT / '.cache' / 'collections' / 'ansible_collections')
    return top


@pytest.fixture
def run_module(collections):
    """run_module(name, env, check=False, diff=False, **arguments) -> what the module returned, and all that it wrote

    A process of its own, arguments in, JSON out.
    """

    def run(name, env, check=False, diff=False, **arguments):
        arguments = dict(arguments, _ansible_check_mode=check, _ansible_diff=diff)
        done = subprocess.run(
            [NODE_PYTHON, str(CHECKOUT / 'plugins' / 'modules' / (name + '.py'))],
            text=True,
            capture_output=True,
            check=False,
            input=json.dumps({'ANSIBLE_MODULE_ARGS': arguments}),
            env=dict(env, PYTHONPATH=os.pathsep.join(filter(None, [env.get('PYTHONPATH'), str(collections)]))),
        )
        assert not done.stderr, done.stderr
        result = json.loads(done.stdout)
        assert done.returncode == (1 if result.get('failed') else 0)
        return result, done.stdout

    return run


@pytest.fixture
def bare(tmp_path):
    """A directory for PATH, with all of this machine's programs but Pacemaker's and Corosync's."""
    tools = tmp_path / 'bin'
    tools.mkdir()
    for directory in os.environ['PATH'].split(os.pathsep):
        for tool in pathlib.Path(directory).glob('*'):
            if not tool.name.startswith(PACEMAKER) and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    return tools


@pytest.fixture
def ansible_playbook(collections, tmp_path):
    """ansible_playbook(book, inventory, *options, env={}) -> exit code and all that it said

    ``book``: the name of a playbook of the collection, or a list of plays. ``inventory``: as in YAML; its hosts are this one.
    """

    def run(book, inventory, *options, env=os.environ):
        if not isinstance(book, str):
            (tmp_path / 'play.yml').write_text(json.dumps(book))
            book = str(tmp_path / 'play.yml')
        local = {'ansible_connection': 'local', 'ansible_python_interpreter': NODE_PYTHON}
        every = inventory.setdefault('all', {})
        every['vars'] = dict(local, **every.get('vars', {}))
        (tmp_path / 'hosts.yml').write_text(json.dumps(inventory))
        done = subprocess.run(
            ['ansible-playbook', '-i', str(tmp_path / 'hosts.yml'), book, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=dict(
                env,
                LC_ALL='C.UTF-8',
                ANSIBLE_COLLECTIONS_PATH=str(collections),
                ANSIBLE_NOCOLOR='1',
                ANSIBLE_PIPELINING='true',
                PWD=str(tmp_path),
            ),
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A node whose controller left behind what the test says (node_traces.Node)"""
    from node_traces import NOW, Node

    from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import controller_traces, node_limit

    monkeypatch.setattr(controller_traces, 'PROC', str(tmp_path / 'proc'))
    monkeypatch.setattr(controller_traces, 'CIBS', str(tmp_path / 'cib'))
    monkeypatch.setattr(controller_traces, 'LOG', str(tmp_path / 'log'))
    monkeypatch.setattr(node_limit.time, 'time', lambda: NOW)
    monkeypatch.setattr(node_limit.time, 'sleep', lambda seconds: None)
    return Node(tmp_path)


@pytest.fixture
def world(cluster):
    """The tree of a cluster with fencing, and what the simulator makes of it (simulated.World)"""
    from happenings import with_dc
    from simulated import World

    with_dc(cluster)
    return World(cluster)


@pytest.fixture
def rehearse(cluster):
    """rehearse(ves, policy, ...) on a cluster (rehearsed.on)"""
    import rehearsed

    return rehearsed.on(cluster)

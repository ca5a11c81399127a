# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two checkouts on one machine: each removes its own labs and images, and only clean-all those of both. podman, ps and
start-stop-daemon are simulated, so that nobody's real labs are touched."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
SCRIPTS = ('clean', 'labs', 'remove', 'checkout')

# A file is a container (in it: the directory of its lab), a network or an image
PODMAN = r"""#!/bin/sh
cd STATE
case "$*" in
'ps -aq --filter name=^'*) ls containers | grep "${4#name=}" ;;
'ps -aq') ls containers ;;
'ps -a --filter label=openve.lab '*) grep -l . containers/* | sed 's,.*/,,' ;;
'inspect '*) shift 3; cd containers && cat "$@" ;;
'rm -f -t 0 '*) shift 4; cd containers && rm "$@" ;;
'network ls '*) ls networks ;;
'network exists '*) test -e networks/$3 ;;
'network inspect '*) echo nobridge ;;
'network rm -f '*) rm networks/$4 ;;
'images '*) ls images | sed 's,^,localhost/openve-lab-node:,' ;;
'rmi '*) rm images/${2##*:} ;;
*) echo "unknown: $*" >&2; exit 99 ;;
esac
"""


class Machine:
    """With the labs of two checkouts, and a container and a network of somebody else."""

    def __init__(self, folder):
        self.folder, self.state = folder, folder / 'state'
        for kind in ('containers', 'networks', 'images'):
            (self.state / kind).mkdir(parents=True)
        (self.state / 'containers/foreign').touch()
        (self.state / 'networks/podman').touch()
        tools = folder / 'bin'
        tools.mkdir()
        for name, text in (
            ('podman', PODMAN.replace('STATE', str(self.state))),
            ('ps', '#!/bin/sh\ncat %s/processes\n' % self.state),
            ('start-stop-daemon', '#!/bin/sh\nexit 0\n'),
        ):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        (self.state / 'processes').write_text('/usr/sbin/sshd\n')
        self.names = {name: self.checkout(name) for name in ('one', 'two')}

    def checkout(self, name):
        there = self.folder / name / 'tests/lab'
        there.mkdir(parents=True)
        for script in SCRIPTS:
            (there / script).write_bytes((LAB / script).read_bytes())
            (there / script).chmod(0o755)
        ident = self.run(name, 'checkout').strip()
        for lab in ('openve-%s-12-demo' % ident, 'openve-%s-13-test' % ident):
            directory = self.folder / name / '.cache/lab' / lab
            directory.mkdir(parents=True)
            for node in ('n1', 'n2'):
                (self.state / 'containers' / ('%s-%s' % (lab, node))).write_text('%s\n' % directory)
            (self.state / 'networks' / lab).touch()
            with open(self.state / 'processes', 'a', encoding='utf-8') as processes:
                processes.write('/usr/bin/podman system service --time=0 unix://%s/podman/podman.sock\n' % directory)
        for what in ('debian12-demo-0123456789ab', 'debian13-test-0123456789ab'):
            (self.state / 'images' / ('%s-%s' % (ident, what))).touch()
        return ident

    def run(self, checkout, script, *arguments):
        path = '%s:/usr/sbin:/usr/bin:/sbin:/bin' % (self.folder / 'bin')
        done = subprocess.run(
            [str(self.folder / checkout / 'tests/lab' / script), *arguments],
            env={'PATH': path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout

    def left(self, checkout):
        """How many containers, networks, images and directories of a checkout there are."""
        ident = self.names[checkout]
        kinds = [self.state / kind for kind in ('containers', 'networks', 'images')]
        kinds.append(self.folder / checkout / '.cache/lab')
        return tuple(sum(ident in path.name for path in kind.iterdir()) for kind in kinds)


ALL, NONE = (4, 2, 2, 2), (0, 0, 0, 0)


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    assert machine.left('one') == machine.left('two') == ALL and machine.names['one'] != machine.names['two']
    return machine


def test_a_checkout_removes_its_own(machine):
    machine.run('one', 'clean', 'own')
    assert machine.left('one') == NONE and machine.left('two') == ALL
    machine.run('one', 'clean', 'own')
    assert machine.left('two') == ALL


def test_one_removes_those_of_every_checkout(machine):
    said = machine.run('one', 'clean', 'all')
    assert machine.left('one') == machine.left('two') == NONE
    assert said.count('nodes of openve-') == said.count('directory /') == 4 and said.count('image ') == 4
    assert (machine.state / 'containers/foreign').exists() and (machine.state / 'networks/podman').exists()


def test_what_is_left_of_a_lab_counts(machine):
    """Its checkout was deleted: only its nodes and networks are there."""
    subprocess.run(['rm', '-r', str(machine.folder / 'two')], check=True)
    (machine.state / 'processes').write_text('')
    for node in list((machine.state / 'containers').glob('*13-test*')):
        node.unlink()
    machine.run('one', 'clean', 'own')
    kinds = [machine.state / kind for kind in ('containers', 'networks', 'images')]
    assert [sum(machine.names['two'] in path.name for path in kind.iterdir()) for kind in kinds] == [2, 2, 2]
    machine.run('one', 'clean', 'all')
    assert [sum('openve' in path.name or '0123' in path.name for path in kind.iterdir()) for kind in kinds] == [0, 0, 0]

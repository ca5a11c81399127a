# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load gate reads the load of every host of a play, whatever connection plugin the host has."""

from __future__ import annotations

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.openve.pacemaker.plugins.action import ve_stagger
from ansible_collections.openve.pacemaker.plugins.plugin_utils._remote.connections import Connections

PLUGIN = """
DOCUMENTATION = "name: %(name)s"

from ansible.plugins.connection import ConnectionBase


class Connection(ConnectionBase):
    transport = '%(name)s'

    def __init__(self, play_context, %(arguments)s, **kwargs):
        super().__init__(play_context, %(arguments)s, **kwargs)

    def _connect(self):
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        return 0, ('2\\n%%s.5 0 0 1/1 1\\n' %% self._play_context.remote_addr[-1]).encode(), b''

    def put_file(self, in_path, out_path):
        raise NotImplementedError

    def fetch_file(self, in_path, out_path):
        raise NotImplementedError

    def close(self):
        pass
"""


class First:
    """The connection of the host that the task runs on."""

    transport = 'wants_stdin'

    def exec_command(self, _command, **_more):
        return 0, b'4\n2.0 0 0 1/1 1\n', b''


@pytest.mark.parametrize('name, arguments', [('wants_stdin', 'new_stdin'), ('wants_nothing', '*args')])
def test_every_host_of_the_play_is_asked(tmp_path, name, arguments):
    (tmp_path / (name + '.py')).write_text(PLUGIN % {'name': name, 'arguments': arguments})
    connection_loader.add_directory(str(tmp_path))
    hosts = {host: {'ansible_connection': name} for host in ('h1', 'h3', 'h5')}
    variables = {'inventory_hostname': 'h1', 'ansible_play_hosts': list(hosts), 'hostvars': hosts}
    loads = ve_stagger.Loads(Connections(First(), PlayContext(), variables), list(hosts)).read()
    assert {host: load.load for host, load in loads.items()} == {'h1': 0.5, 'h3': 1.75, 'h5': 2.75}

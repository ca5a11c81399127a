# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster whose CIB is a tree, played on by the simulator with graphs of Pacemaker's real scheduler."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import scheduler
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import validate
from ansible_collections.openve.pacemaker.plugins.module_utils._resources.edit import Wanted, edit
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator import controller, graph, outcome
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.controller import Limits
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.digests import Digests


def asked(runner, root):
    """The graph of what is due."""
    return graph.read(scheduler.transition(runner, root).graph)


def settle(runner, root, rounds=5):
    """Do what is due, without limits, until nothing is left."""
    digests = Digests(root, pacemaker.tools(runner))
    for _round in range(rounds):
        due = asked(runner, root)
        if not due.actions:
            return
        outcome.write(root, controller.replay(due, 0, Limits({}), lambda action: 1), time.time(), digests)
    raise AssertionError('it does not settle')


class World:
    """The tree of a cluster with fencing, and a runner of the tools."""

    def __init__(self, cluster):
        self.runner, self.root = cluster.run, ET.fromstring(cluster.text())
        self.tools = pacemaker.tools(self.runner)

    def declare(self, ves, policy=None, *others):
        for other in others:
            self.root.find('configuration/resources').append(ET.fromstring(other))
        edit(self.root, Wanted(validate.read(ves, policy)))

    def property(self, name, value):
        attributes.set_property(self.root, name, value)

    def graph(self):
        return asked(self.runner, self.root)

    def write(self, done):
        outcome.write(self.root, done, time.time(), Digests(self.root, self.tools))

    def play(self, **limits):
        done = controller.replay(self.graph(), 0, Limits(limits), seconds)
        self.write(done)
        return done

    def settle(self):
        for _round in range(5):
            if not self.play():
                return
        raise AssertionError('it does not settle')

    def where(self):
        return {
            name: nodes
            for name, (role, nodes) in scheduler.transition(self.runner, self.root).where.items()
            if role == 'Started'
        }

    def fail(self, node):
        self.root.find('status/node_state[@uname="%s"]' % node).attrib.update(in_ccm='false')

    def standby(self):
        """Of the first node."""
        self.root.find('configuration/nodes/node').append(
            ET.fromstring(
                '<instance_attributes id="s"><nvpair id="sb" name="standby" value="on"/></instance_attributes>'
            )
        )


def seconds(action):
    if action.fencing:
        return 30
    if action.agent.get('type') == 'ManageVE':
        return {'start': 60, 'stop': 20, 'monitor': 0.2}.get(action.operation, 1)
    return 0.2

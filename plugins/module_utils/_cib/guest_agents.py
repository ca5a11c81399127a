# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of agents whose resources are guests, with what is to be known of each. Times are seconds.

The facts of ocf:heartbeat are those of resource-agents 4.12.0, from the files heartbeat/ManageVE, lxc, VirtualDomain, Xen, podman
and docker: their start, their stop and their meta-data. The 120 s of vzctl are its own default of STOP_TIMEOUT (vz.conf(5)).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Callable, List, Mapping

from ansible_collections.openve.pacemaker.plugins.module_utils._base import times
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import is_true
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import agent as ours

# What of a parameter's value may be the name of the guest.
Named = Callable[[str], List[str]]

# After the grace the guest is killed, and its storage unmounted.
KILL = 30

VE, MACHINE, CONTAINER = 'VE', 'virtual machine', 'container'


def _as_it_is(value: str) -> list[str]:
    return [value]


def _of_file(path: str) -> list[str]:
    """/var/lib/lxc/NAME/config, or a file of any place that is called NAME or NAME.conf."""
    directory, file = posixpath.split(posixpath.normpath(path))
    return [posixpath.basename(directory), posixpath.splitext(file)[0]]


@dataclass(frozen=True)
class Wait:
    """What decides whether a start waits until the guest has booted: it does with any value of ``parameter`` but ``off``, which
    is its default where ``default`` is not set. Without a parameter it never does. ``mend``: how to have it wait."""

    parameter: str
    mend: str
    off: str = ''
    default: str = ''

    def holds(self, parameters: Mapping[str, str]) -> bool:
        return bool(self.parameter) and (parameters.get(self.parameter) or self.default) != self.off

    @property
    def words(self) -> str:
        if not self.parameter:
            return 'no'
        return 'with `%s`' % self.parameter if not self.off else 'unless `%s` is `%s`' % (self.parameter, self.off)


@dataclass(frozen=True)
class Grace:
    """How long a stop lets the guest shut down before it kills it.

    ``parameter``: gives the seconds where it is set. Else ``seconds``, whatever the timeout is, and if that is None this
    ``share`` of the timeout less what is ``kept``, at least ``least``. ``forced``: a parameter that has it killed at once.
    ``fitted``: whether the agent shortens what it was given to the timeout.
    """

    share: float = 1.0
    kept: int = 0
    least: int = 0
    seconds: float | None = None
    parameter: str = ''
    forced: str = ''
    fitted: bool = False

    def of(self, timeout: float, parameters: Mapping[str, str]) -> float:
        """Under this timeout of the stop."""
        fixed = self.fixed(parameters)
        return max(float(self.least), timeout * self.share - self.kept) if fixed is None else fixed

    def fixed(self, parameters: Mapping[str, str]) -> float | None:
        """Where it does not depend on the timeout."""
        if self.forced and is_true(parameters.get(self.forced)):
            return 0.0
        return times.seconds(parameters.get(self.parameter), -1.0) if self._is_given(parameters) else self.seconds

    def _is_given(self, parameters: Mapping[str, str]) -> bool:
        return bool(self.parameter) and times.seconds(parameters.get(self.parameter), -1.0) >= 0

    def needs(self, parameters: Mapping[str, str]) -> int:
        """The least timeout of a stop under which a guest that takes all of its grace is killed by its agent, and not left behind."""
        fixed = self.fixed(parameters)
        return self.least + self.kept if fixed is None else int(fixed) + KILL if fixed else 0

    @property
    def words(self) -> str:
        said = 'the timeout' if self.share == 1 else '2/3 of the timeout'
        said += ' less %d s' % self.kept if self.kept else ''
        said += ', at least %d s' % self.least if self.least else ''
        said = said if self.seconds is None else times.cib(int(self.seconds * times.SECOND))
        said = '`%s`, else %s' % (self.parameter, said) if self.parameter else said
        return said + ('; none with `%s`' % self.forced if self.forced else '')


@dataclass(frozen=True)
class Agent:
    """One of them.

    ``pattern``: of class:provider:type; a copy of another provider's counts too. ``name``: in words. ``what``: VE, MACHINE or
    CONTAINER. ``names``: {parameter: what of its value may be the guest's name}; without any that is in the agent's own name.
    ``engine``: of a VE; None: as its parameter says. ``timeouts``: {operation: what it advertises}. ``asked``: whether its
    resources are guests only where somebody asks for it.
    """

    pattern: str
    name: str
    what: str
    names: Mapping[str, Named]
    wait: Wait
    grace: Grace
    engine: str | None = ''
    timeouts: Mapping[str, int] = field(default_factory=dict)
    asked: bool = False

    def fits(self, name: str) -> re.Match[str] | None:
        """``name``: class:provider:type."""
        return re.match('(?:%s)\\Z' % self.pattern, name)

    @property
    def is_ve(self) -> bool:
        return self.what == VE


_ADOPT = 'Adopt these VEs with ocf:openve:ManageVE, whose start waits until the VE has booted.'
_SCRIPT = (
    'Give %s a script that succeeds only once the guest has booted, such as one that reaches a service in it: start waits for it '
    '(each monitor runs it too). Set the timeout of start above the boot time.'
)
_NEVER = Wait('', _ADOPT)

AGENTS = (
    Agent(
        r'ocf:openve:ManageVE',
        'ocf:openve:ManageVE',
        VE,
        {'veid': _as_it_is},
        Wait('start_wait', 'Take start_wait: none out of their params.', 'none', ours.DEFAULTS['start_wait']),
        Grace(
            parameter='stop_grace',
            seconds=times.seconds(ours.DEFAULTS['stop_grace'], 0),
            forced='force_stop',
            fitted=True,
        ),
        engine=None,
        timeouts={action: seconds for (action, depth), seconds in ours.TIMEOUTS.items() if not depth},
    ),
    Agent(
        r'ocf:[^:]+:ManageVE',
        'ocf:heartbeat:ManageVE',
        VE,
        {'veid': _as_it_is},
        _NEVER,
        Grace(seconds=120),
        engine=None,
        timeouts={'start': 75, 'stop': 75, 'monitor': 10, 'migrate_to': 75, 'migrate_from': 75},
    ),
    Agent(
        r'ocf:[^:]+:(?!lxd-info\Z)lx[cd].*',
        'ocf:heartbeat:lxc',
        VE,
        {'container': _as_it_is, 'config': _of_file},
        _NEVER,
        Grace(kept=5),
        engine='lxc',
        timeouts={'start': 10, 'stop': 30, 'monitor': 20},
    ),
    Agent(
        r'(?:systemd|service):lxc@(?P<id>.+?)(?:\.service)?',
        'systemd:lxc@ID',
        VE,
        {},
        _NEVER,
        Grace(seconds=60),
        engine='lxc',
    ),
    Agent(
        r'ocf:[^:]+:VirtualDomain',
        'ocf:heartbeat:VirtualDomain',
        MACHINE,
        {'config': _of_file},
        Wait('monitor_scripts', _SCRIPT % 'monitor_scripts'),
        Grace(kept=5, forced='force_stop'),
        timeouts={'start': 90, 'stop': 90, 'monitor': 30, 'migrate_to': 120, 'migrate_from': 60},
    ),
    Agent(
        r'ocf:[^:]+:Xen',
        'ocf:heartbeat:Xen',
        MACHINE,
        {'name': _as_it_is, 'xmfile': _of_file},
        Wait('monitor_scripts', _SCRIPT % 'monitor_scripts'),
        Grace(share=2 / 3, parameter='shutdown_timeout'),
        timeouts={'start': 60, 'stop': 40, 'monitor': 30, 'migrate_to': 120, 'migrate_from': 120},
    ),
    *(
        Agent(
            r'ocf:[^:]+:' + engine,
            'ocf:heartbeat:' + engine,
            CONTAINER,
            {'name': _as_it_is},
            Wait('monitor_cmd', _SCRIPT % 'monitor_cmd'),
            Grace(kept=10, least=10, forced='force_kill'),
            timeouts={'start': 90, 'stop': 90, 'monitor': 30},
            asked=True,
        )
        for engine in ('podman', 'docker')
    ),
)
# Any other agent: ours is sometimes installed under another name, and parameters tell it.
RENAMED = Agent(
    r'ocf:[^:]+:.+', 'another agent with veid', VE, {'veid': _as_it_is}, _NEVER, Grace(seconds=120), engine=None
)


def other(name: str) -> Agent:
    """One that is not in the table and that somebody calls a guest's. Nothing tells whether its start waits."""
    mend = 'See what the start of %s waits for; where it waits until the guest has booted, give these boot: 0s in durations.'
    return Agent(re.escape(name), name, 'guest', {}, Wait('', mend % name), Grace())


def table() -> list[str]:
    """As the documentation shows it."""
    lines = [
        '| agent | a guest is a | named by | start waits until it has booted | a stop lets it shut down for | advertised: start, stop, monitor |',
        '|---|---|---|---|---|---|',
    ]
    for agent in AGENTS:
        advertised = ', '.join('%d' % agent.timeouts[name] for name in ('start', 'stop', 'monitor') if agent.timeouts)
        lines.append(
            '| `%s`%s | %s | %s | %s | %s | %s |'
            % (
                agent.name,
                ' (if asked for)' if agent.asked else '',
                agent.what,
                ', '.join('`%s`' % name for name in agent.names) or 'the unit',
                agent.wait.words,
                agent.grace.words,
                advertised + ' s' if advertised else '',
            )
        )
    return lines

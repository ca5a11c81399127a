# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the versions of Pacemaker differ: 2.1 and 3.0 give the same answers through this.

What holds here is asked of the tools themselves. Numbers decide: their words change from one version to the next.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call

# Return codes of agents (OCF), as Pacemaker 2.1 has them in words.
RETURN_CODES = {
    0: 'ok',
    1: 'error',
    2: 'invalid parameter',
    3: 'unimplemented',
    4: 'insufficient privileges',
    5: 'not installed',
    6: 'not configured',
    7: 'not running',
    8: 'promoted',
    9: 'promoted (failed)',
    190: 'degraded',
    191: 'promoted (degraded)',
}

# Cluster properties that Pacemaker 3.0.2 calls otherwise: (name since then, which counts where both are there; name before,
# which it takes as well, and which is the only one that all know).
NEW_NAMES = (3, 0, 2)
RENAMED = (
    ('fencing-enabled', 'stonith-enabled'),
    ('fencing-action', 'stonith-action'),
    ('fencing-timeout', 'stonith-timeout'),
    ('fencing-max-attempts', 'stonith-max-attempts'),
    ('fencing-watchdog-timeout', 'stonith-watchdog-timeout'),
    ('fencing-reaction', 'fence-reaction'),
)
# Switches fencing on.
FENCING_ENABLED = 'stonith-enabled'

# What crm_verify says only to sum up: 2.1 after its own name, 3.0 without.
VERIFY_HEADINGS = re.compile(r'crm_verify:|-V may|(Errors|Warnings) found|Configuration invalid')
# 3.0 says this with any error, 2.1 with errors that are of the schema; what is wrong stands in the lines before it.
VERIFY_SCHEMA = 'error: CIB did not pass schema validation'


@dataclass(frozen=True)
class Tools:
    """Pacemaker's command line tools on a node, by what they say of themselves.

    ``version``: such as (2, 1, 5). ``feature_set``: what they can do, such as (3, 16, 1). ``schema``: the newest that they
    know, such as (3, 9).
    """

    version: tuple[int, ...]
    feature_set: tuple[int, ...]
    schema: tuple[int, ...]

    @property
    def name(self) -> str:
        return written(self.version)

    @property
    def escapes_as_xml(self) -> bool:
        """Whether special characters of parameters are written as XML has them before they are summed up in a digest."""
        return self.version >= (2, 1, 8)

    @property
    def lets_history_go(self) -> bool:
        """Whether what a patch removes of the history of a node stays removed. The controller of 3.0 takes that as an edit of
        a stranger: the nodes join again, and write down anew what they have. In a file nobody does."""
        return self.version < (3,)


def tools(runner: Runner) -> Tools:
    empty = ET.fromstring(call(runner, ['cibadmin', '--empty']))
    # The first line is "Pacemaker 3.0.0", and Debian's has a number of its own behind that.
    said = re.search(r'\d+(\.\d+)+', call(runner, ['cibadmin', '--version']))
    return Tools(
        version=numbers(said.group() if said else ''),
        feature_set=numbers(empty.get('crm_feature_set', '')),
        schema=numbers(empty.get('validate-with', '')),
    )


def spellings(name: str) -> tuple[str, ...]:
    """All names of a cluster property, the newest first."""
    return next((both for both in RENAMED if name in both), (name,))


def knows_new_names(dc_version: str | None) -> bool | None:
    """Whether a cluster with this dc-version knows the new names; None where that is not said."""
    found = re.match(r'(\d+)\.(\d+)\.(\d+)', dc_version or '')
    return numbers(found.group()) >= NEW_NAMES if found else None


def return_code(code: str | None) -> str:
    """A return code in words, the same ones with every version."""
    number = int(code) if code and code.isdigit() else None
    return 'unknown' if number is None else RETURN_CODES.get(number, 'exit code %d' % number)


def numbers(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(int(number) for number in re.findall(r'\d+', text))


def written(version: tuple[int, ...]) -> str:
    return '.'.join(str(number) for number in version)

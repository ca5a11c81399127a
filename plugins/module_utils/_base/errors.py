# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions of this collection: one root, so that the edge needs one ``except``."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets


class Error(Exception):
    """Something the user has to know. ``details`` become return values of the failed module."""

    def __init__(self, msg: str, **details: Any) -> None:
        super().__init__(msg)
        self.msg = msg
        self.details = details


class ToolError(Error):
    """One of Pacemaker's tools failed, or is not installed."""

    def __init__(
        self, msg: str, argv: Sequence[str], rc: int | None = None, stdout: str = '', stderr: str = ''
    ) -> None:
        super().__init__(msg, cmd=list(argv), rc=rc, stdout=stdout, stderr=stderr)


class InputError(Error):
    """What was given cannot be used. Holds every problem, not only the first, each naming the field and the mend.

    ``what``: the subject of the heading, such as "The fencing devices".
    """

    def __init__(self, problems: Iterable[str], what: str = 'The arguments') -> None:
        self.problems = list(problems)
        heading = '%s cannot be used, nothing was changed:' % what
        super().__init__(bullets(heading, self.problems), problems=self.problems)


class CibError(Error):
    """The wanted change does not fit this cluster's configuration."""


class ConflictError(Error):
    """Others kept editing the CIB, every attempt lost against them."""

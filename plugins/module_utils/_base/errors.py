# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions of this collection: one root, so that the edge needs one ``except``."""

from __future__ import annotations


class Error(Exception):
    """Something the user has to know. ``details`` become return values of the failed module."""

    def __init__(self, msg, **details):
        super().__init__(msg)
        self.msg = msg
        self.details = details


class ToolError(Error):
    """One of Pacemaker's tools failed, or is not there."""

    def __init__(self, msg, argv, rc=None, stdout='', stderr=''):
        super().__init__(msg, cmd=list(argv), rc=rc, stdout=stdout, stderr=stderr)


class ModelError(Error):
    """The declared VEs or the policy are wrong. Holds every problem, not only the first."""

    def __init__(self, problems):
        self.problems = list(problems)
        heading = 'The declared VEs or the policy cannot be used, nothing was changed'
        super().__init__('\n- '.join([heading + ':'] + self.problems), problems=self.problems)


class CibError(Error):
    """The wanted change does not fit this cluster's configuration."""


class ConflictError(Error):
    """Others kept editing the CIB, every attempt lost against them."""

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running Pacemaker's command line tools.

A runner is ``runner(argv, stdin=None, environment=None)`` and returns ``(rc, stdout, stderr)``; a missing tool is an
OSError. With ``CIB_file`` in the environment Pacemaker's tools work on that file.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Container, Sequence, Tuple

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import without_values

Runner = Callable[..., Tuple[int, str, str]]


def run(runner: Runner, argv: Sequence[str], stdin: str | None = None, **more: Any) -> tuple[int, str, str]:
    """(rc, stdout, stderr), or a ToolError that says what to install."""
    try:
        return runner(list(argv), stdin, **more)
    except OSError as error:
        raise ToolError(
            'Cannot run %s: %s. Pacemaker\'s command line tools are needed on this node (package '
            'pacemaker-cli-utils or pacemaker-cli).' % (argv[0], error),
            argv,
        ) from error


def call(runner: Runner, argv: Sequence[str], stdin: str | None = None, good: Container[int] = (0,)) -> str:
    """Its stdout, or a ToolError with its own words where it ends with anything but one of ``good``."""
    rc, out, err = run(runner, argv, stdin)
    if rc not in good:
        raise failed(argv, rc, out, err)
    return out


def _without_dumps(text: str) -> str:
    """What a tool said, without the CIB that some print with numbered lines where they cannot take it, and without secrets."""
    return without_values(''.join(line for line in text.splitlines(True) if not re.match(r'\s*\d+\s+(<.*)?$', line)))


def failed(argv: Sequence[str], rc: int, out: str, err: str) -> ToolError:
    out, err = _without_dumps(out), _without_dumps(err)
    said = (err or out).strip() or 'no message'
    return ToolError('%s failed with %d: %s' % (' '.join(argv[:2]), rc, said), argv, rc, out, err)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ve_stagger: one request of the action plugin, done on this node."""

from __future__ import annotations

from ansible_collections.openve.pacemaker.plugins.module_utils._base.module import Arguments, Result
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import messages, node
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger import options as options_
from ansible_collections.openve.pacemaker.plugins.module_utils._stagger.messages import Plan, PutResult


def run(runner: Runner, arguments: Arguments, check: bool = False) -> Result:
    """``changed``, and the ``answer``. In check mode only a plan is asked for."""
    options = options_.read(arguments)
    answer = node.serve(runner, options, messages.read_request(arguments[messages.ARGUMENT]))
    result: Result = {'changed': _changed(answer), 'answer': answer.plain()}
    if check and isinstance(answer, Plan):
        draft = node.preview(runner, answer, options)
        result['changed'] = result['changed'] or draft.changed  # such as the standby of a node that is empty
        result['diff'] = lambda: {'before': draft.before, 'after': draft.after} if draft.changed else {}
    return result


def _changed(answer: messages.Answer) -> bool:
    if isinstance(answer, Plan):
        return bool(answer.rows)  # what it would be
    if isinstance(answer, PutResult):
        return answer.changed
    return isinstance(answer, messages.ForgetResult)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes the CIB in one guarded patch, and loses no one's edits.

    for draft in drafts(runner, edit):
        ...                             # look at it, refuse it by raising
        if draft.push():
            break

``edit(root)`` mutates the tree of the whole CIB it is given, and returns what it found. It may be called again with a
newer one when somebody else edited meanwhile: it must compute everything from its argument. Only ``/cib/configuration``
is compared and pushed; ``/cib/status`` is there to be read, but for the entries that ``Draft.forget`` takes out of the
history along with a change.
"""

from __future__ import annotations

import copy
import random
import time
from dataclasses import dataclass, field
from typing import Callable, Generic, Iterator, Sequence, TypeVar
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ConflictError, ToolError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import without_values
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count, some
from ansible_collections.openve.pacemaker.plugins.module_utils._base.tools import Runner, call, failed, run
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import diff, history, hold, patch, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.history import EntryKey
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.patch import Forgotten
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.verify import verify

# Pacemaker's CRM_EX_OLD: the patch was made for another version of the CIB.
RC_OLD = 103

# How often a change is computed anew because somebody else edited the configuration. The pauses grow, and are random, so
# that two who lost against each other do not meet again.
TRIES = 10

# On a busy cluster every operation result moves num_updates and refuses a patch. Nothing has to be computed anew then: it
# is pushed again at once, and if need be again, for so many seconds.
PATIENCE = 60

# A patch that creates 500 VEs keeps the CIB manager busy for about ten seconds; cibadmin's own patience is 30 s.
PUSH = ('cibadmin', '--patch', '--xml-pipe', '--timeout=300')

Found = TypeVar('Found')
Edit = Callable[[Element], Found]


@dataclass
class Draft(Generic[Found]):
    """What is to become of the CIB."""

    runner: Runner
    old: Element  # the tree that was queried
    new: Element  # the tree as edited (its version attributes are the old ones)
    found: Found  # what the edit returned
    changed: bool
    warnings: list[str] = field(default_factory=list)  # what crm_verify says of the new CIB and did not say of the old
    written: str = ''  # the text of the configuration of ``new``
    patch: str = ''
    attempts: int = 0  # how often it was pushed, with the drafts that came before it
    forgotten: Sequence[Forgotten] = ()
    held: Sequence[Forgotten] = ()  # the entries of the history that have to be made anew after the push
    pushed: Element | None = None  # what the patch makes of the CIB, where that is not ``new`` yet
    gave_up: bool = False  # the push lost against results of operations, until its patience was over

    @property
    def document(self) -> str:
        """The text of ``new``."""
        return tree.text_with(self.new, self.written)

    @property
    def before(self) -> str:
        """The configuration that differs, as it was: normalised, readable XML without secrets."""
        return without_values(diff.differing(self.old, self.new)) if self.changed else ''

    @property
    def after(self) -> str:
        """The configuration that differs, as it is to be."""
        return without_values(diff.differing(self.new, self.old)) if self.changed else ''

    def forget(self, keys: Sequence[EntryKey]) -> None:
        """Have the patch remove these entries of the history as well."""
        entries = history.entries(self.old)
        self.forgotten = [(key, entries[key]) for key in keys]
        self.patch = patch.make(self.runner, self.old, self.new, self.written, self.forgotten)

    def hold(self, keys: Sequence[EntryKey]) -> None:
        """Have the patch hold the VEs of these entries of the history, which are to be made anew then."""
        entries = history.entries(self.old)
        self.held = [(key, entries[key]) for key in keys]
        self.pushed = copy.deepcopy(self.new)
        hold.put(self.pushed, sorted({key[1] for key in keys}))
        self.patch = patch.make(self.runner, self.old, self.pushed)

    def push(self) -> bool:
        """Whether Pacemaker took it. False: it was made for a CIB that is no more, and drafts() has another."""
        begin = time.monotonic()
        bare: bool | None = None
        while True:
            self.attempts += 1
            rc, out, err = run(self.runner, PUSH, self.patch)
            if rc == 0 or (rc != RC_OLD and self._arrived()):
                self._read_back()
                return True
            if rc != RC_OLD and bare is not True:
                raise failed(PUSH, rc, out, err)
            num_updates = self._still_good()
            self.gave_up = num_updates is not None and time.monotonic() - begin > PATIENCE
            if num_updates is None or self.gave_up:
                return False
            # Only operation results came in (num_updates): what the patch was made for still stands. Without num_updates
            # in it a patch is held to the two that count the changes of the configuration, which is the guard that is
            # wanted. Pacemaker 3 refuses that; then, and where it removes results, it takes luck, or many tries.
            bare = bare is None and not self.forgotten
            self.patch = patch.restamp(self.patch, None if bare else num_updates)

    def _read_back(self) -> None:
        """Raises where something else was stored than what was pushed. What others did at the same time is a warning."""
        try:
            now = tree.query(self.runner)
        except ToolError as error:  # and nothing else: a signal that a module turned into an Error ends it here, too
            self.warnings.append('The change was made, but what was stored cannot be read back: %s' % error.msg)
            return
        target = self.new if self.pushed is None else self.pushed
        if _same_configuration(now, target):
            return
        names = list(diff.lost(tree.configuration(self.old), tree.configuration(target), tree.configuration(now)))
        if not names:
            return
        if int(tree.version(now)[1]) > int(tree.version(self.old)[1]) + 2:  # in a file one push counts twice
            self.warnings.append('Somebody else edited at the same time, and changed again: %s.' % some(names))
            return
        raise CibError(
            'Pacemaker took the change, but stored something else than what it was given: %s. Look at these, and set them '
            'right by hand.' % some(names),
            not_stored=names,
            changed=True,
        )

    def _arrived(self) -> bool:
        """Whether a patch that is said to have failed was taken all the same: the answer can get lost when the DC or the
        CIB manager dies."""
        rc, out, _err = run(self.runner, tree.QUERY)
        target = self.new if self.pushed is None else self.pushed
        return rc == 0 and _same_configuration(tree.parse(out), target)

    def _still_good(self) -> str | None:
        """The CIB's num_updates by now, None if what the patch changes has been changed by somebody else."""
        if self.forgotten:
            root = tree.query(self.runner)
            entries = history.entries(root)
            if not all(key in entries and tree.same(entries[key], entry) for key, entry in self.forgotten):
                return None
        else:
            root = tree.parse(call(self.runner, ['cibadmin', '--query', '--no-children']))
        now = tree.version(root)
        return now[2] if now[:2] == tree.version(self.old)[:2] else None


def drafts(runner: Runner, edit: Edit[Found]) -> Iterator[Draft[Found]]:
    """A verified Draft; each time another is asked for, a new one, as somebody else edited meanwhile. Ends by raising."""
    attempts = 0
    for conflicts in range(TRIES):
        if conflicts:
            time.sleep(random.uniform(0.02, 0.1) * conflicts)
        draft = _draft(runner, edit)
        draft.attempts = attempts
        yield draft
        attempts = draft.attempts
        if draft.gave_up:
            break
    raise ConflictError(
        'The CIB was edited by others again and again: %s to push the change lost. Nothing was '
        'changed. Run again when the cluster is quieter.' % count(attempts, 'attempt'),
        attempts=attempts,
    )


def change(runner: Runner, edit: Edit[Found], check: bool = False) -> Draft[Found]:
    """The loop for those who have nothing to look at before the push. ``check``: everything but the push."""
    for draft in drafts(runner, edit):
        if check or not draft.changed or draft.push():
            break
    return draft


def _draft(runner: Runner, edit: Edit[Found]) -> Draft[Found]:
    document = call(runner, tree.QUERY)
    old, new = tree.parse(document), tree.parse(document)  # faster than to copy the tree
    found = edit(new)
    if _same_configuration(old, new):
        return Draft(runner, old, old, found, changed=False)
    written = tree.text(tree.configuration(new))  # once: it may have megabytes
    warnings = verify(runner, old, tree.text_with(tree.without_status(new), written))
    return Draft(runner, old, new, found, True, warnings, written, patch.make(runner, old, new, written))


def _same_configuration(one: Element, other: Element) -> bool:
    return tree.same(tree.configuration(one), tree.configuration(other))

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One place per fact: rule 4 of docs/architecture.md, by the strings in the code (docstrings and documentation may say what they like)."""

from __future__ import annotations

import re

import pytest
import source

UTILS = source.MODULE_UTILS

# (pattern of a string, the one file that may have it, what it would do there)
PLACES = (
    (r'crm_mon\Z|crm_mon -', UTILS + '_cluster/status.py', 'runs crm_mon'),
    (r'crm_simulate\Z|crm_simulate -', UTILS + '_cluster/scheduler.py', 'runs crm_simulate'),
    # what each version of Pacemaker calls otherwise, or says in other words
    (
        r'exitstatus\Z|(stonith|fencing)-enabled\Z|--version\Z',
        UTILS + '_base/pacemaker.py',
        'goes by the version',
    ),
    (r'.*nvpair', UTILS + '_cib/attributes.py', 'touches nvpairs'),
    (r'.*(\bms\||\|ms\b)', UTILS + '_base/times.py', 'reads times'),
    # in the units of the CIB, or changed into larger ones; a number of seconds in a sentence is no form of its own
    (r'.*%(\.\d)?[dfgs]( ?(min|h)|m?s)(?![\w%])', UTILS + '_base/times.py', 'writes times'),
)


def complaints(root):
    found = []
    modules = {file.stem for file in source.python(root, 'plugins/modules')}
    name = re.compile(r'(openve\.pacemaker\.)?(%s)\Z' % '|'.join(sorted(modules) or ['-']))
    for file in source.python(root, 'plugins'):
        if file.package in ('plugins/modules', 'plugins/doc_fragments'):
            continue
        for line, text in source.constants(file):
            for pattern, place, what in PLACES:
                if file.path != place and re.match(pattern, text, re.DOTALL):
                    found.append('%s:%d: %s (%r), which only %s does' % (file.path, line, what, text, place))
            called = name.match(text)
            if called and not (file.package == 'plugins/action' and called.group(2) == file.stem):
                found.append('%s:%d: knows the name of a module (%r)' % (file.path, line, text))
    return found


def test_every_fact_has_one_place():
    assert not complaints(source.ROOT), '\n' + '\n'.join(complaints(source.ROOT))


# Who edits primitives, or keeps them as they stand. Everybody else reads them as Pacemaker does, with templates and references.
AS_THEY_STAND = {
    UTILS + '_cib/edits.py',
    UTILS + '_cib/expansion.py',
    UTILS + '_cib/fencing.py',
    UTILS + '_cib/hold.py',
    UTILS + '_resources/edit.py',
    UTILS + '_stagger/destinations.py',
    UTILS + '_stagger/node.py',
}


def test_primitives_are_read_as_pacemaker_reads_them():
    found = {
        file.path
        for file in source.python(source.ROOT, 'plugins')
        if re.search(r'\btree\.primitives\(', (source.ROOT / file.path).read_text())
    }
    assert found == AS_THEY_STAND


def test_the_places_are_there():
    """A place that was renamed would let everybody's strings through unseen, and nobody's own."""
    missing = {place for _pattern, place, _what in PLACES if not (source.ROOT / place).is_file()}
    assert not missing


def checkout(tmp_path, path, text):
    for name, content in {'plugins/modules/ve_info.py': '', path: text}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return complaints(tmp_path)


@pytest.mark.parametrize('path, text', [
    (UTILS + '_cluster/wait.py', "call(['crm_mon', '--one-shot'])"),
    (UTILS + '_cluster/wait.py', "call('crm_mon -1rf'.split())"),
    (UTILS + '_cluster/wait.py', "call(('crm_simulate',))"),
    (UTILS + '_cluster/status.py', "failure.get('exitstatus')"),
    (UTILS + '_cib/fencing.py', "attributes.get_property(root, 'stonith-enabled')"),
    (UTILS + '_cib/tree.py', "root.iter('nvpair')"),
    (UTILS + '_cib/tree.py', "root.findall('.//meta_attributes/nvpair[@name]')"),
    (UTILS + '_cib/tree.py', "re.match(r'(\\d+)(ms|s|min)', text)"),
    (UTILS + '_cib/tree.py', "'%d min' % (seconds / 60)"),
    (UTILS + '_cib/tree.py', "'%dms' % timeout"),
    (UTILS + '_cib/tree.py', "'at %.1f h' % hours"),
    (UTILS + '_cib/tree.py', "if name == 've_info': pass"),
    ('plugins/action/ve_other.py', "self._execute_module('openve.pacemaker.ve_info')"),
])  # fmt: skip
def test_another_place_is_seen(tmp_path, path, text):
    assert len(checkout(tmp_path, path, text)) == 1


@pytest.mark.parametrize('path, text', [
    (UTILS + '_cluster/status.py', "call(['crm_mon'])"),
    (UTILS + '_cluster/wait.py', "'Look with crm_mon -1rf.'"),
    (UTILS + '_cluster/wait.py', '"""nvpairs, crm_mon"""\ndef f():\n    """crm_mon"""'),
    (UTILS + '_cluster/wait.py', "'ask ve_info of the others'"),
    (UTILS + '_cluster/wait.py', "'%s starts, %d hosts, 50%% more, %s minutes'"),
    (UTILS + '_cluster/wait.py', "'it answers again after %d s'"),
    ('plugins/action/ve_info.py', "self._execute_module('openve.pacemaker.ve_info')"),
])  # fmt: skip
def test_what_only_speaks_of_it_is_fine(tmp_path, path, text):
    assert checkout(tmp_path, path, text) == []

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go one way: rule 2 of docs/architecture.md. A package that is not in the table there fails too, so that a new one is placed."""

from __future__ import annotations

import ast
import sys

import pytest
import source

# (from, to): why a package may import from one beside it. What both need belongs a row below.
BESIDE = {
    ('plugins/plugin_utils/_rehearsal', 'plugins/plugin_utils/_look'): 'all pages look alike',
    ('plugins/plugin_utils/_audit', 'plugins/plugin_utils/_look'): 'all pages look alike',
}

# What lies in plugins/ beside module_utils, and which other directories of plugins/ it may use.
EDGES = {
    'plugins/modules': ('plugins/module_utils',),
    'plugins/action': ('plugins/module_utils', 'plugins/plugin_utils'),
    'plugins/filter': ('plugins/module_utils',),
    'plugins/doc_fragments': (),
    'plugins/plugin_utils': ('plugins/module_utils',),
}
# Where Ansible itself runs there is also what it cannot do without.
CONTROLLER = ('jinja2', 'yaml')
UTILS = 'from ansible_collections.openve.pacemaker.plugins.module_utils.'
ON_CONTROLLER = ('plugins/action', 'plugins/filter', 'plugins/plugin_utils')


def complaints(root):
    """What is wrong in a checkout, a line each."""
    found, graph = [], {}
    for file in source.python(root, 'plugins'):
        where = source.row(file.package)
        kind = '/'.join(file.path.split('/')[:2])
        if where is None and kind not in EDGES:
            found.append('%s: its package has no place in tests/source.py (ROWS)' % file.path)
        graph[file.path] = set()
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Name) and node.id == '__import__':
                found.append('%s:%d: imports by a name that nobody can read' % (file.path, node.lineno))
        for each in source.imports(root, file):
            at = '%s:%d: ' % (file.path, each.line)
            if not each.own:
                problem = foreign(file, each, kind)
            elif not (root / each.target).is_file():
                problem = 'imports %s, which does not exist' % ' of '.join(filter(None, (each.name, each.target)))
            elif where is not None:
                problem = below(file, each, where)
            else:
                problem = edge(file, each, kind)
            if problem:
                found.append(at + problem)
            if each.own:
                graph[file.path].add(each.target)
    return found + ['%s import each other in a circle' % ' -> '.join(circle) for circle in circles(graph)]


def foreign(file, each, kind):
    """Nodes have the standard library; and what is Ansible's is met in one place."""
    top = each.target.partition('.')[0]
    if top == 'importlib':
        return 'imports by a name that nobody can read (%s)' % each.target
    if top == 'ansible':
        if file.path.startswith(source.MODULE_UTILS) and file.path != source.MODULE_UTILS + '_base/module.py':
            return 'knows Ansible (%s): in module_utils only _base/module.py does' % each.target
        if file.package == 'plugins/modules':
            return 'knows Ansible (%s): leave that to _base/module.py' % each.target
        return None
    if top in sys.stdlib_module_names or (top in CONTROLLER and kind in ON_CONTROLLER):
        return None
    return '%s is not in the standard library' % each.target


def below(file, each, where):
    """Out of module_utils: from its own package, or from a row below."""
    other = source.row(each.package)
    if each.package == file.package or (file.package, each.package) in BESIDE:
        return None
    if other is None:
        return 'runs back, to %s' % each.target
    if other <= where:
        return 'runs %s, to %s' % ('beside' if other == where else 'back', each.target)
    return None


def edge(file, each, kind):
    """Out of what Ansible loads by its name."""
    to = '/'.join(each.target.split('/')[:2])
    if kind == 'plugins/modules':
        return module(file, each)
    if each.package == source.MODULE_UTILS + '_module':
        return 'runs back, to the work of a module (%s)' % each.target
    if kind == to == 'plugins/plugin_utils':
        beside = each.package == file.package or (file.package, each.package) in BESIDE
        return None if beside else 'runs beside, to %s' % each.target
    return None if to in EDGES.get(kind, ()) else 'runs back, to %s' % each.target


def module(file, each):
    """A module is its documentation and arguments: constants, and `module.run(ARGUMENTS, NAME.run, validate.complaint)`."""
    works = source.MODULE_UTILS + '_module/%s.py' % file.stem
    if each.target in (
        works,
        source.MODULE_UTILS + '_base/module.py',
        source.MODULE_UTILS + '_declaration/validate.py',
    ):
        return None
    if each.package != source.MODULE_UTILS + '_module' and (each.name.isupper() or each.target.endswith('/options.py')):
        return None
    return 'a module knows its work (%s), how it is run and constants of arguments, and not %s%s' % (
        works,
        each.target,
        ': ' + each.name if each.name else '',
    )


def circles(graph):
    """The circles among files, each once, from its first file on to it again."""
    found = {}
    finished = set()

    def visit(path, way):
        if path in way:
            circle = way[way.index(path) :]
            first = circle.index(min(circle))
            found[frozenset(circle)] = circle[first:] + circle[:first] + [min(circle)]
        elif path not in finished:
            for other in sorted(graph.get(path, ())):
                visit(other, way + [path])
            finished.add(path)

    for path in sorted(graph):
        visit(path, [])
    return list(found.values())


def test_no_arrow_runs_back():
    assert not complaints(source.ROOT), '\n' + '\n'.join(complaints(source.ROOT))


def agent_complaints(root):
    """The agent is there before Ansible is, and after: its library, and the standard one."""
    found, graph = [], {}
    for file in source.python(root, 'files'):
        graph[file.path] = set()
        for each in source.imports(root, file):
            top, _dot, name = each.target.partition('.')
            if top == 'manageve':
                graph[file.path].add('files/manageve/%s.py' % (name or each.name))
            elif each.own or top not in sys.stdlib_module_names:
                found.append('%s:%d: %s is not in the standard library' % (file.path, each.line, each.target))
    return found + ['%s import each other in a circle' % ' -> '.join(circle) for circle in circles(graph)]


def test_the_agent_stands_alone():
    assert not agent_complaints(source.ROOT), '\n' + '\n'.join(agent_complaints(source.ROOT))


@pytest.mark.parametrize('text, said', [
    ('import yaml', 'files/manageve/one.py:1: yaml is not in the standard library'),
    ('from ansible.module_utils import basic', 'files/manageve/one.py:1: ansible.module_utils is not'),
    (UTILS + '_cib import tree', 'files/manageve/one.py:1: plugins/module_utils/_cib.py is not'),
    ('from manageve.two import x', 'files/manageve/one.py -> files/manageve/two.py -> files/manageve/one.py import'),
    ('def f():\n    from manageve import two', 'files/manageve/one.py -> files/manageve/two.py -> files/manageve/one.py import'),
])  # fmt: skip
def test_an_agent_that_does_not_is_seen(tmp_path, text, said):
    library = tmp_path / 'files' / 'manageve'
    library.mkdir(parents=True)
    (library / 'one.py').write_text(text)
    (library / 'two.py').write_text('import os\nfrom manageve import one\n')
    found = agent_complaints(tmp_path)
    assert len(found) == 1 and found[0].startswith(said), found


def test_what_is_beside_is_there():
    """An exception that nobody needs any more goes."""
    used = {
        (file.package, each.package)
        for file in source.python(source.ROOT, 'plugins')
        for each in source.imports(source.ROOT, file)
    }
    assert not set(BESIDE) - used


def checkout(tmp_path, **files):
    """A checkout with these files; two underscores are a slash."""
    for name, text in dict(
        {'_base__module': '', '_cib__tree': '', '_module__ve_info': '', '_stagger__plan': ''}, **files
    ).items():
        path = (
            tmp_path
            / 'plugins'
            / ('' if name.startswith('of__') else 'module_utils')
            / (name.replace('of__', '', 1).replace('__', '/') + '.py')
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return complaints(tmp_path)


@pytest.mark.parametrize('files', [
    {'_rehearsal__run': UTILS + '_cib import tree\n' + UTILS + '_cib.tree import text\n'},
    {'of__modules__ve_info': UTILS + '_base import module\n' + UTILS + '_module import ve_info\n' + UTILS + '_cib.tree import FIELDS\n'},
    {'of__action__ve_info': 'from ansible.errors import AnsibleError\n' + UTILS + '_cib import tree\n'},
    {'_base__module': 'from ansible.module_utils.basic import AnsibleModule\nimport json\n'},
])  # fmt: skip
def test_what_goes_down_is_fine(tmp_path, files):
    assert checkout(tmp_path, **files) == []


@pytest.mark.parametrize('files, said', [
    ({'_cib__edits': UTILS + '_stagger import plan'}, 'edits.py:1: runs back, to plugins/module_utils/_stagger/plan.py'),
    ({'_cib__edits': 'def f():\n    ' + UTILS + '_stagger.plan import do'}, 'edits.py:2: runs back'),
    ({'_cib__edits': 'from .._stagger import plan'}, 'edits.py:1: runs back'),
    ({'_cib__edits': 'import ansible_collections.openve.pacemaker.plugins.module_utils._stagger.plan'}, 'edits.py:1: runs back'),
    ({'_rehearsal__run': UTILS + '_stagger import plan'}, 'run.py:1: runs beside'),
    ({'_cib__edits': UTILS + '_module import ve_info'}, 'runs back'),
    ({'_cib__edits': 'from ansible_collections.openve.pacemaker.plugins.plugin_utils._x import y', 'of__plugin_utils___x__y': ''}, 'runs back'),
    ({'_cib__edits': UTILS + '_cib import gone'}, 'does not exist'),
    ({'_new__thing': ''}, '_new/thing.py: its package has no place'),
    ({'loose': ''}, 'module_utils/loose.py: its package has no place'),
    ({'of__lookup__thing': ''}, 'lookup/thing.py: its package has no place'),
    ({'_cib__edits': 'import yaml'}, 'not in the standard library'),
    ({'_cib__edits': 'from ansible.module_utils.basic import AnsibleModule'}, 'knows Ansible'),
    ({'_cib__edits': 'import importlib'}, 'nobody can read'),
    ({'_cib__edits': 'x = __import__("os")'}, 'nobody can read'),
    ({'_cib__edits': 'import jinja2'}, 'not in the standard library'),
    ({'of__modules__ve_info': UTILS + '_stagger import plan'}, 'a module knows its work'),
    ({'of__modules__ve_info': UTILS + '_cib.tree import text'}, 'a module knows its work'),
    ({'of__modules__ve_host': UTILS + '_module import ve_info'}, 'a module knows its work'),
    ({'of__action__ve_info': UTILS + '_module import ve_info'}, 'to the work of a module'),
    ({'of__filter__f': 'from ansible_collections.openve.pacemaker.plugins.plugin_utils._x import y', 'of__plugin_utils___x__y': ''}, 'runs back'),
    ({'of__plugin_utils___a__b': 'from ansible_collections.openve.pacemaker.plugins.plugin_utils._x import y', 'of__plugin_utils___x__y': ''}, 'runs beside'),
    ({'_cib__tree': UTILS + '_cib import edits', '_cib__edits': UTILS + '_cib import tree'},
     'plugins/module_utils/_cib/edits.py -> plugins/module_utils/_cib/tree.py -> plugins/module_utils/_cib/edits.py import each other'),
])  # fmt: skip
def test_what_runs_back_is_seen(tmp_path, files, said):
    found = checkout(tmp_path, **files)
    assert len(found) == 1 and said in found[0], found

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One guess finds the file: a module's work bears its name, and a test lies where the tested lies."""

from __future__ import annotations

import ast

import source


def names(root, directory):
    return {path.stem for path in (root / directory).glob('*.py')}


def complaints(root):
    found = []
    modules, works = names(root, 'plugins/modules'), names(root, source.MODULE_UTILS + '_module')
    found += ['module %s has no file of its name in _module/' % name for name in sorted(modules - works)]
    found += ['_module/%s.py is the work of no module' % name for name in sorted(works - modules)]
    found += ['action plugin %s has no module' % name for name in sorted(names(root, 'plugins/action') - modules)]
    for file in source.python(root, source.MODULE_UTILS + '_module'):
        entry = [node for node in file.tree.body if isinstance(node, ast.FunctionDef) and node.name == 'run']
        if not entry or [argument.arg.strip('_') for argument in entry[0].args.args] != [
            'runner',
            'arguments',
            'check',
        ]:
            found.append('%s has no run(runner, arguments, check)' % file.path)
    for path in sorted((root / 'tests' / 'unit' / 'plugins').rglob('test_*.py')):
        tested = path.parent.relative_to(root / 'tests' / 'unit')
        if not (root / tested).is_dir():
            found.append('%s tests what is not there (%s)' % (path.relative_to(root), tested))
    return found


def test_one_guess_finds_it():
    assert not complaints(source.ROOT), '\n' + '\n'.join(complaints(source.ROOT))


def test_another_place_is_seen(tmp_path):
    for path, text in {
        'plugins/modules/ve_one.py': '',
        'plugins/modules/ve_two.py': '',
        'plugins/module_utils/_module/ve_two.py': 'def run(runner, arguments): pass',
        'plugins/module_utils/_module/ve_three.py': 'def run(_runner, arguments, check=False): pass',
        'plugins/action/ve_four.py': '',
        'tests/unit/plugins/modules/test_ve_one.py': '',
        'tests/unit/plugins/module_utils/_gone/test_it.py': '',
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert complaints(tmp_path) == [
        'module ve_one has no file of its name in _module/',
        '_module/ve_three.py is the work of no module',
        'action plugin ve_four has no module',
        'plugins/module_utils/_module/ve_two.py has no run(runner, arguments, check)',
        'tests/unit/plugins/module_utils/_gone/test_it.py tests what is not there (plugins/module_utils/_gone)',
    ]

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One subject a file: what is longer than this is two things. Documentation does not count (source.lines says what that is)."""

from __future__ import annotations

import ast

import source

FILE, CLASS, FUNCTION = 300, 200, 60


def complaints(root):
    found = []
    for file in source.python(root, 'plugins', 'files'):
        found += excess(file.path, source.lines(file), FILE)
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ClassDef):
                found += excess(
                    '%s:%d: class %s' % (file.path, node.lineno, node.name),
                    source.length(node) - source.documentation_lines(node.body),
                    CLASS,
                )
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found += excess('%s:%d: %s' % (file.path, node.lineno, node.name), source.length(node), FUNCTION)
    for template in sorted(root.glob('plugins/**/*.j2')):
        found += excess(template.relative_to(root).as_posix(), len(template.read_text().splitlines()), FILE)
    return found


def excess(what, lines, most):
    return ['%s has %d lines, %d at most' % (what, lines, most)] if lines > most else []


def test_nothing_is_too_long():
    assert not complaints(source.ROOT), '\n' + '\n'.join(complaints(source.ROOT))


def checkout(tmp_path, text, name='plugins/module_utils/_cib/x.py'):
    (tmp_path / 'files').mkdir()
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return complaints(tmp_path)


def body(count, indent=''):
    return ''.join('%sx = %d\n' % (indent, number) for number in range(count))


def test_a_long_file(tmp_path):
    head = '# licence\n' * 9 + '"""What it is.\n\nAt length.\n"""\n'
    assert checkout(tmp_path, head + body(301)) == ['plugins/module_utils/_cib/x.py has 301 lines, 300 at most']


def test_documentation_does_not_count(tmp_path):
    head = '# licence\n"""What it is."""\nDOCUMENTATION = r"""\n%s"""\n' % ('- x\n' * 100)
    assert checkout(tmp_path, head + body(300), 'plugins/modules/x.py') == []


def test_nor_does_it_in_a_fragment(tmp_path):
    assert checkout(tmp_path, 'class ModuleDocFragment:\n    DOCUMENTATION = """\n%s"""\n' % ('- x\n' * 400)) == []


def test_a_long_class(tmp_path):
    assert checkout(tmp_path, 'class X:\n' + body(200, '    '))[0].endswith(
        'x.py:1: class X has 201 lines, 200 at most'
    )


def test_a_long_function_in_a_class(tmp_path):
    text = 'class X:\n    @staticmethod\n    def f():\n' + body(59, ' ' * 8)
    assert checkout(tmp_path, text)[0].endswith('x.py:3: f has 61 lines, 60 at most')


def test_a_script_without_suffix(tmp_path):
    assert checkout(tmp_path, '#!/usr/bin/python3\ndef f():\n' + body(60, ' '), 'files/Agent')[0].startswith(
        'files/Agent:2: f'
    )


def test_a_long_template(tmp_path):
    assert checkout(tmp_path, '<p>\n' * 301, 'plugins/plugin_utils/_x/page.html.j2')

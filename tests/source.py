# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Python files of a checkout import and contain, read from their text: for the tests of the house, and for its picture.

A file is named by its path from the checkout ("plugins/module_utils/_cib/tree.py"), a package by its directory.
"""

from __future__ import annotations

import ast
import dataclasses
import pathlib
from typing import Iterator

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLLECTION = 'ansible_collections.openve.pacemaker.'
DOCUMENTATION = ('DOCUMENTATION', 'EXAMPLES', 'RETURN')

# A package of module_utils imports from itself and from the rows below its own.
ROWS = (
    ('_module',),
    ('_resources', '_rehearsal', '_audit', '_stagger', '_host'),
    ('_simulator', '_cluster'),
    ('_cib',),
    ('_declaration',),
    ('_base',),
)
MODULE_UTILS = 'plugins/module_utils/'


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported thing: ``name`` out of ``target``, a file of the collection if ``own``, else a dotted module; inside a function too."""

    line: int
    target: str
    name: str
    own: bool

    @property
    def package(self) -> str:
        return self.target.rpartition('/')[0]


@dataclasses.dataclass(frozen=True)
class Source:
    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.rpartition('/')[0]

    @property
    def stem(self) -> str:
        return pathlib.PurePath(self.path).stem


def python(root: pathlib.Path, *directories: str) -> list[Source]:
    """The Python files below these directories: those with the suffix, and scripts that say so in their first line."""
    found = []
    for directory in directories:
        for path in sorted((root / directory).rglob('*')):
            if path.is_file() and (path.suffix == '.py' or (not path.suffix and _is_script(path))):
                text = path.read_text()
                name = path.relative_to(root).as_posix()
                found.append(Source(name, text, ast.parse(text, name)))
    return found


def _is_script(path: pathlib.Path) -> bool:
    with path.open('rb') as file:
        first = file.readline()
    return first.startswith(b'#!') and b'python' in first


def imports(root: pathlib.Path, source: Source) -> Iterator[Import]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _resolve(root, node.lineno, alias.name, '')
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ''
            if node.level:
                base = source.path.split('/')[: -node.level]
                module = COLLECTION + '.'.join(base + ([module] if module else []))
            for alias in node.names:
                yield _resolve(root, node.lineno, module, alias.name)


def _resolve(root: pathlib.Path, line: int, module: str, name: str) -> Import:
    """``from package import file`` imports the file, ``from package.file import name`` a name out of it."""
    if not module.startswith(COLLECTION):
        return Import(line, module, name, False)
    place = module[len(COLLECTION) :].replace('.', '/')
    if name and (root / place / (name + '.py')).is_file():
        return Import(line, '%s/%s.py' % (place, name), '', True)
    return Import(line, place + '.py', name, True)


def row(package: str) -> int | None:
    """In which of ROWS a package of module_utils ("plugins/module_utils/_cib") is; None if in none."""
    name = package[len(MODULE_UTILS) :] if package.startswith(MODULE_UTILS) else ''
    return next((number for number, names in enumerate(ROWS) if name in names), None)


def constants(source: Source) -> Iterator[tuple[int, str]]:
    """(line, text) of each string in the code; the documentation of a module and docstrings are none."""
    prose = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose.add(node.value)
        elif is_documentation(node):
            prose.add(node.value)
    found = [node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for node in sorted(found, key=lambda node: node.lineno):
        if node not in prose:
            yield node.lineno, node.value


def is_documentation(node: ast.AST) -> bool:
    """Whether it is one of the blocks that ansible-doc shows."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id in DOCUMENTATION for target in node.targets
    )


def lines(source: Source) -> int:
    """Lines without documentation: what ansible-doc shows, the licence and the docstring at the head, and blank lines after them."""
    count = len(source.text.splitlines())
    body = source.tree.body
    if ast.get_docstring(source.tree) is not None:
        count -= body[0].end_lineno
        body = body[1:]
    else:
        for line in source.text.splitlines():
            if not line.startswith('#'):
                break
            count -= 1
    return count - documentation_lines(body)


def documentation_lines(nodes: list[ast.stmt]) -> int:
    return sum(length(node) for statement in nodes for node in ast.walk(statement) if is_documentation(node))


def length(node: ast.stmt) -> int:
    """Lines from the first decorator to the end."""
    first = min([node.lineno] + [decorator.lineno for decorator in getattr(node, 'decorator_list', [])])
    return node.end_lineno - first + 1


def options(module: str) -> set[str]:
    """The names of a module's options, as documented: Ansible's sanity tests hold that against the code."""
    documentation = yaml.safe_load(_texts('plugins/modules/%s.py' % module)['DOCUMENTATION'])
    shared = _texts('plugins/doc_fragments/model.py')
    found = set(documentation.get('options', {}))
    for name in documentation.get('extends_documentation_fragment', []):
        found |= set(yaml.safe_load(shared[name.split('.')[-1].upper()])['options'])
    return found


def _texts(path: str) -> dict[str, str]:
    """{name: the text that it is set to} in a file."""
    return {
        target.id: node.value.value
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

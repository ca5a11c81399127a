# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docs name is there: files, functions in them, links, headings, make's targets; and the picture is that of the code."""

from __future__ import annotations

import ast
import re

import generate_architecture
import pytest
import source
import yaml

PAGES = sorted(
    path.relative_to(source.ROOT).as_posix()
    for pattern in ('*.md', 'docs/*.md', 'roles/*/README.md', 'tests/**/README.md')
    for path in source.ROOT.glob(pattern)
)
FOR_NEWCOMERS = ('CONTRIBUTING.md', 'docs/architecture.md')
# A path may be given from here: all of the collection, and packages of the pictures by their names.
FROM = ('', 'plugins/', 'plugins/module_utils/')
# `path`, `path::name` for a function, class or constant in it; NAME stands for any name.
PATH = re.compile(r'[\w./*-]+(?:/|\.(?:py|md|yml|j2|txt|toml|html))(?:[\w*-]+)?(?:::\w+)?')
TOPS = 'changelogs docs files molecule playbooks plugins requirements roles tests'.split()


def code(text):
    """What is in backticks or fenced, and no picture."""
    fenced = re.findall(r'^```(?!mermaid)\w*\n(.*?)^```', text, re.DOTALL | re.MULTILINE)
    return fenced + re.findall(r'`([^`\n]+)`', re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE))


def named(text):
    """The paths in the code of a page for newcomers: every word with a slash, or with the suffix of a file."""
    for span in code(text):
        for word in re.split(r'[\s,;()"\'=]+', span):
            if word.startswith(('-', '/', '$', '<', '~', '.cache')) or '://' in word:
                continue
            if PATH.fullmatch(word):
                yield word


def missing(word, root):
    """What of `path::name` is not there; None if all is."""
    path, _colons, name = word.partition('::')
    pattern = path.replace('NAME', '*').rstrip('/')
    found = [match for start in FROM for match in root.glob(start + pattern)]
    if not found:
        return '%s does not exist' % path
    if name and name not in definitions(found[0].read_text()):
        return '%s has no %s' % (path, name)
    return None


def definitions(text):
    """The names at the top of a file."""
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def anchors(text):
    """The headings of a page, as GitHub makes anchors of them."""
    headings = re.findall(r'^#+ +(.*)$', re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def dead_links(page, root):
    text = (root / page).read_text()
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        if '://' in target:
            continue
        path, _hash, anchor = target.partition('#')
        other = (root / page).parent / path if path else root / page
        if not other.exists():
            yield '%s: %s does not exist' % (page, target)
        elif anchor and anchor not in anchors(other.read_text()):
            yield '%s: %s has no heading %s' % (page, path or 'the page', anchor)


@pytest.mark.parametrize('page', FOR_NEWCOMERS)
def test_every_path_for_newcomers_exists(page):
    words = list(named((source.ROOT / page).read_text()))
    assert len(words) > 5
    found = [missing(word, source.ROOT) for word in words]
    assert not any(found), '\n' + '\n'.join(filter(None, found))


@pytest.mark.parametrize('page', PAGES)
def test_every_path_from_the_top_exists(page):
    """On the other pages a word counts that begins with a directory of the checkout."""
    found = [
        missing(word, source.ROOT) for word in named((source.ROOT / page).read_text()) if word.split('/')[0] in TOPS
    ]
    assert not any(found), '\n' + '\n'.join(filter(None, found))


@pytest.mark.parametrize('page', PAGES)
def test_every_link_leads_somewhere(page):
    assert list(dead_links(page, source.ROOT)) == []


@pytest.mark.parametrize('page', PAGES)
def test_every_target_of_make_exists(page):
    targets = re.findall(r'^([a-z-]+):', (source.ROOT / 'Makefile').read_text(), re.MULTILINE)
    called = {
        target for span in code((source.ROOT / page).read_text()) for target in re.findall(r'\bmake ([a-z-]+)', span)
    }
    assert called <= set(targets)


def test_the_picture_is_not_stale():
    page = generate_architecture.PAGE.read_text()
    assert page == generate_architecture.generate(page), 'renew it: python3 tests/generate_architecture.py'


def test_what_is_not_there_is_seen(tmp_path):
    utils = tmp_path / 'plugins' / 'module_utils' / '_cib'
    utils.mkdir(parents=True)
    (utils / 'tree.py').write_text('LIMIT: int = 1\n\n\ndef query():\n    inner = 1\n')
    text = (
        'See `_cib/tree.py`, `_cib/tree.py::query`, `_cib/tree.py::LIMIT`, `plugins/module_utils/_cib/`, `module_utils/_cib/NAME.py`.\n'
        '`_cib/gone.py` and `_cib/tree.py::inner`, `make it so`\n```\npytest -q tests/gone.py\n```\n```mermaid\n_cib/none.py\n```\n'
    )
    assert [found for found in (missing(word, tmp_path) for word in named(text)) if found] == [
        'tests/gone.py does not exist',
        '_cib/gone.py does not exist',
        '_cib/tree.py has no inner',
    ]
    (tmp_path / 'a.md').write_text(
        '# One `two`: 3\n[a](b.md) [b](#one-two-3) [c](a.md#four) [d](https://example.org) [e](plugins)'
    )
    assert list(dead_links('a.md', tmp_path)) == ['a.md: b.md does not exist', 'a.md: a.md has no heading four']


def test_all_pages_are_looked_at():
    assert {
        'README.md',
        'CONTRIBUTING.md',
        'docs/evidence.md',
        'roles/agent/README.md',
        'tests/agent/README.md',
    } <= set(PAGES)


@pytest.mark.parametrize('page', ['docs/data-model.md', 'plugins/doc_fragments/model.py'])
def test_what_yaml_makes_of_an_id_is_said(page):
    assert yaml.safe_load('id: 0101') == {'id': 65}
    text = (source.ROOT / page).read_text()
    assert re.search(r'[Qq]uote.{0,200}octal', text, re.DOTALL) and '0101' in text and '65' in text


@pytest.mark.parametrize(
    'page, said',
    [
        ('docs/data-model.md', r'failures_before_move: .*; 0: it never does, and a failed start is tried again'),
        ('plugins/doc_fragments/model.py', r'V\(0\) never moves it, and a failed start is tried again'),
    ],
)
def test_what_no_failures_before_move_means_is_said(page, said):
    assert re.search(said, (source.ROOT / page).read_text())

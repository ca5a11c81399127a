#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the picture of docs/architecture.md between its marks, made from what the files in plugins/ import.

usage: tests/generate_architecture.py        tests/unit/house/test_docs.py fails when the picture is stale
"""

from __future__ import annotations

import re
import textwrap

import source

PAGE = source.ROOT / 'docs' / 'architecture.md'

# What a package is about. One that is not here cannot be drawn.
SUBJECTS = {
    'plugins/action': 'runs a module on a node, from the controller',
    'plugins/filter': 'numbers, hosts and checks for playbooks',
    'plugins/modules': 'documentation and arguments',
    'plugins/plugin_utils/_rehearsal': 'the page and the text',
    'plugins/plugin_utils/_remote': 'other hosts of the play',
    'plugins/plugin_utils/_audit': 'the findings in words',
    'plugins/plugin_utils/_look': 'how the pages look',
    'plugins/plugin_utils/_stagger': 'the run, watched from the controller',
    'plugins/module_utils/_module': 'the work of each module',
    'plugins/module_utils/_resources': 'declared VEs into the CIB',
    'plugins/module_utils/_rehearsal': 'scenarios, rules, advice',
    'plugins/module_utils/_audit': 'rules about how a cluster is set up',
    'plugins/module_utils/_stagger': 'the plan, and the answers of the node',
    'plugins/module_utils/_host': 'what else on a host starts VEs',
    'plugins/module_utils/_simulator': "Pacemaker's controller, second by second",
    'plugins/module_utils/_cluster': 'what runs: status, scheduler, waiting',
    'plugins/module_utils/_cib': 'the CIB: read, edited, pushed',
    'plugins/module_utils/_declaration': 'ves and policy, and their numbers',
    'plugins/module_utils/_base': 'errors, times, commands, Ansible',
}
CONTROLLER = ('plugins/action', 'plugins/filter', 'plugins/plugin_utils')


def packages():
    """{package: (its files, the packages it imports from)}"""
    found = {}
    for file in source.python(source.ROOT, 'plugins'):
        if file.package == 'plugins/doc_fragments':  # text alone
            continue
        stems, others = found.setdefault(file.package, ([], set()))
        stems.append(file.stem)
        others.update(each.package for each in source.imports(source.ROOT, file) if each.own)
    return {package: (stems, others - {package}) for package, (stems, others) in found.items()}


def drawn(graph):
    """The arrows without those that a longer way says already."""

    def reached(package, without):
        seen, todo = set(), [other for other in graph[package][1] if other != without]
        while todo:
            package = todo.pop()
            if package not in seen:
                seen.add(package)
                todo += graph[package][1]
        return seen

    return [
        (package, other)
        for package in sorted(graph)
        for other in sorted(graph[package][1])
        if other not in reached(package, other)
    ]


def picture():
    graph = packages()
    title = {package: package[len('plugins/') :].replace('module_utils/', '') for package in graph}
    name = {package: title[package].strip('_').replace('/', '') for package in graph}
    lines = ['```mermaid', 'flowchart TB']
    for place, here in (('controller', True), ('node', False)):
        lines.append('    subgraph on_%s ["on the %s"]' % (place, place))
        for package, (stems, _others) in sorted(graph.items()):
            if package.startswith(CONTROLLER) == here:
                files = '<br/>'.join(textwrap.wrap(' '.join(stems), 28))
                lines.append(
                    '        %s["<b>%s</b><br/><i>%s</i><br/>%s"]'
                    % (name[package], title[package], SUBJECTS[package], files)
                )
        lines.append('    end')
    lines += ['    %s --> %s' % (name[package], name[other]) for package, other in drawn(graph)]
    return lines + ['```']


def generate(page):
    page, found = re.subn(
        r'(<!-- picture:.*? -->\n).*?(<!-- end -->)',
        lambda marks: marks.group(1) + '\n'.join(picture()) + '\n' + marks.group(2),
        page,
        flags=re.DOTALL,
    )
    if found != 1:
        raise SystemExit('docs/architecture.md has %d places for the picture' % found)
    return page


if __name__ == '__main__':
    PAGE.write_text(generate(PAGE.read_text()))

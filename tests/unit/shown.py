# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page and the text of a rehearsal as people get them."""

from __future__ import annotations

import html.parser
import re
from datetime import datetime

from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import page as rehearsal_page
from ansible_collections.openve.pacemaker.plugins.plugin_utils._rehearsal import text as rehearsal_text

from rehearsal_sample import action

NOW = datetime(2026, 11, 26, 23, 40)
VOID = ('meta', 'br', 'hr', 'input', 'link', 'img')


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children, self.texts = tag, dict(attributes), parent, [], []

    def all(self, tag=None, cls=None):
        for child in self.children:
            if (tag is None or child.tag == tag) and (cls is None or cls in child.attributes.get('class', '').split()):
                yield child
            yield from child.all(tag, cls)

    def one(self, tag=None, cls=None):
        found = list(self.all(tag, cls))
        assert len(found) == 1, (tag, cls, found)
        return found[0]

    def id(self, name):
        return next(element for element in self.all() if element.attributes.get('id') == name)

    @property
    def raw(self):
        return ''.join(text if isinstance(text, str) else text.raw for text in self.texts)

    @property
    def text(self):
        return re.sub(r'\s+', ' ', self.raw).strip()


class Tree(html.parser.HTMLParser):
    """The page as a browser gets it; an element that is not closed, or closed where none is open, is an error."""

    def __init__(self, page):
        super().__init__()
        self.root = self.now = Element('root', {}, None)
        self.feed(page)
        self.close()
        assert self.now is self.root, 'not closed: %s' % self.now.tag

    def handle_starttag(self, tag, attributes):
        assert self.now.tag != 'p' or tag not in ('details', 'div', 'p', 'ul', 'table'), (
            'a browser closes <p> before <%s>' % tag
        )
        element = Element(tag, attributes, self.now)
        self.now.children.append(element)
        self.now.texts.append(element)
        if tag not in VOID:
            self.now = element

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.now = self.now.parent

    def handle_endtag(self, tag):
        assert self.now.tag == tag, 'line %d: </%s> closes <%s>' % (self.getpos()[0], tag, self.now.tag)
        self.now = self.now.parent

    def handle_data(self, data):
        self.now.texts.append(data)


def page(result, measured=(), **more):
    return Tree(rehearsal_page.page(result, measured, now=NOW, **more)).root


def text(result, measured=()):
    return rehearsal_text.text(result, measured, now=NOW)


def sections(root, result):
    """(scenario of the result, its section, its line in the overview)."""
    lines = {line.attributes['href']: line for line in root.all('a', 'line')}
    for number, scenario in enumerate(result['scenarios'], 1):
        yield scenario, root.id('s%d' % number), lines['#s%d' % number]


def measured():
    return {
        'scenario': 'lose n3',
        'title': 'Measured',
        'note': 'by a watch',
        'nodes': ['n1', 'n2', 'n3'],
        'lost': ['n3'],
        'fenced': {'n3': 10.5},
        'limits': {'n1': 2},
        'actions': [
            action('ve-103', 'start', 'n1', 11, 20),
            action('ve-106', 'start', 'n1', 12, 22),
            action('ve-109', 'start', 'n1', 13, 60.5),
        ],
    }

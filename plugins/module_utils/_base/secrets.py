# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be neither shown nor logged: which arguments hold a secret, what else is one by its name, and how it may be spelled.

Ansible masks a secret as it was given, and its log has it escaped: a backslash or both kinds of quotes were enough to let it through.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any, Collection, Iterable, Iterator, Mapping, Sequence

# The end of a name, so that passwd_script, which is a path, is none.
_NAME = re.compile(
    r'(?:\w*(?:passw(?:or)?d|passphrase)|(?:^|[\w.-]*[_.-])(?:pass|secret|token|community|(?:secret|private|api|auth|encryption)[_-]?key'
    r'|apitoken))\Z',
    re.IGNORECASE,
)

HIDDEN = 'hidden'

# A tag with its attributes; a value may hold ">", which Pacemaker does not always escape.
_TAG = re.compile(r'''<([a-z-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)(\s*/?>)''')
_NAMED = re.compile(r'''\bname\s*=\s*(?:"([^"]*)"|'([^']*)')''')
_VALUE = re.compile(r'''(\bvalue\s*=\s*)("[^"]*"|'[^']*')''')
_CHANGE = re.compile(r'<change\s.*?</change>', re.DOTALL)


@functools.lru_cache(maxsize=None)  # the same few fields of hundreds of VEs
def is_secret(name: Any) -> bool:
    """Whether a parameter is a secret, by its name alone."""
    return _NAME.match(str(name)) is not None


def given(spec: Mapping[str, Any], arguments: Mapping[str, Any]) -> set[str]:
    """The secrets among a module's arguments, as they were given: what is no_log, and what is called like a secret or like one of those.

    Where something else than a list or a mapping was given for what has a secret in it, all of it is one.
    """
    found: set[str] = set()
    names: set[str] = set()
    for text, name in _declared(spec, arguments):
        found.add(text)
        names.add(name)
    found.update(_named(arguments, names))
    return found


def holds(spec: Mapping[str, Any]) -> bool:
    """Whether an option, or what is in it, is no_log."""
    return bool(spec.get('no_log')) or any(map(holds, (spec.get('options') or {}).values()))


def _declared(spec: Mapping[str, Any], arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(text, the name that it has in a no_log mapping, if any)"""
    for name, option in spec.items():
        value = arguments.get(name)
        if value is None or not holds(option):
            continue
        parts = list(value) if isinstance(value, (list, tuple)) else [value]
        for part in parts:
            if not option.get('no_log') and isinstance(part, dict):
                yield from _declared(option['options'], part)
            else:
                yield from _leaves(part, name if option.get('no_log') else '')


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, str(key))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part, name)
    elif value not in (None, '', True, False):
        yield str(value), name


def _named(value: Any, names: Collection[str]) -> Iterator[str]:
    """The texts under these names, or under one that is a secret's."""
    if isinstance(value, dict):
        for key, part in value.items():
            if is_secret(key) or key in names:
                yield from (text for text, _name in _leaves(part, ''))
            else:
                yield from _named(part, names)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _named(part, names)


def spellings(texts: Iterable[str]) -> set[str]:
    """These texts in every form in which something may print them: as XML, JSON, Python, for a shell, in a URL."""
    found: set[str] = set()
    for text in texts:
        written = {text, *_xml(text)}
        for _once in range(2):  # a text with a text in it is escaped twice
            written.update([form for one in list(written) for form in _escaped(one)])
        found |= written
    return found - {''}


def _xml(text: str) -> Iterator[str]:
    text = text.replace('&', '&amp;').replace('<', '&lt;')
    for greater in ('>', '&gt;'):
        for double in ('"', '&quot;'):
            for single in ("'", '&apos;', '&#39;', '&#x27;'):
                form = text.replace('>', greater).replace('"', double).replace("'", single)
                yield form
                yield form.encode('ascii', 'xmlcharrefreplace').decode()
                yield ''.join(char if char.isascii() else '&#x%X;' % ord(char) for char in form)


def _escaped(text: str) -> Iterator[str]:
    quoted = repr(text)[1:-1]
    for form in (quoted, ascii(text)[1:-1]):
        yield form
        bare = form.replace("\\'", "'")
        yield bare.replace('"', '\\"')
        yield bare.replace("'", "\\'")
    yield text.encode('unicode_escape').decode()
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield text.replace("'", "'\"'\"'")
    yield text.replace("'", "'\\''")
    yield re.sub(r'(["\\$`])', r'\\\1', text)
    yield re.sub(r'([^\w@%+=:,./-])', r'\\\1', text, flags=re.ASCII)
    yield ''.join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or byte in b'-._~' else '%%%02X' % byte
        for byte in text.encode('utf-8', 'replace')
    )


def masked(value: Any, texts: Sequence[str]) -> Any:
    """Arguments with these texts taken out, the longest first, of what is in them too."""
    if isinstance(value, dict):
        return {key: masked(part, texts) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(part, texts) for part in value]
    if value is None or isinstance(value, bool):
        return value
    shown = str(value)
    for text in texts:
        shown = shown.replace(text, '********')
    return value if shown == str(value) else shown


def without_values(text: str) -> str:
    """XML, or what a tool printed of it, without the values of what is a secret by its name."""
    if not any(is_secret(one or other) for one, other in set(_NAMED.findall(text))):
        return text
    return _TAG.sub(lambda tag: _without(tag) if _is_secret_pair(tag) else tag.group(), _CHANGE.sub(_change, text))


def _is_secret_pair(tag: re.Match[str]) -> bool:
    name = _NAMED.search(tag.group(2))
    return name is not None and is_secret(name.group(1) or name.group(2))


def _without(tag: re.Match[str]) -> str:
    return '<%s%s%s' % (tag.group(1), _VALUE.sub(r'\g<1>"%s"' % HIDDEN, tag.group(2)), tag.group(3))


def _change(change: re.Match[str]) -> str:
    """In a patch the new value stands beside the whole pair, without the pair's name."""
    if any(_is_secret_pair(tag) for tag in _TAG.finditer(change.group())):
        return _TAG.sub(_without, change.group())
    return change.group()

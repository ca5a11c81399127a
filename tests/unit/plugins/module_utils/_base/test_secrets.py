# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._base import secrets

from hostile import PASSWORDS, leaks


@pytest.mark.parametrize(
    'name',
    'passwd password PASSWORD snmp_priv_passwd ilo_password userpassword passphrase pass secret client_secret client-secret token api_token '
    'auth_pass secret_key private_key private-key apikey api_key authkey community snmp_community apitoken'.split(),
)
def test_secret_by_name(name):
    assert secrets.is_secret(name)


@pytest.mark.parametrize(
    'name',
    'passwd_script password_script passwd_file bypass compass ip login username pcmk_host_map identity_file ssh_key access_key key '
    'token_timeout pass_count monkey community_name community_id tokens'.split(),
)
def test_no_secret_by_name(name):
    assert not secrets.is_secret(name)


def writers():
    yield 'repr', repr
    yield 'ascii', ascii
    yield 'repr in repr', lambda secret: repr(str({'a': secret}))
    yield 'beside both quotes', lambda secret: repr('say "%s" \'' % secret)
    yield 'JSON', json.dumps
    yield 'JSON as it is', lambda secret: json.dumps(secret, ensure_ascii=False)
    yield 'JSON in JSON', lambda secret: json.dumps(json.dumps(secret))
    yield 'JSON in Python', lambda secret: repr(json.dumps(secret))
    yield 'XML', lambda secret: ET.tostring(ET.Element('a', b=secret), encoding='unicode')
    yield 'XML in ASCII', lambda secret: ET.tostring(ET.Element('a', b=secret)).decode()
    yield 'XML in JSON', lambda secret: json.dumps(ET.tostring(ET.Element('a', b=secret), encoding='unicode'))
    yield 'for a shell', shlex.quote
    yield 'escaped escape', lambda secret: secret.encode('unicode_escape').decode()


@pytest.mark.parametrize('write', [pytest.param(write, id=name) for name, write in writers()])
def test_every_spelling(write):
    for secret in PASSWORDS:
        forms = sorted(secrets.spellings([secret]), key=len, reverse=True)
        text = 'before %s after' % write(secret)
        assert leaks(text), 'there is something to hide'
        for form in forms:
            text = text.replace(form, '********')
        assert not leaks(text) and text.startswith('before ') and text.endswith(' after'), text


def test_nothing_is_none():
    assert secrets.spellings([]) == set() and secrets.spellings(['']) == set()


SPEC = {
    'devices': {'type': 'list', 'elements': 'dict', 'options': {'id': {}, 'hidden': {'type': 'dict', 'no_log': True}}},
    'plain': {'type': 'dict'},
}


@pytest.mark.parametrize(
    'arguments, found',
    [
        ({}, set()),
        ({'devices': None, 'plain': {'ip': 'x', 'n': 1}}, set()),
        ({'devices': [{'id': 'a', 'hidden': {'pin': 1234, 'on': True, 'empty': '', 'none': None}}]}, {'1234'}),
        ({'devices': [{'id': 'a', 'hidden': {'login': 'x'}}], 'plain': {'login': 'y'}}, {'x', 'y'}),
        ({'plain': {'deep': [{'passwd': ['z', {'any': 'w'}]}]}}, {'z', 'w'}),
        ({'devices': [{'id': 'a', 'hidden': 'text'}]}, {'text'}),
        ({'devices': 'all of it'}, {'all of it'}),
        ({'devices': ['one of it', {'id': 'a'}]}, {'one of it'}),
        ({'unknown': {'password': 'p'}}, {'p'}),
    ],
)
def test_the_secrets_among_the_arguments(arguments, found):
    assert secrets.given(SPEC, arguments) == found


def test_arguments_without_them():
    given = {'a': [{'b': 'say xyz', 'n': 12345, 'on': True, 'none': None, 'more': 'xyzzy'}], 'c': 'harmless'}
    assert secrets.masked(given, ['xyzzy', 'xyz', '1234']) == {
        'a': [{'b': 'say ********', 'n': '********5', 'on': True, 'none': None, 'more': '********'}],
        'c': 'harmless',
    }


def test_xml_without_the_values_of_secrets():
    for secret in PASSWORDS:
        pair = ET.Element('nvpair', id='a-password', name='password', value=secret)
        other = ET.Element('nvpair', id='a-ip', name='ip', value='1 > 0')
        text = ''.join(ET.tostring(part, encoding='unicode') for part in (other, pair, other))
        shown = secrets.without_values(text)
        assert not leaks(shown) and shown.count('1 &gt; 0') == 2 and shown.count('value="hidden"') == 1
        patch = (
            '<change operation="modify" path="/cib/nvpair[@id=\'a-password\']"><change-list>%s</change-list><change-result>%s'
            '</change-result></change>'
        ) % tuple(
            ET.tostring(part, encoding='unicode')
            for part in (ET.Element('change-attr', name='value', operation='set', value=secret), pair)
        )
        assert leaks(patch) and not leaks(secrets.without_values('<diff>%s%s</diff>' % (patch, text)))
    assert (
        secrets.without_values("<nvpair name='token' value='a > b' id='x'/>")
        == "<nvpair name='token' value=\"hidden\" id='x'/>"
    )
    assert secrets.without_values(text.replace('password', 'passwd_script')) == text.replace(
        'password', 'passwd_script'
    )

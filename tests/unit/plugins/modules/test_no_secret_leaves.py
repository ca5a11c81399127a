# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret leaves a module by any spelling: in what it returns, in the journal, in the syslog, in the arguments of a tool."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ET

import pytest

from hostile import PASSWORDS, leaks

LOGGED = """
import json, os
def put(*words, **fields):
    with open(os.environ['LOGGED'], 'a') as stream:
        stream.write(' '.join(map(str, words)) + ' ' + ' '.join('%s=%s' % pair for pair in fields.items()) + chr(10))
"""


@pytest.fixture
def logs(cluster, tmp_path, request):
    """Where all goes that a module sends to the journal, or without one to the syslog, and all tools' arguments."""
    path = tmp_path / 'logged'
    path.touch()
    cluster.env['LOGGED'] = str(path)
    first = tmp_path / 'first'  # where a module's imports are looked for before all else
    first.mkdir()
    cluster.env['PYTHONPATH'] = str(first)
    (first / 'logged.py').write_text(LOGGED)
    if request.param == 'journal':
        (first / 'systemd').mkdir()
        (first / 'systemd' / '__init__.py').touch()
        (first / 'systemd' / 'daemon.py').write_text('def booted(): return True\n')
        (first / 'systemd' / 'journal.py').write_text('from logged import put as send\nsendv = send\n')
    else:
        (first / 'syslog.py').write_text(
            'from logged import put\nLOG_USER = 8\nLOG_INFO = 6\ndef openlog(*words): pass\ndef syslog(*words): put(*words)\n'
        )
    tools = tmp_path / 'tools'
    tools.mkdir()
    for name in ('cibadmin', 'crm_diff', 'crm_verify', 'crm_simulate', 'crm_resource'):
        found = subprocess.run(
            ['which', name], env=cluster.env, capture_output=True, text=True, check=True
        ).stdout.strip()
        (tools / name).write_text('#!/bin/sh\necho "RAN %s $*" >>%s\nexec %s "$@"\n' % (name, path, found))
        (tools / name).chmod(0o755)
    cluster.env['PATH'] = '%s:%s' % (tools, cluster.env['PATH'])
    return path


def devices(**more):
    return [
        dict({'id': 'f%d' % number, 'agent': 'fence_x', 'hosts': ['n1'], 'secrets': {'password': secret}}, **more)
        for number, secret in enumerate(PASSWORDS)
    ]


def silent(logs, output, invoked=True):
    assert not leaks(output), leaks(output)
    assert not leaks(json.dumps(json.loads(output), ensure_ascii=False))
    logged = logs.read_text()
    assert not leaks(logged), leaks(logged)
    assert not invoked or 'Invoked with' in logged
    logs.write_text('')


@pytest.mark.parametrize('logs', ['journal', 'syslog'], indirect=True)
def test_nor_in_any_mode(run_module, cluster, logs):
    for check in (True, False, False):
        result, output = run_module('cluster_settings', cluster.env, check, diff=True, fencing=devices())
        assert 'f7' in logs.read_text() and not result.get('failed'), result
        silent(logs, output)
    kept = {pair.get('value') for pair in ET.parse(cluster.path).iter('nvpair') if pair.get('name') == 'password'}
    assert kept == set(PASSWORDS), 'masked where it is shown, and nowhere else'
    # from here on they are in nobody's arguments
    new = [dict(device, secrets={'password': 'harmless'}) for device in devices()]
    result, output = run_module('cluster_settings', cluster.env, diff=True, fencing=new)
    assert result['changed'] and 'hidden, new' in result['diff']['after']
    silent(logs, output)


def mistaken():
    """What somebody may give in the wrong place or form."""
    first, both = PASSWORDS[0], PASSWORDS[6]
    device = {'id': 'f', 'agent': 'fence_x', 'hosts': ['n1']}
    yield 'among the options', [dict(device, options={'passwd': both})]
    yield 'of another name', [dict(device, options={'api_token': both, 'ilo_password': both, 'community': both})]
    yield 'twice', [dict(device, options={'login': both}, secrets={'login': 'x'})]
    yield 'unknown field', [dict(device, secret={'password': both})]
    yield 'beside the fields', [dict(device, password=both)]
    yield 'pairs in a text', [dict(device, secrets='password=%s' % first)]
    yield 'JSON in a text', [dict(device, secrets=json.dumps({'password': both}))]
    yield 'a list', [dict(device, secrets=[both])]
    yield 'a mapping in it', [dict(device, secrets={'password': {'a': [both]}})]
    yield 'a newline', [dict(device, secrets={'password': both + '\n'})]
    yield 'all in a text', json.dumps([dict(device, secrets={'password': first})])
    yield 'Python in a text', str([dict(device, secrets={'password': both})])
    yield 'a device in a text', [json.dumps(dict(device, secrets={'password': both}))]
    yield 'no list', {'secrets': {'password': both}}
    yield 'bad neighbour', [dict(device, secrets={'password': both}, hosts={'a': 1})]


@pytest.mark.parametrize('logs', ['journal'], indirect=True)
@pytest.mark.parametrize('fencing', [pytest.param(fencing, id=name) for name, fencing in mistaken()])
def test_nor_where_it_was_given_in_the_wrong_place(run_module, cluster, logs, fencing):
    result, output = run_module('cluster_settings', cluster.env, diff=True, fencing=fencing)
    silent(logs, output, invoked=not result.get('failed'))


@pytest.mark.parametrize('logs', ['journal'], indirect=True)
def test_nor_where_a_tool_fails_and_shows_what_it_got(run_module, cluster, logs, tmp_path):
    broken = tmp_path / 'tools' / 'cibadmin'
    real = broken.read_text().splitlines()[-1]
    broken.write_text('#!/bin/sh\ncase "$*" in *--patch*) cat >&2; exit 78;; esac\n%s\n' % real)
    result, output = run_module('cluster_settings', cluster.env, fencing=devices())
    assert result['failed'] and result['rc'] == 78 and 'fence_x' in result['stderr']
    silent(logs, output)


@pytest.mark.parametrize('logs', ['journal'], indirect=True)
def test_nor_of_others_in_what_ve_resources_shows(run_module, cluster, logs):
    """A group is shown as a whole, and a resource beside the VE in it may have a password."""
    ves = [{'id': 101, 'name': 'web', 'engine': 'lxc'}]
    run_module('ve_resources', cluster.env, ves=ves)
    root = ET.parse(cluster.path).getroot()
    resources = root.find('configuration/resources')
    ve = resources.find("primitive[@id='web']")
    resources.remove(ve)
    group = ET.fromstring(
        '<group id="g"><primitive id="db" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="db-i"/>'
        '</primitive></group>'
    )
    for number, (name, secret) in enumerate(zip(('passwd', 'repl_password', 'auth_pass', 'token'), PASSWORDS[5:])):
        ET.SubElement(group[0][0], 'nvpair', id='db-%d' % number, name=name, value=secret)
    group.append(ve)
    resources.append(group)
    cluster.path.write_bytes(ET.tostring(root))
    result, output = run_module('ve_resources', cluster.env, True, diff=True, ves=[dict(ves[0], boot_time='99s')])
    assert result['changed'] and 'repl_password' in result['diff']['after'] and 'hidden' in result['diff']['after']
    silent(logs, output)


def test_a_backup_is_for_its_owner_alone(run_module, cluster, tmp_path):
    before = os.umask(0)
    try:
        run_module('cluster_settings', cluster.env, fencing=devices())
        result, _output = run_module('ve_resources', cluster.env, ves=[{'id': 101, 'engine': 'lxc'}])
    finally:
        os.umask(before)
    assert os.stat(result['backup']).st_mode & 0o777 == 0o600

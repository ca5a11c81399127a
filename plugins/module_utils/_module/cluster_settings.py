# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing devices, cluster options and limits in a cluster's CIB, or in the first CIB of a node."""

from __future__ import annotations

import copy
import os
import pwd
import re
import tempfile
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._cib import cib
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration import model
from ansible_collections.openve.pacemaker.plugins.module_utils._resources import resources
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ModelError

# Where Pacemaker looks for its CIB as it starts, and whom that has to belong to.
FIRST_CIB = '/var/lib/pacemaker/cib/cib.xml'
OWNER = 'hacluster'

SECRET_NAMES = ('passwd', 'password', 'snmp_priv_passwd', 'secret_key', 'token', 'api_token', 'auth_pass')


def apply(runner, arguments, check=False):
    """The module cluster_settings: bring the CIB in line with its ``arguments``, return its result."""
    devices = arguments['fencing']
    _refuse_bad(devices, arguments['properties'])
    edit = _editor(arguments)
    change = _seed(runner, edit, check) if arguments['seed'] else cib.change(runner, edit, check)
    return {
        'changed': change.changed,
        'attempts': change.attempts,
        'warnings': change.warnings,
        'diff': lambda: _diff(change, devices),
    }


def _refuse_bad(devices, properties):
    problems, hide = [], []
    ids = [device['id'] for device in devices]
    for device in devices:
        where = 'fencing device %s' % device['id']
        options, secrets = device['options'], device['secrets']
        if not re.match(r'[A-Za-z_][A-Za-z0-9_.-]*\Z', device['id']):
            problems.append(
                '%s: id: cannot be the id of a resource; begin with a letter and use letters, digits, "_", '
                '"." and "-"' % where
            )
        if ids.count(device['id']) > 1:
            problems.append('%s: id: is taken by another device; give each its own' % where)
        if not device['hosts'] and 'pcmk_host_map' not in options and 'pcmk_host_list' not in options:
            problems.append('%s: hosts: is empty; name the nodes that it can fence' % where)
        for name in sorted(set(options) & set(SECRET_NAMES)):
            problems.append('%s: options.%s: would be logged; move it to secrets' % (where, name))
            hide.append(str(options[name]))
        for name in sorted(set(options) & set(secrets)):
            problems.append('%s: %s: is both in options and in secrets; remove one' % (where, name))
            hide.append(str(options[name]))
        for field in ('options', 'secrets'):
            problems += _unusable('%s: %s' % (where, field), device[field])
    problems += _unusable('properties', properties)
    if problems:
        error = ModelError(sorted(set(problems)))
        error.details['hide'] = [text for text in hide if text]
        raise error


def _unusable(where, values):
    """What the CIB cannot keep as a value. Names the field only: the value may be a secret."""
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            yield '%s.%s: must be a single value' % (where, name)
        elif value is None or value == '':
            yield '%s.%s: is empty; give it a value or leave it out' % (where, name)
        elif re.search(r'[\x00-\x1f\x7f]', str(value)):
            yield '%s.%s: holds a newline or another control character; write it on one line' % (where, name)


def _editor(arguments):
    set_limits = resources.Edit(model.read([], arguments['policy']))

    def edit(root):
        _refuse_taken(root, arguments['fencing'])
        set_limits(root)
        for device in arguments['fencing']:
            _put_device(root, device)
        cib.set_property(root, 'stonith-enabled', _text(bool(arguments['fencing'])))
        for name, value in arguments['properties'].items():
            cib.set_property(root, name, _text(value))

    return edit


def _refuse_taken(root, devices):
    wanted = {device['id']: _agent(device) for device in devices}
    problems = []
    for element in cib.section(root, 'resources').iter():
        name = element.get('id')
        if name in wanted and (element.tag, element.get('class'), element.get('type')) != (
            'primitive',
            'stonith',
            wanted[name],
        ):
            problems.append(
                'fencing device %s: id: is the name of another resource in this cluster; choose another' % name
            )
    if problems:
        raise CibError(
            '\n- '.join(['This cluster cannot take the fencing devices, nothing was changed:'] + problems),
            problems=problems,
        )


def _put_device(root, device):
    section = cib.section(root, 'resources')
    for primitive in section.iter('primitive'):
        if primitive.get('id') == device['id']:
            break
    else:
        primitive = ET.SubElement(
            section, 'primitive', {'id': device['id'], 'class': 'stonith', 'type': _agent(device)}
        )
    values = {}
    if device['hosts'] and not {'pcmk_host_map', 'pcmk_host_list'} & set(device['options']):
        values['pcmk_host_list'] = ' '.join(device['hosts'])
    _set_pairs(primitive, 'instance_attributes', {**values, **device['options'], **device['secrets']})
    if primitive.find('operations') is None:
        ET.SubElement(
            ET.SubElement(primitive, 'operations'),
            'op',
            id=device['id'] + '-monitor-60s',
            name='monitor',
            interval='60s',
            timeout='60s',
        )


def _set_pairs(parent, tag, values):
    """Set nvpairs of an attribute set and leave the ones that somebody else put there."""
    # A set with a rule holds only at times or on some nodes: not ours.
    attributes = next((found for found in parent.findall(tag) if found.find('rule') is None), None)
    if attributes is None:
        attributes = ET.SubElement(parent, tag, id='%s-%s' % (parent.get('id'), tag))
    pairs = {pair.get('name'): pair for pair in attributes.findall('nvpair')}
    for name, value in values.items():
        if name in pairs:
            pairs[name].set('value', _text(value))
        else:
            ET.SubElement(
                attributes, 'nvpair', id='%s-%s' % (attributes.get('id'), name), name=name, value=_text(value)
            )


def _agent(device):
    return device['agent'].replace('stonith:', '', 1)


def _text(value):
    return {True: 'true', False: 'false'}[value] if isinstance(value, bool) else str(value)


# The first CIB


def _seed(runner, edit, check):
    """Write the first CIB. All nodes write the same one, so that it does not matter whose is taken."""
    if os.path.exists(FIRST_CIB):
        return cib.Change(False, ET.Element('cib'), ET.Element('cib'))
    try:
        owner = pwd.getpwnam(OWNER)
    except KeyError:
        raise CibError(
            'This node has no user %s, so Pacemaker, which reads its first CIB as that user, is not installed. '
            'Install it first; nothing was changed.' % OWNER
        ) from None
    with tempfile.TemporaryDirectory(prefix='openve-') as folder:
        path = os.path.join(folder, 'cib.xml')
        # by this node's own tools: Pacemaker refuses a feature set that is newer than itself
        empty = cib.call(runner, ['cibadmin', '--empty'])
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(empty)
        change = cib.change(lambda argv, stdin=None: runner(argv, stdin, {'CIB_file': path}), edit, check)
        if not check:
            try:
                _install(path, owner)
            except OSError as error:
                raise CibError(
                    'The first CIB cannot be written: %s. It needs root, and the directories that Pacemaker\'s '
                    'package makes.' % error
                ) from error
        return change


def _install(path, owner):
    """Whole, and its owner's, before it has its name: Pacemaker does not start with a CIB that it cannot read."""
    with open(path, 'rb') as stream:
        content = stream.read()
    # mkstemp lets nobody else read it: it holds the secrets
    handle, ready = tempfile.mkstemp(prefix=os.path.basename(FIRST_CIB) + '.', dir=os.path.dirname(FIRST_CIB))
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(content)
            os.fchown(stream.fileno(), owner.pw_uid, owner.pw_gid)
        os.rename(ready, FIRST_CIB)
    except BaseException:
        os.unlink(ready)
        raise


# What may be shown


def _diff(change, devices):
    if not change.changed:
        return {}
    old, new = copy.deepcopy(change.old), copy.deepcopy(change.new)
    before, after = _secrets(old, devices), _secrets(new, devices)
    for key, pair in after.items():
        # The old secret is in nobody's arguments, so Ansible does not know to mask it.
        changed = key not in before or before[key].get('value') != pair.get('value')
        pair.set('value', 'hidden, new' if changed else 'hidden')
    for pair in before.values():
        pair.set('value', 'hidden')
    shown = cib.Change(True, old, new)
    return {'before': shown.before, 'after': shown.after}


def _secrets(root, devices):
    """{(device, set, name): nvpair} of all that is secret in a CIB."""
    declared = {device['id']: set(device['secrets']) for device in devices}
    return {
        (primitive.get('id'), attributes.get('id'), pair.get('name')): pair
        for primitive in cib.section(root, 'resources').iter('primitive')
        if primitive.get('class') == 'stonith'
        for attributes in primitive.findall('instance_attributes')
        for pair in attributes.findall('nvpair')
        if pair.get('name') in SECRET_NAMES or pair.get('name') in declared.get(primitive.get('id'), ())
    }

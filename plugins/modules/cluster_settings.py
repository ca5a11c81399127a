#!/usr/bin/python
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_settings
short_description: Fencing devices and cluster options, from the first second of a cluster
version_added: 0.1.0
author: openve contributors (@openve)
description:
  - Puts fencing devices, cluster options and the policy's limits into the CIB, in one guarded patch.
  - With O(seed) it writes them into the first CIB of a node whose Pacemaker never ran. A limit on starts that is set
    later than that is not in force until the node's Pacemaker is restarted.
  - Owns what it is given and nothing else. Removes no fencing device.
options:
  fencing:
    description: Fencing devices. An empty list sets C(stonith-enabled) to V(false).
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Name of the resource.
        type: str
        required: true
      agent:
        description: The fencing agent, such as V(fence_ipmilan).
        type: str
        required: true
      hosts:
        description: Nodes that the device can fence (C(pcmk_host_list)). Not needed with C(pcmk_host_map) among the options.
        type: list
        elements: str
        default: []
      options:
        description: The agent's parameters, and Pacemaker's own that begin with C(pcmk_).
        type: dict
        default: {}
      secrets:
        description: The agent's parameters that must not be shown or logged, such as C(password).
        type: dict
        default: {}
  properties:
    description: Cluster options, by name.
    type: dict
    default: {}
  seed:
    description: Whether to write the first CIB of this node instead. Changes nothing where there is a CIB.
    type: bool
    default: false
extends_documentation_fragment:
  - openve.pacemaker.model.policy
attributes:
  check_mode:
    description: Can run in check mode, and tells what would change.
    support: full
  diff_mode:
    description: Shows the CIB's change.
    support: full
"""

EXAMPLES = r"""
- name: Fence by IPMI
  openve.pacemaker.cluster_settings:
    policy:
      starts_per_node: 2
    fencing:
      - id: ipmi-n1
        agent: fence_ipmilan
        hosts: [n1]
        options: {ip: 192.0.2.1, username: pacemaker, lanplus: true}
        secrets: {password: "{{ ipmi_password }}"}
"""

RETURN = r"""
attempts:
  description: How often the patch was pushed until no one else's edit came between.
  type: int
  returned: always
  sample: 1
"""

import os
import pwd
import shutil
import tempfile
import xml.etree.ElementTree as ET

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openve.pacemaker.plugins.module_utils import cib, model, resources
from ansible_collections.openve.pacemaker.plugins.module_utils.errors import CibError, Error, ModelError

FIRST_CIB = '/var/lib/pacemaker/cib/cib.xml'
SECRET_NAMES = ('passwd', 'password', 'snmp_priv_passwd', 'secret_key', 'token', 'api_token', 'auth_pass')
FENCING = {
    'id': {'type': 'str', 'required': True},
    'agent': {'type': 'str', 'required': True},
    'hosts': {'type': 'list', 'elements': 'str', 'default': []},
    'options': {'type': 'dict', 'default': {}},
    'secrets': {'type': 'dict', 'default': {}, 'no_log': True},
}


def text(value):
    return {True: 'true', False: 'false'}[value] if isinstance(value, bool) else str(value)


def check(devices):
    problems = []
    for device in devices:
        where = 'fencing device %s' % device['id']
        for name in sorted(set(device['options']) & set(SECRET_NAMES)):
            problems.append('%s: options.%s: would be logged; move it to secrets' % (where, name))
        for name in sorted(set(device['options']) & set(device['secrets'])):
            problems.append('%s: %s: is both in options and in secrets; remove one' % (where, name))
        if not device['hosts'] and 'pcmk_host_map' not in device['options'] and 'pcmk_host_list' not in device['options']:
            problems.append('%s: hosts: is empty; name the nodes that it can fence' % where)
        if [other['id'] for other in devices].count(device['id']) > 1:
            problems.append('%s: id: is taken by another device; give each its own' % where)
    if problems:
        raise ModelError(sorted(set(problems)))


def set_pairs(parent, tag, values):
    """Set nvpairs of an attribute set and leave the ones that somebody else put there."""
    attributes = parent.find(tag)
    if attributes is None:
        attributes = ET.SubElement(parent, tag, id='%s-%s' % (parent.get('id'), tag))
    pairs = {pair.get('name'): pair for pair in attributes.findall('nvpair')}
    for name, value in values.items():
        if name in pairs:
            pairs[name].set('value', text(value))
        else:
            ET.SubElement(attributes, 'nvpair', id='%s-%s' % (attributes.get('id'), name), name=name, value=text(value))


def put_device(root, device):
    resources = cib.section(root, 'resources')
    agent = device['agent'].replace('stonith:', '', 1)
    for primitive in resources.iter('primitive'):
        if primitive.get('id') == device['id']:
            if (primitive.get('class'), primitive.get('type')) != ('stonith', agent):
                raise CibError('fencing device %s: id: is the name of another resource in this cluster; choose another.'
                               % device['id'])
            break
    else:
        primitive = ET.SubElement(resources, 'primitive', {'id': device['id'], 'class': 'stonith', 'type': agent})
    values = {}
    if device['hosts'] and not {'pcmk_host_map', 'pcmk_host_list'} & set(device['options']):
        values['pcmk_host_list'] = ' '.join(device['hosts'])
    set_pairs(primitive, 'instance_attributes', {**values, **device['options'], **device['secrets']})
    if primitive.find('operations') is None:
        ET.SubElement(ET.SubElement(primitive, 'operations'), 'op',
                      id=device['id'] + '-monitor-60s', name='monitor', interval='60s', timeout='60s')


def editor(params):
    set_limits = resources.Edit(model.read([], params['policy']))

    def edit(root):
        set_limits(root)
        for device in params['fencing']:
            put_device(root, device)
        cib.set_property(root, 'stonith-enabled', text(bool(params['fencing'])))
        for name, value in params['properties'].items():
            cib.set_property(root, name, text(value))
    return edit


def seed(module, edit):
    """Write the first CIB. All nodes write the same one, so that it does not matter whose is taken."""
    if os.path.exists(FIRST_CIB):
        return cib.Change(False, ET.Element('cib'), ET.Element('cib'))
    folder = tempfile.mkdtemp(prefix='openve-')
    try:
        path = os.path.join(folder, 'cib.xml')
        # by this node's own tools: Pacemaker refuses a feature set that is newer than itself
        _rc, empty, _err = module.run_command(['cibadmin', '--empty'], check_rc=True)
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(empty)
        module.run_command_environ_update = {'CIB_file': path}
        change = cib.change(runner(module), edit)
        if not module.check_mode:
            # whole and readable for Pacemaker before it has its name: it does not start with a CIB that it cannot read
            owner = pwd.getpwnam('hacluster')
            ready = FIRST_CIB + '.new'
            shutil.copyfile(path, ready)
            os.chmod(ready, 0o600)
            os.chown(ready, owner.pw_uid, owner.pw_gid)
            os.rename(ready, FIRST_CIB)
        return change
    finally:
        shutil.rmtree(folder)


def runner(module):
    def run(argv, stdin=None):
        return module.run_command(argv, data=stdin, handle_exceptions=False)
    return run


def main():
    module = AnsibleModule(
        argument_spec={
            'fencing': {'type': 'list', 'elements': 'dict', 'required': True, 'options': FENCING},
            'policy': {'type': 'dict', 'default': {}, 'options': model.POLICY_FIELDS},
            'properties': {'type': 'dict', 'default': {}},
            'seed': {'type': 'bool', 'default': False},
        },
        supports_check_mode=True,
    )
    try:
        check(module.params['fencing'])
        edit = editor(module.params)
        change = seed(module, edit) if module.params['seed'] else cib.change(runner(module), edit, check=module.check_mode)
        module.exit_json(changed=change.changed, attempts=change.attempts,
                         diff={'before': change.before, 'after': change.after} if module._diff and change.changed else {})
    except Error as error:
        module.fail_json(msg=error.msg, **error.details)


if __name__ == '__main__':
    main()

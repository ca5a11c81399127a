# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing devices in the CIB, and what of them must not be shown."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from typing import Any, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base import pacemaker
from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError
from ansible_collections.openve.pacemaker.plugins.module_utils._base.secrets import is_secret
from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import bullets, some
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes, diff, expansion, guests, tree
from ansible_collections.openve.pacemaker.plugins.module_utils._cib.transaction import Draft
from ansible_collections.openve.pacemaker.plugins.module_utils._declaration.cluster import NAMES_HOSTS

Device = Mapping[str, Any]

# A device that could not be started on any node, such as in an outage of its network, is tried again after this.
FAILURE_TIMEOUT = '5min'
# A management board may need most of a minute to let somebody log in; Pacemaker's own default is 20 s.
OPERATION_TIMEOUT = '60s'


def refuse_taken(root: Element, devices: Sequence[Device]) -> None:
    """Where another resource has the id of a device."""
    wanted = {device['id']: ('primitive', 'stonith', _agent(device)) for device in devices}
    problems = []
    for found in tree.section(root, 'resources').iter():
        if found.get('id') in wanted:
            element = expansion.primitive(root, found)
            if (element.tag, element.get('class'), element.get('type')) != wanted[element.get('id', '')]:
                problems.append(
                    'fencing device %s: id: is the name of another resource in this cluster; choose another'
                    % element.get('id')
                )
    if problems:
        heading = 'This cluster cannot take the fencing devices, nothing was changed:'
        raise CibError(bullets(heading, problems), problems=problems)


def put_device(root: Element, device: Device) -> None:
    """Set what is declared of a device, and leave what somebody else put there."""
    name = device['id']
    primitive = tree.primitives(root).get(name)
    if primitive is None:
        attrib = {'id': name, 'class': 'stonith', 'type': _agent(device)}
        primitive = ET.SubElement(tree.section(root, 'resources'), 'primitive', attrib)
        attributes.put(primitive, attributes.META, 'failure-timeout', FAILURE_TIMEOUT)
    values: dict[str, Any] = {}
    if device['hosts'] and not NAMES_HOSTS.intersection(device['options']):
        values['pcmk_host_list'] = ' '.join(device['hosts'])
    for option, value in {**values, **device['options'], **device['secrets']}.items():
        attributes.put(primitive, attributes.INSTANCE, option, attributes.written(value))
    if primitive.find('operations') is None:
        operations = ET.SubElement(primitive, 'operations')
        for action, interval in (('start', '0s'), ('stop', '0s'), ('monitor', '60s')):
            ident = '%s-%s-%s' % (name, action, interval)
            ET.SubElement(operations, 'op', id=ident, name=action, interval=interval, timeout=OPERATION_TIMEOUT)


def refuse_switching_off(root: Element) -> None:
    """Where the cluster fences, and has something to do it with."""
    devices = [name for name, primitive in expansion.primitives(root).items() if guests.is_fencing(primitive)]
    if devices and not attributes.fencing_is_off(root):
        problem = (
            'this cluster fences, by %s, and without a device in fencing that is switched off: give its devices, or '
            'disable_fencing: true' % some(devices)
        )
        raise CibError('Fencing stays on, nothing was changed: %s.' % problem, problems=[problem])


def switch(root: Element, on: bool) -> None:
    """Fencing on or off."""
    attributes.set_property(root, pacemaker.FENCING_ENABLED, attributes.written(on))


def diff_without_secrets(draft: Draft[Any], devices: Sequence[Device]) -> dict[str, str]:
    """The diff of a draft that may be shown."""
    old, new = copy.deepcopy(draft.old), copy.deepcopy(draft.new)
    before, after = _secrets(old, devices), _secrets(new, devices)
    for key, pair in after.items():
        # The old secret is in nobody's arguments, so Ansible does not know to mask it.
        changed = key not in before or before[key].get('value') != pair.get('value')
        pair.set('value', 'hidden, new' if changed else 'hidden')
    for pair in before.values():
        pair.set('value', 'hidden')
    return {'before': diff.differing(old, new), 'after': diff.differing(new, old)}


def _secrets(root: Element, devices: Sequence[Device]) -> dict[tuple[str, str, str], Element]:
    """{(resource, set, name): nvpair} of all that is secret in a CIB.

    A device may have it from a template, or share it with any other element: what is called like a secret is one.
    """
    declared = {device['id']: set(device['secrets']) for device in devices}
    return {
        (element.get('id', ''), attribute_set.get('id', ''), pair.get('name', '')): pair
        for element in tree.section(root, 'resources').iter()
        for attribute_set, pair in attributes.each(element, attributes.INSTANCE)
        if is_secret(pair.get('name')) or pair.get('name') in declared.get(element.get('id', ''), ())
    }


def _agent(device: Device) -> str:
    return str(device['agent']).replace('stonith:', '', 1)

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Pacemaker sums up the parameters that an operation ran with.

Where the sum in the history is not what it expects of the configuration it restarts the resource.
"""

from __future__ import annotations

import hashlib
import re
import sys
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.openve.pacemaker.plugins.module_utils._base.pacemaker import Tools
from ansible_collections.openve.pacemaker.plugins.module_utils._simulator.graph import Action

# A host with FIPS has no MD5 for security.
MD5: Any = {'usedforsecurity': False} if sys.version_info >= (3, 9) else {}


class Digests:
    """``root``: a CIB; ``tools``: whose scheduler compares the sums."""

    def __init__(self, root: Element, tools: Tools) -> None:
        self.old = not tools.escapes_as_xml
        self.known = {
            (resource.get('id'), entry.get('operation_key')): entry.get('op-digest')
            for resource in root.iter('lrm_resource')
            for entry in resource.findall('lrm_rsc_op')
            if entry.get('op-digest')
        }

    def of(self, name: str, operation_key: str, action: Action) -> str:
        """Of an operation of the resource with this name in the history."""
        parameters = {
            key: value
            for key, value in action.parameters.items()
            if not key.startswith('CRM_meta_') and key not in ('id', 'crm_feature_set', 'pcmk_external_ip')
        }
        if action.interval:
            parameters['CRM_meta_timeout'] = action.meta('timeout')
        if any(re.search(r'[^ !#-%(-;=?-~]', value) for value in parameters.values()):
            known = self.known.get((name, operation_key))
            if known:
                return known
        text = b' <parameters%s/>\n' % b''.join(
            b' %s="%s"' % (key.encode(), _written(parameters[key].encode(), self.old))
            for key in sorted(parameters, key=str.encode)
        )
        return hashlib.new('md5', text, **MD5).hexdigest()


def differs(value: str) -> bool:
    """Whether a Pacemaker before 2.1.8 and one since then sum up a parameter with this value otherwise."""
    return _written(value.encode(), True) != _written(value.encode(), False)


def _written(value: bytes, old: bool) -> bytes:
    head, tail = value, b''
    special = {b'<': b'&lt;', b'>': b'&gt;', b'&': b'&amp;', b'"': b'&quot;'}
    if old:
        # Nothing behind the first letter that is not ASCII is touched.
        found = re.search(rb'[\x80-\xff]{2}', value)
        if found:
            head, tail = value[: found.start()], value[found.start() :]
        special.update({b"'": b'&apos;', b'\t': b'    ', b'\n': b'\\n', b'\r': b'\\r'})
    control = b'\\%.3o' if old else b'&#x%.2X;'

    def written(character: re.Match[bytes]) -> bytes:
        plain = character[0]
        return special.get(plain, plain if plain == b"'" else control % plain[0])

    return re.sub(rb'[<>&"\'\x00-\x1f\x7f]', written, head) + tail

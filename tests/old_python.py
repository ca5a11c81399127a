#!/usr/bin/env python3
# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the interpreter that runs this can read the code: compiles plugins/ and files/, and imports plugins/module_utils, for what only
shows then (an annotation or an argument that came later). Ansible need not be there. tests/run calls it with the oldest Pythons of nodes.

usage: PYTHONPATH=.cache/collections python3.8 -B tests/old_python.py plugins
       python3.6 -B tests/old_python.py files
"""

import importlib
import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLLECTION = 'ansible_collections.openve.pacemaker'
# What is taken from Ansible's part for modules, and from where.
ANSIBLE = {
    'ansible': '',
    'ansible.module_utils': '',
    'ansible.module_utils.basic': 'AnsibleModule',
    'ansible.module_utils.common': '',
    'ansible.module_utils.common.parameters': 'remove_values',
}


def scripts(directory):
    for path in sorted((ROOT / directory).rglob('*')):
        if path.is_file() and (path.suffix == '.py' or (not path.suffix and path.read_bytes()[:2] == b'#!')):
            yield path


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ('plugins', 'files'):
        sys.exit(__doc__.rpartition('usage: ')[2])
    for name, taken in ANSIBLE.items():
        module = types.ModuleType(name)
        if taken:
            setattr(module, taken, object)
        sys.modules[name] = module
    failed, paths = [], list(scripts(sys.argv[1]))
    for path in paths:
        name = path.relative_to(ROOT)
        try:
            compile(path.read_text(encoding='utf-8'), str(name), 'exec', dont_inherit=True)
            if name.parts[:2] == ('plugins', 'module_utils'):
                importlib.import_module('.'.join((COLLECTION,) + name.with_suffix('').parts))
        except Exception as error:  # whatever it is, it is the finding
            failed.append('%s: %s: %s' % (name, type(error).__name__, error))
    print(
        '\n'.join(
            failed
            + [
                'Python %d.%d: %d files of %s, %d failed'
                % (*sys.version_info[:2], len(paths), sys.argv[1], len(failed))
            ]
        )
    )
    return bool(failed) or not paths


if __name__ == '__main__':
    sys.exit(main())

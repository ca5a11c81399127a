# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pacemaker's configuration (the CIB): query it, edit it, push the difference, lose no one's edits.

    change = cib.change(runner, edit, check=False)

``runner(argv, stdin=None)`` runs a command and returns ``(rc, stdout, stderr)``; a missing tool is
an OSError. ``edit(root)`` mutates the tree of the whole CIB it is given, and may be called again
with a newer one when somebody else edited meanwhile: it must compute everything from its argument.
Only ``/cib/configuration`` is compared and pushed; ``/cib/status`` is there to be read, but for the entries that
``forget`` takes out of the history along with a change.

With ``CIB_file`` in the environment Pacemaker's tools, and so all of this, work on that file.
"""

from __future__ import annotations

import copy
import os
import random
import re
import tempfile
import time
import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import CibError, ConflictError, ToolError

# Pacemaker's CRM_EX_OLD: the patch was made for another version of the CIB.
RC_OLD = 103

# How often a change is computed anew because somebody else edited the configuration. The pauses grow, and are random, so
# that two who lost against each other do not meet again.
TRIES = 10

# On a busy cluster every operation result moves num_updates and refuses a patch. Nothing has to be computed anew then: it
# is pushed again at once, and if need be again, for so many seconds.
PATIENCE = 60

QUERY = ['cibadmin', '--query']

# A patch that creates 500 VEs keeps the CIB manager busy for about ten seconds; cibadmin's own patience is 30 s.
PUSH = ['cibadmin', '--patch', '--xml-pipe', '--timeout=300']

# Children whose order means nothing to Pacemaker: it takes them by name, by id, or by score.
_UNORDERED = frozenset(
    (
        'crm_config',
        'cluster_property_set',
        'rsc_defaults',
        'op_defaults',
        'nodes',
        'node',
        'constraints',
        'operations',
        'op',
        'primitive',
        'clone',
        'master',
        'instance_attributes',
        'meta_attributes',
        'utilization',
    )
)
# Several attribute sets of one kind: the first that has a name wins, so among themselves they keep their order.
_SETS = frozenset(('instance_attributes', 'meta_attributes', 'utilization', 'cluster_property_set'))

# A diff goes into these and shows the children that differ; anything else it shows whole.
_CONTAINERS = frozenset(
    (
        'cib',
        'configuration',
        'crm_config',
        'cluster_property_set',
        'rsc_defaults',
        'op_defaults',
        'nodes',
        'resources',
        'constraints',
        'fencing-topology',
        'tags',
        'acls',
        'alerts',
    )
)


class Change:
    """What became, or in check mode would become, of the CIB."""

    def __init__(self, changed, old, new, patch='', attempts=0, warnings=()):
        self.changed = changed
        self.old = old  # the tree that was queried
        self.new = new  # the tree as edited (its version attributes are the old ones)
        self.patch = patch  # what was pushed; in check mode: what would be
        self.attempts = attempts  # how often it was pushed; 0 in check mode and where nothing changed
        self.warnings = list(warnings)  # what crm_verify says of the new CIB and did not say of the old
        self.forgotten = []  # entries of the history that the patch removes, as history_entries() has them

    # Computed on demand: most runs change nothing, and not every caller wants a diff.
    @property
    def before(self):
        """The configuration that differs, as it was: normalised, readable XML."""
        return _readable(_differing(self.old, self.new))

    @property
    def after(self):
        """The configuration that differs, as it is now."""
        return _readable(_differing(self.new, self.old))


def query(runner):
    """The whole CIB as an Element."""
    return _parse(call(runner, QUERY))


def change(runner, edit, check=False, review=None, save=None):
    """Apply ``edit`` to the CIB in one guarded patch. ``check``: everything but the push.

    ``review(change)`` sees the verified Change before it is pushed, and refuses it by raising. ``save(change)`` is called
    after that where it is going to be pushed: the configuration that it is pushed onto is ``change.old``'s.
    """
    attempts = conflicts = 0
    while True:
        document = call(runner, QUERY)
        old, new = _parse(document), _parse(document)  # faster than to copy the tree
        edit(new)
        if same(_configuration(old), _configuration(new)):
            return Change(False, old, old, attempts=attempts)

        result = Change(True, old, new, warnings=verify(runner, old, new), patch=_diff(runner, old, new))
        if review:
            review(result)
        if check:
            return result
        if save:
            save(result)

        begin, bare = time.monotonic(), None
        while True:
            attempts += 1
            rc, out, err = _run(runner, PUSH, result.patch)
            if rc == 0 or (rc != RC_OLD and _arrived(runner, new)):
                result.attempts = attempts
                return result
            if rc != RC_OLD and bare is not True:
                raise _failed(PUSH, rc, out, err)
            now = _still_good(runner, result)
            conflicts += not now
            if conflicts >= TRIES or time.monotonic() - begin > PATIENCE:
                raise ConflictError(
                    'The CIB was edited by others again and again: %d attempts to push the change lost. Nothing was '
                    'changed. Run again when the cluster is quieter.' % attempts,
                    attempts=attempts,
                )
            if not now:
                time.sleep(random.uniform(0.02, 0.1) * conflicts)
                break  # compute anew
            # Only operation results came in (num_updates): what the patch was made for still stands. Without num_updates
            # in it a patch is held to the two that count the changes of the configuration, which is the guard that is
            # wanted. Pacemaker 3 refuses that; then, and where it removes results, it takes luck, or many tries.
            bare = bare is None and not result.forgotten
            result.patch = _restamp(result.patch, None if bare else now)


def _arrived(runner, new):
    """Whether a patch that is said to have failed was taken all the same: the answer can get lost when the DC or the CIB manager dies."""
    rc, out, _err = _run(runner, QUERY)
    return rc == 0 and same(_configuration(_parse(out)), _configuration(new))


def _still_good(runner, change_):
    """The CIB's version by now, None if what the patch changes has been changed by somebody else."""
    if change_.forgotten:
        root = query(runner)
        entries = history_entries(root)
        if not all(key in entries and same(entries[key], entry) for key, entry in change_.forgotten):
            return None
    else:
        root = _parse(call(runner, ['cibadmin', '--query', '--no-children']))
    now = _version(root)
    return now if now[:2] == _version(change_.old)[:2] else None


def forget(runner, change_, keys):
    """Have the patch of a change remove these entries of the history as well."""
    entries = history_entries(change_.old)
    change_.forgotten = [(key, entries[key]) for key in keys]
    change_.patch = _diff(runner, change_.old, change_.new, change_.forgotten)


def history_entries(root):
    """{(id of the node, id of the resource, id of the entry): lrm_rsc_op}"""
    return {
        (state.get('id'), resource.get('id'), entry.get('id')): entry
        for state in root.findall('status/node_state')
        for resource in state.findall('lrm/lrm_resources/lrm_resource')
        for entry in resource.findall('lrm_rsc_op')
    }


def verify(runner, old, new):
    """Refuse what crm_verify calls an error in ``new`` and not yet in ``old``; return its new warnings.

    What was wrong before is not this edit's to judge: a cluster whose fencing is not configured yet
    fails crm_verify as a whole.
    """
    complaints = _complaints(runner, new)
    if complaints:
        known = set(_complaints(runner, old))
        complaints = [line for line in complaints if line not in known]
    errors = [line for line in complaints if 'warning:' not in line]
    if errors:
        raise CibError(
            'Pacemaker refuses the resulting configuration, nothing was changed:\n- %s' % '\n- '.join(errors),
            crm_verify=errors,
        )
    return complaints


def merge(parent, *wanted):
    """Make ``parent``'s children with the tags and ids of ``wanted`` look like these; append those it does not have.

    A child that is equal already is not touched, so that patches stay small.
    """
    places = {(child.tag, child.get('id')): place for place, child in enumerate(parent)}
    for element in wanted:
        place = places.get((element.tag, element.get('id')))
        if place is None:
            parent.append(element)
        elif not same(parent[place], element):
            parent[place] = _keeping_order(parent[place], element)


def same(one, other):
    """Whether two elements mean the same to Pacemaker."""
    return canonical(one) == canonical(other)


def canonical(element):
    """Equal for two elements that mean the same to Pacemaker."""
    return (element.tag, sorted(element.attrib.items()), [canonical(child) for child in _ordered(element)])


def section(root, tag):
    """A section of the configuration (``resources``, ``constraints``, ...), made if it is missing."""
    configuration = _configuration(root)
    found = configuration.find(tag)
    return ET.SubElement(configuration, tag) if found is None else found


def parent_of(root, element):
    """ElementTree knows no parents."""
    for candidate in root.iter():
        if any(child is element for child in candidate):
            return candidate
    return None


def get_property(root, name):
    """A cluster property's value, None if it is not set."""
    pair = _property(root, name)
    return None if pair is None else pair.get('value')


def set_property(root, name, value):
    """Set a cluster property where it stands already, else in the set that every tool uses."""
    pair = _property(root, name)
    if pair is not None:
        pair.set('value', value)
        return
    crm_config = section(root, 'crm_config')
    for candidate in crm_config.findall('cluster_property_set'):
        if candidate.find('rule') is None:
            properties = candidate
            break
    else:
        properties = ET.SubElement(crm_config, 'cluster_property_set', id='cib-bootstrap-options')
    ET.SubElement(properties, 'nvpair', id='%s-%s' % (properties.get('id'), name), name=name, value=value)


def remove_property(root, name):
    pair = _property(root, name)
    if pair is not None:
        parent_of(root, pair).remove(pair)


def _property(root, name):
    # A set with a rule holds only at times or on some nodes: not ours to judge or edit.
    for properties in section(root, 'crm_config').findall('cluster_property_set'):
        if properties.find('rule') is None:
            for pair in properties.findall('nvpair'):
                if pair.get('name') == name:
                    return pair
    return None


# Running Pacemaker's tools


def _run(runner, argv, stdin=None):
    try:
        return runner(argv, stdin)
    except OSError as error:
        raise ToolError(
            'Cannot run %s: %s. Pacemaker\'s command line tools are needed on this node (package '
            'pacemaker-cli-utils or pacemaker-cli).' % (argv[0], error),
            argv,
        )


def _failed(argv, rc, out, err):
    return ToolError(
        '%s failed with %d: %s' % (' '.join(argv[:2]), rc, (err or out).strip() or 'no message'), argv, rc, out, err
    )


def call(runner, argv, stdin=None, good=(0,)):
    rc, out, err = _run(runner, argv, stdin)
    if rc not in good:
        raise _failed(argv, rc, out, err)
    return out


def _complaints(runner, root):
    """crm_verify's findings, a line each, without what differs from run to run."""
    rc, out, err = _run(runner, ['crm_verify', '--verbose', '--xml-pipe'], text(configured(root)))
    if rc == 0:
        return []
    lines = []
    for line in (out + '\n' + err).splitlines():
        line = re.sub(r'^\(\w+(@[^)]*)?\)\s*', '', line.strip())  # the function inside Pacemaker
        if (
            line
            and not re.match(r'crm_verify:|-V may|(Errors|Warnings) found|Configuration invalid', line)
            and line not in lines
        ):
            lines.append(line)
    return lines


def _diff(runner, old, new, forgotten=()):
    """The versioned patch from ``old`` to ``new``."""
    old, new = configured(old), configured(new)
    # Only what is removed of the status, and around it what a patch needs to name the place.
    for key, entry in forgotten:
        for tree, leaf in ((old, [entry]), (new, [])):
            place = tree.find('status')
            for tag, ident in (
                ('node_state', key[0]),
                ('lrm', key[0]),
                ('lrm_resources', None),
                ('lrm_resource', key[1]),
            ):
                place = _child(place, tag, ident)
            place.extend(leaf)
    # Without a newer epoch in the target every push is refused as old.
    new.set('epoch', str(int(old.get('epoch', '0')) + 1))
    new.set('num_updates', '0')
    with tempfile.TemporaryDirectory(prefix='openve-') as folder:
        paths = []
        for name, tree in (('old.xml', old), ('new.xml', new)):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], 'w', encoding='utf-8') as stream:
                stream.write(text(tree))
        return call(runner, ['crm_diff', '--original', paths[0], '--new', paths[1]], good=(1,))


def _restamp(patch, version):
    # Not as XML: a patch may have a megabyte, and while it is read the next result comes in.
    return re.sub(
        r'(<source admin_epoch="\d+" epoch="\d+")[^/>]*',
        r'\g<1>' + (' num_updates="%s"' % version[2] if version else ''),
        patch,
        count=1,
    )


# Trees


def _parse(document):
    # Comments are kept: a patch names positions among siblings, and Pacemaker counts comments.
    return ET.fromstring(document, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))


def text(element):
    return ET.tostring(element, encoding='unicode')


def _version(root):
    return tuple(root.get(name, '0') for name in ('admin_epoch', 'epoch', 'num_updates'))


def _configuration(root):
    configuration = root.find('configuration')
    if configuration is None:
        raise CibError('The CIB has no configuration section; is this a CIB?')
    return configuration


def configured(root):
    """The CIB without its status, which is large and no business of an edit. The configuration is ``root``'s own: for reading."""
    bare = ET.Element(root.tag, dict(root.attrib))
    bare.append(_configuration(root))
    ET.SubElement(bare, 'status')
    return bare


def _child(parent, tag, ident):
    """The child with this tag and id, made if it is missing."""
    for child in parent:
        if child.tag == tag and child.get('id') == ident:
            return child
    return ET.SubElement(parent, tag, {} if ident is None else {'id': ident})


def _elements(parent):
    return [child for child in parent if isinstance(child.tag, str)]  # a comment's tag is a function


def _rank(child):
    return (child.tag, '' if child.tag in _SETS else child.get('id', ''))


def _ordered(parent):
    children = _elements(parent)
    return sorted(children, key=_rank) if parent.tag in _UNORDERED else children


def _keeping_order(current, wanted):
    """``wanted``, its unordered children in the order that ``current`` has them in."""
    if wanted.tag in _UNORDERED:
        places = {(child.tag, child.get('id')): place for place, child in enumerate(current)}
        wanted[:] = sorted(wanted, key=lambda child: places.get((child.tag, child.get('id')), len(places)))
    counterparts = {(child.tag, child.get('id')): child for child in current}
    for child in wanted:
        if (child.tag, child.get('id')) in counterparts:
            _keeping_order(counterparts[child.tag, child.get('id')], child)
    return wanted


def _keyed(parent):
    return {(child.tag, child.get('id')): child for child in _elements(parent)}


def _differing(element, other):
    """A copy of ``element`` with only those parts that are not the same in ``other``."""
    if element.tag not in _CONTAINERS:
        return copy.deepcopy(element)
    result = ET.Element(element.tag, {'id': element.get('id')} if element.get('id') else {})
    others = _keyed(other)
    equal = 0
    for key, child in _keyed(element).items():
        counterpart = others.get(key)
        if element.tag == 'cib' and child.tag != 'configuration':
            continue
        if counterpart is None:
            result.append(copy.deepcopy(child))
        elif not same(child, counterpart):
            result.append(_differing(child, counterpart))
        else:
            equal += 1
    if not len(result) and equal == len(others) and list(_keyed(element)) != list(others):
        # Only the order differs, where the order matters: show that.
        result.extend(ET.Element(child.tag, {'id': child.get('id', '')}) for child in _elements(element))
    return result


def _readable(element, depth=0):
    if element.tag == 'cib':
        return ''.join(_readable(child, depth) for child in element)
    names = sorted(element.attrib, key=lambda name: (name != 'id', name != 'name', name))
    shell = ET.Element(element.tag, {name: element.get(name) for name in names})
    children = ''.join(_readable(child, depth + 1) for child in _ordered(element))
    opening = text(shell).replace(' />', '/>')
    indent = '  ' * depth
    if not children:
        return '%s%s\n' % (indent, opening)
    return '%s%s>\n%s%s</%s>\n' % (indent, opening[:-2], children, indent, element.tag)

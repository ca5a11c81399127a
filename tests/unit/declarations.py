# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VEs declared in a cluster whose CIB is a file, and what stands in it then."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error
from ansible_collections.openve.pacemaker.plugins.module_utils._cib import attributes
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_resources

STORAGE = (
    '<clone id="fs-clone"><meta_attributes id="fs-m"><nvpair id="fs-i" name="interleave" value="true"/>'
    '</meta_attributes><primitive id="fs" class="ocf" provider="pacemaker" type="Dummy"/></clone>'
)
ADDRESS = '<primitive id="address" class="ocf" provider="pacemaker" type="Dummy"/>'
GROUP = (
    '<group id="web"><primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2"/>'
    '<primitive id="server" class="ocf" provider="pacemaker" type="Dummy"><operations><op id="server-m" name="monitor" '
    'interval="10s"/></operations></primitive></group>'
)

# What check mode cannot know: how often it was pushed, the file that was saved before that, and whether a limit is in force
NOT_PLANNED = {'attempts', 'backup', 'restore', 'limits'}


def declare(cluster, ves, policy=None, check=False, **arguments):
    """One call of ve_resources, and with it what holds for every call: check mode changes nothing and foretells the very result, and
    the same call once more changes nothing."""
    arguments = dict(
        {
            'ves': ves,
            'policy': policy,
            'purge': False,
            'new': 'started',
            'wait': False,
            'wait_timeout': '10min',
            'allow_restart': False,
            'backup_keep': 0,
        },
        **arguments,
    )
    calls, before = len(cluster.calls), cluster.text()
    planned = attempt(cluster, arguments, True)
    assert cluster.text() == before
    if not check:
        del cluster.calls[calls:]
        done = attempt(cluster, arguments, False)
        assert isinstance(planned, Error) == isinstance(done, Error), (planned, done)
        if isinstance(done, Error):
            assert type(done) is type(planned) and done.msg == planned.msg and cluster.text() == before
        else:
            assert told(planned) == told(done)
            calls, after = len(cluster.calls), cluster.text()
            assert (after != before) == done['changed']
            again = attempt(cluster, arguments, False)
            assert not again['changed'] and again['attempts'] == 0 and cluster.text() == after, again['diff']()
            del cluster.calls[calls:]
        planned = done
    if isinstance(planned, Error):
        raise planned
    return planned


def attempt(cluster, arguments, check):
    try:
        return ve_resources.run(cluster.run, arguments, check)
    except Error as error:
        return error


def told(result):
    return dict({key: value for key, value in result.items() if key not in NOT_PLANNED}, diff=result['diff']())


def declare_once(cluster, ves, policy=None):
    """For those whom declare()'s other calls would disturb."""
    return ve_resources.run(
        cluster.run,
        {
            'ves': ves,
            'policy': policy,
            'purge': False,
            'new': 'started',
            'wait': False,
            'wait_timeout': '10min',
            'allow_restart': False,
            'backup_keep': 0,
        },
    )


def create(cluster, xml, scope='resources'):
    # not as an argument: in the locale C Pacemaker 3 takes none that is not ASCII
    cluster.tool('cibadmin', '--create', '--scope', scope, '--xml-pipe', stdin=xml)


def element(cluster, ident):
    found = [child for child in ET.fromstring(cluster.text()).find('configuration').iter() if child.get('id') == ident]
    return found[0] if found else None


def ids(cluster, tag):
    return [child.get('id') for child in ET.fromstring(cluster.text()).find('configuration').iter(tag)]


def values(cluster, name, tag):
    return {pair.get('name'): pair.get('value') for pair in element(cluster, name).findall('%s/nvpair' % tag)}


def operations(cluster, name):
    return {(op.get('name'), op.get('interval')): op.get('timeout') for op in element(cluster, name).iter('op')}


def prop(cluster, name):
    return attributes.get_property(ET.fromstring(cluster.text()), name)

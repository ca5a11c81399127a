# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role agent has systemd stop only after Pacemaker. That none dies before: molecule/cluster/tests/test_shutdown.py, of the units here."""

from __future__ import annotations

import jinja2
import pytest
import source
import yaml

ROLE = source.ROOT / 'roles' / 'agent'
VARS = yaml.safe_load((ROLE / 'vars/main.yml').read_text())
# By hand, so that none gets lost of what a guest stands on: engines, what starts guests beside us, storage
UNITS = (
    'lxc.service lxcfs.service lxc-net.service lxc-monitord.service vz.service vzeventd.service '
    'libvirtd.service libvirt-guests.service virtlxcd.service virtqemud.service systemd-machined.service '
    'local-fs.target remote-fs.target autofs.service nfs-client.target rpc-statd.service '
    'iscsid.service open-iscsi.service multipathd.service drbd.service blk-availability.service lvm2-monitor.service '
    'lvmlockd.service dlm.service o2cb.service ocfs2.service mdmonitor.service zfs.target '
    'glusterd.service ceph.target rbdmap.service vstorage-fs.service pstorage-fs.service'
).split()


def rendered(unit):
    """The settings that the role gives a unit."""
    (template,) = (each['template'] for each in VARS['agent_settings'] if each['unit'] == unit)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / 'templates'))  # noqa: S701 - no HTML
    return environment.get_template(template).render(VARS, ansible_managed='x', agent_host={'stop_seconds': 4000})


@pytest.mark.parametrize('unit', ['pacemaker.service', 'pacemaker_remote.service', 'resource-agents-deps.target'])
def test_it_starts_after_all_of_them(unit):
    lines = rendered(unit).splitlines()
    assert [each for each in UNITS if 'After=' + each not in lines] == []
    assert 'TimeoutStopSec=4000' in lines or unit.endswith('.target')


def test_an_instance_of_lxc_is_no_service_that_stops_a_ve_first():
    assert 'Before=pacemaker.service pacemaker_remote.service' in rendered('lxc@.service').splitlines()

# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib
import os
import threading

import pytest
import yaml

from ansible_collections.openve.pacemaker.plugins.module_utils._base.errors import Error, InputError
from ansible_collections.openve.pacemaker.plugins.module_utils._module import ve_host

from declarations import declare

WANTED = 'ONBOOT="no"\nALLOWREBOOT="no"\n'


@pytest.fixture
def vz(tmp_path, monkeypatch):
    """A host"""
    for place in ('etc/vz/conf', 'etc/vz/names', 'var/lib/lxc'):
        (tmp_path / place).mkdir(parents=True)
    monkeypatch.setattr(ve_host, 'PLACES', ve_host.Places(str(tmp_path)))
    return tmp_path


def leave(*ves, check=False, policy=None, reported=None):
    """Leave starting these to Pacemaker."""
    arguments = {'ves': list(ves), 'policy': policy, 'reported': reported}
    return ve_host.run(lambda argv, stdin=None: (0, '', ''), arguments, check)


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


# Which file it is


def test_vzctl_and_lxc_configurations(vz):
    conf = write(vz / 'etc/vz/conf' / '101.conf', 'ONBOOT="yes"\n')
    other = write(vz / 'etc/vz/conf' / '102.conf', 'ONBOOT="yes"\n')
    web = write(vz / 'var/lib/lxc' / 'web' / 'config', 'lxc.start.auto = 1\n')
    mail = write(vz / 'mail' / 'config', '')
    result = leave(
        {'id': '0101'}, {'id': 'web', 'engine': 'lxc'}, {'id': 'mail', 'engine': 'lxc', 'params': {'lxc_path': str(vz)}}
    )
    assert result['changed'] and result['edited'] == [str(conf), str(web), str(mail)] and result['missing'] == []
    assert (conf.read_text(), web.read_text(), mail.read_text()) == (
        WANTED,
        'lxc.start.auto = 0\n',
        'lxc.start.auto = 0\n',
    )
    assert other.read_text() == 'ONBOOT="yes"\n', 'nobody declared it'
    assert result['diff']()[0] == {
        'before_header': str(conf),
        'after_header': str(conf),
        'before': 'ONBOOT="yes"\n',
        'after': WANTED,
    }


def test_a_name_is_a_link_or_stands_in_a_configuration(vz):
    legacy = write(vz / 'etc/vz/conf' / '7.conf', '')
    (vz / 'etc/vz/names' / 'old').symlink_to(legacy)
    write(vz / 'etc/vz/conf' / '8.conf', 'NAME="webserver"\n#NAME="web"\n')
    write(vz / 'etc/vz/conf' / '9.conf-sample', 'NAME="web"\n')
    (vz / 'etc/vz/conf' / 'a.conf').symlink_to(vz / 'not-mounted')
    vz7 = write(vz / 'etc/vz/conf' / '6d5f.conf', 'A=1\n NAME = "web" \n')
    dot = write(vz / 'etc/vz/conf' / 'd.conf', 'NAME=axb\n')
    result = leave({'id': 'old'}, {'id': 'web'}, {'id': 'a.b'})
    assert result['edited'] == [str(legacy), str(vz7)] and result['missing'] == ['ve-a.b']
    assert legacy.read_text() == WANTED and vz7.read_text().endswith(WANTED) and dot.read_text() == 'NAME=axb\n'
    assert (vz / 'etc/vz/names' / 'old').is_symlink()


def test_missing_ves_are_named_and_the_others_edited(vz):
    (vz / 'etc/vz/conf' / '3.conf').symlink_to(vz / 'not-mounted')
    write(vz / 'etc/vz/conf' / '2.conf', '')
    result = leave({'id': 1}, {'id': 2}, {'id': 3, 'name': 'db'}, {'id': 'x', 'engine': 'lxc'})
    assert (
        result['changed']
        and result['missing'] == ['ve-1', 'db', 've-x']
        and result['edited'] == [str(vz / 'etc/vz/conf' / '2.conf')]
    )
    assert len(result['warnings']) == 1 and 've-1, db, ve-x' in result['warnings'][0]
    (vz / 'etc/vz/conf' / '2.conf').unlink()
    (vz / 'etc/vz/conf' / '3.conf').unlink()
    (vz / 'etc/vz/conf').rmdir()
    result = leave({'id': 'web'})
    assert not result['changed'] and result['missing'] == ['ve-web'] and not (vz / 'etc/vz/conf').exists()


# What else starts it: systemd's units, and /etc/lxc/auto


def link(path, target='/usr/lib/systemd/system/lxc@.service'):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


UNITS = 'etc/systemd/system'
LXC = {'engine': 'lxc'}


@pytest.mark.parametrize(
    've, name',
    [
        ('web', 'lxc@web.service'),
        ('web-1', 'lxc@web-1.service'),
        ('web-1', 'lxc@web\\x2d1.service'),
        ('a.b_c', 'lxc@a.b_c.service'),
    ],
)
@pytest.mark.parametrize(
    'place', [UNITS + '/multi-user.target.wants', UNITS + '/my.target.requires', 'run/systemd/system/x.service.wants']
)
def test_units_that_are_enabled_are_disabled(vz, ve, name, place):
    enabled, other = link(vz / place / name), link(vz / place / 'lxc@other.service')
    write(vz / 'var/lib/lxc' / ve / 'config', 'lxc.start.auto = 0\n')
    planned = leave({'id': ve, **LXC}, check=True)
    assert planned['changed'] and enabled.is_symlink()
    done = leave({'id': ve, **LXC})
    assert not os.path.lexists(enabled) and other.is_symlink(), 'nobody declared the other one'
    assert done['autostart'] == planned['autostart'] and done['diff']() == planned['diff']()
    assert done['autostart'] == [
        {'ve': 've-' + ve, 'by': name, 'path': str(enabled), 'was': '/usr/lib/systemd/system/lxc@.service'}
    ]
    assert [each['before_header'] for each in done['diff']()] == [str(enabled)] and done['edited'] == []
    again = leave({'id': ve, **LXC})
    assert (again['changed'], again['autostart'], again['diff']()) == (False, [], [])


@pytest.mark.parametrize('name', ['web', 'web.conf'])
def test_links_in_lxcs_old_directory_are_removed_and_files_kept_aside(vz, name):
    config = write(vz / 'var/lib/lxc/web/config', 'lxc.start.auto = 0\n')
    auto = link(vz / 'etc/lxc/auto' / name, str(config))
    other = link(vz / 'etc/lxc/auto/mail', '../mail')
    assert leave({'id': 'web', **LXC}, check=True)['autostart'] == leave({'id': 'web', **LXC})['autostart']
    assert not os.path.lexists(auto) and other.is_symlink() and config.exists()
    for aside in (name, name + '.2'):
        auto.write_text('the only copy')
        assert leave({'id': 'web', **LXC}, check=True)['changed'] and auto.exists()
        done = leave({'id': 'web', **LXC})
        assert (
            done['changed'] and not auto.exists() and (vz / 'etc/lxc/auto.off' / aside).read_text() == 'the only copy'
        )
    assert not leave({'id': 'web', **LXC})['changed']


def test_a_ve_whose_storage_is_not_here_is_not_started_either(vz):
    enabled = link(vz / UNITS / 'multi-user.target.wants/lxc@web.service')
    auto = link(vz / 'etc/lxc/auto/web.conf', '/not/mounted/web/config')
    done = leave({'id': 'web', **LXC})
    assert done['missing'] == ['ve-web'] and [each['path'] for each in done['autostart']] == [str(enabled), str(auto)]


def test_another_container_of_that_name_is_left_alone(vz):
    """lxc@.service takes what lies in lxc's own path."""
    write(vz / 'var/lib/lxc/web/config', 'lxc.start.auto = 1\n')
    write(vz / 'srv/config', '')
    ours = {'id': 'web', **LXC, 'params': {'lxc_path': str(vz / 'srv')}}
    (vz / 'srv/web').mkdir()
    write(vz / 'srv/web/config', '')
    enabled = link(vz / UNITS / 'multi-user.target.wants/lxc@web.service')
    auto = link(vz / 'etc/lxc/auto/web', str(vz / 'var/lib/lxc/web/config'))
    assert leave(ours)['autostart'] == [] and enabled.is_symlink() and auto.is_symlink()
    (vz / 'etc/lxc/lxc.conf').write_text('lxc.lxcpath = %s\n' % (vz / 'srv'))
    assert [each['by'] for each in leave(ours)['autostart']] == ['lxc@web.service'] and auto.is_symlink()


def test_what_is_not_ours_to_switch_off_is_a_warning(vz):
    write(vz / 'var/lib/lxc/web/config', 'lxc.start.auto = 0\n')
    packaged = link(vz / 'usr/lib/systemd/system/multi-user.target.wants/lxc@web.service')
    wanting = vz / UNITS / 'my.service.d/x.conf'
    wanting.parent.mkdir(parents=True)
    wanting.write_text('[Unit]\nAfter=lxc@web.service\nWants=a.service lxc@web.service\n')
    (vz / 'etc/default').mkdir()
    (vz / 'etc/default/lxc').write_text('OPTIONS="-a -A"\n')
    done = leave({'id': 'web', **LXC})
    assert not done['changed'] and len(done['warnings']) == 3
    for what in (str(packaged), str(wanting), 'OPTIONS'):
        assert sum(what in warning for warning in done['warnings']) == 1, what
    link(vz / UNITS / 'lxc@web.service', '/dev/null')
    wanting.write_text('[Unit]\nAfter=lxc@web.service\n')
    (vz / 'etc/default/lxc').write_text('OPTIONS="-A"\nBOOTGROUPS=web\n')
    assert leave({'id': 'web', **LXC})['warnings'] == []


def test_systemd_reads_its_links_anew(vz):
    link(vz / UNITS / 'multi-user.target.wants/lxc@web.service')
    (vz / 'run/systemd/system').mkdir(parents=True)
    calls = []

    def runner(argv, stdin=None):
        calls.append(argv)
        return 0, '', ''

    for check, wanted in ((True, []), (False, [['systemctl', 'daemon-reload']])):
        ve_host.run(runner, {'ves': [{'id': 'web', **LXC}], 'policy': None}, check)
        assert [call for call in calls if call[0] == 'systemctl'] == wanted


# The file


def test_the_second_run_changes_nothing(vz):
    conf = write(vz / 'etc/vz/conf' / '1.conf', 'ONBOOT=yes\n')
    assert leave({'id': 1})['changed']
    before = conf.stat()
    for check in (True, False):
        result = leave({'id': 1}, check=check)
        assert (result['changed'], result['edited'], result['diff'](), result['warnings']) == (False, [], [], [])
    assert (conf.stat().st_ino, conf.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_mode_says_the_same_and_writes_nothing(vz):
    conf = write(vz / 'etc/vz/conf' / '1.conf', 'ONBOOT=yes\n')
    planned = leave({'id': 1}, check=True)
    assert planned['changed'] and conf.read_text() == 'ONBOOT=yes\n' and os.listdir(vz / 'etc/vz/conf') == ['1.conf']
    done = leave({'id': 1})
    assert done['diff']() == planned['diff']() and done['edited'] == planned['edited']


def test_links_stay_links_and_mode_owner_and_bytes_stay(vz):
    shared = write(vz / 'shared' / '1.conf', '')
    shared.write_bytes(b'D="\xe4\xff"\r\nONBOOT="yes"\n')
    shared.chmod(0o640)
    if os.getuid() == 0:
        os.chown(shared, 1234, 2345)
    os.utime(shared, (1, 1))
    before = shared.stat()
    (vz / 'etc/vz/conf' / '1.conf').symlink_to('../../../hop')
    (vz / 'hop').symlink_to(shared)
    result = leave({'id': 1})
    assert result['edited'] == [str(shared)]
    assert (vz / 'etc/vz/conf' / '1.conf').is_symlink() and (vz / 'hop').is_symlink() and not shared.is_symlink()
    assert shared.read_bytes() == b'D="\xe4\xff"\r\nONBOOT="no"\nALLOWREBOOT="no"\n'
    after = shared.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino, 'replaced, not rewritten: nobody reads half of it'
    assert after.st_mtime > 1, 'others see that it changed'
    assert os.listdir(vz / 'shared') == ['1.conf']


def test_an_edit_by_somebody_else_meanwhile_is_kept(vz, monkeypatch):
    conf = write(vz / 'etc/vz/conf' / '1.conf', 'ONBOOT=yes\n')
    fsync, edits = os.fsync, []

    def somebody_edits(handle):
        if not edits:
            edits.append(conf.write_text('ONBOOT=yes\nDISK=9\n'))
        fsync(handle)

    monkeypatch.setattr(ve_host.os, 'fsync', somebody_edits)
    result = leave({'id': 1})
    assert edits and conf.read_text() == 'ONBOOT="no"\nDISK=9\nALLOWREBOOT="no"\n'
    assert 'DISK' in result['diff']()[0]['before'] and os.listdir(vz / 'etc/vz/conf') == ['1.conf']


def test_two_nodes_edit_the_same_shared_file_at_once(vz, monkeypatch):
    conf = write(vz / 'etc/vz/conf' / '1.conf', 'ONBOOT=yes\nA=1\n' * 3)
    both = threading.Barrier(2)
    real, first, failures = os.fsync, threading.local(), []

    def meet(handle):
        real(handle)
        if not getattr(first, 'done', False):
            first.done = True
            both.wait(10)  # both have read, and have their new file

    def node():
        try:
            leave({'id': 1})
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    monkeypatch.setattr(ve_host.os, 'fsync', meet)
    nodes = [threading.Thread(target=node) for _number in range(2)]
    for thread in nodes:
        thread.start()
    for thread in nodes:
        thread.join(30)
    assert not failures and not both.broken
    assert conf.read_text() == 'ONBOOT=yes\nA=1\n' * 2 + 'ONBOOT="no"\nA=1\nALLOWREBOOT="no"\n'
    assert os.listdir(vz / 'etc/vz/conf') == ['1.conf']


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left(vz, monkeypatch):
    write(vz / 'etc/vz/conf' / '1.conf', '')
    two = write(vz / 'etc/vz/conf' / '2.conf', 'A=1\n')
    rename = os.rename

    def refused(source, target):
        if target == str(two):
            raise PermissionError(13, 'Permission denied', target)
        rename(source, target)

    monkeypatch.setattr(ve_host.os, 'rename', refused)
    with pytest.raises(
        Error, match=r'VE 2: its configuration cannot be edited: .*Permission denied.*2\.conf'
    ) as caught:
        leave({'id': 1}, {'id': 2})
    details = dict(caught.value.details)
    assert {each['ve'] for each in details.pop('autostart')} == {'ve-1'}
    assert details == {'changed': True, 'edited': [str(vz / 'etc/vz/conf' / '1.conf')]}
    assert two.read_text() == 'A=1\n' and sorted(os.listdir(vz / 'etc/vz/conf')) == ['1.conf', '2.conf']


def test_wrong_declarations_change_nothing(vz):
    conf = write(vz / 'etc/vz/conf' / '1.conf', '')
    with pytest.raises(InputError) as caught:
        leave({'id': 1}, {'id': 2, 'boot_time': 'x'}, policy={'settle': 'y'})
    assert len(caught.value.problems) == 2 and conf.read_text() == ''


@pytest.mark.parametrize('limit, seconds', [(2, 2 * 150 + 120), (1, 3 * 150 + 120), (0, 3 * 150 + 120), (3, 150 + 120)])
def test_how_long_stopping_all_may_take(vz, limit, seconds):
    # 120 s of grace need a stop timeout of 150 s
    ves = [{'id': 1, 'stop_grace': '10s'}, {'id': 2, 'stop_grace': '120s'}, {'id': 3, 'stop_grace': '1s'}]
    assert leave(*ves, policy={'starts_per_node': limit})['stop_seconds'] == seconds


def left_beside(cluster, *ves, policy=None):
    return ve_host.run(cluster.run, {'ves': list(ves), 'policy': policy, 'reported': None}, True)['stop_seconds']


def test_the_time_is_that_of_all_lists_of_the_cluster(vz, cluster):
    """Two inclusions of the role, each with its own list, want the same in the end, whichever is the last one."""
    first = [{'id': number} for number in range(1, 6)]
    second = [{'id': number, 'stop_grace': '20min'} for number in range(6, 12)]
    drop_in = vz / 'etc/systemd/system/pacemaker.service.d/openve.conf'
    drop_in.parent.mkdir(parents=True)
    assert left_beside(cluster, *first) == 3 * 150 + 120, 'nothing is there yet'
    declare(cluster, first)
    both = left_beside(cluster, *second)
    assert both > 6 * 1200
    drop_in.write_text('[Service]\nTimeoutStopSec=%d\n' % both)
    assert left_beside(cluster, *first) < both, 'the first list alone is in the cluster'
    # a third list is on its way: nobody knows yet what else is
    assert left_beside(cluster, {'id': 50}) == both
    declare(cluster, second)
    assert left_beside(cluster, *first) == left_beside(cluster, *second) == left_beside(cluster) == both
    # what goes counts no more
    assert left_beside(cluster, *[dict(ve, state='absent') for ve in second]) == 3 * 150 + 120


def test_the_limit_is_the_declared_one_else_the_clusters(vz, cluster):
    ves = [{'id': number} for number in range(1, 9)]
    declare(cluster, ves, {'starts_per_node': 4})
    assert left_beside(cluster) == left_beside(cluster, *ves) == 2 * 150 + 120
    assert left_beside(cluster, policy={'starts_per_node': 8}) == 150 + 120, 'as it will be'


def test_where_no_cluster_runs_what_stands_there_is_not_lowered(vz):
    drop_in = vz / 'etc/systemd/system/pacemaker.service.d/openve.conf'
    drop_in.parent.mkdir(parents=True)
    for written, expected in ((9000, 9000), (1800, 270), (200, 270)):
        drop_in.write_text('[Service]\nTimeoutStopSec=%d\n' % written)
        assert leave({'id': 1})['stop_seconds'] == expected


# As Ansible runs it


@pytest.fixture
def module(run_module):
    """module(check=False, **arguments) -> what it returned"""
    return lambda **arguments: run_module('ve_host', os.environ, diff=True, **arguments)[0]


@pytest.mark.matrix
def test_check_run_and_run_again(module, tmp_path):
    config = write(tmp_path / 'web' / 'config', 'lxc.start.auto = 1\n')
    ves = [{'id': name, 'engine': 'lxc', 'params': {'lxc_path': str(tmp_path)}} for name in ('web', 'gone')]
    planned = module(check=True, ves=ves)
    assert planned['changed'] and config.read_text() == 'lxc.start.auto = 1\n'
    done = module(ves=ves)
    assert done['changed'] and done['edited'] == [str(config)] and done['missing'] == ['ve-gone']
    assert done['diff'] == planned['diff'] and config.read_text() == 'lxc.start.auto = 0\n'
    assert any('ve-gone' in str(warning) for warning in done['warnings'])
    assert not module(ves=ves)['changed']
    failed = module(ves=[{'id': 1, 'after': ['ve-1']}])
    assert failed['failed'] and len(failed['problems']) == 1


def test_the_documentation_says_what_the_module_takes_and_returns(module, tmp_path):
    source = importlib.import_module('ansible_collections.openve.pacemaker.plugins.modules.ve_host')
    result = module(ves=[{'id': 'x', 'engine': 'lxc', 'params': {'lxc_path': str(tmp_path)}}])
    returned = yaml.safe_load(source.RETURN)
    assert set(returned) == set(result) - {'changed', 'commands', 'diff', 'invocation', 'warnings'}
    for task in yaml.safe_load(source.EXAMPLES):
        assert 'msg' not in module(check=True, **task['openve.pacemaker.ve_host'])


# Files that hosts share


def test_check_mode_reports_a_file_that_hosts_share_once(vz):
    shared = write(vz / 'var/lib/lxc' / 'web' / 'config', 'lxc.start.auto = 1\n')
    own = write(vz / 'etc/vz/conf' / '101.conf', 'ONBOOT="yes"\n')
    ves = [{'id': 'web', 'engine': 'lxc'}, {'id': 101}]
    first = leave(*ves, check=True)
    assert first['edited'] == [str(shared), str(own)] and len(first['stamps']) == 2
    # on another host the file of its own is another one
    second = leave(*ves, check=True, reported=[first['stamps'][0], 'x' + first['stamps'][1]])
    assert second['edited'] == [str(own)] and [row['ve'] for row in second['autostart']] == ['ve-101', 've-101']
    # what is really to be done does not depend on what others said
    assert leave(*ves, reported=first['stamps'])['edited'] == [str(shared), str(own)]

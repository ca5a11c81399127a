# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in readiness probe: what the agent runs in the guest to see whether it has booted.

The guest's own shell runs it; exit code 0 means booted, what it prints goes into the log and the reason.
"""

READY = r"""PATH=$PATH:/sbin:/usr/sbin:/bin:/usr/bin
init=$(readlink /proc/1/exe || readlink -f /sbin/init)
{ read -r comm < /proc/1/comm; } 2>/dev/null
[ -d /run/systemd/system ] && up=up
case $init:$comm:$up in
*/systemd:*|*/systemd\ *|*:systemd:*|*:up)
    [ "$up" ] || { echo 'systemd is not up'; exit 1; }
    state=$(systemctl is-system-running 2>&1)
    case $state in running|degraded) exit 0 ;; esac
    echo "systemd: $state"; exit 1 ;;
esac
if [ -e /sbin/openrc ] && command -v rc-status >/dev/null; then
    level=$(rc-status -r 2>&1)
    set -f
    for word in ${level:-boot}; do
        case $word in sysinit|boot) echo "OpenRC: $level"; exit 1 ;; esac
    done
    exit 0
fi
case $init:$comm in */busybox:*|*/busybox\ *|*:busybox) exit 0 ;; esac
command -v runlevel >/dev/null || exit 0
level=$(runlevel 2>&1)
case $level in unknown*|'') echo "runlevel: $level"; exit 1 ;; esac
exit 0"""

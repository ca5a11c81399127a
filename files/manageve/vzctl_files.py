# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vz's own files: configuration, names, memory dumps. They are shell to vzctl; here they are text.

A configuration may be a link into the private area, a dump lie on the storage of containers, all of /etc/vz on storage
that a cluster shares: what touches one is for Storage.ask alone.
"""

import posix
import time

from manageve.system import exists
from manageve.text import DIGITS, read_text

CONF, CONF_DIR, NAMES = "/etc/vz/vz.conf", "/etc/vz/conf", "/etc/vz/names"


def configuration(ctid: str) -> str:
    """The path of a container's configuration."""
    return "%s/%s.conf" % (CONF_DIR, ctid)


def is_configured(ctid: str) -> str:
    """yes, or no."""
    return "yes" if exists(configuration(ctid)) else "no"


def has_stop_script(ctid: str) -> str:
    """yes, or no: a script that vzctl runs in the guest before it halts it."""
    return "yes" if exists("%s/%s.stop" % (CONF_DIR, ctid)) else "no"


def lock_directories():
    """Where vzctl keeps its locks."""
    try:
        directory = parse(read_text(CONF)).get("LOCKDIR")
    except OSError:
        directory = None
    return [directory] if directory else ["/vz/lock", "/var/lib/vz/lock"]


def parse(text: str):
    """KEY=value lines."""
    out = {}
    for line in text.splitlines():
        key, is_one, value = line.strip().partition("=")
        if is_one and not key.startswith("#"):
            value = value.strip()
            out[key.strip()] = value[1:].split(value[0])[0] if value[:1] in ("'", '"') else (value.split() or [""])[0]
    return out


def setting(key: str, default: str, ctid: str, own: bool = True) -> str:
    """The container's (own: it is asked for), else the host's, else the default."""
    value = ""
    for path in (CONF, configuration(ctid)) if own else (CONF,):
        try:
            value = parse(read_text(path)).get(key) or value
        except OSError:
            pass
    value = value or default
    for word in ("${VEID}", "$VEID", "${CTID}", "$CTID"):
        value = value.replace(word, ctid)
    return value


def is_id(name: str) -> bool:
    """A number or a UUID is no name: it needs no configuration to be understood."""
    hexa = name.replace("-", "")
    return DIGITS.issuperset(name) or len(hexa) == 32 and all(c in "0123456789abcdefABCDEF" for c in hexa)


def ids_of(name: str):
    """Ids, in lower case, that a name stands for, where vzctl itself could not tell."""
    ids = set()
    try:
        ids.add(posix.readlink("%s/%s" % (NAMES, name)).rpartition("/")[2].rsplit(".conf", 1)[0])
    except FileNotFoundError:
        pass
    try:
        files = posix.listdir(CONF_DIR)
    except FileNotFoundError:
        files = []
    for f in files:
        if f.endswith(".conf"):
            try:
                if parse(read_text("%s/%s" % (CONF_DIR, f))).get("NAME") == name:
                    ids.add(f[:-5])
            except FileNotFoundError:  # a link to lost storage
                pass
    return {i.lower() for i in ids}


def dumps(ctid: str, modern):
    """The memory dumps that there are, the likeliest first."""
    directory = setting("DUMPDIR", "", ctid)
    usual = ["/vz/tmp", "/vz/dump"] if modern else ["/vz/dump", "/vz/tmp"]
    paths = ["%s/Dump.%s" % (d, ctid) for d in ([directory] if directory else usual)]
    return [p for p in paths if exists(p, follow=False)]


def set_aside(ctid: str, modern) -> str:
    """Rename the memory dump: `+` and where it is now, `-` and why that fails; nothing, where there is none."""
    for path in dumps(ctid, modern):
        new = "%s.set-aside-%s" % (path, time.strftime("%Y%m%d-%H%M%S"))
        while exists(new, follow=False):
            new += "+"
        try:
            posix.rename(path, new)
        except OSError as e:
            return "-%s: %s" % (path, e.strerror)
        return "+" + new
    return ""

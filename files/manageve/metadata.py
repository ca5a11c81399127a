# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's metadata: OCF 1.1's XML, written from the tables of parameters and actions."""

import os

from manageve import VERSION
from manageve.actions import ACTIONS
from manageve.errors import GENERIC, Fail
from manageve.parameters import PARAMETERS
from manageve.text import escape

SHORT = "Manages a system container (OpenVZ, Virtuozzo, LXC)"
LONG = (
    'Manages one system container ("VE") of OpenVZ or Virtuozzo (through vzctl) or of LXC. It starts with ready guests '
    "in mind: start returns when the guest has booted, stop shuts it down gracefully and then by force, always within "
    "the operation's timeout, and monitor never takes a container for stopped while in doubt."
)


def metadata() -> str:
    lines = [
        '<?xml version="1.0"?>',
        "<!-- ra-api-1.dtd knows API 1.0 only: declare what 1.1 adds -->",
        '<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [',
        "<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (1|0) #IMPLIED>",
        "<!ATTLIST action name CDATA #REQUIRED>",
        "]>",
        '<resource-agent name="ManageVE" version="%s">' % VERSION,
        "<version>1.1</version>",
    ]
    lines += described(SHORT, LONG)
    lines.append("<parameters>")
    for p in PARAMETERS:
        attributes = ' unique-group="veid" required="1"' if p.name == "veid" else ""
        lines.append('<parameter name="%s"%s reloadable="%d">' % (p.name, attributes, p.reloadable))
        lines += described(p.short, p.text, "  ")
        default = ' default="%s"' % escape(p.default) if p.default else ""
        lines += ['  <content type="%s"%s/>' % (p.kind, default), "</parameter>"]
    lines += ["</parameters>", "<actions>"]
    for a in ACTIONS:
        extra = ' interval="%ds"' % a.interval if a.interval else ""
        extra += ' depth="%d"' % a.depth if a.depth is not None else ""
        lines.append('<action name="%s" timeout="%ds"%s/>' % (a.name, a.timeout, extra))
    lines += ["</actions>", "</resource-agent>", ""]
    return "\n".join(lines)


def described(short: str, text: str, indent: str = ""):
    return [
        '%s<longdesc lang="en">%s</longdesc>' % (indent, escape(text)),
        '%s<shortdesc lang="en">%s</shortdesc>' % (indent, escape(short)),
    ]


def write(fd: int = 1):
    """All of it, or a failure: half a document on a full disk is none."""
    data = metadata().encode("utf-8")
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError as e:
        raise Fail(GENERIC, "cannot write: %s" % e.strerror)

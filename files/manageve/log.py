# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent says while it works: ocf_log's log, and the reason of a failure."""

import posix
import time

from manageve.text import clean


class Log:
    """ocf_log: HA_LOGFACILITY, HA_LOGFILE, else stderr."""

    WORDS = {"err": "ERROR", "warning": "WARNING", "info": "INFO", "debug": "DEBUG"}

    def __init__(self, environ):
        facility = environ.get("HA_LOGFACILITY", "")
        self.facility = "" if facility == "none" else facility
        self.file = environ.get("HA_LOGFILE", "")
        self.debug_file = environ.get("HA_DEBUGLOG", "")
        self.debugging = environ.get("HA_debug", "0") not in ("", "0")
        self.date_format = environ.get("HA_DATEFMT") or "%b %d %T "
        instance = environ.get("OCF_RESOURCE_INSTANCE")
        self.tag = environ.get("HA_LOGTAG") or "ManageVE%s[%d]" % (
            "(%s)" % instance if instance else "",
            posix.getpid(),
        )
        self.last_reason = ""
        self.subject = (
            ""  # whom a reason is about, where that is known: for the log, as the cluster's status says it anyway
        )
        self.prefix = environ.get("OCF_EXIT_REASON_PREFIX") or "ocf-exit-reason:"

    def debug(self, text: str):
        if self.debugging:
            self.write("debug", text, self.debug_file)

    def info(self, text: str):
        self.write("info", text, self.file)

    def warning(self, text: str):
        self.write("warning", text, self.file)

    def error(self, text: str):
        self.write("err", text, self.file)

    def reason(self, text: str):
        """Why the action fails, for the cluster's status, which shows its first 128 characters; in the log as well."""
        self.last_reason = clean(text)[:1500]
        put(2, "%s%s\n" % (self.prefix, self.last_reason))
        self.write("err", self.subject + text, self.file, stderr=False)

    def remark(self, text: str):
        """What is to be known of a success, where Pacemaker keeps the reasons of failures; a warning in the log."""
        put(2, "%s%s\n" % (self.prefix, clean(text)[:1500]))
        self.warning(self.subject + text)

    def write(self, level: str, text: str, path: str, stderr: bool = True):
        text = "%s: %s" % (self.WORDS[level], clean(text))
        date = time.strftime(self.date_format)
        if posix.isatty(0):
            if stderr:
                put(2, "%s: %s\n" % (self.tag, text))
            return
        if self.facility:
            self.to_syslog(level, text)
        if path:
            try:
                fd = posix.open(path, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_NONBLOCK, 0o644)
            except OSError:
                return
            put(fd, "%s %s:    %s\n" % (date, self.tag, text))
            posix.close(fd)
        elif stderr and not self.facility:
            put(2, "%s%s\n" % (date, text))

    def to_syslog(self, level: str, text: str):
        """What syslog(3) does, but never waiting: a log daemon that hangs must not hold up a stop."""
        import _socket
        import syslog

        facility = getattr(syslog, "LOG_" + self.facility.upper(), syslog.LOG_DAEMON)
        number = facility | getattr(syslog, "LOG_" + level.upper())
        line = "<%d>%s %s: %s" % (number, time.strftime("%b %e %T"), self.tag, text)
        for kind, end in ((_socket.SOCK_DGRAM, ""), (_socket.SOCK_STREAM, "\0")):
            s = _socket.socket(_socket.AF_UNIX, kind)
            try:
                s.setblocking(False)
                s.connect("/dev/log")
                s.send((line + end).encode("utf-8", "surrogateescape"))
                return
            except OSError:  # the other kind of socket, nobody there, or full
                pass
            finally:
                s.close()


def put(fd: int, text: str):
    try:
        posix.write(fd, text.encode("utf-8", "surrogateescape"))
    except OSError:
        pass

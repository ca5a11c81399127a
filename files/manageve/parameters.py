# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent takes: the resource's parameters, their defaults, and how each is read."""

from manageve.engines import ENGINES
from manageve.text import DIGITS, LETTERS, is_number, quote


def parse_id(text: str) -> str:
    if not text:
        raise ValueError("is required")
    if len(text) > 64:
        raise ValueError("is longer than 64 characters")
    rest = text.replace("_", "").replace(".", "").replace("-", "")
    if text[0] in "_.-" or not (LETTERS | DIGITS).issuperset(rest):
        raise ValueError(
            "%s is no container id: only letters, digits, '_', '.' and '-', the first a letter or digit" % quote(text)
        )
    return text


def parse_time(text: str) -> float:
    """Seconds."""
    digits = text.rstrip("mins")
    factor = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "ms": 0.001}.get(text[len(digits) :])
    if factor is None or not is_number(digits):
        raise ValueError("%s is no time (120, 120s, 2m, 2min, 1500ms)" % quote(text))
    return int(digits) * factor


def parse_integer(text: str) -> int:
    if not is_number(text):
        raise ValueError("%s is no number" % quote(text))
    return int(text)


def parse_boolean(text: str) -> bool:
    word = text.lower()
    if word in ("true", "on", "yes", "y", "1"):
        return True
    if word in ("false", "off", "no", "n", "0"):
        return False
    raise ValueError("%s is no boolean" % quote(text))


def parse_path(text: str) -> str:
    if not text.startswith("/") or any(c < " " or c == "\x7f" for c in text):
        raise ValueError("%s is no absolute path" % quote(text))
    # one spelling for one directory: lxc's sockets are named by it
    return "/" + "/".join(p for p in text.split("/") if p not in ("", "."))


class Choice:
    """Reads one of these values."""

    def __init__(self, *values: str):
        self.values = values

    def __call__(self, text: str) -> str:
        if text not in self.values:
            raise ValueError("%s must be one of %s" % (quote(text), ", ".join(self.values)))
        return text


class Parameter:
    """kind: the type for the metadata; parse: how a value is read; reloadable: may it change while the container runs?"""

    def __init__(self, name: str, kind: str, parse, default: str, short: str, text: str, reloadable: bool = True):
        self.name, self.kind, self.parse, self.default = name, kind, parse, default
        self.short, self.text, self.reloadable = short, text, reloadable


# fmt: off
PARAMETERS = (
    Parameter("veid", "string", parse_id, "", "Container",
              "Number, name or UUID of the container: letters, digits, '_', '.' and '-', at most 64 characters. "
              "With vzctl digits are decimal (0101 is 101).", False),
    Parameter("engine", "string", Choice(*ENGINES), "vzctl", "Engine",
              "What runs the container: %s." % " or ".join(row.title for row in ENGINES.values()), False),
    Parameter("start_wait", "string", Choice("ready", "native", "none"), "ready", "What start waits for",
              "ready: start returns when the guest has booted, as ready_command reports; native: the engine's own wait "
              "(vzctl start --wait, which holds the container's lock and hangs with guests that lack a hook; lxc has "
              "none); none: start returns while the guest boots."),
    Parameter("ready_command", "string", str, "", "Readiness probe",
              "Run inside the container by its shell; exit code 0 means booted. Default: systemd, OpenRC or the "
              "runlevel of the guest is asked."),
    Parameter("ready_timeout", "string", parse_time, "", "Limit of the readiness",
              "How long start waits until the guest is ready, counted from the start of the container. Default: the "
              "rest of the operation."),
    Parameter("ready_timeout_action", "string", Choice("proceed", "fail"), "proceed", "When not ready in time",
              "proceed: start logs a warning and succeeds, as the container runs; fail: start fails."),
    Parameter("start_settle", "string", parse_time, "0s", "Rest after a start",
              "How long start holds on after the guest is ready, so that its load is over before the next container "
              "starts."),
    Parameter("start_slots", "integer", parse_integer, "0", "Starts at once on a node",
              "At most this many containers start at once on this node; 0: no limit."),
    Parameter("stop_grace", "string", parse_time, "120s", "Time to shut down",
              "Time for the graceful shutdown before the forced one; shortened to fit the timeout of the operation."),
    Parameter("force_stop", "boolean", parse_boolean, "false", "Stop by force", "Skip the graceful shutdown."),
    Parameter("monitor_command", "string", str, "", "Check inside the container",
              "Run inside the container by its shell where OCF_CHECK_LEVEL is 10 or more; exit code 0 means healthy. "
              "Default: true."),
    Parameter("monitor_failures", "integer", parse_integer, "0", "Failed checks tolerated",
              "How many failures in a row of the check inside the container (OCF_CHECK_LEVEL 10 or more) are tolerated, "
              "with a warning each, while the container itself runs."),
    Parameter("on_dump", "string", Choice("set_aside", "restore", "refuse"), "set_aside", "Memory dump found",
              "What start does with a memory dump left by an earlier suspend. set_aside: rename it and start afresh; "
              "restore: resume from it, and fail if that fails; refuse: fail."),
    Parameter("lxc_path", "string", parse_path, "/var/lib/lxc", "LXC's directory",
              "Directory of the containers, for engine lxc.", False),
)
# fmt: on
VITAL = ("veid", "engine", "lxc_path")  # with one of these wrong there is no container to speak of


class Parameters:
    """The parameters as attributes; a bad one has its default, and is listed in `bad`: (name, why)."""

    def __init__(self, environ):
        self.bad = []
        for p in PARAMETERS:
            text = environ.get("OCF_RESKEY_" + p.name) or p.default
            try:
                if not text and p.name == "veid":
                    raise ValueError("is required")
                value = p.parse(text) if text else None
            except ValueError as e:
                self.bad.append((p.name, "parameter %s: %s" % (p.name, e)))
                value = p.parse(p.default) if p.default else None
            setattr(self, p.name, value)
        if self.engine == "vzctl" and self.veid and DIGITS.issuperset(self.veid):
            self.veid = self.veid.lstrip("0")
            if not self.veid:
                self.bad.append(("veid", "parameter veid: 0 is the host itself"))

    def vital(self) -> str:
        """The first reason why there can be no such container; None: there can."""
        return next((why for name, why in self.bad if name in VITAL), None)

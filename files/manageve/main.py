# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's entry: which action is it, may it run, and how does it end."""

import posix

from manageve.actions import Action, fitting, usage
from manageve.deadline import Deadline
from manageve.engines import ENGINES
from manageve.errors import ARGS, CONFIGURED, GENERIC, INSTALLED, OK, PERM, UNIMPLEMENTED, Fail, NoTool
from manageve.log import Log, put
from manageve.parameters import Parameters
from manageve.system import ENVIRON
from manageve.text import escape, is_number, quote
from manageve.waiting import hold_signals

# action: (file, class); what is not here has no container to look at
OPERATIONS = {
    "start": ("start", "Start"),
    "stop": ("stop", "Stop"),
    "monitor": ("monitor", "Monitor"),
    "migrate_to": ("migrate", "MigrateTo"),
    "migrate_from": ("migrate", "MigrateFrom"),
    "validate-all": ("operation", "Operation"),
}


def main(argv, environ=ENVIRON) -> int:
    """The exit code."""
    for fd in (0, 1, 2):  # closed ones would become the next files we open, and a tool's own
        try:
            posix.fstat(fd)
        except OSError:
            posix.open("/dev/null", posix.O_RDWR)
    posix.closerange(3, 256)  # what we were started with is no business of a tool's
    posix.umask(0o022)  # Pacemaker's is 026, and a guest's init would inherit it
    log = Log(environ)
    if len(argv) < 2:
        put(2, usage())
        log.reason("no action given")
        return ARGS
    action = fitting(argv[1], number_of(environ, "OCF_CHECK_LEVEL"))
    if action is None:
        put(2, usage())
        log.reason("%s is no action of this agent" % quote(argv[1]))
        return UNIMPLEMENTED
    code = perform(action, environ, log)
    if action.name == "validate-all" and environ.get("OCF_OUTPUT_FORMAT") == "xml":
        verdict = ("false" if code else "true", code, escape(log.last_reason))
        put(1, '<validate agent="ocf:openve:ManageVE" valid="%s" exit-code="%d" reason="%s"/>\n' % verdict)
    return code


def perform(action: Action, environ, log: Log) -> int:
    """Run an action; its exit code."""
    try:
        if action.name == "meta-data":
            from manageve import metadata

            metadata.write()
            return OK
        if posix.geteuid() != 0:
            raise Fail(PERM, "only root can manage containers")
        hold_signals()
        parameters = Parameters(environ)
        if action.name == "reload-agent":
            for _name, why in parameters.bad:
                log.error(why)
            return OK
        if action.name == "validate-all":
            return validate(action, parameters, environ, log)
        why = parameters.vital()
        if why:
            log.reason(why)
            return OK if action.name == "stop" else CONFIGURED
        return operate(action, parameters, environ, log)
    except Fail as e:
        log.reason(e.reason)
        return e.code
    except Exception as e:
        import traceback

        log.error("internal error: " + "; ".join(traceback.format_exc().splitlines()[-5:]))
        log.reason("internal error: %r" % e)
        return GENERIC


def validate(action: Action, parameters: Parameters, environ, log: Log) -> int:
    if parameters.bad:
        raise Fail(CONFIGURED, "; ".join(why for name, why in parameters.bad))
    if number_of(environ, "OCF_CHECK_LEVEL") < 10:
        return OK
    return operate(action, parameters, environ, log)


def operate(action: Action, parameters: Parameters, environ, log: Log) -> int:
    """start, stop, monitor, the migration, and validate-all in depth: they look at the container."""
    log.subject = "container %s: " % parameters.veid
    engine_class = ENGINES[parameters.engine].load()
    if action.name.startswith("migrate_") and not engine_class.migrates:
        raise Fail(UNIMPLEMENTED, "there is no migration with %s" % parameters.engine)
    if parameters.bad and action.name not in ("monitor", "stop"):
        raise Fail(CONFIGURED, parameters.bad[0][1])
    for _name, why in parameters.bad:
        log.error(why + "; its default holds")
    deadline = Deadline(number_of(environ, "OCF_RESKEY_CRM_meta_timeout") / 1000.0 or action.timeout)
    engine = engine_class(parameters, deadline, log)
    operation = operation_of(action, parameters, engine, deadline, environ, log)
    try:
        code = operation.run()
        operation.close()
        return code
    except NoTool as e:
        raise Fail(GENERIC if action.name in ("stop", "monitor") else INSTALLED, e.reason)
    finally:
        engine.end_commands()
        if operation.slots:
            operation.slots.leave()


def operation_of(action: Action, parameters: Parameters, engine, deadline: Deadline, environ, log: Log):
    module, kind = OPERATIONS[action.name]
    operation_class = getattr(__import__("manageve." + module, fromlist=[kind]), kind)
    probe = action.name == "monitor" and number_of(environ, "OCF_RESKEY_CRM_meta_interval") == 0
    slots = None
    if action.name in ("start", "migrate_to", "migrate_from"):  # they may launch or wake it
        from manageve.slots import Slots

        slots = Slots(parameters.start_slots, deadline, log, environ)
    level = number_of(environ, "OCF_CHECK_LEVEL")
    return operation_class("probe" if probe else action.name, parameters, engine, deadline, log, level, slots)


def number_of(environ, name: str) -> int:
    text = environ.get(name, "")
    return int(text) if is_number(text) else 0

# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
import collections
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def pytest_report_header():
    import harness

    return "the agent runs under %s" % harness.agent_python()[0]


@pytest.fixture
def make():
    """make("legacy: running"): a State; closed after the test."""
    from states import State

    made = []

    def f(text):
        made.append(State(text))
        return made[-1]

    yield f
    for s in made:
        s.close()


def pytest_sessionfinish():
    import harness

    harness.clean_up()


def pytest_collection_modifyitems(config, items):
    """AGENT_THIRDS=0 or 12: every third test, or the two thirds between: two Pythons share the table."""
    thirds = os.environ.get("AGENT_THIRDS") or "012"
    mine = [item for number, item in enumerate(items) if str(number % 3) in thirds]
    config.hook.pytest_deselected(items=[item for number, item in enumerate(items) if str(number % 3) not in thirds])
    items[:] = mine


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    """A soak runs for an hour: what failed is shown at once, not at the end."""
    if report.failed and os.environ.get("SOAK") and not os.environ.get("PYTEST_XDIST_WORKER"):
        print("\n%s\n%s" % (report.nodeid, report.longreprtext), flush=True)


def pytest_terminal_summary(terminalreporter):
    """What the random sequences did, over all processes."""
    total = collections.Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "sequences" and report.when == "call":
                    total.update(value)
    if total:
        actions = sum(n for k, n in total.items() if k.startswith("action: "))
        events = sum(n for k, n in total.items() if k.startswith(("event: ", "agent killed")))
        terminalreporter.write_sep(
            "-", "%d sequences, %d actions of the agent, %d events and faults" % (total["sequences"], actions, events)
        )
        for key in sorted(total):
            terminalreporter.write_line("%8d  %s" % (total[key], key))

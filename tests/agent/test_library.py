# Copyright: the openve.pacemaker authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The launcher and its library: where they are found, what of them is trusted, and what a bad cache changes (nothing)."""

import os
import shutil

import harness
import pytest

ROOT = "/opt/other"
BY_HAND = "/opt/hand"
NOBODY = 65534
# a cache that is believed makes every action end so
POISONED = 99
POISON = """
import sys
sys.path.insert(0, %r)
import compile as kept
sources, codes = kept.compiled(%r)
codes = [(n, c if n != "main.py" else compile("def main(*_): return 99", "x", "exec")) for n, c in codes]
made_for = kept.MAGIC_NUMBER, kept.build_of(%r)
kept.write(%r, kept.pack(%s, sources, codes))
"""
ACTIONS = (
    "monitor",
    "start",
    "stop",
    "migrate_to",
    "migrate_from",
    "reload-agent",
    "validate-all",
    "meta-data",
    "status",
    None,
)
# one after another on a VE that runs: (action, exit code)
COURSE = (
    ("meta-data", 0),
    ("monitor", 0),
    ("reload-agent", 0),
    ("validate-all", 0),
    ("start", 0),
    ("migrate_to", 0),
    ("monitor", 7),
    ("migrate_from", 0),
    ("stop", 0),
    ("monitor", 7),
    ("status", 3),
    (None, 2),
)
FILES = sorted(name for name in os.listdir(harness.agent_library(harness.AGENT)) if name.endswith(".py"))


class Installation:
    """The agent in a world, at a place of its own."""

    def __init__(self, state, by_hand=False):
        self.state, self.world = state, state.world
        self.launcher = BY_HAND + "/ManageVE" if by_hand else ROOT + "/resource.d/openve/ManageVE"
        self.build = harness.build_of(harness.AGENT)
        self.library = BY_HAND + "/manageve" if by_hand else "%s/lib/openve/manageve-%s" % (ROOT, self.build)
        with open(harness.AGENT, encoding="utf-8") as f:
            self.world.write(self.launcher, f.read(), 0o755)
        harness.copy_library(harness.agent_library(harness.AGENT), self.world.at(self.library))
        self.python = harness.shared()["python"]

    def at(self, name=""):
        """A path of the library, as the tests see it."""
        return self.world.at(self.library + ("/" + name if name else ""))

    def compile(self):
        """The compiled file, as the tests see it."""
        done = self.world.call(self.python, "-IS", self.library + "/compile.py")
        assert done.code == 0 and not done.err, done.err
        return self.cache()

    def cache(self):
        [name] = os.listdir(self.at("__pycache__"))
        return self.at("__pycache__/" + name)

    def poison(self, made_for="made_for"):
        """A compiled file that is right in all but what it does."""
        path = self.compile()
        inside = "%s/__pycache__/%s" % (self.library, os.path.basename(path))
        script = POISON % (self.library, self.library, self.library, inside, made_for)
        done = self.world.call(self.python, "-ISB", "-c", script)
        assert done.code == 0, done.err
        return path

    def run(self, action, **how):
        argv = [self.python, "-IS", self.launcher] + ([action] if action else [])
        interval = {"monitor": 10, "meta-data": None, "validate-all": None}.get(action, 0)
        env = self.world.agent_env({"veid": "101"}, 20, interval, None, how.pop("extra", {}))
        return self.world.finish(self.world.spawn(argv, env=env, leftovers=True, **how))

    def answers_rightly(self):
        for action, code in COURSE:
            r = self.run(action)
            assert (r.code, r.left) == (code, []), (action, r.code, r.err, r.left)
            assert "Traceback" not in r.err and len(r.reasons) == (code in (2, 3, 7)), (action, r.err)
            if action == "meta-data":
                assert r.out == METADATA

    def is_refused(self, words):
        for action in ACTIONS:
            r = self.run(action)
            assert (r.code, r.out, r.left) == (5, "", []), (action, r.code, r.err)
            assert len(r.err.splitlines()) == len(r.reasons) == 1, (action, r.err)
            assert "the agent's library %s cannot be used: " % self.library in r.err and words in r.err, (action, r.err)


with os.popen("%s -IS %s meta-data" % (harness.SIM_PYTHON, harness.AGENT)) as shown:
    METADATA = shown.read()


@pytest.fixture(params=["installed", "by hand"])
def installation(request, make):
    return Installation(make("legacy: running"), request.param == "by hand")


@pytest.fixture
def installed(make):
    return Installation(make("legacy: running"))


# ------------------------------------------------------------------------------------------ where it is found
def test_with_a_compiled_library_it_answers_rightly(installation):
    installation.compile()
    installation.answers_rightly()


def test_what_is_compiled_is_what_runs(installation):
    """Else none of the tests of a bad cache would say anything."""
    installation.poison()
    assert {installation.run(action).code for action in ACTIONS} == {POISONED}


def test_it_writes_nothing_itself(installation):
    installation.answers_rightly()
    assert sorted(os.listdir(installation.at())) == FILES


def test_a_link_to_the_launcher_finds_the_library(installation):
    installation.world.call("/bin/ln", "-s", installation.launcher, "/opt/link")
    installation.launcher = "/opt/link"
    installation.answers_rightly()


def test_what_is_installed_comes_before_what_lies_beside(installed):
    shutil.copytree(installed.at(), installed.world.at(os.path.dirname(installed.launcher) + "/manageve"))
    installed.poison()
    assert installed.run("monitor").code == POISONED


def test_a_relative_path_and_another_directory(installation):
    installation.launcher = "." + installation.launcher
    installation.answers_rightly()


def test_anybody_can_read_the_metadata(installation):
    for compiled in (False, True):
        if compiled:
            installation.compile()
        r = installation.run("meta-data", uid=NOBODY)
        assert (r.code, r.out, r.err) == (0, METADATA, ""), r.err
        assert installation.run("monitor", uid=NOBODY).code == 4


def test_a_checkout_of_somebody_who_shares_it_with_a_group(make):
    """Who can change the launcher needs no other way to be root's agent."""
    by_hand = Installation(make("legacy: running"), by_hand=True)
    for base, _, names in os.walk(by_hand.world.at(BY_HAND)):
        for path in [base] + [os.path.join(base, name) for name in names]:
            os.chown(path, 1000, 1000)
            os.chmod(path, 0o775)
    assert by_hand.run("monitor").code == 0
    by_hand.compile()
    os.chmod(by_hand.world.at(by_hand.launcher), 0o755)
    by_hand.is_refused("others can write to " + BY_HAND)


# ------------------------------------------------------------------------------------------ what cannot be used
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("compiled", [False, True], ids=["cold", "compiled"])
def test_a_file_is_missing(installed, name, compiled):
    if compiled:
        installed.compile()
    os.unlink(installed.at(name))
    installed.is_refused("No such file or directory: '%s/%s'" % (installed.library, name))


def test_the_library_is_missing(installation):
    shutil.rmtree(installation.at())
    installation.is_refused("No such file or directory")


def test_the_library_is_empty(installation):
    for name in FILES:
        os.unlink(installation.at(name))
    installation.is_refused("loader.py")


def test_another_version_is_installed(installed):
    os.rename(installed.at(), installed.at()[:-1] + "?")
    installed.is_refused("No such file or directory")


@pytest.mark.parametrize("compiled", [False, True], ids=["cold", "compiled"])
def test_another_version_under_this_name(installation, compiled):
    path = installation.at("__init__.py")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(installation.build, "1.0.0-000000000000"))
    if compiled:
        installation.compile()
    installation.is_refused("it is of build 1.0.0-000000000000, and not %s" % installation.build)


@pytest.mark.parametrize("compiled", [False, True], ids=["cold", "compiled"])
@pytest.mark.parametrize("what", ["", "main.py", "lxc.py"], ids=["directory", "a file", "a file of no use here"])
@pytest.mark.parametrize("how", ["group", "others", "owner"])
def test_others_can_write_to_it(installation, what, how, compiled):
    if compiled:
        installation.compile()
    if how == "owner":
        os.chown(installation.at(what), NOBODY, -1)
    else:
        os.chmod(installation.at(what), 0o775 if how == "group" else 0o757)
    installation.is_refused("others can write to " + installation.library + ("/" + what if what else ""))


@pytest.mark.parametrize("name", ["main.py", "loader.py", "__init__.py"])
def test_a_source_is_torn(installation, name):
    path = installation.at(name)
    text = open(path).read()
    with open(path, "w") as f:
        f.write(text[: text.rindex("(") + 1])
    installation.is_refused(name)


def test_the_reason_has_pacemakers_prefix(installed):
    os.unlink(installed.at("main.py"))
    r = installed.run("monitor", extra={"OCF_EXIT_REASON_PREFIX": "why:"})
    assert r.code == 5 and r.err.startswith("why:the agent's library ")


def test_without_a_stderr(installed):
    os.unlink(installed.at("main.py"))
    argv = "%s -IS %s monitor 2>&-" % (installed.python, installed.launcher)
    r = installed.world.wait(installed.world.spawn(["/bin/sh", "-c", argv]))
    assert (r.code, r.out, r.err) == (5, "", "")


# ------------------------------------------------------------------------------------------ a cache that is no good
def damaged(path, how):
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(how(data))


@pytest.mark.parametrize(
    "how",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:200],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:4096] + bytes(len(data) - 4096),
        lambda data: bytes(4096) + data[4096:],
        lambda data: bytes(len(data)),
        lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2),
        lambda data: b"import os\n" * 1000,
    ],
    ids="empty tiny head half cut zero-tail zero-head zeros zero-half text".split(),
)
def test_a_torn_cache(installation, how):
    damaged(installation.compile(), how)
    installation.answers_rightly()


def test_a_cache_with_a_lost_block_anywhere(installed):
    """A power cut between two writes leaves zeros."""
    path = installed.compile()
    with open(path, "rb") as f:
        whole = f.read()
    for begin in range(0, len(whole), 4096):
        damaged(path, lambda _, begin=begin: whole[:begin] + bytes(4096) + whole[begin + 4096 :])
        r = installed.run("meta-data")
        assert (r.code, r.out, r.err) == (0, METADATA, ""), (begin, r.code, r.err)
        assert installed.run("monitor").code == 0, begin


@pytest.mark.parametrize("where", ["file", "directory"])
@pytest.mark.parametrize("how", ["group", "others", "owner"])
def test_a_cache_that_others_can_write(installation, where, how):
    path = installation.poison()
    path = path if where == "file" else os.path.dirname(path)
    if how == "owner":
        os.chown(path, NOBODY, -1)
    else:
        os.chmod(path, 0o775 if how == "group" else 0o757)
    installation.answers_rightly()


@pytest.mark.parametrize(
    "made_for",
    ['(b"\\1\\2\\3\\4", made_for[1])', '(made_for[0], "1.0.0-0")', "None"],
    ids=["python", "build", "nothing"],
)
def test_a_cache_for_another(installation, made_for):
    installation.poison(made_for)
    installation.answers_rightly()


def test_a_cache_of_another_python_under_its_own_name(installed):
    path = installed.poison()
    os.rename(path, os.path.join(os.path.dirname(path), "manageve.cpython-399.pyc"))
    installed.answers_rightly()


def test_pythons_own_caches_are_not_looked_at(installed):
    installed.compile()
    for name in FILES:
        stem, tag = name[:-3], os.path.basename(installed.compile()).split(".")[1]
        with open(installed.at("__pycache__/%s.%s.pyc" % (stem, tag)), "wb") as f:
            f.write(b"nothing")
        break
    os.unlink(installed.at("__pycache__/%s.%s.pyc" % (stem, tag)))
    installed.answers_rightly()


@pytest.mark.parametrize("name", ["main.py", "loader.py", "__init__.py", "text.py", "lxc.py"])
def test_a_stale_cache_whatever_the_dates_say(installation, name):
    """A source changes, keeps its size and gets its date back."""
    path = installation.at(name)
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text + "# a\n")
    installation.poison()
    before = os.stat(path)
    with open(path, "w") as f:
        f.write(text + "# b\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = os.stat(path)
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    installation.answers_rightly()


def test_a_copy_of_a_compiled_library_is_compiled_anew_or_not_believed(installed):
    installed.poison()
    shutil.copytree(installed.at(), installed.at() + ".new")
    shutil.rmtree(installed.at())
    os.rename(installed.at() + ".new", installed.at())
    installed.answers_rightly()


def test_compiling_again_mends_it_and_then_does_nothing(installed):
    path = installed.compile()
    argv = [installed.python, "-IS", installed.library + "/compile.py"]
    assert installed.world.call(*argv).out == "" and installed.world.call(*(argv + ["--check"])).out == ""
    damaged(path, lambda data: data[:-1])
    inside = "%s/__pycache__/%s\n" % (installed.library, os.path.basename(path))
    assert installed.world.call(*(argv + ["--check"])).out == inside
    assert installed.world.call(*argv).out == inside and installed.world.call(*argv).out == ""
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


# ------------------------------------------------------------------------------------------ while it runs
@pytest.mark.parametrize("compiled", [False, True], ids=["cold", "compiled"])
@pytest.mark.parametrize(
    "action, state", [("start", "legacy: guest=BOOT=1.5"), ("stop", "legacy: guest=SHUTDOWN=1.5 running")]
)
def test_an_operation_needs_its_library_at_the_beginning_only(make, compiled, action, state):
    it = Installation(make(state))
    if compiled:
        it.compile()
    env = it.world.agent_env({"veid": "101", "start_slots": "1"}, 20, 0, None, {})
    tag = it.world.spawn([it.python, "-IS", it.launcher, action], env=env, leftovers=True)
    harness.wait_for(lambda: any(c.startswith("vzctl " + action) or "halt" in c for _, c in it.world.commands()))
    shutil.rmtree(it.at())
    r = it.world.finish(tag)
    assert (r.code, r.err, r.left) == (0, "", []), r.err

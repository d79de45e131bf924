"""Every supported Python gets the same packages, and users get none that only developers need."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.utils import canonicalize_name

from tests.environment.locks import (
    ROOT,
    TOOLS,
    USERS,
    entries_of,
    names_of,
    supported_pythons,
    versions_on,
)
from tests.modules import MODULES, imported

MACHINES = [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")]
BOTH = pytest.mark.parametrize("lock", [USERS, TOOLS], ids=["users", "tools"])


@BOTH
@pytest.mark.parametrize(("system", "machine"), MACHINES)
def test_all_pythons_get_the_same_version_of_each_package(lock, system, machine):
    first, *others = [versions_on(lock, python, system, machine) for python in supported_pythons()]
    assert {name: found for name, found in first.items() if len(found) > 1} == {}
    assert others == [first] * len(others)


def test_an_old_lock_would_have_been_found(tmp_path):
    # What the lock of 0.1.0 held: `av.open` of 19 lacks an argument that 18 has.
    old = tmp_path / "old.lock"
    old.write_text(
        "av==18.1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:00\n"
        "av==19.0.2 ; python_full_version >= '3.12' \\\n    --hash=sha256:00\n"
    )
    found = [versions_on(old, python, "Linux", "x86_64")["av"] for python in ("3.11", "3.12")]
    assert found == [{"==18.1.0"}, {"==19.0.2"}]


@BOTH
def test_every_entry_is_pinned_and_hashed(lock):
    text = lock.read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text.strip()) if block[0] != "#"]
    assert len(blocks) == len(entries_of(lock))
    assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_what_we_import_is_named_by_us_and_in_the_users_lock():
    used = {package.split(".")[0] for name in MODULES for package in imported(name)}
    used -= {"pipeline", "models", "demo", *sys.stdlib_module_names}
    owners = packages_distributions()
    locked = versions_on(USERS, "3.11", "Linux", "x86_64")
    named = names_of(ROOT / "requirements.in") & locked.keys()
    astray = {
        package: owners.get(package)
        for package in used
        if not any(canonicalize_name(owner) in named for owner in owners.get(package, []))
    }
    assert astray == {}


def test_tools_and_excluded_packages_are_not_in_the_users_lock():
    locked = {canonicalize_name(entry.name) for entry in entries_of(USERS)}
    assert locked & names_of(ROOT / "requirements-dev.in") == set()
    assert locked & names_of(ROOT / "excludes.txt") == set()


def test_readers_that_tests_do_without_are_installed_by_make_test():
    """Else their tests would be left out wherever all tests run."""
    optional = re.compile(r'pytest\.importorskip\("(\w+)')
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    found = {name for text in texts for name in optional.findall(text)}
    assert {"webvtt", "pympi", "praatio"} <= found
    names = {"webvtt": "webvtt-py", "pympi": "pympi-ling"}
    locked = {entry.name for file in (USERS, TOOLS) for entry in entries_of(file)}
    assert {names.get(name, name) for name in found} - locked == set()


def test_the_two_locks_agree_where_both_name_a_package():
    users = {entry.name: str(entry.specifier) for entry in entries_of(USERS)}
    tools = {entry.name: str(entry.specifier) for entry in entries_of(TOOLS)}
    assert {name for name in users.keys() & tools.keys() if users[name] != tools[name]} == set()

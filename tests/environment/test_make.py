"""`make` names a Python that it cannot use, and installs once."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.environment.locks import ROOT, supported_pythons

# What `make test` hands to the makes below it, which would then print the folders that they enter.
OUTER = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}


def make(*arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in OUTER}
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile and the locks alone."""
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def pretend(folder, version):
    """An interpreter that gives itself out for another version."""
    path = folder / "somepython"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.version_info = {version}\n"
        "assert sys.argv[1] == '-c'\nexec(sys.argv[2])\n"
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", [(3, 10, 12), (3, 14, 0)])
def test_an_unsupported_python_is_named_before_anything_is_made(checkout, version):
    python = pretend(checkout, version)
    done = make(f"PYTHON={python}", ".venv/ready", cwd=checkout)
    assert done.returncode == 2
    assert f"error: {python} is Python 3.{version[1]}" in done.stderr
    assert "make PYTHON=python3.13" in done.stderr
    assert not (checkout / ".venv").exists()


def test_make_and_pyproject_name_the_same_pythons():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    low, high = re.search(r"\(3, (\d+)\) <= sys.version_info < \(3, (\d+)\)", text).groups()
    pythons = [f"3.{minor}" for minor in range(int(low), int(high))]
    assert pythons == supported_pythons()
    assert f"those of {', '.join(pythons[:-1])} and {pythons[-1]}" in text


def up_to_date(checkout):
    return {
        name
        for name in ("ready", "tools")
        if not make("-q", f".venv/{name}", cwd=checkout).returncode
    }


def test_what_is_installed_is_not_installed_again(checkout):
    (checkout / ".venv").mkdir()
    for age, name in enumerate(
        ("requirements.lock", "requirements-dev.lock", ".venv/ready", ".venv/tools")
    ):
        (checkout / name).touch()
        os.utime(checkout / name, (1000 + age, 1000 + age))
    assert up_to_date(checkout) == {"ready", "tools"}
    os.utime(checkout / "requirements-dev.lock", (2000, 2000))
    assert up_to_date(checkout) == {"ready"}
    os.utime(checkout / "requirements.lock", (2000, 2000))
    assert up_to_date(checkout) == set()


def test_run_takes_the_configuration_and_the_root_that_doctor_takes(checkout):
    (checkout / ".venv").mkdir()
    for name in ("ready", "tools"):
        (checkout / ".venv" / name).touch()
    given = ["CONFIG=configs/clips.yaml", "ROOT=/data/My clips"]
    said = {target: make("-n", target, *given, cwd=checkout).stdout for target in ("run", "doctor")}
    asked = '--configfile configs/clips.yaml --config root="/data/My clips"'
    assert said["run"].split("all ")[1].strip() == asked
    assert said["doctor"].split("doctor ")[1].strip() == asked
    assert make("-n", "run", cwd=checkout).stdout.strip() == "snakemake --cores all"


def test_help_lists_every_target():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.M).group(1).split())
    listed = {line.split()[0] for line in make("help", cwd=ROOT).stdout.splitlines()}
    assert listed == targets

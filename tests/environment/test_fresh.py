"""`make fresh-test` says why it cannot run, and leaves nothing where it is stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import fresh


def test_who_is_not_root_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert fresh.main() == 0
    assert capsys.readouterr().out.startswith("fresh-test skipped: only root")


def test_a_missing_program_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fresh.main() == 0
    assert capsys.readouterr().out == "fresh-test skipped: debootstrap is not installed\n"


@pytest.mark.skipif(bool(fresh.why_not()), reason=fresh.why_not() or "never")
def test_where_it_is_stopped_nothing_is_left(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.environment.fresh"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        cwd=fresh.ROOT,
    )

    while "a Debian 13" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 1

    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert not [
        command for command in Path("/proc").glob("[0-9]*/cmdline") if _mentions(command, tmp_path)
    ]


def _mentions(cmdline, folder):
    try:
        return str(folder).encode() in cmdline.read_bytes()
    except OSError:  # it ended meanwhile
        return False

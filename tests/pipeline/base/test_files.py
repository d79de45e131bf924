"""Files appear whole or not at all, and paths of the input stay inside their folder."""

import ctypes
import errno
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.base.files import (
    UnsafePathError,
    atomic_path,
    canonical_json,
    file_digest,
    load_json,
    plain_file,
    resolve_inside,
    sync_file_system,
    text_digest,
    write_bytes,
    write_json,
    write_text,
)

pytestmark = pytest.mark.fresh

ROOT = Path(__file__).resolve().parents[3]


def write_half(path, error):
    with atomic_path(path) as temporary:
        temporary.write_text("half of the ne")
        raise error


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == path.parent
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_inside_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="midway"):
        write_half(path, RuntimeError("midway"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_inside_the_block_leaves_no_new_file(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "file.txt", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    code = """
        import sys, time
        from pathlib import Path
        from pipeline.base.files import atomic_path
        with atomic_path(Path(sys.argv[1])) as temporary:
            temporary.write_text("half of the ne")
            print("writing", flush=True)
            time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"

    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_text() == "old"

    write_text(path, "new")
    assert path.read_text() == "new"


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "file.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o644


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("theirs")
    link.symlink_to(target)
    write_text(link, "ours")
    assert target.read_text() == "theirs"
    assert not link.is_symlink()


def test_long_and_foreign_names_fit(tmp_path):
    for name in ("x" * 255, "漢" * 80):
        write_bytes(tmp_path / name, b"1")
        assert (tmp_path / name).read_bytes() == b"1"


def test_json_is_sorted_readable_and_not_escaped(tmp_path):
    write_json(tmp_path / "a.json", {"b": [1, 0.5, None], "a": "é"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": "é",\n  "b": [\n    1,\n    0.5,\n    null\n  ]\n}\n'


def test_a_value_that_is_no_json_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"a": object()})
    assert json.loads((tmp_path / "a.json").read_text()) == 1


def test_canonical_json_has_one_spelling_per_value():
    assert canonical_json({"b": 1, "a": [1, 2]}) == canonical_json({"a": [1, 2], "b": 1})
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"\\u00e9","b":1}'
    assert canonical_json({"a": 1}) != canonical_json({"a": "1"})


def test_digests_are_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    assert file_digest(tmp_path / "abc") == published
    assert text_digest("abc") == published


@pytest.mark.parametrize("relative", ["", ".", "a.mp4", "sub/a.mp4", "sub/../a.mp4", "./a.mp4"])
def test_paths_inside_are_resolved(tmp_path, relative):
    (tmp_path / "sub").mkdir()
    assert resolve_inside(tmp_path, relative).is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize(
    "relative",
    ["..", "../x", "sub/../../x", "/etc/passwd", "out", "out/passwd", "loop", "loop/x", "a\x00b"],
)
def test_paths_outside_are_refused(tmp_path, relative):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "out").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    with pytest.raises(UnsafePathError) as error:
        resolve_inside(root, relative)
    assert repr(relative) in str(error.value)
    assert str(root) in str(error.value)


def test_a_root_that_is_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "root").symlink_to("root")
    with pytest.raises(UnsafePathError, match="is not a path"):
        resolve_inside(tmp_path / "root", "x")


def test_a_sibling_whose_name_begins_alike_is_outside(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root-private").mkdir()
    with pytest.raises(UnsafePathError):
        resolve_inside(tmp_path / "root", "../root-private/x")


def test_a_link_that_stays_inside_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    assert resolve_inside(tmp_path, "alias/x") == (tmp_path / "real" / "x").resolve()


def test_a_corpus_root_may_itself_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "corpus").symlink_to("disk")
    assert resolve_inside(tmp_path / "corpus", "x") == (tmp_path / "disk" / "x").resolve()


def test_a_file_system_is_synced_by_one_call(tmp_path):
    if sys.platform != "linux" or shutil.which("strace") is None:
        pytest.skip("needs strace")
    call = (
        "from pathlib import Path; from pipeline.base.files import sync_file_system;"
        f"sync_file_system(Path({str(tmp_path)!r}))"
    )
    command = ["strace", "-f", "-y", "-e", "trace=syncfs", sys.executable, "-c", call]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode and "ptrace" in told.stderr.lower():
        pytest.skip("no process may be traced here")
    assert re.findall(r"syncfs\(\d+<(.*)>\)\s*= 0", told.stderr) == [str(tmp_path)]


def test_a_disk_that_fails_while_it_is_synced_is_an_error(tmp_path, monkeypatch):
    class Failing:
        @staticmethod
        def syncfs(_descriptor):
            ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_given, **_settings: Failing)
    with pytest.raises(OSError, match="Input/output error") as caught:
        sync_file_system(tmp_path)
    assert caught.value.errno == errno.EIO


def test_a_folder_that_is_not_there_cannot_be_synced(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync_file_system(tmp_path / "none")


def test_only_files_are_read_as_files(tmp_path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert plain_file(tmp_path / "file") == tmp_path / "file"
    for name, error in (("pipe", OSError), (".", IsADirectoryError), ("none", FileNotFoundError)):
        with pytest.raises(error):
            plain_file(tmp_path / name)


@pytest.mark.parametrize("text", ["{", "[" * 200_000, "9" * 6000, b"\xff"])
def test_json_that_cannot_be_read_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 whichever of them
        load_json(text)

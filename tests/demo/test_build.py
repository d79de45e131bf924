import hashlib
from pathlib import Path

import pytest

from demo.build import DemoError, make_demo
from pipeline.config.corpora import DemoSettings


def content(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(
    small_demo, small_settings, tmp_path
):
    make_demo(small_settings, tmp_path, n_workers=2)
    assert content(tmp_path) == content(small_demo)


def test_another_seed_replaces_an_unfinished_older_demo(small_demo, tmp_path):
    (tmp_path / "README.txt").write_bytes((small_demo / "README.txt").read_bytes())
    leftover = tmp_path / "Session1" / "dialog" / "avi" / "DivX" / "Ses01F_impro99.avi"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a video")
    summary = make_demo(DemoSettings(seed=2, n_dialogues=5, n_turns=2, wav=False), tmp_path)
    assert summary["n_dialogues"] == 5
    before, after = content(small_demo), content(tmp_path)
    assert after.keys() == {name for name in before if not name.endswith(".wav")}
    same = {name for name in after if before[name] == after[name]}
    assert {name for name in same if "/._" not in name} == {"README.txt"}


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    real = tmp_path / "Session1" / "dialog" / "real.txt"
    real.parent.mkdir(parents=True)
    real.write_text("irreplaceable")
    with pytest.raises(DemoError, match="holds files"):
        make_demo(DemoSettings(n_dialogues=5, n_turns=2), tmp_path)
    assert content(tmp_path).keys() == {"Session1/dialog/real.txt"}

import errno
from pathlib import Path

import pytest

from pipeline.base.records import Label, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.conversations.reading import read_fold
from pipeline.training.conditions import read_conditions
from pipeline.training.runs import input_digests, run_folder


@pytest.fixture
def finished(tmp_path):
    """A folder of a run that has ended, and where its files were first."""
    weights, history = tmp_path / "out" / "weights", tmp_path / "out" / "history"
    weights.parent.mkdir()
    weights.write_bytes(b"w")
    history.write_bytes(b"h")
    folder = run_folder(tmp_path / "cache", {"seed": 1})
    folder.path.mkdir(parents=True)
    folder.checkpoint.write_bytes(b"c")
    folder.keep(weights, history, {"best_epoch": 3})
    return folder


def test_a_finished_run_is_copied_and_its_checkpoint_gone(finished, tmp_path):
    facts = finished.reuse(tmp_path / "w", tmp_path / "h")
    assert facts == {"best_epoch": 3}
    assert ((tmp_path / "w").read_bytes(), (tmp_path / "h").read_bytes()) == (b"w", b"h")
    assert not finished.checkpoint.exists()


def test_weights_lie_on_the_disk_once_but_a_reused_run_is_a_copy(finished, tmp_path):
    kept = finished.path / "weights.safetensors"
    assert kept.samefile(tmp_path / "out" / "weights")
    finished.reuse(tmp_path / "w", tmp_path / "h")
    assert not kept.samefile(tmp_path / "w")  # else touching one would age the other


def test_without_links_the_files_are_copied(tmp_path, monkeypatch):
    def refuse(self, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for name in ("w", "h"):
        (tmp_path / name).write_bytes(name.encode())
    folder = run_folder(tmp_path / "cache", {})
    folder.keep(tmp_path / "w", tmp_path / "h", {})
    assert folder.reuse(tmp_path / "w2", tmp_path / "h2") == {}
    assert (tmp_path / "w2").read_bytes() == b"w"


@pytest.mark.parametrize("name", ["weights.safetensors", "history.csv", "facts.json"])
@pytest.mark.parametrize("damage", ["change", "delete"])
def test_a_damaged_run_is_not_used(finished, tmp_path, name, damage, capsys):
    if damage == "change":
        (finished.path / name).unlink()
        (finished.path / name).write_bytes(b"other")
    else:
        (finished.path / name).unlink()
    assert finished.reuse(tmp_path / "w", tmp_path / "h") is None
    assert not (tmp_path / "w").exists()
    assert "training anew" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"\xff", b"", b"{"])
def test_a_run_whose_digests_are_damaged_is_not_used(finished, tmp_path, damage, capsys):
    (finished.path / "digests.json").write_bytes(damage)
    assert finished.reuse(tmp_path / "w", tmp_path / "h") is None
    assert "training anew" in capsys.readouterr().err


def test_an_unfinished_run_is_not_used(finished, tmp_path):
    (finished.path / "digests.json").unlink()
    assert finished.reuse(tmp_path / "w", tmp_path / "h") is None


def test_other_facts_have_another_folder(tmp_path):
    found, same, other = (run_folder(tmp_path, {"a": 1, "b": b}) for b in (1, 1, 2))
    assert found == same != other


@pytest.fixture
def digests(make_task):
    files = make_task()
    folder = files.folder

    def compute():
        tables = read_fold(*(folder / f"{n}.csv" for n in ("utterances", "labels", "splits")), 1)
        index = tables.visible("train", "validation")
        validation = index.numbers_of(tables.roles["validation"])
        masks = read_conditions(files.availability, ["0.3"], 1, tables.labels, index, validation)
        return input_digests(tables, ("train", "validation"), files.features, masks)

    compute.folder = folder
    return compute


def relabel(folder, session, label):
    rows = read_rows(folder / "labels.csv", Label)
    changed = [
        Label(r.utterance_id, label) if r.utterance_id.startswith(session) else r for r in rows
    ]
    write_rows(folder / "labels.csv", changed, Label)


def test_labels_of_the_test_role_do_not_count(digests):
    before = digests()
    relabel(digests.folder, "s1", "POISON")  # fold 1 tests session 1
    assert digests() == before
    relabel(digests.folder, "s2", "ang")  # and validates on session 2
    after = digests()
    assert {name for name in after if after[name] != before[name]} == {"labels"}


def test_texts_and_media_do_not_count_but_speakers_do(digests):
    before = digests()
    path = digests.folder / "utterances.csv"
    rows = read_rows(path, Utterance)

    def change(**fields):
        row = {name: getattr(rows[0], name) for name in Utterance.__dataclass_fields__}
        write_rows(path, [Utterance(**{**row, **fields}), *rows[1:]], Utterance)

    change(text="other words", media="moved/elsewhere.mp4")
    assert digests() == before
    change(speaker="X")
    assert digests()["utterances"] != before["utterances"]


def test_features_count_by_content(digests):
    before = digests()
    path = digests.folder / "features" / "text.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    after = digests()
    assert {name for name in after if after[name] != before[name]} == {"features_text"}

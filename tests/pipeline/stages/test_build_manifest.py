"""build_manifest from the command line: what is written, what is refused, what stays the same."""

import json
import os
import shutil

import pytest

from pipeline.base.records import Annotation, Utterance
from pipeline.base.shards import shard_of
from pipeline.base.tables import read_rows
from pipeline.stages.build_manifest import main

HEADER = "utterance_id,dialogue_id,media,start_s,end_s,emotion,text\n"
N_SHARDS = 3


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "corpus"
    root.mkdir()
    rows = [f"{d}_{k},{d},{d}.mp4,{k},{k}.5,joy,Text {k}.\n" for d in "abcdef" for k in range(3)]
    (root / "utterances.csv").write_text(HEADER + "".join(rows))
    for d in "abcdef":
        (root / f"{d}.mp4").write_bytes(d.encode() * 10)
    return root


@pytest.fixture
def build(tmp_path):
    """Run the stage on a folder; returns the folder of its outputs."""

    def do(root, name="out", **settings):
        out = tmp_path / name
        shards = [str(out / f"{k}.csv") for k in range(N_SHARDS)]
        media = [str(out / f"{k}.json") for k in range(N_SHARDS)]
        given = {"corpus": {"reader": "folder", **settings}}
        arguments = ["--corpus", "mine", "--root", str(root), "--settings", json.dumps(given)]
        arguments += ["--cache", str(tmp_path / "cache"), "--out-shards", *shards]
        arguments += ["--out-media", *media, "--out-corpus", str(out / "corpus.json")]
        arguments += ["--out-utterances", str(out / "utterances.csv")]
        main([*arguments, "--out-annotations", str(out / "annotations.csv")])
        return out

    return do


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_tables_hold_every_utterance_once(corpus, build):
    out = build(corpus)
    rows = read_rows(out / "utterances.csv", Utterance)
    assert len(rows) == 18
    assert len(read_rows(out / "annotations.csv", Annotation)) == 18
    shards = [read_rows(out / f"{k}.csv", Utterance) for k in range(N_SHARDS)]
    assert sorted(row.utterance_id for shard in shards for row in shard) == sorted(
        row.utterance_id for row in rows
    )
    for number, shard in enumerate(shards):
        assert all(shard_of(row.dialogue_id, N_SHARDS) == number for row in shard)


def test_media_are_digested_and_each_shard_knows_only_its_own(corpus, build):
    out = build(corpus)
    summary = json.loads((out / "corpus.json").read_text())
    assert sorted(summary["media"]) == [f"{d}.mp4" for d in "abcdef"]
    # printf aaaaaaaaaa | sha256sum
    digest = "bf2cb58a68f684d95a3b78ef8f661c9a4e5b09e82cc8f9cc88cce90528caeb27"
    assert summary["media"]["a.mp4"] == {"sha256": digest, "size": 10}
    for number in range(N_SHARDS):
        own = json.loads((out / f"{number}.json").read_text())
        rows = read_rows(out / f"{number}.csv", Utterance)
        assert own == {path: summary["media"][path] for path in {row.media for row in rows}}


def test_summary_accounts_for_everything(corpus, build):
    with (corpus / "utterances.csv").open("a") as stream:
        stream.write("g_0,g,gone.mp4,0,1,sad,x\nbad,g,a.mp4,2,1,sad,x\n")
    (corpus / "spare.mp4").touch()
    summary = json.loads((build(corpus) / "corpus.json").read_text())

    assert summary["missing_media"] == {"gone.mp4": "is not there"}
    assert summary["dropped_by_reason"] == {
        "no row of utterances.csv names this file": 1,
        "span is empty or reversed": 1,
    }
    assert (summary["reader"], summary["which_face"], summary["is_synthetic"]) == (
        "folder", "speaker", False,
    )  # fmt: skip
    counts = {(row["group"], row["value"]): row for row in summary["counts"]}
    assert (counts["emotion", "sad"]["found"], counts["emotion", "sad"]["used"]) == (2, 1)
    assert summary["durations"] == {
        "longest_s": 1.0, "n_known": 19, "n_to_end_of_file": 0, "shortest_s": 0.5, "total_s": 10.0,
    }  # fmt: skip


def test_utterances_without_their_file_stay_rows(corpus, build):
    (corpus / "a.mp4").unlink()
    out = build(corpus)
    assert len(read_rows(out / "utterances.csv", Utterance)) == 18
    assert "a.mp4" not in json.loads((out / "corpus.json").read_text())["media"]


def test_moving_the_corpus_changes_no_byte(corpus, build, tmp_path):
    before = contents(build(corpus))
    moved = shutil.move(corpus, tmp_path / "elsewhere")
    assert contents(build(tmp_path / "elsewhere" if moved else corpus, "again")) == before
    assert str(tmp_path).encode() not in b"".join(before.values())


def test_one_new_video_touches_one_shard(corpus, build):
    before = contents(build(corpus))
    (corpus / "new.mp4").write_bytes(b"new")
    with (corpus / "utterances.csv").open("a") as stream:
        stream.write("new_0,new,new.mp4,0,1,joy,x\n")
    after = contents(build(corpus, "again"))
    own = shard_of("new", N_SHARDS)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "utterances.csv", "annotations.csv", "corpus.json", f"{own}.csv", f"{own}.json",
    }  # fmt: skip


def test_changed_content_changes_the_digest_even_at_the_same_size(corpus, build):
    path = corpus / "a.mp4"
    path.write_bytes(b"a" * 2_000_000)  # large enough to be remembered
    before = json.loads((build(corpus) / "corpus.json").read_text())["media"]["a.mp4"]
    path.write_bytes(b"b" * 2_000_000)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    after = json.loads((build(corpus, "again") / "corpus.json").read_text())["media"]["a.mp4"]
    assert before["size"] == after["size"]
    assert before["sha256"] != after["sha256"]


def test_what_is_no_file_is_missing_not_waited_for(corpus, build):
    (corpus / "a.mp4").unlink()
    os.mkfifo(corpus / "a.mp4")  # opening it would wait for ever
    (corpus / "b.mp4").unlink()
    (corpus / "b.mp4").mkdir()
    summary = json.loads((build(corpus) / "corpus.json").read_text())
    assert summary["missing_media"] == {"a.mp4": "is not a file", "b.mp4": "is not a file"}


def test_name_that_the_file_system_refuses_is_missing(corpus, build):
    with (corpus / "utterances.csv").open("a") as stream:
        stream.write(f"long,g,{'x' * 300}.mp4,0,1,joy,x\n")
    summary = json.loads((build(corpus) / "corpus.json").read_text())
    assert summary["missing_media"] == {f"{'x' * 300}.mp4": "cannot be read: File name too long"}


def test_missing_root_is_an_error_without_traceback(tmp_path, build):
    with pytest.raises(SystemExit) as caught:
        build(tmp_path / "gone")
    shown, *log = str(caught.value).split("\n")  # the terminal shows the first line
    assert shown.startswith("error: mine: there is no such folder (corpora.mine.root: ")
    assert str(tmp_path / "gone") in shown
    assert "make doctor CONFIG=FILE" in shown
    assert any(line.startswith("expected:") for line in log)
    assert not (tmp_path / "out").exists()


def test_setting_that_nobody_knows_is_refused(corpus, build):
    with pytest.raises(SystemExit, match=r"corpora\.mine\.vidoes"):
        build(corpus, vidoes="full")


def test_corpus_that_lacks_too_much_is_refused(tmp_path, build):
    evaluation = tmp_path / "iemocap/Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    evaluation.parent.mkdir(parents=True)
    evaluation.write_text("[0.5 - 1.5]\tSes01F_impro01_F000\tneu\t[2.0, 2.0, 2.0]\n")
    build(tmp_path / "iemocap", reader="iemocap")
    with pytest.raises(SystemExit, match=r"max_missing tolerates 5\.0%"):
        build(tmp_path / "iemocap", reader="iemocap", max_missing=0.05)


def test_log_says_what_was_dropped_and_what_is_missing(corpus, build, capsys):
    (corpus / "a.mp4").unlink()
    with (corpus / "utterances.csv").open("a") as stream:
        stream.write("bad,g,../a.mp4,0,1,sad,x\n")
    build(corpus)
    said = capsys.readouterr().out
    assert "dropped: 1 x media leaves the corpus folder" in said
    assert "mine: 1 media file is missing (3 utterances stay without audio and video)" in said
    assert "done: 18 utterances, 5 media files, 1 item dropped" in said

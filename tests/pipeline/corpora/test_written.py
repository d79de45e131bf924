"""What a corpus becomes: tables, shards that hold each row once, digests of their media."""

import json

from pipeline.base.records import FoundUtterance, Utterance
from pipeline.base.tables import read_rows
from pipeline.corpora.checks import assemble
from pipeline.corpora.manifest import Media, MediaFile
from pipeline.corpora.raw import Candidate
from pipeline.corpora.written import CorpusTables


def tables_in(folder, n_shards):
    return CorpusTables(
        *(folder / name for name in ("utterances.csv", "annotations.csv", "corpus.json")),
        shards=[folder / f"{k}.csv" for k in range(n_shards)],
        media=[folder / f"{k}.json" for k in range(n_shards)],
    )


def written(folder, settings, *, is_found):
    candidates = [
        Candidate(
            f"{name}_{turn}",
            name,
            f"{name}.mp4",
            "a turn",
            annotations={"found_by": "voices", "speech_confidence": "0.5"},
        )
        for name in "abcdef"
        for turn in range(2)
    ]

    tables, own = tables_in(folder, n_shards=3), settings("folder")
    raw = assemble(folder, own, candidates)
    media = Media({f"{name}.mp4": MediaFile(3, name * 64) for name in "abcde"}, {"f.mp4": "gone"})
    tables.write("mine", own, raw, media, is_found=is_found)
    return tables


def test_each_row_lies_in_one_shard_beside_the_digests_of_its_own_media(tmp_path, settings):
    tables = written(tmp_path, settings, is_found=False)
    shards = [read_rows(path, Utterance) for path in tables.shards]
    together = sorted(row.utterance_id for rows in shards for row in rows)
    assert together == [f"{name}_{turn}" for name in "abcdef" for turn in range(2)]
    for rows, path in zip(shards, tables.media, strict=True):
        own = {row.media for row in rows} - {"f.mp4"}
        assert json.loads(path.read_text()) == {
            name: {"size": 3, "sha256": name[0] * 64} for name in own
        }
    assert json.loads(tables.corpus.read_text())["missing_media"] == {"f.mp4": "gone"}


def test_a_corpus_that_was_found_says_how_sure_it_is(tmp_path, settings):
    tables = written(tmp_path, settings, is_found=True)
    rows = read_rows(tables.utterances, FoundUtterance)
    assert {(row.found_by, row.speech_confidence) for row in rows} == {("voices", "0.5")}
    plain = written(tmp_path, settings, is_found=False)
    assert [row.utterance_id for row in read_rows(plain.utterances, Utterance)] == [
        row.utterance_id for row in rows
    ]

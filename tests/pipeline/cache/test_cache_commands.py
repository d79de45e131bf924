"""`python -m pipeline.cache` on a small project: three utterances of two talks, some runs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from pipeline.cache.__main__ import main
from pipeline.cache.asked import asked_of
from pipeline.config import parse_config
from pipeline.features.cache import Record, UtteranceCache
from pipeline.features.crop_cache import CropCache
from pipeline.features.crops import CropRecord, write_crops
from pipeline.files import file_digest
from pipeline.records import FaceRow, Utterance
from pipeline.tables import write_rows
from pipeline.training.runs import RunFolder

UTTERANCES = [
    Utterance("a1", "a", 0, "s", "", "a.mp4", 0.0, 1.5, "full", "so far"),
    Utterance("a2", "a", 1, "s", "", "a.mp4", 1.5, 3.0, "full", ""),
    Utterance("b1", "b", 0, "s", "", "b.mp4", 0.0, 2.0, "full", "so good"),
]
MEDIA = {name: {"size": 9, "sha256": name * 8} for name in ("a.mp4", "b.mp4")}
CONFIG = {
    "shards": 1,
    "corpora": {"talks": {"reader": "folder", "root": "talks"}},
    "features": {
        "audio": {"encoder": "hf:speech"},
        "text": {"encoder": "hf:words"},
        "visual": {"encoder": "hf:pictures"},
    },
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in which every record that is asked for is in the cache, and no other."""
    monkeypatch.chdir(tmp_path)
    save(CONFIG)
    for name in ("speech", "words", "pictures"):
        folder = tmp_path / "weights" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(name)
        (folder / "model.safetensors").write_text(name)
    write_rows(tmp_path / "build/talks/manifest/0.csv", UTTERANCES, Utterance)
    (tmp_path / "build/talks/manifest/0.json").write_text(json.dumps(MEDIA))
    (tmp_path / "talks").mkdir()
    fill(tmp_path)
    return tmp_path


def save(values):
    Path("config.yaml").write_text(yaml.safe_dump(values))


def fill(folder):
    """Keep what the present configuration asks for: first faces, then what is made of them."""
    config = parse_config(yaml.safe_load((folder / "config.yaml").read_text()))
    table = folder / "build/talks/faces/0.csv"
    write_rows(table, [FaceRow(u.utterance_id, 0, 0, "", "no_face") for u in UTTERANCES], FaceRow)
    faces = {one.utterance_id: one for one in asked_of(config, folder / "build") if is_face(one)}
    rows = []
    for one in faces.values():
        keep_crops(folder / "cache", one.key)
        rows.append(FaceRow(one.utterance_id, 1, 1, one.key, "ok"))
    write_rows(table, rows, FaceRow)
    for one in asked_of(config, folder / "build"):
        if not is_face(one):
            record = Record(np.array([1.0, 2.0], np.float32), "ok")
            UtteranceCache(folder / "cache", one.kind).put(one.ingredients, record)


def is_face(asked):
    return asked.kind == "faces"


def keep_crops(cache, key):
    picture = cache.parent / "picture.jpg"
    Image.new("RGB", (8, 8)).save(picture)
    record = CropRecord(key, "ok", "track", "full", 1, 1, 1, (0.5,), ((0, 0, 8, 8),), (0.9,))
    with CropCache(cache).writing(key) as path:
        write_crops(path, record, [picture.read_bytes()])


def keep_run(folder, key, used=True):
    out = folder / f"build/mood/runs/m/0.5/{key}"
    out.mkdir(parents=True)
    for name in ("weights.safetensors", "history.csv"):
        (out / name).write_text(key)
    run = RunFolder(folder / "cache/runs" / key)
    run.keep(out / "weights.safetensors", out / "history.csv", {})
    if used:
        (out / "run.json").write_text(json.dumps({"key": key}))


def records(folder, kind):
    return sorted(path for path in (folder / "cache" / kind).rglob("*.*") if path.is_file())


def test_stats_counts_every_kind(project, capsys):
    keep_run(project, "r1")
    (project / "cache/runs/half").mkdir()
    main(["stats"])
    words = [line.split() for line in capsys.readouterr().out.splitlines()]
    counts = {line[0]: line[1] for line in words if len(line) == 4 and line[3] == "MB"}
    assert counts == {"audio": "3", "text": "3", "visual": "3", "faces": "3", "runs": "2"}


def test_a_sound_cache_verifies(project, capsys):
    keep_run(project, "r1")
    main(["verify"])
    assert "13 in the cache, 0 damaged; 0 results changed" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["audio", "text", "visual", "faces", "runs"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damage_is_named_and_repaired(project, kind, damage, capsys):
    keep_run(project, "r1")
    path = records(project, kind)[-1]
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 1
    path.write_bytes({"flip": content, "cut": content[:middle], "empty": b""}[damage])
    with pytest.raises(SystemExit, match="1"):
        main(["verify"])
    named = path.parent if kind == "runs" else path
    assert f"damaged: {named.relative_to(project)}" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not path.exists()
    assert len(list((project / "cache/quarantine").iterdir())) == 1
    main(["verify"])


def test_a_changed_result_is_found_whatever_its_date_and_removed(project, capsys):
    result, seal = project / "build/x.csv", project / "build/.seals/x.csv.sha256"
    result.write_text("before")
    seal.parent.mkdir()
    seal.write_text(f"{file_digest(result)}  build/x.csv\n")
    result.write_text("after!")
    os.utime(result, (1, 1))
    with pytest.raises(SystemExit):
        main(["verify"])
    assert "changed since its rule wrote it: build/x.csv" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not result.exists()


def test_nothing_that_is_asked_for_is_collected(project, capsys):
    keep_run(project, "r1")
    before = [path for path in project.rglob("cache/**/*") if path.is_file()]
    main(["gc"])
    assert [path for path in project.rglob("cache/**/*") if path.is_file()] == before
    assert all(line.split()[3] == "0" for line in capsys.readouterr().out.splitlines())


def test_what_nobody_asks_for_goes_but_not_in_a_dry_run(project, capsys):
    keep_run(project, "used")
    keep_run(project, "unused", used=False)
    (project / "cache/runs/half").mkdir()
    first = {kind: records(project, kind) for kind in ("audio", "text", "visual", "faces")}
    save({**CONFIG, "features": {**CONFIG["features"], "text": {"encoder": "hf:speech"}}})
    main(["gc", "--dry-run"])
    dry = capsys.readouterr().out
    assert "text              0 stay        3 would go" in dry
    assert records(project, "text") == first["text"]
    main(["gc"])
    assert capsys.readouterr().out == dry.replace("would go", "are gone")
    assert records(project, "text") == []
    for kind in ("audio", "visual", "faces"):
        assert records(project, kind) == first[kind]
    assert {path.name for path in (project / "cache/runs").iterdir()} == {"used", "half"}


def test_what_a_killed_writer_left_goes_a_day_later(project, capsys):
    new, old = (project / f"cache/audio/{name}.part" for name in (".new.1", ".old.2"))
    for path in (new, old):
        path.write_text("half")
    os.utime(old, (0, 0))
    main(["gc"])
    assert "leftover          0 stay        1 are gone" in capsys.readouterr().out
    assert new.exists()
    assert not old.exists()
    main(["stats"])
    assert "leftover" not in capsys.readouterr().out


def test_a_cache_that_two_configurations_share_is_collected_for_both(project):
    other = {**CONFIG, "features": {**CONFIG["features"], "text": {"encoder": "hf:speech"}}}
    first = records(project, "text")
    (project / "config.yaml").rename("first.yaml")
    save(other)
    main(["gc", "--configfile", "config.yaml", "first.yaml"])
    assert records(project, "text") == first


def test_nothing_is_collected_before_it_is_known_what_is_asked_for(project):
    (project / "build/talks/manifest/0.csv").unlink()
    with pytest.raises(SystemExit, match=r"manifest/0\.csv is not there: run `snakemake`"):
        main(["gc"])
    assert len(records(project, "text")) == 3


def test_a_record_that_is_there_is_explained_by_its_ingredients(project, capsys):
    main(["explain", "a1"])
    said = capsys.readouterr().out
    for kind in ("faces", "audio", "text", "visual"):
        assert f"talks a1 {kind}\n" in said
    assert said.count(": in the cache") == 4
    assert "media: a.mp4a.mp4" in said
    assert "start_s: 0.0" in said
    assert "nearest" not in said


def test_what_keeps_a_record_from_being_found_is_named(project, capsys):
    text = {"encoder": "hf:words", "last_layers": 2}
    save({**CONFIG, "features": {**CONFIG["features"], "text": text}})
    main(["explain", "b1"])
    said = capsys.readouterr().out
    assert said.count("not in the cache") == 1
    differing = said.partition("differs in:\n")[2].partition("talks b1")[0].splitlines()
    assert differing == ["    settings.last_layers: 4 there, 2 now"]


def test_the_nearest_record_is_one_of_the_same_content(project, capsys):
    """Content counts before the number of ingredients that differ."""
    text = {"encoder": "hf:words", "last_layers": 2, "pooling": "tokens", "max_tokens": 9}
    save({**CONFIG, "features": {**CONFIG["features"], "text": text}})
    main(["explain", "b1"])
    said = capsys.readouterr().out.partition("differs in:\n")[2]
    assert "    text: " not in said
    assert said.count(" there, ") == 3


def test_an_utterance_without_media_has_nothing_to_look_up(project, capsys):
    (project / "build/talks/manifest/0.json").write_text("{}")
    main(["explain", "a1"])
    assert "talks a1 audio\n  nothing to look up: no_media" in capsys.readouterr().out


def test_an_unknown_utterance_is_refused(project):
    with pytest.raises(SystemExit, match=r"no corpus of config\.yaml has 'zz'"):
        main(["explain", "zz"])


def test_missing_weights_are_named(project):
    (project / "weights/words").rename(project / "weights/elsewhere")
    with pytest.raises(SystemExit, match=r"features\.text\.encoder"):
        main(["gc"])

"""What really runs, and what it computes anew: a folder of talks, MiniLM's texts, one training.

Where a stage runs again on the same content, caches keep the work: no utterance is encoded twice,
no run is trained twice. Videos are never decoded here: only their bytes count.
"""

import csv
import os
import re
import shutil
from pathlib import Path

import pytest

from pipeline.base.arrays import read_arrays
from pipeline.base.provenance import closure
from pipeline.base.shards import shard_of
from tests.workflow.driver import Planned, rules_of, snakemake
from tests.workflow.workspaces import write_config

TEXTS = {
    "a1": ("a", "so far so good"),
    "a2": ("a", "I am not so sure"),
    "b1": ("b", "what a day"),
    "b2": ("b", "so it goes"),
    "d1": ("d", "we won"),
    "d2": ("d", "never again"),
}
CONFIG = {
    "shards": 2,
    "corpora": {"talks": {"reader": "folder", "root": "talks"}},
    "features": {"text": {"encoder": "minilm"}},
    "tasks": {
        "mood": {
            "corpus": "talks",
            "classes": {"good": ["happy"], "bad": ["sad"]},
            "folds": {"by": "dialogues", "k": 3, "only": [0]},
            "modalities": ["text"],
        }
    },
    "protocol": {"rates": [0.5]},
    "train": {"train_rate": "0.5", "n_epochs": 1},
}
FEATURES = Path("build/talks/features/text.safetensors")
WEIGHTS = Path("build/mood/runs/iteacnet/0.5/fold0_seed0/weights.safetensors")
TO_FEATURES = ["build_manifest", "extract_features", "join_features"]
ONE_SHARD_TO_WEIGHTS = sorted([*TO_FEATURES, "draw_availability", "train"])


def write_table(folder: Path, texts: dict[str, tuple[str, str]]) -> None:
    with (folder / "talks/utterances.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["utterance_id", "dialogue_id", "media", "text", "emotion"])
        for name, (dialogue, text) in texts.items():
            emotion = "happy" if name.endswith("1") else "sad"
            writer.writerow([name, dialogue, f"{dialogue}.mp4", text, emotion])


def run(folder: Path, target: Path = WEIGHTS) -> list[str]:
    """Make `target` and forget what earlier runs told; the rules that ran."""
    for path in folder.glob("build/logs/*/*.txt"):
        path.unlink()
    return rules_of(snakemake(folder, str(target), "--configfile", str(folder / "config.yaml")))


def planned(folder: Path) -> list[Planned]:
    return snakemake(folder, str(WEIGHTS), "--dry-run", "--configfile", str(folder / "config.yaml"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    write_config(folder, CONFIG)
    (folder / "talks").mkdir()
    write_table(folder, TEXTS)
    for name in "abd":
        (folder / f"talks/{name}.mp4").write_bytes(name.encode() * 9)
    assert {shard_of(name, 2) for name in "abd"} == {0, 1}
    run(folder)
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "project", symlinks=True)


def log(folder: Path, pattern: str) -> str:
    return "".join(path.read_text() for path in folder.glob(f"build/logs/{pattern}.txt"))


def hits_and_misses(folder: Path) -> tuple[int, int]:
    """Of the utterance cache, in all shards that were looked at."""
    found = re.findall(r"(\d+) hits, (\d+) misses", log(folder, "talks/extract*"))
    return sum(int(hits) for hits, _ in found), sum(int(misses) for _, misses in found)


def is_reused(folder: Path) -> bool:
    return "the same run is in the cache" in log(folder, "mood/train*")


def test_the_first_run_computes_everything_once(folder):
    assert hits_and_misses(folder) == (0, 6)
    assert not is_reused(folder)
    assert read_arrays(folder / FEATURES)[0]["features"].shape == (6, 384)
    assert planned(folder) == []


def test_a_manifest_with_the_same_content_is_where_a_rerun_ends(folder):
    """Early cut-off, in one invocation: a video has another date, but the same content."""
    os.utime(folder / "talks/a.mp4", (7, 7))
    assert "train" in rules_of(planned(folder))
    assert run(folder) == ["build_manifest"]
    assert planned(folder) == []


def test_a_reencoded_video_encodes_no_text_and_trains_nothing(folder):
    (folder / "talks/a.mp4").write_bytes(b"other bytes")
    before = [(folder / path).read_bytes() for path in (FEATURES, WEIGHTS)]
    assert run(folder) == ONE_SHARD_TO_WEIGHTS
    assert hits_and_misses(folder) == (4, 0)
    assert is_reused(folder)
    assert [(folder / path).read_bytes() for path in (FEATURES, WEIGHTS)] == before
    assert planned(folder) == []


def test_an_edited_line_is_encoded_and_no_other(folder):
    write_table(folder, {**TEXTS, "d1": ("d", "we lost")})
    before = read_arrays(folder / FEATURES)[0]["features"]
    assert run(folder, FEATURES) == TO_FEATURES
    assert hits_and_misses(folder) == (1, 1)
    after = read_arrays(folder / FEATURES)[0]["features"]
    assert (before != after).any(axis=1).tolist() == [False, False, False, False, True, False]
    assert "train" in rules_of(planned(folder))


def test_a_new_video_runs_its_shard_and_is_alone_encoded(folder):
    write_table(folder, {**TEXTS, "red1": ("red", "something new")})
    (folder / "talks/red.mp4").write_bytes(b"r")
    assert shard_of("red", 2) == 1
    assert run(folder, FEATURES) == TO_FEATURES
    assert hits_and_misses(folder) == (2, 1)


def test_fewer_shards_leave_nothing_of_the_former_ones(folder):
    """The results are those of a folder that never had more."""
    before = (folder / FEATURES).read_bytes()
    write_config(folder, {**CONFIG, "shards": 1})
    snakemake(folder, str(FEATURES), "--dry-run", "--configfile", str(folder / "config.yaml"))
    assert (folder / "build/talks/shards/text/1.safetensors").exists()
    assert run(folder, FEATURES) == TO_FEATURES
    assert hits_and_misses(folder) == (6, 0)
    assert (folder / FEATURES).read_bytes() == before
    left = [*folder.glob("build/**/1.*"), *folder.glob("build/.seals/**/1.*")]
    assert left == list(folder.glob("build/benchmarks/**/1.*")) == []


def test_a_moved_corpus_runs_nothing(folder):
    (folder / "talks").rename(folder / "elsewhere")
    write_config(
        folder, {**CONFIG, "corpora": {"talks": {"reader": "folder", "root": "elsewhere"}}}
    )
    assert run(folder) == []


def test_without_snakemakes_records_all_comes_out_of_the_caches(folder):
    shutil.rmtree(folder / ".snakemake")
    before = [(folder / path).read_bytes() for path in (FEATURES, WEIGHTS)]
    ran = run(folder)
    assert set(ran) == {*ONE_SHARD_TO_WEIGHTS, "assign_splits", "draw_availability"}
    assert hits_and_misses(folder) == (6, 0)
    assert is_reused(folder)
    assert [(folder / path).read_bytes() for path in (FEATURES, WEIGHTS)] == before
    assert planned(folder) == []


def test_a_corrupted_result_stops_the_workflow_and_is_made_again(folder):
    before = (folder / FEATURES).read_bytes()
    with (folder / FEATURES).open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x7f" if before[-1:] != b"\x7f" else b"\x00")
    with pytest.raises(RuntimeError, match=f"changed since their rules wrote them: {FEATURES}"):
        run(folder)
    (folder / FEATURES).unlink()
    assert run(folder, FEATURES) == ["join_features"]
    assert (folder / FEATURES).read_bytes() == before


def test_a_shard_that_is_all_cached_loads_no_encoder(folder, monkeypatch):
    """And all modules of ours that the stage really loads are part of its code digest."""
    (folder / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "from pathlib import Path\n\n"
        "def tell():\n"
        "    Path(__file__).with_name('loaded.txt').write_text('\\n'.join(sys.modules))\n\n"
        "atexit.register(tell)\n"
    )
    shard = Path("build/talks/shards/text/0.safetensors")
    (folder / shard).unlink()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    assert run(folder, shard) == ["extract_features"]

    loaded = set((folder / "loaded.txt").read_text().split())
    assert not {"torch", "transformers", "av", "cv2"} & loaded

    ours = {name for name in loaded if name.split(".")[0] in ("pipeline", "models", "demo")}
    assert "pipeline.features.extraction" in ours

    known = closure("pipeline.stages.extract_features", "pipeline.features.encoders.minilm")
    assert ours - {"pipeline.base.own_gpu"} <= known

"""A small project whose caches hold what it asks for: three utterances of two talks, and runs."""

import json
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.config.configuration import parse_config
from pipeline.features.cache.utterances import Record, UtteranceCache
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.tools.cache.asked import asked_of
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


def save(values):
    Path("config.yaml").write_text(yaml.safe_dump(values))


def fill(folder):
    """Keep what the present configuration asks for: first faces, then what is made of them."""
    config = parse_config(yaml.safe_load((folder / "config.yaml").read_text()))
    table = folder / "build/talks/faces/0.csv"
    write_rows(table, [FaceRow(u.utterance_id, 0, 0, "", "no_face") for u in UTTERANCES], FaceRow)

    faces = {
        asked.utterance_id: asked for asked in asked_of(config, folder / "build") if is_face(asked)
    }

    rows = []
    for asked in faces.values():
        keep_crops(folder / "cache", asked.key)
        rows.append(FaceRow(asked.utterance_id, 1, 1, asked.key, "ok"))
    write_rows(table, rows, FaceRow)

    for asked in asked_of(config, folder / "build"):
        if not is_face(asked):
            record = Record(np.array([1.0, 2.0], np.float32), "ok")
            UtteranceCache(folder / "cache", asked.kind).put(asked.ingredients, record)


def is_face(asked):
    return asked.kind == "faces"


def keep_crops(cache, key):
    picture = cache.parent / "picture.jpg"
    Image.new("RGB", (8, 8)).save(picture)
    record = CropRecord(key, "ok", "track", "full", 1, 1, 1, (0.5,), ((0, 0, 8, 8),), (0.9,))
    with CropCache(cache).writing(key) as path:
        write_crops(path, record, [picture.read_bytes()])


def keep_run(folder, key, used=True):
    out = folder / f"build/mood/runs/m/0.5/fold0_seed{key}"
    out.mkdir(parents=True)
    for name in ("weights.safetensors", "history.csv"):
        (out / name).write_text(key)
    run = RunFolder(folder / "cache/runs" / key)
    run.keep(out / "weights.safetensors", out / "history.csv", {})
    if used:
        (out / "run.json").write_text(json.dumps({"key": key}))


def records(folder, kind):
    return sorted(path for path in (folder / "cache" / kind).rglob("*.*") if path.is_file())

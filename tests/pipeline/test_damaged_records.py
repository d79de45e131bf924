"""500 damaged inputs of every file that the pipeline itself writes, and of config.yaml."""

from contextlib import suppress

import numpy as np
import pytest

from pipeline.base.arrays import ArraysError, read_arrays, write_arrays
from pipeline.base.errors import SettingsError
from pipeline.base.records import Utterance
from pipeline.base.tables import TableError, read_rows, write_rows
from pipeline.config.configuration import read_config
from pipeline.corpora.turns import Found, Turn, read_found, write_found
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import BadRecordError, Record, UtteranceCache, read_record
from pipeline.features.faces.crops import CropsError, verify_crops
from pipeline.features.speech.cache import SpeechCache, read_speech_record
from pipeline.features.store import FeatureStore, StoreError, StoreHeader, read_store, write_store
from pipeline.training.runs import RunFolder
from tests.modules import ROOT
from tests.pipeline.damaging import try_all
from tests.pipeline.tools.cache.small_project import keep_crops, keep_run

INGREDIENTS = {"media": "5" * 64, "start_s": 0.0}
KEY = record_key(INGREDIENTS)


def table(folder):
    path = folder / "utterances.csv"
    span = (0.0, 1.5, "full")
    write_rows(path, [Utterance("a1", "a", 0, "s", "", "a.mp4", *span, "hi, \u00e9")], Utterance)
    return path, lambda: read_rows(path, Utterance), TableError


def arrays(folder):
    path = folder / "weights.safetensors"
    write_arrays(path, {"a": np.arange(9.0), "b": np.ones((2, 3), np.float32)}, {"key": "x"})
    return path, lambda: read_arrays(path), ArraysError


def utterance_record(folder):
    cache = UtteranceCache(folder, "audio")
    cache.put(INGREDIENTS, Record(np.array([1.0, 2.0], np.float32), "ok"))
    return cache.path(KEY), lambda: read_record(cache.path(KEY), KEY), BadRecordError


def speech_record(folder):
    cache = SpeechCache(folder)
    cache.put(INGREDIENTS, {"turns": [{"start_s": 0.5}]})
    return cache.path(KEY), lambda: read_speech_record(cache.path(KEY), KEY), ValueError


def found(folder):
    path = folder / "a.turns.json"
    write_found(path, Found("a.wav", "5" * 64, "voice", (Turn(0.0, 1.5, "ann"),)))
    return path, lambda: read_found(path), ValueError


def crops(folder):
    (folder / "cache").mkdir()
    keep_crops(folder / "cache", KEY)
    (path,) = (folder / "cache").rglob("*.zip")
    return path, lambda: verify_crops(path, KEY), CropsError


def run(folder):
    keep_run(folder, "r1")
    path = folder / "cache/runs/r1/facts.json"
    return path, RunFolder(path.parent).is_intact, ()


def configuration(folder):
    path = folder / "config.yaml"
    path.write_bytes((ROOT / "configs/clips.yaml").read_bytes())
    return path, lambda: read_config(path), SettingsError


def store(folder):
    path = folder / "audio.safetensors"
    header = StoreHeader("t", "audio", "e", "w", "mean", "float32")
    rows = np.array([[1, 2, 3], [0, 0, 0]], np.float32)
    status = np.array([0, STATUSES.index("silent")], np.uint8)
    write_store(path, FeatureStore(header, rows, status == 0, status))
    return path, lambda: read_store(path), (StoreError, ArraysError)


KINDS = (table, arrays, store, utterance_record, speech_record, found, crops, run, configuration)


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_files(tmp_path, kind):
    path, read, error = kind(tmp_path)
    read()

    def attempt():
        with suppress(error):
            read()

    try_all([path], attempt)

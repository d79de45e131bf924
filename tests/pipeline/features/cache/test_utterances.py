"""The utterance cache: exact, private, safe with many writers, and never trusting a bad file."""

import multiprocessing
import os
import resource
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.base.errors import CacheError
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import BadRecordError, Record, UtteranceCache

RECORD = Record(np.linspace(-1, 1, 7, dtype=np.float32), "ok")
INGREDIENTS = {"text": "0" * 64, "start_s": 0.1, "settings": {"pooling": "words"}}
KEY = record_key(INGREDIENTS)
NOBODY = 65534


@pytest.fixture
def cache(tmp_path):
    filled = UtteranceCache(tmp_path / "cache", "text")
    filled.put(INGREDIENTS, RECORD)
    return filled


def same(first, second):
    return (
        (first.status, first.detail) == (second.status, second.detail)
        and (first.vector is None) == (second.vector is None)
        and (first.vector is None or np.array_equal(first.vector, second.vector))
    )


def test_a_record_comes_back_exactly(cache):
    assert same(cache.get(KEY), RECORD)
    assert cache.n_damaged == 0


def test_a_reason_for_having_no_vector_is_kept_too(cache):
    record = Record(None, "unreadable", "no such codec: é")
    cache.put({"text": "other"}, record)
    assert same(cache.get(record_key({"text": "other"})), record)


def test_what_was_never_kept_is_none(cache):
    assert cache.get(record_key({"text": "never"})) is None
    assert UtteranceCache(cache.root / "nowhere", "text").get(KEY) is None
    assert UtteranceCache(cache.root, "audio").get(KEY) is None


def test_the_same_record_is_the_same_bytes(cache):
    before = cache.path(KEY).read_bytes()
    cache.put(INGREDIENTS, RECORD)
    assert cache.path(KEY).read_bytes() == before


def test_folders_and_records_are_for_the_owner_alone(cache):
    for folder in (cache.root, cache.root / "text", cache.path(KEY).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"\x00", b"not a record", b"\xff" * 4000])
def test_a_foreign_file_is_set_aside_and_counted(cache, content):
    cache.path(KEY).write_bytes(content)
    assert cache.get(KEY) is None
    assert cache.n_damaged == 1
    (aside,) = (cache.root / "quarantine").iterdir()
    assert aside.read_bytes() == content
    cache.put(INGREDIENTS, RECORD)
    assert same(cache.get(KEY), RECORD)


def test_a_record_cut_at_any_byte_is_never_believed(cache):
    whole = cache.path(KEY).read_bytes()
    for length in range(len(whole)):
        cache.path(KEY).write_bytes(whole[:length])
        assert cache.get(KEY) is None, length
    assert cache.n_damaged == len(whole)


def test_a_record_with_any_bit_flipped_is_never_believed_to_say_something_else(cache):
    whole = cache.path(KEY).read_bytes()
    refused = 0
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        cache.path(KEY).write_bytes(flipped)
        found = cache.get(KEY)
        refused += found is None
        assert found is None or same(found, RECORD), place
    assert refused == cache.n_damaged > 0.9 * len(whole)


def test_a_record_under_another_name_is_not_believed(cache):
    other = record_key({"text": "1" * 64})
    cache.path(other).parent.mkdir(exist_ok=True)
    cache.path(KEY).rename(cache.path(other))
    assert cache.get(other) is None
    assert cache.n_damaged == 1


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Record(np.array([1.0, np.nan], np.float32), "ok"), "NaN"),
        (Record(np.array([np.inf], np.float32), "ok"), "infinity"),
        (Record(np.zeros(3), "ok"), "float64"),
        (Record(np.zeros((2, 2), np.float32), "ok"), "expected float32"),
        (Record(np.zeros(0, np.float32), "ok"), "expected float32"),
        (Record(None, "ok"), "does not fit"),
        (Record(np.zeros(3, np.float32), "silent"), "does not fit"),
        (Record(None, "broken"), "does not fit"),
    ],
)
def test_what_no_extractor_may_give_is_not_kept(cache, record, message):
    with pytest.raises(BadRecordError, match=message):
        cache.put({"text": "bad"}, record)
    assert cache.get(record_key({"text": "bad"})) is None


def _write_many(root, numbers):
    cache = UtteranceCache(root, "text")
    for number in numbers:
        cache.put({"text": number}, Record(np.full(64, number, np.float32), "ok"))


def test_eight_writers_and_a_reader_at_once_see_only_whole_records(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(tmp_path, range(25))) for _ in range(8)]
    for writer in writers:
        writer.start()
    cache = UtteranceCache(tmp_path, "text")
    while any(writer.is_alive() for writer in writers):
        for number in range(25):
            found = cache.get(record_key({"text": number}))
            assert found is None or (found.vector == number).all()
    assert [writer.exitcode for writer in writers] == [0] * 8
    assert cache.n_damaged == 0
    files = [path.name for path in (tmp_path / "text").rglob("*") if path.is_file()]
    assert len(files) == 25
    assert not any(".part" in name for name in files)


@pytest.fixture
def read_only():
    """A filled cache that this process may read and not write, even if it runs as root."""
    with tempfile.TemporaryDirectory() as folder:
        cache = UtteranceCache(Path(folder) / "cache", "text")
        cache.put(INGREDIENTS, RECORD)
        paths = [Path(folder), cache.root, *cache.root.rglob("*")]

        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)

        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)

        try:
            yield cache
        finally:
            if is_root:
                os.seteuid(0)
            for path in paths:
                if path.exists():
                    path.chmod(0o755)


def test_a_read_only_cache_is_read_and_says_clearly_that_it_cannot_be_written(read_only):
    assert same(read_only.get(KEY), RECORD)
    with pytest.raises(CacheError, match=r"cannot write to the cache .*set `cache` in the config"):
        read_only.put({"text": "new"}, RECORD)


def test_a_full_disk_stops_with_an_error_and_leaves_nothing_half_written(cache):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(CacheError, match=r"File too large.*make room"):
            cache.put({"text": "big"}, Record(np.zeros(4096, np.float32), "ok"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    files = [path for path in cache.root.rglob("*") if path.is_file()]
    assert files == [cache.path(KEY)]


def test_reading_the_cache_needs_no_torch(cache):
    script = (
        "import sys; from pathlib import Path;"
        "from pipeline.features.cache.utterances import UtteranceCache;"
        f"assert UtteranceCache(Path({str(cache.root)!r}), 'text').get({KEY!r}) is not None;"
        "assert not {'torch', 'transformers', 'onnxruntime', 'av'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

"""A record for every job: the cache first, each key once, and nothing kept that may pass by."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.base.records import Utterance
from pipeline.features.cache.extractor import Encoded, Item, Weights
from pipeline.features.cache.keys import record_key, text_content
from pipeline.features.cache.utterances import Record, UtteranceCache
from pipeline.features.encoders.driver import Overlapped
from pipeline.features.extraction import MAX_REMARK, EncoderChoice, extract, to_store
from pipeline.features.jobs import Job
from pipeline.features.store import StoreHeader

HEADER = StoreHeader("table", "text", "letters", "0" * 64, "words", "float32")


def job(name, text, **given):
    item = Item(Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", text), **given)
    return Job(item, {"encoder": "letters", **text_content(text)})


@dataclass(frozen=True)
class Letters(EncoderChoice):
    """Encodes a text as its length and its number of spaces; "" fails as a system does."""

    encoded: list[str] = field(default_factory=list)

    def build(self):
        def read(items):
            for item in items:
                self.encoded.append(item.utterance.utterance_id)
                text = item.utterance.text
                failure = Encoded(item.utterance.utterance_id, None, "read_error", "disk")
                yield item, text or failure

        return Overlapped(2, read, lambda text: np.array([len(text), text.count(" ")], np.float32))


@pytest.fixture
def choice(tmp_path):
    return Letters("text", {"encoder": "letters"}, Weights(tmp_path, "0" * 64), "cpu")


@pytest.fixture
def cache(tmp_path):
    return UtteranceCache(tmp_path / "cache", "text")


def test_utterances_of_one_key_are_encoded_once_and_each_gets_the_record(choice, cache):
    found = extract([job("a", "hi you"), job("b", "no"), job("c", "hi you")], choice, cache, 2)
    assert choice.encoded == ["a", "b"]
    assert (found.n_hits, found.n_misses) == (0, 3)
    assert [found.records[name].vector.tolist() for name in "abc"] == [[6, 1], [2, 0], [6, 1]]


def test_what_is_in_the_cache_needs_no_encoder(choice, cache, monkeypatch):
    jobs = [job("a", "hi you"), job("b", "no")]
    first = extract(jobs, choice, cache, 1)
    monkeypatch.setattr(Letters, "build", pytest.fail)
    again = extract(jobs, choice, cache, 1)
    assert (again.n_hits, again.n_misses) == (2, 0)
    for name, record in first.records.items():
        assert np.array_equal(again.records[name].vector, record.vector)


def test_records_are_on_the_disk_before_a_result_can_hold_them(choice, cache, monkeypatch):
    synced = []

    def sync(folder):
        assert folder == cache.root
        synced.append(sorted(path.stem for path in folder.rglob("*.safetensors")))

    monkeypatch.setattr("pipeline.features.cache.utterances.sync_file_system", sync)
    jobs = [job("a", "hi you"), job("b", "no")]
    extract(jobs, choice, cache, 1)
    extract(jobs, choice, cache, 1)  # nothing is written, so that nothing is synced
    assert synced == [sorted(record_key(given.ingredients) for given in jobs)]


def test_a_settled_item_is_neither_looked_up_nor_encoded(choice, cache):
    found = extract([job("a", "hi", status="no_face", remark="dark")], choice, cache, 1)
    assert choice.encoded == []
    assert (found.n_hits, found.n_misses) == (0, 0)
    assert found.records["a"] == Record(None, "no_face", "dark")


def test_a_failure_of_the_system_is_told_and_tried_again(choice, cache):
    found = extract([job("a", ""), job("b", "no")], choice, cache, 1)
    assert found.is_for_now
    assert "1 ok, 1 read_error" in found.describe()
    assert not cache.has(record_key(job("a", "").ingredients))
    extract([job("a", ""), job("b", "no")], choice, cache, 1)
    assert choice.encoded == ["a", "b", "a"]


def test_a_damaged_record_is_set_aside_counted_and_made_again(choice, cache):
    extract([job("a", "hi you")], choice, cache, 1)
    (path,) = cache.root.rglob("*.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])

    found = extract([job("a", "hi you")], choice, cache, 1)
    assert (found.n_damaged, found.n_misses) == (1, 1)
    assert path.read_bytes() == whole


def test_a_store_has_the_rows_the_reasons_and_short_remarks():
    records = [
        Record(np.array([1, 2], np.float32), "ok", "a  long\n" * 200, (2.0, 1.5)),
        Record(None, "silent"),
    ]
    store = to_store(records, HEADER)
    assert store.features.tolist() == [[1, 2], [0, 0]]
    assert store.counts() == {"ok": 1, "silent": 1}
    assert store.seconds[0].tolist() == [2.0, 1.5]
    assert np.isnan(store.seconds[1]).all()
    assert store.remarks == {0: ("a long " * 200)[:MAX_REMARK]}


def test_vectors_of_two_lengths_are_refused():
    records = [Record(np.zeros(n, np.float32), "ok") for n in (2, 3)]
    with pytest.raises(ValueError, match=r"vectors of \[2, 3\] numbers"):
        to_store(records, HEADER)

"""A corpus beside a run: rows in line, ends that somebody knows, and the run's own encoders."""

import numpy as np
import pytest

from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.tools.label.corpus import check_origin, read_new_corpus
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.trained import Origin
from tests.pipeline.tools.label.test_origin import run_of

# The table has the turns of its dialogue in another order than they were said.
ROWS = [
    Utterance("late", "d", 1, "Bob", "s", "", 4.0, 6.0, "full", "x"),
    Utterance("open", "d", 2, "Ann", "s", "", 6.0, float("inf"), "full", "x"),
    Utterance("early", "d", 0, "Ann", "s", "", 0.0, float("inf"), "full", "x"),
]
IDS = [row.utterance_id for row in ROWS]
ENCODER = {"encoder": "e", "weights": "w", "pooling": "mean", "precision": "float32"}
TRAINED = {m: ENCODER | {"libraries": {"torch": "2"}} for m in ("audio", "text", "visual")}


@pytest.fixture
def corpus(tmp_path):
    """Three dimensions of each modality, everything found but the face of `late`."""
    write_rows(tmp_path / "utterances.csv", ROWS, Utterance)
    for modality in TRAINED:
        put(tmp_path, modality)
    put(tmp_path, "visual", status=("no_face", "ok", "ok"))
    return tmp_path


def put(folder, modality, file="", status=("ok",) * 3, dim=3, seconds=None, **header):
    told = {"table": table_digest(IDS), "modality": modality, "libraries": {"torch": "2"}}
    codes = np.array([STATUSES.index(name) for name in status], np.uint8)
    found = codes == STATUSES.index("ok")
    vectors = np.ones((3, dim), np.float32) * found[:, None]
    store = FeatureStore(StoreHeader(**told | ENCODER | header), vectors, found, codes, seconds)
    write_store(folder / f"features/{file or modality}.safetensors", store)


def read(folder, encoders=TRAINED):
    return read_new_corpus(folder, run_of(encoders=encoders).facts)


def test_everything_is_in_line(corpus):
    found = read(corpus)
    assert found.speakers == ["Ann", "Bob", "Ann"]
    assert found.found.tolist() == [[True] * 3, [True, True, False], [True] * 3]
    assert [found.lacks(line) for line in range(3)] == [{}, {"visual": "no_face"}, {}]


def test_an_end_is_the_tables_or_the_longest_that_was_found_or_unknown(corpus):
    """Of `early` the sound lasts 2.5 s and the pictures 3 s; of `open` nobody knows."""
    nobody = [np.nan, np.nan]
    put(corpus, "audio", seconds=np.array([[2, 1.0], nobody, [9, 2.5]], np.float32))
    put(corpus, "visual", seconds=np.array([[2, 2.0], nobody, [9, 3.0]], np.float32))
    assert read(corpus).ends_s.tolist()[:2] == [3.0, 6.0]
    assert np.isnan(read(corpus).ends_s[2])


def test_the_file_of_the_runs_encoder_is_taken_among_those_of_named_sets(corpus):
    put(corpus, "audio", "audio@hubert", encoder="hubert", dim=3)
    hubert = TRAINED | {"audio": TRAINED["audio"] | {"encoder": "hubert"}}
    assert read(corpus, hubert).stores["audio"].header.encoder == "hubert"
    assert read(corpus).stores["audio"].header.encoder == "e"

    other = TRAINED | {"audio": TRAINED["audio"] | {"encoder": "wavlm"}}
    with pytest.raises(LabelError, match=r"audio\.safetensors was made with encoder e, .*wavlm"):
        read(corpus, other)


def test_where_nothing_of_a_modality_was_found_zeros_are_as_wide_as_the_run_wants(corpus):
    put(corpus, "visual", status=("no_face",) * 3, dim=0)
    assert read(corpus).stores["visual"].features.tolist() == [[0.0] * 3] * 3


def test_another_width_is_refused(corpus):
    put(corpus, "text", dim=4)
    with pytest.raises(LabelError, match="vectors of 4 numbers, the run was trained on 3"):
        read(corpus)


def test_a_run_without_a_record_of_encoders_is_believed_with_a_note(corpus, capsys):
    put(corpus, "audio", encoder="other")
    assert read(corpus, None).stores["audio"].dim == 3
    assert "note: run.json is of an earlier version" in capsys.readouterr().err


HEADER = ENCODER | {"modality": "audio", "libraries": {"torch": "2", "av": "14"}}


@pytest.mark.parametrize("what", ENCODER)
def test_whatever_differs_is_named_on_both_sides(what):
    trained = Origin(**ENCODER | {what: "theirs"})
    with pytest.raises(LabelError) as error:
        check_origin("x was made with", HEADER, trained)
    mine = ENCODER[what]
    told = f"x was made with {what} {mine}, the features that the run was trained on with {what}"
    assert str(error.value).startswith(f"{told} theirs: extract audio")


@pytest.mark.parametrize(
    ("libraries", "note"),
    [
        ({"torch": "2", "av": "14"}, ""),
        ({"torch": "1", "av": "14"}, "torch 2 (the run's: 1). For the same"),
        ({"torch": "2"}, "av 14 (the run's: not said)"),
        ({"torch": "2", "av": "14", "onnx": "3"}, "onnx not said (the run's: 3)"),
        (None, "run.json does not say with which versions"),
    ],
)
def test_other_versions_are_a_note(libraries, note, capsys):
    check_origin("x", HEADER, Origin(**ENCODER, libraries=libraries))
    said = capsys.readouterr().err
    assert note in said
    assert bool(note) == bool(said)


def test_imported_features_name_no_encoder(capsys):
    imported = HEADER | {"encoder": "imported", "weights": "of this file"}
    check_origin("x", imported, Origin(**ENCODER | {"encoder": "imported"}))
    assert "only their width is checked" in capsys.readouterr().err
    with pytest.raises(LabelError, match="weights"):  # imported on one side alone
        check_origin("x", HEADER | {"weights": "v"}, Origin(**ENCODER))


def test_a_modality_that_the_run_names_no_encoder_of_is_refused():
    with pytest.raises(LabelError, match="names no encoder of audio"):
        check_origin("x", HEADER, None)


def test_an_empty_table_is_refused(corpus):
    write_rows(corpus / "utterances.csv", [], Utterance)
    with pytest.raises(LabelError, match="holds no utterance"):
        read(corpus)


def test_a_file_of_another_modality_is_refused(corpus):
    put(corpus, "text", "audio")
    with pytest.raises(LabelError, match="holds text features, not audio"):
        read(corpus)

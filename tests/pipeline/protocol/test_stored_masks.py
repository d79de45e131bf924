import numpy as np
import pytest

from pipeline.base.records import Label
from pipeline.config.tasks import FoldsSettings
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.splits import assign_splits
from pipeline.protocol.stored_masks import draw_masks, read_masks, write_masks

ALL = ("audio", "text", "visual")


@pytest.fixture
def draw(corpus, labels):
    def make(protocol="strict", rate=0.5, seed=7000, modalities=ALL, extracted=None):
        if extracted is None:
            extracted = np.ones((len(labels), len(modalities)), bool)
        splits = assign_splits(corpus, labels, [], FoldsSettings(by="sessions"), protocol)
        dialogue_of = {u.utterance_id: u.dialogue_id for u in corpus}
        return draw_masks(labels, splits, dialogue_of, modalities, extracted, rate, "gcnet", seed)

    return make


def session_rows(corpus, number):
    return np.flatnonzero([u.session == f"s{number}" for u in corpus])


def test_only_test_and_validation_rows_are_drawn(draw, corpus):
    masks = draw()
    for fold in range(5):
        drawn = np.flatnonzero(masks.folds[fold].any(axis=1))
        expected = [*session_rows(corpus, fold), *session_rows(corpus, (fold + 1) % 5)]
        assert sorted(drawn) == sorted(expected)


def test_test_masks_are_the_same_under_both_protocols(draw, corpus):
    strict, paper = draw("strict"), draw("paper")
    for fold in range(5):
        rows = session_rows(corpus, fold)
        assert np.array_equal(strict.of_rows(fold, rows), paper.of_rows(fold, rows))


def test_masks_differ_by_fold_rate_and_seed(draw, corpus):
    base = draw()
    assert np.array_equal(base.folds[0], draw().folds[0])
    assert not np.array_equal(base.folds[0], draw(seed=7001).folds[0])
    assert not np.array_equal(base.folds[0], draw(rate=0.6).folds[0])
    one, two = (base.of_rows(f, session_rows(corpus, f)) for f in (0, 1))
    assert not np.array_equal(one, two)


def test_realised_rate_is_that_of_the_modalities_that_the_task_has(draw):
    assert draw(rate=0.7).realised[0] == pytest.approx(2 / 3)
    pair = draw(rate=0.7, modalities=("audio", "text"))
    assert pair.realised[0] == pytest.approx(1 / 2)
    assert not pair.folds[0][:, 2].any()


def test_written_masks_come_back_with_rates(draw, labels, tmp_path):
    masks = draw(rate=0.7)
    write_masks(tmp_path / "m", masks)
    read = read_masks(tmp_path / "m", labels)
    assert (read.rate, read.mask_seed, read.realised) == (0.7, 7000, masks.realised)
    assert all(np.array_equal(read.folds[f], masks.folds[f]) for f in range(5))
    write_masks(tmp_path / "again", draw(rate=0.7))
    assert (tmp_path / "m").read_bytes() == (tmp_path / "again").read_bytes()


def test_masks_do_not_depend_on_what_the_labels_say(draw, labels, tmp_path):
    write_masks(tmp_path / "m", draw())
    read_masks(tmp_path / "m", [Label(row.utterance_id, "poison") for row in labels])
    with pytest.raises(ProtocolError, match="other utterances"):
        read_masks(tmp_path / "m", labels[:-1])


def test_rows_that_were_not_drawn_are_refused(draw, corpus):
    with pytest.raises(ProtocolError, match="some rows were not drawn"):
        draw().of_rows(0, session_rows(corpus, 3))
    with pytest.raises(ProtocolError, match="hold folds"):
        draw().of_rows(9, session_rows(corpus, 0))


def test_one_extracted_modality_of_every_drawn_row_stays(draw, corpus):
    extracted = np.random.default_rng(0).random((len(corpus), 3)) >= 0.4
    masks = draw(rate=0.7, extracted=extracted)
    for fold in range(5):
        rows = session_rows(corpus, fold)
        usable = masks.of_rows(fold, rows) & extracted[rows]
        assert (usable.sum(axis=1) == extracted[rows].any(axis=1)).all()
        drawn = [*rows, *session_rows(corpus, (fold + 1) % 5)]
        n_kept = extracted[drawn].any(axis=1).sum()
        assert masks.realised[fold] == pytest.approx(1 - n_kept / extracted[drawn].sum())

import numpy as np
import pytest

from pipeline.base.records import Label
from pipeline.config.conditions import parse_condition
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
        condition = parse_condition(str(rate))
        return draw_masks(labels, splits, corpus, modalities, extracted, condition, "gcnet", seed)

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
    first, second = (base.of_rows(f, session_rows(corpus, f)) for f in (0, 1))
    assert not np.array_equal(first, second)


def test_realised_rate_is_that_of_the_modalities_that_the_task_has(draw):
    assert draw(rate=0.7).realised[0] == pytest.approx(2 / 3)
    pair = draw(rate=0.7, modalities=("audio", "text"))
    assert pair.realised[0] == pytest.approx(1 / 2)
    assert not pair.folds[0][:, 2].any()


def test_written_masks_come_back_with_rates(draw, labels, tmp_path):
    masks = draw(rate=0.7)
    write_masks(tmp_path / "m", masks)
    read = read_masks(tmp_path / "m", labels)
    assert (read.condition.name, read.mask_seed, read.realised) == ("0.7", 7000, masks.realised)
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


NAMED = (
    *("only:audio+visual", "without:text", "blocks:0.3:2", "dialogue:text:0.5", "real:visual"),
    *("imbalanced:0.7/0.3/0.5", "rate:0.9:nothing-left", "imbalanced:0.9/0.9/0.9:nothing-left"),
)


@pytest.mark.parametrize("name", NAMED)
def test_named_conditions_are_stored_and_come_back(draw, labels, corpus, tmp_path, name):
    masks = draw(rate=name)
    write_masks(tmp_path / "m", masks)
    read = read_masks(tmp_path / "m", labels)
    assert read.condition == masks.condition == parse_condition(name)
    assert read.realised == masks.realised
    for fold in range(5):
        rows = session_rows(corpus, fold)
        assert np.array_equal(read.of_rows(fold, rows), masks.of_rows(fold, rows))
        assert sorted(np.flatnonzero(read.drawn[fold])) == sorted(
            [*rows, *session_rows(corpus, (fold + 1) % 5)]
        )
    with pytest.raises(ProtocolError, match="some rows were not drawn"):
        read.of_rows(0, session_rows(corpus, 3))


def test_what_may_be_left_with_nothing_was_drawn_all_the_same(draw, corpus):
    masks = draw(rate="imbalanced:0.9/0.9/0.9:nothing-left")
    rows = session_rows(corpus, 0)  # 9 utterances: 8 of 9 cells of each modality are withheld
    assert (~masks.of_rows(0, rows)).sum(axis=0).tolist() == [8, 8, 8]
    assert not masks.of_rows(0, rows).any(axis=1).all()


@pytest.mark.parametrize("name", NAMED)
def test_named_masks_do_not_depend_on_the_order_of_the_table(corpus, labels, name):
    def masks_of(order):
        rows = [corpus[i] for i in order], [labels[i] for i in order]
        splits = assign_splits(*rows, [], FoldsSettings(by="sessions"), "strict")
        given = rows[1], splits, rows[0], ALL, np.ones((len(order), 3), bool)
        drawn = draw_masks(*given, parse_condition(name), "gcnet", 7000)
        return {label.utterance_id: drawn.folds[0][i].tolist() for i, label in enumerate(rows[1])}

    order = np.random.default_rng(3).permutation(len(corpus))
    assert masks_of(range(len(corpus))) == masks_of(order)


def test_whole_dialogues_are_those_of_the_table(draw, corpus):
    masks = draw(rate="dialogue:text:0.34")  # of three dialogues that test: one
    rows = session_rows(corpus, 0)
    has_text = masks.of_rows(0, rows)[:, 1]
    lost = {corpus[row].dialogue_id for row in rows[~has_text]}
    kept = {corpus[row].dialogue_id for row in rows[has_text]}
    assert (len(lost), len(kept), lost & kept) == (1, 2, set())

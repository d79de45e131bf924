import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.protocol import availability
from pipeline.protocol.availability import (
    draw_among,
    draw_availability,
    draw_exact,
    draw_gcnet,
    spread,
    withhold,
)
from pipeline.protocol.errors import ProtocolError


def realised_rate(mask, extracted=None):
    everything = np.ones_like(mask) if extracted is None else extracted
    return availability.realised_rate(mask, everything)


# reading.md B.4, of the published code, 60 draws of 1920 rows:
# nominal rate -> realised rate, shares of rows that keep one, two, three of three modalities
PUBLISHED = {
    0.1: (0.101, 0.023, 0.258, 0.720),
    0.2: (0.201, 0.090, 0.423, 0.487),
    0.3: (0.301, 0.203, 0.495, 0.302),
    0.4: (0.401, 0.361, 0.481, 0.158),
    0.5: (0.501, 0.566, 0.372, 0.062),
    0.6: (0.602, 0.815, 0.176, 0.009),
    0.7: (0.667, 1.000, 0.000, 0.000),
}


@pytest.mark.parametrize("rate", PUBLISHED)
def test_gcnet_generator_has_the_published_statistics(rate):
    rng = np.random.default_rng(1)
    masks = np.concatenate([draw_gcnet(1920, 3, rate, rng) for _ in range(60)])
    kept = masks.sum(axis=1)
    ours = (realised_rate(masks), *(np.mean(kept == n) for n in (1, 2, 3)))
    assert ours == pytest.approx(PUBLISHED[rate], abs=0.005)


@pytest.mark.parametrize("rate", PUBLISHED)
def test_gcnet_generator_keeps_each_modality_equally_often(rate):
    masks = np.concatenate(
        [draw_gcnet(1920, 3, rate, np.random.default_rng(seed)) for seed in range(30)]
    )
    assert masks.mean(axis=0) == pytest.approx(masks.mean(), abs=0.01)


def test_gcnet_generator_accepts_only_masks_near_the_rate():
    rng = np.random.default_rng(2)
    for rate in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        for _ in range(20):
            assert abs(realised_rate(draw_gcnet(500, 3, rate, rng)) - rate) < 0.005


def test_gcnet_generator_ends_where_no_count_lies_within_its_tolerance():
    # 33 rows at 0.5: 49 or 50 of 99 cells, both further than 0.005 from one half
    mask = draw_gcnet(33, 3, 0.5, np.random.default_rng(0))
    assert mask.sum() in (49, 50)


def test_gcnet_generator_names_a_rate_that_it_cannot_reach():
    with pytest.raises(ProtocolError, match=r"missing rate 0\.66 .* protocol.generator=exact"):
        draw_gcnet(1000, 3, 0.66, np.random.default_rng(0))


@pytest.mark.parametrize("n_modalities", [1, 2, 3])
@pytest.mark.parametrize("generator", ["gcnet", "exact"])
def test_rate_is_bounded_by_the_modality_that_stays(n_modalities, generator):
    mask = draw_availability(300, n_modalities, 0.7, generator, np.random.default_rng(0))
    assert realised_rate(mask) == pytest.approx(1 - 1 / n_modalities)


@given(
    n_rows=st.integers(1, 400),
    n_modalities=st.integers(1, 3),
    rate=st.floats(0, 0.7),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=200, deadline=None)
def test_exact_generator_keeps_the_rounded_count_and_one_of_each_row(
    n_rows, n_modalities, rate, seed
):
    mask = draw_exact(n_rows, n_modalities, rate, np.random.default_rng(seed))
    assert mask.shape == (n_rows, n_modalities)
    assert mask.any(axis=1).all()
    wanted = round(n_modalities * n_rows * (1 - rate))
    assert mask.sum() == min(max(wanted, n_rows), n_modalities * n_rows)


@given(
    n_rows=st.integers(1, 5000),
    n_modalities=st.integers(1, 3),
    tenths=st.integers(0, 7),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=100, deadline=None)
def test_one_modality_is_kept_always(n_rows, n_modalities, tenths, seed):
    rng = np.random.default_rng(seed)
    mask = draw_availability(n_rows, n_modalities, tenths / 10, "gcnet", rng)
    assert mask.shape == (n_rows, n_modalities)
    assert mask.any(axis=1).all()
    assert tenths or mask.all()


@pytest.mark.parametrize("generator", ["gcnet", "exact"])
def test_same_generator_state_gives_the_same_mask(generator):
    first, second, other = (
        draw_availability(5000, 3, 0.3, generator, np.random.default_rng(seed))
        for seed in (5, 5, 6)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("rate", [-0.1, 0.71, float("nan")])
@pytest.mark.parametrize("generator", ["gcnet", "exact"])
def test_rates_outside_0_to_07_are_refused(rate, generator):
    with pytest.raises(ProtocolError, match=f"missing rate {rate} lies outside"):
        draw_availability(10, 3, rate, generator, np.random.default_rng(0))


def test_absent_modalities_are_never_available():
    wide = spread(np.array([[True, False], [True, True]]), ("text", "audio"))
    assert wide.tolist() == [[True, False, False], [True, True, False]]
    assert spread(np.array([[True]]), ("visual",)).tolist() == [[False, False, True]]


TENTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@pytest.fixture
def incomplete():
    """Rows that lack one, two or all of three modalities, as corpora do."""
    extracted = np.random.default_rng(3).random((3000, 3)) >= (0.1, 0.02, 0.25)
    extracted[:20] = False
    return extracted


@pytest.mark.parametrize("generator", ["gcnet", "exact"])
@pytest.mark.parametrize("rate", TENTHS)
def test_rates_are_shares_of_what_was_extracted_and_one_of_that_stays(incomplete, rate, generator):
    available = withhold(incomplete, rate, generator, np.random.default_rng(0))
    usable, has_any = available & incomplete, incomplete.any(axis=1)
    assert usable.any(axis=1).tolist() == has_any.tolist()
    most = 1 - has_any.sum() / incomplete.sum()  # all but one of each row is withheld
    assert realised_rate(available, incomplete) == pytest.approx(min(rate, most), abs=1e-3)
    assert available[~incomplete].all()  # the protocol withholds only what is there


@pytest.mark.parametrize("generator", ["gcnet", "exact"])
@pytest.mark.parametrize("rate", TENTHS)
def test_masks_are_the_same_bytes_where_everything_was_extracted(rate, generator):
    mask = withhold(np.ones((700, 3), bool), rate, generator, np.random.default_rng(5))
    drawn = draw_availability(700, 3, rate, generator, np.random.default_rng(5))
    assert mask.tobytes() == drawn.tobytes()


def test_a_text_only_corpus_loses_nothing_at_any_rate():
    # MELD with its csv alone: two thirds of the utterances had nothing left at 0.7.
    extracted = np.zeros((500, 3), bool)
    extracted[:, 1] = True
    for rate in TENTHS:
        available = withhold(extracted, rate, "gcnet", np.random.default_rng(0))
        assert (available & extracted).any(axis=1).all()
        assert realised_rate(available, extracted) == 0


def test_what_is_kept_and_what_is_added_is_drawn_evenly(incomplete):
    rows = incomplete[(incomplete.sum(axis=1) == 2) & ~incomplete[:, 2]]
    kept = np.mean(
        [draw_among(rows, 0.5, np.random.default_rng(seed)).mean(axis=0) for seed in range(40)],
        axis=0,
    )
    assert kept[:2] == pytest.approx([0.5, 0.5], abs=0.02)
    assert kept[2] == 0


def test_where_nothing_was_extracted_nothing_is_withheld():
    nothing = np.zeros((4, 3), bool)
    assert withhold(nothing, 0.7, "gcnet", np.random.default_rng(0)).all()
    assert realised_rate(np.ones((4, 3), bool), nothing) == 0


@pytest.mark.parametrize("rate", [-0.1, 0.71, float("nan")])
def test_rates_outside_0_to_07_are_refused_for_incomplete_rows_too(incomplete, rate):
    with pytest.raises(ProtocolError, match=f"missing rate {rate} lies outside"):
        withhold(incomplete, rate, "gcnet", np.random.default_rng(0))

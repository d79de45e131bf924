"""Masks of every kind of condition: counts by hand, over complete and incomplete utterances."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config.conditions import KINDS, parse_condition, subsets_of
from pipeline.protocol.availability import withhold
from pipeline.protocol.drawing import Line, draw

ALL = ("audio", "text", "visual")
LENGTHS = (7, 30, 1, 12, 50, 3, 20, 25, 18, 34)  # of ten dialogues: 200 utterances


def make_line(modalities=ALL, missing=0.0, generator="gcnet"):
    extracted = np.random.default_rng(1).random((sum(LENGTHS), len(modalities))) >= missing
    return Line(extracted, np.repeat(np.arange(len(LENGTHS)), LENGTHS), modalities, generator)


def drawn(name, line, seed=0):
    return draw(parse_condition(name), line, np.random.default_rng(seed))


def withheld(mask, line):
    """By modality: how many of its extracted cells are withheld."""
    return (line.extracted & ~mask).sum(axis=0).tolist()


EXAMPLES = [
    *(kind.example for kind in KINDS.values()),
    *("rate:0.9:nothing-left", "blocks:0.9:3:nothing-left", "imbalanced:0.9/0.9/0.8:nothing-left"),
    *("imbalanced:visual=0.6", "dialogue:audio+visual:0.3", "without:audio+text", "only:text"),
]


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("name", EXAMPLES)
def test_only_what_was_extracted_is_withheld_and_the_seed_decides(name, missing):
    line = make_line(missing=missing)
    mask = drawn(name, line)
    assert mask[~line.extracted].all()
    assert np.array_equal(mask, drawn(name, line))
    is_by_chance = not name.startswith(("only", "without") if missing else ("only", "w", "real"))
    assert np.array_equal(mask, drawn(name, line, seed=1)) != is_by_chance
    left = (mask & line.extracted).any(axis=1)[line.extracted.any(axis=1)]
    assert left.all() or parse_condition(name).nothing_left


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
@pytest.mark.parametrize("generator", ["gcnet", "exact"])
def test_rates_of_the_paper_are_those_of_its_generators(rate, generator):
    line = make_line(generator=generator)
    expected = withhold(line.extracted, rate, generator, np.random.default_rng(5))
    assert np.array_equal(drawn(f"rate:{rate}", line, seed=5), expected)
    assert np.array_equal(drawn(str(rate), line, seed=5), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("only:audio+visual", [0, 200, 0]),
        ("only:text", [200, 0, 200]),
        ("without:text", [0, 200, 0]),
        ("without:audio+visual", [200, 0, 200]),
        ("imbalanced:0.7/0.3/0.5", [140, 60, 100]),
        ("imbalanced:0.3/0.9/0.8", [60, 180, 160]),  # 200 of 600 cells stay: one each
        ("imbalanced:text=0.65", [0, 130, 0]),
        ("imbalanced:0.9/0.9/0.8:nothing-left", [180, 180, 160]),
        ("blocks:0.35:5:nothing-left", [70, 70, 70]),
        ("blocks:0.9:12:nothing-left", [180, 180, 180]),
    ],
)
def test_counts_of_complete_utterances_are_exact(name, expected):
    line = make_line()
    mask = drawn(name, line)
    assert withheld(mask, line) == expected
    if not parse_condition(name).nothing_left:
        assert mask.any(axis=1).all()


def test_counts_are_shares_of_what_was_extracted():
    line = make_line(missing=0.3)
    n_extracted = line.extracted.sum(axis=0)
    assert withheld(drawn("only:text", line), line) == [n_extracted[0], 0, n_extracted[2]]
    assert withheld(drawn("without:text", line), line) == [0, n_extracted[1], 0]
    by_hand = [round(0.6 * n_extracted[0]), 0, 0]
    assert withheld(drawn("imbalanced:audio=0.6:nothing-left", line), line) == by_hand
    assert sum(withheld(drawn("rate:0.9:nothing-left", line), line)) == round(
        0.9 * n_extracted.sum()
    )


def test_rates_up_to_nine_tenths_leave_utterances_with_nothing_where_the_name_says_so():
    line = make_line()
    mask = drawn("rate:0.9:nothing-left", line)
    assert sum(withheld(mask, line)) == 540
    # 0.9 ** 3 of 200 utterances, without replacement: 146 of them with a deviation below 4
    assert 130 < (~mask).all(axis=1).sum() < 160


def runs(flags):
    """Lengths of the stretches of True."""
    edges = np.flatnonzero(np.diff(flags.astype(int), prepend=0, append=0))
    return edges[1::2] - edges[::2]


@pytest.mark.parametrize(("share", "length"), [(0.3, 5), (0.5, 10), (0.7, 4), (0.2, 1)])
def test_blocks_are_stretches_of_the_mean_length(share, length):
    line = Line(np.ones((5000, 1), bool), np.zeros(5000, np.int64), ("audio",), "gcnet")
    mask = drawn(f"blocks:{share}:{length}:nothing-left", line)
    off = runs(~mask[:, 0])
    assert off.sum() == share * 5000
    assert off.mean() == pytest.approx(length, rel=0.01)
    assert length == 1 or len(set(off)) > 1


def test_blocks_lie_in_the_order_of_dialogues_and_modalities_go_off_on_their_own():
    line = make_line()
    mask = drawn("blocks:0.5:6:nothing-left", line)
    inner = np.diff(line.dialogues) == 0  # pairs of neighbours of one dialogue
    changes = (mask[1:] != mask[:-1])[inner].mean(axis=0)
    assert (changes < 0.3).all()  # half of all by chance
    both = (~mask[:, 0] & ~mask[:, 1]).mean()
    assert 0.1 < both < 0.4  # a quarter in the mean


def test_blocks_give_back_one_cell_where_nothing_would_be_left():
    line = make_line()
    with_nothing = drawn("blocks:0.6:5:nothing-left", line)
    mask = drawn("blocks:0.6:5", line)
    lost = (~with_nothing).all(axis=1)
    assert lost.any()
    assert np.array_equal(mask[~lost], with_nothing[~lost])
    assert (mask[lost].sum(axis=1) == 1).all()


def test_whole_dialogues_lose_a_modality():
    line = make_line()
    for name, n_dialogues in (("dialogue:text", 5), ("dialogue:text:0.3", 3)):
        mask = drawn(name, line)
        assert mask[:, [0, 2]].all()
        shares = [mask[line.dialogues == d, 1].mean() for d in range(len(LENGTHS))]
        assert sorted(shares) == [0.0] * n_dialogues + [1.0] * (10 - n_dialogues)


def test_whole_dialogues_are_drawn_among_those_that_have_the_modality():
    line = make_line()
    seen = np.isin(line.dialogues, [1, 3, 6, 8])
    some = replace(line, extracted=line.extracted & (seen[:, None] | [True, True, False]))
    for name, n_off in (("dialogue:visual", 2), ("dialogue:visual:1.0", 4)):
        mask = drawn(name, some)
        off = {int(d) for d in line.dialogues[~mask[:, 2]]}
        assert len(off) == n_off
        assert off <= {1, 3, 6, 8}
        assert mask[:, :2].all()


def test_a_modality_that_no_dialogue_has_is_withheld_from_none():
    line = make_line()
    never = replace(line, extracted=line.extracted & [True, True, False])
    assert drawn("dialogue:visual", never).all()


@pytest.mark.parametrize("name", EXAMPLES)
def test_two_modalities_and_few_utterances_can_be_drawn(name):
    condition = parse_condition(name)
    for modalities in (ALL, ("audio", "text"), ("audio", "visual")):
        try:
            condition.check(modalities)
        except ValueError:
            continue
        for n in (0, 1, 2, 5):
            line = Line(np.ones((n, len(modalities)), bool), np.arange(n), modalities, "exact")
            assert draw(condition, line, np.random.default_rng(0)).shape == line.extracted.shape


def test_there_are_seven_subsets_of_three_modalities():
    line = make_line()
    seen = {tuple(drawn(subset.name, line)[0].tolist()) for subset in subsets_of(ALL)}
    assert len(seen) == 7
    assert (False, False, False) not in seen


def borrowed(name, extracted, lengths, seed):
    dialogues = np.repeat(np.arange(len(lengths)), lengths)
    line = Line(np.array(extracted), dialogues, ALL[: len(extracted[0])], "gcnet")
    return draw(parse_condition(name), line, np.random.default_rng(seed))


def test_real_gaps_are_those_of_another_dialogue_turn_by_turn():
    # Two dialogues lend to each other: text of the first is there, gone, there; of the second gone.
    extracted = [[1, 1], [1, 0], [1, 1], [1, 0], [1, 1]]
    mask = borrowed("real:text", np.array(extracted, dtype=bool), (3, 2), seed=0)
    assert mask.tolist() == [
        [True, False],  # the second's first turn has none
        [True, True],  # never extracted: nothing to withhold
        [True, False],  # the second is shorter, its first turn comes again
        [True, True],
        [True, False],  # the first's second turn has none
    ]


def test_real_gaps_keep_the_rate_of_dialogues_alike_and_leave_something():
    rng = np.random.default_rng(3)
    lengths = (20,) * 30
    extracted = rng.random((600, 3)) >= (0.0, 0.1, 0.4)
    extracted[:, 0] |= ~extracted.any(axis=1)
    mask = borrowed("real:text+visual", extracted, lengths, seed=1)
    off = (~mask & extracted).sum(axis=0) / extracted.sum(axis=0)
    assert off[0] == 0
    assert off[1:] == pytest.approx(1 - extracted.mean(axis=0)[1:], abs=0.03)
    assert (mask & extracted).any(axis=1).all()
    assert borrowed("real:visual", np.ones((600, 3), bool), lengths, seed=1).all()


def test_one_dialogue_alone_has_nobody_to_borrow_from():
    extracted = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
    assert borrowed("real:visual", extracted, (2,), seed=0).all()

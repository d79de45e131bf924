from collections import defaultdict
from dataclasses import replace

import pytest

from pipeline.base.records import ROLES, Annotation, Label, SplitRow
from pipeline.config.tasks import FoldsSettings
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.splits import assign_splits, check_one_role


def members(rows):
    found = defaultdict(lambda: {role: set() for role in ROLES})
    for row in rows:
        found[row.fold][row.role].add(row.dialogue_id)
    return dict(found)


def split(corpus, labels, protocol, annotations=(), **folds):
    settings = FoldsSettings.model_validate(folds)
    return members(assign_splits(corpus, labels, annotations, settings, protocol))


def label_all(utterances):
    return [Label(u.utterance_id, "x") for u in utterances]


@pytest.mark.parametrize("by", ["sessions", "dialogues"])
def test_strict_gives_every_dialogue_exactly_one_role(corpus, labels, by):
    folds = split(corpus, labels, "strict", by=by)
    for roles in folds.values():
        assert not roles["train"] & roles["validation"]
        assert not roles["train"] & roles["test"]
        assert not roles["validation"] & roles["test"]
        assert set.union(*roles.values()) == {u.dialogue_id for u in corpus}


def test_strict_sessions_test_k_and_validate_the_next(corpus, labels):
    folds = split(corpus, labels, "strict", by="sessions")
    for k, roles in folds.items():
        assert {d[:2] for d in roles["test"]} == {f"s{k}"}
        assert {d[:2] for d in roles["validation"]} == {f"s{(k + 1) % 5}"}
        assert len(roles["train"]) == 9


def test_paper_sessions_select_on_the_test_session(corpus, labels):
    folds = split(corpus, labels, "paper", by="sessions")
    assert set(folds) == {0, 1, 2, 3, 4}
    for k, roles in folds.items():
        assert roles["validation"] == roles["test"] == {f"s{k}d0", f"s{k}d1", f"s{k}d2"}
        assert len(roles["train"]) == 12


@pytest.mark.parametrize("protocol", ["paper", "strict"])
@pytest.mark.parametrize("by", ["sessions", "dialogues"])
def test_every_dialogue_is_tested_once(corpus, labels, protocol, by):
    folds = split(corpus, labels, protocol, by=by)
    tested = [dialogue for roles in folds.values() for dialogue in roles["test"]]
    assert sorted(tested) == sorted({u.dialogue_id for u in corpus})


@pytest.mark.parametrize("protocol", ["paper", "strict"])
def test_official_splits_are_the_same_under_both_protocols(corpus, labels, official, protocol):
    (roles,) = split(corpus, labels, protocol, official, by="official").values()
    assert {d[:2] for d in roles["train"]} == {"s0", "s1", "s2"}
    assert {d[:2] for d in roles["validation"]} == {"s3"}
    assert {d[:2] for d in roles["test"]} == {"s4"}


def test_dialogues_without_an_official_split_take_no_part(corpus, labels, official):
    some = [row for row in official if not row.utterance_id.startswith("s0d1")]
    (roles,) = split(corpus, labels, "strict", some, by="official").values()
    assert "s0d1" not in set.union(*roles.values())


def test_a_dialogue_of_two_official_splits_is_refused(corpus, labels, official):
    mixed = [Annotation("s0d0_0", "split", "test"), *official[1:]]
    with pytest.raises(ProtocolError, match=r"'s0d0' has official splits \['test', 'train'\]"):
        split(corpus, labels, "strict", mixed, by="official")


def test_official_splits_are_read_in_any_capitals(corpus, labels, official):
    loud = [replace(row, value=f" {row.value.title()}") for row in official]
    expected = split(corpus, labels, "strict", official, by="official")
    assert split(corpus, labels, "strict", loud, by="official") == expected


def test_an_official_split_without_validation_is_refused(corpus, labels, official):
    two = [row for row in official if row.value != "dev"]
    with pytest.raises(ProtocolError, match="no validation dialogue"):
        split(corpus, labels, "paper", two, by="official")


def test_parts_by_dialogue_depend_on_the_seed_and_are_balanced(corpus, labels):
    drawn, same, other = (
        split(corpus, labels, "strict", by="dialogues", seed=s) for s in (0, 0, 1)
    )
    assert drawn == same
    assert drawn != other
    n_turns = {d: sum(u.dialogue_id == d for u in corpus) for d in {u.dialogue_id for u in corpus}}
    sizes = [sum(n_turns[d] for d in roles["test"]) for roles in drawn.values()]
    assert max(sizes) - min(sizes) <= 2


def test_speakers_who_meet_are_never_separated(make_utterance):
    pairs = ["ab", "bc", "de", "f", "gh", "hi", "j", "k", "ea", "lm"]
    corpus = [
        make_utterance(f"d{i}", turn, speaker)
        for i, pair in enumerate(pairs)
        for turn, speaker in enumerate(pair)
    ]

    folds = split(corpus, label_all(corpus), "strict", by="speakers", k=3)
    for roles in folds.values():
        speakers = {
            role: {u.speaker for u in corpus if u.dialogue_id in roles[role]} for role in ROLES
        }
        assert not speakers["test"] & speakers["train"]
        assert not speakers["validation"] & speakers["train"]
        together = {"d0", "d1", "d2", "d8"}  # a-b, b-c, and e-a joins d-e
        assert any(together <= members for members in roles.values())


def test_a_speaker_name_counts_within_its_session(corpus, labels):
    # every session has an F and an M: five groups of people, not one
    folds = split(corpus, labels, "strict", by="speakers")
    for roles in folds.values():
        assert {d[:2] for d in roles["test"]}.isdisjoint({d[:2] for d in roles["train"]})


def test_unnamed_speakers_connect_nothing(make_utterance):
    corpus = [make_utterance(f"d{i}", 0, "Ross" if i == 0 else "") for i in range(6)]
    folds = split(corpus, label_all(corpus), "strict", by="speakers", k=3)
    assert [len(roles["test"]) for roles in folds.values()] == [2, 2, 2]


def test_folds_by_speakers_need_a_speaker(make_utterance):
    corpus = [make_utterance(f"d{i}", 0) for i in range(6)]
    with pytest.raises(ProtocolError, match="no labelled utterance has a speaker"):
        split(corpus, label_all(corpus), "strict", by="speakers", k=3)


def test_one_group_of_speakers_cannot_make_three_parts(make_utterance):
    corpus = [make_utterance(f"d{i}", 0, "Ross") for i in range(6)]
    with pytest.raises(ProtocolError, match=r"folds\.k=3, but .* make 1 part by speakers"):
        split(corpus, label_all(corpus), "strict", by="speakers", k=3)


def test_number_of_sessions_must_be_k(corpus, labels):
    with pytest.raises(ProtocolError, match=r"folds\.k=4, but .* make 5 parts by sessions"):
        split(corpus, labels, "strict", by="sessions", k=4)


def test_dialogues_without_a_label_take_no_part(corpus, labels):
    some = [label for label in labels if not label.utterance_id.startswith("s2d1")]
    for roles in split(corpus, some, "strict", by="sessions").values():
        assert "s2d1" not in set.union(*roles.values())


def test_every_fold_is_written_whichever_are_run(corpus, labels):
    """So that running another fold leaves splits, and with them finished runs, alone."""
    every = split(corpus, labels, "strict", by="sessions")
    assert split(corpus, labels, "strict", by="sessions", only=[3, 1]) == every
    assert sorted(every) == [0, 1, 2, 3, 4]


def test_two_parts_cannot_be_strict(corpus, labels):
    with pytest.raises(ProtocolError, match="2 parts cannot train, validate and test"):
        split(corpus, labels, "strict", by="dialogues", k=2)
    assert len(split(corpus, labels, "paper", by="dialogues", k=2)) == 2


def test_two_roles_in_one_fold_are_found():
    rows = [SplitRow("d", 0, "train"), SplitRow("d", 1, "test"), SplitRow("d", 0, "test")]
    with pytest.raises(ProtocolError, match="fold 0: dialogue 'd' is train and test"):
        check_one_role(rows)

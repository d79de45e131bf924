import itertools
from collections import Counter

import numpy as np
import pytest

from demo.lines import ANY_MOOD, LINES
from demo.moods import MOODS
from demo.script import LACKS, write_script
from pipeline.base.records import check_identifier


def write(seed=0, n_dialogues=15, n_turns=11, incomplete=0.065):
    return write_script(n_dialogues, n_turns, incomplete, np.random.default_rng(seed))


def evaluated(script):
    return [turn for dialogue in script for turn in dialogue.turns if turn.label]


def test_the_seed_decides_everything():
    assert write(seed=4) == write(seed=4)
    assert write(seed=4) != write(seed=5)


def test_the_default_has_the_promised_size(default_script):
    assert len(default_script) >= 15
    assert {dialogue.session for dialogue in default_script} == {1, 2, 3, 4, 5}
    assert sum(turn.label in MOODS for turn in evaluated(default_script)) >= 150


@pytest.mark.parametrize("seed", range(5))
def test_every_session_has_every_label(seed):
    for session in range(1, 6):
        own = [dialogue for dialogue in write(seed) if dialogue.session == session]
        assert {turn.label for turn in evaluated(own)} >= set(MOODS)


@pytest.mark.parametrize(("n_dialogues", "n_turns"), [(5, 2), (7, 5), (15, 60), (200, 3)])
def test_any_size_is_met_exactly(n_dialogues, n_turns):
    script = write(n_dialogues=n_dialogues, n_turns=n_turns)
    assert len(script) == n_dialogues
    assert len(evaluated(script)) == n_dialogues * n_turns


def test_names_follow_the_corpus_and_are_unique():
    script = write(n_dialogues=200)
    ids = [turn.utterance_id for dialogue in script for turn in dialogue.turns]
    assert len(set(ids)) == len(ids)
    for dialogue in script:
        assert dialogue.dialogue_id[:6] == f"Ses0{dialogue.session}{dialogue.marked}"
        for turn in dialogue.turns:
            check_identifier(turn.utterance_id, "utterance_id")
            assert turn.utterance_id.startswith(f"{dialogue.dialogue_id}_{turn.speaker}")


def test_ids_count_the_turns_of_each_speaker_from_zero(default_script):
    for dialogue in default_script:
        for letter in "FM":
            own = [t.utterance_id for t in dialogue.turns if t.speaker == letter and t.label]
            assert own == [f"{dialogue.dialogue_id}_{letter}{n:03d}" for n in range(len(own))]


def test_moods_are_locally_stable():
    """Neighbors share a mood much more often than turns of one dialogue drawn at random."""
    script = write(n_dialogues=200)
    moods = [[turn.mood for turn in dialogue.turns if turn.label] for dialogue in script]
    kept = np.mean([a == b for course in moods for a, b in itertools.pairwise(course)])
    pairs = [a == b for course in moods for i, a in enumerate(course) for b in course[i + 1 :]]
    assert kept > np.mean(pairs) + 0.15
    assert kept < 0.8


def test_each_lack_befalls_five_to_eight_percent_and_no_turn_twice(default_script):
    turns = evaluated(default_script)
    counts = Counter(turn.lack for turn in turns)
    assert all(0.05 <= counts[lack] / len(turns) <= 0.08 for lack in LACKS)
    assert sum(counts.values()) == len(turns)


def test_nothing_is_taken_away_unless_asked():
    assert {turn.lack for turn in evaluated(write(incomplete=0.0))} == {"none"}


def test_even_the_smallest_corpus_lacks_one_of_each():
    turns = evaluated(write(n_dialogues=5, n_turns=2))
    assert Counter(turn.lack for turn in turns) == {"none": 7, "face": 1, "sound": 1, "text": 1}


def test_a_few_turns_have_no_agreed_label(default_script):
    turns = evaluated(default_script)
    assert 0.03 <= sum(turn.label == "xxx" for turn in turns) / len(turns) <= 0.07
    assert all(turn.label in (turn.mood, "xxx") for turn in turns)


def test_one_turn_was_never_evaluated(default_script):
    others = [t for dialogue in default_script for t in dialogue.turns if not t.label]
    assert [turn.utterance_id[-4:] for turn in others] == ["MXX0"]


def test_text_gives_the_mood_away_only_in_part():
    turns = evaluated(write(n_dialogues=200))
    own = np.mean([turn.text in LINES[turn.mood] for turn in turns])
    shared = np.mean([turn.text in ANY_MOOD for turn in turns])
    assert 0.55 < own < 0.75
    assert 0.2 < shared < 0.36


def test_lines_rarely_repeat(default_script):
    """Decks are dealt to the end before a line comes again."""
    counts = Counter(turn.text for turn in evaluated(default_script))
    assert max(counts.values()) <= 4
    assert len(counts) > 90

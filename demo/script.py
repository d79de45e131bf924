"""Who says what in the demo corpus, in which mood, and what is missing from it.

A dialogue has two speakers, F and M, and a topic with some moods. A mood stays for some turns and
then changes (paper, "Emotion Context Changing Encoder"). A line suits its mood, or a neighboring
one, or any. Some turns have no agreed label (`xxx`, as in IEMOCAP); some lack face, sound or text.
One short turn more, `..._XX0`, was never evaluated, as happens there (reading.md D.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import numpy as np

from demo.lines import ANY_MOOD, LINES, NEAR
from demo.moods import MOODS, PROSODY, Mood, Prosody

Lack = Literal["none", "face", "sound", "text"]
LACKS: tuple[Lack, ...] = get_args(Lack)[1:]

TOPICS: tuple[dict[Mood, float], ...] = (  # share of the turns; six moods about equal in all
    {"neu": 0.20, "fru": 0.25, "ang": 0.45, "sad": 0.10},
    {"neu": 0.20, "fru": 0.15, "ang": 0.10, "sad": 0.45, "hap": 0.10},
    {"neu": 0.25, "hap": 0.35, "exc": 0.40},
)
LONGEST_STAY = 3  # turns in a row that keep a mood, unless two stretches of it meet
TAKE_TURNS = 0.85  # chance that the other one speaks next
SUITS_ANY, SUITS_NEAR = 0.28, 0.07  # chances of a line that does not give the mood away
HEARD, SEEN = (0.55, 1.0), (0.15, 0.95)  # how strongly a mood shows in a voice, in a face
JITTER = Prosody(rate_wpm=9, pitch=5, pitch_range=8, volume=9)  # standard deviations
MURMUR = "Uh huh."
UNLABELED = 0.05  # share of turns without an agreed label


@dataclass(frozen=True, slots=True)
class ScriptTurn:
    """One utterance before it is spoken.

    `seen` is how strongly the face shows the mood, 0 to 1.
    `label` is the mood, xxx where nobody agrees, "" where nobody was asked.
    """

    utterance_id: str
    speaker: str
    mood: Mood
    seen: float
    prosody: Prosody
    text: str
    label: str
    lack: Lack


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A recording: the marker wearer sits on the left, and the name tells who it is."""

    dialogue_id: str
    session: int
    marked: str
    turns: tuple[ScriptTurn, ...]


def write_script(
    n_dialogues: int, n_turns: int, incomplete: float, rng: np.random.Generator
) -> list[Dialogue]:
    """Write all dialogues; `incomplete` is the share of turns that lack each of LACKS."""
    decks = {mood: _deal(LINES[mood], rng) for mood in MOODS}
    any_mood = _deal(ANY_MOOD, rng)
    dialogues = []
    for index in range(n_dialogues):
        session, number = index % 5 + 1, index // 5
        marked = "FM"[number % 2]
        topic = TOPICS[(session + number) % len(TOPICS)]
        name = f"Ses{session:02d}{marked}_impro{number + 1:02d}"
        turns = tuple(_write_turns(name, topic, n_turns, decks, any_mood, rng))
        dialogues.append(Dialogue(name, session, marked, turns))
    return _add_listener(_take_away(dialogues, incomplete, rng))


def _write_turns(
    name: str,
    topic: dict[Mood, float],
    n_turns: int,
    decks: dict[Mood, Iterator[str]],
    any_mood: Iterator[str],
    rng: np.random.Generator,
) -> Iterator[ScriptTurn]:
    speaker = "FM"[int(rng.integers(2))]
    spoken = {"F": 0, "M": 0}
    for mood in _moods(topic, n_turns, rng):
        kind = rng.random()
        deck = any_mood if kind < SUITS_ANY else decks[mood]
        if SUITS_ANY <= kind < SUITS_ANY + SUITS_NEAR:
            deck = decks[NEAR[mood]]

        seen = float(rng.uniform(*SEEN))
        utterance_id = f"{name}_{speaker}{spoken[speaker]:03d}"
        prosody = _prosody(mood, float(rng.uniform(*HEARD)), rng)
        yield ScriptTurn(utterance_id, speaker, mood, seen, prosody, next(deck), mood, "none")
        spoken[speaker] += 1
        if rng.random() < TAKE_TURNS:
            speaker = "M" if speaker == "F" else "F"


def _moods(topic: dict[Mood, float], n_turns: int, rng: np.random.Generator) -> list[Mood]:
    """Share the turns out among the moods of a topic, cut into stretches, shuffle these."""
    ends = [round(n_turns * total) for total in np.cumsum(list(topic.values())).tolist()]
    stretches: list[list[Mood]] = []
    for mood, start, end in zip(topic, [0, *ends], ends, strict=False):
        left = end - start
        while left:
            length = min(left, int(rng.integers(1, LONGEST_STAY + 1)))
            stretches.append([mood] * length)
            left -= length
    order = rng.permutation(len(stretches)).tolist()
    return [mood for index in order for mood in stretches[index]]


def _prosody(mood: Mood, strength: float, rng: np.random.Generator) -> Prosody:
    """Between neutral and the mood's own, with a deviation that says nothing."""
    neutral, full = PROSODY["neu"], PROSODY[mood]
    values = {
        field.name: (1 - strength) * getattr(neutral, field.name)
        + strength * getattr(full, field.name)
        + float(rng.normal()) * getattr(JITTER, field.name)
        for field in fields(Prosody)
    }
    return Prosody(**values)


def _take_away(
    dialogues: list[Dialogue], incomplete: float, rng: np.random.Generator
) -> list[Dialogue]:
    """Leave some turns without an agreed label; take face, sound or text from others."""
    ids = [turn.utterance_id for dialogue in dialogues for turn in dialogue.turns]
    order = iter(rng.permutation(ids).tolist())
    unlabeled = {next(order) for _ in range(round(UNLABELED * len(ids)))}
    n_each = max(1, round(incomplete * len(ids))) if incomplete else 0
    lack_of = {next(order): lack for lack in LACKS for _ in range(n_each)}

    def change(turn: ScriptTurn) -> ScriptTurn:
        label = "xxx" if turn.utterance_id in unlabeled else turn.label
        return replace(turn, label=label, lack=lack_of.get(turn.utterance_id, "none"))

    return [replace(dialogue, turns=tuple(map(change, dialogue.turns))) for dialogue in dialogues]


def _add_listener(dialogues: list[Dialogue]) -> list[Dialogue]:
    """Let one dialogue end with a murmur that has a name of its own and no evaluation."""
    first, second, *others = dialogues
    name = f"{second.dialogue_id}_MXX0"
    murmur = ScriptTurn(name, "M", "neu", 1.0, PROSODY["neu"], MURMUR, "", "none")
    return [first, replace(second, turns=(*second.turns, murmur)), *others]


def _deal(lines: tuple[str, ...], rng: np.random.Generator) -> Iterator[str]:
    """Deal lines in random order without end; each comes again only when all have come."""
    while True:
        yield from rng.permutation(lines).tolist()

"""RTTM (NIST): `SPEAKER file channel start seconds <NA> <NA> name ...`; other lines are skipped."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.corpora.transcripts.reading import checked_turns, fault
from pipeline.corpora.turns import Turn

LEAST_FIELDS = 8


def parse_rttm(text: str, name: str) -> list[Turn]:
    """Turns with speakers, without words."""
    return checked_turns(_turns(text, name), name)


def with_speakers(turns: Sequence[Turn], spoken: Sequence[Turn]) -> list[Turn]:
    """Turns with the speaker who talks most in each; who is named already stays."""
    return [turn if turn.speaker else replace(turn, speaker=_of(turn, spoken)) for turn in turns]


def _of(turn: Turn, spoken: Sequence[Turn]) -> str:
    shared: dict[str, float] = {}
    for said in spoken:
        overlap = min(turn.end_s, said.end_s) - max(turn.start_s, said.start_s)
        if overlap > 0:
            shared[said.speaker] = shared.get(said.speaker, 0.0) + overlap
    return max(shared, key=lambda name: shared[name]) if shared else ""


def _turns(text: str, name: str) -> Iterator[tuple[int, Turn]]:
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts or parts[0] != "SPEAKER":
            continue
        if len(parts) < LEAST_FIELDS:
            raise fault(name, number, f"{len(parts)} fields, expected {LEAST_FIELDS} or more")
        try:
            start_s, length_s = float(parts[3]), float(parts[4])
        except ValueError:
            raise fault(name, number, f"{parts[3]!r}, {parts[4]!r}: not seconds") from None
        yield number, Turn(start_s, start_s + length_s, parts[7])

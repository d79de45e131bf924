"""SubRip (.srt) and WebVTT (.vtt): cues with times; a speaker where one is written in brackets.

WebVTT as the W3C describes it: a header, blocks between empty lines, NOTE, STYLE and REGION blocks
that are no cues, settings behind the times, `<v Name>` for who speaks. SubRip has no standard; tags
in <> and {} are left out. whisperX writes speakers as `[SPEAKER_00]: ` before the words.
"""

import html
import re
from collections.abc import Iterator

from pipeline.corpora.transcripts.reading import checked_turns, clock_s, fault
from pipeline.corpora.turns import Turn

ARROW = "-->"
# Each part has an end: a file of marks that never close would be gone through for each of them.
VOICE_TAG = re.compile(r"<v(?:\.[^\s<>]{0,200})?\s{1,20}([^>]{1,200})>")
TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")
NAMED = re.compile(r"\s*\[([^\[\]]{1,100})\]:\s*(.*)", re.DOTALL)


def parse_srt(text: str, name: str) -> list[Turn]:
    """Cues of a .srt; TranscriptError names the line."""
    return checked_turns(_cues(text, name), name)


def parse_vtt(text: str, name: str) -> list[Turn]:
    """Cues of a .vtt; TranscriptError names the line."""
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", text):
        raise fault(name, 1, "does not begin with WEBVTT")
    return checked_turns(_cues(text, name), name)


def _cues(text: str, name: str) -> Iterator[tuple[int, Turn]]:
    for first, block in _blocks(text):
        places = [place for place, line in enumerate(block) if ARROW in line]
        if not places:
            continue  # a header, a note, a style
        if places[0] == 0 or not block[0].startswith(("NOTE", "STYLE", "REGION")):
            line = first + places[0]
            start_s, end_s = _times(block[places[0]], name, line)
            speaker, words = _spoken("\n".join(block[places[0] + 1 :]))
            yield line, Turn(start_s, end_s, speaker, words)


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines between empty ones, with the number of the first."""
    block: list[str] = []
    number = 0
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
    if block:
        yield number - len(block) + 1, block


def _times(line: str, name: str, number: int) -> tuple[float, float]:
    start, _, rest = line.partition(ARROW)
    end = rest.split()[0] if rest.split() else ""
    times = clock_s(start), clock_s(end)
    if times[0] is None or times[1] is None:
        raise fault(name, number, f"{line.strip()!r} is not START --> END, e.g. 00:00:01.500")
    return times[0], times[1]


def _spoken(text: str) -> tuple[str, str]:
    """Who speaks, and the words without marks."""
    voice = VOICE_TAG.search(text)
    words = html.unescape(TAG.sub("", text))
    if voice is not None:
        return html.unescape(voice[1]), words
    named = NAMED.fullmatch(words)
    return (named[1], named[2]) if named else ("", words)

"""Labels as subtitles that players show: WebVTT (W3C) and SubRip.

One cue per utterance, in the order of time: who, the label, the words. No cue holds a line that a
reader could take for the next cue: text is one line, and `-->` cannot stand in it.
"""

import re
from collections.abc import Sequence
from html import escape

from pipeline.corpora.texts import clean_text
from pipeline.tools.label.cues import Cue

ARROW = "-->"  # between the times of a cue, and nowhere else
ARROWS = re.compile("--+>")  # a shorter one would be left of `--->`


def webvtt(cues: Sequence[Cue]) -> str:
    """The content of a .vtt file; speakers are WebVTT's voices, which players may colour."""
    blocks = [
        f"{_time(cue.start_ms, '.')} {ARROW} {_time(cue.end_ms, '.')}\n"
        f"{_voice(cue.speaker)}{escape(_words(cue), quote=False)}\n"
        for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def subrip(cues: Sequence[Cue]) -> str:
    """The content of a .srt file."""
    blocks = [
        f"{number}\n{_time(cue.start_ms, ',')} {ARROW} {_time(cue.end_ms, ',')}\n"
        f"{ARROWS.sub('->', _named(cue))}\n"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n".join(blocks)


def _words(cue: Cue) -> str:
    return clean_text(f"[{cue.told}] {cue.text}")


def _named(cue: Cue) -> str:
    return clean_text(f"{cue.speaker}: {_words(cue)}" if cue.speaker else _words(cue))


def _voice(speaker: str) -> str:
    name = escape(clean_text(speaker), quote=False)
    return f"<v {name}>" if name else ""


def _time(ms: int, point: str) -> str:
    """HH:MM:SS and milliseconds behind `point`; hours grow as they must."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"

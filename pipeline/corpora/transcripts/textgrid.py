"""Praat (.TextGrid), long or short: only the order of its values counts, as Praat reads it.

A value is a quoted text ("" inside is a quote), a number, or a flag in <>; all else on a line
(`xmin =`, `intervals [1]:`) is for people. Point tiers have no spans, and empty intervals are
silence.
"""

import re
from collections.abc import Iterator

from pipeline.corpora.transcripts.reading import checked_turns, fault
from pipeline.corpora.transcripts.tiers import Tier, spoken
from pipeline.corpora.turns import Turn

# A quoted text; a flag; a number that stands by itself; a comment to the end of its line.
VALUE = re.compile(
    r'"((?:[^"]|"")*)"|(<[a-z]+>)|(?<![^\s])([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?!\S)|(![^\n]*)'
)


def parse_textgrid(text: str, name: str) -> list[Turn]:
    """Turns of the tiers of speech; TranscriptError names the line."""
    return checked_turns(spoken(_Values(text, name).tiers()), name)


class _Values:
    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name
        self._found = VALUE.finditer(text)
        self._place, self._line = 0, 1

    def tiers(self) -> Iterator[Tier]:
        """The interval tiers."""
        if self._string() != "ooTextFile" or self._string() != "TextGrid":
            raise fault(self._name, 1, 'not a TextGrid: it begins with "ooTextFile" and "TextGrid"')
        self._number(), self._number()
        if self._next()[1] != "<exists>":
            return

        for _ in range(self._count()):
            kind, name = self._string(), self._string()
            self._number(), self._number()
            if kind == "IntervalTier":
                yield Tier(name, "", [self._span() for _ in range(self._count())])
            elif kind == "TextTier":
                for _ in range(self._count()):
                    self._number(), self._string()
            else:
                raise fault(self._name, self._line, f"a tier of the class {kind!r:.60}")

    def _span(self) -> tuple[int, float, float, str]:
        start_s, end_s, text = self._number(), self._number(), self._string()
        return self._line, start_s, end_s, text

    def _next(self) -> tuple[str | None, str | None, str | None]:
        for match in self._found:
            self._line += self._text.count("\n", self._place, match.start())
            self._place = match.start()
            if match[4] is None:
                return match[1], match[2], match[3]
        raise fault(self._name, self._line, "ends before all that it announces is there")

    def _string(self) -> str:
        text = self._next()[0]
        if text is None:
            raise fault(self._name, self._line, "expected a text in quotes")
        return text.replace('""', '"')

    def _number(self) -> float:
        text = self._next()[2]
        if text is None:
            raise fault(self._name, self._line, "expected a number")
        return float(text)

    def _count(self) -> int:
        number = self._number()
        # Each of them has three values: what is announced cannot be more than the text holds.
        if not 0 <= number <= len(self._text) or number != int(number):
            raise fault(self._name, self._line, f"{number:g} is not how many there can be")
        return int(number)

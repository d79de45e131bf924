"""ELAN (.eaf): time slots, tiers of aligned annotations, their participants.

Read by expat as a stream. A document type is refused: ELAN writes none, and with it go entities of
any kind (an XML bomb, a file of this machine). Annotations that hang on other ones (REF_ANNOTATION)
and those whose slots have no time are no turns.
"""

from collections.abc import Mapping
from xml.parsers import expat

from pipeline.corpora.transcripts.reading import checked_turns, fault
from pipeline.corpora.transcripts.tiers import Tier, spoken
from pipeline.corpora.turns import MAX_TURNS, Turn

MAX_DEPTH = 50
MAX_SLOTS = 4 * MAX_TURNS


def parse_eaf(text: str, name: str) -> list[Turn]:
    """Turns of the tiers of speech; TranscriptError names the line."""
    document = _Document(name)
    document.read(text)
    return checked_turns(spoken(document.tiers()), name)


class _Document:
    def __init__(self, name: str) -> None:
        self._name = name
        self._parser = expat.ParserCreate(encoding="utf-8")
        self._parser.StartDoctypeDeclHandler = self._refuse_types
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._write
        self._depth = 0
        self._slots: dict[str, float] = {}
        self._tiers: list[tuple[str, str]] = []
        self._spans: list[tuple[int, int, str, str, str]] = []  # tier, line, slots, words
        self._aligned: tuple[int, str, str] | None = None
        self._words: list[str] | None = None

    def read(self, text: str) -> None:
        """Take the document; an XML declaration of another encoding does not matter any more."""
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            problem = f"not XML: {expat.errors.messages[error.code]}"
            raise fault(self._name, error.lineno, problem) from None
        if not self._tiers:
            raise fault(self._name, None, "holds no tier, so it is no annotation of ELAN")

    def tiers(self) -> list[Tier]:
        """All tiers with the annotations whose times are known."""
        tiers = [Tier(name, person, []) for name, person in self._tiers]
        for place, line, start, end, words in self._spans:
            if start in self._slots and end in self._slots:
                span = (line, self._slots[start], self._slots[end], words)
                tiers[place].spans.append(span)
        return tiers

    def _refuse_types(self, *_: object) -> None:
        raise fault(self._name, self._line, "has a document type, which ELAN never writes")

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _start(self, element: str, values: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise fault(self._name, self._line, f"elements deeper than {MAX_DEPTH}")
        if element == "TIME_SLOT" and "TIME_VALUE" in values:
            self._add_slot(values)
        elif element == "TIER":
            self._tiers.append((values.get("TIER_ID", ""), values.get("PARTICIPANT", "")))
        elif element == "ALIGNABLE_ANNOTATION" and self._tiers:
            slots = values.get("TIME_SLOT_REF1", ""), values.get("TIME_SLOT_REF2", "")
            self._aligned = (self._line, *slots)
        elif element == "ANNOTATION_VALUE" and self._aligned is not None:
            self._words = []

    def _add_slot(self, values: Mapping[str, str]) -> None:
        text = values["TIME_VALUE"]
        if not (text.isascii() and text.isdecimal() and len(text) < 12):
            raise fault(self._name, self._line, f"TIME_VALUE {text!r:.40} is no milliseconds")
        if len(self._slots) == MAX_SLOTS:
            raise fault(self._name, self._line, f"more than {MAX_SLOTS:,} time slots")
        self._slots[values.get("TIME_SLOT_ID", "")] = int(text) / 1000

    def _write(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text)

    def _end(self, element: str) -> None:
        self._depth -= 1
        if element == "ANNOTATION_VALUE" and self._words is not None and self._aligned is not None:
            line, start, end = self._aligned
            words = "".join(self._words)
            self._spans.append((len(self._tiers) - 1, line, start, end, words))
            self._words = None
        elif element == "ALIGNABLE_ANNOTATION":
            self._aligned = None

"""Labels that a person corrected in ELAN, read back: .eaf files as rows of a table.

Each annotation of a tier `text@NAME` is an utterance of that speaker; its label is the annotation
of `emotion@NAME` that it shares most time with. An emotion beside no words is an utterance too. A
file may come from anywhere: no entity is expanded, nothing outside of it is read.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from pipeline.base.files import plain_file
from pipeline.tools.label.errors import LabelError

SUFFIX = ".labels.eaf"
MAX_BYTES = 2**26
MOST_MS = 10**12  # thirty years
LANE = re.compile(r" \(\d+\)$")  # of what overlaps within one speaker
TEXT, EMOTION = "text@", "emotion@"


@dataclass(frozen=True)
class CorrectedRow:
    """A row of the table of the reader `folder`, with the annotation `emotion`."""

    utterance_id: str
    dialogue_id: str
    media: str
    speaker: str
    start_s: float
    end_s: float
    text: str
    emotion: str


class Span(NamedTuple):
    """An annotation: milliseconds and what is written there."""

    start_ms: int
    end_ms: int
    value: str

    def shared_ms(self, other: "Span") -> int:
        """How long both last together."""
        return min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms)


class EntityError(Exception):
    """A document has a DOCTYPE, where entities are declared."""


class _WithoutEntities(ET.TreeBuilder):
    """Stops at a DOCTYPE, in whatever encoding it is written."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise EntityError


def read_corrected(folder: Path) -> list[CorrectedRow]:
    """Rows of all .eaf files below `folder`, file after file in the order of time."""
    files = sorted(folder.rglob(f"*{SUFFIX}"))
    if not files:
        raise LabelError(
            f"{folder} holds no {SUFFIX} file: name the folder that `label` wrote, with the files "
            "that were corrected in it"
        )
    rows: list[CorrectedRow] = []
    taken: set[str] = set()
    for path in files:
        place = path.relative_to(folder)
        name = _unused(_identifier(str(place.with_name(place.name.removesuffix(SUFFIX)))), taken)
        rows += _rows(path, place, name)
    return rows


def _rows(path: Path, place: Path, name: str) -> Iterator[CorrectedRow]:
    root = _parse(path)
    media = str(PurePosixPath(place.parent.as_posix()) / _media(path, root))
    spans = [
        (start_ms, end_ms, speaker, text, emotion)
        for speaker, texts, emotions in _speakers(path, root)
        for start_ms, end_ms, text, emotion in _joined(texts, emotions)
    ]
    for number, (start_ms, end_ms, speaker, text, emotion) in enumerate(sorted(spans)):
        id_ = f"{name}_{number:03}"
        yield CorrectedRow(id_, name, media, speaker, start_ms / 1000, end_ms / 1000, text, emotion)


def _parse(path: Path) -> ET.Element:
    if plain_file(path).stat().st_size > MAX_BYTES:
        raise LabelError(f"{path} has more than {MAX_BYTES:,} bytes: it is no file of labels")
    content = path.read_bytes()
    try:
        root = ET.fromstring(content, ET.XMLParser(target=_WithoutEntities()))
    except EntityError:
        raise LabelError(
            f"{path} declares entities, which no program that writes .eaf does"
        ) from None
    except (ET.ParseError, ValueError, LookupError) as error:
        raise LabelError(f"{path} is not XML: {error}") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise LabelError(f"{path} is <{root.tag[:40]}>, not an ANNOTATION_DOCUMENT of ELAN")
    return root


def _media(path: Path, root: ET.Element) -> str:
    """The name of the file beside the .eaf; whatever folder ELAN found it in last."""
    descriptor = root.find("HEADER/MEDIA_DESCRIPTOR")
    facts = {} if descriptor is None else descriptor.attrib
    url = facts.get("RELATIVE_MEDIA_URL") or facts.get("MEDIA_URL") or ""
    name = PurePosixPath(unquote(url)).name
    if not name:
        raise LabelError(f"{path} names no media file")
    return name


def _speakers(path: Path, root: ET.Element) -> Iterator[tuple[str, list[Span], list[Span]]]:
    """Speaker, texts and emotions of each lane."""
    times = {slot.get("TIME_SLOT_ID"): slot.get("TIME_VALUE") for slot in root.iter("TIME_SLOT")}
    tiers = {tier.get("TIER_ID") or "": tier for tier in root.iter("TIER")}
    names = dict.fromkeys(id_.partition("@")[2] for id_ in tiers if id_.startswith((TEXT, EMOTION)))
    if not names:
        raise LabelError(f"{path} has no tier {TEXT}NAME and no {EMOTION}NAME: keep their names")
    for name in names:
        own = [tiers.get(f"{kind}{name}") for kind in (TEXT, EMOTION)]
        who = next((tier.get("PARTICIPANT") for tier in own if tier is not None), None)
        texts, emotions = ([] if tier is None else list(_spans(path, tier, times)) for tier in own)
        yield LANE.sub("", name) if who is None else who, texts, emotions


def _spans(path: Path, tier: ET.Element, times: dict[str | None, str | None]) -> Iterator[Span]:
    for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
        ends = [times.get(annotation.get(f"TIME_SLOT_REF{n}")) for n in (1, 2)]
        value = " ".join((annotation.findtext("ANNOTATION_VALUE") or "").split())

        try:
            start_ms, end_ms = (int(end or "") for end in ends)
        except ValueError:
            raise LabelError(
                f"{path}: an annotation of {tier.get('TIER_ID')} ({value[:40]!r}) has no time: "
                "align it in ELAN"
            ) from None

        if not 0 <= start_ms < end_ms < MOST_MS:
            raise LabelError(
                f"{path}: {tier.get('TIER_ID')} has an annotation from {ends[0]:.20} to "
                f"{ends[1]:.20} ms"
            )

        yield Span(start_ms, end_ms, value)


def _joined(texts: list[Span], emotions: list[Span]) -> Iterator[tuple[int, int, str, str]]:
    """Each text with the emotion that it shares most time with; emotions that no text takes."""
    used: set[Span] = set()
    for text in texts:
        best = max(emotions, key=text.shared_ms, default=None)
        emotion = best if best is not None and text.shared_ms(best) > 0 else None
        if emotion is not None:
            used.add(emotion)
        yield text.start_ms, text.end_ms, text.value, emotion.value if emotion else ""
    for emotion in emotions:
        if emotion not in used and not any(text.shared_ms(emotion) > 0 for text in texts):
            yield emotion.start_ms, emotion.end_ms, "", emotion.value


def _identifier(text: str) -> str:
    """What may name a dialogue: letters, digits, . _ and -."""
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")
    return cleaned[:100] or "file"


def _unused(name: str, taken: set[str]) -> str:
    number, chosen = 2, name
    while chosen in taken:
        chosen, number = f"{name}-{number}", number + 1
    taken.add(chosen)
    return chosen

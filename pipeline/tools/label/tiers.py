"""Labels as annotations that linguists correct: ELAN's .eaf and Praat's .TextGrid.

Each lane of a speaker (`cues.lanes`) has tiers of the same spans: `text@NAME`, `emotion@NAME`, and
`confidence@NAME` where labels have a probability.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

from pipeline.tools.label.cues import Cue, lanes, one_line

SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NO_DATE = "1970-01-01T00:00:00+00:00"  # ELAN wants one; the same labels give the same file
MIME_TYPES = {".mp4": "video/mp4", ".wav": "audio/x-wav", ".avi": "video/x-msvideo"}
KIND = "default-lt"


class TierSpan(NamedTuple):
    """A stretch of a tier: milliseconds and what is written there."""

    start_ms: int
    end_ms: int
    value: str


class WrittenTier(NamedTuple):
    """A row of spans that do not overlap."""

    name: str
    speaker: str
    spans: list[TierSpan]


def tiers_of(cues: Sequence[Cue]) -> Iterator[WrittenTier]:
    """The tiers of one file; what stands in none of them is "" there."""
    for name, row in lanes(cues).items():
        values = {
            "text": [cue.text for cue in row],
            "emotion": [cue.label for cue in row],
            "confidence": ["" if c.confidence is None else f"{c.confidence:.4f}" for c in row],
        }

        for kind, told in values.items():
            if kind == "confidence" and not any(told):
                continue
            spans = [
                TierSpan(cue.start_ms, cue.end_ms, one_line(value))
                for cue, value in zip(row, told, strict=True)
            ]
            yield WrittenTier(f"{kind}@{name}", row[0].speaker, spans)


def eaf(media: str, cues: Sequence[Cue]) -> str:
    """The content of an .eaf file (EAF 3.0); ELAN looks for the media beside it."""
    root = _document(media)
    order, numbers = ET.SubElement(root, "TIME_ORDER"), count(1)
    for tier in tiers_of(cues):
        speaker = one_line(tier.speaker)
        names = {"TIER_ID": tier.name, "PARTICIPANT": speaker, "LINGUISTIC_TYPE_REF": KIND}
        element = ET.SubElement(root, "TIER", names)
        for span in tier.spans:
            _annotate(element, order, span, next(numbers))

    facts = {"LINGUISTIC_TYPE_ID": KIND, "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    ET.SubElement(root, "LINGUISTIC_TYPE", facts)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _document(media: str) -> ET.Element:
    """The beginning of an .eaf: what it is, and which file it belongs to."""
    ET.register_namespace("xsi", XSI)
    about = {"AUTHOR": "", "DATE": NO_DATE, "FORMAT": "3.0", "VERSION": "3.0"}
    about[f"{{{XSI}}}noNamespaceSchemaLocation"] = SCHEMA
    root = ET.Element("ANNOTATION_DOCUMENT", about)
    header = ET.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")

    place = PurePosixPath(media)
    url = f"./{quote(place.name)}"
    kind = MIME_TYPES.get(place.suffix.lower(), "unknown")
    places = {"MEDIA_URL": url, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": url}
    ET.SubElement(header, "MEDIA_DESCRIPTOR", places)
    return root


def _annotate(tier: ET.Element, order: ET.Element, span: TierSpan, number: int) -> None:
    places = {"TIME_SLOT_REF1": f"ts{2 * number - 1}", "TIME_SLOT_REF2": f"ts{2 * number}"}
    for slot, ms in zip(places.values(), (span.start_ms, span.end_ms), strict=True):
        ET.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=str(ms))
    annotation = ET.SubElement(tier, "ANNOTATION")
    aligned = ET.SubElement(
        annotation, "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": f"a{number}", **places}
    )
    ET.SubElement(aligned, "ANNOTATION_VALUE").text = span.value


def textgrid(cues: Sequence[Cue]) -> str:
    """The content of a .TextGrid file in Praat's long form; between spans lie empty intervals."""
    end_ms = max(cue.end_ms for cue in cues)
    found = list(tiers_of(cues))
    lines = [
        *('File type = "ooTextFile"', 'Object class = "TextGrid"', ""),
        *(f"xmin = {_s(0)}", f"xmax = {_s(end_ms)}"),
        *("tiers? <exists>", f"size = {len(found)}", "item []:"),
    ]
    for number, tier in enumerate(found, start=1):
        lines += [f"    item [{number}]:", *_interval_tier(tier, end_ms)]
    return "\n".join([*lines, ""])


def _interval_tier(tier: WrittenTier, end_ms: int) -> Iterator[str]:
    spans = list(_filled(tier.spans, end_ms))
    yield '        class = "IntervalTier"'
    yield f"        name = {_quoted(tier.name)}"
    yield f"        xmin = {_s(0)}"
    yield f"        xmax = {_s(end_ms)}"
    yield f"        intervals: size = {len(spans)}"

    for place, span in enumerate(spans, start=1):
        yield f"        intervals [{place}]:"
        yield f"            xmin = {_s(span.start_ms)}"
        yield f"            xmax = {_s(span.end_ms)}"
        yield f"            text = {_quoted(span.value)}"


def _filled(spans: Sequence[TierSpan], end_ms: int) -> Iterator[TierSpan]:
    """The spans with empty ones between them: an interval tier has no holes."""
    now_ms = 0
    for span in spans:
        if now_ms < span.start_ms:
            yield TierSpan(now_ms, span.start_ms, "")
        yield span
        now_ms = span.end_ms
    if now_ms < end_ms:
        yield TierSpan(now_ms, end_ms, "")


def _s(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'

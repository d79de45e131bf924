"""Checks that all readers share: a candidate becomes an utterance, or a reason why not.

Ids name files later, media paths are opened later: both are refused here when they could lead
outside (reading.md F.5, security). A reason reads "kind: detail", so that reports can count kinds.
"""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from pipeline.base.files import UnsafePathError, resolve_inside
from pipeline.base.records import (
    REGIONS,
    ROLES,
    Annotation,
    Dropped,
    RecordError,
    Utterance,
    check_identifier,
)
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.listing import MEDIA_SUFFIXES, has_suffix
from pipeline.corpora.raw import Candidate, Counts, RawCorpus, count
from pipeline.corpora.texts import clean_text, printable


def drop(item: str, reason: str) -> Dropped:
    """Account for an item that gives no utterance; what is shown of it is printable and short."""
    return Dropped(printable(item), printable(reason, limit=400))


def assemble(
    root: Path,
    settings: CorpusSettings,
    candidates: Iterable[Candidate],
    *,
    dropped: Iterable[Dropped] = (),
    expected: Counts | None = None,
    notes: Iterable[str] = (),
    classes: Sequence[str] = (),
    signs: Sequence[str] = (),
) -> RawCorpus:
    """Check candidates one by one and put the corpus together; dialogues keep their order."""
    found, lost = list(candidates), list(dropped)
    faults = _Faults(root, settings.links)
    used: list[Candidate] = []
    for candidate in found:
        fault = faults.of(candidate)
        if fault is None:
            used.append(candidate)
        else:
            lost.append(drop(f"{candidate.utterance_id} ({candidate.source})", fault))

    rows = list(_utterances(used, settings.text))
    return RawCorpus(
        utterances=tuple(rows),
        annotations=tuple(_annotations(used)),
        dropped=tuple(lost),
        expected=dict(expected or {}),
        found=count(found, classes, signs),
        used=count(used, classes, signs),
        media=tuple(sorted({row.media for row in rows if row.media})),
        notes=(*notes, *_overlaps(rows)),
    )


def by_kind(dropped: Iterable[Dropped]) -> dict[str, int]:
    """How many items were dropped for each kind of reason, most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for item in dropped:
        counts[item.reason.partition(": ")[0]] += 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


class _Faults:
    """What is wrong with candidates of one corpus; remembers ids and media seen so far."""

    def __init__(self, root: Path, links: Sequence[str]) -> None:
        self._root, self._links = root, links
        self._sources: dict[str, str] = {}
        self._media: dict[str, str | None] = {}

    def of(self, candidate: Candidate) -> str | None:
        """The first fault of a candidate, or None."""
        fault = (
            _id_fault(candidate)
            or _span_fault(candidate)
            or _value_fault(candidate)
            or self._media_fault(candidate)
        )
        if fault is None and candidate.utterance_id in self._sources:
            return f"id stands twice: first at {self._sources[candidate.utterance_id]}"
        if fault is None:
            self._sources[candidate.utterance_id] = candidate.source
        return fault

    def _media_fault(self, candidate: Candidate) -> str | None:
        if candidate.media not in self._media:
            self._media[candidate.media] = path_fault(self._root, candidate.media, self._links)
        return self._media[candidate.media]


def _id_fault(candidate: Candidate) -> str | None:
    try:
        check_identifier(candidate.utterance_id, "utterance_id")
        check_identifier(candidate.dialogue_id, "dialogue_id")
    except RecordError as error:
        return f"id is not safe: {error}"
    return None


def _span_fault(candidate: Candidate) -> str | None:
    span = f"start_s={candidate.start_s}, end_s={candidate.end_s}"
    if not math.isfinite(candidate.start_s) or math.isnan(candidate.end_s):
        return f"time is not a number: {span}"
    if candidate.start_s < 0:
        return f"span begins before the file: {span}"
    if candidate.end_s <= candidate.start_s:
        return f"span is empty or reversed: {span}"
    return None


def _value_fault(candidate: Candidate) -> str | None:
    if candidate.region not in REGIONS:
        return f"region is unknown: {candidate.region!r} is not one of {', '.join(REGIONS)}"
    role = candidate.annotations.get("split")
    if role is not None and role not in ROLES:
        return f"split is not a role: {role!r} is not one of {', '.join(ROLES)}"
    return None


def name_fault(media: str) -> str | None:
    """Why a path can stand in no table: control characters, bytes that are not UTF-8."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in media):
        return f"media has characters that no table can hold: {media!r}; rename the file"
    return None


def path_fault(root: Path, media: str, links: Sequence[str]) -> str | None:
    """Why a path is not opened as media of the corpus below `root`, and the way out."""
    if not media:
        return "media is not named"
    if fault := name_fault(media):
        return fault
    if ".." in media.replace("\\", "/").split("/") or media.startswith("\\"):
        return f"media leaves the corpus folder: {media!r}"
    if PurePosixPath(media).is_absolute() or PureWindowsPath(media).drive:
        return f"media leaves the corpus folder: {media!r} is not written from there on"

    try:
        resolve_inside(root, media, links)
    except UnsafePathError:
        return (
            f"media leaves the corpus folder: {media!r} is a link into {_target(root / media)!r}; "
            "if files there may be read, name that folder, or one above it, in the key `links`"
        )
    if not has_suffix(media, MEDIA_SUFFIXES):
        return f"media is of no known type: {media!r}; known: {' '.join(sorted(MEDIA_SUFFIXES))}"
    return None


def _target(path: Path) -> str:
    """The folder where a link ends; "" where it ends nowhere."""
    try:
        return str(path.resolve().parent)
    except (OSError, RuntimeError):
        return ""


def _utterances(used: Iterable[Candidate], with_text: bool) -> Iterator[Utterance]:
    dialogues: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in used:
        dialogues[candidate.dialogue_id].append(candidate)

    for turns in dialogues.values():
        for turn, candidate in enumerate(turns):
            yield Utterance(
                utterance_id=candidate.utterance_id,
                dialogue_id=candidate.dialogue_id,
                turn=turn,
                speaker=clean_text(candidate.speaker),
                session=clean_text(candidate.session),
                media=candidate.media,
                start_s=candidate.start_s,
                end_s=candidate.end_s,
                region=next(region for region in REGIONS if region == candidate.region),
                text=clean_text(candidate.text) if with_text else "",
            )


def _annotations(used: Iterable[Candidate]) -> Iterator[Annotation]:
    for candidate in used:
        for name, value in candidate.annotations.items():
            yield Annotation(candidate.utterance_id, name, clean_text(value))


def _overlaps(rows: Iterable[Utterance]) -> Iterator[str]:
    """Two people may talk at once; one person cannot: say so, the span may be wrong."""
    spans: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for row in rows:
        spans[row.media, row.speaker].append(row)

    pairs = []
    for of_speaker in spans.values():
        latest: Utterance | None = None
        for row in sorted(of_speaker, key=lambda row: (row.start_s, row.end_s)):
            if latest is not None and row.start_s < latest.end_s:
                pairs.append(f"{latest.utterance_id} and {row.utterance_id}")
            if latest is None or row.end_s > latest.end_s:
                latest = row

    if pairs:
        overlap = counted(len(pairs), "utterance overlaps", "utterances overlap")
        yield f"{overlap} another of the same speaker, first: {pairs[0]}"

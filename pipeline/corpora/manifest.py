"""corpus.json: what a corpus consists of and what became of every item (docs/protocol.md).

Where the corpus lies is no part of it: moving the folder must not change a byte. Sizes in bytes,
durations in seconds.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.base.records import Utterance
from pipeline.base.shards import shard_of
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import by_kind
from pipeline.corpora.raw import MEDIA_FILES, UTTERANCES, CorpusError, CountRow, RawCorpus
from pipeline.corpora.readers import reader


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A media file that is there: bytes, and the sha256 of its content."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Media:
    """Media of a corpus by path: what is there, and why not."""

    present: Mapping[str, MediaFile]
    missing: Mapping[str, str]

    def of(self, rows: Iterable[Utterance]) -> dict[str, dict[str, Any]]:
        """Size and digest of the files that `rows` lie in, as JSON."""
        paths = sorted({row.media for row in rows} & self.present.keys())
        return {path: asdict(self.present[path]) for path in paths}


def describe(corpus: str, settings: CorpusSettings, raw: RawCorpus, media: Media) -> dict[str, Any]:
    """The content of corpus.json."""
    return {
        "corpus": corpus,
        "reader": settings.reader,
        "which_face": reader(settings.reader).WHICH_FACE,
        "is_synthetic": settings.make_demo is not None,
        "media": media.of(raw.utterances),
        "missing_media": dict(sorted(media.missing.items())),
        "counts": [asdict(row) for row in counts(raw, media)],
        "dropped": [asdict(item) for item in raw.dropped],
        "dropped_by_reason": by_kind(raw.dropped),
        "durations": durations(raw.utterances),
        "notes": list(raw.notes),
    }


def counts(raw: RawCorpus, media: Media) -> list[CountRow]:
    """Expected, found, used; a media file is found where it is there, not where it is named."""
    n_there = len(media.present)
    return [
        replace(row, found=n_there, used=n_there) if row.value == MEDIA_FILES else row
        for row in raw.counts
    ]


def durations(rows: Iterable[Utterance]) -> dict[str, Any]:
    """Lengths of the spans that are known; the others reach to the end of their file."""
    lengths = [row.end_s - row.start_s for row in rows]
    known = [length for length in lengths if math.isfinite(length)]
    return {
        "n_to_end_of_file": len(lengths) - len(known),
        "n_known": len(known),
        "total_s": round(math.fsum(known), 3),
        "shortest_s": round(min(known), 3) if known else None,
        "longest_s": round(max(known), 3) if known else None,
    }


def warnings(corpus: str, raw: RawCorpus, media: Media) -> list[str]:
    """What a user should look at before trusting this corpus."""
    found = []
    expected = raw.expected.get(UTTERANCES)
    if expected is not None and len(raw.utterances) < expected:
        found.append(
            f"{corpus}: {len(raw.utterances)} of {expected} expected utterances are used; "
            f"check corpora.{corpus}.root"
        )

    if media.missing:
        path, reason = next(iter(sorted(media.missing.items())))
        n_rows = sum(row.media in media.missing for row in raw.utterances)
        found.append(
            f"{corpus}: {counted(len(media.missing), 'media file is', 'media files are')} missing "
            f"({counted(n_rows, 'utterance stays', 'utterances stay')} "
            f"without audio and video), first: {path}: {reason}; check corpora.{corpus}.root"
        )
    return found


def check_share(corpus: str, raw: RawCorpus, max_missing: float) -> None:
    """Refuse a corpus that lacks more of its expected utterances than config tolerates."""
    if raw.missing_share > max_missing:
        raise CorpusError(
            f"{corpus}: {raw.missing_share:.1%} of the expected utterances are missing, "
            f"corpora.{corpus}.max_missing tolerates {max_missing:.1%}; "
            "`make doctor CONFIG=FILE ROOT=FOLDER` lists what is expected and found"
        )


def outcome(corpus: str, raw: RawCorpus, media: Media) -> Iterator[str]:
    """What the stage says at its end, line by line."""
    for note in [*raw.notes, *warnings(corpus, raw, media)]:
        yield f"note: {note}"
    for kind, n in by_kind(raw.dropped).items():
        yield f"dropped: {n} x {kind}"
    yield (
        f"done: {counted(len(raw.utterances), 'utterance')}, "
        f"{counted(len(media.present), 'media file')}, "
        f"{counted(len(raw.dropped), 'item')} dropped"
    )


def in_shards(rows: Iterable[Utterance], n_shards: int) -> list[list[Utterance]]:
    """Rows of each shard, in their order; a dialogue is never split.

    A shard has digests of its own media alone, so that one new video touches one shard.
    """
    shards: list[list[Utterance]] = [[] for _ in range(n_shards)]
    for row in rows:
        shards[shard_of(row.dialogue_id, n_shards)].append(row)
    return shards

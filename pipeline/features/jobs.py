"""What is to be encoded of each utterance of a shard, and what its record is named by."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.base.files import resolve_inside
from pipeline.base.records import FaceRow, Modality, Utterance
from pipeline.features.cache.extractor import STATUSES, Item, Seconds
from pipeline.features.cache.folder import CacheFolder
from pipeline.features.cache.keys import (
    Ingredients,
    audio_content,
    text_content,
    visual_content,
)
from pipeline.features.cache.sources import confirmed_state


class JobError(ValueError):
    """The table of faces does not fit the utterances."""


@dataclass(frozen=True)
class Job:
    """An utterance to encode, and what its record is named by.

    An item whose status is not "ok" is settled: it is neither looked up nor encoded.
    """

    item: Item
    ingredients: Ingredients

    @property
    def utterance_id(self) -> str:
        """The id of the utterance."""
        return self.item.utterance.utterance_id


@dataclass(frozen=True)
class Sources:
    """Where a shard's utterances come from; a modality needs its own part of it alone."""

    cache: Path
    root: Path = Path()  # audio: of the raw corpus
    links: Sequence[str] = ()  # audio: folders that links in it may lead into
    media: Mapping[str, Any] | None = None  # audio: path below `root` -> size, sha256
    faces: Sequence[FaceRow] | None = None  # visual: the table of crop_faces


def shard_jobs(
    modality: Modality, utterances: Sequence[Utterance], shared: Ingredients, sources: Sources
) -> list[Job]:
    """A job for each utterance; `shared`: what all records of the encoder have in their keys.

    Raises JobError and UnsafePathError.
    """
    if modality == "text":
        return [
            Job(Item(utterance), {**shared, **text_content(utterance.text)})
            for utterance in utterances
        ]

    if modality == "audio":
        media = sources.media or {}
        return [_audio_job(utterance, media, shared, sources) for utterance in utterances]

    if sources.faces is None:
        raise JobError("--modality visual needs --faces, the table of crop_faces")
    faces = {row.utterance_id: row for row in sources.faces}
    return [_visual_job(utterance, sources.cache, faces, shared) for utterance in utterances]


def _audio_job(
    utterance: Utterance, media: Mapping[str, Any], shared: Ingredients, sources: Sources
) -> Job:
    """A span of a file; a file without a digest was not there when the corpus was read."""
    if utterance.media not in media:
        return Job(Item(utterance, status="no_media"), {})
    sha256 = media[utterance.media]["sha256"]
    content = audio_content(sha256, utterance.start_s, utterance.end_s)
    path = resolve_inside(sources.root, utterance.media, sources.links)
    item = Item(utterance, path, confirm=partial(confirmed_state, path, sha256, sources.cache))
    return Job(item, {**shared, **content})


def _visual_job(
    utterance: Utterance, cache: Path, faces: Mapping[str, FaceRow], shared: Ingredients
) -> Job:
    """The crops of an utterance, or the reason why there are none."""
    row = faces.get(utterance.utterance_id)
    if row is None:
        raise JobError(f"the table of faces lacks {utterance.utterance_id}")
    if row.status not in STATUSES:
        raise JobError(f"{row.utterance_id}: status {row.status!r} of faces is unknown")
    if row.status != "ok":
        known = Item(utterance, status=row.status, seconds=_seconds(row), remark=row.remark)
        return Job(known, {})
    archive = CacheFolder(cache, "faces", ".zip").path(row.archive)
    item = Item(utterance, crops=archive, seconds=_seconds(row), remark=row.remark)
    return Job(item, {**shared, **visual_content(row.archive)})


def _seconds(row: FaceRow) -> Seconds:
    return None if math.isinf(row.asked_s) else row.asked_s, row.found_s

"""The face crops of a shard: from the cache, or from one decode of each video that lacks some.

Where all archives are there, nothing is decoded and no detector is loaded.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.base.coverage import coverage, is_partly_covered
from pipeline.base.devices import kind_of_device
from pipeline.base.files import resolve_inside
from pipeline.base.progress import Progress, progress
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.vocabulary import WhichFace
from pipeline.base.wording import counted
from pipeline.config.faces import CropFacesSettings
from pipeline.features.cache.sources import confirmed_state
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crop_keys import chosen_face, crop_jobs
from pipeline.features.faces.cropping import FaceCropper
from pipeline.features.faces.crops import CropRecord
from pipeline.features.faces.detecting import detector_of
from pipeline.features.faces.told import decoding_told
from pipeline.features.faces.utterance_crops import CropJob
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.decoders import decoding_each
from pipeline.media.detectors import LazyDetector
from pipeline.media.errors import MediaError
from pipeline.media.frame_service import decode_frames
from pipeline.media.gcnet_faces import EVERY_FRAME_FPS
from pipeline.media.sound_service import decode_sound

# With a GPU: threads that look at frames of one video, and frames that each takes at once. Those of
# all threads are gathered.
LOOKS_WITH_A_GPU = 2
FRAMES_AT_ONCE = 16

Found = dict[str, CropRecord | MediaError]  # by key


@dataclass(frozen=True)
class CorpusFiles:
    """Media files of a corpus; one without a digest was not there when the corpus was read."""

    root: Path
    links: Sequence[str]  # folders that links in it may lead into
    media: Mapping[str, Any]  # path below `root` -> size, sha256


@dataclass(frozen=True)
class Cropped:
    """What became of the utterances of a shard."""

    utterances: Sequence[Utterance]
    jobs: Mapping[str, CropJob]  # by utterance id
    found: Found
    n_hits: int
    n_damaged: int

    def rows(self) -> list[FaceRow]:
        """A row for each utterance, in order."""
        return [self._row(utterance.utterance_id) for utterance in self.utterances]

    def _of(self, utterance_id: str) -> CropRecord | MediaError | None:
        job = self.jobs.get(utterance_id)
        return None if job is None else self.found[job.key]

    def _row(self, utterance_id: str) -> FaceRow:
        record = self._of(utterance_id)
        if record is None:
            return FaceRow(utterance_id, 0, 0, "", "no_media")
        if isinstance(record, MediaError):
            return FaceRow(utterance_id, 0, 0, "", record.status, remark=record.detail)
        archive = record.key if record.n_faces else ""
        asked_s = math.inf if record.asked_s is None else record.asked_s
        counts = (record.n_frames, record.n_faces)
        seconds = (asked_s, record.found_s)
        row = FaceRow(utterance_id, *counts, archive, record.status, *seconds, record.detail)
        return replace(row, n_people=record.n_people, told_by=record.told_by)

    def remarks(self) -> Iterator[str]:
        """What is to be said of single utterances, and of all."""
        rows = self.rows()
        for row in rows:
            record = self._of(row.utterance_id)
            if isinstance(record, MediaError):
                yield f"  {row.utterance_id}: {record}"
            elif record is not None and record.detail:
                yield f"  {row.utterance_id}: {row.status}: {record.detail}"
            elif row.status == "ok" and is_partly_covered(row.asked_s, row.found_s):
                yield f"  {row.utterance_id}: {coverage(row.asked_s, row.found_s)}"
            elif row.status != "ok":
                looked_at = counted(row.n_frames, "frame")
                yield f"  {row.utterance_id}: {row.status}: {looked_at} looked at"

        counts = Counter(row.status for row in rows)
        statuses = ", ".join(f"{n} {status}" for status, n in counts.items())
        yield (
            f"done: {counted(len(rows), 'utterance')} ({statuses or 'none'}); "
            f"cache: {self.n_hits} hits, {len(self.found) - self.n_hits} misses, "
            f"{self.n_damaged} damaged and set aside"
        )


def crop_shard(
    utterances: Sequence[Utterance],
    files: CorpusFiles,
    settings: CropFacesSettings,
    cache: CropCache,
    device: str,
    threads: int,
) -> Cropped:
    """Crop what is not cached. Raises SettingsError, DetectorError, DecoderError, CacheError,
    UnsafePathError.
    """
    which_face = chosen_face(settings.which_face)
    jobs = crop_jobs(utterances, files.media, settings, which_face)
    found = _look_up(jobs, cache)
    n_hits = len(found)

    missing = _missing(utterances, jobs, found)
    if missing:
        # A GPU finds faces faster than one video is decoded; a core does not.
        has_gpu = settings.detector == "mtcnn" and kind_of_device(device) != "cpu"
        n_files, looks = (threads, LOOKS_WITH_A_GPU) if has_gpu else (1, threads)
        cropper = _make_cropper(settings, which_face, device, looks)
        if has_gpu:
            cropper = replace(cropper, frames_at_once=FRAMES_AT_ONCE)
        found |= _crop_missing(missing, _Cropping(files, cropper, cache), n_files)
    return Cropped(utterances, jobs, found, n_hits, cache.n_damaged)


def _look_up(jobs: Mapping[str, CropJob], cache: CropCache) -> Found:
    """What the cache holds, every byte of it checked."""
    keys = list(dict.fromkeys(job.key for job in jobs.values()))
    records = {
        key: cache.get(key) for key in progress(keys, what="crop_faces: cache", unit="archives")
    }
    return {key: record for key, record in records.items() if record is not None}


@dataclass(frozen=True)
class _Cropping:
    """What it takes to crop the faces of a file."""

    files: CorpusFiles
    cropper: FaceCropper
    cache: CropCache

    def crop(
        self,
        decoder: Decoder,
        relative: str,
        jobs: Sequence[CropJob],
        damage: Damage,
        say: Callable[[str], None],
    ) -> Iterator[tuple[CropJob, CropRecord | MediaError]]:
        """Archives of all jobs of one file, which must be the one that the corpus was read from."""
        path = resolve_inside(self.files.root, relative, self.files.links)

        try:
            digest = self.files.media[relative]["sha256"]
            state = confirmed_state(path, digest, self.cache.root)
        except MediaError as error:
            yield from ((job, error) for job in jobs)
            return

        frames = decoding_told(partial(decode_frames, decoder, state=state), relative, say)
        sounds = partial(decode_sound, decoder, state=state)
        cropper = replace(self.cropper, frames=frames, sounds=sounds)
        yield from cropper.crop(path, jobs, self.cache.writing, damage)


def _missing(
    utterances: Sequence[Utterance], jobs: Mapping[str, CropJob], cached: Found
) -> dict[str, list[CropJob]]:
    """What is not `cached`, by video."""
    missing: dict[str, dict[str, CropJob]] = {}
    for utterance in utterances:
        job = jobs.get(utterance.utterance_id)
        if job is not None and job.key not in cached:
            missing.setdefault(utterance.media, {})[job.key] = job
    return {relative: list(wanted.values()) for relative, wanted in missing.items()}


def _crop_missing(missing: Mapping[str, Sequence[CropJob]], work: _Cropping, n_files: int) -> Found:
    """Crop video by video, `n_files` at once."""
    total = sum(map(len, missing.values()))
    bar: Progress[CropJob] = progress(total, what="crop_faces", unit="utterances")

    def crop_file(decoder: Decoder, relative: str) -> tuple[str, Found, Damage]:
        found: Found = {}
        damage = Damage()
        for job, record in work.crop(decoder, relative, missing[relative], damage, bar.say):
            found[job.key] = record
            bar.advance(note=relative)
        return relative, found, damage

    found: Found = {}
    with bar, closing(decoding_each(crop_file, list(missing), n_files)) as files:
        for relative, of_file, damage in files:
            found |= of_file
            if damage.n_errors:
                print(f"note: {relative} is damaged: {damage.describe()}")
    return found


def _make_cropper(
    settings: CropFacesSettings, which_face: WhichFace, device: str, threads: int
) -> FaceCropper:
    return FaceCropper(
        detector=LazyDetector(partial(detector_of, settings, device)),
        which_face=which_face,
        fps=EVERY_FRAME_FPS if settings.compat == "gcnet" else settings.fps,
        shape=settings.shape,
        compat=settings.compat,
        detect_width_px=settings.detect_width_px,
        margin=settings.margin,
        size_px=settings.size_px,
        threads=threads,
    )

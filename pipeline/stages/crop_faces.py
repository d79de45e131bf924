"""Stage crop_faces: utterances of a shard -> archives of their face crops, and one row each.

Archives lie in the cache, named by a digest of all that decides them. Where all are there, nothing
is decoded and no detector is loaded. Each video is decoded once for all its missing utterances.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from pipeline.base.files import UnsafePathError, canonical_json, resolve_inside, text_digest
from pipeline.base.progress import Progress, progress
from pipeline.base.provenance import code_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.retries import note_retry
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.faces import CropFacesSettings, detector_module
from pipeline.config.settings import SettingsError, dump, parse_section
from pipeline.features.cache.folder import CacheError
from pipeline.features.cache.sources import confirmed_state
from pipeline.features.coverage import coverage, is_partly_covered
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.cropping import FaceCropper
from pipeline.features.faces.crops import CropRecord
from pipeline.features.faces.told import told
from pipeline.features.faces.utterance_crops import CropJob, WhichFace
from pipeline.features.weights.libraries import DETECTORS, versions_of
from pipeline.media.container import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.errors import DecoderError, MediaError
from pipeline.media.faces import DetectorError, LazyDetector, detector_digest, open_detector
from pipeline.media.frame_service import decode_frames
from pipeline.media.gcnet_faces import EVERY_FRAME_FPS, SMALLEST_FACE_PX

SCHEMA = 1
CROPPING = "pipeline.features.faces.cropping"  # with what it imports, all code that decides crops

Found = dict[str, CropRecord | MediaError]  # by key


def main(argv: list[str] | None = None) -> None:
    """Read the command line, crop what is not cached, write the rows, say what came out."""
    args = _parse(argv)
    utterances = read_rows(args.utterances, Utterance)
    media = json.loads(args.media.read_text(encoding="utf-8"))
    try:
        settings = parse_section(args.settings, CropFacesSettings, where="crop_faces")
        which_face = _rule(args.which_face or settings.which_face)
        jobs = crop_jobs(utterances, media, settings, which_face)
        cache = CropCache(args.cache)
        found = _look_up(jobs, cache)
        n_hits = len(found)
        cropper = _make_cropper(settings, which_face, args.device, args.threads)
        with Decoder() as decoder:
            work = Cropping(args.root, args.links, media, cropper, cache, decoder)
            found |= _crop_missing(utterances, jobs, found, work)
    except (SettingsError, DetectorError, DecoderError, CacheError, UnsafePathError) as error:
        raise SystemExit(f"error: {error}") from None
    rows = [_row(one.utterance_id, jobs.get(one.utterance_id), found) for one in utterances]
    write_rows(args.out, rows, FaceRow)
    note_retry(args.out, any(row.status == "read_error" for row in rows))
    _say(rows, jobs, found, n_hits, cache)


def crop_jobs(
    utterances: Sequence[Utterance],
    media: Mapping[str, Any],
    settings: CropFacesSettings,
    which_face: WhichFace,
) -> dict[str, CropJob]:
    """Utterance id -> its job; a file without a digest was not there when the corpus was read."""
    ingredients = crop_ingredients(utterances, media, settings, which_face)
    return {
        one.utterance_id: CropJob(
            text_digest(canonical_json(ingredients[one.utterance_id])),
            one.start_s,
            one.end_s,
            ingredients[one.utterance_id]["region"],
        )
        for one in utterances
        if one.utterance_id in ingredients
    }


def crop_ingredients(
    utterances: Sequence[Utterance],
    media: Mapping[str, Any],
    settings: CropFacesSettings,
    which_face: WhichFace,
) -> dict[str, dict[str, Any]]:
    """Utterance id -> all that decides its crops; their digest is the key of the archive."""
    shared = {
        "schema": SCHEMA,
        "code": code_digest(CROPPING, detector_module(settings.detector)),
        "settings": {**dump(settings), "weights": None, "which_face": which_face},
        "detector": detector_digest(settings.detector, settings.weights),
        "libraries": versions_of(DETECTORS[settings.detector]),
    }
    return {
        one.utterance_id: {
            **shared,
            "media": media[one.media]["sha256"],
            "start_s": one.start_s,
            "end_s": None if math.isinf(one.end_s) else one.end_s,
            "region": one.region if which_face == "side" else "full",
        }
        for one in utterances
        if one.media in media
    }


def _look_up(jobs: Mapping[str, CropJob], cache: CropCache) -> Found:
    """What the cache holds, every byte of it checked."""
    keys = list(dict.fromkeys(job.key for job in jobs.values()))
    records = {
        key: cache.get(key) for key in progress(keys, what="crop_faces: cache", unit="archives")
    }
    return {key: record for key, record in records.items() if record is not None}


@dataclass(frozen=True)
class Cropping:
    """What it takes to crop the faces of a file."""

    root: Path
    links: Sequence[str]  # folders that links in it may lead into
    media: Mapping[str, Any]
    cropper: FaceCropper
    cache: CropCache
    decoder: Decoder

    def crop(
        self, relative: str, jobs: Sequence[CropJob], damage: Damage, say: Callable[[str], None]
    ) -> Iterator[tuple[CropJob, CropRecord | MediaError]]:
        """Archives of all jobs of one file, which must be the one that the corpus was read from."""
        path = resolve_inside(self.root, relative, self.links)
        try:
            state = confirmed_state(path, self.media[relative]["sha256"], self.cache.root)
        except MediaError as error:
            yield from ((job, error) for job in jobs)
            return
        frames = told(partial(decode_frames, self.decoder, state=state), relative, say)
        cropper = replace(self.cropper, frames=frames)
        yield from cropper.crop(path, jobs, self.cache.writing, damage)


def _crop_missing(
    utterances: Sequence[Utterance], jobs: Mapping[str, CropJob], cached: Found, work: Cropping
) -> Found:
    """Crop what is not `cached`, video by video."""
    missing: dict[str, dict[str, CropJob]] = {}
    for one in utterances:
        job = jobs.get(one.utterance_id)
        if job is not None and job.key not in cached:
            missing.setdefault(one.media, {})[job.key] = job
    found: Found = {}
    total = sum(map(len, missing.values()))
    bar: Progress[CropJob] = progress(total, what="crop_faces", unit="utterances")
    with bar:
        for relative, wanted in missing.items():
            damage = Damage()
            for job, record in work.crop(relative, list(wanted.values()), damage, bar.say):
                found[job.key] = record
                bar.advance(note=relative)
            if damage.n_errors:
                print(f"note: {relative} is damaged: {damage.describe()}")
    return found


def _make_cropper(
    settings: CropFacesSettings, which_face: WhichFace, device: str, threads: int
) -> FaceCropper:
    detector = partial(
        open_detector,
        settings.detector,
        weights=settings.weights,
        min_face_px=SMALLEST_FACE_PX if settings.compat == "gcnet" else settings.min_face_px,
        min_confidence=settings.min_confidence,
        device=device,
    )
    return FaceCropper(
        detector=LazyDetector(detector),
        which_face=which_face,
        fps=EVERY_FRAME_FPS if settings.compat == "gcnet" else settings.fps,
        shape=settings.shape,
        compat=settings.compat,
        detect_width_px=settings.detect_width_px,
        margin=settings.margin,
        size_px=settings.size_px,
        threads=threads,
    )


def _rule(name: str) -> WhichFace:
    for known in get_args(WhichFace):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise SettingsError(
        f"crop_faces.which_face={name!r}: this stage needs one of {get_args(WhichFace)}; the "
        "workflow puts the one that fits the corpus in the place of 'auto'"
    )


def _row(utterance_id: str, job: CropJob | None, found: Found) -> FaceRow:
    record = None if job is None else found[job.key]
    if record is None:
        return FaceRow(utterance_id, 0, 0, "", "no_media")
    if isinstance(record, MediaError):
        return FaceRow(utterance_id, 0, 0, "", record.status, remark=record.detail)
    archive = record.key if record.n_faces else ""
    asked_s = math.inf if record.asked_s is None else record.asked_s
    counts = (record.n_frames, record.n_faces)
    seconds = (asked_s, record.found_s)
    return FaceRow(utterance_id, *counts, archive, record.status, *seconds, record.detail)


def _say(
    rows: Sequence[FaceRow],
    jobs: Mapping[str, CropJob],
    found: Found,
    n_hits: int,
    cache: CropCache,
) -> None:
    for row in rows:
        record = found[jobs[row.utterance_id].key] if row.utterance_id in jobs else None
        if isinstance(record, MediaError):
            print(f"  {row.utterance_id}: {record}")
        elif record is not None and record.detail:
            print(f"  {row.utterance_id}: {row.status}: {record.detail}")
        elif row.status == "ok" and is_partly_covered(row.asked_s, row.found_s):
            print(f"  {row.utterance_id}: {coverage(row.asked_s, row.found_s)}")
        elif row.status != "ok":
            print(f"  {row.utterance_id}: {row.status}: {row.n_frames} frames looked at")
    statuses = ", ".join(f"{n} {status}" for status, n in Counter(r.status for r in rows).items())
    print(
        f"done: {len(rows)} utterances ({statuses or 'none'}); cache: {n_hits} hits, "
        f"{len(found) - n_hits} misses, {cache.n_damaged} damaged and set aside"
    )


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, required=True, help="rows of the shard")
    parser.add_argument("--media", type=Path, required=True, help="JSON: path -> size, sha256")
    parser.add_argument("--root", type=Path, required=True, help="folder of the raw corpus")
    parser.add_argument("--links", nargs="*", default=[], help="folders that links may lead into")
    parser.add_argument("--settings", required=True, help="section crop_faces, JSON")
    parser.add_argument(
        "--which-face", choices=get_args(WhichFace), help="instead of that of --settings"
    )
    parser.add_argument("--cache", type=Path, required=True, help="the utterance cache")
    parser.add_argument("--threads", type=int, default=1, help="frames looked at side by side")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--out", type=Path, required=True, help="faces.csv of the shard")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()

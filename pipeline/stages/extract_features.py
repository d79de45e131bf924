"""Stage extract_features: the utterances of a shard -> a feature file of one modality."""

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.base.errors import EncodingError
from pipeline.base.files import UnsafePathError, resolve_inside
from pipeline.base.records import MODALITIES, FaceRow, Modality, Utterance
from pipeline.base.retries import note_retry
from pipeline.base.tables import read_rows
from pipeline.config.features import AudioSettings, TextSettings, VisualSettings
from pipeline.config.settings import Section, SettingsError, dump, parse_section
from pipeline.features.cache.extractor import STATUSES, Item, Seconds
from pipeline.features.cache.folder import CacheError, CacheFolder
from pipeline.features.cache.keys import (
    Ingredients,
    audio_content,
    text_content,
    visual_content,
)
from pipeline.features.cache.sources import confirmed_state
from pipeline.features.cache.utterances import Record, UtteranceCache
from pipeline.features.coverage import coverage, is_partly_covered
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.extraction import EncoderChoice, Job, extract, to_store
from pipeline.features.store import write_store
from pipeline.features.weights.locating import locate
from pipeline.features.weights.offline import refuse_network
from pipeline.features.weights.published import CheckpointError
from pipeline.media.errors import DecoderError

RESTORING = "pipeline.stages.restore_crops"  # by name: it decides no vector

SECTIONS: dict[Modality, type[Section]] = {
    "audio": AudioSettings,
    "text": TextSettings,
    "visual": VisualSettings,
}


def main(argv: list[str] | None = None) -> None:
    """Read the command line, extract what is not cached, write the store, say what came out."""
    args = _parse(argv)
    refuse_network()
    modality: Modality = args.modality
    utterances = read_rows(args.utterances, Utterance)
    try:
        settings = encoder_settings(modality, args.settings)
        weights = locate(modality, settings, args.cache)
        shared = encoder_ingredients(modality, settings, weights)
        choice = EncoderChoice(modality, settings, weights, args.device, _detector(args.settings))
        cache = UtteranceCache(args.cache, modality)
        jobs = _jobs(args, utterances, shared)
        if modality == "visual" and args.crops:
            import_module(RESTORING).restore_crops(args, jobs, cache)
        outcome = extract(jobs, choice, cache, args.threads)
    except EncodingError as error:
        raise SystemExit(
            f"error: {failed_encoding(modality, settings['encoder'], error)}"
        ) from None
    except (SettingsError, CheckpointError, DecoderError, CacheError, UnsafePathError) as error:
        raise SystemExit(f"error: {error}") from None
    ids = [utterance.utterance_id for utterance in utterances]
    write_store(args.out, to_store((outcome.records[one] for one in ids), choice.header(ids)))
    is_passing = any(record.status == "read_error" for record in outcome.records.values())
    note_retry(args.out, is_passing)
    for one in ids:
        for line in _remarks(outcome.records[one]):
            print(f"  {one}: {line}")
    if modality == "text":
        _note_unknown([outcome.records[one] for one in ids], settings["encoder"])
    print(f"done: {outcome.describe()}")


def failed_encoding(modality: Modality, encoder: str, error: EncodingError) -> str:
    """What failed, with the ways out that a configuration has."""
    length = {"audio": "max_seconds", "text": "max_tokens"}.get(modality)
    shorter = f"a smaller features.{modality}.{length}, " if length else ""
    return (
        f"features.{modality}.encoder: {encoder}: {error}. What is encoded is kept. Ways out: "
        f"{shorter}a machine with more memory where that is the reason, or another encoder"
    )


def _remarks(record: Record) -> Iterator[str]:
    """What is to be said of an utterance."""
    if record.detail:
        yield f"{record.status}: {record.detail}"
    if record.status == "ok" and is_partly_covered(*record.seconds):
        yield coverage(*record.seconds)


def _note_unknown(records: Sequence[Record], encoder: str) -> None:
    """Say how much of a corpus the encoder cannot read, and the way out."""
    n_partly = sum(record.status == "ok" and record.detail != "" for record in records)
    n_wholly = sum(record.status == "unknown_text" for record in records)
    if n_partly or n_wholly:
        print(
            f"note: of {len(records)} utterances, {n_wholly} have no token and {n_partly} not all "
            f"tokens that {encoder} knows: it was trained on another language or script (minilm "
            "and deberta: English). Way out: features.text.encoder: hf:<a model of the language, "
            "or a multilingual one>"
        )


def encoder_settings(modality: Modality, stage: str) -> dict[str, Any]:
    """The section `features.<modality>` from the JSON that the rule hands over."""
    values = json.loads(stage)
    section = parse_section(values["encoder"], SECTIONS[modality], where=f"features.{modality}")
    return dump(section)


def _detector(stage: str) -> str:
    """What found the faces, for the header; "" where there are none."""
    return str(json.loads(stage).get("detector") or "")


def _jobs(args: argparse.Namespace, utterances: list[Utterance], shared: Ingredients) -> list[Job]:
    if args.modality == "text":
        return [Job(Item(one), {**shared, **text_content(one.text)}) for one in utterances]
    if args.modality == "audio":
        media = json.loads(args.media.read_text(encoding="utf-8"))
        return [
            audio_job(one, args.root, media, shared, args.cache, args.links) for one in utterances
        ]
    if args.faces is None:
        raise SystemExit("error: --modality visual needs --faces, the table of crop_faces")
    faces = {row.utterance_id: row for row in read_rows(args.faces, FaceRow)}
    return [visual_job(one, args.cache, faces, shared) for one in utterances]


def audio_job(
    utterance: Utterance,
    root: Path,
    media: Mapping[str, Any],
    shared: Ingredients,
    cache: Path,
    links: Sequence[str] = (),
) -> Job:
    """A span of a file; a file without a digest was not there when the corpus was read."""
    if utterance.media not in media:
        return Job(Item(utterance, status="no_media"), {})
    sha256 = media[utterance.media]["sha256"]
    content = audio_content(sha256, utterance.start_s, utterance.end_s)
    path = resolve_inside(root, utterance.media, links)
    item = Item(utterance, path, confirm=partial(confirmed_state, path, sha256, cache))
    return Job(item, {**shared, **content})


def visual_job(
    utterance: Utterance, cache: Path, faces: Mapping[str, FaceRow], shared: Ingredients
) -> Job:
    """The crops of an utterance, or the reason why there are none."""
    row = faces.get(utterance.utterance_id)
    if row is None:
        raise SystemExit(f"error: the table of faces lacks {utterance.utterance_id}")
    if row.status not in STATUSES:
        raise SystemExit(f"error: {row.utterance_id}: status {row.status!r} of faces is unknown")
    if row.status != "ok":
        known = Item(utterance, status=row.status, seconds=_seconds(row), remark=row.remark)
        return Job(known, {})
    archive = CacheFolder(cache, "faces", ".zip").path(row.archive)
    item = Item(utterance, crops=archive, seconds=_seconds(row), remark=row.remark)
    return Job(item, {**shared, **visual_content(row.archive)})


def _seconds(row: FaceRow) -> Seconds:
    return None if math.isinf(row.asked_s) else row.asked_s, row.found_s


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, required=True, help="rows of the shard")
    parser.add_argument("--media", type=Path, required=True, help="JSON: path -> size, sha256")
    parser.add_argument("--faces", type=Path, nargs="?", help="visual: faces of the shard")
    parser.add_argument("--crops", nargs="?", help="visual: section crop_faces, for lost crops")
    parser.add_argument("--root", type=Path, required=True, help="folder of the raw corpus")
    parser.add_argument("--links", nargs="*", default=[], help="folders that links may lead into")
    parser.add_argument("--modality", choices=MODALITIES, required=True)
    parser.add_argument("--settings", required=True, help='JSON: {"encoder": features.<modality>}')
    parser.add_argument("--cache", type=Path, required=True, help="the utterance cache")
    parser.add_argument("--threads", type=int, default=1, help="utterances encoded side by side")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--out", type=Path, required=True, help="the shard's feature file")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()

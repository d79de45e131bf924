"""Stage extract_features: the utterances of a shard -> a feature file of one modality."""

import json
from pathlib import Path

from pipeline.base.errors import CacheError, CheckpointError, EncodingError, SettingsError
from pipeline.base.files import UnsafePathError
from pipeline.base.records import MODALITIES, FaceRow, Utterance
from pipeline.base.retries import note_exchanged, note_retry
from pipeline.base.tables import read_rows
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import parse_section
from pipeline.features.extraction import to_store
from pipeline.features.jobs import JobError, Sources
from pipeline.features.remarks import remarks
from pipeline.features.shards import choose_encoder, extract_shard
from pipeline.features.store import write_store
from pipeline.media.errors import DecoderError
from pipeline.stages.options import SHARD, stage_parser

FAULTS = (SettingsError, CheckpointError, EncodingError, DecoderError, CacheError, UnsafePathError)


def main(argv: list[str] | None = None) -> None:
    """Read the command line, extract what is not cached, write the store, say what came out."""
    parser = stage_parser(__doc__, SHARD)
    parser.add_argument("--modality", choices=MODALITIES, required=True)
    parser.add_argument("--faces", type=Path, nargs="?", help="visual: faces of the shard")
    parser.add_argument("--crops", nargs="?", help="visual: section crop_faces, for lost crops")
    args = parser.parse_args(argv)

    utterances, given = read_rows(args.utterances, Utterance), json.loads(args.settings)
    media = json.loads(args.media.read_text(encoding="utf-8"))
    faces = read_rows(args.faces, FaceRow) if args.faces else None
    sources = Sources(args.cache, args.root, args.links, media, faces)
    try:
        sections, detector = {args.modality: given["encoder"]}, given.get("detector") or ""
        features = parse_section(sections, FeaturesSettings, where="features")
        choice = choose_encoder(args.modality, features, args.cache, args.device, detector)
        extracted = extract_shard(utterances, sources, choice, args.threads, args.crops)
    except (*FAULTS, JobError) as error:
        raise SystemExit(f"error: {error}") from None

    records = extracted.in_order(utterances)
    header = choice.header([utterance.utterance_id for utterance in utterances])
    write_store(args.out, to_store(records, header))
    note_retry(args.out, extracted.is_for_now)
    note_exchanged(args.out, given.get("weights") or "", choice.weights.digest, "weights")
    for line in remarks(args.modality, choice.settings["encoder"], utterances, records):
        print(line)
    print(f"done: {extracted.describe()}")


if __name__ == "__main__":
    main()

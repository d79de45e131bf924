"""Stage crop_faces: utterances of a shard -> archives of their face crops, and one row each.

Archives lie in the cache, named by a digest of all that decides them. Each video is decoded once
for all its missing utterances (pipeline.features.faces.crop_shards).
"""

import json

from pipeline.base.errors import CacheError, SettingsError
from pipeline.base.files import UnsafePathError
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.retries import note_retry
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.faces import CropFacesSettings
from pipeline.config.settings import parse_section
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crop_shards import CorpusFiles, crop_shard
from pipeline.media.detectors import DetectorError
from pipeline.media.errors import DecoderError
from pipeline.stages.options import SHARD, stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, crop what is not cached, write the rows, say what came out."""
    args = stage_parser(__doc__, SHARD).parse_args(argv)

    utterances = read_rows(args.utterances, Utterance)
    media = json.loads(args.media.read_text(encoding="utf-8"))
    try:
        settings = parse_section(args.settings, CropFacesSettings, where="crop_faces")
        files, cache = CorpusFiles(args.root, args.links, media), CropCache(args.cache)
        cropped = crop_shard(utterances, files, settings, cache, args.device, args.threads)
    except (SettingsError, DetectorError, DecoderError, CacheError, UnsafePathError) as error:
        raise SystemExit(f"error: {error}") from None

    rows = cropped.rows()
    write_rows(args.out, rows, FaceRow)
    note_retry(args.out, any(row.status == "read_error" for row in rows))
    for line in cropped.remarks():
        print(line)


if __name__ == "__main__":
    main()

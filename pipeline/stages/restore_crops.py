"""Crops that have gone from the cache since crop_faces ran: made again before they are encoded.

The cache may be deleted at any time. What crop_faces wrote stays a result, so Snakemake does not
run it; its stage is called here, for the utterances of the shard whose crops are wanted and gone.
"""

import argparse
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pipeline.base.errors import CacheError
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import UtteranceCache
from pipeline.features.extraction import Job
from pipeline.features.faces.crop_cache import CropCache

# By name: what decides crops is in their keys, and none of it decides vectors of other modalities.
CROPPING = "pipeline.stages.crop_faces"


def restore_crops(
    args: argparse.Namespace, jobs: Sequence[Job], vectors: UtteranceCache
) -> list[str]:
    """Crop the faces again that no vector and no archive is there for; returns the utterances.

    `args`: those of extract_features. Raises CacheError if other crops come out than before.
    """
    crops = CropCache(args.cache)
    gone = [
        job.item for job in jobs if job.item.crops and not vectors.has(record_key(job.ingredients))
    ]
    gone = [item for item in gone if item.crops and crops.get(item.crops.stem) is None]
    if not gone:
        return []
    print(f"face crops of {len(gone)} utterances are gone from the cache: made again")
    wanted = {item.utterance.utterance_id: item for item in gone}
    with tempfile.TemporaryDirectory() as folder:
        table, out = Path(folder, "utterances.csv"), Path(folder, "faces.csv")
        write_rows(table, [item.utterance for item in gone], Utterance)
        import_module(CROPPING).main(
            [
                *("--utterances", str(table), "--media", str(args.media)),
                *("--root", str(args.root), "--links", *args.links),
                *("--settings", args.crops),
                *("--cache", str(args.cache), "--threads", str(args.threads)),
                *("--device", args.device, "--out", str(out)),
            ]
        )
        rows = read_rows(out, FaceRow)
    for row in rows:
        archive = wanted[row.utterance_id].crops
        if archive is None or row.archive != archive.stem:
            raise CacheError(
                f"{row.utterance_id}: its face crops are gone from the cache and cannot be made "
                f"again as they were ({row.status}); run `snakemake --forcerun crop_faces`"
            )
    return list(wanted)

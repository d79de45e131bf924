"""Crops that have gone from the cache since crop_faces ran: made again before they are encoded.

The cache may be deleted at any time. What crop_faces wrote stays a result, so Snakemake does not
run it; the crops of the utterances that are wanted and gone are made here.
"""

from collections.abc import Sequence

from pipeline.base.errors import CacheError
from pipeline.base.wording import counted
from pipeline.config.faces import CropFacesSettings
from pipeline.config.settings import parse_section
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import UtteranceCache
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crop_shards import CorpusFiles, crop_shard
from pipeline.features.jobs import Job, Sources


def restore_crops(
    jobs: Sequence[Job],
    sources: Sources,
    vectors: UtteranceCache,
    settings: str,
    device: str,
    threads: int,
) -> list[str]:
    """Crop the faces again that no vector and no archive is there for; returns the utterances.

    `settings`: section crop_faces, JSON. Raises CacheError if other crops come out than before.
    """
    # What has a vector needs no crops any more; of the others, an archive may be there.
    crops = CropCache(sources.cache)
    archives = {job.utterance_id: job.item.crops.stem for job in jobs if job.item.crops}
    items = [
        job.item
        for job in jobs
        if job.item.crops
        and not vectors.has(record_key(job.ingredients))
        and crops.get(archives[job.utterance_id]) is None
    ]
    if not items:
        return []

    print(f"face crops of {counted(len(items), 'utterance')} are gone from the cache: made again")
    section = parse_section(settings, CropFacesSettings, where="crop_faces")
    files = CorpusFiles(sources.root, sources.links, sources.media or {})
    utterances = [item.utterance for item in items]
    cropped = crop_shard(utterances, files, section, crops, device, threads)

    for line in cropped.remarks():
        print(line)

    # The table of faces says what they were; the vectors of others have another key.
    for row in cropped.rows():
        if row.archive != archives[row.utterance_id]:
            raise CacheError(
                f"{row.utterance_id}: its face crops are gone from the cache and cannot be made "
                f"again as they were ({row.status}); run `snakemake --forcerun crop_faces`"
            )
    return [utterance.utterance_id for utterance in utterances]

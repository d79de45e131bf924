"""The features of a shard in one modality: what its utterances hold, encoded or from the cache."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pipeline.base.errors import CheckpointError, EncodingError
from pipeline.base.records import Modality, Utterance
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump
from pipeline.features.cache.utterances import UtteranceCache
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.extraction import EncoderChoice, Extracted, extract
from pipeline.features.jobs import Sources, shard_jobs
from pipeline.features.remarks import failed_encoding
from pipeline.features.weights.locating import locate_weights
from pipeline.features.weights.offline import refuse_network

RESTORING = "pipeline.features.restoring"  # by name: what decides crops decides no vector


def choose_encoder(
    modality: Modality, features: FeaturesSettings, cache: Path, device: str, detector: str
) -> EncoderChoice:
    """The encoder of `features.<modality>` with the weights on this machine: no network.

    `detector`: what found the faces, "" where there are none. Raises CheckpointError.
    """
    refuse_network()
    settings = dump(getattr(features, modality))
    weights = locate_weights(modality, settings, cache)

    def confirm() -> None:
        """Vectors of other weights must not be kept under the key of these."""
        if locate_weights(modality, settings, cache) != weights:
            raise CheckpointError(
                f"{weights.path}: the weights were exchanged while they were read: run `snakemake` "
                "again"
            )

    return EncoderChoice(modality, settings, weights, device, detector, confirm)


def extract_shard(
    utterances: Sequence[Utterance],
    sources: Sources,
    choice: EncoderChoice,
    n_workers: int,
    crops: str | None = None,
) -> Extracted:
    """A record for every utterance; `crops`: section crop_faces, JSON, for crops that are gone.

    Raises JobError, SettingsError, CheckpointError, EncodingError, DecoderError, CacheError,
    UnsafePathError.
    """
    shared = encoder_ingredients(choice.modality, choice.settings, choice.weights)
    jobs = shard_jobs(choice.modality, utterances, shared, sources)
    cache = UtteranceCache(sources.cache, choice.modality)

    # The cache may have been emptied since the faces were cropped.
    if choice.modality == "visual" and crops:
        restore = import_module(RESTORING).restore_crops
        restore(jobs, sources, cache, crops, choice.device, n_workers)

    try:
        return extract(jobs, choice, cache, n_workers)
    except EncodingError as error:
        encoder = choice.settings["encoder"]
        raise EncodingError(failed_encoding(choice.modality, encoder, error)) from None

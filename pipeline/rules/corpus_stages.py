"""What decides the stages of a corpus, from its media to its features: a method for each rule.

Where a corpus, weights or the cache lie is no part of it.
"""

from pathlib import Path

from pipeline.base.digests import remembered_digest
from pipeline.base.libraries import DETECTORS, versions_of
from pipeline.base.yunet import yunet_place
from pipeline.config.faces import detector_module
from pipeline.config.settings import dump
from pipeline.corpora.fingerprint import files_fingerprint, fingerprint
from pipeline.corpora.found import beside
from pipeline.corpora.readers import reader_module, which_face
from pipeline.features.cache.extractor import Weights
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.speech.fingerprints import decided
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.locating import MISSING, weights_fingerprint
from pipeline.rules.deciding import Stage, Wildcards
from pipeline.rules.plan import Plan

PARQUET_READING = "pipeline.corpora.imports.parquet_reading"


class CorpusStages:
    """The stages of the corpora of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._config = plan.config

    def make_demo(self, wildcards: Wildcards) -> Stage:
        """How the demo is made."""
        demo = self._config.corpora[wildcards["corpus"]].make_demo
        return Stage(dump(demo) if demo else {})

    def build_manifest(self, wildcards: Wildcards) -> Stage:
        """The corpus's section, its tables and its media; not where it lies."""
        corpus = self._config.corpora[wildcards["corpus"]]
        told = ("root", "about")  # where it lies, and what is only said of it
        settings = {key: value for key, value in dump(corpus).items() if key not in told}
        settings["make_demo"] = {} if corpus.make_demo else None  # how it is made is its own rule
        files = "" if corpus.make_demo else fingerprint(corpus)
        clips = self._plan.clips(wildcards["corpus"])
        found = {"clips": clips} if clips else {}  # what is in them, are inputs
        return Stage(
            {"corpus": settings, "files": files},
            (reader_module(corpus.reader),),
            {"corpus": settings, "files": files, "n_shards": self._config.shards, **found},
        )

    def find_speech(self, wildcards: Wildcards) -> Stage:
        """The sound of a clip, and what lies beside it."""
        root = Path(self._config.corpora[wildcards["corpus"]].root)
        media = self._plan.clips(wildcards["corpus"])[wildcards["clip"]]
        names = [media, *(file.relative for file in beside(root, media))]
        return self._speech("find_speech", files_fingerprint(root, names))

    def tell_speakers(self, wildcards: Wildcards) -> Stage:
        """How voices are told apart."""
        return self._speech("tell_speakers")

    def transcribe(self, wildcards: Wildcards) -> Stage:
        """How words are found."""
        return self._speech("transcribe")

    def _speech(self, rule: str, files: str = "") -> Stage:
        assert self._config.speech is not None  # else no rule asks
        settings, deciding = decided(rule, self._config.speech, Path(self._config.cache))
        handed = {**settings, "files": files} if files else settings
        return Stage(handed, deciding={**deciding, "files": files})

    def import_features(self, wildcards: Wildcards) -> Stage:
        """The files of the features of others."""
        corpus = self._config.corpora[wildcards["corpus"]]
        source = {"source": dump(corpus)["import"], "links": list(corpus.links)}
        # Parquet alone is read in a process of its own, whose module nothing imports.
        is_parquet = corpus.import_ is not None and corpus.import_.format == "parquet"
        modules = (PARQUET_READING,) if is_parquet else ()
        return Stage({**source, "files": fingerprint(corpus)}, modules)

    def crop_faces(self, wildcards: Wildcards) -> Stage:
        """Which faces are cropped, and by which detector."""
        faces = self._config.crop_faces
        reader = self._config.corpora[wildcards["corpus"]].reader
        chosen = which_face(reader) if faces.which_face == "auto" else faces.which_face
        settings = {**dump(faces), "which_face": chosen}
        weights = None
        if faces.detector == "yunet":
            file = yunet_place(faces.weights)
            is_there = file.is_file()
            weights = remembered_digest(file, Path(self._config.cache)) if is_there else MISSING
        module = detector_module(faces.detector)
        libraries = versions_of(DETECTORS[faces.detector])
        return Stage(settings, (module,), {**settings, "weights": weights, "libraries": libraries})

    def extract_features(self, wildcards: Wildcards) -> Stage:
        """The encoder, its weights, and the detector of its faces."""
        encoding = self._config.encoders[wildcards["modality"]]
        modality, section = encoding.modality, encoding.settings
        values = dump(section)
        encoder = find_encoder(modality, values["encoder"])
        digest = weights_fingerprint(modality, section, self._config.cache)
        records = encoder_ingredients(modality, values, Weights(Path(), digest))
        detector = self._config.crop_faces.detector if modality == "visual" else None
        return Stage(
            {"encoder": values, "detector": detector, "weights": digest},
            encoder.modules,
            {"records": records, "encoder": encoder.shown_name(values["encoder"])},
        )

    def join_features(self, wildcards: Wildcards) -> Stage:
        """Its inputs alone."""
        return Stage({})

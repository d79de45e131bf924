"""What configurations ask of the cache: the key of every utterance and run, and what it is made of.

Known from what the workflow has written below build/: manifests, tables of faces, run.json.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.base.artefacts import run_place, safe_name
from pipeline.base.files import canonical_json, load_json
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.configuration import Config
from pipeline.config.faces import CropFacesSettings
from pipeline.config.feature_sets import SetMember
from pipeline.config.settings import dump, parse_section
from pipeline.corpora.turns import VOICE, Found, read_found
from pipeline.features.cache.keys import record_key
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.faces.crop_keys import chosen_face, crop_ingredients
from pipeline.features.jobs import Job, Sources, shard_jobs
from pipeline.features.speech.cache import KIND as SPEECH
from pipeline.features.speech.keys import find_ingredients, tell_ingredients, transcribe_ingredients
from pipeline.features.weights.locating import locate_weights
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.training.settings import RunSettings

NOT_YET = (
    "{} is not there: run `snakemake` with this configuration first, so that it is known what the "
    "cache is asked for"
)


@dataclass(frozen=True)
class Asked:
    """A record that is asked for; without a key there is nothing to keep, and `status` says why."""

    corpus: str
    utterance_id: str
    kind: str
    ingredients: dict[str, Any] = field(default_factory=dict)
    status: str = "ok"

    @property
    def key(self) -> str:
        """The name of the record, "" where there is none."""
        return record_key(self.ingredients) if self.ingredients else ""


class NotYetError(RuntimeError):
    """The workflow has not come far enough to say what is asked for."""


def asked_of(config: Config, build: Path) -> Iterator[Asked]:
    """Every record of an utterance that a configuration asks for."""
    plan = Plan(config)
    for corpus, settings in config.corpora.items():
        if settings.import_ is not None:
            continue
        yield from _speech(plan, corpus, build)
        for shard in range(config.shards):
            rows = _rows(build / corpus / f"manifest/{shard}.csv", Utterance)
            media = _json(build / corpus / f"manifest/{shard}.json")

            if "visual" in plan.modalities(corpus):
                yield from _faces(plan, corpus, rows, media)
            for name in plan.encodings(corpus):
                encoding = config.encoders[name]
                faces = build / corpus / f"faces/{shard}.csv"
                for job in _jobs(config, corpus, encoding, rows, media, faces):
                    yield Asked(
                        *(corpus, job.utterance_id, encoding.modality),
                        *(job.ingredients, job.item.status),
                    )


def keys_of_runs(build: Path) -> set[str]:
    """Keys of the runs that results were taken from."""
    files = build.glob(f"*/{run_place(*4 * '*')}/run.json")
    return {str(_json(path).get("key")) for path in files}


def runs_planned(configs: Iterable[Config], cache: Path) -> set[str]:
    """Keys of the newest finished run in the cache for each run that is planned.

    Another configuration may have written its results over those of build/ since.
    """
    planned = {text for config in configs for text in _planned_runs(Plan(config))}
    newest: dict[str, tuple[int, str]] = {}

    for path in (cache / "runs").glob("*/facts.json"):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            settings = {**facts["settings"], "code": ""}
            text = canonical_json([settings, facts["train_rate"], facts["fold"], facts["seed"]])
        except (ValueError, KeyError, TypeError):
            continue  # `verify` names what is damaged

        if text in planned:
            found = (path.stat().st_mtime_ns, path.parent.name)
            newest[text] = max(newest.get(text, found), found)

    return {key for _, key in newest.values()}


def _planned_runs(plan: Plan) -> Iterator[str]:
    decisions = Decisions(plan)
    for task in plan.tasks:
        for run in plan.runs(task):
            names = {"task": task, "method": run.method, "train_rate": safe_name(run.train_rate)}
            handed = str(decisions.settings("train", names))
            settings = parse_section(handed, RunSettings, where="train").deciding("")
            yield canonical_json([settings, run.train_rate, run.fold, run.seed])


def _speech(plan: Plan, corpus: str, build: Path) -> Iterator[Asked]:
    """Each step on each file in which speech is found; the file stands for an utterance."""
    settings, cache = plan.config.speech, Path(plan.config.cache)
    if settings is None:
        return
    for clip, media in plan.clips(corpus).items():
        places = [build / corpus / f"speech/{clip}.{name}.json" for name in ("spans", "turns")]
        found, told = map(_found, places)
        asked = [
            find_ingredients(found.sha256, settings, cache) if found.source == VOICE else None,
            tell_ingredients(found, settings, cache),
            transcribe_ingredients(told, settings, cache),
        ]
        for ingredients in filter(None, asked):
            yield Asked(corpus, media, SPEECH, ingredients)


def _json(path: Path) -> dict[str, Any]:
    """An object that a job wrote."""
    try:
        found = load_json(path.read_bytes())
    except ValueError as error:
        found = error
    if not isinstance(found, dict):
        raise NotYetError(f"{path} is damaged: delete it, and `snakemake` makes it again")
    return found


def _found(path: Path) -> Found:
    if not path.is_file():
        raise NotYetError(NOT_YET.format(path))
    return read_found(path)


def _faces(plan: Plan, corpus: str, rows: list[Utterance], media: Any) -> Iterator[Asked]:
    handed = Decisions(plan).settings("crop_faces", {"corpus": corpus})
    settings = parse_section(str(handed), CropFacesSettings, where="crop_faces")
    ingredients = crop_ingredients(rows, media, settings, chosen_face(settings.which_face))
    for utterance in rows:
        found = ingredients.get(utterance.utterance_id)
        status = "ok" if found else "no_media"
        yield Asked(corpus, utterance.utterance_id, "faces", found or {}, status)


def _jobs(
    config: Config, corpus: str, encoding: SetMember, rows: list[Utterance], media: Any, faces: Path
) -> list[Job]:
    modality, settings = encoding.modality, dump(encoding.settings)
    cache = Path(config.cache)
    shared = encoder_ingredients(modality, settings, locate_weights(modality, settings, cache))
    place = config.corpora[corpus]
    table = _rows(faces, FaceRow) if modality == "visual" else None
    sources = Sources(cache, Path(place.root), place.links, media, table)
    return shard_jobs(modality, rows, shared, sources)


def _rows(path: Path, kind: type[Any]) -> list[Any]:
    if not path.is_file():
        raise NotYetError(NOT_YET.format(path))
    return read_rows(path, kind)
